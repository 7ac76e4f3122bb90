"""Help for authors: a topic file in the house order, and skeletons of new questions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from quizapp.bank.types import TYPES, Reviewed
from quizapp.bank.yamlfile import Document, decoded, read

FIRST = ("id", "type", "level", "concepts", "prompt", "code", "run")
LAST = ("hints", "explanation", "sources", "waive", "reviewed")

LAID_OUT = "the file is laid out in a way that can't be put in order; write one key a line"

LOST = (KeyError, IndexError, StopIteration)
"""What looking for a key raises where it does not stand on a line of its own."""

Block = list[str]


def format_topic(text: str) -> str:
    """The topic file with each question's keys in the house order and one blank line between questions.

    Comments stay with the key they stand above; no value changes. Raises ValueError when the file has faults.
    """
    document = read("topic", text.encode())
    if document.faults:
        raise ValueError("the file has faults; mend them first")
    rows = decoded(text.encode()).rstrip().split("\n")
    try:
        result = _formatted(document, [row if row.strip() else "" for row in rows])
    except LOST as error:
        raise ValueError(LAID_OUT) from error
    if read("topic", result.encode()).root != document.root:
        raise ValueError(LAID_OUT)
    return result


def with_reviews(text: str, reviews: Mapping[str, Reviewed]) -> str:
    """The topic file with these reviews, by slug, in place of older ones, in the house order.

    Raises ValueError when the file has faults, or is laid out in another way than one key a line.
    """
    document = read("topic", text.encode())
    if document.faults:
        raise ValueError("the file has faults; mend them first")
    rows = decoded(text.encode()).rstrip().split("\n")
    starts = [*_starts(document), len(rows)]
    for number, question in reversed(list(enumerate(document.root["questions"]))):
        if found := reviews.get(str(question.get("id"))):
            piece = rows[starts[number] : starts[number + 1]]
            try:
                rows[starts[number] : starts[number + 1]] = _reviewed(document, number, piece, found)
            except LOST as error:
                raise ValueError(LAID_OUT) from error
    return format_topic("\n".join(rows))


def _reviewed(document: Document, number: int, piece: Block, review: Reviewed) -> Block:
    """The lines of one question with its review behind the id; `format_topic` puts it into place."""
    begins = {
        key: document.marks["questions", number, key, "@key"][0] - document.marks["questions", number][0]
        for key in document.root["questions"][number]
    }
    line = f'reviewed: {{by: {review.by}, date: "{review.date}", revision: "{review.revision}"}}'
    after = sorted([*begins.values(), len(piece)])
    if old := begins.get("reviewed"):
        del piece[old : next(row for row in after if row > old)]
    here = next(row for row in after if row > begins["id"])
    margin = " " * (document.marks["questions", number][1] - 1)
    return [*piece[:here], margin + line, *piece[here:]]


def _formatted(document: Document, rows: Block) -> str:
    starts = _starts(document)
    if not starts:
        return "\n".join(rows) + "\n"
    head = rows[: starts[0]]
    pieces = [rows[begin:end] for begin, end in pairwise([*starts, len(rows)])]
    lead = _pop_comments(head, indent=document.marks["questions", 0][1])
    done: list[Block] = []
    for number, piece in enumerate(pieces):
        tail = _pop_comments(piece, indent=document.marks["questions", number][1] - 2)
        done.append([*lead, *_ordered(document, number, piece, starts[number])])
        lead = tail
    blocks = ["\n".join(block) for block in [_trimmed(head), *done]]
    return "\n\n".join(blocks) + "\n" + ("\n".join(lead) + "\n" if lead else "")


def _starts(document: Document) -> list[int]:
    """The rows where questions begin; raises ValueError when the file is no topic."""
    root = document.root
    questions = root.get("questions") if isinstance(root, dict) else None
    if not isinstance(questions, list) or not all(isinstance(each, dict) and each for each in questions):
        raise ValueError("this is no topic file: a list of questions is missing")
    return [document.marks["questions", number][0] - 1 for number in range(len(questions))]


def _ordered(document: Document, number: int, piece: Block, start: int) -> Block:
    """The lines of one question, its keys in the house order."""
    question = document.root["questions"][number]
    column = document.marks["questions", number][1] - 1
    margin = piece[0][:column]
    begins = {key: document.marks["questions", number, key, "@key"][0] - 1 - start for key in question}
    piece = [" " * column + piece[0][column:], *piece[1:]]
    ends = [*sorted(begins.values())[1:], len(piece)]
    blocks = {key: piece[begin:end] for (key, begin), end in zip(begins.items(), ends, strict=True)}
    lead: Block = []
    for key, block in list(blocks.items()):
        tail = _pop_comments(block, indent=column)
        blocks[key] = [*lead, *_trimmed(block)]
        lead = tail
    rows = [row for key in _house_order(question) for row in blocks[key]] + lead
    first = next(place for place, row in enumerate(rows) if not row.lstrip().startswith("#"))
    dash = " " * max(0, margin.find("-"))
    above = [dash + row.lstrip() for row in rows[:first]]
    return [*above, margin + rows[first][column:], *rows[first + 1 :]]


def _house_order(question: dict[str, object]) -> list[str]:
    kind = TYPES.get(str(question.get("type")))
    middle = [name for name in kind.model_fields if name not in (*FIRST, *LAST)] if kind else []
    order = [*FIRST, *middle, *LAST]
    return sorted(question, key=lambda key: order.index(key) if key in order else len(order))


def _pop_comments(block: Block, *, indent: int) -> Block:
    """Take the comment lines off the block's end: they speak of what comes next."""
    kept = len(block)
    while kept and (not block[kept - 1] or _is_comment(block[kept - 1], indent)):
        kept -= 1
    tail = [row for row in block[kept:] if row]
    del block[kept:]
    return tail


def _is_comment(row: str, indent: int) -> bool:
    return row.lstrip().startswith("#") and len(row) - len(row.lstrip()) <= indent


def _trimmed(block: Block) -> Block:
    while block and not block[-1]:
        block.pop()
    return block


COMMON = """\
- id: {slug}
  type: {type}
  level: beginner
  concepts: []
  prompt: What is asked?
"""

REST = """\
  explanation: First how it really is, then the reason.
  sources: []
"""

OPTIONS = """\
  options:
  - right: What is right.
    why: Why it is right.
  - wrong: What many people think.
    misconception: ""
    why: Why it is wrong.
  - wrong: What others think.
    misconception: ""
    why: Why it is wrong.
"""

MIDDLES = {
    "single-choice": OPTIONS,
    "multiple-choice": OPTIONS
    + """\
  - right: What is right too.
    why: Why it is right.
""",
    "true-false": """\
  options:
  - right: The reason why the statement is false.
    says: "false"
    why: Why it is right.
  - wrong: A reason why it would be true.
    says: "true"
    misconception: ""
    why: Why it is wrong.
  - wrong: Another reason why it would be true.
    says: "true"
    misconception: ""
    why: Why it is wrong.
""",
    "output": """\
  code: |
    print("hello")
  run:
    prints: hello
  mistakes:
  - answer: What many people expect.
    misconception: ""
    why: Why it is wrong.
""",
    "duration": """\
  code: |
    import time

    time.sleep(0.5)
  run:
    takes: 0.5
  options:
  - right: 0.5 s
    why: Why it is right.
  - wrong: 1 s
    misconception: ""
    why: Why it is wrong.
  - wrong: 0 s
    misconception: ""
    why: Why it is wrong.
""",
    "ordering": """\
  steps:
  - What happens first.
  - What happens then.
  - What happens last.
""",
    "matching": """\
  pairs:
  - term: One thing
    match: what belongs to it
  - term: Another thing
    match: what belongs to that
  - term: A third thing
    match: its match
""",
    "short-answer": """\
  accept: [the answer]
  mistakes:
  - answer: a likely wrong answer
    misconception: ""
    why: Why it is wrong.
""",
    "spot-line": """\
  code: |
    print("hello"
    print("done")
  run: {clock: none}
  line: print("hello"
  fix: print("hello")
  why: What is wrong with the line.
""",
    "cloze": """\
  code: |
    print(__1__)
  run:
    prints: hello
  blanks:
  - accept: ['"hello"']
    mistakes:
    - answer: hello
      misconception: ""
      why: Why it is wrong.
    - answer: '"Hello"'
      misconception: ""
      why: Why it is wrong.
    - answer: '["hello"]'
      misconception: ""
      why: Why it is wrong.
""",
    "open": """\
  skill: explain
  minutes: "5"
  rubric:
  - id: first-point
    point: The first thing that a full answer says.
    weak: How it sounds when somebody has heard of it.
    good: How it sounds when somebody has understood it.
    strong: How it sounds when somebody has worked with it.
  - id: second-point
    point: The second thing that a full answer says.
    weak: How it sounds when somebody has heard of it.
    good: How it sounds when somebody has understood it.
    strong: How it sounds when somebody has worked with it.
  - id: third-point
    point: The third thing that a full answer says.
    weak: How it sounds when somebody has heard of it.
    good: How it sounds when somebody has understood it.
    strong: How it sounds when somebody has worked with it.
  model_answer: |
    What a strong candidate says.
  follow_ups:
  - ask: What is asked when the first point was missing?
    missed: first-point
    answer: What a good answer holds.
  - ask: What is asked to dig into the second?
    said: second-point
    answer: What a good answer holds.
  red_flags:
  - misconception: ""
    sounds: What somebody says who believes it.
""",
}


def skeleton(kind: str, slug: str) -> str:
    """A new question of that type, as YAML, ready to be filled in. Raises KeyError for an unknown type."""
    return COMMON.format(slug=slug, type=kind) + MIDDLES[kind] + REST

"""Every parser of outside input, what is fed to it, and what it promises."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner
from flask import Flask
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from quizapp import lab
from quizapp.bank import Bank, Open, Question, Reviewed, format_topic, load, revive, with_reviews
from quizapp.bank.loading import MAX_QUESTION
from quizapp.bank.yamlfile import read
from quizapp.cli import main
from quizapp.lab.proving import _entries
from quizapp.learn import PRESETS, Override, Paper, Part, Terms, make_terms
from quizapp.shipped import shipped
from quizapp.store import upgrade
from quizapp.store.assignments import dumped, paper_of
from quizapp.store.groups import Member
from quizapp.store.store import packing, rules_of, terms_in
from quizapp.web import create_app
from quizapp.web.asking import BadAnswer, asking, face_of, read_answer
from quizapp.web.guests import code_of, spelled
from quizapp.web.interview import sent_rating, sent_words
from quizapp.web.markup import code_lines, inline, markdown, plain, source_title
from quizapp.web.names import LONGEST_LABEL, LONGEST_NAME, read_labels, read_name
from quizapp.web.opening import sent_answer, sent_draft, sent_id
from quizapp.web.pages import is_local
from quizapp.web.passwords import fault_of_name, folded_name, key_of_network
from quizapp.web.sheets import MARK, RISKY, csv_file, file_name, words_of
from quizapp.web.times import read_local, said, typed, zones
from quizapp.web.trainer import drafting, ruling
from quizapp.web.witness import witness
from tests.fuzz import damage
from tests.fuzz.texts import SQL, hostile
from tests.learn.logs import NOON

PYTHON_LOADER = yaml.SafeLoader
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
TAGS = re.compile(r"</?(a|code|em|strong|p|ul|ol|li|pre|br|blockquote)\b[^<>]*>")
HREF = re.compile(r'<a href="(?!https?:)[^"/?#]*:')


@dataclass(frozen=True)
class Parser:
    """What reads outside input: `reads` may raise what is documented, and must keep what it asserts."""

    name: str
    cases: st.SearchStrategy[Any]
    reads: Callable[[Any], object]
    documented: tuple[type[Exception], ...] = ()
    share: int = 60
    """How many cases `make test` tries."""
    costly: tuple[Any, ...] = ()
    """Cases that cost a careless reader its time: each is fed once, whatever else is."""


PARSERS: list[Parser] = []


def parser(
    name: str,
    cases: st.SearchStrategy[Any],
    *documented: type[Exception],
    share: int = 60,
    costly: tuple[Any, ...] = (),
) -> Callable[[Callable[[Any], object]], Callable[[Any], object]]:
    """Enter a parser into the table."""

    def enter(reads: Callable[[Any], object]) -> Callable[[Any], object]:
        PARSERS.append(Parser(name, cases, reads, documented, share, costly))
        return reads

    return enter


@cache
def scratch() -> Path:
    """A folder for what must be files."""
    return Path(tempfile.mkdtemp(prefix="quizapp-fuzz-"))


@cache
def samples() -> Bank:
    """A small bank with a question of each type."""
    return load(damage.SAMPLES)


@cache
def app() -> Flask:
    """The app over the small bank and a database that nobody has used."""
    address = f"sqlite:///{scratch()}/quizapp.db"
    upgrade(address)
    return create_app(banks=(damage.SAMPLES,), database=address)


def clean() -> None:
    """Take away what the parsers have written."""
    if scratch.cache_info().currsize:
        if app.cache_info().currsize:
            app().extensions["store"].close()
        shutil.rmtree(scratch(), ignore_errors=True)
        for each in (scratch, app, review_bank):
            each.cache_clear()


# -- files of banks


@parser("strict YAML reader", st.tuples(damage.yaml_files, st.integers(0, 3)))
def _(case: tuple[bytes, int]) -> None:
    content, which = case
    document = read("x.yaml", content, *([PYTHON_LOADER] if which == 0 else []))
    rows = content.count(b"\n") + content.count(b"\r") + 1
    assert all(1 <= fault.line <= rows for fault in document.faults)
    assert document.whole or document.faults


FILES = ("topic.yaml", "topic.yaml", "topic.yaml", "concepts.yaml", "misconceptions.yaml", "bank.yaml")


COSTLY = tuple(("topic.yaml", text.encode()) for text in damage.HUGE)


@parser("bank loading", st.tuples(st.sampled_from(FILES), damage.yaml_files), share=60, costly=COSTLY)
def _(case: tuple[str, bytes]) -> None:
    name, content = case
    found = load(_bank_with(name, content))
    for question in found:
        assert question.grade(question.model()).score == 1
        assert revive(question.body()).revision == question.revision
        found.place(question.id)
    for fault in (*found.faults, *found.warnings):
        assert str(fault)


def _bank_with(name: str, content: bytes) -> Path:
    folder = scratch() / "bank"
    folder.mkdir(exist_ok=True)
    for each in ("concepts.yaml", "misconceptions.yaml", "bank.yaml"):
        shutil.copy(damage.SAMPLES / each, folder / each)
    (folder / "topic.yaml").write_text("title: x\nquestions: []\n")
    (folder / name).write_bytes(content)
    return folder


@parser("format_topic", damage.yaml_texts, ValueError, share=60)
def _(text: str) -> None:
    tidy = format_topic(text)
    assert format_topic(tidy) == tidy


@parser("with_reviews", damage.yaml_texts, ValueError, share=40)
def _(text: str) -> None:
    review = Reviewed(by="x", date=NOON.date(), revision="0" * 16)
    with_reviews(text, dict.fromkeys(("a-question", "where-counting-begins", "a", "x", "1"), review))


def _no_markup_but_ours(html: str) -> None:
    rest = TAGS.sub("", html)
    assert "<" not in rest
    assert not HREF.search(html)


MARKED = st.one_of(
    hostile,
    st.lists(
        st.sampled_from(
            [
                *"*_`[](){}<>!\\&#|~:/\n \t\"'-=+",
                "> ",
                "- ",
                "1. ",
                "    ",
                "](http://x)",
                "javascript:",
                "&#x6a;",
                "<b>",
            ]
        ),
        max_size=60,
    ).map("".join),
    st.tuples(
        st.sampled_from(
            ["> ", "- ", "[", "![", "*", "**a ", "`", "<", "](", "&", "_", "1. ", "\\", "* a\n "]
        ),
        st.integers(1, 3_000),
    ).map(lambda each: each[0] * each[1]),
)


@parser("Markdown of a bank", MARKED)
def _(text: str) -> None:
    text = text[:MAX_QUESTION].encode("utf-8", "replace").decode()
    for html in (markdown.__wrapped__(text), inline.__wrapped__(text)):
        _no_markup_but_ours(html)
    plain.__wrapped__(text)


@parser("programs of a bank", MARKED)
def _(text: str) -> None:
    html = "\n".join(code_lines.__wrapped__(text[:MAX_QUESTION]))
    assert "<" not in re.sub(r'</?span( class="[ksfn c]")?>', "", html).replace("&lt;", "")


# -- forms of learners


def sent(fields: Iterable[tuple[str, str]]) -> MultiDict[str, str]:
    """A form as it arrives: halves of surrogate pairs never do."""
    return MultiDict((name, text.encode("utf-8", "replace").decode()) for name, text in fields)


@cache
def each_type() -> tuple[Question, ...]:
    """All questions of the small bank."""
    return tuple(samples())


answers = st.tuples(
    st.integers(0, 999), st.integers(0, 9), st.lists(hostile | st.sampled_from("123456789"), max_size=9)
)


@parser("answers of all types", answers, BadAnswer, share=150)
def _(case: tuple[int, int, list[str]]) -> None:
    which, seed, values = case
    question = each_type()[which % len(each_type())]
    shown = question.shuffled(random.Random(seed))
    given = read_answer(question, shown, values)
    assert all(isinstance(part, str) for part in given)
    grade = question.grade(given)
    assert grade.score is None or 0 <= grade.score <= 1
    assert question.is_blank(given) in (True, False)
    words_of(question, given)
    question.tell(given, shown)
    assert read_answer(question, shown, list(question.fill(given, shown))) == given
    face_of(question, shown)
    asking(question, shown, hidden={}, given=tuple(values))


forms = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "answer",
                "step",
                "set",
                "seed",
                "words",
                "flag",
                "point-first-point",
                "unsure",
                "hint",
                "number",
                "went",
            ]
        ),
        hostile
        | st.sampled_from(["weak", "good", "strong", "0", "1", "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"]),
    ),
    max_size=9,
)
bare = Flask("fuzz")


@parser("the form of a question", forms, BadAnswer)
def _(form: list[tuple[str, str]]) -> None:
    with bare.test_request_context(method="POST", data=sent(form)):
        for question in each_type()[:9]:
            shown = question.shuffled(random.Random(1))
            sent_draft(question, shown)
            try:
                sent_answer(question, shown)
            except BadAnswer:
                continue
        assert re.fullmatch(r"[0-9a-f-]{36}", sent_id("step"))


@parser("marks of an interviewer or a trainer", st.tuples(st.lists(hostile, max_size=6), forms), BadAnswer)
def _(case: tuple[list[str], list[tuple[str, str]]]) -> None:
    levels, form = case
    question = next(each for each in each_type() if isinstance(each, Open))
    points = [(f"point-{point.id}", level) for point, level in zip(question.rubric, levels, strict=False)]
    with bare.test_request_context(method="POST", data=sent([*form, *points])):
        given = sent_rating(question, sent_words("words"))
        assert 0 <= (question.grade(given).score or 0) <= 1


@parser("names", hostile, ValueError)
def _(text: str) -> None:
    key_of_network(text), folded_name(text), fault_of_name(text)
    name = read_name(text)
    assert 0 < len(name) <= LONGEST_NAME
    assert name.isprintable()
    assert read_name(name) == name
    name.encode()


@parser("labels", st.lists(hostile, max_size=12).map(",".join), ValueError)
def _(text: str) -> None:
    labels = read_labels(text)
    assert len(labels) <= 10
    assert all(0 < len(each) <= LONGEST_LABEL + 30 and each.isprintable() for each in labels)
    assert Member("", "", "", "", labels, NOON).labels == labels


@parser("codes to join by", hostile)
def _(text: str) -> None:
    code = code_of(text)
    assert code_of(spelled(code)) == code
    assert len(code) <= 20


@parser("addresses to go back to", hostile | st.text("/\\.:@?#%\t\n\r a", max_size=12))
def _(text: str) -> None:
    if is_local(text):
        assert not text.startswith(("//", "/\\"))
        assert text.isprintable() or not re.search(r"[\x00-\x1f\x7f]", text)
    source_title(text) if text.startswith("http") else None


# -- forms of trainers

ISO = st.datetimes().map(lambda moment: moment.isoformat("T", "minutes"))
clock = st.one_of(
    hostile,
    ISO,
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?", fullmatch=True),
    st.sampled_from(
        ["2026-03-29T02:30", "2026-10-25T02:30", "2999-12-31T23:59", "2000-01-01T00:00", "2026-02-30T00:00"]
    ),
)


@parser("times by the clock of a zone", st.tuples(clock, st.sampled_from(zones())), ValueError)
def _(case: tuple[str, str]) -> None:
    text, zone = case
    moment = read_local(text, zone)
    assert typed(moment, zone) == text.strip().replace(" ", "T")[:16]
    said(moment, zone, NOON)


number = hostile | st.integers(-9, 2_000).map(str)
rules_form = st.fixed_dictionaries(
    {},
    optional={
        "title": hostile,
        "zone": st.sampled_from(zones()) | hostile,
        **{f"{name}{was}": clock for name in ruling.DATES for was in ("", "_was")},
        **dict.fromkeys(("minutes", "grace", "attempts", "late", "extra_time"), number),
        "behaviour": st.sampled_from(["practice", "exam"]) | hostile,
        "order": st.sampled_from(["free", "one-way"]) | hostile,
        "counts": st.sampled_from(["best", "first", "last", "mean"]) | hostile,
        "shuffle": hostile,
        **{phase: st.sampled_from(ruling.SIGHTS) | hostile for phase in ruling.PHASES},
    },
)


@parser("rules of an assignment", st.tuples(rules_form, st.sampled_from(sorted(PRESETS))))
def _(case: tuple[dict[str, str], str]) -> None:
    form, preset = sent(case[0].items()), case[1]
    was = PRESETS[preset]
    found = ruling.read_rules(ruling.with_untouched(ruling.with_preset(form, preset), was), was)
    plainly = ruling.read_rules(form, was)
    for each in (found, plainly):
        assert rules_of(dumped(each.rules)) == each.rules
        if not each.faults:
            terms = make_terms(each.rules, "a", 1, NOON)
            assert terms.deadline is None or terms.deadline <= (each.rules.closes or terms.deadline)
            ruling.filled(each.title, each.rules)


@parser("overrides", rules_form)
def _(form: dict[str, str]) -> None:
    found = ruling.read_override(sent(form.items()), PRESETS["exam"], Override())
    assert found.faults or found.override != Override()
    ruling.filled_override(found.override, "Europe/Berlin")


row_keys = st.sampled_from(["0", "1", "2", "x"])
draft_form = st.tuples(
    st.lists(row_keys, max_size=5),
    st.lists(
        st.tuples(
            st.sampled_from(["question", *drafting.DRAWS_BY, "count", "weight", "place"]),
            row_keys,
            hostile
            | st.sampled_from(
                ["output/chosen-output", "counting", "beginner", "output", "1", "3", "0.5", "1,5"]
            ),
        ),
        max_size=12,
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "title": hostile,
            "do": st.builds(
                "{} {}".format, st.sampled_from(["add", "draw", "up", "down", "out", "save"]), number
            ),
            "add": hostile | st.just("output/chosen-output"),
            **dict.fromkeys(("find", *drafting.FILTERS), hostile),
        },
    ),
)


@parser("drafts of papers", draft_form)
def _(case: tuple[list[str], list[tuple[str, str, str]], dict[str, str]]) -> None:
    rows, cells, rest = case
    form = sent(
        [*(("row", each) for each in rows), *((f"{a}-{b}", text) for a, b, text in cells), *rest.items()]
    )
    draft = drafting.act(drafting.sent_draft(form), form, samples())
    drafting.found_in(draft, samples())
    drafting.without_lost(draft, samples())
    again = drafting.checked(draft, samples())
    assert paper_of(dumped(draft.paper)) == draft.paper
    assert again.faults or again.paper.size > 0


# -- evidence and traces


@cache
def traces() -> tuple[Any, ...]:
    """Real traces, as JSON values."""
    found = (each.get("trace") for text in evidence_files() for each in text.values())
    return tuple(sorted(filter(None, found), key=lambda each: len(json.dumps(each)))[:12])


@cache
def evidence_files() -> tuple[dict[str, Any], ...]:
    """Real evidence of two topics, some entries each."""
    paths = sorted((shipped("questions") / "evidence").glob("*.json"))[:2]
    files = [json.loads(path.read_text()) for path in paths]
    return tuple(dict(sorted(each.items(), key=lambda pair: len(json.dumps(pair)))[:4]) for each in files)


@parser("traces of the lab", damage.json_like(*traces()), lab.NotATrace, share=60)
def _(text: str) -> None:
    trace = lab.Trace.from_json(text)
    assert lab.Trace.from_json(trace.to_json()) == trace
    trace.story  # noqa: B018 - it may not raise


@parser("evidence beside a bank", damage.json_like(*evidence_files()), lab.NotEvidence, share=60)
def _(text: str) -> None:
    folder = scratch() / "proven" / lab.evidence_key("x")
    path = folder / "evidence" / "topic.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="replace")
    for each in lab.topic_evidence(folder, "topic").values():
        _shown(each)


@cache
def proven() -> Question:
    """A question with a program."""
    return next(each for each in load(shipped("questions")) if len(list(each.trials())) > 1)


def _shown(evidence: lab.Evidence) -> None:
    """As the page behind the answer shows it: what is in the file counts, not whether its key is old."""
    question = proven()
    witness(question, lab.Evidence(**vars(evidence) | {"key": lab.evidence_key(question.grounds)}))


@parser("the logbook of proofs", damage.json_like({"x": {"kind": "ok"}}, [1], {}))
def _(text: str) -> None:
    path = scratch() / "logbook.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    assert isinstance(_entries(path), dict)


# -- what the store keeps as JSON

RULES = tuple(json.loads(dumped(each)) for each in PRESETS.values())
PAPERS = (json.loads(dumped(Paper("x", (Part(question="a/b"), Part(topic="a", count=2, weight=0.5))))),)
TERMS = ({"order": "free", "due": None, "late": 100, "grace": 10},)


@parser("rules kept as JSON", damage.json_like(*RULES), ValueError)
def _(text: str) -> None:
    found = rules_of.__wrapped__(text)
    assert rules_of.__wrapped__(dumped(found)) == found


@parser("papers kept as JSON", damage.json_like(*PAPERS), ValueError)
def _(text: str) -> None:
    paper_of(text).size  # noqa: B018 - it may not raise


# The database is ours: what no version of the program wrote may raise what its readers do.
@parser("terms kept as JSON", damage.json_like(*TERMS), ValueError, TypeError, RecursionError)
def _(text: str) -> None:
    terms: Terms = terms_in.__wrapped__(text)
    assert terms.takes(NOON)
    assert packing(Terms).dump_json(terms)


# -- addresses

QUERIES = {
    "/progress/history": ("topic", "result", "before"),
    "/": ("x",),
    "/signin": ("back",),
    "/keep": ("back",),
    "/join": ("code",),
    "/report/output/chosen-output": ("set", "place", "sent"),
}
queries = st.tuples(
    st.sampled_from(sorted(QUERIES)),
    st.lists(
        hostile | st.sampled_from(["missed", "output", "1.x", "0." + "x" * 40, "9" * 17 + ".", *SQL]),
        max_size=3,
    ),
)


@parser("query strings", queries, share=40)
def _(case: tuple[str, list[str]]) -> None:
    path, values = case
    query = {
        name: value.encode("utf-8", "replace").decode()[:4_000]
        for name, value in zip(QUERIES[path], values, strict=False)
    }
    page = app().test_client().get(path, query_string=query)
    assert page.status_code in (200, 302, 303, 404, 422), page.status_code


@parser(
    "headers of browsers", st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=90)
)
def _(text: str) -> None:
    headers = {"User-Agent": text, "Cookie": text, "Origin": text, "Referer": text, "Accept-Encoding": text}
    with app().test_client() as client:
        assert client.get("/signin", headers=headers).status_code < 500
        assert client.post("/theme", data={"theme": text}, headers=headers).status_code < 500


# -- the command for second readers


@cache
def review_bank() -> Path:
    """A copy of the small bank, which agreeing reviews are written into."""
    return Path(shutil.copytree(damage.SAMPLES, scratch() / "reviewed"))


REVIEWS = (
    {"output/chosen-output": ["1"], "output/typed-output": [" indented\n\nlast"], "open/nobody": ["sound"]},
    {each.id: ["1"] for each in load(damage.SAMPLES)},
)


@parser("answers of a second reader", damage.json_like(*REVIEWS), share=20)
def _(text: str) -> None:
    path = scratch() / "answers.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    said_of = CliRunner().invoke(
        main, ["bank", "review", "--answers", str(path), "--by", "fuzz", "--bank", str(review_bank())]
    )
    if said_of.exception is not None and not isinstance(said_of.exception, SystemExit):
        raise said_of.exception
    assert said_of.exit_code in (0, 1), said_of.output


# -- files that people take away

cells = st.lists(st.lists(hostile, min_size=3, max_size=3), max_size=4)


@parser("CSV files", cells)
def _(rows: list[list[str]]) -> None:
    header = ["a", "=b", "\tc"]
    text = csv_file("x", header, rows).get_data(as_text=True)
    found = list(csv.reader(io.StringIO(text.removeprefix(MARK), newline="")))
    assert not any(cell.startswith(STARTS) for row in found for cell in row)
    plainly = [[_unmarked(cell) for cell in row] for row in found]
    assert plainly == [[cell.encode("utf-8", "replace").decode() for cell in row] for row in [header, *rows]]


def _unmarked(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and RISKY.match(cell[1:]) else cell


@parser("names of files", st.lists(hostile, max_size=3))
def _(words: list[str]) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?", file_name(*words))

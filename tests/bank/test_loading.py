"""Loading folders into one bank, and all that is refused on the way."""

import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp.bank import Bank, Concept, Misconception, load, signature
from quizapp.bank.loading import MAX_FAULTS
from quizapp.shipped import shipped

Files = Mapping[str, str | bytes]
Faults = Callable[[Files], list[str]]
Topic = Callable[..., str]
Banks = Callable[[Files], Bank]
Write = Callable[[Files], Path]

SAMPLES = Path(__file__).parent / "samples"
SINGLE = (SAMPLES / "single-choice.yaml").read_text()
CHOICE = SINGLE.replace("id: where", "id: other-where")


def edited(old: str, new: str) -> dict[str, str | bytes]:
    """The sample of single-choice with one place changed."""
    assert SINGLE.count(old) >= 1, old
    return {"counting.yaml": SINGLE.replace(old, new, 1)}


def test_the_shipped_bank_has_no_faults() -> None:
    assert load(shipped("questions")).faults == ()


def test_a_bank_knows_its_questions_by_id_and_in_order() -> None:
    bank = load(SAMPLES)
    assert bank.title == "Samples"
    assert len(bank) == len(list(bank)) == 13
    question = bank["single-choice/where-counting-begins"]
    assert question in list(bank)
    assert question.id in bank
    assert "single-choice/nothing" not in bank
    assert bank.topic("single-choice").questions == (question,)
    assert bank.topic("single-choice").about == "One question, one right option."
    with pytest.raises(KeyError):
        bank.topic("nothing")
    assert bank.concepts["counting"] == Concept(id="counting", covers="how a program counts")
    assert isinstance(bank.misconceptions["prints-twice"], Misconception)
    assert bank.retired == {"single-choice/first-try": "single-choice/where-counting-begins"}


def test_topics_stand_in_the_order_of_the_cover_and_the_others_after_them(
    bank_of: Banks, topic: Topic
) -> None:
    cover = "format: 1\ntitle: T\ntopics: [zoo, mistakes, alpha]\n"
    names = ["alpha", "beta", "mistakes/two", "mistakes/one", "zoo"]
    bank = bank_of({"bank.yaml": cover} | {f"{name}.yaml": topic(f"q{n}") for n, name in enumerate(names)})
    assert bank.faults == ()
    assert [each.id for each in bank.topics] == ["zoo", "mistakes/one", "mistakes/two", "alpha", "beta"]
    assert "mistakes/one/q3" in bank
    assert bank["mistakes/one/q3"].topic == "mistakes/one"


def test_a_bank_without_a_cover_is_a_bank(bank_of: Banks, topic: Topic) -> None:
    bank = bank_of({"beta.yaml": topic("x"), "alpha.yaml": topic("x")})
    assert (bank.faults, [each.id for each in bank.topics]) == ((), ["alpha", "beta"])


def test_several_folders_make_one_bank(write: Write, topic: Topic) -> None:
    mine = write({"mine.yaml": topic("one"), "bank.yaml": "format: 1\ntitle: Mine\ntopics: [mine]\n"})
    yours = write({"yours.yaml": topic("one"), "bank.yaml": "format: 1\ntitle: Yours\ntopics: [yours]\n"})
    for name in ("concepts.yaml", "misconceptions.yaml"):
        (yours / name).unlink()
    bank = load(mine, yours)
    assert bank.faults == ()
    assert bank.title == "Mine"
    assert [question.id for question in bank] == ["mine/one", "yours/one"]


def test_the_same_topic_in_two_folders_is_a_fault(write: Write, topic: Topic) -> None:
    first, second = write({"same.yaml": topic("one")}), write({"same.yaml": topic("two")})
    faults = [str(fault) for fault in load(first, second).faults if "same.yaml" in fault.path]
    assert faults == [f"{second}/same.yaml:1:1: the topic 'same' is already in another bank folder"]


def test_the_same_folder_given_twice_is_read_once() -> None:
    bank = load(SAMPLES, SAMPLES)
    assert (len(bank), bank.faults) == (13, ())


def test_a_folder_that_is_missing_or_empty_is_a_fault(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert list(map(str, load(tmp_path, gone).faults)) == [
        f"{tmp_path}:1:1: there is no .yaml file in this folder",
        f"{gone}:1:1: there is no such folder",
    ]


def test_hidden_files_are_none_of_the_bank(bank_of: Banks, topic: Topic) -> None:
    files = {"a.yaml": topic("one"), ".git/b.yaml": "`", ".hidden.yaml": "`", "notes.txt": "`"}
    bank = bank_of(files)
    assert (len(bank), bank.faults) == (1, ())


def test_a_yml_file_is_told_how_it_must_be_named(faults_of: Faults, topic: Topic) -> None:
    assert faults_of({"a.yml": topic("one")}) == ["a.yml:1:1: name the file .yaml, or it is not read"]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that refuses to be read")
def test_a_file_that_can_not_be_read_is_a_fault(write: Write) -> None:
    folder = write({})
    (folder / "a.yaml").symlink_to("/proc/self/mem")
    (fault,) = load(folder).faults
    assert fault.text.startswith("the file can't be read: ")


def test_a_file_is_named_in_lower_case_words(faults_of: Faults, topic: Topic) -> None:
    said = "name the file in lower-case words, like 'event-loop.yaml'"
    assert faults_of({"Event Loop.yaml": topic("one")}) == [f"Event Loop.yaml:1:1: {said}"]


OPEN = "[ opens a list here that is not closed, or a comma is missing; if it begins a text, quote it"
FAULTS = {
    ("level: beginner", "levle: beginner"): [
        "6:3: 'level' is missing",
        "8:3: unknown key 'levle'; did you mean 'level'?",
    ],
    ("level: beginner", "level: easy"): [
        "8:10: 'level' must be 'beginner', 'intermediate' or 'advanced', not 'easy'"
    ],
    ("    why: A range begins at zero.\n", "    because: A range begins at zero.\n"): [
        "20:5: 'why' is missing",
        "21:5: unknown key 'because'; there are right, wrong, why, misconception",
    ],
    ("  type: single-choice\n", ""): [
        "6:3: 'type' is missing; it is one of single-choice, multiple-choice, true-false, output, duration, "
        "ordering, matching, short-answer, spot-line, cloze, open"
    ],
    ("single-choice\n", "single-chioce\n"): [
        "7:9: unknown type 'single-chioce'; did you mean 'single-choice'?"
    ],
    ("- id: where-counting-begins\n  type", "- type"): ["6:3: 'id' is missing"],
    ("where-counting-begins", "Where_Counting"): [
        "6:7: an id in lower-case words is needed, like 'calling-does-not-run', not 'Where_Counting'"
    ],
    ("concepts: [counting]", "concepts: counting"): [
        "9:13: 'concepts' must be a list: '- ' before each entry, or all of them in [ ]"
    ],
    ("concepts: [counting]", "concepts: [countign]"): [
        "9:14: unknown concept 'countign'; did you mean 'counting'?"
    ],
    ("concepts: [counting]", "concepts: [[counting]]"): [
        "9:14: entry 1 of 'concepts' must be text; text over several lines begins with | behind its key"
    ],
    ("concepts: [counting]", "concepts: []"): [
        "9:13: name at least one concept; the first is what the question measures"
    ],
    ("misconception: counts-from-one", "misconception: count-from-one"): [
        "23:20: unknown misconception 'count-from-one'; did you mean 'counts-from-one'?"
    ],
    ("  run:\n", "  run:\n    takes: long\n"): ["15:12: 'takes' must be a number, not 'long'"],
    ("  run:\n", "  run:\n    takes: -1\n"): ["15:12: 'takes' must not be negative"],
    ("  run:\n", "  run:\n    takes: nan\n"): ["15:12: 'takes' must be a number, not 'nan'"],
    ("  run:\n", "  run:\n    print: x\n"): ["15:5: unknown key 'print'; did you mean 'prints'?"],
    ("  prompt: Which number does `range(3)` give first?", "  prompt: ''"): [
        "10:11: 'prompt' must not be empty"
    ],
    ('  - wrong: "3"\n', "  - wrng: '3'\n"): [
        "25:5: an option has either 'right:' or 'wrong:'",
        "25:5: unknown key 'wrng'; did you mean 'wrong'?",
    ],
    ('  - wrong: "3"\n', "  - just text\n  - wrong: '3'\n"): [
        "25:5: entry 3 of 'options' must have keys, written 'key: value'"
    ],
    ("title: Single choice\n", ""): ["1:1: 'title' is missing"],
    ("title: Single choice", "titel: Single choice"): [
        "1:1: 'title' is missing",
        "1:1: unknown key 'titel'; did you mean 'title'?",
    ],
    ("questions:\n", "questions:\n- just text\n"): [
        "5:3: a question is a mapping: id, type, level, concepts, prompt …"
    ],
    ("  explanation:", "  type: output\n  explanation:"): [
        "28:3: the key 'type' stands here twice, first in line 7"
    ],
    ("  sources:", "  waive: [x]\n  sources:"): ["29:10: 'waive' must have keys, written 'key: value'"],
}


@pytest.mark.parametrize("change", FAULTS, ids=lambda change: change[1].strip())
def test_a_fault_in_a_question_is_told_with_its_place_and_a_way_out(
    change: tuple[str, str], faults_of: Faults
) -> None:
    assert faults_of(edited(*change)) == [f"counting.yaml:{fault}" for fault in FAULTS[change]]


def test_all_faults_of_all_files_come_at_once(faults_of: Faults, topic: Topic) -> None:
    broken = SINGLE.replace("level: beginner", "level: easy").replace("[counting]", "[nothing]")
    second = (
        SINGLE.replace("about:", "abuot:")
        .replace('- wrong: "1"', "- wrong: `1`")
        .replace("title: S", "title: &S")
    )
    found = faults_of({"one.yaml": broken, "two.yaml": second, "three.yaml": "", "bank.yaml": "title: ''\n"})
    assert found == [
        "bank.yaml:1:1: 'format' is missing",
        "bank.yaml:1:8: 'title' must not be empty",
        "one.yaml:8:10: 'level' must be 'beginner', 'intermediate' or 'advanced', not 'easy'",
        "one.yaml:9:14: unknown concept 'nothing'; did you mean 'printing'?",
        "three.yaml:1:1: the file is empty",
        "two.yaml:1:8: '&Single' is an anchor; take it out (or quote the text)",
        "two.yaml:2:1: unknown key 'abuot'; did you mean 'about'?",
        "two.yaml:22:12: text that begins with ` needs quotes around all of it, or a block: | and a new line",
    ]


def test_a_question_with_an_unknown_key_is_looked_at_further(faults_of: Faults) -> None:
    text = SINGLE.replace("  sources:", "  sauces:").replace("[counting]", "[nothing]")
    assert faults_of({"a.yaml": text}) == [
        "a.yaml:9:14: unknown concept 'nothing'; did you mean 'printing'?",
        "a.yaml:29:3: unknown key 'sauces'; did you mean 'sources'?",
    ]


def test_a_faulty_question_is_left_out_and_the_others_stay(bank_of: Banks) -> None:
    faulty = CHOICE.replace("level: beginner", "level: easy").partition("questions:\n\n")[2]
    bank = bank_of({"a.yaml": SINGLE + "\n" + faulty})
    assert [question.id for question in bank] == ["a/where-counting-begins"]
    assert len(bank.faults) == 1


def test_an_id_is_used_once_in_a_topic(faults_of: Faults, bank_of: Banks, topic: Topic) -> None:
    assert faults_of({"a.yaml": topic("one", "two", "one"), "b.yaml": topic("one")}) == [
        "a.yaml:19:7: the id 'one' is used twice, first in line 3"
    ]
    assert len(bank_of({"a.yaml": topic("one", "two", "one"), "b.yaml": topic("one")})) == 3


def test_a_retired_id_stays_retired(faults_of: Faults, topic: Topic) -> None:
    cover = """\
format: 1
title: T
retired:
  a/one: a/two
  a/gone: ""
  a/moved: a/tow
  a/first: a/gone
  loose: a/two
"""
    assert faults_of({"a.yaml": topic("one", "two"), "bank.yaml": cover}) == [
        "a.yaml:3:7: the id 'a/one' is retired; take a new one",
        "bank.yaml:6:12: unknown question 'a/tow'; did you mean 'a/two'?",
        "bank.yaml:7:12: 'a/gone' is retired too; name what replaced it",
        "bank.yaml:8:3: 'loose' is no question; write topic/question",
    ]


def test_the_cover_lists_topics_that_are_there_each_once(faults_of: Faults, topic: Topic) -> None:
    cover = "format: 1\ntitle: T\ntopics: [alpha, alhpa, alpha]\n"
    assert faults_of({"alpha.yaml": topic("one"), "bank.yaml": cover}) == [
        "bank.yaml:3:17: unknown topic 'alhpa'; did you mean 'alpha'?",
        "bank.yaml:3:24: the topic 'alpha' stands here twice",
    ]


def test_the_cover_is_of_format_1(faults_of: Faults, topic: Topic) -> None:
    assert faults_of({"a.yaml": topic("one"), "bank.yaml": "format: 2\ntitle: T\n"}) == [
        "bank.yaml:1:9: 'format' must be '1', not '2'"
    ]


def test_what_can_not_be_known_is_no_fault(faults_of: Faults, topic: Topic) -> None:
    broken = {"concepts.yaml": "topics: [", "misconceptions.yaml": "misconceptions:\n- id: x\n"}
    found = faults_of({"a.yaml": topic("one"), "b.yaml": SINGLE, **broken})
    assert [fault.split(":")[0] for fault in found] == ["concepts.yaml"] + ["misconceptions.yaml"] * 2
    cover = "format: 1\ntitle: T\ntopics: [a]\nretired: {a/old: a/new}\n"
    assert faults_of({"a.yaml": "title: [a", "bank.yaml": cover}) == [f"a.yaml:1:8: {OPEN}"]


def test_without_a_catalogue_its_file_is_named(write: Write, topic: Topic) -> None:
    folder = write({"a.yaml": topic("one")})
    (folder / "concepts.yaml").unlink()
    (folder / "misconceptions.yaml").unlink()
    assert [fault.text for fault in load(folder).faults] == [
        "unknown concept 'counting': concepts.yaml lists none"
    ]


def test_catalogues_list_each_id_once_and_know_their_concepts(faults_of: Faults) -> None:
    listed = "".join(f"  - {{id: {each}, covers: x}}\n" for each in ("a", "a", "A B"))
    concepts = f"topics:\n- id: t\n  title: T\n  concepts:\n{listed}"
    wrong = (
        "misconceptions:\n- {id: m, concepts: [a, b], wrong: x, right: y}\n- {id: m, wrong: x, right: y}\n"
    )
    assert faults_of(
        {"concepts.yaml": concepts, "misconceptions.yaml": wrong, "t.yaml": "title: T\nquestions: []\n"}
    ) == [
        "concepts.yaml:6:10: the id 'a' is used twice",
        "concepts.yaml:7:10: an id in lower-case words is needed, like 'calling-does-not-run', not 'A B'",
        "misconceptions.yaml:2:25: unknown concept 'b'",
        "misconceptions.yaml:3:8: the id 'm' is used twice",
    ]


def test_a_question_has_at_most_64_000_characters(faults_of: Faults) -> None:
    huge = edited("title: Single", "title: Single") | edited("Which number", "Which number " + "x" * 64_000)
    assert faults_of(huge) == ["counting.yaml:6:3: the question has more than 64,000 characters"]


def test_a_list_has_at_most_30_entries(faults_of: Faults) -> None:
    many = "concepts: [counting" + ", counting" * 30 + "]"
    assert faults_of(edited("concepts: [counting]", many)) == [
        "counting.yaml:9:13: 'concepts' has more than 30 entries"
    ]


def test_a_flood_of_faults_is_cut_off(bank_of: Banks) -> None:
    questions = "".join(f"- {{id: q{n}, type: output, concepts: [c{n}]}}\n" for n in range(2_000))
    faults = bank_of({"a.yaml": f"title: T\nquestions:\n{questions}"}).faults
    assert len(faults) <= MAX_FAULTS + 2
    assert any("there are more than 1,000 faults" in fault.text for fault in faults)


def test_a_signature_changes_with_the_files_and_only_then(write: Write, topic: Topic) -> None:
    folder = write({"a.yaml": topic("one")})
    before = signature(folder)
    assert signature(folder) == before
    os.utime(folder / "a.yaml", ns=(1, 1))
    touched = signature(folder)
    assert touched != before
    (folder / "b.yaml").write_text("")
    assert signature(folder) != touched
    assert signature(folder / "nothing") == ()


def test_loading_a_bank_twice_gives_equal_banks() -> None:
    assert load(SAMPLES) == load(SAMPLES)


BITS = [
    "- ",
    "  ",
    "\n",
    ": ",
    "id",
    "type",
    "output",
    "options",
    "questions",
    "title",
    "[",
    "]",
    "{",
    "}",
    "a",
    "'",
]
BITS += [
    "\n- id: a\n  type: ",
    *("single-choice", "ordering", "matching", "spot-line", "true-false", "short-answer"),
]
SAMPLE_TEXTS = sorted(path.read_text() for path in SAMPLES.glob("*.yaml"))


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=80)
    | st.lists(st.sampled_from(BITS), max_size=30).map(lambda bits: "".join(bits).encode())
)
def test_loading_never_raises_whatever_a_file_holds(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bank")
    for name in ("a.yaml", "bank.yaml", "concepts.yaml", "misconceptions.yaml"):
        (folder / name).write_bytes(content)
    for fault in load(folder).faults:
        assert 1 <= fault.line <= content.count(b"\n") + content.count(b"\r") + 1


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SAMPLE_TEXTS), st.randoms(use_true_random=False))
def test_loading_never_raises_whatever_happens_to_the_lines(
    tmp_path_factory: pytest.TempPathFactory, text: str, rng: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("bank")
    rows = text.split("\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(rows))
        rows[at : at + 1] = rng.choice(
            [[], [rows[at]] * 2, [" " + rows[at]], [rows[at] + ":"], ["- " + rows[at].strip()]]
        )
        rows = rows or [""]
    (folder / "a.yaml").write_text("\n".join(rows))
    for fault in load(folder).faults:
        assert 1 <= fault.line <= len(rows)
        assert fault.column <= len(rows[fault.line - 1]) + 1


def test_a_bank_tells_where_a_value_of_a_question_stands() -> None:
    bank = load(SAMPLES)
    place = bank.place("output/chosen-output", ("options", 1), "x")
    rows = Path(place.path).read_text().splitlines()
    assert rows[place.line - 1][place.column - 1 :] == "wrong: no 3.10"
    assert str(place).endswith(f"output.yaml:{place.line}:5: x")
    assert bank.place("output/chosen-output", ("run", "takes")).line == rows.index("  run:") + 2
    with pytest.raises(KeyError):
        bank.place("output/no-such")

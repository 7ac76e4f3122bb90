"""A trainer regrades: what would change, the change itself, the way back, and who is told."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask

from quizapp.bank import Answer, Question
from quizapp.learn import Paper, Part
from quizapp.shipped import shipped
from quizapp.store import Assignment, Member
from quizapp.web import create_app
from quizapp.web.guests import new_id, now
from tests.classroom import give, joined, new_group, somebody
from tests.conftest import Person, settled
from tests.sat import begun, said
from tests.web.test_access import NOBODY
from tests.web.test_shelf import changed, look_again

SAMPLES = Path(__file__).parent.parent / "bank/samples"
CHOSEN, TYPED, OPEN = (
    "single-choice/where-counting-begins",
    "short-answer/name-of-the-counter",
    "open/why-counting-begins-at-zero",
)
OPTIONS = """  options:
  - wrong: "3"
    why: The end of a range is no part of it.
  - right: "1"
    why: So it is said now.
  - wrong: "0"
    misconception: counts-from-one
    why: So it is said now.
"""
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
HOSTILE = "<script>alert(1)</script> =1+1 {{ 7*7 }} “’\x01\u202e"


@dataclass
class Room:
    """A trainer with a group that was asked three questions."""

    app: Flask
    bank: Path
    trainer: Person
    assignment: Assignment
    group: object

    @property
    def path(self) -> str:
        return f"/t/assignments/{self.assignment.id}/regrade"

    def question(self, question_id: str) -> Question:
        return self.app.extensions["shelf"].bank()[question_id]

    def member(self, name: str, *given: Answer) -> tuple[Person, str]:
        """Somebody who answers place by place; gives them and the address of their attempt."""
        person, member = joined(self.app, self.group, name)  # type: ignore[arg-type]
        return person, f"/s/{self.take(member, *given)}"

    def take(self, member: Member, *given: Answer) -> str:
        attempt = begun(self.app, self.assignment, member, now())
        for place, answer in enumerate(given, start=1):
            said(self.app, attempt, place, answer, now())
        return attempt.id

    def mend(self) -> None:
        """Another option is right now, and the order is another, too."""
        changed(
            self.bank / "single-choice.yaml",
            lambda text: re.sub(r"(?s)  options:.*  explanation:", f"{OPTIONS}  explanation:", text),
        )
        look_again(self.app.extensions["shelf"])

    def wish(self, how: str = "everyone", question: str = CHOSEN, **more: object) -> str:
        fields = {"question": question, "how": how, "reason": "The key was wrong."} | more
        return f"{self.path}?{urlencode(fields, doseq=True)}"

    def apply(self, address: str) -> str:
        """Look at what would change, and change it; gives the page after it."""
        page = self.trainer.get(address)
        return str(self.trainer.post(self.path, form_of(page.text)).text)

    def scores(self, question_id: str = CHOSEN) -> list[float | None]:
        regrades = self.app.extensions["regrades"]
        given = regrades.answers(self.assignment.id, self.assignment.owner, question_id)
        return [each.score for each in sorted(given, key=lambda each: each.name)]


def form_of(text: str) -> dict[str, list[str]]:
    """What the form that applies a regrade sends."""
    form: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(text.partition('id="run"')[2].partition("</form>")[0]):
        form.setdefault(name, []).append(unescape(value))
    assert "regrade" in form
    return form


@pytest.fixture
def room(tmp_path: Path, database: str) -> Iterator[Room]:
    bank = tmp_path / "bank"
    bank.mkdir()
    for name in ("concepts", "misconceptions", "single-choice", "short-answer", "open"):
        shutil.copy(SAMPLES / f"{name}.yaml", bank)
    app = create_app(banks=(bank,), database=database)
    trainer, owner = somebody(app, "Theo", "trainer")
    group = new_group(app, owner)
    asked = [each.id for each in app.extensions["shelf"].bank()]
    paper = Paper("Counting", tuple(Part(question=each) for each in sorted(asked, reverse=True)))
    yield Room(app, bank, trainer, give(app, group, paper=paper), group)
    app.extensions["store"].close()


def places(room: Room) -> list[str]:
    return [part.question for part in room.assignment.paper.parts]


def test_before_anybody_has_begun_there_is_nothing_to_regrade(room: Room) -> None:
    page = room.trainer.get(room.path)
    assert page.status_code == 200
    assert "Nobody has begun yet" in page.text
    assert room.trainer.get(room.wish()).status_code == 404
    room.member("Ann")
    page = room.trainer.get(room.path)
    assert "Which number does" in page.text
    assert page.text.count("?question=") == 3
    assert "Nobody has answered it yet" in room.trainer.get(f"{room.path}?question={CHOSEN}").text


def test_a_mended_question_is_regraded_after_a_look_at_what_changes_and_undone(room: Room) -> None:
    room.member("Ann", ("a",))
    room.member("Ben", ("b",))
    room.member("Cleo", ("c",))
    room.member("Dan", ())
    start = f"{room.path}?question={CHOSEN}"
    assert 'value="mended"' not in room.trainer.get(start).text
    assert room.trainer.get(room.wish("mended")).status_code == 422
    room.mend()
    assert [room.question(CHOSEN).face(key) for key in "abc"] == ["3", "1", "0"]
    form = room.trainer.get(start).text
    assert "As it was asked" in form
    assert "Right answer" in form
    page = room.trainer.get(room.wish("mended"))
    assert "2 scores would change" in page.text
    assert room.scores() == [1, 0, 0, 0]
    rows = re.findall(r'<th scope="row"><a[^>]*>(\w+)</a></th><td>([^<]*)</td>', page.text)
    assert rows == [("Ann", "0"), ("Ben", "1")]
    after = room.trainer.post(room.path, form_of(page.text))
    assert "2 scores were changed" in after.text
    assert room.trainer.at == room.path
    assert room.scores() == [0, 1, 0, 0]
    undo = re.search(r'action="([^"]*/undo)"', after.text)
    assert undo
    undone = room.trainer.post(undo[1])
    assert "Undone" in undone.text
    assert not re.search(r'action="([^"]*/undo)"', undone.text)
    assert room.scores() == [1, 0, 0, 0]


def test_answers_that_were_typed_are_accepted_by_what_they_say(room: Room) -> None:
    before = [()] * places(room).index(TYPED)
    for name, typed in (("Ann", "len"), ("Ben", "`Length()`"), ("Cleo", "length"), ("Dan", "size")):
        room.member(name, *before, (typed,))
    page = room.trainer.get(f"{room.path}?question={TYPED}").text
    choices = re.findall(r'name="accept" value="(\w+)"><span><code class="out">([^<]+)</code>', page)
    assert [said for _, said in choices] == ["length", "size"]
    key = choices[0][0]
    assert room.trainer.get(room.wish("accept", TYPED)).status_code == 422
    assert room.trainer.get(room.wish("accept", TYPED, accept="unknown")).status_code == 422
    assert "2 scores would change" in room.trainer.get(room.wish("", TYPED, accept=[key])).text
    after = room.apply(room.wish("accept", TYPED, accept=[key]))
    assert "2 scores were changed" in after
    assert "Counted as right: length" in after
    assert room.scores(TYPED) == [1, 1, 1, 0]
    room.member("Eve", *before, ("length",))
    again = re.search(r'href="([^"]*)#run"', room.trainer.get(f"{room.path}?question={TYPED}").text)
    assert again
    assert "1 score would change" in room.trainer.get(unescape(again[1])).text


def test_full_marks_reach_blank_answers_and_open_questions_alone_know_no_other_way(room: Room) -> None:
    open_id = next(each for each in places(room) if each.startswith("open/"))
    before = [()] * places(room).index(open_id)
    room.member("Ann", *before, ("My words.",))
    page = room.trainer.get(f"{room.path}?question={open_id}").text
    assert re.findall(r'name="how" value="(\w+)"', page) == ["everyone"]
    for how in ("mended", "accept"):
        assert room.trainer.get(room.wish(how, open_id)).status_code == 422
    room.apply(room.wish("everyone", open_id))
    assert room.scores(open_id) == [1]


def test_what_is_missing_is_said_and_what_was_typed_stays(room: Room) -> None:
    room.member("Ann", ("b",))
    page = room.trainer.get(f"{room.path}?question={CHOSEN}&reason=Half+a+reason")
    assert page.status_code == 422
    assert "Choose how to regrade" in page.text
    assert 'value="Half a reason"' in page.text
    for reason in ("", "   ", "x" * 301):
        page = room.trainer.get(room.wish("everyone", reason=reason))
        assert page.status_code == 422
        assert 'aria-invalid="true"' in page.text
        assert 'value="everyone" checked' in page.text
        sent = {"question": CHOSEN, "how": "everyone", "reason": reason, "regrade": new_id()}
        assert room.trainer.post(room.path, sent).status_code == 422
    assert room.scores() == [0]


def test_a_form_that_is_sent_twice_regrades_once(room: Room) -> None:
    room.member("Ann", ("b",))
    form = form_of(room.trainer.get(room.wish()).text)
    for _ in range(2):
        assert "1 score was changed" in room.trainer.post(room.path, form).text
    assert room.trainer.get(room.path).text.count("/undo") == 1


def test_a_question_that_changes_once_more_is_looked_at_again_first(room: Room) -> None:
    room.member("Ann", ("b",))
    room.mend()
    form = form_of(room.trainer.get(room.wish("mended")).text)
    changed(room.bank / "single-choice.yaml", lambda text: text.replace("first?", "first of all?"))
    look_again(room.app.extensions["shelf"])
    page = room.trainer.post(room.path, form)
    assert page.status_code == 422
    assert "has just been changed" in page.text
    assert room.scores() == [0]


def test_only_the_last_regrade_can_be_undone(room: Room) -> None:
    room.member("Ann", ("b",))
    room.member("Ben", ("c",))
    first = re.search(r'action="([^"]*/undo)"', room.apply(room.wish()))
    page = room.trainer.get(f"{room.path}?question={CHOSEN}").text
    assert first
    key = re.search(r'name="accept" value="(\w+)"', page)
    assert key
    room.apply(room.wish("accept", accept=key[1]))
    assert "Undo the later regrade first" in room.trainer.post(first[1]).text


def test_the_file_has_every_answer_and_no_formulas(room: Room) -> None:
    room.member("=1+1", ("b",))
    room.member("Ben", ("a",))
    file = room.trainer.get(room.wish().replace("/regrade?", "/regrade.csv?"))
    assert file.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(file.get_data().decode("utf-8-sig"))))
    assert sorted((row["learner"], row["score"], row["new_score"], row["why"]) for row in rows) == [
        ("'=1+1", "0", "1", "full marks for everyone"),
        ("Ben", "1", "1", "same score"),
    ]
    bad = room.trainer.get(room.wish("").replace("/regrade?", "/regrade.csv?"))
    assert bad.status_code == 422


def test_hostile_names_reasons_and_answers_stay_text(room: Room) -> None:
    before = [()] * places(room).index(TYPED)
    room.member(HOSTILE, *before, (HOSTILE,))
    pages = [room.trainer.get(f"{room.path}?question={TYPED}").text]
    pages.append(room.trainer.get(room.wish("everyone", TYPED, reason=HOSTILE)).text)
    pages.append(room.apply(room.wish("everyone", TYPED, reason=HOSTILE)))
    for page in pages:
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "49" not in page.partition("alert(1)")[2][:40]


def test_nobody_else_finds_a_regrade(room: Room) -> None:
    learner, _ = room.member("Ann", ("b",))
    other, _ = somebody(room.app, "Olga", "trainer")
    regraded = re.search(r'action="([^"]*/undo)"', room.apply(room.wish()))
    assert regraded
    sent = {"question": CHOSEN, "how": "everyone", "reason": "x", "regrade": new_id(), "mended": ""}
    mine = room.assignment.id
    stranger = Person(room.app.test_client())
    for person in (learner, other, stranger):
        for method, path in (
            ("GET", room.path),
            ("GET", room.wish()),
            ("GET", room.wish().replace("/regrade?", "/regrade.csv?")),
            ("POST", room.path),
            ("POST", regraded[1]),
        ):
            theirs = person.client.open(path, method=method, data=sent if method == "POST" else None)
            nobodys = person.client.open(path.replace(mine, NOBODY), method=method)
            assert theirs.status_code == nobodys.status_code == 404, (method, path)
            assert settled(theirs).replace(mine, NOBODY) == settled(nobodys)
    assert room.trainer.client.post(regraded[1].replace(mine, NOBODY)).status_code == 404
    assert room.trainer.client.post(f"{room.path}/{NOBODY}/undo").status_code == 404
    assert room.scores() == [1]


def told(page: str) -> str:
    """What a page says of a regrade."""
    found = re.search(r'<p class="muted regraded">(.*?)</p>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def test_a_learner_is_told_the_new_score_and_why_until_it_is_undone(room: Room) -> None:
    ann, there = room.member("Ann", ("b",))
    ben, elsewhere = room.member("Ben", ("c",))
    here, beside = (
        f"{there}/{places(room).index(CHOSEN) + 1}",
        f"{elsewhere}/{places(room).index(CHOSEN) + 1}",
    )
    assert told(ann.get(here).text) == ""
    room.mend()
    undo = re.search(r'action="([^"]*/undo)"', room.apply(room.wish("mended", reason=f"So. {HOSTILE}")))
    page = ann.get(here).text
    assert told(page).startswith("Your trainer regraded this question: 0 → to 1. Reason: So. &lt;script&gt;")
    assert "Your answer, correct" in page
    assert '<h2 id="v" tabindex="-1" data-verdict>Right' in page
    assert told(ben.get(beside).text) == ""
    assert undo
    room.trainer.post(undo[1])
    assert told(ann.get(here).text) == ""
    assert "Right" not in ann.get(here).text.partition("data-verdict>")[2][:9]


def test_a_mended_key_does_not_borrow_the_proof_of_the_old_one(tmp_path: Path, database: str) -> None:
    bank, question = tmp_path / "bank", "coroutines/function-or-object"
    (bank / "evidence").mkdir(parents=True)
    for name in ("concepts.yaml", "misconceptions.yaml", "coroutines.yaml", "evidence/coroutines.json"):
        shutil.copy(shipped("questions") / name, bank / name)
    app = create_app(banks=(bank,), database=database)
    trainer, owner = somebody(app, "Theo", "trainer")
    group = new_group(app, owner)
    room = Room(app, bank, trainer, give(app, group, paper=Paper("One", (Part(question=question),))), group)
    asked = room.question(question)
    keys = asked.keys()
    wrong = next((key,) for key in keys if (key,) != asked.model())
    ann, attempt = room.member("Ann", wrong)
    assert "<dt>Proven</dt>" in ann.get(f"{attempt}/1").text
    changed(bank / "coroutines.yaml", lambda text: text.replace("function coroutine\n", "function task\n"))
    look_again(app.extensions["shelf"])
    room.apply(room.wish("everyone", question))
    assert "<dt>Proven</dt>" in ann.get(f"{attempt}/1").text
    room.apply(room.wish("mended", question))
    told_now = ann.get(f"{attempt}/1").text
    assert "function task" in told_now
    assert "<dt>Proven</dt>" not in told_now
    app.extensions["store"].close()
    app.extensions["store"].close()


def test_figures_after_a_mended_key_count_each_answer_as_what_it_said(room: Room) -> None:
    faces = {key: room.question(CHOSEN).face(key) for key in "abc"}
    given = "abbccc"
    for number, key in enumerate(given):
        room.member(f"Learner {number}", (key,))
    room.mend()
    room.apply(room.wish("mended"))
    number = places(room).index(CHOSEN) + 1
    page = room.trainer.get(f"/t/assignments/{room.assignment.id}?q={number}").text
    panel = page.partition("Low third")[2].partition("</table>")[0]
    rows = re.findall(r"</span> ([^<]+)(<span class=.key.>key</span>)?</th><td class=.num.>(\d+)%", panel)
    assert {text: int(share) for text, _, share in rows} == {
        face: round(100 * given.count(key) / len(given)) for key, face in faces.items()
    }
    assert [text for text, is_key, _ in rows if is_key] == ["1"]

"""Whatever is sent, the page says what to do, nothing is stored, and the server does not break."""

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizapp.bank import Question, load
from quizapp.shipped import shipped
from tests.conftest import Person, hidden

BANK = load(shipped("questions"))
ASKED = [question for question in BANK if not question.rated]
EACH_TYPE = list({question.type: question for question in ASKED}.values())
NOBODY = "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/q/coroutines/no-such-question",
        "/q/coroutines",
        "/practice/no-such-topic",
        "/practice/..%2f..%2fetc",
        f"/s/{NOBODY}",
        f"/s/{NOBODY}/1",
        "/s/1/1",
        "/s/not-an-id/1",
        f"/s/{NOBODY}/done",
        "/static/../__init__.py",
        "/again",
        "/ideas/no-such-idea",
        "/ideas/no-such-idea/practice",
        "/progress/topics/no-such-topic",
        "/progress/topics/coroutines/..",
        "/progress/history?topic=no-such-topic",
        "/progress/history?result=right",
        "/progress/history?before=x",
        "/progress/history?before=999999999999999999999.x",
        "/progress/history?before=１.x",
        "/progress/history?before=-1.x",
        "/account",
        "/erase",
    ],
)
def test_a_page_that_is_not_there_is_a_404_that_leads_on(learner: Person, path: str) -> None:
    page = learner.get(path)
    assert page.status_code == 404
    assert "Go to practice" in page.text


def test_a_place_outside_the_set_is_not_found(learner: Person) -> None:
    address = learner.start()
    for place in ("0", "12", "999999999999999999999"):
        assert learner.get(f"{address}/{place}").status_code == 404


BROKEN_FORMS: list[tuple[dict[str, Any], int]] = [
    ({"set": ""}, 422),
    ({"set": "1"}, 422),
    ({"step": "x" * 5000}, 422),
    ({"ticket": "zz"}, 422),
    ({"ticket": ""}, 422),
    ({"question": ""}, 409),
    ({"question": "coroutines/no-such-question"}, 409),
    ({"face": "0000000000000000"}, 409),
    ({"answer": ["99"]}, 422),
    ({"answer": ["0"]}, 422),
    ({"answer": ["-1"]}, 422),
    ({"answer": ["1; drop table step"]}, 422),
    ({"answer": ["１"]}, 422),
    ({"answer": ["1"] * 41}, 422),
    ({"answer": ["x" * 2001]}, 422),
]


@pytest.mark.parametrize(("change", "status"), BROKEN_FORMS, ids=lambda value: str(value)[:40])
def test_a_broken_form_is_refused_and_nothing_is_stored(
    learner: Person, change: dict[str, Any], status: int
) -> None:
    question = BANK["coroutines/calling-does-not-run"]
    page = learner.get(f"/q/{question.id}")
    answer = learner.post(f"/q/{question.id}", hidden(page) | {"answer": ["1"]} | change)
    assert answer.status_code == status
    assert "Guest" not in learner.get("/topics").text


@pytest.mark.parametrize("question", EACH_TYPE, ids=lambda question: question.type)
def test_answers_of_the_wrong_shape_are_refused_or_graded_but_never_break(
    learner: Person, question: Question
) -> None:
    shapes: list[list[str]] = [
        ["1", "1"],
        ["1", "2", "3", "4", "5", "6", "7", "8"],
        ["", ""],
        ["a"],
        ["\x00"],
        ["2", ""],
    ]
    for shape in shapes:
        page = learner.get(f"/q/{question.id}")
        assert learner.post(f"/q/{question.id}", hidden(page) | {"answer": shape}).status_code in (200, 422)


def test_a_body_that_is_too_large_is_refused(learner: Person) -> None:
    page = learner.client.post("/mixed", data={"answer": "x" * 100_000})
    assert page.status_code == 413
    assert "too long" in page.text


def test_a_method_that_does_not_fit_is_refused_with_a_way_back(learner: Person) -> None:
    page = learner.client.put("/")
    assert page.status_code == 405
    assert "Go to practice" in page.text


def test_a_browser_without_cookies_is_told_so(app: Flask) -> None:
    client = app.test_client(use_cookies=False)
    page = client.get("/mixed")
    answer = client.post("/mixed", data=hidden(page) | {"unsure": "1"})
    assert answer.status_code == 400
    assert "Allow it" in answer.text


def test_an_unexpected_error_has_a_number_and_no_details(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("quizapp.web.progress._bars", broken)
    page = app.test_client().get("/progress")
    assert page.status_code == 500
    assert "secret detail" not in page.text
    number = page.text.partition("<code>")[2].partition("</code>")[0]
    assert number == page.headers["X-Request-ID"]
    assert number in caplog.text


@pytest.mark.parametrize(
    ("back", "led"),
    [
        ("/topics", "/topics"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("\t//evil.example", "/"),
        ("", "/"),
    ],
)
def test_the_theme_switch_leads_back_but_never_to_another_site(learner: Person, back: str, led: str) -> None:
    response = learner.client.post("/theme", data={"theme": "dark", "back": back})
    assert response.headers["Location"] == led
    assert 'data-theme="dark"' in learner.get("/").text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(
        [
            *("/", "/mixed", "/again", "/exam", "/theme", "/practice/coroutines", "/review", "/matters"),
            *("/q/coroutines/read-the-warning", "/ideas/call-runs-body/practice", "/signin", "/keep"),
        ]
    ),
    form=st.dictionaries(
        st.sampled_from(
            [
                *("set", "step", "ticket", "question", "face", "answer", "unsure", "hint", "topic", "count"),
                *("theme", "back", "name"),
            ]
        ),
        st.text(max_size=60),
    ),
)
def test_no_form_breaks_the_server(app: Flask, path: str, form: dict[str, str]) -> None:
    assert app.test_client().post(path, data=form).status_code < 500


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "' OR 1=1 --",
    "\u202egnp",
    "𝕏" * 500,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(learner: Person, text: str) -> None:
    question = next(each for each in BANK if each.type == "short-answer")
    told = learner.answer(learner.get(f"/q/{question.id}"), text)
    assert told.status_code == 200
    assert "<script>alert" not in told.text
    assert "<img src=x" not in told.text
    assert "49" not in told.text.partition('id="fb"')[2].partition("</ul>")[0]


NUL_IN = [{"answer": "a\0b"}, {"a\0b": "1"}, {"name": "\0"}, {"unsure": "1", "step": "\0"}]


@pytest.mark.parametrize("form", NUL_IN, ids=ascii)
@pytest.mark.parametrize("path", ["/mixed", "/keep", "/join", "/theme", "/signin"])
def test_a_form_with_a_nul_is_refused_before_anything_reads_it(
    learner: Person, path: str, form: dict[str, str]
) -> None:
    """PostgreSQL keeps none in a text, so no database gets one."""
    page = learner.post(path, hidden(learner.get("/mixed")) | form)
    assert page.status_code == 422
    assert "This text can’t be kept" in page.text
    assert "Guest" not in learner.get("/topics").text


def test_an_address_with_a_nul_leads_nowhere(learner: Person) -> None:
    assert learner.get("/progress/history?before=1.%00").status_code == 422
    assert learner.get("/?%00=1").status_code == 422
    assert learner.get("/q/coroutines/%00").status_code == 404


@pytest.mark.parametrize("sent", [b"%ED%A0%80", b"%FF", b"%F4%90%80%80"])
def test_bytes_that_are_no_text_are_kept_as_they_were_sent(learner: Person, sent: bytes) -> None:
    """So halves of surrogate pairs, which no database keeps, never reach one."""
    typed = next(each for each in BANK if each.type == "short-answer")
    form = urlencode(hidden(learner.get(f"/q/{typed.id}"))).encode() + b"&answer=" + sent
    page = learner.client.post(
        f"/q/{typed.id}", data=form, content_type="application/x-www-form-urlencoded", follow_redirects=True
    )
    assert page.status_code == 200
    assert sent.decode() in learner.get("/progress.csv").text

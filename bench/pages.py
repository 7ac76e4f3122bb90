"""The pages, in this process: statements, weight, and what an answer costs against its page alone."""

from __future__ import annotations

import gzip
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask, template_rendered
from flask.testing import FlaskClient

from bench.figures import ROUNDS, Figure, cpu, figure
from quizapp.store import tables
from quizapp.web import markup

HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')


def fields(text: str) -> dict[str, str]:
    """What the form of a question sends along, but for the button that asks for a hint."""
    found = dict(HIDDEN.findall(text.partition("data-ask")[2].partition("</form>")[0]))
    found.pop("hint", None)
    return found


def new_set(client: FlaskClient) -> str:
    """The address of a set of ten whose first question was answered with "I'm not sure"."""
    page = client.get("/").text
    return client.post("/", data=fields(page) | {"unsure": "1"}).headers["Location"].rpartition("/")[0]


def web_figures(app: Flask) -> Iterator[Figure]:
    client = app.test_client()
    statements: list[str] = []
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    def counted(act: Callable[[], object]) -> int:
        statements.clear()
        act()
        return len([each for each in statements if not each.startswith("BEGIN")])

    address = new_set(client)
    here = f"{address}/2"
    form = fields(client.get(here).text)
    yield figure("SQL statements of a question page", counted(lambda: client.get(here)), "", bar=3)
    missed = counted(lambda: client.post(here, data=form | {"unsure": "1"}))
    yield figure("SQL statements of an answer, missed", missed, "", bar=4)
    yield figure("SQL statements of the page after it", counted(lambda: client.get(here)), "", bar=4)
    there = f"{address}/3"
    keyed = fields(client.get(there).text) | key(app, address, 3)
    right = counted(lambda: client.post(there, data=keyed))
    yield figure("SQL statements of an answer, right", right, "", bar=4)
    yield figure("SQL statements of the progress page", counted(lambda: client.get("/progress")), "", bar=6)
    pages = {"home": "/", "question": f"{address}/4", "feedback": f"{address}/1", "progress": "/progress"}
    assets = sum(
        len(gzip.compress((Path(app.static_folder or "") / n).read_bytes()))
        for n in ("quizapp.css", "quizapp.js", "outbox.js")
    )
    heaviest = max(len(gzip.compress(client.get(path).data)) for path in pages.values())
    yield figure("heaviest page with its assets, gzipped", (heaviest + assets) / 1000, "kB", bar=30)
    yield from answer_figures(app)
    yield from exam_figures(app)


def answer_figures(app: Flask) -> Iterator[Figure]:
    """The request that brings an answer, and the one for its page, against rendering that page alone."""
    warm(app)
    for is_right in (True, False):
        answered(app, right=is_right)
    for name in ("right", "missed"):
        rounds = [answered(app, right=name == "right") for _ in range(ROUNDS)]
        for place, said in enumerate(("", ": the page that follows")):
            share = statistics.median(each[place] for each in rounds)
            of = "rendering that page alone"
            yield figure(f"answer one question, {name}{said}", share, "×", ratio_to=of, bar=3.5)


def exam_figures(app: Flask) -> Iterator[Figure]:
    """Starting and finishing an attempt of ten, against sending one answer in it."""
    client, begun, answered_, ended = app.test_client(), [], [], []
    new_set(client)
    for _ in range(ROUNDS):
        set_id = str(uuid4())
        with timed(app) as seconds:
            client.post("/exam", data={"count": "10", "set": set_id})
            for place in range(1, 11):
                form = {"step": str(uuid4()), "unsure": "1"}
                client.post(f"/s/{set_id}/{place}", data=form)
            done = client.post(f"/s/{set_id}/finish")
        if done.status_code != 303:
            raise RuntimeError(done.text)
        begun.append(seconds[0])
        answered_.append(statistics.median(seconds[1:-1]))
        ended.append(seconds[-1])
    one = statistics.median(answered_)
    for name, found in (("start an attempt of ten", begun), ("finish it", ended)):
        yield figure(name, statistics.median(found) / one, "×", ratio_to="sending one of its answers")


def warm(app: Flask) -> None:
    """Turn all texts and runs of the bank into HTML, as a server does once and keeps them.

    Templates are compiled once a process, too: each is rendered once before anything is measured.
    """
    shelf = app.extensions["shelf"]
    for question in shelf.bank():
        shelf.witness(question)
        markup.code_lines(question.code)
        for text in _texts(question.body()):
            markup.inline(text), markup.markdown(text), markup.plain(text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def answered(app: Flask, *, right: bool) -> tuple[float, float]:
    """CPU of sending the answers of a set, and of seeing what came of them, ÷ CPU of rendering that."""
    sending, seeing, rendering = measured(app, right=right)
    return sending / rendering, seeing / rendering


def measured(app: Flask, *, right: bool) -> tuple[float, float, float]:
    """CPU seconds of sending the answers of a set, of the pages that follow, and of rendering these alone."""
    client = app.test_client()
    address = new_set(client)
    pairs = []
    for place in range(2, 11):
        here = f"{address}/{place}"
        form = fields(client.get(here).text) | (key(app, address, place) if right else {"unsure": "1"})
        pairs.append(_one(app, client, here, form))
    sending, seeing, rendering = map(sum, zip(*pairs, strict=True))
    return sending, seeing, rendering


def _one(app: Flask, client: FlaskClient, here: str, form: dict[str, Any]) -> tuple[float, float, float]:
    """CPU seconds of an answer, of the page that follows, and of rendering that page once more and alone."""
    shown: list[tuple[Any, dict[str, Any]]] = []

    def keep(_app: Flask, template: Any, context: dict[str, Any]) -> None:
        shown.append((template, context))

    with template_rendered.connected_to(keep, app), timed(app) as seconds:
        sent = client.post(here, data=form)
        found = client.get(sent.headers["Location"])
    if sent.status_code != 303 or found.request.path != here:
        raise RuntimeError(found.text)
    template, context = shown[-1]
    with app.test_request_context(here):
        template.render(context)
        return seconds[0], seconds[1], cpu(lambda: template.render(context), 5)


@contextmanager
def timed(app: Flask) -> Iterator[list[float]]:
    """CPU seconds of each request, without what the client does."""
    whole, seconds = app.wsgi_app, []

    def measured(environ: Any, start: Any) -> list[bytes]:
        began = time.process_time()
        body = b"".join(whole(environ, start))
        seconds.append(time.process_time() - began)
        return [body]

    app.wsgi_app = measured  # type: ignore[method-assign]  # Flask wants it so
    try:
        yield seconds
    finally:
        app.wsgi_app = whole  # type: ignore[method-assign]  # Flask wants it so


def key(app: Flask, address: str, place: int) -> dict[str, list[str]]:
    """What a form must send for a fully right answer."""
    attempt_id = str(UUID(address.rpartition("/")[2]))
    store = app.extensions["store"]
    with store.database.reading() as db:
        owner = sa.select(tables.attempt.c.learner).where(tables.attempt.c.id == attempt_id)
        learner_id = db.execute(owner).scalar_one()
    slot = store.attempt(attempt_id, learner_id).slots[place - 1]
    question = store.question(slot.revision)
    return {"answer": list(question.fill(question.model(), slot.shown))}

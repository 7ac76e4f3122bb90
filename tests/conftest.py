"""What the tests of several rooms share: a database, an app over the shipped bank, and people who use it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from quizapp.shipped import shipped
from quizapp.store import Store
from quizapp.web import create_app
from tests import postgres
from tests.databases import IS_POSTGRESQL, SERVER, Databases

settings.register_profile("quizapp", deadline=None)  # a busy machine is no fault
settings.register_profile("light", deadline=None, max_examples=20)  # for what has been tried on one Python
settings.load_profile("quizapp")

FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
NONCE = re.compile(r'nonce="[\w-]+"')


class Person:
    """Somebody with a browser of their own, which follows redirects and remembers where they led."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.at = "/"

    def get(self, path: str) -> TestResponse:
        return self._went(self.client.get(path, follow_redirects=True, buffered=True))

    def post(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        return self._went(self.client.post(path, data=data or {}, follow_redirects=True, buffered=True))

    def answer(self, page: TestResponse, *values: str, **more: str) -> TestResponse:
        """Send the form of the page with these values."""
        form: dict[str, Any] = hidden(page) | {"answer": list(values)} | more
        return self.post(page.request.path, form)

    def start(self, path: str = "/mixed") -> str:
        """Begin a set, answering its first question with "I'm not sure"; gives the set's address."""
        self.answer(self.get(path), unsure="1")
        return self.at.rpartition("/")[0]

    def _went(self, response: TestResponse) -> TestResponse:
        self.at = urlsplit(response.request.url).path
        return response


def hidden(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the page's question form."""
    form = page.text.partition("data-ask")[2].partition("</form>")[0]
    return {name: unescape(value) for name, value in FIELD.findall(form)}


def settled(page: TestResponse) -> str:
    """The page without the nonce of its scripts, which is another one each time."""
    return NONCE.sub("nonce", page.text)


def pytest_configure(config: pytest.Config) -> None:
    """Start the server that the tests of this run share, where they are to use one."""
    if not IS_POSTGRESQL or SERVER in os.environ:
        return
    if not postgres.programs():
        raise pytest.UsageError("TEST_DATABASE=postgresql needs a server; install it: apt install postgresql")
    cluster = postgres.Cluster().start()
    os.environ[SERVER] = cluster.server
    config.add_cleanup(cluster.remove)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, by name, what is about the other kind of database."""
    kind, other = ("postgresql", "sqlite") if IS_POSTGRESQL else ("sqlite", "postgresql")
    for item in items:
        if marker := item.get_closest_marker(f"{other}_only"):
            item.add_marker(pytest.mark.skip(reason=f"not on {kind}: {marker.args[0]}"))


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture
def database(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A database that nobody has used."""
    with databases.lent(tmp_path) as address:
        yield address


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    store = Store(database)
    yield store
    store.close()


@pytest.fixture(scope="session")
def compiled_pages(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates once compiled, so that each test's app need not do it again."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("pages")))


@pytest.fixture
def app(database: str, compiled_pages: FileSystemBytecodeCache) -> Iterator[Flask]:
    app = create_app(banks=(shipped("questions"),), database=database)
    app.jinja_env.bytecode_cache = compiled_pages
    yield app
    app.extensions["store"].close()


@pytest.fixture
def learner(app: Flask) -> Person:
    return Person(app.test_client())


@pytest.fixture
def stranger(app: Flask) -> Person:
    return Person(app.test_client())

"""A seeded share of what `make fuzz` feeds to every parser of outside input."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.parsers import PARSERS, Parser, clean
from tests.fuzz.running import fuzz

pytestmark = pytest.mark.bulk


@pytest.fixture(autouse=True, scope="module")
def _clean() -> Iterator[None]:
    yield
    clean()


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_a_parser_reads_or_refuses_whatever_comes_and_in_time(parser: Parser) -> None:
    found = fuzz(parser, parser.share, seeded=8)
    assert found.uncaught == {}
    assert found.cases == parser.share + len(parser.costly)

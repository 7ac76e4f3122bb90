"""Visitors notice what goes wrong: without that, the silence of all other tests would mean nothing."""

from __future__ import annotations

import pytest

from tests.browser.visitors import Visitor

pytestmark = pytest.mark.browser

ADD_STYLE = "document.head.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))"
WRONGS = {
    "console error: ouch": "console.error('ouch')",
    "script broke: ouch": "setTimeout(() => { throw new Error('ouch') })",
    "console error: CSP: style-src": ADD_STYLE,
    "the server responded with a status of 404": "fetch('/nowhere')",
    "request to elsewhere: http://elsewhere.test/": "location.assign('http://elsewhere.test/')",
}


@pytest.mark.parametrize(
    ("said", "script"), WRONGS.items(), ids=["error", "throw", "CSP", "404", "elsewhere"]
)
def test_what_goes_wrong_on_a_page_is_noticed(visitor: Visitor, said: str, script: str) -> None:
    visitor.open("/keys")
    assert visitor.troubles == []
    visitor.page.evaluate(f"() => {{ {script} }}")
    for _ in range(100):
        if any(said in trouble for trouble in visitor.troubles):
            break
        visitor.page.wait_for_timeout(20)
    else:
        pytest.fail(f"only this was noticed: {visitor.troubles}")
    visitor.context.close()
    visitor.troubles.clear()

import gzip
import re

import pytest
from flask import Flask


def settled(page: bytes) -> bytes:
    """The page without the nonce, which is another in each response."""
    return re.sub(rb'nonce="[^"]*"', b"", page)


@pytest.mark.parametrize("path", ["/", "/topics", "/keys", "asset"])
def test_browsers_that_take_gzip_get_the_same_page_in_fewer_bytes(app: Flask, path: str) -> None:
    client = app.test_client()
    if path == "asset":
        found = re.search(r'href="(/static/quizapp\.css\?v=\w+)"', client.get("/").text)
        assert found
        path = found[1]
    with client.get(path) as plain, client.get(path, headers={"Accept-Encoding": "gzip, br"}) as packed:
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
        for response in (plain, packed):
            assert "Accept-Encoding" in response.headers["Vary"]
        if path.startswith("/static") or path in ("/keys",):
            assert settled(gzip.decompress(packed.data)) == settled(plain.data)


def test_a_browser_that_refuses_gzip_gets_none(app: Flask) -> None:
    answer = app.test_client().get("/", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in answer.headers


def test_an_asset_that_has_not_changed_is_not_sent_again(app: Flask) -> None:
    client = app.test_client()
    with client.get("/static/quizapp.css", headers={"Accept-Encoding": "gzip"}) as first:
        tag = first.headers["ETag"]
        assert first.data
    with client.get(
        "/static/quizapp.css", headers={"If-None-Match": tag, "Accept-Encoding": "gzip"}
    ) as second:
        assert second.status_code == 304

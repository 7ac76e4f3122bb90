"""Nobody sees or changes what isn't theirs, and every route has its line in the policy."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

import quizapp.web
from quizapp.shipped import shipped
from quizapp.web import create_app
from quizapp.web.access import POLICY, Who
from tests.conftest import Person, hidden, settled
from tests.rows import everything
from tests.web.test_interview import begin as begin_interview
from tests.web.test_interview import end, share
from tests.web.tight import looseness

IN_THE_FUTURE = "Fri, 01 Jan 2100 00:00:00 GMT"
NOBODY = "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"


def test_every_route_has_a_line_in_the_policy_and_every_line_a_route(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(POLICY)


def test_a_route_without_a_line_is_denied(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    page = Person(app.test_client()).get("/forgotten")
    assert page.status_code == 404
    assert "secret" not in page.text


def owned_paths(app: Flask, address: str) -> list[tuple[str, str]]:
    """Each method and path of the routes that serve a learner's set, for one of their sets."""
    set_id = address.rpartition("/")[2]
    found = []
    for rule in app.url_map.iter_rules():
        if POLICY[rule.endpoint] is Who.LEARNER and "set_id" in rule.arguments:
            path = rule.rule.replace("<uuid:set_id>", set_id).replace("<int:place>", "2")
            found += [(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


@pytest.mark.parametrize("has_answered", [False, True])
def test_somebody_elses_set_looks_like_one_that_never_was(
    app: Flask, learner: Person, stranger: Person, has_answered: bool
) -> None:
    address = learner.start()
    step = hidden(learner.get(f"{address}/2"))
    if has_answered:
        stranger.start()
    paths, set_id = owned_paths(app, address), address.rpartition("/")[2]
    assert len(paths) >= 5
    for method, path in paths:
        theirs = stranger.client.open(path, method=method, data=step | {"unsure": "1"})
        nobodys = stranger.client.open(path.replace(set_id, NOBODY), method=method, data=step)
        assert theirs.status_code == nobodys.status_code == 404, (method, path)
        assert settled(theirs).replace(set_id, NOBODY) == settled(nobodys)
    assert learner.get(address).request.path == f"{address}/2"


def test_somebody_elses_interview_looks_like_one_that_never_was(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin_interview(learner)
    begin_interview(stranger)
    paths = owned_paths(app, f"/s/{set_id}")
    assert len([path for _, path in paths if path.startswith("/interview/")]) >= 8
    for method, path in paths:
        theirs = stranger.client.open(path, method=method, data={"do": "say", "words": "x"})
        nobodys = stranger.client.open(path.replace(set_id, NOBODY), method=method)
        assert theirs.status_code == nobodys.status_code == 404, (method, path)
        assert settled(theirs).replace(set_id, NOBODY) == settled(nobodys)


def test_strangers_find_no_page_of_an_account(app: Flask, stranger: Person) -> None:
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if POLICY[rule.endpoint] is Who.LEARNER and not rule.arguments
    ]
    assert {rule.rule for rule in rules} == {
        "/account",
        "/account/devices",
        "/account/password",
        "/erase",
        "/signout",
    }
    for rule in rules:
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert stranger.client.open(rule.rule, method=method).status_code == 404, rule.rule


def test_a_set_can_not_be_begun_under_somebody_elses_id(learner: Person, stranger: Person) -> None:
    page = stranger.get("/mixed")
    address = learner.start()
    taken = stranger.answer(page, unsure="1", set=address.rpartition("/")[2])
    assert taken.status_code == 409
    assert "1 answer on this device" in learner.get("/topics").text
    assert "1 answer on this device" not in stranger.get("/topics").text


@pytest.mark.bulk
@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({}, True),
    ],
)
def test_a_form_from_another_site_changes_nothing(app: Flask, headers: dict[str, str], allowed: bool) -> None:
    person = Person(app.test_client())
    person.start()
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            path = re.sub(r"<uuid:\w+>", NOBODY, rule.rule)
            path = re.sub(r"<int:\w+>", "1", re.sub(r"<(path:)?\w+>", "coroutines", path))
            status = person.client.post(path, headers=headers).status_code
            assert (status != 403) == allowed, rule.rule


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_kind_of_answer_carries_the_security_headers(app: Flask, scheme: str) -> None:
    """Pages, moves, files, refusals, and what went wrong; over https two more."""
    app.add_url_rule("/broken", "pages.broken", lambda: 1 / 0)
    app.add_url_rule("/denied", "denied", lambda: "")
    POLICY["pages.broken"] = Who.ANYONE
    client, seen = app.test_client(), set()
    paths = [
        "/",
        "/topics",
        "/account",
        "/static/quizapp.css",
        "/static/nope.css",
        "/progress.csv",
        "/progress.json",
    ]
    paths += ["/nope", "/broken", "/denied", "/q/coroutines", f"/s/{NOBODY}", "/theme"]
    try:
        for path, method in [*((path, "GET") for path in paths), *((path, "POST") for path in paths)]:
            for headers in ({}, {"Origin": "http://evil.example"}, {"If-Modified-Since": IN_THE_FUTURE}):
                page = client.open(
                    f"{scheme}://localhost{path}", method=method, headers=headers, buffered=True
                )
                assert looseness(page) == [], (method, path)
                seen.add(page.status_code)
    finally:
        del POLICY["pages.broken"]
    too_much = client.post(f"{scheme}://localhost/mixed", data={"answer": "x" * 100_000})
    assert looseness(too_much) == []
    assert seen | {too_much.status_code} == {200, 303, 304, 403, 404, 405, 409, 413, 500}


def test_each_response_has_a_nonce_of_its_own(learner: Person) -> None:
    policies = {learner.get("/topics").headers["Content-Security-Policy"] for _ in range(20)}
    assert len(policies) == 20


def test_every_script_of_a_template_takes_the_nonce() -> None:
    templates = Path(quizapp.web.__file__).parent / "templates"
    tags = [
        tag for page in templates.rglob("*.html") for tag in re.findall(r"<script\b[^>]*>", page.read_text())
    ]
    assert len(tags) > 10
    assert [tag for tag in tags if 'nonce="{{ nonce() }}"' not in tag] == []


def test_pages_hold_no_inline_code_or_style_and_nothing_from_elsewhere(learner: Person) -> None:
    learner.start()
    pages = ["/", learner.at, "/topics", "/progress", "/keys", "/privacy", "/accessibility", "/nope"]
    pages += ["/progress/topics/coroutines", "/ideas/call-runs-body", "/progress/history", "/review"]
    pages += ["/matters", "/keep", "/signin", "/account", "/erase", "/erased"]
    for path in pages:
        assert looseness(learner.get(path)) == [], path


def test_pages_of_an_interview_hold_no_inline_code_or_style_either(learner: Person, stranger: Person) -> None:
    set_id = begin_interview(learner)
    link = share(learner, set_id)
    paths = ["/interview", *(f"/interview/{set_id}/{tail}" for tail in ("1", "ending", "invite", "report"))]
    for page in (*map(learner.get, paths), stranger.get(link), end(learner, set_id), stranger.get(link)):
        assert page.status_code == 200
        assert looseness(page) == []
        assert page.headers["Cache-Control"] == "no-store"


def test_pages_are_not_cached_and_assets_are(learner: Person) -> None:
    home = learner.get("/")
    assert home.headers["Cache-Control"] == "no-store"
    asset = re.search(r'href="(/static/quizapp\.css\?v=\w+)"', home.text)
    assert asset
    assert "immutable" in learner.get(asset[1]).headers["Cache-Control"]


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(app: Flask) -> None:
    page = app.test_client().get("/")
    cookie = page.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    secure = app.test_client().get("/", base_url="https://localhost").headers["Set-Cookie"]
    assert secure.startswith("__Host-quizapp=")
    assert "Secure" in secure


def test_the_token_itself_is_not_kept(app: Flask, learner: Person, database: str) -> None:
    learner.start()
    cookie = learner.client.get_cookie("quizapp")
    assert cookie is not None
    assert cookie.value not in everything(database)


@pytest.fixture
def behind(database: str) -> Iterator[Callable[[int], Person]]:
    """Makes somebody who comes through a proxy that ends https, to an app that knows of so many proxies."""
    apps = []

    def make(proxies: int) -> Person:
        apps.append(create_app(banks=(shipped("questions"),), database=database, proxies=proxies))
        person = Person(apps[-1].test_client())
        person.client.environ_base["HTTP_X_FORWARDED_PROTO"] = "https"
        person.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
        return person

    yield make
    for app in apps:
        app.extensions["store"].close()


def test_a_proxy_that_ends_https_is_believed_only_if_there_is_one(behind: Callable[[int], Person]) -> None:
    known = behind(1).client.get("/")
    assert known.headers["Set-Cookie"].startswith("__Host-quizapp=")
    assert "Secure" in known.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in known.headers
    unknown = behind(0).client.get("/")
    assert unknown.headers["Set-Cookie"].startswith("quizapp=")
    assert "Strict-Transport-Security" not in unknown.headers


def test_a_visitor_behind_a_proxy_can_not_name_another_network(
    app: Flask, behind: Callable[[int], Person]
) -> None:
    """The last address is what our proxy saw; those before it are what the visitor says."""
    guesser = behind(1)
    guesser.client.environ_base["HTTP_X_FORWARDED_PROTO"] = "http"
    keys = []
    for number in range(3):
        guesser.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}, 203.0.113.9"
        guesser.post("/signin", {"name": "nobody", "password": "a guess"})
        with app.extensions["store"].database.reading() as db:
            keys.append(db.exec_driver_sql("SELECT count(*) FROM throttle").scalar_one())
    assert keys == [3, 3, 3]


@pytest.mark.parametrize(
    ("scheme", "headers", "allowed"),
    [
        ("http", {"Referer": "http://localhost/topics"}, True),
        ("http", {"Referer": "http://evil.example/"}, False),
        ("http", {"Origin": "null", "Referer": "http://localhost/"}, False),
        ("http", {"Origin": "http://localhost:8080"}, False),
        ("http", {"Origin": "https://localhost"}, True),
        ("https", {"Origin": "http://localhost"}, False),
        ("https", {"Origin": "https://localhost"}, True),
        ("http", {"Origin": "http://[nonsense"}, False),
    ],
)
def test_where_a_form_came_from_is_read_off_what_browsers_send(
    learner: Person, scheme: str, headers: dict[str, str], allowed: bool
) -> None:
    answer = learner.client.post(f"{scheme}://localhost/theme", data={"theme": "dark"}, headers=headers)
    assert (answer.status_code == 303) is allowed

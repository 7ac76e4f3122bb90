"""The commands about people, as whoever runs a server meets them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result

from quizapp.cli import main
from quizapp.cli.user import GIVEN, ROLES
from quizapp.shipped import shipped
from quizapp.store import ROLES as KEPT_ROLES
from quizapp.store import Accounts, Store
from quizapp.web import create_app, passwords
from quizapp.web.admin import INVITED_FOR
from tests.conftest import Person

Run = Callable[..., Result]

PHRASE, SHORT = "correct horse battery", "fourteen chars"
LINK = re.compile(r"(https://quiz\.example\.org(?:/sub)?|)(/invited/[\w-]{32})\n")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database: str) -> Run:
    """Runs `quizapp user …`; passwords are hashed at a hundredth of the cost."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    monkeypatch.setenv("DATABASE_URL", database)
    return lambda *words, **more: CliRunner().invoke(main, ["user", *words], prog_name="quizapp", **more)


@pytest.fixture
def accounts(store: Store) -> Iterator[Accounts]:
    return Accounts(store.database)


def create(run: Run, name: str, role: str = "learner") -> Result:
    return run("create", name, "--role", role, "--password", PHRASE)


def refused(result: Result, said: str) -> bool:
    """Whether a command was refused in one sentence with these words, and nothing else was printed."""
    is_sentence = result.stderr.startswith("quizapp: ") and result.stderr.count("\n") == 1
    return result.exit_code == 1 and is_sentence and said in result.stderr and not result.stdout


def test_the_command_knows_the_roles_that_are_kept() -> None:
    assert tuple(ROLES.choices) == KEPT_ROLES
    assert tuple(GIVEN.choices) == KEPT_ROLES[1:]


def test_the_first_admin_is_made_by_a_command_and_signs_in(run: Run, database: str) -> None:
    made = run("create", " Mona   Keller ", "--role", "admin", input=f"{PHRASE}\n{PHRASE}\n")
    assert made.exit_code == 0, made.output
    assert made.output.endswith("The account Mona Keller is made, with the role admin.\n")
    assert PHRASE not in made.output
    app = create_app(banks=(shipped("questions"),), database=database)
    mona = Person(app.test_client())
    mona.post("/signin", {"name": "mona keller", "password": PHRASE})
    assert mona.get("/admin/people").status_code == 200
    app.extensions["store"].close()


def test_accounts_are_listed_with_their_roles(run: Run, accounts: Accounts) -> None:
    for name, role in (("Cyd", "admin"), ("Bob", "trainer")):
        assert create(run, name, role).exit_code == 0
    assert run("create", "Ann", "--password", "8 chars!").exit_code == 0
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [f"{today}  learner  Ann", f"{today}  trainer  Bob", f"{today}  admin    Cyd"]
    assert run("list").output.splitlines() == lines


@pytest.mark.parametrize(
    ("name", "role", "password", "said"),
    [
        ("ANN", "learner", PHRASE, "the name 'ANN' is taken; see all names with: quizapp user list"),
        ("", "learner", PHRASE, "Write a name"),
        ("x" * 101, "learner", PHRASE, "at most 100 characters"),
        ("a\x1b[31mb", "learner", PHRASE, "none that can’t be seen"),
        ("a\u202eb", "admin", PHRASE, "none that can’t be seen"),
        ("Bob", "learner", "7 chars", "at least 8 characters"),
        ("Bob", "trainer", SHORT, "at least 15 characters"),
        ("Bob", "admin", SHORT, "at least 15 characters"),
        ("Bob", "admin", "x" * 201, "200 characters are the most"),
    ],
    ids=lambda value: ascii(value[:14]),
)
def test_an_account_that_can_not_be_made_is_refused_in_a_sentence(
    run: Run, accounts: Accounts, name: str, role: str, password: str, said: str
) -> None:
    create(run, "Ann")
    before = accounts.all()
    assert refused(run("create", name, "--role", role, "--password", password), said)
    assert accounts.all() == before


def test_a_role_is_given_and_taken_but_never_from_the_last_admin(run: Run, accounts: Accounts) -> None:
    for name, role in (("Root", "admin"), ("Ann", "learner")):
        create(run, name, role)
    assert refused(run("role", "root", "trainer"), "Root is the last admin, and nobody else could give roles")
    assert refused(run("role", "nobody", "admin"), "there is no account of the name 'nobody'")
    assert run("role", "Root", "boss").exit_code == 2
    assert run("role", "ANN", "admin").output == "The role of Ann is admin now.\n"
    assert run("role", "Root", "learner").output == "The role of Root is learner now.\n"
    assert {each.name: each.role for each in accounts.all()} == {"Ann": "admin", "Root": "learner"}


def test_a_new_password_is_as_long_as_the_role_asks(run: Run, accounts: Accounts) -> None:
    for name, role in (("Ann", "learner"), ("Bob", "trainer")):
        create(run, name, role)
    before = accounts.by_name("bob")
    assert refused(run("password", "Bob", "--password", SHORT), "at least 15 characters")
    assert accounts.by_name("bob") == before
    assert refused(run("password", "nobody", "--password", SHORT), "no account of the name 'nobody'")
    assert run("password", "Ann", "--password", SHORT).exit_code == 0
    assert run("password", "Bob", "--password", f"{SHORT}!").exit_code == 0
    assert accounts.by_name("bob") != before


@pytest.mark.parametrize(
    ("base", "site"),
    [
        ("", ""),
        ("https://quiz.example.org", "https://quiz.example.org"),
        ("https://quiz.example.org/sub/", "https://quiz.example.org/sub"),
    ],
)
def test_an_invitation_is_printed_as_a_link_that_works(
    run: Run, accounts: Accounts, database: str, base: str, site: str
) -> None:
    more = ("--url", base) if base else ()
    printed = run("invite", "--for", "Mona  Keller", *more)
    found = LINK.fullmatch(printed.output)
    assert found, printed.output
    assert found[1] == site
    (kept,) = accounts.invitations(datetime.now(UTC))
    assert (kept.role, kept.whom, kept.by) == ("trainer", "Mona Keller", "")
    assert kept.expires - kept.made == INVITED_FOR == timedelta(days=7)
    app = create_app(banks=(shipped("questions"),), database=database)
    assert "to be a trainer" in Person(app.test_client()).get(found[2]).text
    app.extensions["store"].close()


def test_an_admin_can_be_invited_and_a_learner_need_not(run: Run, accounts: Accounts) -> None:
    assert run("invite", "--role", "admin").exit_code == 0
    assert [each.role for each in accounts.invitations(datetime.now(UTC))] == ["admin"]
    assert run("invite", "--role", "learner").exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--url", "quiz.example.org"), "'quiz.example.org' is no address of a site; write it like https://"),
        (("--url", "ftp://quiz.example.org"), "is no address of a site"),
        (("--url", "https://"), "is no address of a site"),
        (("--url", "https://[x"), "is no address of a site"),
        (("--url", "https://quiz.example.org/?a=b"), "is no address of a site"),
        (("--for", "x" * 101), "A note has at most 100 characters"),
        (("--for", "a\u202eb"), "none that can’t be seen"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_an_invitation_that_makes_no_sense_is_refused_and_none_is_kept(
    run: Run, accounts: Accounts, words: tuple[str, ...], said: str
) -> None:
    assert refused(run("invite", *words), said)
    assert accounts.invitations(datetime.now(UTC)) == ()

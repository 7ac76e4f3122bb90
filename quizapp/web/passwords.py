"""Passwords: how they are kept and compared, and how long somebody waits who guesses."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from quizapp.store import Failures
from quizapp.web.names import BLANK

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LONGEST_NAME = 100
SHORTEST, LONGEST = 8, 200
"""Characters of a password (NIST SP 800-63B: at least 8, no rules about kinds of characters)."""
SHORTEST_OF_ROLE = {"trainer": 15, "admin": 15}
"""Characters of a password that opens others' answers (NIST SP 800-63B-4: 15 where nothing else is asked)."""

OBVIOUS = ("quizapp", "asyncio")
ROWS = ("0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
FEWEST_SIGNS = 4
GUESSED_FIRST = (
    "This password is one of the first that others would try. "
    "Choose another: several words that don’t belong together make a good one."
)

REMEMBERED = timedelta(hours=1)
"""Failed sign-ins count for this long."""


@dataclass(frozen=True)
class Allowance:
    """How many failures cost no waiting, and how long the longest wait is."""

    free: int
    longest: timedelta


FOR_A_NAME_HERE = Allowance(5, timedelta(minutes=15))
"""For a name, from one network: who guesses there waits long, and its owner elsewhere does not."""
FOR_A_NAME = Allowance(100, timedelta(seconds=30))
"""For a name, from all networks together: even then its owner is not kept out for long."""
FOR_A_NETWORK = Allowance(60, timedelta(minutes=15))
"""A classroom shares one."""
ALLOWANCES = (FOR_A_NAME_HERE, FOR_A_NAME, FOR_A_NETWORK)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    """Argon2id with the library's costs (RFC 9106, the second recommended choice); it is slow on purpose."""
    from argon2 import PasswordHasher

    return PasswordHasher()


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return _hasher().hash(_composed(password))


def folded_name(name: str) -> str:
    """A name as it is compared: without regard to case, width, composition and blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def fault_of_name(name: str) -> str:
    """What keeps a name from being taken, as a sentence; empty when nothing does."""
    if not set(name) - BLANK - {" "}:
        return "Write a name or an e-mail address."
    if len(name) > LONGEST_NAME or not name.isprintable():
        return f"A name has at most {LONGEST_NAME} characters, and none that can’t be seen."
    return ""


def fault_of_note(whom: str) -> str:
    """What keeps a note from being kept, on whom an invitation is meant for; empty when nothing does."""
    if len(whom) > LONGEST_NAME or not whom.isprintable():
        return f"A note has at most {LONGEST_NAME} characters, and none that can’t be seen."
    return ""


def shortest(role: str = "learner") -> int:
    """How many characters a password has at least, by the role that it opens."""
    return SHORTEST_OF_ROLE.get(role, SHORTEST)


def fault_of_password(password: str, role: str = "learner", name: str = "") -> str:
    """What keeps a password from being taken for a role and a name; empty when nothing does."""
    if len(password) < shortest(role):
        return f"Choose a password of at least {shortest(role)} characters. Several words make a good one."
    if len(password) > LONGEST:
        return f"This password is too long; {LONGEST} characters are the most."
    if _is_guessed_first(folded_name(password), folded_name(name)):
        return GUESSED_FIRST
    return ""


def _is_guessed_first(password: str, name: str) -> bool:
    """Whether those who guess would try this early: a common password, the own name or a row of keys, be it
    repeated or with other signs around it (NIST SP 800-63B, section 3.1.1.2)."""
    own = {*map(_bare, (name, *name.split())), *OBVIOUS}
    words = {password, _bare(password), _bare(password).strip("0123456789")} - {""}
    return (
        any(word in own or word in _common() for word in words | set(map(_once, words)))
        or any(password in row * (2 + LONGEST // len(row)) for row in ROWS)
        or len(set(password)) < FEWEST_SIGNS
    )


def _bare(text: str) -> str:
    """A text without blanks and signs."""
    return re.sub(r"[\W_]+", "", text)


def _once(text: str) -> str:
    """What a text repeats; the text itself if it does not."""
    return text[: (text + text).find(text, 1)]


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """The 30,000 passwords that leaked most often. Loaded when somebody chooses a password."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # it has no types

    return frozenset(FREQUENCY_LISTS["passwords"])


def is_password(kept: str | None, given: str) -> bool:
    """Whether the password is the one that was kept. Where none was, comparing takes as long."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept or _nobodys(), _composed(given[: LONGEST + 1])) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def _composed(password: str) -> str:
    """The password as it is compared, however a keyboard composes its letters (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return hash_password("nobody has this password")


def wait(failures: Failures | None, allowance: Allowance, now: datetime) -> timedelta:
    """How long to wait before the next try: nothing at first, then twice as long after each failure."""
    if failures is None or failures.failures < allowance.free or now - failures.last > REMEMBERED:
        return timedelta(0)
    pause = timedelta(seconds=15 * 2 ** min(10, failures.failures - allowance.free))
    pause = min(allowance.longest, pause)
    return max(timedelta(0), failures.last + pause - now)


def key_of_name(folded: str, address: str | None = None) -> str:
    """The key under which failures for a name are kept, from one network if its address is given; neither can
    be read from it."""
    where = f" from {_network(address)}" if address else ""
    return sha256(f"name {folded}{where}".encode()).hexdigest()[:32]


def key_of_network(address: str | None) -> str:
    """The key of whoever shares a network."""
    return sha256(f"network {_network(address)}".encode()).hexdigest()[:32]


def _network(address: str | None) -> str:
    """What people of one place share: one IPv4 address, or the /56 of an IPv6 address."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(known) if known.version == 4 else str(ip_network((known, 56), strict=False))

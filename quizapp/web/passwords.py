"""Passwords: how they are kept and compared, and how long somebody waits who guesses."""

from __future__ import annotations

import unicodedata
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

REMEMBERED = timedelta(hours=1)
"""Failed sign-ins count for this long."""
FREE_FOR_A_NAME, FREE_FOR_A_NETWORK = 5, 60
"""So many failures cost no waiting. A classroom shares one network."""
LONGEST_WAIT = timedelta(minutes=15)


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


def fault_of_password(password: str, role: str = "learner") -> str:
    """What keeps a password from being taken for a role, as a sentence; empty when nothing does."""
    if len(password) < shortest(role):
        return f"Choose a password of at least {shortest(role)} characters. Several words make a good one."
    if len(password) > LONGEST:
        return f"This password is too long; {LONGEST} characters are the most."
    return ""


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


def wait(failures: Failures | None, free: int, now: datetime) -> timedelta:
    """How long to wait before the next try: nothing at first, then twice as long after each failure."""
    if failures is None or failures.failures < free or now - failures.last > REMEMBERED:
        return timedelta(0)
    pause = min(LONGEST_WAIT, timedelta(seconds=15 * 2 ** min(10, failures.failures - free)))
    return max(timedelta(0), failures.last + pause - now)


def key_of_name(folded: str) -> str:
    """The key under which failures for a name are kept; the name can't be read from it."""
    return sha256(f"name {folded}".encode()).hexdigest()[:32]


def key_of_network(address: str | None) -> str:
    """The key of whoever shares a network: one IPv4 address, or the /56 of an IPv6 address."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return "network unknown"
    shared = str(known) if known.version == 4 else str(ip_network((known, 56), strict=False))
    return sha256(f"network {shared}".encode()).hexdigest()[:32]

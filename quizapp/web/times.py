"""Times in words and as people type them, each by the clock of a named zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

TYPED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2999
WEEK = 7  # days
DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}
UNITS = ((2 * 24 * 3600, "day", 24 * 3600), (2 * 3600, "hour", 3600), (100, "minute", 60), (0, "second", 1))
"""From how many seconds on a span is told in which unit, and how long that is."""


@lru_cache
def zones() -> tuple[str, ...]:
    """The names of all time zones that a trainer may choose, such as "Europe/Berlin"; UTC comes first."""
    named = (
        each for each in available_timezones() if "/" in each and not each.startswith(("Etc/", "SystemV/"))
    )
    return ("UTC", *sorted(named))


def local(moment: datetime, zone: str) -> datetime:
    """The moment by the clock of a zone."""
    return moment.astimezone(ZoneInfo(zone))


def said(moment: datetime, zone: str, now: datetime, *, seconds: bool = False) -> str:
    """The moment in words: near ones by their day, others by their date, and by which clock."""
    here = local(moment, zone)
    clock = f"{here:%H:%M:%S}" if seconds else f"{here:%H:%M}"
    ahead = (here.date() - local(now, zone).date()).days
    if ahead in DAYS:
        day = f"{DAYS[ahead]} {clock}"
    elif 0 < ahead < WEEK:
        day = f"{here:%A} {clock}"
    else:
        day = f"{here:%a} {here.day} {here:%b} {here.year}, {clock}"
    return f"{day} ({_clock(here, zone)})"


def _clock(here: datetime, zone: str) -> str:
    """The zone, with its offset in the hour that comes twice when the clocks go back."""
    if here.utcoffset() == here.replace(fold=1 - here.fold).utcoffset():
        return zone
    offset = here.strftime("%z")
    return f"{zone}, UTC{offset[:3]}:{offset[3:5]}"


def left(span: timedelta) -> str:
    """A span of time in words, in one unit and rounded down, so that nobody counts on more than there is."""
    seconds = max(0, int(span.total_seconds()))
    name, length = next((name, length) for least, name, length in UNITS if seconds >= least)
    count = seconds // length
    return f"{count} {name}{'' if count == 1 else 's'}"


def typed(moment: datetime, zone: str) -> str:
    """The moment as the value of a `datetime-local` field, to the minute."""
    return f"{local(moment, zone):%Y-%m-%dT%H:%M}"


def read_local(text: str, zone: str) -> datetime:
    """What a `datetime-local` field says by the clock of a zone, in UTC.

    Of an hour that comes twice the first is meant. Raises ValueError with a sentence for what is no time,
    and for a time that a change of clocks skips.
    """
    here = _read(text).replace(tzinfo=ZoneInfo(zone))
    moment = here.astimezone(UTC)
    if moment.astimezone(here.tzinfo).replace(tzinfo=None) != here.replace(tzinfo=None):
        raise ValueError(f"This time does not exist in {zone}: the clocks go forward.")
    return moment


def _read(text: str) -> datetime:
    sent = text.strip()
    if not TYPED.fullmatch(sent):
        raise ValueError("Write a date and a time, such as 2026-12-04 18:00.")
    try:
        found = datetime.fromisoformat(sent)
    except ValueError:
        raise ValueError("There is no such date or time. Check the day and the hour.") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"Write a year from {FIRST_YEAR} to {LAST_YEAR}.")
    return found

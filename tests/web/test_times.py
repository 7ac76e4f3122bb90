"""Times by the clock of a zone: what is typed is read, and what is said is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quizapp.web.times import left, local, read_local, said, typed, zones

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
MOMENTS = st.timedeltas(timedelta(days=-9000), timedelta(days=300_000)).map(NOW.__add__)
ZONES = st.sampled_from(zones())


@given(MOMENTS, ZONES)
def test_what_a_field_shows_is_read_back_as_the_same_moment(moment: datetime, zone: str) -> None:
    here = local(moment.replace(second=0, microsecond=0), zone)
    assume(here.fold == 0)
    assert read_local(typed(here, zone), zone) == here


@given(MOMENTS.map(lambda each: each.replace(tzinfo=None)), ZONES)
def test_every_clock_time_is_read_as_itself_or_does_not_exist(clock: datetime, zone: str) -> None:
    text, there = clock.isoformat(), clock.replace(tzinfo=ZoneInfo(zone))
    if there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) == clock:
        assert local(read_local(text, zone), zone).replace(tzinfo=None) == clock
    else:
        with pytest.raises(ValueError, match="clocks go forward"):
            read_local(text, zone)


@given(
    st.sampled_from(
        [
            (BERLIN, datetime(2027, 3, 28, 1, tzinfo=UTC)),
            ("America/New_York", datetime(2027, 11, 7, 6, tzinfo=UTC)),
            ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, tzinfo=UTC)),
        ]
    ),
    st.integers(-180, 180),
)
def test_around_a_change_of_clocks_the_first_of_two_is_meant(
    change: tuple[str, datetime], minutes: int
) -> None:
    zone, moment = change[0], change[1] + timedelta(minutes=minutes)
    first = local(moment, zone).replace(fold=0).astimezone(UTC)
    assert read_local(typed(moment, zone), zone) == first


def test_a_time_that_the_clocks_skip_is_refused_in_words() -> None:
    with pytest.raises(
        ValueError, match=r"^This time does not exist in Europe/Berlin: the clocks go forward\.$"
    ):
        read_local("2027-03-28T02:30", BERLIN)


def test_of_an_hour_that_comes_twice_the_first_is_meant_and_each_is_told_apart() -> None:
    first = read_local("2026-10-25T02:30", BERLIN)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert said(first, BERLIN, NOW) == "Sun 25 Oct 2026, 02:30 (Europe/Berlin, UTC+02:00)"
    assert said(first + timedelta(hours=1), BERLIN, NOW).endswith("02:30 (Europe/Berlin, UTC+01:00)")


@pytest.mark.parametrize("text", ["2026-12-04T18:00", " 2026-12-04 18:00 ", "2026-12-04T18:00:00"])
def test_a_time_may_be_typed_by_hand(text: str) -> None:
    assert read_local(text, BERLIN) == datetime(2026, 12, 4, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "Friday", "2026-12-04", "2026-12-04T18:00Z", "2026-12-04T18:00+01:00", "２026-12-04T18:00"]
)
def test_what_is_no_time_is_answered_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="Write a date and a time, such as 2026-12-04 18:00"):
        read_local(text, BERLIN)


@pytest.mark.parametrize("text", ["2026-02-30T18:00", "2026-12-04T25:00"])
def test_a_date_that_is_in_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no such date or time"):
        read_local(text, BERLIN)


@pytest.mark.parametrize("text", ["0001-01-01T00:00", "1999-12-31T23:59", "9999-12-31T23:59"])
def test_a_year_far_away_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Write a year from 2000 to 2999"):
        read_local(text, BERLIN)


@given(st.text(max_size=30).filter(lambda each: not each.strip()[:4].isdigit()))
def test_whatever_is_typed_a_sentence_answers_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Write .*\.$"):
        read_local(text, BERLIN)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=5), "today 18:00"),
        (timedelta(hours=11), "tomorrow 00:00"),
        (timedelta(hours=-24), "yesterday 13:00"),
        (timedelta(days=2), "Sunday 13:00"),
        (timedelta(days=6), "Thursday 13:00"),
        (timedelta(days=7), "Fri 27 Nov 2026, 13:00"),
        (timedelta(days=-3), "Tue 17 Nov 2026, 13:00"),
    ],
)
def test_near_times_are_told_by_their_day_and_others_by_their_date(ahead: timedelta, words: str) -> None:
    assert said(NOW + ahead, BERLIN, NOW) == f"{words} (Europe/Berlin)"


def test_today_is_meant_by_the_clock_of_the_zone() -> None:
    moment = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert said(moment, "UTC", NOW) == "today 23:30 (UTC)"
    assert said(moment, "UTC", NOW, seconds=True) == "today 23:30:00 (UTC)"
    assert said(moment, BERLIN, NOW) == "tomorrow 00:30 (Europe/Berlin)"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-5), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=99), "99 seconds"),
        (timedelta(seconds=100), "1 minute"),
        (timedelta(minutes=41, seconds=59), "41 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_what_is_left_is_told_in_one_unit(span: timedelta, words: str) -> None:
    assert left(span) == words


@given(st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_never_more_is_promised_than_is_left(span: timedelta) -> None:
    count, unit = left(span).split()
    assert timedelta(**{unit.rstrip("s") + "s": int(count)}) <= span

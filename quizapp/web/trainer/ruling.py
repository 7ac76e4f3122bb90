"""The rules of an assignment as a form: from fields to rules and back, with every fault at its field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, get_args

from werkzeug.datastructures import MultiDict

from quizapp.learn import ANY, GRACE, PRESETS, Counts, Order, Override, Rules, Sight
from quizapp.web.times import read_local, typed, zones

Form = MultiDict[str, str]
WHOLE = re.compile(r"\d{1,6}", re.ASCII)
LONGEST_TITLE = 120
PHASES = {"during": "While they answer", "after": "Once they finish", "closed": "Once it is closed"}
SIGHTS = tuple(each.name for each in fields(Sight))
DATES = ("opens", "due", "closes")
ON_PAGE = (
    "title",
    "behaviour",
    "order",
    "zone",
    *DATES,
    "late",
    "minutes",
    "grace",
    "attempts",
    "counts",
    *PHASES,
)
"""The fields in the order in which the page has them."""
SET_BY_PRESET = ("behaviour", "order", "attempts", "counts", "shuffle", *PHASES)
MOST_MINUTES, MOST_GRACE, MOST_ATTEMPTS, MOST_EXTRA = 24 * 60, 3600, 100, 900


@dataclass(frozen=True)
class Read:
    """What a form says: the title, the rules, and what is wrong, a sentence by the name of its field."""

    title: str
    rules: Rules
    faults: Mapping[str, str]


@dataclass(frozen=True)
class ReadOverride:
    """What the form of an override says, and what is wrong, a sentence by the name of its field."""

    override: Override
    faults: Mapping[str, str]


class Reader:
    """Reads the fields of a form one by one and gathers what is wrong with them."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self.faults: dict[str, str] = {}

    def text(self, name: str, what: str, most: int) -> str:
        """A line of text that must not be empty."""
        found = " ".join(self._form.get(name, "").split())
        if not found:
            self.faults[name] = f"Write {what}."
        elif len(found) > most or not found.isprintable():
            self.faults[name] = f"Write at most {most} characters, and none that can’t be seen."
        return found

    def whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number; None for an empty field."""
        found = self._form.get(name, "").strip()
        if not found:
            return None
        if not WHOLE.fullmatch(found) or not least <= int(found) <= most:
            self.faults[name] = f"Write a whole number from {least} to {most}."
            return None
        return int(found)

    def choice(self, name: str, among: tuple[str, ...]) -> str:
        """One of these."""
        found = self._form.get(name, "")
        if found not in among:
            self.faults[name] = "Choose one of these."
            return among[0]
        return found

    def zone(self, name: str) -> str:
        """A time zone; UTC for an empty field."""
        found = self._form.get(name, "").strip() or "UTC"
        if found not in zones():
            self.faults[name] = "Choose a time zone of the list, such as Europe/Berlin."
            return "UTC"
        return found

    def moment(self, name: str, zone: str, was: Rules | Override, was_zone: str) -> datetime | None:
        """A time by the clock of a zone; what was not touched stays as it was, to the microsecond."""
        found = self._form.get(name, "").strip()
        before: datetime | None = getattr(was, name)  # one of DATES
        if not found:
            return None
        if before and zone == was_zone and found == typed(before, zone):
            return before
        try:
            return read_local(found, zone)
        except ValueError as error:
            self.faults[name] = str(error)
            return None

    def sight(self, phase: str) -> Sight:
        """The row of boxes that are ticked for a phase."""
        return Sight(**{each: each in self._form.getlist(phase) for each in SIGHTS})


def filled(title: str, rules: Rules) -> Form:
    """The form that says these rules."""
    form: Form = MultiDict({"title": title, "zone": rules.zone})
    for name in ("minutes", "grace", "attempts", "late", "behaviour", "order", "counts"):
        value = getattr(rules, name)
        form[name] = "" if value is None or (name == "attempts" and value == ANY) else str(value)
    for name in DATES:
        form[name] = form[f"{name}_was"] = _as_typed(getattr(rules, name), rules.zone)
    if rules.shuffle:
        form["shuffle"] = "1"
    for phase in PHASES:
        form.setlist(phase, [each for each in SIGHTS if getattr(getattr(rules, phase), each)])
    return form


def _as_typed(moment: datetime | None, zone: str) -> str:
    return typed(moment, zone) if moment else ""


def with_untouched(form: Form, rules: Rules) -> Form:
    """The form, but for dates that nobody touched in it: they are as the rules have them by now.

    Else a page that was opened before the assignment was closed would open it again.
    """
    found: Form = MultiDict(form)
    for name in DATES if form.get("zone") == rules.zone else ():
        if name in form and form.get(f"{name}_was") == form[name]:
            found[name] = found[f"{name}_was"] = _as_typed(getattr(rules, name), rules.zone)
    return found


def with_preset(form: Form, name: str) -> Form:
    """The form as it is, but for the fields that a preset sets. Raises KeyError for an unknown one."""
    preset = filled("", PRESETS[name])
    found: Form = MultiDict(form)
    for each in SET_BY_PRESET:
        found.poplist(each)
        for value in preset.getlist(each):
            found.add(each, value)
    return found


def read_rules(form: Form, was: Rules) -> Read:
    """The rules that a form says; `was` are those that hold so far."""
    reader = Reader(form)
    title, zone = reader.text("title", "a title", LONGEST_TITLE), reader.zone("zone")
    values: dict[str, Any] = {name: reader.moment(name, zone, was, was.zone) for name in DATES}
    values |= {phase: reader.sight(phase) for phase in PHASES}
    values |= {
        "zone": zone,
        "behaviour": reader.choice("behaviour", ("practice", "exam")),
        "order": reader.choice("order", get_args(Order)),
        "counts": reader.choice("counts", get_args(Counts)),
        "shuffle": "shuffle" in form,
        "minutes": reader.whole("minutes", 1, MOST_MINUTES),
        "grace": _else(reader.whole("grace", 0, MOST_GRACE), GRACE),
        "attempts": _else(reader.whole("attempts", 0, MOST_ATTEMPTS), ANY),
        "late": _else(reader.whole("late", 0, 100), 100),
    }
    rules = replace(was, **values)
    faults = _faults_of(rules) | reader.faults
    return Read(title, rules, {name: faults[name] for name in ON_PAGE if name in faults})


def _else(number: int | None, usual: int) -> int:
    return usual if number is None else number


def _faults_of(rules: Rules) -> dict[str, str]:
    found = dict(_in_disorder(rules)) | dict(_in_contradiction(rules))
    if rules.late < 100 and rules.due is None:
        found["late"] = "Nothing is late without a due date. Set one, or write 100 here."
    return found


def _in_disorder(rules: Rules) -> Iterator[tuple[str, str]]:
    if rules.opens and rules.due and rules.due <= rules.opens:
        yield "due", "It is due before it opens. Choose a later time."
    if rules.due and rules.closes and rules.due > rules.closes:
        yield "due", "It is due after it closes. Choose an earlier time."
    if rules.opens and rules.closes and rules.closes <= rules.opens:
        yield "closes", "It closes before it opens. Choose a later time."


def _in_contradiction(rules: Rules) -> Iterator[tuple[str, str]]:
    """What can't be shown as it is ticked, by phase."""
    for phase in PHASES:
        sight: Sight = getattr(rules, phase)
        if (sight.mark or sight.reason or sight.key) and not sight.answer:
            yield phase, "A mark is of an answer. Tick “own answer” in this row, too."
        elif (sight.reason or sight.key) and not sight.mark:
            yield phase, "Reasons and right answers tell the mark. Tick “mark” in this row, too."
    if rules.behaviour == "exam" and (rules.during.mark or rules.during.reason or rules.during.key):
        yield "during", "An exam tells no mark, reason or right answer before its end. Untick them here."


# -- overrides


def filled_override(override: Override, zone: str) -> Form:
    """The form that says this override."""
    form: Form = MultiDict()
    for name in ("extra_time", "attempts"):
        value = getattr(override, name)
        form[name] = "" if value is None else str(value)
    for name in DATES:
        form[name] = typed(moment, zone) if (moment := getattr(override, name)) else ""
    return form


def read_override(form: Form, rules: Rules, was: Override) -> ReadOverride:
    """The override of these rules that a form says; `was` is the one that holds so far."""
    reader = Reader(form)
    override = Override(
        extra_time=reader.whole("extra_time", 0, MOST_EXTRA),
        attempts=reader.whole("attempts", 0, MOST_ATTEMPTS),
        **{name: reader.moment(name, rules.zone, was, rules.zone) for name in DATES},
    )
    if override == Override() and not reader.faults:
        reader.faults["extra_time"] = "Nothing is different yet. Fill in at least one field."
    given = {name: value for name, value in vars(override).items() if value is not None}
    disorder = dict(_in_disorder(replace(rules, **given)))
    return ReadOverride(override, _at_given(disorder, override) | reader.faults)


def _at_given(disorder: Mapping[str, str], override: Override) -> dict[str, str]:
    """What is wrong, at a date that was typed: the others are not in this form."""
    own = [name for name in DATES if getattr(override, name)]
    return {name if name in own or not own else own[0]: text for name, text in disorder.items() if own}

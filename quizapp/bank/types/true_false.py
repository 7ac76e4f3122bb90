"""`true-false`: a statement, answered by its verdict together with the reason."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field

from quizapp.bank.types.base import MOST, Answer, Finding, Part, Told
from quizapp.bank.types.choice import Option, WithOptions


class Reason(Option):
    """An option that gives a verdict (`says`) and the reason for it."""

    says: Literal["true", "false"]


class TrueFalse(WithOptions):
    """3 or 4 reasons, some for true and some for false; exactly one is right."""

    type = "true-false"

    options: tuple[Reason, ...] = Field(max_length=MOST)

    def says(self, key: str) -> str:
        """The verdict, `true` or `false`, that goes with this reason."""
        return dict(zip(self.keys(), self.options, strict=True))[key].says

    def offer(self, shown: Answer) -> tuple[Part, ...]:
        return tuple(Part(self.face(key), group=f"{self.says(key).capitalize()}, because…") for key in shown)

    def _told(self, option: Option, *, picked: bool) -> Told:
        told = super()._told(option, picked=picked)
        says = option.says if isinstance(option, Reason) else ""
        return replace(told, text=f"{says.capitalize()}: {told.text}")

    def shuffled(self, rng: random.Random) -> Answer:
        """The reasons for true first, then those for false, each side shuffled."""
        return tuple(sorted(super().shuffled(rng), key=lambda key: self.says(key) == "false"))

    def count_faults(self) -> Iterator[Finding]:
        yield from super().count_faults()
        if len({reason.says for reason in self.options}) < 2:
            yield Finding(("options",), "write reasons for both verdicts: says true and says false")

"""`matching`: terms, each with its match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from quizapp.bank.types.base import (
    BOTH,
    MOST,
    Answer,
    Finding,
    Frozen,
    Gone,
    Grade,
    Mistake,
    Path,
    Question,
    Told,
    at,
    letters,
    tagged,
)


class Pair(Frozen):
    """A term and what belongs to it; `why` is told with the answer."""

    term: str = Field(min_length=1)
    match: str = Field(min_length=1)
    why: str = ""


class WrongPair(Mistake):
    """A likely wrong pairing."""

    term: str
    match: str


class Matching(Question):
    """3 to 6 pairs; `extra` are matches that belong to no term. Credit is the share of right pairs.

    An answer holds, for each term in the author's order, the key of a match or an empty string.
    """

    type = "matching"

    pairs: tuple[Pair, ...] = Field(max_length=MOST)
    extra: tuple[str, ...] = Field(default=(), max_length=MOST)
    mistakes: tuple[WrongPair, ...] = Field(default=(), max_length=MOST)

    @property
    def matches(self) -> tuple[str, ...]:
        """The different matches, in the author's order."""
        return tuple(dict.fromkeys([*(pair.match for pair in self.pairs), *self.extra]))

    def keys(self) -> Answer:
        return letters(len(self.matches))

    def face(self, key: str) -> str:
        return dict(zip(self.keys(), self.matches, strict=True))[key]

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """The form gives, for each term, the place of its match among the shown ones, or nothing."""
        if not any(given):
            return ()
        if len(given) != len(self.pairs):
            raise ValueError(f"{len(self.pairs)} terms need a match, {len(given)} came")
        return tuple(at(shown, place) if place else "" for place in given)

    def fill(self, answer: Answer, shown: Answer) -> tuple[str, ...]:
        return tuple(str(shown.index(key) + 1) if key in shown else "" for key in answer)

    def said(self, answer: Answer) -> Answer:
        if self.is_blank(answer):
            return ()
        of = dict(zip(self.keys(), self.matches, strict=True))
        return tuple(
            f"{pair.term} – {of.get(key, '')}" for pair, key in zip(self.pairs, answer, strict=False)
        )

    def renamed(self, answer: Answer, to: Question) -> Answer:
        """Terms may have been taken out, or stand in another order; one that is new was not asked."""
        given = dict(zip(self.stems(), answer, strict=False))
        if not all(term in given for term in to.stems()):
            raise Gone(to.id)
        return tuple(given[term] and self.new_key(given[term], to) for term in to.stems())

    def stems(self) -> tuple[str, ...]:
        return tuple(pair.term for pair in self.pairs)

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        given = answer if len(answer) == len(self.pairs) else ("",) * len(self.pairs)
        return tuple(self._told(pair, key) for pair, key in zip(self.pairs, given, strict=True))

    def _told(self, pair: Pair, key: str) -> Told:
        said = f"{pair.term} – {pair.match}"
        if key not in self.keys():
            return Told(said, pair.why, "", "No answer")
        if (match := self.face(key)) == pair.match:
            return Told(said, pair.why, "right", BOTH)
        made = [m.why for m in self.mistakes if (m.term, m.match) == (pair.term, match)]
        why = " ".join(filter(None, [f"Your answer: {match}.", *made, pair.why]))
        return Told(said, why, "wrong", "Not matched")

    def model(self) -> Answer:
        of = dict(zip(self.matches, self.keys(), strict=True))
        return tuple(of[pair.match] for pair in self.pairs)

    def grade(self, answer: Answer) -> Grade:
        if not answer or len(answer) != len(self.pairs):
            return Grade(0.0)
        hits = sum(given == right for given, right in zip(answer, self.model(), strict=True))
        texts = [self.face(key) if key in self.keys() else "" for key in answer]
        made = {(pair.term, text) for pair, text in zip(self.pairs, texts, strict=True)}
        notes = tuple(mistake.note for mistake in self.mistakes if (mistake.term, mistake.match) in made)
        return Grade(hits / len(self.pairs), notes)

    def faults(self) -> Iterator[Finding]:
        yield from super().faults()
        terms = [pair.term for pair in self.pairs]
        if not 3 <= len(terms) <= 6:
            yield Finding(("pairs",), f"{len(terms)} pairs; write 3 to 6")
        if len(set(terms)) < len(terms):
            yield Finding(("pairs",), "a term stands here twice")
        if not 3 <= len(self.matches) <= 8:
            yield Finding(("pairs",), f"{len(self.matches)} different matches; write 3 to 8")
        for number, text in enumerate(self.extra):
            if text in [*(pair.match for pair in self.pairs), *self.extra[:number]]:
                yield Finding(("extra", number), "this is one of the matches already")
        for number, mistake in enumerate(self.mistakes):
            yield from self._faults_of(mistake, ("mistakes", number))

    def _faults_of(self, mistake: WrongPair, path: Path) -> Iterator[Finding]:
        right = {pair.term: pair.match for pair in self.pairs}
        if mistake.term not in right:
            yield Finding((*path, "term"), "this is not one of the terms")
        if mistake.match not in self.matches:
            yield Finding((*path, "match"), "this is not one of the matches")
        elif right.get(mistake.term) == mistake.match:
            yield Finding((*path, "match"), "this pairing is right, so it is no mistake")

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        return tagged("mistakes", self.mistakes)

"""Mastery: how likely a right answer is, with a range that says how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

READY = 0.8
"""From this estimate on a topic counts as ready."""
RANGE = 0.8
"""The range holds the truth with this probability."""
HALF_LIFE = 50
"""After this many further answers to a topic an answer counts half: people learn."""
FADE = 0.5 ** (1 / HALF_LIFE)


@dataclass(frozen=True)
class Mastery:
    """What a row of scores says of the chance that the next one is right, older scores counting less.

    `weight` is the sum of the weights, `squares` that of their squares, `points` that of weight × score, and
    `answers` how many scores there were.
    """

    weight: float = 0.0
    squares: float = 0.0
    points: float = 0.0
    answers: int = 0

    def after(self, score: float) -> Mastery:
        """With one more score, from 0 to 1."""
        return Mastery(
            FADE * self.weight + 1,
            FADE * FADE * self.squares + 1,
            FADE * self.points + score,
            self.answers + 1,
        )

    @property
    def _beta(self) -> tuple[float, float]:
        """Parameters of the posterior Beta distribution, from a uniform prior.

        Weighted scores count as many as Kish's effective sample size says, weight² / squares (Kish, 1965).
        """
        size = self.weight * self.weight / self.squares if self.squares else 0.0
        share = min(1.0, max(0.0, self.points / self.weight)) if self.weight else 0.0
        return 1 + size * share, 1 + size * (1 - share)

    @property
    def estimate(self) -> float:
        """The expected share of right answers, from 0 to 1: the posterior mean."""
        a, b = self._beta
        return a / (a + b)

    @property
    def low(self) -> float:
        """The lower end of the range."""
        return beta_quantile((1 - RANGE) / 2, *self._beta)

    @property
    def high(self) -> float:
        """The upper end of the range."""
        return beta_quantile((1 + RANGE) / 2, *self._beta)

    @property
    def is_ready(self) -> bool:
        """Whether the estimate has reached the mark."""
        return self.answers > 0 and self.estimate >= READY


@lru_cache(maxsize=4096)
def beta_quantile(share: float, a: float, b: float) -> float:
    """Where the Beta(a, b) distribution has that share below it; a and b are at least 1.

    Newton's steps on the distribution function, halving the bracket where a step would leave it.
    """
    low, high, at = 0.0, 1.0, a / (a + b)
    for _ in range(100):
        miss = beta_share(at, a, b) - share
        low, high = (low, at) if miss > 0 else (at, high)
        log_density = _log_beta_weight(a, b) + (a - 1) * math.log(at) + (b - 1) * math.log1p(-at)
        step = at - miss / math.exp(log_density) if log_density > -700 else -1.0
        new = step if low < step < high else (low + high) / 2
        if abs(new - at) < 1e-12:
            return new
        at = new
    return at


def beta_share(at: float, a: float, b: float) -> float:
    """The share of Beta(a, b) below a point between 0 and 1: the regularised incomplete beta function.

    By its continued fraction (Abramowitz and Stegun, 1964, 26.5.8), evaluated with Lentz's method.
    """
    front = math.exp(_log_beta_weight(a, b) + a * math.log(at) + b * math.log1p(-at))
    if at < (a + 1) / (a + b + 2):
        return front * _fraction(at, a, b) / a
    return 1 - front * _fraction(1 - at, b, a) / b


def _log_beta_weight(a: float, b: float) -> float:
    return math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)


def _fraction(at: float, a: float, b: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * at / (a + 1)) or tiny)
    value = d
    for m in range(1, 400):
        for top in (
            m * (b - m) * at / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * at / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + top * d) or tiny)
            c = (1 + top / c) or tiny
            value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value

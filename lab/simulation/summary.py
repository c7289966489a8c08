"""What runs come to: profit against an honest twin with confidence intervals, and where cheating would break even."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from ..soundness import formulas as f
from ..soundness.tables import bribed, needs, slash
from ..terms import Terms
from .world import Row

if TYPE_CHECKING:
    from .breakeven import Found

LEVEL: Final = 99
"""Confidence level of intervals, in per cent."""
_T: Final[dict[int, float]] = {
    1: 63.657,
    2: 9.925,
    3: 5.841,
    4: 4.604,
    5: 4.032,
    6: 3.707,
    7: 3.499,
    8: 3.355,
    9: 3.25,
    10: 3.169,
    12: 3.055,
    15: 2.947,
    20: 2.845,
    25: 2.787,
    30: 2.75,
    40: 2.704,
    60: 2.66,
    120: 2.617,
    1000: 2.581,
}
"""Student's t, two-sided 99 %, by degrees of freedom; between two lines the upper one holds, which is too wide."""


def quantile(freedom: int) -> float:
    """Student's t for so many degrees of freedom, never too small."""
    return _T[max(known for known in _T if known <= max(1, freedom))]


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean, lower and upper end of the interval at 99 %; with one value the ends are infinite."""
    count = len(values)
    mean = sum(values) / count
    if count < 2:
        return mean, float("-inf"), float("inf")
    spread = sqrt(sum((value - mean) ** 2 for value in values) / (count - 1) / count) * quantile(count - 1)
    return mean, mean - spread, mean + spread


@dataclass(frozen=True, slots=True)
class Line:
    """An adversary against its honest twin: dues per worker-epoch."""

    point: int
    adversary: str
    runs: int
    epochs: int
    accounts: int
    profit: float
    twin: float
    difference: float
    low: float
    high: float
    refuted: float | None
    """Share of its false claims that were refuted, or ended in certified silence."""
    harm: float
    """What everybody else has less than beside the twin."""
    break_even_stake: Fraction | None
    break_even_samples: int | None
    break_even_quorum: int | None
    found: Found | None = None
    """Where it breaks even by simulation, if that was looked for."""

    @property
    def verdict(self) -> str:
        """loses, wins, or undecided at this level."""
        return "loses" if self.high < 0 else "wins" if self.low > 0 else "undecided"


def line(
    point: int,
    terms: Terms,
    name: str,
    strategy: str | None,
    own: Sequence[Sequence[Row]],
    twins: Sequence[Sequence[Row]],
) -> Line:
    """One line of the table, from the rows of each run and of its twin; without a strategy it has no closed forms."""
    due = terms.unit.due

    def rate(rows: Sequence[Row]) -> float:
        return sum(row.profit for row in rows) / sum(row.accounts for row in rows) / due

    mine, theirs = [rate(rows) for rows in own], [rate(rows) for rows in twins]
    mean, low, high = interval([a - b for a, b in zip(mine, theirs, strict=True)])

    def others(groups: Sequence[Sequence[Row]]) -> float:
        return (
            sum(row.others for rows in groups for row in rows) / sum(r.accounts for rows in groups for r in rows) / due
        )

    bad = sum(row.bad for rows in own for row in rows)
    caught = sum(row.refuted + row.silent for rows in own for row in rows)
    stake, samples, quorum = break_even(terms, strategy) if strategy else (None, None, None)
    return Line(
        point,
        name,
        len(own),
        len(own[0]),
        own[0][0].accounts,
        sum(mine) / len(mine),
        sum(theirs) / len(theirs),
        mean,
        low,
        high,
        caught / bad if bad else None,
        others(twins) - others(own),
        stake,
        samples,
        quorum,
    )


_FORMULA: Final = {"colluders": "colluding quorum", "sybil": "colluding quorum", "reporter": "self-reporter"}
"""An adversary to its name in the soundness tables, where that is another."""


def break_even(terms: Terms, name: str) -> tuple[Fraction | None, int | None, int | None]:
    """Least stake, least samples and least quorum that deter an adversary, by the closed forms; None: it has none."""
    if name == "briber":
        return bribed(terms), None, None
    name = _FORMULA.get(name, name)
    row = next((row for row in needs(terms) if row[0] == name), None)
    if row is None:
        return None, None, None
    burnt = f.least_burnt(row[1], row[2])
    stake = None if burnt is None else f.least_stake(burnt, terms.rule.bounty)

    def deters(changed: Terms) -> bool:
        _, gain, caught, _ = next(row for row in needs(changed) if row[0] == name)
        least = f.least_burnt(gain, caught)
        return least is not None and slash(changed) > f.least_stake(least, changed.rule.bounty)

    unit = terms.unit
    samples = _least(
        lambda m: deters(with_unit(terms, samples=m, auditors=max(1, unit.auditors))), 1, min(unit.segments, 4096)
    )
    quorum = None
    if name in ("colluding quorum", "chooser"):
        quorum = _least(lambda q: deters(with_unit(terms, quorum=q)), unit.replicas // 2 + 1, unit.replicas)
    return stake, samples, quorum


def with_unit(terms: Terms, **changes: Any) -> Terms:
    """The terms with some of the unit's changed."""
    return replace(terms, unit=replace(terms.unit, **changes))


def _least(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """The least number for which a monotone condition holds."""
    if not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low

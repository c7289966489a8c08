"""Where cheating stops to pay, found by simulation: the same scenario again and again, one of its terms changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final, NamedTuple

from ..errors import LabError
from ..rules.guard import SECONDS
from ..terms import Terms
from .run import Result, pool, simulate
from .scenario import Adversary, Point, Scenario
from .summary import with_unit

RUNS: Final = 12
"""Most runs for one value that is tried."""
EPOCHS: Final = 12
"""Most epochs of a run."""
NOTHING: Final = Fraction(1, 1000)
"""A stake in dues that is as good as none."""
MOST: Final = Fraction(10**6)
"""The largest stake that is tried, in dues."""
STEPS: Final = 10
"""Most values tried between two that are known."""
CLOSE: Final = 0.02
"""A stake is known when two that are so close, relatively, differ in what they bring."""
MOST_SAMPLES: Final = 4096


class Found(NamedTuple):
    """The least values at which the adversary's mean difference is not above zero; None: there are none, or no such."""

    stake: Fraction | None
    samples: int | None
    quorum: int | None


@dataclass(frozen=True, slots=True)
class _Search:
    """One adversary, and how it is run."""

    adversary: Adversary
    scenario: Scenario
    rule: str
    settings: tuple[tuple[str, str], ...]
    seconds: float

    def difference(self, terms: Terms) -> float:
        """What cheating brings under other terms: mean over the runs, the same seeds each time."""
        own = replace(self.adversary, terms=terms, epochs=min(self.adversary.epochs or self.scenario.epochs, EPOCHS))
        if self.adversary.party.strategy.when == "trusted":  # it has to become trusted first
            own = replace(own, epochs=self.adversary.epochs)
        alone = replace(self.scenario, runs=min(self.scenario.runs, RUNS), points=(Point((), (own,)),), together=False)
        return simulate(alone, self.rule, dict(self.settings), seconds=self.seconds).lines[0].difference

    def found(self) -> Found:
        """All three."""
        unit = self.adversary.terms.unit
        samples = self._samples() if unit.auditors else None
        return Found(self._stake(), samples, self._quorum() if unit.replicas > 1 else None)

    def _stake(self) -> Fraction | None:
        def brings(stake: Fraction) -> float:
            return self.difference(at_stake(self.adversary.terms, stake))

        low, low_value = NOTHING, brings(NOTHING)
        if low_value <= 0:
            return Fraction(0)
        high = max(Fraction(1), self.adversary.terms.rule.slash_base)
        while (high_value := brings(high)) > 0:
            low, low_value, high = high, high_value, 4 * high
            if high > MOST:
                return None
        for _ in range(STEPS):
            if high - low <= high * Fraction(CLOSE):
                break
            # What a slash costs is nearly linear in it: between secant and middle.
            part = min(0.9, max(0.1, low_value / (low_value - high_value)))
            middle = low + (high - low) * Fraction(f"{part:.6f}")
            value = brings(middle)
            if value > 0:
                low, low_value = middle, value
            else:
                high, high_value = middle, value
        return high

    def _samples(self) -> int | None:
        unit = self.adversary.terms.unit
        return _least(
            lambda samples: self.difference(with_unit(self.adversary.terms, samples=samples)) <= 0,
            1,
            min(unit.segments, MOST_SAMPLES),
        )

    def _quorum(self) -> int | None:
        unit = self.adversary.terms.unit
        tried = range(unit.replicas // 2 + 1, unit.replicas + 1)
        return next((q for q in tried if self.difference(with_unit(self.adversary.terms, quorum=q)) <= 0), None)


def at_stake(terms: Terms, stake: Fraction) -> Terms:
    """The terms with another stake at risk for each unit: what a unit asks for, what an offence costs, what is held."""
    unit, costs = terms.unit, terms.costs
    times = costs.stake / unit.least_stake if unit.least_stake else Fraction(1)
    return replace(
        terms,
        unit=replace(unit, least_stake=stake),
        costs=replace(costs, stake=stake * max(Fraction(1), times)),
        rule=replace(terms.rule, slash_base=stake),
    )


def _least(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """The least number for which something holds that holds for all larger ones."""
    if holds(low):
        return low
    if not holds(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _found(search: _Search) -> Found | str:
    try:
        return search.found()
    except LabError as error:
        return str(error)


def search(
    result: Result,
    rule_settings: Mapping[str, str] | None = None,
    *,
    jobs: int = 1,
    seconds: float = SECONDS,
    advance: Callable[[int], Any] | None = None,
) -> Result:
    """The result with each adversary's break-even points, found under the rule that it was made with. Raises LabError.

    An adversary whose accounts have a stake of their own has no such point.
    """
    scenario = result.scenario
    settings = tuple(sorted((rule_settings or {}).items()))
    adversaries = [adversary for point in scenario.points for adversary in point.adversaries]
    searches = [_Search(adversary, scenario, result.rule, settings, seconds) for adversary in adversaries]
    lines = []
    with pool(min(jobs, len(searches))) as mapped:
        for number, (line, made) in enumerate(zip(result.lines, mapped(_found, searches), strict=True), 1):
            if isinstance(made, str):
                raise LabError("", made)
            lines.append(replace(line, found=made))
            if advance is not None:
                advance(number)
    return replace(result, lines=tuple(lines))

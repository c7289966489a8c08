"""Runs a scenario: tasks that know their own seeds, on as many processes as one likes, gathered in their order."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ...protocol.errors import ProtocolError
from ...protocol.rewards.rule import Rule, RuleError
from ..errors import LabError
from ..rules.guard import SECONDS, clocks_stopped
from ..rules.held import Held, Violation
from ..rules.loading import STANDARD, load_rule
from ..terms import Terms
from .network import NETWORK
from .real import SEGMENT_LOG2
from .scenario import Scenario
from .summary import Line, line
from .world import Party, Row, World


class Task(NamedTuple):
    """One network, run twice: with the adversaries, and with their honest twins."""

    point: int
    terms: Terms
    parties: tuple[Party, ...]
    run: int
    epochs: int
    seed: int
    rule: str
    settings: tuple[tuple[str, str], ...]
    seconds: float
    real: bool


class Pair(NamedTuple):
    """The rows of one task."""

    point: int
    own: tuple[Row, ...]
    twin: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """All rows of a scenario, and what they come to."""

    scenario: Scenario
    rule: str
    rule_hash: str
    """Of the rule with its parameters, under the first adversary's terms."""
    pairs: tuple[Pair, ...]
    lines: tuple[Line, ...]
    real: bool = False
    """Whether work was executed, cheated and audited, instead of drawn from formulas."""


def tasks(
    scenario: Scenario, rule: str, settings: Mapping[str, str], seconds: float = SECONDS, real: bool = False
) -> Iterator[Task]:
    """The tasks of a scenario, in order."""
    for number, point in enumerate(scenario.points):
        groups = [point.adversaries] if scenario.together else [(adversary,) for adversary in point.adversaries]
        for group in groups:
            for run in range(scenario.runs):
                yield Task(
                    number,
                    group[0].terms,
                    tuple(adversary.party for adversary in group),
                    run,
                    group[0].epochs or scenario.epochs,
                    scenario.seed,
                    rule,
                    tuple(sorted(settings.items())),
                    seconds,
                    real,
                )


_LOADED: dict[Any, Rule] = {}
"""Rules from files that this process has loaded."""


def _rule(task: Task) -> Rule:
    if task.rule == STANDARD:
        return load_rule(STANDARD, None, task.terms).rule
    key = task.rule, task.settings, task.seconds
    if key not in _LOADED:
        _LOADED[key] = Held(load_rule(task.rule, dict(task.settings)), task.seconds)
    return _LOADED[key]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for cycles: records are tuples, which have none, and millions of them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def perform(task: Task) -> Pair | str:
    """The rows of a task, or the sentence that says why there are none."""
    place = f"run {task.run} against the {' and the '.join(party.name for party in task.parties)}"
    try:
        rule = _rule(task)
        with _uncollected(), nullcontext() if task.rule == STANDARD else clocks_stopped():
            own, twin = (
                tuple(
                    World(
                        task.terms, rule, task.parties, run=task.run, seed=task.seed, twin=honest, real=task.real
                    ).rows(task.epochs)
                )
                for honest in (False, True)
            )
    except (Violation, RuleError) as error:
        return f"{task.rule}: in {place}, {error}"
    except (LabError, ProtocolError) as error:
        return str(error)
    return Pair(task.point, own, twin)


@contextmanager
def pool(jobs: int) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]]:
    """A `map` over so many processes, in order; in this one if it is one."""
    if jobs <= 1:
        yield map
        return
    from multiprocessing import get_context

    with get_context("spawn").Pool(jobs) as pool:
        yield pool.imap


def simulate(
    scenario: Scenario,
    rule: str = STANDARD,
    settings: Mapping[str, str] | None = None,
    *,
    jobs: int = 1,
    seconds: float = SECONDS,
    real: bool = False,
    advance: Callable[[int], object] | None = None,
) -> Result:
    """Run a scenario under a rule; with `real`, by executing, cheating and auditing. Raises LabError.

    The result is the same for any number of jobs.
    """
    settings = settings or {}
    if real:
        scenario = _really(scenario)
    first = load_rule(rule, settings, scenario.points[0].adversaries[0].terms).rule
    pairs: list[Pair] = []
    work = list(tasks(scenario, rule, settings, seconds, real))
    with pool(min(jobs, len(work))) as mapped:
        for made in mapped(perform, work):
            if isinstance(made, str):
                raise LabError("", made)
            pairs.append(made)
            if advance is not None:
                advance(len(pairs))
    return Result(scenario, rule, first.hash(NETWORK).hex(), tuple(pairs), tuple(_lines(scenario, rule, pairs)), real)


def _really(scenario: Scenario) -> Scenario:
    """The scenario with segments of the length that is really executed. Raises LabError if it can't be."""
    from .evidence import MAX_WORK, check_real

    if scenario.work > MAX_WORK:
        raise LabError(
            scenario.name, f"{scenario.work} worker-epochs are more than the {MAX_WORK} that can be really executed"
        )
    points = []
    for point in scenario.points:
        adversaries = []
        for adversary in point.adversaries:
            unit = replace(adversary.terms.unit, segment_steps=1 << SEGMENT_LOG2)
            check_real(adversary.terms, adversary.party.strategy, scenario.name)
            adversaries.append(replace(adversary, terms=replace(adversary.terms, unit=unit)))
        points.append(replace(point, adversaries=tuple(adversaries)))
    return replace(scenario, points=tuple(points))


def _lines(scenario: Scenario, rule: str, pairs: list[Pair]) -> Iterator[Line]:
    at = 0
    for number, point in enumerate(scenario.points):
        step = scenario.runs
        if scenario.together:
            own = pairs[at : at + step]
            at += step
        for place, adversary in enumerate(point.adversaries):
            if not scenario.together:
                own = pairs[at : at + step]
                at += step
                place = 0
            parties = len(point.adversaries) if scenario.together else 1
            yield line(
                number,
                adversary.terms,
                adversary.name,
                adversary.party.strategy.name if rule == STANDARD else None,
                [pair.own[place::parties] for pair in own],
                [pair.twin[place::parties] for pair in own],
            )

"""Scenarios: what a TOML file says of terms, adversaries, runs and sweeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import resources
from itertools import product
from typing import Any, Final

from ..errors import LabError
from ..reading import MAX_TEXT, Section, parse
from ..terms import Terms, lines, read_terms
from .strategies import LIBRARY
from .world import Party

MAX_POINTS: Final = 10_000
"""Most points of a sweep."""
_TABLES: Final = ("unit", "network", "costs", "rule", "delays")


@dataclass(frozen=True, slots=True)
class Adversary:
    """One adversary of a scenario, under its terms."""

    party: Party
    terms: Terms
    epochs: int = 0
    """Epochs of a run of its; 0: as many as the scenario says."""

    @property
    def name(self) -> str:
        """What results call it."""
        return self.party.name


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a sweep: what was set, and the adversaries under it."""

    settings: tuple[tuple[str, str], ...]
    adversaries: tuple[Adversary, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is simulated."""

    name: str
    title: str
    seed: int
    runs: int
    epochs: int
    together: bool
    """All adversaries in one network, instead of each in one of its own."""
    points: tuple[Point, ...]

    @property
    def work(self) -> int:
        """Worker-epochs in all, twins counted."""
        return sum(
            2 * self.runs * (adversary.epochs or self.epochs) * adversary.terms.network.workers
            for point in self.points
            for adversary in (point.adversaries[:1] if self.together else point.adversaries)
        )

    def hash(self, rule: str) -> str:
        """What names everything that the figures follow from: parameters, adversaries, runs, seed, rule."""
        text = [f"{self.seed} {self.runs} {self.epochs} {self.together} {rule}"]
        for point in self.points:
            for adversary in point.adversaries:
                party = adversary.party
                text.append(" ".join(str(value) for value in (*party, adversary.epochs)))
                text += [f"{name}={value}" for name, value in lines(adversary.terms).items()]
        return hashlib.sha256("\n".join(text).encode()).hexdigest()


def shipped() -> dict[str, str]:
    """The scenarios that come with the package: name to text."""
    folder = resources.files("tracework") / "examples" / "scenarios"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in files}


def read_scenario(
    text: str,
    name: str,
    *,
    seed: int | None = None,
    runs: int | None = None,
    epochs: int | None = None,
    sweep: Mapping[str, tuple[str, ...]] | None = None,
) -> Scenario:
    """The scenario that a document describes; arguments take precedence over it. Raises LabError."""
    document = parse(text, name)
    title = document.text("title", "")
    given = document.integer("seed", 1, 0, (1 << 63) - 1)
    many = document.integer("runs", 20, 1, 100_000)
    long = document.integer("epochs", 5, 1, 100_000)
    together = document.integer("together", 0, 0, 1)
    axes = _axes(document, sweep or {})
    points = []
    for settings in _points(axes, document):
        base = Section(_set(document.table, settings), document.where)
        adversaries = tuple(_adversaries(base))
        points.append(Point(tuple((key, str(value)) for key, value in settings), adversaries))
    read_terms(document)
    document.sections("adversary")
    document.done()
    if together:
        terms = points[0].adversaries[0].terms
        if any(other.terms.unit != terms.unit or other.terms.rule != terms.rule for other in points[0].adversaries):
            raise document.fail("together", "adversaries in one network have the same terms")
        if any(other.epochs for other in points[0].adversaries):
            raise document.fail("together", "adversaries in one network have the same epochs")
    return Scenario(
        name,
        title,
        given if seed is None else seed,
        many if runs is None else runs,
        long if epochs is None else epochs,
        bool(together),
        tuple(points),
    )


def _axes(document: Section, more: Mapping[str, tuple[str, ...]]) -> dict[str, list[Any]]:
    table = document.section("sweep")
    axes: dict[str, list[Any]] = {}
    for key, values in table.table.items():
        if not isinstance(values, list) or not values:
            raise table.fail(key, "is no list of values to try")
        axes[key] = values
    for key, texts in more.items():
        # Given on the command line, values are written as in the file.
        axes[key] = parse(f"x = [{', '.join(texts)}]", f"--sweep {key}").table["x"]
        if not axes[key]:
            raise LabError(f"--sweep {key}", "has no values to try")
    for key in axes:
        head, dot, tail = key.partition(".")
        if not dot or head not in _TABLES or not tail:
            raise LabError(table.place(key) if key in table.table else f"--sweep {key}", "is no name like unit.samples")
    return axes


def _points(axes: dict[str, list[Any]], document: Section) -> Iterator[tuple[tuple[str, Any], ...]]:
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > MAX_POINTS:
        raise document.fail("sweep", f"has {count} points, and {MAX_POINTS} are the most")
    for chosen in product(*axes.values()):
        yield tuple(zip(axes, chosen, strict=True))


def _set(table: dict[str, Any], settings: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    made = {key: dict(value) if isinstance(value, dict) else value for key, value in table.items()}
    for key, value in settings:
        head, _, tail = key.partition(".")
        made.setdefault(head, {})
        made[head] = {**made[head], tail: value}
    return made


def _adversaries(document: Section) -> Iterator[Adversary]:
    found = document.sections("adversary")
    if not found:
        raise document.fail("adversary", "there is none; write [[adversary]] with a strategy, at least once")
    whole = Fraction(0)
    for section in found:
        strategy = LIBRARY[section.text("strategy", None, tuple(LIBRARY))]
        label = section.text("name", "")
        own_epochs = section.integer("epochs", 0, 0, 100_000)
        share = section.fraction("share", Fraction(1, 10), 0, 1)
        skips = section.fraction("skips", Fraction(1, 4), 0, 1)
        level = section.fraction("level", Fraction(1, 2), 0, 1)
        before = section.fraction("reputation", Fraction(0), 0, 1)
        units = section.integer("units", 10, 1, 1000)
        stake = section.fraction("stake", -1) if section.has("stake") else None
        merged: dict[str, Any] = {key: document.table[key] for key in _TABLES if key in document.table}
        for key in _TABLES:
            if section.has(key):
                own = section.section(key)
                merged[key] = {**merged.get(key, {}), **own.table}
        terms = read_terms(Section(merged, section.where))
        section.done()
        network = terms.network
        accounts = int(network.workers * share // 1)
        whole += share
        if share and not accounts:
            raise section.fail("share", f"{float(share):g} of {network.workers} workers is nobody")
        if not share and not strategy.thrashes:
            raise section.fail("share", "a population of none")
        if share == 1 and not strategy.farms:
            raise section.fail("share", "leaves nobody who is honest")
        if not network.workers * network.demand >= terms.unit.replicas:
            raise section.fail(
                "network.demand", f"{float(network.demand):g} of {network.workers} workers fills no unit"
            )
        if not network.pareto and not 0 < terms.costs.stake >= terms.unit.least_stake:
            told = f"{float(terms.costs.stake):g} dues are less than units ask for, and nobody can be drawn"
            raise section.fail("costs.stake", told)
        each = None if stake is None else terms.base(stake)
        held = _held(terms, accounts, stake)
        terms = replace(terms, network=replace(network, colluders=held))
        party = Party(strategy, accounts, float(skips), float(level), each, units, float(before), label)
        yield Adversary(party, terms, own_epochs)
    if document.table.get("together") == 1 and whole > 1:
        raise document.fail("adversary", f"the shares are {float(whole):g} together, and more than all there are")


def _held(terms: Terms, accounts: int, stake: Fraction | None) -> Fraction:
    """The share of the stake that accounts hold with which they can be drawn, if each has so much; None: as others."""
    if stake is None:
        return Fraction(accounts, terms.network.workers)
    own = accounts * (stake if stake >= terms.unit.least_stake else 0)
    whole = own + (terms.network.workers - accounts) * terms.costs.stake
    return own / whole if whole else Fraction(0)


def find_scenario(name: str) -> str | None:
    """The text of a shipped scenario; None if there is none of that name."""
    return shipped().get(name)


__all__ = ["MAX_TEXT", "Adversary", "Point", "Scenario", "find_scenario", "read_scenario", "shipped"]

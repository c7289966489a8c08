"""Runs the properties over the cases, and reports each fault with a small counterexample."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from .cases import Case, item, job
from .generate import extreme, larger, small
from .guard import SECONDS, clocks_stopped, faults
from .held import Held, Violation, settled
from .loading import Loaded
from .properties import PROPERTIES, RELATIONS
from .shrink import shrink

SEED: Final = 7
CASES: Final = 120
"""Larger cases, beside the small and the extreme ones."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A property that a rule breaks."""

    property: str
    sentence: str
    case: Case | None
    """The counterexample; None if the source alone shows the fault."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the suite found."""

    spec: str
    cases: int
    faults: tuple[Fault, ...]
    measured: dict[str, str] = field(default_factory=dict)
    """Figures that are no faults: what shared execution brings, what a moved stake saves."""

    @property
    def good(self) -> bool:
        """Whether no property is broken."""
        return not self.faults


def check_rule(
    loaded: Loaded,
    *,
    cases: int = CASES,
    seed: int = SEED,
    seconds: float = SECONDS,
    only: Collection[str] = (),
    advance: Callable[[int], object] | None = None,
) -> Report:
    """Run the suite on a rule; with `only`, look for breaches of these properties, and stop when all are found."""
    wanted = set(only or PROPERTIES)
    rule = Held(loaded, seconds)
    found: dict[str, Fault] = {}
    for line, name, sentence in _source_faults(loaded):
        found.setdefault(name, Fault(name, f"{loaded.path}, line {line}: {sentence}", None))
    done = 0
    with clocks_stopped():
        groups: Iterable[tuple[Case, bool]] = chain(
            ((case, False) for case in small()),
            ((case, False) for case in larger(seed, cases)),
            ((case, True) for case in extreme()),
        )
        for done, (case, large) in enumerate(groups, 1):
            if not _one(rule, case, large, found, wanted) or wanted <= found.keys():
                break
            if advance is not None:
                advance(done)
        measured = _measure(rule) if not only and not {"runs", "ends"} & found.keys() else {}
    ordered = tuple(found[name] for name in PROPERTIES if name in found and name in wanted)
    return Report(loaded.spec, done, ordered, measured)


def _source_faults(loaded: Loaded) -> list[tuple[int, str, str]]:
    return faults(loaded.source, str(loaded.path)) if loaded.source else []


def _one(rule: Held, case: Case, large: bool, found: dict[str, Fault], wanted: set[str]) -> bool:
    """Hold a rule to every property on one case; False: it is no use to go on."""
    try:
        base = settled(rule, case)
    except Violation as violation:
        name = "bounds" if large and violation.property in ("runs", "conservation", "ends") else violation.property
        if name == "bounds" and violation.property in found:
            return True
        if name not in found and name in wanted:
            found[name] = _shrunk_call(rule, case, name, violation)
        return violation.property != "ends"
    for name, relation in RELATIONS.items():
        if name in found or name not in wanted:
            continue
        try:
            sentence = relation(rule, case, base)
        except Violation:
            continue  # what is derived from this case breaks another property, which has cases of its own
        if sentence is not None:
            found[name] = _shrunk_relation(rule, case, name)
    return True


def _shrunk_call(rule: Held, case: Case, name: str, violation: Violation) -> Fault:
    def shows(smaller: Case) -> bool:
        try:
            settled(rule, smaller)
        except Violation as other:
            return other.property == violation.property
        return False

    if violation.property == "ends":  # every attempt would take as long again
        return Fault(name, str(violation), case)
    smallest = case if name == "bounds" else shrink(case, shows)
    try:
        settled(rule, smallest)
    except Violation as last:
        return Fault(name, str(last), smallest)
    return Fault(name, f"{violation}; not every time", case)


def _shrunk_relation(rule: Held, case: Case, name: str) -> Fault:
    sentences: dict[int, str] = {}

    def shows(smaller: Case) -> bool:
        try:
            sentence = RELATIONS[name](rule, smaller, settled(rule, smaller))
        except Violation:
            return False
        if sentence is not None:
            sentences[id(smaller)] = sentence
        return sentence is not None

    if not shows(case):
        return Fault(name, "it does not show a second time: the rule isn't deterministic", case)
    smallest = shrink(case, shows)
    return Fault(name, sentences[id(smallest)], smallest)


def _measure(rule: Held) -> dict[str, str]:
    """Figures about what the protocol bounds elsewhere."""
    figures: dict[str, str] = {}
    try:
        places = [settled(rule, _replicas(held)).net(*(f"Ada-{n}" for n in range(held))) for held in (1, 3)]
        figures["shared execution"] = (
            f"one operator in 3 of 3 places of a unit gets {places[1]}, in 1 place {places[0]}, for one execution"
        )
        whole = Case((*job()[:2], item("refutation", claim="u/claim", prover="Gus")), stakes={"Ada": 1_000_000})
        moved = Case(whole.items, stakes={"Ada": 1})
        lost = settled(rule, whole).slashed.get("Ada", 0)
        less = settled(rule, moved).slashed.get("Ada", 0)
        figures["stake moved away"] = (
            f"a forger with a stake of 1000000 loses {lost}, with a stake of 1 it loses {less}"
        )
    except Violation:
        pass
    return figures


def _replicas(held: int) -> Case:
    workers = [f"Ada-{n}" if n < held else f"Ben-{n}" for n in range(3)]
    items = [item("unit", id="u", places=3, escrow=30_000, price=100)]
    for number, worker in enumerate(workers):
        items.append(item("claim", id=f"c{number}", unit="u", worker=worker, slot=number + 1))
        items.append(item("verdict", claim=f"c{number}", way=4))
    return Case(tuple(items))


def to_text(report: Report) -> str:
    """The report for people."""
    broken = {fault.property: fault for fault in report.faults}
    lines = [
        f"{report.spec}: {len(PROPERTIES) - len(broken)} of {len(PROPERTIES)} properties hold, {report.cases} cases"
    ]
    for name, meaning in PROPERTIES.items():
        if name not in broken:
            lines.append(f"  holds   {name:12}  {meaning}")
            continue
        fault = broken[name]
        lines += [f"  BROKEN  {name:12}  {meaning}", f"          {fault.sentence}"]
        if fault.case is not None:
            lines.append(f"          counterexample ({_records(fault.case)}):")
            lines += [f"            {line}" for line in fault.case.told()]
    lines += [f"  measured: {name}: {text}" for name, text in report.measured.items()]
    return "\n".join(lines)


def _records(case: Case) -> str:
    count = len(case.items)
    return f"{count} record{'' if count == 1 else 's'}"


def to_json(report: Report) -> dict[str, Any]:
    """The report for programs."""
    return {
        "rule": report.spec,
        "cases": report.cases,
        "good": report.good,
        "properties": {name: name not in {fault.property for fault in report.faults} for name in PROPERTIES},
        "faults": [
            {
                "property": fault.property,
                "sentence": fault.sentence,
                **(
                    {}
                    if fault.case is None
                    else {
                        "records": [{"type": entry.kind, **entry.values} for entry in fault.case.items],
                        "stakes": {name: fault.case.stake(name) for name in fault.case.names()},
                    }
                ),
            }
            for fault in report.faults
        ],
        "measured": report.measured,
    }

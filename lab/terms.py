"""The terms under which work is done: what `soundness` computes with, and what a scenario starts from.

Amounts of money are given in dues: one due is what a unit pays for one place, price per step × steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, Final

from ..protocol.encoding.schema import AMOUNT_MAX
from ..protocol.work.receipt import ROUNDS_PER_SLOT
from ..protocol.work.unit import MAX_REPLICAS, MAX_SAMPLES, WHOLE
from .reading import Section

ROUND_SECONDS: Final = 3
"""Seconds of a beacon round of drand quicknet."""
MAX_SEGMENTS: Final = 1 << 20
"""Most segments of a trace, up to one (TRC)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTerms:
    """What units ask for."""

    segments: int = 256
    """Segments of an honest trace."""
    segment_steps: int = 65_536
    """Steps of a segment."""
    price: int = 1
    """Base units a step."""
    samples: int = 16
    """Segments of a claim that are drawn to be checked; 0: no audits."""
    auditors: int = 2
    """Auditors that are drawn for a claim; all check one sample: several guard against collusion alone (AUD-001)."""
    replicas: int = 1
    """Workers that are drawn to do the same."""
    quorum: int = 1
    """How many of them must agree."""
    attesters: int = 0
    """Members of the committee that check the audit's sample, or execute again without audits, and vouch; 0: none."""
    threshold: int = 0
    """How many of them must vouch."""
    least_stake: Fraction = Fraction(400)
    """What an account has to have at stake behind each unit, in dues (REG-028); 0: any stake will do."""

    @property
    def due(self) -> int:
        """What a place is paid before fees, in base units."""
        return self.segments * self.segment_steps * self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTerms:
    """Who is there."""

    workers: int = 1000
    """Accounts in the registry."""
    requesters: int = 8
    """Honest requesters."""
    demand: Fraction = Fraction(1)
    """Places of units to be filled in an epoch, for each worker."""
    pareto: Fraction = Fraction(0)
    """0: equal stakes; above 1: the exponent of a Pareto distribution of stakes; 1.16: a fifth has four fifths."""
    colluders: Fraction = Fraction(1, 10)
    """Share of the stake that one operator, or a conspiracy, holds."""
    watchers: Fraction = Fraction(0)
    """Chance that somebody outside of all draws executes a revealed claim again, and proves what is wrong."""
    floor: Fraction = Fraction(1, 20)
    """Least chance that a unit is replicated, under adaptive replication."""
    adaptive: int = 0
    """1: replication is adaptive: the other replicas are called by chance, by the first worker's reputation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What things are worth, in dues."""

    execute: Fraction = Fraction(1, 2)
    """Executing a whole unit; checking a segment costs its share of this."""
    gain: Fraction = Fraction(10)
    """What having a false result accepted is worth to whoever forges it, beyond the pay."""
    dispute: Fraction = Fraction(1, 20)
    """Playing a dispute to one step."""
    stake: Fraction = Fraction(1000)
    """An account's stake; with a Pareto distribution, the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTerms:
    """Parameters of the standard rule; shares in basis points, amounts in dues."""

    burn: int = 500
    treasury: int = 200
    audit: int = 1000
    attestation: int = 500
    rebate: int = 5000
    rebate_work: int = 8000
    rebate_audit: int = 1000
    rebate_attestation: int = 1000
    slash_base: Fraction = Fraction(400)
    slash_share: int = 0
    """Of the unit's escrow, on top."""
    bounty: int = 2500
    reputation_gain: int = 1 << 26
    reputation_loss: int = 1 << 30
    ceiling: Fraction = Fraction(10**6)
    """Most that an epoch emits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Durations, in slots."""

    assignment: int = 1
    commit: int = 120
    """From the unit's receipt to the commit deadline."""
    window: int = 0
    """From there to the replicas' deadline, under adaptive replication."""
    reveal: int = 20
    audit: int = 1
    """From a commit's receipt to the beacon round that draws segments."""
    challenge: int = 240
    """From the reveal deadline to the end of the challenge window."""
    dispute: int = 2880
    """A side's budget in a dispute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All terms together."""

    unit: UnitTerms = field(default_factory=UnitTerms)
    network: NetworkTerms = field(default_factory=NetworkTerms)
    costs: Costs = field(default_factory=Costs)
    rule: RuleTerms = field(default_factory=RuleTerms)
    delays: Delays = field(default_factory=Delays)

    def base(self, dues: Fraction | int) -> int:
        """An amount in dues, in base units, floored."""
        return int(self.unit.due * dues // 1)

    @property
    def slot_seconds(self) -> int:
        """Seconds of a slot."""
        return ROUND_SECONDS * ROUNDS_PER_SLOT


_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "unit.segments": (1, MAX_SEGMENTS),
    "unit.segment_steps": (16, 1 << 24),
    "unit.price": (1, 10**9),
    "unit.samples": (0, MAX_SAMPLES),
    "unit.auditors": (0, 64),
    "unit.replicas": (1, MAX_REPLICAS),
    "unit.quorum": (1, MAX_REPLICAS),
    "unit.attesters": (0, 512),
    "unit.threshold": (0, 512),
    "network.workers": (1, 100_000),
    "network.requesters": (1, 1000),
    "network.demand": (0, 100),
    "network.pareto": (0, 100),
    "network.colluders": (0, 1),
    "network.watchers": (0, 1),
    "network.floor": (0, 1),
    "network.adaptive": (0, 1),
    "costs.execute": (0, 10**6),
    "rule.bounty": (0, 3333),
    "rule.slash_share": (0, (1 << 32) - 1),
    "rule.reputation_gain": (0, (1 << 32) - 1),
    "rule.reputation_loss": (0, (1 << 32) - 1),
}
_SECTIONS: Final[dict[str, type[Any]]] = {
    "unit": UnitTerms,
    "network": NetworkTerms,
    "costs": Costs,
    "rule": RuleTerms,
    "delays": Delays,
}


def read_terms(document: Section) -> Terms:
    """The terms that a document gives; what it doesn't say is the default. Raises LabError."""
    made = {}
    for name, cls in _SECTIONS.items():
        section = document.section(name)
        made[name] = cls(**{entry.name: _value(section, name, entry) for entry in fields(cls)})
        section.done()
    terms = Terms(**made)
    _check(terms, document)
    return terms


def _value(section: Section, name: str, entry: Any) -> int | Fraction:
    default = entry.default
    least, most = _LIMITS.get(f"{name}.{entry.name}", (0, 10**9))
    if isinstance(default, Fraction):
        return section.fraction(entry.name, default, least, most)
    if name == "rule" and f"rule.{entry.name}" not in _LIMITS:
        most = WHOLE
    return section.integer(entry.name, default, least, most)


def _check(terms: Terms, document: Section) -> None:
    """What no field can tell alone."""
    unit = terms.unit
    if unit.samples > unit.segments:
        raise document.fail("unit.samples", f"{unit.samples} can't be drawn from {unit.segments} segments")
    if not unit.replicas < 2 * unit.quorum <= 2 * unit.replicas:
        raise document.fail(
            "unit.quorum", f"{unit.quorum} of {unit.replicas} replicas is not above one half and at most all"
        )
    if unit.threshold > unit.attesters or (unit.attesters and not unit.threshold):
        raise document.fail("unit.threshold", f"{unit.threshold} of {unit.attesters} attesters is no threshold")
    if (unit.samples == 0) != (unit.auditors == 0):
        raise document.fail("unit.auditors", "audits need samples and auditors; without audits both are 0")
    if terms.network.workers < unit.replicas + unit.auditors:
        raise document.fail(
            "network.workers", f"{terms.network.workers} are fewer than a unit's replicas and auditors together"
        )
    if terms.network.pareto and terms.network.pareto <= 1:
        raise document.fail("network.pareto", f"{float(terms.network.pareto):g} is not above 1, where there is a mean")
    amounts = {
        "costs.stake": terms.costs.stake,
        "unit.least_stake": terms.unit.least_stake,
        "rule.slash_base": terms.rule.slash_base,
        "rule.ceiling": terms.rule.ceiling,
        "unit": Fraction(unit.replicas),
    }
    for name, dues in amounts.items():
        if terms.base(dues) > AMOUNT_MAX:
            what = f"{float(dues):g} dues are {float(terms.base(dues)):g} base units here"
            raise document.fail(name, f"{what}, and an amount is below 2^96")
    rule = terms.rule
    if rule.burn + rule.treasury + rule.audit + rule.attestation > WHOLE:
        raise document.fail("rule", "burn, treasury, audit and attestation are more than 10000 together")
    if rule.rebate_work + rule.rebate_audit + rule.rebate_attestation > WHOLE:
        raise document.fail("rule", "rebate_work, rebate_audit and rebate_attestation are more than 10000 together")


def lines(terms: Terms) -> dict[str, str]:
    """Every parameter by its name, as text, exact."""
    return {
        f"{name}.{entry.name}": str(getattr(getattr(terms, name), entry.name))
        for name, cls in _SECTIONS.items()
        for entry in fields(cls)
    }

"""The accounts of one network over its epochs: who they are, what they hold, what they are known for."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Final, NamedTuple

from ...protocol.rewards.rule import Rule
from ..soundness.formulas import escape
from ..soundness.tables import demand
from ..terms import Terms
from .network import NETWORK, rooms
from .real import Job
from .strategies import Strategy

ONE: Final = 1 << 32
"""What reputations are parts of."""


class Party(NamedTuple):
    """Accounts that act as one."""

    strategy: Strategy
    accounts: int
    """Worker accounts."""
    skips: float = 0.25
    """What a skipper skips."""
    level: float = 0.5
    """The reputation from which on a sleeper forges."""
    stake: int | None = None
    """Of each account, in base units; None: as everybody's."""
    units: int = 10
    """How many units an account of a farmer asks of itself in an epoch, if its stake is enough: they cost nothing."""
    reputation: float = 0.0
    """Of each account in the beginning."""
    label: str = ""
    """What results call it; by default its strategy's name."""

    @property
    def name(self) -> str:
        """What results call it."""
        return self.label or self.strategy.name


class Row(NamedTuple):
    """What one epoch came to for one party. Amounts in base units."""

    run: int
    epoch: int
    party: str
    accounts: int
    claims: int
    bad: int
    refuted: int
    silent: int
    paid: int
    slashed: int
    spent: int
    gained: int
    others: int
    """What everybody else has more than before."""

    @property
    def profit(self) -> int:
        """What the party has more than before."""
        return self.paid + self.gained - self.slashed - self.spent


class World:
    """The accounts, one epoch after the other. `twin` makes every party honest, and changes nothing else."""

    def __init__(
        self,
        terms: Terms,
        rule: Rule,
        parties: tuple[Party, ...],
        *,
        run: int,
        seed: int,
        twin: bool,
        real: bool = False,
    ) -> None:
        self.terms, self.rule, self.run, self.seed, self.parties, self.twin = terms, rule, run, seed, parties, twin
        # Who is drawn is independent of what they do: a run and its twin draw alike until a slash makes a difference.
        self.draws = Random(f"{seed}/{run}/draws")
        self.audits_drawn = Random(f"{seed}/{run}/audits")
        self.chance = Random(f"{seed}/{run}/chance")
        network = terms.network
        self.workers = max(network.workers, sum(party.accounts for party in parties))
        self.whose = [number for number, party in enumerate(parties) for _ in range(party.accounts)]
        self.whose += [-1] * (self.workers - len(self.whose))
        self.acting: list[Strategy | None] = [
            None if owner < 0 or twin else parties[owner].strategy for owner in self.whose
        ]
        # After the workers: honest requesters, then one requester for each party.
        self.first = self.workers + network.requesters
        self.count = self.first + len(parties)
        self.stakes = self._stakes() + [0] * (self.count - self.workers)
        self.reputations = [0] * self.count
        for account, owner in enumerate(self.whose):
            if owner >= 0:
                self.reputations[account] = min(ONE - 1, int(parties[owner].reputation * ONE))
        self.keys = [number.to_bytes(48) for number in range(self.count)]
        self.addresses = [(number + 1).to_bytes(20) for number in range(self.count)]
        self.committee = range(min(terms.unit.attesters, self.workers))
        self.hash = rule.hash(NETWORK)
        self.room = rooms(terms)
        self.serial = 0
        self._price()
        self.job = Job(terms.unit.segments) if real else None
        """What is executed, if it is for real."""

    def _stakes(self) -> list[int]:
        """What workers have at stake: all the same, or by a Pareto distribution's quantiles in an order by chance."""
        terms, network = self.terms, self.terms.network
        mean, shape = terms.base(terms.costs.stake), float(network.pareto)
        if shape:
            least, count = mean * (shape - 1) / shape, self.workers
            stakes = [int(least * (1 - (at + 0.5) / count) ** (-1 / shape)) for at in range(count)]
            Random(f"{self.seed}/{self.run}/stakes").shuffle(stakes)
        else:
            stakes = [mean] * self.workers
        for account, owner in enumerate(self.whose):
            own = self.parties[owner].stake if owner >= 0 else None
            if own is not None:
                stakes[account] = own
        return stakes

    def _price(self) -> None:
        """What things are worth, in base units."""
        terms, unit = self.terms, self.terms.unit
        self.due = unit.due
        self.steps = unit.segments * unit.segment_steps
        self.escrow = self.due * unit.replicas
        self.execute = terms.base(terms.costs.execute)
        self.check = self.execute * unit.samples // unit.segments
        self.gain = terms.base(terms.costs.gain)
        self.dispute = terms.base(terms.costs.dispute)
        self.audits = unit.auditors * unit.samples
        # An auditor that says nothing gives up its pay; one that says it alone gets the whole bounty.
        pay = terms.base(Fraction(terms.rule.audit, 10_000)) // max(1, unit.auditors)
        self.bribe = terms.base(demand(terms) * terms.rule.bounty / 10_000) + pay
        self.eligible = int(unit.least_stake >= demand(terms))
        ways = [unit.auditors > 0, unit.attesters > 0, unit.replicas > 1]
        self.ways = [way for way, asked in enumerate(ways, 2) if asked]
        """The ways that the policy asks for, best first."""
        self.asked = sum(1 << way - 1 for way in self.ways)
        self._found = {0: 0.0}

    def finds(self, bad: int) -> float:
        """Chance that a sample has one of so many bad segments: the protocol's own formula."""
        chance = self._found.get(bad)
        if chance is None:
            unit = self.terms.unit
            chance = self._found[bad] = float(1 - escape(unit.segments, unit.samples, bad)) if unit.auditors else 0.0
        return chance

    def rows(self, epochs: int) -> Iterator[Row]:
        """The rows of so many epochs."""
        from .epoch import EpochRun

        run: type[EpochRun] = EpochRun
        if self.job is not None:
            from .evidence import RealRun

            run = RealRun
        for number in range(epochs):
            yield from run(self, number).rows()

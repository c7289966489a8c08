"""One network over its epochs: places are drawn, work is done or not, audits find it or not; the settlement is real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final, NamedTuple

from ...protocol.rewards.epoch import Epoch
from ...protocol.rewards.records import (
    AccountRecord,
    CheckRecord,
    ClaimRecord,
    EquivocationRecord,
    RefutationRecord,
    SilenceRecord,
    UnitRecord,
    VerdictRecord,
)
from ...protocol.rewards.rule import Rule
from ...protocol.rewards.settle import settle
from ..soundness.formulas import escape
from ..soundness.tables import slash
from ..terms import Terms
from .real import Real
from .strategies import HONEST, Strategy

NETWORK: Final = "laboratory"
REQUESTERS: Final = 8
"""Honest requesters."""
SLOTS: Final = 100
"""Slots of an epoch."""
_EVIDENCE: Final = bytes(32)
_ONE: Final = 1 << 32


class Party(NamedTuple):
    """Accounts that act as one."""

    strategy: Strategy
    accounts: int
    """Worker accounts."""
    share: float = 0.25
    """What a skipper skips."""
    level: float = 0.5
    """The reputation from which on a sleeper forges."""
    stake: int | None = None
    """Of each account, in base units; None: what the terms say."""
    units: int = 10
    """How many units an account of a farmer asks of itself in an epoch: they cost nothing to run."""
    reputation: float = 0.0
    """Of each account in the beginning: what a sleeper has earned before."""


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

    @property
    def profit(self) -> int:
        """What the party has more than before."""
        return self.paid + self.gained - self.slashed - self.spent


@dataclass(slots=True)
class _Place:
    """One place of a unit, as its worker fills it."""

    account: int
    bad: int
    result: int
    """0: the true one; else an invented or forged one."""
    cost: int
    wants: bool
    late: bool
    provers: list[int]
    slot: int = 2
    silent: int = 0


class World:
    """The accounts, and one epoch after the other. `twin` makes every party honest, and changes nothing else."""

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
        self.terms, self.rule, self.run = terms, rule, run
        self.random = Random(f"{seed}/{run}")
        self.parties = parties
        self.twin = twin
        unit = terms.unit
        self.due = unit.due
        self.execute = terms.base(terms.costs.execute)
        self.check = self.execute * unit.samples // unit.segments
        self.gain = terms.base(terms.costs.gain)
        self.dispute = terms.base(terms.costs.dispute)
        self.least = terms.base(slash(terms)) if terms.network.least_stake else 1
        self.found = {0: 0.0}
        workers = max(terms.network.workers, sum(party.accounts for party in parties))
        self.workers = workers
        self.whose: list[int] = []
        for number, party in enumerate(parties):
            self.whose += [number] * party.accounts
        self.whose += [-1] * (workers - len(self.whose))
        self.acting: list[Strategy | None] = [
            None if owner < 0 or twin else parties[owner].strategy for owner in self.whose
        ]
        # After the workers: honest requesters, then one requester for each party.
        self.count = workers + REQUESTERS + len(parties)
        whole = terms.base(terms.costs.stake)
        self.stakes = [whole] * workers + [0] * (self.count - workers)
        for account, owner in enumerate(self.whose):
            if owner >= 0 and parties[owner].stake is not None:
                self.stakes[account] = parties[owner].stake or 0
        self.reputations = [0] * self.count
        for account, owner in enumerate(self.whose):
            if owner >= 0:
                self.reputations[account] = min(_ONE - 1, int(parties[owner].reputation * _ONE))
        self.keys = [number.to_bytes(48) for number in range(self.count)]
        self.addresses = [(number + 1).to_bytes(20) for number in range(self.count)]
        self.committee = list(range(unit.attesters))
        self.hash = rule.hash(NETWORK)
        self.real = Real(unit.segments, unit.samples) if real and unit.auditors else None
        self.steps = self.real.steps if self.real else unit.segments * unit.segment_steps
        self.serial = 0

    def rows(self, epochs: int) -> Iterator[Row]:
        """The rows of so many epochs."""
        for number in range(epochs):
            yield from _EpochRun(self, number).rows()

    def finds(self, bad: int) -> float:
        """Chance that an honest auditor's sample has one of so many bad segments: the protocol's own formula."""
        chance = self.found.get(bad)
        if chance is None:
            unit = self.terms.unit
            chance = self.found[bad] = float(1 - escape(unit.segments, unit.samples, bad)) if unit.auditors else 0.0
        return chance


class _EpochRun:
    """The records of one epoch as they come about."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.units: list[UnitRecord] = []
        self.claims: list[ClaimRecord] = []
        self.verdicts: list[VerdictRecord] = []
        self.checks: list[CheckRecord] = []
        self.refutations: list[RefutationRecord] = []
        self.silences: list[SilenceRecord] = []
        self.equivocations: list[EquivocationRecord] = []
        self.spent = [0] * world.count
        self.gained = [0] * world.count
        self.counts = [[0, 0, 0, 0] for _ in world.parties]
        unit = world.terms.unit
        self.steps = world.steps
        self.escrow = world.due * unit.replicas
        self.audits = unit.auditors * unit.samples

    def rows(self) -> list[Row]:
        """Draw, work, audit, settle; what each party has of it."""
        self._work()
        world = self.world
        epoch = Epoch(
            network=NETWORK,
            number=self.number,
            first_slot=0,
            last_slot=SLOTS,
            rule=world.hash,
            treasury=b"\xff" * 20,
            accounts=list(map(AccountRecord, world.keys, world.addresses, world.stakes, world.reputations)),
            units=self.units,
            claims=self.claims,
            verdicts=self.verdicts,
            checks=self.checks,
            refutations=self.refutations,
            silences=self.silences,
            equivocations=self.equivocations,
        )
        made = settle(epoch, world.rule)
        return self._rows(made)

    def _rows(self, made: Any) -> list[Row]:
        world = self.world
        size = len(world.parties)
        paid, slashed, spent, gained = [0] * size, [0] * size, [0] * size, [0] * size
        first = world.workers + REQUESTERS
        for unit in self.units:
            if unit.requester >= first:
                paid[unit.requester - first] -= unit.escrow
        whose, workers = world.whose, world.workers
        for account, _, amount in made.by_reason():
            owner = whose[account] if account < workers else account - first
            if owner >= 0:
                paid[owner] += amount
        for account, stake, reputation in made.changed():
            owner = whose[account] if account < workers else account - first
            if owner >= 0:
                slashed[owner] += world.stakes[account] - stake
            world.stakes[account], world.reputations[account] = stake, reputation
        for account in range(world.count):
            owner = whose[account] if account < workers else account - first
            if owner >= 0:
                spent[owner] += self.spent[account]
                gained[owner] += self.gained[account]
        return [
            Row(
                world.run,
                self.number,
                party.strategy.name,
                max(1, party.accounts),
                self.counts[at][0],
                self.counts[at][1],
                self.counts[at][2],
                self.counts[at][3],
                paid[at],
                slashed[at],
                spent[at],
                gained[at],
            )
            for at, party in enumerate(world.parties)
        ]

    def _work(self) -> None:
        """Every worker whose stake suffices has one place, of a unit that it shares by chance."""
        world = self.world
        acting, least, stakes = world.acting, world.least, world.stakes
        farms = [
            account for account, how in enumerate(acting) if how is not None and how.farms and stakes[account] >= least
        ]
        drawn = [
            account
            for account in range(world.workers)
            if stakes[account] >= least and not ((how := acting[account]) is not None and how.farms)
        ]
        world.random.shuffle(drawn)
        size = world.terms.unit.replicas
        thrashers = [at for at, party in enumerate(world.parties) if party.strategy.thrashes]
        for number, start in enumerate(range(0, len(drawn) - size + 1, size)):
            requester = world.workers + number % REQUESTERS
            for at in thrashers:
                if number % 10 == 0:
                    requester = world.workers + REQUESTERS + at
            group = drawn[start : start + size]
            self._unit(group, requester)
        for start in range(0, len(farms) - size + 1, size):
            group = farms[start : start + size]
            owner = world.whose[group[0]]
            for _ in range(world.parties[owner].units):
                self._unit(group, world.workers + REQUESTERS + owner)

    def _unit(self, group: list[int], requester: int) -> None:
        world = self.world
        unit = world.terms.unit
        world.serial += 1
        serial = world.serial << 8
        name = serial.to_bytes(32)
        ways = 1 << 3 if unit.replicas > 1 else 1 << 1
        self.units.append(
            UnitRecord(
                name, requester, unit.price, self.escrow, 50, unit.replicas, ways, self.audits, unit.attesters, 1
            )
        )
        if world.terms.network.adaptive and not self._replicated(group[0]):
            group = group[:1]
        acting = world.acting
        for account in group:
            if acting[account] is not None:
                self._contested(name, serial, group, requester)
                return
        # All honest: the way that nearly every unit goes.
        way = 4 if unit.replicas > 1 else 2
        quorum = len(group) >= unit.quorum or len(group) == 1
        outcome = 1 if quorum else 2
        for at, account in enumerate(group):
            claim = (serial + at).to_bytes(32)
            self.claims.append(ClaimRecord(claim, name, account, self.steps, at, 1, 2))
            self.verdicts.append(VerdictRecord(claim, way, outcome, _EVIDENCE))
            self.spent[account] += world.execute
            self._count(account, 0)
            if unit.auditors:
                self._audit(claim, account, group, 0, requester)
            if unit.attesters:
                self._attest(name, claim, account)

    def _count(self, account: int, what: int) -> None:
        owner = self.world.whose[account]
        if owner >= 0:
            self.counts[owner][what] += 1

    def _replicated(self, primary: int) -> bool:
        world = self.world
        chance = max(float(world.terms.network.floor), 1 - world.reputations[primary] / _ONE)
        return world.random.random() < chance

    def _audit(self, claim: bytes, worker: int, group: list[int], bad: int, requester: int) -> list[int]:
        """Draw a claim's auditors, have them check; those who find a bad segment and say so."""
        world = self.world
        unit = world.terms.unit
        random, acting, workers = world.random.random, world.acting, world.workers
        provers: list[int] = []
        taken: list[int] = []
        # One sample for all of a claim's auditors, AUD-001.
        if world.real is not None:
            hit = world.real.audit(worker, self._which(bad), world.random.randbytes(32), world.random.randbytes(32))
        else:
            hit = bad > 0 and random() < world.finds(bad)
        while len(taken) < unit.auditors:
            auditor = int(random() * workers)
            if auditor in group or auditor in taken:
                continue
            taken.append(auditor)
            how = acting[auditor]
            mate = how is not None and world.whose[auditor] == world.whose[worker]
            stamps = how is not None and how.stamps
            self.checks.append(CheckRecord(claim, 1, auditor, unit.samples, 0 if stamps else 1, _EVIDENCE))
            if not stamps:
                self.spent[auditor] += world.check
            if hit and not stamps and not mate:
                provers.append(auditor)
        if requester >= workers + REQUESTERS and not world.twin:
            party = world.parties[requester - workers - REQUESTERS]
            if party.strategy.thrashes:
                self.spent[requester] += world.dispute * unit.auditors
        return provers

    def _which(self, bad: int) -> list[int]:
        """Which segments of a really executed trace are bad."""
        return self.world.random.sample(range(self.world.terms.unit.segments), bad)

    def _attest(self, unit: bytes, claim: bytes, worker: int) -> None:
        world = self.world
        for member in world.committee:
            if member == worker:
                continue
            self.spent[member] += world.check
            self.checks.append(CheckRecord(claim, 2, member, 1, 1, _EVIDENCE))
            how = world.acting[member]
            if how is not None and how.equivocates:
                self.equivocations.append(EquivocationRecord(unit, member, _EVIDENCE))

    def _contested(self, name: bytes, serial: int, group: list[int], requester: int) -> None:
        """A unit in which somebody may cheat."""
        world = self.world
        unit = world.terms.unit
        places = [self._place(group, at) for at in range(len(group))]
        for at, place in enumerate(places):
            claim = (serial + at).to_bytes(32)
            self.spent[place.account] += place.cost
            self._count(place.account, 0)
            if place.bad:
                self._count(place.account, 1)
            if place.late:
                continue
            if unit.auditors:
                place.provers = self._audit(claim, place.account, group, place.bad, requester)
            if unit.attesters:
                self._attest(name, claim, place.account)
            self._react(place)
        self._compare(places)
        results = [place.result for place in places if not place.late and place.silent != 1]
        way = 4 if unit.replicas > 1 else 2
        needed = unit.quorum if len(group) > 1 else 1
        worth: set[int] = set()
        for at, place in enumerate(places):
            claim = (serial + at).to_bytes(32)
            if place.silent:
                self.silences.append(SilenceRecord(name, place.account, place.silent, _EVIDENCE))
                self._count(place.account, 3)
            if place.late or place.silent == 1:
                continue
            self.claims.append(ClaimRecord(claim, name, place.account, self.steps, at, 1, 2))
            accepted = results.count(place.result) >= needed
            self.verdicts.append(VerdictRecord(claim, way, 1 if accepted else 2, _EVIDENCE))
            if place.provers and not place.silent:
                self._count(place.account, 2)
                for prover in place.provers:
                    self.refutations.append(RefutationRecord(claim, place.slot, prover, _EVIDENCE))
            elif accepted and place.wants and not place.silent and place.result not in worth:
                worth.add(place.result)
                self.gained[place.account] += world.gain

    def _place(self, group: list[int], at: int) -> _Place:
        """What an account does with its place."""
        world = self.world
        account = group[at]
        how = world.acting[account] or HONEST
        owner = world.whose[account]
        party = world.parties[owner] if owner >= 0 else Party(HONEST, 0)
        held = [other for other in group if world.whose[other] == owner] if owner >= 0 else [account]
        if how.grieves:
            self.spent[account] += world.dispute
        segments = world.terms.unit.segments
        forges = how.bad != "none"
        if how.when == "trusted":
            forges = world.reputations[account] >= party.level * _ONE
        elif how.when == "all":
            forges = len(held) == len(group) == world.terms.unit.replicas
        elif how.when == "quorum":
            forges = len(held) >= world.terms.unit.quorum
        counts = {"one": 1, "some": max(1, int(segments * party.share)), "all": segments}
        bad = counts[how.bad] if forges else 0
        cost = world.execute
        if how.effort == "none":
            cost = 0
        elif how.effort == "rest":
            cost -= world.execute * bad // segments
        elif how.effort == "shared" and held[0] != account:
            cost = 0
        result = 0
        if bad:
            result = 1 + (owner if how.agreed else 1000 + at)
        return _Place(account, bad, result, cost, how.wants and forges, how.late, [])

    def _react(self, place: _Place) -> None:
        """What a cheat does when its bad segment was drawn by somebody who will say so."""
        how = self.world.acting[place.account]
        if how is None or not place.provers:
            return
        if how.caught == "unrevealed":
            place.silent, place.provers = 1, []
        elif how.caught == "silent":
            place.silent, place.provers = 2, []
        elif how.caught == "report":
            owner = self.world.whose[place.account]
            mates = [a for a, other in enumerate(self.world.whose) if other == owner and a != place.account]
            if mates:
                place.provers, place.slot = mates[:1], 1

    def _compare(self, places: list[_Place]) -> None:
        """Reveals are public: honest replicas prove what differs from theirs; whoever agrees falls together."""
        world = self.world
        honest = [
            place.account
            for place in places
            if not place.bad and not place.late and world.acting[place.account] is None
        ]
        for place in places:
            if not place.bad or place.late or place.silent or place.provers:
                continue
            if honest:
                place.provers, place.slot = honest[:1], 3
            elif world.terms.network.watchers and world.random.random() < world.terms.network.watchers:
                place.provers, place.slot = [world.workers], 4
        proven = {place.result: place for place in places if place.provers}
        for place in places:
            if place.bad and not place.provers and not place.late and not place.silent and place.result in proven:
                place.provers, place.slot = proven[place.result].provers[:1], 4

"""One epoch: places are drawn, work is done or not, audits find it or not; the settlement is the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ...protocol.rewards.epoch import Epoch
from ...protocol.rewards.records import (
    AccountRecord,
    CheckKind,
    CheckRecord,
    ClaimRecord,
    EquivocationRecord,
    RefutationRecord,
    SilenceRecord,
    UnitRecord,
    VerdictRecord,
    Way,
)
from ...protocol.rewards.settle import settle
from ...protocol.rewards.settlement import Settlement
from .drawing import Draw
from .network import NETWORK
from .strategies import HONEST, Strategy
from .world import ONE, Row, World

SLOTS: Final = 100
"""Slots of an epoch."""
THRASHED: Final = 10
"""Of so many units one is a thrasher's."""
_EVIDENCE: Final = bytes(32)
ACCEPTED, NOT_ACCEPTED = 1, 2
_HALTED, _DRAWN = 1, 2
_AUDIT, _ATTESTATION = map(int, CheckKind)
REEXECUTED, AUDITED, ATTESTED, QUORUM = map(int, Way)
REVEAL, ANSWER = 1, 2
BY_SELF, BY_AUDITOR, BY_REPLICA, BY_OTHERS = 1, 2, 3, 4
"""Slots in which commitments to fault proofs are receipted."""
_new = tuple.__new__
"""As calling the record's class, in half the time."""


@dataclass(slots=True)
class Place:
    """One place of a unit, as its worker fills it."""

    account: int
    owner: int
    how: Strategy
    claim: bytes
    bad: int
    result: int
    """0: the true one; else an invented or forged one."""
    auditors: list[int] = field(default_factory=list)
    hit: bool = False
    """The audit's sample has a bad segment."""
    provers: list[int] = field(default_factory=list)
    slot: int = 0
    silent: int = 0
    revealed: bool = True


class EpochRun:
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
        self.shown: set[tuple[bytes, int]] = set()
        """Who has shown its check of which claim, where a committee vouches: one check serves both kinds of pay."""
        self.assigned: list[int] = []
        """Who was drawn for the unit at hand, called or not: they don't audit it (REG-027)."""
        self.draw = Draw(world.stakes, list(map(world.room, world.stakes)))

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
        return self._rows(settle(epoch, world.rule))

    def _rows(self, made: Settlement) -> list[Row]:
        world = self.world
        size = len(world.parties)
        paid, slashed, spent, gained = [0] * size, [0] * size, [0] * size, [0] * size
        for unit in self.units:
            if unit.requester >= world.first:
                paid[unit.requester - world.first] -= unit.escrow
        for account, _, amount in made.by_reason():
            if (owner := self._owner(account)) >= 0:
                paid[owner] += amount
        for account, stake, reputation in made.changed():
            if (owner := self._owner(account)) >= 0:
                slashed[owner] += world.stakes[account] - stake
            world.stakes[account], world.reputations[account] = stake, reputation
        for account in range(world.count):
            if (owner := self._owner(account)) >= 0:
                spent[owner] += self.spent[account]
                gained[owner] += self.gained[account]
        totals = made.totals
        everybody = totals.payouts + totals.refunds - totals.escrow - totals.slashes - sum(self.spent)
        return [
            Row(
                world.run,
                self.number,
                party.name,
                max(1, party.accounts),
                self.counts[at][0],
                self.counts[at][1],
                self.counts[at][2],
                self.counts[at][3],
                paid[at],
                slashed[at],
                spent[at],
                gained[at],
                everybody - (paid[at] - slashed[at] - spent[at]),
            )
            for at, party in enumerate(world.parties)
        ]

    def _owner(self, account: int) -> int:
        """Whose an account is: a party's number, or below zero."""
        world = self.world
        return world.whose[account] if account < world.workers else account - world.first

    def _count(self, account: int, what: int) -> None:
        owner = self.world.whose[account]
        if owner >= 0:
            self.counts[owner][what] += 1

    # Who works on what

    def _work(self) -> None:
        """Draw the units' workers, and have them work; farmers then fill what room they have left with their own."""
        world = self.world
        terms = world.terms
        replicas, requesters = terms.unit.replicas, terms.network.requesters
        thrashers = [at for at, party in enumerate(world.parties) if party.strategy.thrashes]
        for number in range(int(terms.network.workers * terms.network.demand // replicas)):
            group = self._take(replicas)
            if group is None:
                break
            at = number % THRASHED
            thrashed = at < len(thrashers)
            requester = world.first + thrashers[at] if thrashed else world.workers + number % requesters
            self._unit(group, requester, thrashed and not world.twin)
        if not world.twin:
            for at, party in enumerate(world.parties):
                if party.strategy.farms:
                    self._farm(at)
        self._grieve()

    def _take(self, count: int) -> list[int] | None:
        group = self.draw.take(self.world.draws, count)
        for account in group or ():
            self.draw.occupy(account)
        return group

    def _farm(self, party: int) -> None:
        """A farmer's own units, and the best that can happen to it: that its own accounts are drawn for all of them."""
        world, room = self.world, self.draw.room
        own = [account for account, owner in enumerate(world.whose) if owner == party]
        replicas = world.terms.unit.replicas
        for _ in range(world.parties[party].units):
            free = [account for account in own if room[account]]
            for start in range(0, len(free) - replicas + 1, replicas):
                group = free[start : start + replicas]
                for account in group:
                    self.draw.occupy(account)
                    self.spent[account] -= world.execute  # an endless loop's states are known without running it
                self._unit(group, world.first + party, False)

    def _grieve(self) -> None:
        """Griefers each dispute a claim, which costs them and whoever has to answer."""
        world = self.world
        for account, how in enumerate(world.acting):
            if how is not None and how.grieves and self.claims:
                claim = world.chance.choice(self.claims)
                self.spent[account] += world.dispute
                self.spent[claim.worker] += world.dispute

    # One unit

    def _unit(self, group: list[int], requester: int, thrashed: bool) -> None:
        world = self.world
        unit = world.terms.unit
        world.serial += 1
        serial = world.serial << 8
        name = serial.to_bytes(32)
        self.units.append(
            UnitRecord(
                name,
                requester,
                unit.price,
                world.escrow,
                50,
                unit.replicas,
                world.asked,
                world.audits,
                unit.attesters,
                world.eligible,
            )
        )
        self.assigned = group
        if world.terms.network.adaptive and not self._replicated(group[0]):
            group = group[:1]
        acting = world.acting
        if not world.ways or any(acting[account] is not None for account in group):
            self._contested(name, serial, group, requester, thrashed)
            return
        # All honest: the way that nearly every unit goes.
        for at, account in enumerate(group):
            claim = (serial + at).to_bytes(32)
            self._claim(claim, name, account, at)
            self.spent[account] += world.execute
            self._count(account, 0)
            if thrashed:
                self._reexecute(claim, requester)
                continue
            for way in world.ways:
                self.verdicts.append(_new(VerdictRecord, (claim, way, ACCEPTED, _EVIDENCE)))
            if unit.auditors:
                self._checked(claim, self.draw.take(world.audits_drawn, unit.auditors, self.assigned) or [], True)
            if unit.attesters:
                self._attest(name, claim, account, False, False)

    def _replicated(self, primary: int) -> bool:
        world = self.world
        chance = max(float(world.terms.network.floor), 1 - world.reputations[primary] / ONE)
        return world.chance.random() < chance

    def _claim(self, claim: bytes, unit: bytes, account: int, at: int) -> None:
        self.claims.append(_new(ClaimRecord, (claim, unit, account, self.world.steps, at, _HALTED, _DRAWN)))

    def _reexecute(self, claim: bytes, requester: int) -> None:
        """What can't be audited is executed again or disputed, whichever is cheaper, at the requester's cost."""
        world = self.world
        self.spent[requester] += min(world.execute, world.dispute * world.terms.unit.samples)
        self.verdicts.append(VerdictRecord(claim, REEXECUTED, ACCEPTED, _EVIDENCE))

    def _checked(self, claim: bytes, auditors: Sequence[int], shown: bool) -> None:
        """Auditors check a claim's sample, and show that they did; `shown`: a stamper finds somebody to copy."""
        world = self.world
        samples, acting = world.terms.unit.samples, world.acting
        for auditor in auditors:
            how = acting[auditor]
            if how is not None and how.stamps:
                if shown:
                    self.checks.append(CheckRecord(claim, _AUDIT, auditor, samples, 0, _EVIDENCE))
                continue
            self.checks.append(_new(CheckRecord, (claim, _AUDIT, auditor, samples, 1, _EVIDENCE)))
            self.spent[auditor] += world.check
            if world.committee:
                self.shown.add((claim, auditor))

    def _own_check(self, claim: bytes, member: int) -> None:
        """What a member does before it vouches: show a check of the audit's sample, or execute again without audits."""
        world = self.world
        if not world.terms.unit.auditors:
            self.spent[member] += world.execute
        elif (claim, member) not in self.shown:
            self.spent[member] += world.check
            self.shown.add((claim, member))

    def _attest(self, unit: bytes, claim: bytes, worker: int, found: bool, refuted: bool) -> tuple[int, ...]:
        """The committee's members check and sign; the outcomes that a threshold signed."""
        world = self.world
        good = bad = 0
        signed: list[tuple[int, bool]] = []
        for member in world.committee:
            if member == worker:
                continue
            how = world.acting[member] or HONEST
            if not how.signs:
                self._own_check(claim, member)
            says_bad = found and not how.signs
            good += how.equivocates or not says_bad
            bad += how.equivocates or says_bad
            signed.append((member, says_bad))
        outcomes = tuple(
            outcome for outcome, count in ((ACCEPTED, good), (NOT_ACCEPTED, bad)) if count >= world.terms.unit.threshold
        )
        judged = outcomes[0] if len(outcomes) == 1 else 0
        if refuted:
            judged = NOT_ACCEPTED
        elif AUDITED in world.ways and not found:
            judged = ACCEPTED
        self._attested(unit, claim, signed, outcomes, judged)
        return outcomes

    def _attested(
        self, unit: bytes, claim: bytes, signed: list[tuple[int, bool]], outcomes: tuple[int, ...], judged: int
    ) -> None:
        for member, says_bad in signed:
            how = self.world.acting[member]
            twice = how is not None and how.equivocates
            if twice:
                self.equivocations.append(EquivocationRecord(unit, member, _EVIDENCE))
            # RWD-040: paid are those who signed an aggregate with the outcome that was judged, and showed their check.
            attested = judged in outcomes and (twice or says_bad == (judged == NOT_ACCEPTED))
            proven = int(attested and (claim, member) in self.shown)
            self.checks.append(CheckRecord(claim, _ATTESTATION, member, 1, proven, _EVIDENCE))

    # A unit in which somebody may cheat

    def _contested(self, name: bytes, serial: int, group: list[int], requester: int, thrashed: bool) -> None:
        world = self.world
        places = [self._place(group, at, serial) for at in range(len(group))]
        for place in places:
            self._sample(place)
            self._react(place)
        self._compare(places, requester)
        results = [place.result for place in places if place.revealed]
        needed = world.terms.unit.quorum if len(group) > 1 else 1
        gained: set[int] = set()
        for at, place in enumerate(places):
            if place.silent:
                self._silence(name, place)
                self._count(place.account, 3)
            if not place.revealed:
                continue
            self._claim(place.claim, name, place.account, at)
            self._prove(place)
            if place.provers and not place.silent:
                self._count(place.account, 2)
            agreed = results.count(place.result) >= needed
            accepted = self._judge(name, place, agreed, requester, thrashed)
            if accepted and place.how.wants and place.bad and place.owner not in gained:
                gained.add(place.owner)
                self.gained[place.account] += world.gain

    def _place(self, group: list[int], at: int, serial: int) -> Place:
        """What an account does with its place, and what that costs it."""
        world = self.world
        account = group[at]
        how, owner = world.acting[account] or HONEST, world.whose[account]
        held = [other for other in group if world.whose[other] == owner] if owner >= 0 else [account]
        party = world.parties[owner] if owner >= 0 else None
        forges = how.bad != "none"
        if how.when == "trusted":
            forges = party is not None and world.reputations[account] >= party.level * ONE
        elif how.when == "all":
            forges = len(held) == len(group) == world.terms.unit.replicas
        elif how.when == "quorum":
            forges = len(held) >= world.terms.unit.quorum
        segments = world.terms.unit.segments
        some = max(1, int(segments * party.skips)) if party else 0
        bad = {"none": 0, "one": 1, "some": some, "all": segments}[how.bad] if forges else 0
        cost = world.execute
        if how.effort == "none" or (how.effort == "shared" and held[0] != account):
            cost = 0
        elif how.effort == "rest":
            cost -= world.execute * bad // segments
        self.spent[account] += cost
        self._count(account, 0)
        if bad:
            self._count(account, 1)
        result = 1 + (owner if how.agreed else 1000 + at) if bad else 0
        place = Place(account, owner, how, (serial + at).to_bytes(32), bad, result)
        if how.commits != "own":
            place.revealed = False
            if how.commits == "copied":
                place.silent = REVEAL
                self._count(account, 1)
        return place

    def _sample(self, place: Place) -> None:
        """Draw a claim's auditors and its sample, which is one for all of them (AUD-001)."""
        if self.world.terms.unit.auditors and place.revealed:
            self._drawn(place)
        if place.hit:
            honest = [auditor for auditor in place.auditors if not self._silenced(auditor, place.owner)]
            place.provers, place.slot = honest, BY_AUDITOR

    def _drawn(self, place: Place) -> None:
        """The draw itself: by the protocol's own formula."""
        world = self.world
        place.auditors = self.draw.take(world.audits_drawn, world.terms.unit.auditors, self.assigned) or []
        place.hit = place.bad > 0 and world.chance.random() < world.finds(place.bad)

    def _silenced(self, auditor: int, owner: int) -> bool:
        """Whether an auditor that is shown a bad segment of a party says nothing: its own, or one that doesn't look."""
        world = self.world
        how = world.acting[auditor]
        return how is not None and (how.stamps or world.whose[auditor] == owner)

    def _react(self, place: Place) -> None:
        """What a cheat does when its bad segment was drawn by somebody who will say so."""
        if not place.provers:
            return
        caught = place.how.caught
        if caught == "unrevealed":
            place.silent, place.revealed, place.provers = REVEAL, False, []
        elif caught == "silent":
            place.silent, place.provers = ANSWER, []
        elif caught == "report":
            owners = self.world.whose
            mates = (a for a, owner in enumerate(owners) if owner == place.owner and a != place.account)
            if (mate := next(mates, None)) is not None:
                place.provers, place.slot = [mate], BY_SELF
        elif caught == "bribe":
            self.spent[place.account] += self.world.bribe * len(place.provers)
            place.auditors = [auditor for auditor in place.auditors if auditor not in place.provers]
            place.provers = []

    def _compare(self, places: list[Place], requester: int) -> None:
        """Reveals are public: honest replicas prove what differs from theirs; whoever agrees falls together."""
        world = self.world
        watchers = world.terms.network.watchers
        for place in places:
            if not place.bad or not place.revealed or place.provers:
                continue
            others = [other for other in places if not other.bad and other.revealed and other.owner != place.owner]
            if others:
                place.provers, place.slot = [other.account for other in others], BY_REPLICA
            elif not world.ways:
                place.provers, place.slot = [requester], BY_OTHERS  # who executes again to accept anything at all
            elif watchers and world.chance.random() < watchers:
                place.provers, place.slot = [world.workers], BY_OTHERS
        proven = {place.result: place.provers for place in places if place.provers}
        for place in places:
            if place.bad and place.revealed and not place.provers and place.result in proven:
                place.provers, place.slot = proven[place.result][:1], BY_OTHERS

    def _prove(self, place: Place) -> None:
        """Whoever can prove that a claim is false does."""
        for prover in place.provers:
            self.refutations.append(RefutationRecord(place.claim, place.slot, prover, _EVIDENCE))

    def _judge(self, unit: bytes, place: Place, agreed: bool, requester: int, thrashed: bool) -> bool:
        """The verdicts on a revealed claim, and whether it is accepted by them (STL-031)."""
        world = self.world
        claim = place.claim
        outcomes: dict[int, tuple[int, ...]] = {}
        if thrashed or not world.ways:
            self._reexecute(claim, requester)
            return not place.bad
        if AUDITED in world.ways:
            # The proof of an audit shows the drawn segments: of a bad one there is none that accepts.
            outcomes[AUDITED] = () if place.hit else (ACCEPTED,)
            self._audited(place)
        if ATTESTED in world.ways and not place.silent:
            seen = place.hit if world.terms.unit.auditors else place.bad > 0
            outcomes[ATTESTED] = self._attest(unit, claim, place.account, seen, bool(place.provers))
        if QUORUM in world.ways:
            outcomes[QUORUM] = (ACCEPTED if agreed else NOT_ACCEPTED,)
        self._verdicts(claim, outcomes)
        decided = next((said[0] for said in outcomes.values() if len(said) == 1), 0)
        return decided == ACCEPTED and not place.provers and not place.silent

    def _verdicts(self, claim: bytes, outcomes: Mapping[int, tuple[int, ...]]) -> None:
        for way, said in outcomes.items():
            self.verdicts += [VerdictRecord(claim, way, outcome, _EVIDENCE) for outcome in said]

    def _silence(self, unit: bytes, place: Place) -> None:
        self.silences.append(SilenceRecord(unit, place.account, place.silent, _EVIDENCE))

    def _audited(self, place: Place) -> None:
        """Who shows its check of a bad segment shows the segment: those who keep quiet keep that to themselves too."""
        if place.silent:
            return  # there is nothing to check
        quiet = [a for a in place.auditors if place.hit and a not in place.provers and self._silenced(a, place.owner)]
        self._checked(place.claim, [a for a in place.auditors if a not in quiet], not place.hit)

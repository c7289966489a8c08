"""What happened, as a rule sees it: claims judged, offences counted; what contradicts is set aside and named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from .epoch import Epoch
from .records import (
    WHOLE,
    AccountRecord,
    Assigned,
    BeneficiaryRecord,
    CheckKind,
    ClaimRecord,
    RecordType,
    RefutationRecord,
    UnitRecord,
)


class Aside(IntEnum):
    """Why a record was set aside (STL-020); the clauses are in spec/settlement.md's table."""

    UNIT_CONTRADICTION = 1
    UNIT_NOT_DUE = 2
    WITHOUT_UNIT = 3
    BENEFICIARY_CONTRADICTION = 4
    SHARES_EXCEED = 5
    CLAIM_CONTRADICTION = 6
    SECOND_CLAIM = 7
    NOT_ASSIGNED = 8
    WITHOUT_CLAIM = 9
    WAY_NOT_ASKED = 10
    VERDICT_CONTRADICTION = 11
    CHECK_CONTRADICTION = 12
    NOT_PROVEN = 13
    OWN_CHECK = 14
    LATE = 15
    EQUIVOCATED = 16
    EVIDENCE_MISSING = 17
    EVIDENCE_INVALID = 18


class SetAside(NamedTuple):
    """A record that counts for nothing: its type, its place among those of its type in canonical order, and why."""

    type: int
    place: int
    reason: int


class CheckFact(NamedTuple):
    """A check that was proven (STL-034)."""

    kind: int
    checker: int
    part: int


class ClaimFact(NamedTuple):
    """A claim, judged (STL-031)."""

    id: bytes
    worker: int
    steps: int
    slot: int
    status: int
    drawn: bool
    judged: bool
    """A verdict or a refutation says something of it."""
    accepted: bool
    placed: bool
    """It is among the claims that the unit pays (STL-033)."""
    checks: tuple[CheckFact, ...]


class OffenceFact(NamedTuple):
    """What an account is slashed for: once for each unit, whatever shows it (STL-035)."""

    account: int
    refuted: bool
    provers: tuple[int, ...]
    """The earliest provers of all refutations of the account's claim, ascending; nobody if it was only silent."""


class UnitFact(NamedTuple):
    """A unit with all that happened to it."""

    id: bytes
    requester: int
    price: int
    escrow: int
    places: int
    audit_whole: int
    attestation_whole: int
    eligible: bool
    beneficiaries: tuple[tuple[bytes, int], ...]
    """(address, share in basis points), by ascending address."""
    claims: tuple[ClaimFact, ...]
    """By ascending id."""
    offences: tuple[OffenceFact, ...]
    """By ascending account."""


class EquivocationFact(NamedTuple):
    """An account that signed two things that exclude each other, about a unit."""

    unit: int
    account: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a rule sees. Everything in it is immutable, and in an order that follows from the records' content."""

    network: str
    epoch: int
    first_slot: int
    last_slot: int
    accounts: Sequence[AccountRecord]
    """By ascending key."""
    units: Sequence[UnitFact]
    """By ascending id."""
    equivocations: Sequence[EquivocationFact]


def build_view(epoch: Epoch, refused: Iterable[SetAside] = ()) -> tuple[View, list[SetAside]]:
    """What happened, and the records that were set aside, ascending (STL-020 to STL-036).

    `epoch` is canonical; `refused` names records whose evidence doesn't hold (STL-060).
    """
    return _Judge(epoch, refused).judge()


class _Judge:
    """The records of one epoch as they are put together."""

    def __init__(self, epoch: Epoch, refused: Iterable[SetAside]) -> None:
        self.epoch = epoch
        self.asides = list(refused)
        self.refused: dict[int, set[int]] = defaultdict(set)
        for aside in self.asides:
            self.refused[aside.type].add(aside.place)
        self.accounts = len(epoch.accounts)
        """A unit's place and an account's are one integer, unit · accounts + account, where both are a key."""
        self.units: list[UnitRecord] = []
        self.names: dict[bytes, int] = {}
        """Unit's id to its place."""
        self.equivocated: set[int] = set()
        self.claims: list[ClaimRecord] = []
        """Claims that count, ascending by id; what is about claims is in lists beside it."""
        self.unit_of: list[int] = []
        self.ids: list[bytes] = []
        self.by_unit: list[int] = []
        """Places in `claims`, unit by unit."""
        self.void: set[int] = set()
        """Places in `claims` of those that can't be accepted (STL-028)."""

    def judge(self) -> tuple[View, list[SetAside]]:
        """Put everything together."""
        self._units()
        beneficiaries = self._beneficiaries()
        self._equivocations()
        self._claims()
        outcomes = self._verdicts()
        checks = self._checks()
        offences = self._offences()
        facts = self._claim_facts(outcomes, checks, offences)
        epoch = self.epoch
        view = View(
            network=epoch.network,
            epoch=epoch.number,
            first_slot=epoch.first_slot,
            last_slot=epoch.last_slot,
            accounts=tuple(epoch.accounts),
            units=tuple(self._unit_facts(facts, beneficiaries, offences)),
            equivocations=tuple(EquivocationFact(*divmod(key, self.accounts)) for key in sorted(self.equivocated)),
        )
        return view, sorted(self.asides)

    def _unit_facts(
        self,
        claims: list[ClaimFact],
        beneficiaries: dict[int, list[tuple[bytes, int]]],
        offences: dict[int, dict[int, OffenceFact]],
    ) -> Iterator[UnitFact]:
        """Units with what happened to them, by ascending id."""
        nothing: tuple[Any, ...] = ()
        order, start, end = self.by_unit, 0, 0
        for index, unit in enumerate(self.units):
            while end < len(order) and self.unit_of[order[end]] == index:
                end += 1
            judged = tuple([claims[at] for at in order[start:end]])
            start = end
            id, requester, price, escrow, _, places, _, audits, attestations, eligible = unit
            if len(judged) > places:
                judged = _placed(judged, places)
            shares = tuple(beneficiaries[index]) if index in beneficiaries else nothing
            guilty = offences.get(index)
            crimes = nothing if guilty is None else tuple(guilty[account] for account in sorted(guilty))
            known = (id, requester, price, escrow, places, audits, attestations, eligible == 1, shares, judged, crimes)
            yield tuple.__new__(UnitFact, known)  # as UnitFact(*known), in half the time

    def _records(self, kind: RecordType) -> tuple[Sequence[int], Sequence[Any]]:
        """The records of a type that weren't refused, and their places."""
        records = self.epoch.records(kind)
        refused = self.refused.get(kind)
        if not refused:
            return range(len(records)), records
        places = [place for place in range(len(records)) if place not in refused]
        return places, [records[place] for place in places]

    def _aside(self, kind: RecordType, place: int, reason: Aside) -> None:
        self.asides.append(SetAside(kind, place, reason))

    def _units(self) -> None:
        """Units that are due in this epoch, by ascending id (STL-021, STL-022)."""
        kind = RecordType.UNIT
        first, last = self.epoch.first_slot, self.epoch.last_slot
        places, records = self._records(kind)
        clash = _clashing(records, 0)
        for place, record in zip(places, records, strict=True):
            if record.id in clash:
                self._aside(kind, place, Aside.UNIT_CONTRADICTION)
            elif not first <= record.challenge <= last:
                self._aside(kind, place, Aside.UNIT_NOT_DUE)
            else:
                self.units.append(record)
        self.names = {unit.id: index for index, unit in enumerate(self.units)}

    def _beneficiaries(self) -> dict[int, list[tuple[bytes, int]]]:
        """Beneficiaries by unit (STL-023, STL-024)."""
        kind = RecordType.BENEFICIARY
        kept: dict[int, list[tuple[int, BeneficiaryRecord]]] = defaultdict(list)
        places, records = self._records(kind)
        clash = _clashing(records, 0, 1)
        for place, record in zip(places, records, strict=True):
            if record.unit not in self.names:
                self._aside(kind, place, Aside.WITHOUT_UNIT)
            elif record[:2] in clash:
                self._aside(kind, place, Aside.BENEFICIARY_CONTRADICTION)
            else:
                kept[self.names[record.unit]].append((place, record))
        shares = {}
        for unit, group in kept.items():
            if sum(record.share for _, record in group) > WHOLE:
                for place, _ in group:
                    self._aside(kind, place, Aside.SHARES_EXCEED)
            else:
                shares[unit] = [(record.address, record.share) for _, record in group]
        return shares

    def _equivocations(self) -> None:
        """Who contradicted itself about which unit (STL-025)."""
        for place, record in zip(*self._records(RecordType.EQUIVOCATION), strict=True):
            if record.unit in self.names:
                self.equivocated.add(self.names[record.unit] * self.accounts + record.account)
            else:
                self._aside(RecordType.EQUIVOCATION, place, Aside.WITHOUT_UNIT)

    def _claims(self) -> None:
        """Claims, whose they are and on what (STL-025 to STL-028)."""
        kind = RecordType.CLAIM
        places, records = self._records(kind)
        clash = _clashing(records, 0)
        kept: list[int] = []
        for place, record in zip(places, records, strict=True):
            unit = self.names.get(record[1])
            if unit is None:
                self._aside(kind, place, Aside.WITHOUT_UNIT)
            elif record[0] in clash:
                self._aside(kind, place, Aside.CLAIM_CONTRADICTION)
            elif record[6] == Assigned.NO:
                self._aside(kind, place, Aside.NOT_ASSIGNED)
            else:
                kept.append(place)
                self.claims.append(record)
                self.unit_of.append(unit)
        self.ids = [record[0] for record in self.claims]
        self.by_unit = sorted(range(len(kept)), key=self.unit_of.__getitem__)
        self._void(kept)

    def _void(self, places: list[int]) -> None:
        """Name the claims of whoever signed two on a unit, or contradicted itself; their checks count (STL-028)."""
        keys = [unit * self.accounts + claim.worker for unit, claim in zip(self.unit_of, self.claims, strict=True)]
        several = {key for key, count in Counter(keys).items() if count > 1} if len(set(keys)) < len(keys) else set()
        if not several and not self.equivocated:
            return
        for at, key in enumerate(keys):
            if key in several or key in self.equivocated:
                reason = Aside.SECOND_CLAIM if key in several else Aside.EQUIVOCATED
                self._aside(RecordType.CLAIM, places[at], reason)
                self.void.add(at)

    def _joined(self, records: Iterable[Any]) -> Iterator[int]:
        """The place in `claims` of the claim that each record names first, -1 if there is none; all ascend."""
        ids, at, end = self.ids, 0, len(self.ids)
        for record in records:
            claim = record[0]
            while at < end and ids[at] < claim:
                at += 1
            yield at if at < end and ids[at] == claim else -1

    def _verdicts(self) -> list[int]:
        """The outcome of each claim's deciding verdict, 0 if there is none (STL-029 to STL-031)."""
        kind = RecordType.VERDICT
        decided = [0] * len(self.claims)
        places, records = self._records(kind)
        outcomes: dict[tuple[bytes, int], set[int]] = {}
        if clash := _clashing(records, 0, 1):
            for record in records:
                if record[:2] in clash:
                    outcomes.setdefault(record[:2], set()).add(record.outcome)
        for place, at, record in zip(places, self._joined(records), records, strict=True):
            claim, way, outcome, _ = record
            if at < 0:
                self._aside(kind, place, Aside.WITHOUT_CLAIM)
            elif way != 1 and not self.units[self.unit_of[at]].ways >> (way - 1) & 1:
                self._aside(kind, place, Aside.WAY_NOT_ASKED)
            elif outcomes and len(outcomes.get((claim, way), ())) > 1:
                self._aside(kind, place, Aside.VERDICT_CONTRADICTION)
            elif not decided[at]:  # they come by ascending way
                decided[at] = outcome
        return decided

    def _checks(self) -> list[list[CheckFact] | None]:
        """Proven checks by claim (STL-029, STL-034)."""
        kind = RecordType.CHECK
        kept: list[list[CheckFact] | None] = [None] * len(self.claims)
        places, records = self._records(kind)
        clash: dict[tuple[bytes, int, int], set[tuple[int, int]]] = {}
        if clashing := _clashing(records, 0, 1, 2):
            for record in records:
                if record[:3] in clashing:
                    clash.setdefault(record[:3], set()).add((record.part, record.proven))
        for place, at, record in zip(places, self._joined(records), records, strict=True):
            _, sort, checker, part, proven, _ = record
            if at < 0:
                self._aside(kind, place, Aside.WITHOUT_CLAIM)
                continue
            unit = self.unit_of[at]
            if not _whole(self.units[unit], sort):
                self._aside(kind, place, Aside.WAY_NOT_ASKED)
            elif checker == self.claims[at].worker:
                self._aside(kind, place, Aside.OWN_CHECK)
            elif self.equivocated and unit * self.accounts + checker in self.equivocated:
                self._aside(kind, place, Aside.EQUIVOCATED)
            elif clash and len(clash.get(record[:3], ())) > 1:
                self._aside(kind, place, Aside.CHECK_CONTRADICTION)
            elif not proven:
                self._aside(kind, place, Aside.NOT_PROVEN)
            else:
                fact = tuple.__new__(CheckFact, (sort, checker, part))
                made = kept[at]
                if made is None:
                    kept[at] = [fact]
                elif made[-1] != fact:  # with other evidence it is the same check, and comes next to it
                    made.append(fact)
        return kept

    def _offences(self) -> dict[int, dict[int, OffenceFact]]:
        """Offences by unit and account (STL-025, STL-029, STL-032, STL-035, STL-036)."""
        offences: dict[int, dict[int, OffenceFact]] = {}
        proven: dict[tuple[int, int], list[RefutationRecord]] = {}
        places, records = self._records(RecordType.REFUTATION)
        for place, at, record in zip(places, self._joined(records), records, strict=True):
            if at < 0:
                self._aside(RecordType.REFUTATION, place, Aside.WITHOUT_CLAIM)
            elif record.slot > self.units[self.unit_of[at]].challenge:
                self._aside(RecordType.REFUTATION, place, Aside.LATE)
            else:
                proven.setdefault((self.unit_of[at], self.claims[at].worker), []).append(record)
        for (unit, worker), group in proven.items():
            first = min(record.slot for record in group)
            provers = tuple(sorted({record.prover for record in group if record.slot == first}))
            offences.setdefault(unit, {})[worker] = OffenceFact(worker, True, provers)
        for place, record in zip(*self._records(RecordType.SILENCE), strict=True):
            if record.unit in self.names:
                guilty = offences.setdefault(self.names[record.unit], {})
                guilty.setdefault(record.worker, OffenceFact(record.worker, False, ()))
            else:
                self._aside(RecordType.SILENCE, place, Aside.WITHOUT_UNIT)
        return offences

    def _claim_facts(
        self, outcomes: list[int], checks: list[list[CheckFact] | None], offences: dict[int, dict[int, OffenceFact]]
    ) -> list[ClaimFact]:
        """Claims, judged, as if all were placed, by ascending id (STL-031)."""
        made = []
        nobody: dict[int, OffenceFact] = {}
        nothing: tuple[CheckFact, ...] = ()
        for at, (id, _, worker, steps, slot, status, assigned) in enumerate(self.claims):
            offence = offences.get(self.unit_of[at], nobody).get(worker) if offences else None
            outcome = 2 if at in self.void else outcomes[at]
            judged = outcome != 0 or (offence is not None and offence.refuted)
            accepted = outcome == 1 and offence is None
            checked = nothing if (some := checks[at]) is None else tuple(some)
            facts = (id, worker, steps, slot, status, assigned == 2, judged, accepted, True, checked)
            made.append(tuple.__new__(ClaimFact, facts))
        return made


def _placed(claims: tuple[ClaimFact, ...], places: int) -> tuple[ClaimFact, ...]:
    """More claims on a unit than it has places: those that hold none are told (STL-033)."""
    made = list(claims)
    order = sorted(range(len(made)), key=lambda at: (not made[at].accepted, made[at].slot, made[at].id))
    for at in order[places:]:
        made[at] = made[at]._replace(placed=False)
    return tuple(made)


def _whole(unit: UnitRecord, kind: int) -> int:
    return unit.audit_whole if kind == CheckKind.AUDIT else unit.attestation_whole


def _clashing(records: Sequence[Any], *fields: int) -> set[Any]:
    """The keys, made of their first fields, that more than one of the records has; these ascend."""
    return {one for one, other in pairwise(map(itemgetter(*fields), records)) if one == other}

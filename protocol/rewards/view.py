"""What happened, as a rule sees it: claims judged, offences counted; what contradicts is set aside and named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
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
        self.claims: dict[bytes, int] = {}
        """Claim's id to unit · accounts + worker."""
        self.by_unit: list[list[ClaimRecord]] = []
        self.void: set[bytes] = set()
        """Claims that can't be accepted (STL-028)."""

    def judge(self) -> tuple[View, list[SetAside]]:
        """Put everything together."""
        self._units()
        beneficiaries = self._beneficiaries()
        self._equivocations()
        self._claims()
        decisions = self._verdicts()
        checks = self._checks()
        offences = self._offences()
        nothing: tuple[Any, ...] = ()
        facts = []
        for index, (unit, claims) in enumerate(zip(self.units, self.by_unit, strict=True)):
            id, requester, price, escrow, _, places, _, audits, attestations, eligible = unit
            guilty = offences.get(index)
            judged = _judged(claims, places, decisions, checks, guilty, self.void)
            shares = tuple(beneficiaries[index]) if index in beneficiaries else nothing
            crimes = nothing if guilty is None else tuple(guilty[account] for account in sorted(guilty))
            known = (id, requester, price, escrow, places, audits, attestations, eligible == 1, shares, judged, crimes)
            facts.append(tuple.__new__(UnitFact, known))  # as UnitFact(*known), in half the time
        epoch = self.epoch
        view = View(
            network=epoch.network,
            epoch=epoch.number,
            first_slot=epoch.first_slot,
            last_slot=epoch.last_slot,
            accounts=tuple(epoch.accounts),
            units=tuple(facts),
            equivocations=tuple(EquivocationFact(*divmod(key, self.accounts)) for key in sorted(self.equivocated)),
        )
        return view, sorted(self.asides)

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
        self.by_unit = [[] for _ in self.units]

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
        holders: dict[int, int] = {}
        several: dict[int, list[int]] = {}
        for place, record in zip(places, records, strict=True):
            id, named, worker, _, _, _, assigned = record
            unit = self.names.get(named)
            if unit is None:
                self._aside(kind, place, Aside.WITHOUT_UNIT)
            elif id in clash:
                self._aside(kind, place, Aside.CLAIM_CONTRADICTION)
            elif assigned == Assigned.NO:
                self._aside(kind, place, Aside.NOT_ASSIGNED)
            else:
                key = unit * self.accounts + worker
                self.claims[id] = key
                self.by_unit[unit].append(record)
                other = holders.setdefault(key, place)
                if other != place:
                    several.setdefault(key, [other]).append(place)
        # Who signs two claims is paid for neither; who checked or refuted one of them still is. STL-028
        named_places = [(place, Aside.SECOND_CLAIM) for group in several.values() for place in group]
        equivocated = self.equivocated & holders.keys() - several.keys()
        named_places += [(holders[key], Aside.EQUIVOCATED) for key in equivocated]
        for place, reason in named_places:
            self._aside(kind, place, reason)
            self.void.add(self.epoch.claims[place].id)

    def _verdicts(self) -> dict[bytes, int]:
        """The outcome of each claim's deciding verdict (STL-029 to STL-031)."""
        kind = RecordType.VERDICT
        decided: dict[bytes, int] = {}
        places, records = self._records(kind)
        outcomes: dict[tuple[bytes, int], set[int]] = {}
        if clash := _clashing(records, 0, 1):
            for record in records:
                if record[:2] in clash:
                    outcomes.setdefault(record[:2], set()).add(record.outcome)
        for place, record in zip(places, records, strict=True):
            claim, way, outcome, _ = record
            key = self.claims.get(claim)
            if key is None:
                self._aside(kind, place, Aside.WITHOUT_CLAIM)
            elif way != 1 and not self.units[key // self.accounts].ways >> (way - 1) & 1:
                self._aside(kind, place, Aside.WAY_NOT_ASKED)
            elif outcomes and len(outcomes.get((claim, way), ())) > 1:
                self._aside(kind, place, Aside.VERDICT_CONTRADICTION)
            else:
                decided.setdefault(claim, outcome)  # they come by ascending way
        return decided

    def _checks(self) -> dict[bytes, list[CheckFact]]:
        """Proven checks by claim (STL-029, STL-034)."""
        kind = RecordType.CHECK
        kept: dict[bytes, list[CheckFact]] = {}
        places, records = self._records(kind)
        clash: dict[tuple[bytes, int, int], set[tuple[int, int]]] = {}
        if clashing := _clashing(records, 0, 1, 2):
            for record in records:
                if record[:3] in clashing:
                    clash.setdefault(record[:3], set()).add((record.part, record.proven))
        for place, record in zip(places, records, strict=True):
            claim, sort, checker, part, proven, _ = record
            key = self.claims.get(claim)
            if key is None:
                self._aside(kind, place, Aside.WITHOUT_CLAIM)
                continue
            unit, worker = divmod(key, self.accounts)
            if not _whole(self.units[unit], sort):
                self._aside(kind, place, Aside.WAY_NOT_ASKED)
            elif checker == worker:
                self._aside(kind, place, Aside.OWN_CHECK)
            elif self.equivocated and unit * self.accounts + checker in self.equivocated:
                self._aside(kind, place, Aside.EQUIVOCATED)
            elif clash and len(clash.get(record[:3], ())) > 1:
                self._aside(kind, place, Aside.CHECK_CONTRADICTION)
            elif not proven:
                self._aside(kind, place, Aside.NOT_PROVEN)
            elif not (clash and record[:3] in clash and CheckFact(sort, checker, part) in kept.get(claim, ())):
                kept.setdefault(claim, []).append(CheckFact(sort, checker, part))
        return kept

    def _offences(self) -> dict[int, dict[int, OffenceFact]]:
        """Offences by unit and account (STL-025, STL-029, STL-032, STL-035, STL-036)."""
        offences: dict[int, dict[int, OffenceFact]] = {}
        proven: dict[int, list[RefutationRecord]] = {}
        for place, record in zip(*self._records(RecordType.REFUTATION), strict=True):
            key = self.claims.get(record.claim)
            if key is None:
                self._aside(RecordType.REFUTATION, place, Aside.WITHOUT_CLAIM)
            elif record.slot > self.units[key // self.accounts].challenge:
                self._aside(RecordType.REFUTATION, place, Aside.LATE)
            else:
                proven.setdefault(key, []).append(record)
        for key, records in proven.items():
            unit, worker = divmod(key, self.accounts)
            first = min(record.slot for record in records)
            provers = tuple(sorted({record.prover for record in records if record.slot == first}))
            offences.setdefault(unit, {})[worker] = OffenceFact(worker, True, provers)
        for place, record in zip(*self._records(RecordType.SILENCE), strict=True):
            if record.unit in self.names:
                guilty = offences.setdefault(self.names[record.unit], {})
                guilty.setdefault(record.worker, OffenceFact(record.worker, False, ()))
            else:
                self._aside(RecordType.SILENCE, place, Aside.WITHOUT_UNIT)
        return offences


def _judged(
    claims: Sequence[ClaimRecord],
    places: int,
    decisions: dict[bytes, int],
    checks: dict[bytes, list[CheckFact]],
    guilty: dict[int, OffenceFact] | None,
    void: set[bytes],
) -> tuple[ClaimFact, ...]:
    """The claims on one unit, judged, and placed (STL-031 to STL-033)."""
    made = []
    for id, _, worker, steps, slot, status, assigned in claims:
        offence = guilty.get(worker) if guilty else None
        outcome = 2 if id in void else decisions.get(id)
        judged = outcome is not None or (offence is not None and offence.refuted)
        accepted = outcome == 1 and offence is None
        checked = checks.get(id)
        facts = (id, worker, steps, slot, status, assigned == 2, judged, accepted, True, tuple(checked or ()))
        made.append(tuple.__new__(ClaimFact, facts))
    if len(made) > 1:
        made.sort()
    if len(made) > places:
        order = sorted(range(len(made)), key=lambda at: (not made[at].accepted, made[at].slot, made[at].id))
        for at in order[places:]:
            made[at] = made[at]._replace(placed=False)
    return tuple(made)


def _whole(unit: UnitRecord, kind: int) -> int:
    return unit.audit_whole if kind == CheckKind.AUDIT else unit.attestation_whole


def _clashing(records: Sequence[Any], *fields: int) -> set[Any]:
    """The keys, made of some fields, that more than one record has."""
    keys = list(map(itemgetter(*fields), records))
    if len(set(keys)) == len(keys):
        return set()
    return {key for key, count in Counter(keys).items() if count > 1}

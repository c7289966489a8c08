"""What happened, as a rule sees it: claims judged, offences counted; what contradicts is set aside and named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from .epoch import Epoch
from .records import (
    WHOLE,
    AccountRecord,
    Assigned,
    BeneficiaryRecord,
    CheckKind,
    ClaimRecord,
    Outcome,
    RecordType,
    RefutationRecord,
    UnitRecord,
    Way,
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

    def judge(self) -> tuple[View, list[SetAside]]:
        """Put everything together."""
        units = self._units()
        names = {unit.id: index for index, unit in enumerate(units)}
        beneficiaries = self._beneficiaries(names)
        equivocations = self._equivocations(names)
        claims, by_unit, void = self._claims(names, set(equivocations))
        decisions = self._verdicts(claims, units)
        checks = self._checks(claims, units, set(equivocations))
        offences = self._offences(claims, units, names)
        nothing: tuple[Any, ...] = ()
        facts = []
        for index, unit in enumerate(units):
            guilty = offences.get(index)
            facts.append(
                UnitFact(
                    unit.id,
                    unit.requester,
                    unit.price,
                    unit.escrow,
                    unit.places,
                    unit.audit_whole,
                    unit.attestation_whole,
                    unit.eligible == 1,
                    tuple(beneficiaries.get(index, nothing)),
                    _judged(by_unit.get(index, nothing), unit.places, decisions, checks, guilty, void),
                    nothing if guilty is None else tuple(guilty[account] for account in sorted(guilty)),
                )
            )
        epoch = self.epoch
        view = View(
            network=epoch.network,
            epoch=epoch.number,
            first_slot=epoch.first_slot,
            last_slot=epoch.last_slot,
            accounts=tuple(epoch.accounts),
            units=tuple(facts),
            equivocations=tuple(EquivocationFact(unit, account) for unit, account in sorted(equivocations)),
        )
        return view, sorted(self.asides)

    def _records(self, kind: RecordType) -> Iterable[tuple[int, Any]]:
        """The records of a type that weren't refused, with their places."""
        records = self.epoch.records(kind)
        refused = self.refused.get(kind)
        if not refused:
            return enumerate(records)
        return ((place, record) for place, record in enumerate(records) if place not in refused)

    def _aside(self, kind: RecordType, place: int, reason: Aside) -> None:
        self.asides.append(SetAside(kind, place, reason))

    def _units(self) -> list[UnitRecord]:
        """Units that are due in this epoch, by ascending id (STL-021, STL-022)."""
        kind = RecordType.UNIT
        first, last = self.epoch.first_slot, self.epoch.last_slot
        kept: list[UnitRecord] = []
        for group in _groups(self._records(kind), 1):
            if len(group) > 1:
                for place, _ in group:
                    self._aside(kind, place, Aside.UNIT_CONTRADICTION)
            elif not first <= group[0][1].challenge <= last:
                self._aside(kind, group[0][0], Aside.UNIT_NOT_DUE)
            else:
                kept.append(group[0][1])
        return kept

    def _beneficiaries(self, names: dict[bytes, int]) -> dict[int, list[tuple[bytes, int]]]:
        """Beneficiaries by unit (STL-023, STL-024)."""
        kind = RecordType.BENEFICIARY
        kept: dict[int, list[tuple[int, BeneficiaryRecord]]] = defaultdict(list)
        for group in _groups(self._records(kind), 2):
            for place, record in group:
                if record.unit not in names:
                    self._aside(kind, place, Aside.WITHOUT_UNIT)
                elif len(group) > 1:
                    self._aside(kind, place, Aside.BENEFICIARY_CONTRADICTION)
                else:
                    kept[names[record.unit]].append((place, record))
        shares = {}
        for unit, records in kept.items():
            if sum(record.share for _, record in records) > WHOLE:
                for place, _ in records:
                    self._aside(kind, place, Aside.SHARES_EXCEED)
            else:
                shares[unit] = [(record.address, record.share) for _, record in records]
        return shares

    def _equivocations(self, names: dict[bytes, int]) -> dict[tuple[int, int], None]:
        """(unit, account) of those who contradicted themselves (STL-025)."""
        found: dict[tuple[int, int], None] = {}
        for place, record in self._records(RecordType.EQUIVOCATION):
            if record.unit in names:
                found[names[record.unit], record.account] = None
            else:
                self._aside(RecordType.EQUIVOCATION, place, Aside.WITHOUT_UNIT)
        return found

    def _claims(
        self, names: dict[bytes, int], equivocated: set[tuple[int, int]]
    ) -> tuple[dict[bytes, tuple[int, int]], dict[int, list[ClaimRecord]], set[bytes]]:
        """(unit, worker) by claim, claims by unit, and the ids of those that can't be accepted (STL-026 to STL-029)."""
        kind = RecordType.CLAIM
        whose: dict[tuple[int, int], list[tuple[int, ClaimRecord]]] = {}
        for group in _groups(self._records(kind), 1):
            for place, record in group:
                unit = names.get(record.unit)
                if unit is None:
                    self._aside(kind, place, Aside.WITHOUT_UNIT)
                elif len(group) > 1:
                    self._aside(kind, place, Aside.CLAIM_CONTRADICTION)
                elif record.assigned == Assigned.NO:
                    self._aside(kind, place, Aside.NOT_ASSIGNED)
                else:
                    whose.setdefault((unit, record.worker), []).append((place, record))
        claims: dict[bytes, tuple[int, int]] = {}
        by_unit: dict[int, list[ClaimRecord]] = {}
        void: set[bytes] = set()
        for key, records in whose.items():
            if len(records) > 1 or key in equivocated:
                # Who signs two claims is paid for neither; who checked or refuted one of them still is. STL-028
                reason = Aside.SECOND_CLAIM if len(records) > 1 else Aside.EQUIVOCATED
                for place, record in records:
                    self._aside(kind, place, reason)
                    void.add(record.id)
            for _, record in records:
                claims[record.id] = key
                by_unit.setdefault(key[0], []).append(record)
        return claims, by_unit, void

    def _verdicts(self, claims: dict[bytes, tuple[int, int]], units: list[UnitRecord]) -> dict[bytes, int]:
        """The outcome of each claim's deciding verdict (STL-030, STL-031)."""
        kind = RecordType.VERDICT
        decided: dict[bytes, int] = {}
        for group in _groups(self._records(kind), 2):
            record = group[0][1]
            found = claims.get(record.claim)
            reason: Aside | None = None
            if found is None:
                reason = Aside.WITHOUT_CLAIM
            elif record.way != Way.REEXECUTION and not units[found[0]].ways >> (record.way - 1) & 1:
                reason = Aside.WAY_NOT_ASKED
            elif len(group) > 1 and record.outcome != group[-1][1].outcome:
                reason = Aside.VERDICT_CONTRADICTION
            if reason is not None:
                for place, _ in group:
                    self._aside(kind, place, reason)
            else:
                decided.setdefault(record.claim, record.outcome)  # groups come by ascending way
        return decided

    def _checks(
        self,
        claims: dict[bytes, tuple[int, int]],
        units: list[UnitRecord],
        equivocated: set[tuple[int, int]],
    ) -> dict[bytes, list[CheckFact]]:
        """Proven checks by claim (STL-034)."""
        kind = RecordType.CHECK
        kept: dict[bytes, list[CheckFact]] = {}
        for group in _groups(self._records(kind), 3):
            record = group[0][1]
            found = claims.get(record.claim)
            reason: Aside | None = None
            if found is None:
                reason = Aside.WITHOUT_CLAIM
            elif not _whole(units[found[0]], record.kind):
                reason = Aside.WAY_NOT_ASKED
            elif record.checker == found[1]:
                reason = Aside.OWN_CHECK
            elif (found[0], record.checker) in equivocated:
                reason = Aside.EQUIVOCATED
            elif any((other.part, other.proven) != (record.part, record.proven) for _, other in group):
                reason = Aside.CHECK_CONTRADICTION
            elif not record.proven:
                reason = Aside.NOT_PROVEN
            if reason is not None:
                for place, _ in group:
                    self._aside(kind, place, reason)
            else:
                kept.setdefault(record.claim, []).append(CheckFact(record.kind, record.checker, record.part))
        return kept

    def _offences(
        self, claims: dict[bytes, tuple[int, int]], units: list[UnitRecord], names: dict[bytes, int]
    ) -> dict[int, dict[int, OffenceFact]]:
        """Offences by unit and account (STL-032, STL-035, STL-036)."""
        offences: dict[int, dict[int, OffenceFact]] = {}
        earliest: dict[bytes, list[RefutationRecord]] = {}
        for place, record in self._records(RecordType.REFUTATION):
            if record.claim not in claims:
                self._aside(RecordType.REFUTATION, place, Aside.WITHOUT_CLAIM)
            elif record.slot > units[claims[record.claim][0]].challenge:
                self._aside(RecordType.REFUTATION, place, Aside.LATE)
            else:
                tied = earliest.setdefault(record.claim, [])
                if not tied or tied[0].slot == record.slot:  # by ascending slot
                    tied.append(record)
        proven: dict[tuple[int, int], list[RefutationRecord]] = {}
        for claim, tied in earliest.items():
            proven.setdefault(claims[claim], []).extend(tied)
        for (unit, worker), tied in proven.items():
            first = min(record.slot for record in tied)
            provers = tuple(sorted({record.prover for record in tied if record.slot == first}))
            offences.setdefault(unit, {})[worker] = OffenceFact(worker, True, provers)
        for place, record in self._records(RecordType.SILENCE):
            if record.unit in names:
                guilty = offences.setdefault(names[record.unit], {})
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
    for record in claims:
        offence = guilty.get(record.worker) if guilty else None
        outcome = Outcome.NOT_ACCEPTED if record.id in void else decisions.get(record.id)
        made.append(
            ClaimFact(
                record.id,
                record.worker,
                record.steps,
                record.slot,
                record.status,
                record.assigned == Assigned.DRAWN,
                outcome is not None or (offence is not None and offence.refuted),
                outcome == Outcome.ACCEPTED and offence is None,
                True,
                tuple(checks.get(record.id, ())),
            )
        )
    if len(made) > places:
        order = sorted(range(len(made)), key=lambda at: (not made[at].accepted, made[at].slot, made[at].id))
        for at in order[places:]:
            made[at] = made[at]._replace(placed=False)
    made.sort()
    return tuple(made)


def _whole(unit: UnitRecord, kind: int) -> int:
    return unit.audit_whole if kind == CheckKind.AUDIT else unit.attestation_whole


def _groups(records: Iterable[tuple[int, Any]], fields: int) -> Iterable[list[tuple[int, Any]]]:
    """Consecutive records that have their first fields in common, each with its place."""
    group: list[tuple[int, Any]] = []
    key: tuple[Any, ...] | None = None
    for place, record in records:
        own = record[:fields]
        if own == key:
            group.append((place, record))
        else:
            if group:
                yield group
            group, key = [(place, record)], own
    if group:
        yield group

"""Holding an epoch's records to their evidence: what isn't shown is refused before settling (STL-060)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..protocol.errors import ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.rewards.epoch import Epoch
from ..protocol.rewards.records import CheckKind, RecordType
from ..protocol.rewards.records import Outcome as Said
from ..protocol.rewards.view import Aside, SetAside
from ..protocol.work.unit import Unit
from . import verdict as verdicts
from .precedence import asked
from .verdict import Evidence, Outcome, Standing, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """An epoch's evidence, read and judged."""

    units: Mapping[bytes, Unit] = field(default_factory=dict)
    """Signed units by their ids."""
    claims: Mapping[bytes, verdicts.Statement] = field(default_factory=dict)
    """What each claim states, by its id; of claims whose signatures were checked."""
    verdicts: Mapping[bytes, Verdict] = field(default_factory=dict)
    """What the verifiers said of each piece of evidence, by its H_evidence."""


def refused(
    epoch: Epoch, files: Files, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> list[SetAside]:
    """The records whose evidence is not there, or does not show what the record says (STL-060); `settle` takes them.

    Accounts are not evidence of anything that happened: they are the registry's.
    """
    epoch = epoch.canonical()
    judge = _Judge(epoch, files, backend, cache)
    found = []
    for kind, shown in judge.table.items():
        for place, record in enumerate(epoch.records(kind)):
            reason = shown(record)
            if reason is not None:
                found.append(SetAside(kind, place, reason))
    return found


class _Judge:
    def __init__(self, epoch: Epoch, files: Files, backend: Backend | None, cache: KeyCache | None) -> None:
        self.epoch, self.files, self.backend, self.cache = epoch, files, backend, cache
        self.table: dict[RecordType, Callable[[Any], Aside | None]] = {
            RecordType.UNIT: self.unit,
            RecordType.BENEFICIARY: self.beneficiary,
            RecordType.CLAIM: self.claim,
            RecordType.VERDICT: lambda r: self.by_verdict(r, self._verdict),
            RecordType.CHECK: lambda r: self.by_verdict(r, self._check),
            RecordType.REFUTATION: lambda r: self.by_verdict(r, self._refutation),
            RecordType.SILENCE: lambda r: self.by_verdict(r, self._silence),
            RecordType.EQUIVOCATION: lambda r: self.by_verdict(r, self._equivocation),
        }

    def key(self, account: int) -> bytes:
        return self.epoch.accounts[account].key

    def unit(self, record: Any) -> Aside | None:
        """A unit's record has the fields of the signed unit (STL-011)."""
        unit = self.files.units.get(record.id)
        if unit is None:
            return Aside.EVIDENCE_MISSING
        body = unit.body
        try:
            unit.verify(backend=self.backend, cache=self.cache)
        except ProtocolError:
            return Aside.EVIDENCE_INVALID
        places = body.policy.redundancy.replicas if body.policy.redundancy else 1
        ways = sum(1 << way - 1 for way in asked(body.policy))
        same = (
            (unit.id, body.network, body.requester) == (record.id, self.epoch.network, self.key(record.requester))
            and (body.price, body.escrow, places) == (record.price, record.escrow, record.places)
            and record.ways | 1 == ways
            and body.deadlines is not None
            and body.deadlines.challenge == record.challenge
            and not (record.audit_whole and body.policy.audit is None)
            and not (record.attestation_whole and body.policy.attestation is None)
            and not (record.eligible and (body.policy.assignment is None or body.policy.receipts is None))
        )
        return None if same else Aside.EVIDENCE_INVALID

    def beneficiary(self, record: Any) -> Aside | None:
        """A beneficiary stands in its unit."""
        unit = self.files.units.get(record.unit)
        if unit is None:
            return Aside.EVIDENCE_MISSING
        named = [(one.address, one.share) for one in unit.body.beneficiaries or ()]
        return None if (record.address, record.share) in named else Aside.EVIDENCE_INVALID

    def claim(self, record: Any) -> Aside | None:
        """A claim's record has the fields of the signed claim (STL-012)."""
        about = self.files.claims.get(record.id)
        if about is None:
            return Aside.EVIDENCE_MISSING
        steps, status = (about.steps, int(about.status or 0)) if about.steps is not None else (1, 0)
        said = (about.claim, about.unit, about.worker, steps, status)
        own = (record.id, record.unit, self.key(record.worker), record.steps, record.status)
        return None if said == own else Aside.EVIDENCE_INVALID

    def by_verdict(self, record: Any, shows: Callable[[Any, Verdict], bool]) -> Aside | None:
        """What the verifiers said of the evidence that the record names shows what the record says."""
        verdict = self.files.verdicts.get(record.evidence)
        if verdict is None or verdict.statement is None:
            return Aside.EVIDENCE_MISSING
        same = verdict.evidence_hash == record.evidence and verdict.statement.network == self.epoch.network
        sound = verdict.evidence is Evidence.VALID
        return None if same and sound and shows(record, verdict) else Aside.EVIDENCE_INVALID

    def _verdict(self, record: Any, verdict: Verdict) -> bool:
        accepted = (verdict.claim is Outcome.ACCEPTED) == (record.outcome == Said.ACCEPTED)
        return accepted and bool(_about(verdict).claim == record.claim)

    def _check(self, record: Any, verdict: Verdict) -> bool:
        made = "AUD-05" if record.kind == CheckKind.AUDIT else "ATT-"
        return _passed(verdict, made) and bool(_about(verdict).claim == record.claim)

    def _refutation(self, record: Any, verdict: Verdict) -> bool:
        return verdict.claim is Outcome.REFUTED and bool(_about(verdict).claim == record.claim)

    def _silence(self, record: Any, verdict: Verdict) -> bool:
        about = _about(verdict)
        return (about.unit, about.worker) == (record.unit, self.key(record.worker)) and _passed(verdict, "SIL-013")

    def _equivocation(self, record: Any, verdict: Verdict) -> bool:
        convicted = {party.key for party in verdict.parties if party.standing is Standing.EQUIVOCATED}
        return bool(_about(verdict).unit == record.unit) and self.key(record.account) in convicted


def _about(verdict: Verdict) -> verdicts.Statement:
    assert verdict.statement is not None
    return verdict.statement


def _passed(verdict: Verdict, requirement: str) -> bool:
    return any(check.requirement.startswith(requirement) and check.result == "passed" for check in verdict.checks)

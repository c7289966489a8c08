"""Making an epoch's records out of evidence, and holding records to it (spec/settlement.md, "Evidence")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..protocol.errors import CryptoError, ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.program import Program
from ..protocol.regions import Input
from ..protocol.rewards.epoch import Epoch
from ..protocol.rewards.records import RecordType
from ..protocol.rewards.records import Way as RecordWay
from ..protocol.rewards.view import Aside, SetAside
from ..protocol.work.unit import Unit
from .epoch_files import EpochFiles, Told
from .epoch_records import EpochRecords


@dataclass(frozen=True, slots=True)
class Finding:
    """What one file of evidence is worth in an epoch."""

    file: bytes
    """H_evidence of the file."""
    kind: str
    """What it says that it is; empty if it says nothing."""
    records: tuple[tuple[RecordType, Any], ...] = ()
    """The records that it shows, by type; a file without any can still serve others."""
    error: ProtocolError | None = None
    """Why it shows nothing and serves nothing; None if it passed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What some evidence shows."""

    epoch: Epoch
    """The epoch of all records that are shown, in canonical order."""
    findings: tuple[Finding, ...]
    """Of every file, by ascending hash."""
    judged: tuple[tuple[RecordType, Any], ...]
    """The records that no single file shows: verdicts by quorums and by executing."""
    units: frozenset[bytes]
    """Ids of all units among the files, due or not."""
    claims: frozenset[bytes]
    """Ids of all claims that a reveal among the files is of."""


def shown(
    told: Told,
    files: Iterable[bytes],
    *,
    executor: ExecutorFactory,
    materials: Sequence[tuple[Program, Input]] = (),
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Shown:
    """The records that files of evidence show, for what a reader is told (STL-061 to STL-079).

    `materials` are programs with inputs: claims about them are executed (STL-074). Files that show nothing change
    nothing. Raises CryptoError for a registry of another network, SemanticError for more records than an epoch has.
    """
    epoch_files = EpochFiles(told, files, backend, cache or KeyCache())
    units = frozenset(unit.id for _, unit in epoch_files.of(Unit))
    claims = epoch_files.revealed()
    epoch_files.read_units()
    epoch_files.read_claims()
    EpochRecords(epoch_files, executor, materials).read()
    findings = tuple(
        Finding(name, epoch_files.kinds[name], tuple(epoch_files.shown.get(name, ())), epoch_files.errors.get(name))
        for name in sorted(epoch_files.kinds)
    )
    records: dict[RecordType, list[Any]] = {kind: [] for kind in RecordType}
    records[RecordType.ACCOUNT] = list(epoch_files.account_records())
    for kind, record in [*epoch_files.loose, *(one for finding in findings for one in finding.records)]:
        records[kind].append(record)
    return Shown(_epoch(told, records), findings, tuple(epoch_files.loose), units, claims)


def _epoch(told: Told, records: dict[RecordType, list[Any]]) -> Epoch:
    return Epoch(
        network=told.network,
        number=told.number,
        first_slot=told.first_slot,
        last_slot=told.last_slot,
        rule=told.parameters.hash(told.network),
        treasury=told.treasury,
        accounts=records[RecordType.ACCOUNT],
        units=records[RecordType.UNIT],
        beneficiaries=records[RecordType.BENEFICIARY],
        claims=records[RecordType.CLAIM],
        verdicts=records[RecordType.VERDICT],
        checks=records[RecordType.CHECK],
        refutations=records[RecordType.REFUTATION],
        silences=records[RecordType.SILENCE],
        equivocations=records[RecordType.EQUIVOCATION],
    ).canonical()


def refused(epoch: Epoch, evidence: Shown) -> list[SetAside]:
    """The records of an epoch that evidence doesn't show, which `settle` takes (STL-060).

    Raises CryptoError for an epoch whose accounts are not those of the registry that the reader was told (STL-063).
    """
    epoch = epoch.canonical()
    if list(epoch.accounts) != list(evidence.epoch.accounts):
        raise CryptoError(
            "registry-mismatch",
            "the epoch's accounts are not those of the registry",
            requirement="STL-063",
            where="epoch.accounts",
        )
    files = frozenset(finding.file for finding in evidence.findings)
    found = []
    for kind in list(RecordType)[1:]:
        known = set(evidence.epoch.records(kind))
        for place, record in enumerate(epoch.records(kind)):
            if record not in known:
                there = _is_there(kind, record, evidence, files)
                found.append(SetAside(kind, place, Aside.EVIDENCE_INVALID if there else Aside.EVIDENCE_MISSING))
    return found


_UNSEEN = frozenset({RecordWay.REEXECUTION, RecordWay.QUORUM})
"""Ways whose verdicts no single file shows."""


def _is_there(kind: RecordType, record: Any, evidence: Shown, files: frozenset[bytes]) -> bool:
    """Whether the evidence holds what a record names, so that it was judged (STL-060)."""
    if kind in (RecordType.UNIT, RecordType.BENEFICIARY):
        return (record.id if kind == RecordType.UNIT else record.unit) in evidence.units
    if kind == RecordType.CLAIM:
        return record.id in evidence.claims
    if kind == RecordType.VERDICT and record.way in _UNSEEN:
        return record.claim in evidence.claims
    return record.evidence in files

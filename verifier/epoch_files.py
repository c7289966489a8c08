"""Reading an epoch's files: what each is, the units that are due, and the claims that were revealed in time.

This is the first half of making an epoch's records (spec/settlement.md, "Evidence"): STL-061 to STL-070.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from ..protocol import hashing
from ..protocol.beacon import Beacon, check_beacon
from ..protocol.committee.signing import aggregate_signed, check_threshold, weight_of
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding import cbor
from ..protocol.encoding.schema import Record, decode_item, kind_of
from ..protocol.errors import CryptoError, PolicyError, ProtocolError, SchemaError, SemanticError
from ..protocol.keys import Backend, KeyCache, Signed, verify_aggregate, verify_batch
from ..protocol.registry import assignment
from ..protocol.registry.snapshot import Registry
from ..protocol.rewards.parameters import Parameters
from ..protocol.rewards.records import (
    WHOLE,
    AccountRecord,
    Assigned,
    BeneficiaryRecord,
    ClaimRecord,
    RecordType,
    UnitRecord,
)
from ..protocol.work import commit as commits
from ..protocol.work import receipt as receipts
from ..protocol.work import reveal as reveals
from ..protocol.work.attestation import AttestationAggregate
from ..protocol.work.audit import AuditProof, CheckReveal
from ..protocol.work.bundle import Bundle, read_bundle
from ..protocol.work.commit import Commit
from ..protocol.work.dispute import Dispute
from ..protocol.work.equivocation import Equivocation
from ..protocol.work.fault import LeafFault, ResultFault, StepFault
from ..protocol.work.fault_commit import FaultReveal
from ..protocol.work.receipt import Receipt, Subject
from ..protocol.work.reveal import AnyReveal, OpaqueReveal, Reveal
from ..protocol.work.segment import SegmentProof
from ..protocol.work.silence import SilenceProof
from ..protocol.work.unit import Deadlines, Unit
from .claims import examine_contradictions
from .precedence import Way, asked
from .quorum import Missing, bench_of, expected_of
from .replicas import Bench, Dossier
from .verdict import Examination

R = TypeVar("R", bound=Record)

_LOOKED_FOR: Final = (
    *(
        Unit,
        Reveal,
        OpaqueReveal,
        AuditProof,
        AttestationAggregate,
        CheckReveal,
        FaultReveal,
        SilenceProof,
        Equivocation,
    ),
    *(Committee, Registry, Beacon, Receipt, Commit, SegmentProof, LeafFault, ResultFault, StepFault, Dispute, Bundle),
)
KINDS: Final[dict[str | None, type[Record]]] = {cls.KIND: cls for cls in _LOOKED_FOR}
"""The kinds of files that show something of an epoch, or that others need (STL-062)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a reader of evidence is told, and doesn't find in the files (STL-060)."""

    network: str
    number: int
    """The epoch's."""
    first_slot: int
    last_slot: int
    treasury: bytes
    """Payout address of the treasury."""
    parameters: Parameters
    registry: Registry
    """The network's, as it is before the epoch: its accounts are the epoch's (STL-063)."""
    earlier: tuple[Registry, ...] = ()
    """Earlier ones of the network, from which workers can have been drawn."""
    supplied: bool = False
    """Take randomness that no beacon vouches for."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of evidence: the object in it and its bytes."""

    hash: bytes
    """H_evidence of the bytes."""
    object: Record
    data: bytes


@dataclass(slots=True)
class ClaimCase:
    """A claim that was revealed in time (STL-070)."""

    unit: UnitCase
    reveal: AnyReveal
    worker: bytes
    slot: int
    """Of the receipt of its commit."""
    evidence: bytes
    """H_evidence of the reveal's file."""
    outcomes: dict[Way, set[bool]] = field(default_factory=dict)
    """What verdicts by each way say: accepted or not."""
    refuted: bool = False
    """A refutation of it is shown, in time."""

    def outcome(self) -> bool | None:
        """What the members who attested it are paid for having said: accepted or refuted (STL-075)."""
        if self.refuted:
            return False
        said = self.outcomes[min(self.outcomes)] if self.outcomes else set()
        return next(iter(said)) if len(said) == 1 else None

    def check_contradictions(self) -> None:
        """Raise Refutation if the claim contradicts itself (CLM-026, CLM-027)."""
        if isinstance(self.reveal, Reveal):
            examine_contradictions(Examination(b""), self.reveal.claim)


@dataclass(slots=True)
class UnitCase:
    """A unit that is due in the epoch, and what there is about it."""

    unit: Unit
    file: File
    requester: int
    """Its account."""
    committee: Committee
    """That signs receipts."""
    attesters: Committee | None
    slots: dict[tuple[Subject, bytes, bytes], int] = field(default_factory=dict)
    """Least slot of the receipts that count, by kind, party and subject."""
    registry: Registry | None = None
    """That its workers are drawn from."""
    how: Assigned = Assigned.NO
    eligible: bool = False
    outputs: Mapping[int, bytes] = field(default_factory=dict)
    """The beacon outputs that count for the unit, by round."""
    dossiers: dict[bytes, Dossier] = field(default_factory=dict)
    """What there is of each assigned worker, in the order assigned."""
    bench: Bench | None = None
    claims: dict[bytes, ClaimCase] = field(default_factory=dict)
    auditors: dict[int, list[bytes]] = field(default_factory=dict)
    """Who is drawn to audit what was committed in a slot."""

    @property
    def deadlines(self) -> Deadlines:
        """The unit's, which every unit here has."""
        assert self.unit.body.deadlines is not None
        return self.unit.body.deadlines

    def judge(self, backend: Backend | None, cache: KeyCache | None) -> Bench:
        """The bench that judges the unit's replicas."""
        if self.bench is None:
            self.bench = bench_of(self.unit, self.dossiers, self.slots, backend=backend, cache=cache)
        return self.bench


def missing(what: str, where: str = "") -> PolicyError:
    """The error of a file that needs something that isn't there (STL-064)."""
    return PolicyError("missing-evidence", f"what it needs is not there: {what}", requirement="STL-064", where=where)


class EpochFiles:
    """An epoch's files, read once, and what they show so far."""

    def __init__(self, told: Told, files: Iterable[bytes], backend: Backend | None, cache: KeyCache) -> None:
        """Read the files. Raises CryptoError for a registry of another network (STL-063)."""
        for registry in (told.registry, *told.earlier):
            if registry.network != told.network:
                raise CryptoError(
                    "network-mismatch",
                    f"a registry of the network {registry.network}, for an epoch of {told.network}",
                    requirement="STL-063",
                    where="registry",
                )
        self.told, self.backend, self.cache = told, backend, cache
        self.registries = {registry.hash: registry for registry in (told.registry, *told.earlier)}
        self.accounts = {account.key: place for place, account in enumerate(told.registry.accounts)}
        self.all: dict[bytes, File] = {}
        """Every file that could be read, by its hash."""
        self.files: dict[bytes, File] = {}
        """Those that have passed so far."""
        self.kinds: dict[bytes, str] = {}
        self.errors: dict[bytes, ProtocolError] = {}
        self.shown: dict[bytes, list[tuple[RecordType, Any]]] = {}
        self.loose: list[tuple[RecordType, Any]] = []
        """Records that no single file shows: of quorums and of executions."""
        self.units: dict[bytes, UnitCase] = {}
        self.claims: dict[bytes, ClaimCase] = {}
        self._by_class: dict[type[Record], list[File]] = {}
        self._read(files)

    def _read(self, files: Iterable[bytes]) -> None:
        """Decode files and the elements of bundles, each once (STL-061, STL-062)."""
        found: dict[bytes, File] = {}
        for data in files:
            name = file_hash(data)
            if name in self.kinds:
                continue
            self.kinds[name] = ""
            with self.judging(name):
                item = cbor.decode(data)
                self.kinds[name] = kind = kind_of(item) or ""
                cls = KINDS.get(kind)
                if cls is None:
                    what = f"of the kind {kind}" if kind else "without a kind"
                    raise SchemaError(
                        "unknown-kind", f"a file {what} shows nothing here", requirement="STL-062", where="file"
                    )
                made = decode_item(cls, item)
                if isinstance(made, Bundle):
                    elements = [File(file_hash(part), one, part) for one, part in read_bundle(made)]
                    found |= {element.hash: element for element in elements}
                else:
                    found[name] = File(name, made, data)
        for name in sorted(found):
            file = self.all[name] = self.files[name] = found[name]
            self.kinds[name] = file.object.KIND or ""
            self._by_class.setdefault(type(file.object), []).append(file)

    @contextmanager
    def judging(self, name: bytes) -> Iterator[None]:
        """Note the error that a file's check raises; the file shows nothing then."""
        try:
            yield
        except ProtocolError as error:
            self.errors.setdefault(name, error)
            self.files.pop(name, None)
            self.shown.pop(name, None)

    def of(self, cls: type[R]) -> Iterator[tuple[File, R]]:
        """The files of a kind that have passed so far, by ascending hash."""
        for file in self._by_class.get(cls, ()):
            if file.hash in self.files:
                assert isinstance(file.object, cls)
                yield file, file.object

    def revealed(self) -> frozenset[bytes]:
        """Ids of all claims that a reveal among the files is of, whatever becomes of it."""
        whole = frozenset(reveal.claim.id for _, reveal in self.of(Reveal))
        return whole | frozenset(reveal.claim.id for _, reveal in self.of(OpaqueReveal))

    def show(self, name: bytes, kind: RecordType, record: Any) -> None:
        """Note a record that a file shows."""
        self.shown.setdefault(name, []).append((kind, record))

    def account(self, key: bytes, where: str) -> int:
        """The position of a key's account. Raises PolicyError if it has none (STL-063)."""
        if key not in self.accounts:
            raise PolicyError(
                "no-account",
                f"the key {key.hex()} has no account in the network's registry",
                requirement="STL-063",
                where=where,
            )
        return self.accounts[key]

    def unit(self, id: bytes, where: str) -> UnitCase:
        """The case of a unit. Raises PolicyError if no file shows it."""
        if id not in self.units:
            raise missing(f"a unit {id.hex()} that is due in the epoch", where)
        return self.units[id]

    def claim(self, id: bytes, where: str) -> ClaimCase:
        """The case of a claim. Raises PolicyError if no file shows it."""
        if id not in self.claims:
            raise missing(f"a claim {id.hex()} that was revealed in time", where)
        return self.claims[id]

    def batch(self, items: list[tuple[bytes, Signed]]) -> None:
        """Check the signatures that files come down to, all in one batch if they hold; name those that don't."""
        try:
            verify_batch([signed for _, signed in items], backend=self.backend, cache=self.cache)
        except CryptoError:
            for name, one in items:
                with self.judging(name):
                    verify_aggregate(
                        one.keys, one.message, one.signature, backend=self.backend, cache=self.cache, where=one.where
                    )

    def account_records(self) -> list[AccountRecord]:
        """The epoch's accounts (STL-063)."""
        return [AccountRecord(one.key, one.address, one.stake, one.reputation) for one in self.told.registry.accounts]

    # Units

    def read_units(self) -> None:
        """Find the units that are due, with all that a unit needs (STL-065 to STL-068)."""
        candidates = {unit.id: (file, unit) for file, unit in self.of(Unit) if self._passes(file, unit)}
        committees = self._committees(unit for _, unit in candidates.values())
        for file, unit in candidates.values():
            with self.judging(file.hash):
                self.units[unit.id] = self._case(file, unit, committees)
        self._read_receipts()
        outputs = self._outputs()
        for file, _ in self.of(Registry):
            with self.judging(file.hash):
                assert isinstance(file.object, Registry)
                self._check_registry(file.object)
        for case in list(self.units.values()):
            with self.judging(case.file.hash):
                self._finish(case, *outputs)
            if case.file.hash in self.errors:
                del self.units[case.unit.id]

    def _passes(self, file: File, unit: Unit) -> bool:
        with self.judging(file.hash):
            self._check_unit(unit)
        return file.hash not in self.errors

    def _check_unit(self, unit: Unit) -> None:
        """Raise unless a unit's own checks hold, those that need no other file (STL-067)."""
        body, told = unit.body, self.told
        if body.network != told.network:
            raise CryptoError(
                "network-mismatch",
                f"a unit of the network {body.network}, in an epoch of {told.network}",
                requirement="STL-067",
                where="unit.network",
            )
        if body.deadlines is None:
            raise SemanticError(
                "deadlines-missing",
                "a unit without deadlines is settled in no epoch",
                requirement="STL-067",
                where="unit.deadlines",
            )
        if not told.first_slot <= body.deadlines.challenge <= told.last_slot:
            raise PolicyError(
                "not-due",
                f"its challenge window closes in slot {body.deadlines.challenge}, not in one of the epoch's,"
                f" {told.first_slot} to {told.last_slot}",
                requirement="STL-067",
                where="unit.deadlines.challenge",
            )
        if body.policy.receipts is None:
            raise PolicyError(
                "way-not-asked",
                "the unit names no committee for receipts",
                requirement="STL-067",
                where="policy.receipts",
            )
        unit.verify(backend=self.backend, cache=self.cache)

    def _committees(self, units: Iterable[Unit]) -> dict[bytes, Committee]:
        """The committees that units name, checked, by their hashes (STL-065)."""
        named = set()
        for unit in units:
            policy = unit.body.policy
            named |= {part.committee for part in (policy.receipts, policy.attestation) if part is not None}
        held = {}
        for file, committee in self.of(Committee):
            with self.judging(file.hash):
                digest = committee.hash
                if digest not in named:
                    raise PolicyError(
                        "other-committee",
                        f"no unit of the epoch names the committee {digest.hex()}",
                        requirement="STL-065",
                        where="committee",
                    )
                committee.verify(backend=self.backend, cache=self.cache)
                held[digest] = committee
        return held

    def _case(self, file: File, unit: Unit, committees: Mapping[bytes, Committee]) -> UnitCase:
        """The case of a unit whose committees are there and whose requester has an account. Raises PolicyError."""
        policy = unit.body.policy
        assert policy.receipts is not None
        requester = self.account(unit.body.requester, "unit.requester")
        found = []
        for part, name in ((policy.receipts, "receipts"), (policy.attestation, "attestation")):
            if part is not None and part.committee not in committees:
                raise missing(f"the committee {part.committee.hex()}, which the unit names", f"policy.{name}")
            found.append(None if part is None else committees[part.committee])
        committee, attesters = found
        assert committee is not None
        check_threshold(committee.total, policy.receipts.threshold, committee)
        return UnitCase(unit=unit, file=file, requester=requester, committee=committee, attesters=attesters)

    def _read_receipts(self) -> None:
        """Take note of every receipt that counts, signatures in one batch (STL-068)."""
        waiting: list[tuple[File, Receipt, UnitCase, list[int], Signed]] = []
        hashes = {id(case.committee): case.committee.hash for case in self.units.values()}
        for file, receipt in self.of(Receipt):
            with self.judging(file.hash):
                case = self.unit(receipt.body.unit, "receipt.unit")
                receipts.check_about(receipt, case.unit)
                digest = hashes[id(case.committee)]
                members, signed = aggregate_signed(receipt, case.committee, "receipt", digest=digest)
                waiting.append((file, receipt, case, members, signed))
        self.batch([(file.hash, signed) for file, *_, signed in waiting])
        for file, receipt, case, members, _ in waiting:
            if file.hash in self.files:
                with self.judging(file.hash):
                    policy = case.unit.body.policy.receipts
                    assert policy is not None
                    check_threshold(
                        weight_of(members, case.committee), policy.threshold, case.committee, "receipt.signers"
                    )
                    body = receipt.body
                    place = (body.kind, body.party, body.subject)
                    case.slots[place] = min(body.slot, case.slots.get(place, body.slot))

    def _check_registry(self, registry: Registry) -> None:
        if registry.hash not in self.registries:
            raise CryptoError(
                "registry-mismatch",
                f"{registry.hash.hex()} is no registry that the reader was told",
                requirement="STL-065",
                where="registry",
            )

    def _outputs(self) -> tuple[dict[int, bytes], dict[int, bytes]]:
        """Beacon outputs by round: those of quicknet, and all that count (STL-066)."""
        signed: dict[int, bytes] = {}
        given: dict[int, bytes] = {}
        for file, beacon in self.of(Beacon):
            with self.judging(file.hash):
                output = check_beacon(beacon, backend=self.backend)
                if not beacon.supplied:
                    signed[beacon.round] = output
                elif self.told.supplied:
                    given[beacon.round] = min(output, given.get(beacon.round, output))
                else:
                    raise PolicyError(
                        "supplied-beacon",
                        "this is randomness that nobody vouches for, and that the reader doesn't take",
                        requirement="STL-066",
                        where="beacon.source",
                    )
        return signed, given | signed

    def _finish(self, case: UnitCase, signed: Mapping[int, bytes], outputs: Mapping[int, bytes]) -> None:
        """Find who was assigned, and note the records of a unit and its beneficiaries. Raises PolicyError (STL-067)."""
        unit, policy = case.unit, case.unit.body.policy
        slot = case.slots.get((Subject.UNIT, unit.body.requester, unit.id))
        if slot is None:
            raise PolicyError("no-receipt", "no receipt of the unit counts", requirement="STL-067", where="unit")
        assigned: list[bytes] = []
        if policy.workers is not None:
            case.how, assigned = Assigned.NAMED, list(policy.workers)
        elif policy.assignment is not None:
            case.registry = self.registries.get(policy.assignment.registry)
            if case.registry is None:
                raise missing(f"the registry {policy.assignment.registry.hex()} of the network", "policy.assignment")
            round = assignment.assignment_round(unit, slot)
            if round not in outputs:
                raise missing(f"the beacon's output of round {round}, which draws the unit's workers", "unit")
            case.how, assigned = Assigned.DRAWN, drawn(assignment.assign, case.registry, unit, outputs[round])
            case.eligible = round in signed and self._is_eligible(case)
        case.outputs = signed if case.eligible else outputs
        case.dossiers = {worker: Dossier() for worker in assigned}
        self._show_unit(case)

    def _is_eligible(self, case: UnitCase) -> bool:
        """Whether a unit whose workers a public beacon drew can earn emission (STL-011)."""
        body, parameters = case.unit.body, self.told.parameters
        members = [
            member.key for committee in (case.committee, case.attesters) if committee for member in committee.members
        ]
        least = body.requirements.least_stake if body.requirements else None
        cost = parameters.slash_base + body.escrow * parameters.slash_share // WHOLE
        return (least or 0) >= cost and all(member in self.accounts for member in members)

    def _show_unit(self, case: UnitCase) -> None:
        unit, body, policy = case.unit, case.unit.body, case.unit.body.policy
        auditors = policy.audit.auditors or 0 if policy.audit else 0
        made = UnitRecord(
            id=unit.id,
            requester=case.requester,
            price=body.price,
            escrow=body.escrow,
            challenge=case.deadlines.challenge,
            places=policy.redundancy.replicas if policy.redundancy else 1,
            ways=sum(1 << way - 1 for way in asked(policy) if way is not Way.REEXECUTION),
            audit_whole=auditors * policy.audit.samples if policy.audit else 0,
            attestation_whole=case.attesters.total if case.attesters else 0,
            eligible=int(case.eligible),
        )
        self.show(case.file.hash, RecordType.UNIT, made)
        for one in body.beneficiaries or ():
            self.show(case.file.hash, RecordType.BENEFICIARY, BeneficiaryRecord(unit.id, one.address, one.share))

    # Claims

    def read_claims(self) -> None:
        """Find the claims that were revealed in time (STL-069, STL-070)."""
        for file, commit in self.of(Commit):
            with self.judging(file.hash):
                case = self.unit(commit.body.unit, "commit.unit")
                commits.check_about(commit, case.unit)
                commit.verify(backend=self.backend, cache=self.cache)
                assignment.check_assigned(commit.body.worker, case.dossiers)
                case.dossiers[commit.body.worker].commits[commit.id] = commit
        signed: list[tuple[File, AnyReveal, UnitCase]] = []
        for kind in (Reveal, OpaqueReveal):
            for file, reveal in self.of(kind):
                assert isinstance(reveal, Reveal | OpaqueReveal)
                with self.judging(file.hash):
                    case = self.unit(reveal.claim.unit.id, "reveal.claim.unit")
                    reveals.check_signature(reveal, backend=self.backend, cache=self.cache)
                    assignment.check_assigned(reveal.claim.body.worker, case.dossiers)
                    case.dossiers[reveal.claim.body.worker].reveals[reveal.id] = reveal
                    signed.append((file, reveal, case))
        for file, reveal, case in signed:
            with self.judging(file.hash):
                self._read_claim(file, reveal, case)

    def _read_claim(self, file: File, reveal: AnyReveal, case: UnitCase) -> None:
        """Note the claim of a signed reveal by an assigned worker. Raises ProtocolError (STL-070)."""
        claim, worker = reveal.claim, reveal.claim.body.worker
        account = self.account(worker, "reveal.claim.worker")
        bench = case.judge(self.backend, self.cache)
        if worker not in self.expected(case, worker):
            raise PolicyError(
                "not-called",
                "the unit was not replicated, and only the first worker was called",
                requirement="STL-070",
                where="reveal.claim.worker",
            )
        slot = bench.claim_slot(reveal)
        made = ClaimRecord(
            id=claim.id,
            unit=case.unit.id,
            worker=account,
            steps=reveal.claim.body.steps if isinstance(reveal, Reveal) else 1,
            slot=slot,
            status=int(reveal.claim.body.status) if isinstance(reveal, Reveal) else 0,
            assigned=case.how,
        )
        known = case.claims.get(claim.id)
        if known is None or slot < known.slot:
            if known is not None:
                self.shown.pop(known.evidence, None)
            found = ClaimCase(case, reveal, worker, slot, file.hash)
            case.claims[claim.id] = self.claims[claim.id] = found
            self.show(file.hash, RecordType.CLAIM, made)

    def expected(self, case: UnitCase, worker: bytes | None = None) -> list[bytes]:
        """The workers who are called, as far as one worker is concerned (RED-044). Raises PolicyError if unknown."""
        redundancy = case.unit.body.policy.redundancy
        assigned = list(case.dossiers)
        if redundancy is None or redundancy.adaptive is None or not assigned or worker == assigned[0]:
            return assigned
        try:
            return expected_of(case.judge(self.backend, self.cache), case.registry, case.outputs)
        except Missing as error:
            raise missing(error.title, "unit") from None


def drawn(draw: Callable[..., list[bytes]], *args: Any, **kwargs: Any) -> list[bytes]:
    """Who is drawn; nobody if too few can be (REG-026)."""
    try:
        return draw(*args, **kwargs)
    except PolicyError:
        return []


def file_hash(data: bytes) -> bytes:
    """H_evidence of a file."""
    return hashing.digest(hashing.EVIDENCE, data)

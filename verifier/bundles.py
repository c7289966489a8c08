"""Judging evidence bundles (spec/bundle.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from ..protocol import hashing
from ..protocol.beacon import Beacon, check_beacon
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding.schema import Record, decode_object
from ..protocol.errors import ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.registry.snapshot import Registry
from ..protocol.work.attestation import AttestationAggregate
from ..protocol.work.audit import AuditProof
from ..protocol.work.bundle import Bundle, read_bundle
from ..protocol.work.claim import Claim
from ..protocol.work.commit import Commit
from ..protocol.work.fault import LeafFault, ResultFault, StepFault
from ..protocol.work.receipt import Receipt
from ..protocol.work.reveal import OpaqueReveal, Reveal
from ..protocol.work.segment import SegmentProof
from ..protocol.work.unit import Unit
from . import audits, claims, committees, faults, quorum, segments
from .precedence import Way, deciding
from .verdict import Aside, Evidence, Examination, Outcome, Pins, Verdict, unit_statement

NO_PINS = claims.NO_PINS
"""The bundle may be about anything."""

R = TypeVar("R", bound=Record)


def check_bundle(
    data: bytes,
    *,
    executor: ExecutorFactory,
    pins: Pins = NO_PINS,
    supplied: bool = False,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Judge a bundle as a whole: what it says of a claim on its unit, by the strongest way that it holds (BND-013).

    `supplied`: take randomness that no beacon vouches for.
    """
    examination = Examination(data)
    check = examination.check
    try:
        bundle = check("BND-001", "one well-formed bundle", decode_object, Bundle, data)
        read = check("BND-003", f"{len(bundle.files)} files in order, with one unit", read_bundle, bundle)
        judge = _Judge(read, executor, supplied, backend, cache or KeyCache())
        examination.statement = unit_statement(judge.unit)
        check("UNT-007", "the requester signed the unit", judge.unit.verify, backend=backend, cache=cache)
        judge.run()
        examination.asides = sorted(judge.asides, key=lambda aside: (aside.file, aside.code))
        verdict = judge.decision(pins.worker)
        if verdict is not None:
            examination.statement = verdict.statement
            examination.checks.extend(verdict.checks)
            examination.parties = list(verdict.parties)
        if verdict is None or verdict.claim is not Outcome.REFUTED:
            claims.examine_pins(examination, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    if verdict is None:
        examination.miss("BND-013", "something in the bundle decides a claim on the unit")
        return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
    return replace(
        verdict,
        evidence_hash=hashing.digest(hashing.EVIDENCE, data),
        checks=tuple(examination.checks),
        asides=tuple(examination.asides),
    )


class _Judge:
    """Judges a bundle's elements one by one; what is rejected is set aside (BND-012)."""

    def __init__(
        self,
        read: list[tuple[Record, bytes]],
        executor: ExecutorFactory,
        supplied: bool,
        backend: Backend | None,
        cache: KeyCache,
    ) -> None:
        self._files: dict[type[Record], list[tuple[Record, bytes]]] = {}
        for value, data in read:
            self._files.setdefault(type(value), []).append((value, data))
        unit, self._unit_data = self._files[Unit][0]
        assert isinstance(unit, Unit)
        self.unit, self._unit_id = unit, unit.id
        self._executor, self._supplied, self._backend, self._cache = executor, supplied, backend, cache
        self.verdicts: list[tuple[Way, Verdict]] = []
        self.asides: list[Aside] = []

    def run(self) -> None:
        """Judge every element, and the quorum if the unit asks for one."""
        executor, backend, cache = self._executor, self._backend, self._cache
        for data in self._about(Claim, lambda value: value.unit.id):
            self._take(Way.QUORUM, claims.check_claim(data, backend=backend, cache=cache), data)
            self._attested(data)
        for data in self._about(AuditProof, lambda value: value.claim.unit.id):
            audited = audits.check_audit(data, executor=executor, supplied=self._supplied, backend=backend, cache=cache)
            self._take(Way.AUDIT, audited, data)
        for data in self._about(SegmentProof, lambda value: value.claim.unit.id):
            proven = segments.check_segment_proof(data, executor=executor, backend=backend, cache=cache)
            self._take(Way.AUDIT, proven, data)
        for data in self._about(LeafFault, lambda value: value.claim.unit.id):
            self._take(Way.AUDIT, faults.check_leaf_fault(data, backend=backend, cache=cache), data)
        for data in self._about(ResultFault, lambda value: value.claim.unit.id):
            self._take(Way.AUDIT, faults.check_result_fault(data, backend=backend, cache=cache), data)
        for data in self._about(StepFault, lambda value: value.claim.unit.id):
            verdict = faults.check_step_fault(data, executor=executor, backend=backend, cache=cache)
            self._take(Way.AUDIT, verdict, data)
        if self.unit.body.policy.redundancy is not None:
            self._quorum()

    def decision(self, worker: bytes | None) -> Verdict | None:
        """The verdict on a claim of a worker, by default of anybody's (BND-013, BND-014)."""
        by_claim: dict[bytes, list[tuple[Way, Verdict]]] = {}
        for way, verdict in self.verdicts:
            about = verdict.statement
            if about is not None and about.claim is not None and worker in (None, about.worker):
                by_claim.setdefault(about.claim, []).append((way, verdict))
        decided = [deciding(self.unit.body.policy, found) for found in by_claim.values()]
        ranked = [verdict for verdict in decided if verdict is not None]
        return min(ranked, key=lambda verdict: (verdict.claim is Outcome.REFUTED, verdict.evidence_hash), default=None)

    def _about(self, cls: type[R], unit: Callable[[R], bytes]) -> Iterator[bytes]:
        """The elements of a kind that are about the bundle's unit; the others are set aside (BND-011)."""
        for value, data in self._files.get(cls, []):
            assert isinstance(value, cls)
            if unit(value) == self._unit_id:
                yield data
            else:
                self._aside(data, "other-unit", "it is about another unit than the bundle's")

    def _take(self, way: Way, verdict: Verdict, data: bytes) -> None:
        if verdict.evidence is Evidence.INVALID and verdict.code is not None:
            self._aside(data, verdict.code, verdict.message)
        else:
            self.verdicts.append((way, verdict))

    def _attested(self, claim: bytes) -> None:
        """Judge a claim by each attestation in the bundle with each committee (BND-010)."""
        if self.unit.body.policy.attestation is None:
            return
        for _, aggregate in self._files.get(AttestationAggregate, []):
            for _, committee in self._files.get(Committee, []):
                verdict = committees.check_attested_claim(
                    claim, committee, aggregate, backend=self._backend, cache=self._cache
                )
                if verdict.evidence is not Evidence.INVALID:
                    self.verdicts.append((Way.ATTESTATION, verdict))
                elif verdict.code not in (None, "claim-mismatch", "committee-mismatch"):
                    self._aside(aggregate, verdict.code, verdict.message)

    def _quorum(self) -> None:
        kinds = (Committee, Registry, Commit, Receipt, Reveal, OpaqueReveal)
        files = [data for cls in kinds for _, data in self._files.get(cls, [])]
        beacons: dict[int, bytes] = {}
        for value, data in self._files.get(Beacon, []):
            assert isinstance(value, Beacon)
            try:
                output = check_beacon(value, backend=self._backend)
            except ProtocolError as error:
                self._aside(data, error.code, error.message)
                continue
            if not value.supplied or self._supplied:
                beacons[value.round] = output
        verdict = quorum.check_quorum(self._unit_data, files, beacons=beacons, backend=self._backend, cache=self._cache)
        self.asides.extend(verdict.asides)
        if verdict.evidence is not Evidence.INVALID:
            self.verdicts.append((Way.QUORUM, verdict))

    def _aside(self, data: bytes, code: str, message: str) -> None:
        self.asides.append(Aside(hashing.digest(hashing.EVIDENCE, data), code, message))

"""Judging evidence bundles (spec/bundle.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..protocol import hashing
from ..protocol.beacon import Beacon
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding.schema import Record, decode_object, encode_object
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
from ..protocol.work.opaque import OpaqueClaim
from ..protocol.work.receipt import Receipt
from ..protocol.work.reveal import OpaqueReveal, Reveal, result_of
from ..protocol.work.segment import SegmentProof
from ..protocol.work.unit import Unit
from . import audits, claims, commits, committees, faults, quorum, segments
from .precedence import Way, deciding
from .verdict import Aside, Evidence, Examination, Outcome, Pins, Standing, Verdict, unit_statement

NO_PINS = claims.NO_PINS
"""The bundle may be about anything."""


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
        said = verdict or judge.quorum
        if said is not None:
            examination.parties = list(said.parties)
        if verdict is not None:
            examination.statement = verdict.statement
            examination.checks.extend(verdict.checks)
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


_ABOUT: Final[Mapping[type[Record], Callable[[Any], bytes]]] = {
    Commit: lambda value: value.body.unit,
    Receipt: lambda value: value.body.unit,
    Reveal: lambda value: value.claim.unit.id,
    OpaqueReveal: lambda value: value.claim.unit.id,
    Claim: lambda value: value.unit.id,
    OpaqueClaim: lambda value: value.unit.id,
    AuditProof: lambda value: value.claim.unit.id,
    AttestationAggregate: lambda value: value.body.unit,
    SegmentProof: lambda value: value.claim.unit.id,
    LeafFault: lambda value: value.claim.unit.id,
    ResultFault: lambda value: value.claim.unit.id,
    StepFault: lambda value: value.claim.unit.id,
}
"""The id of the unit that an element is about, for the kinds that are about one (BND-011)."""


def unit_of(element: Record) -> bytes | None:
    """The id of the unit that an element is about; None for kinds that are about none, and for units."""
    about = _ABOUT.get(type(element))
    return None if about is None else about(element)


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
        self._executor, self._supplied, self._backend, self._cache = executor, supplied, backend, cache
        (unit, self._unit_data), *elements = read
        assert isinstance(unit, Unit)
        self.unit = unit
        self.verdicts: list[tuple[Way, Verdict]] = []
        """What was found about single claims, by which way."""
        self.quorum: Verdict | None = None
        """What was found about the unit's replicas; None if that wasn't asked, or says nothing."""
        self.asides: list[Aside] = []
        self._rejected: set[bytes] = set()
        self._places = {data: place for place, (_, data) in enumerate(read)}
        self._results: dict[bytes, bytes] = {}
        self._files: dict[type[Record], list[tuple[Any, bytes]]] = {}
        for value, data in elements:
            if unit_of(value) not in (None, unit.id):
                self._aside(data, "other-unit", "it is about another unit than the bundle's")
            else:
                self._files.setdefault(type(value), []).append((value, data))

    def run(self) -> None:
        """Judge every element, and the quorum if the unit asks for one (BND-010)."""
        executor, backend, cache = self._executor, self._backend, self._cache
        keys: Any = {"backend": backend, "cache": cache}
        self._each(Claim, Way.QUORUM, lambda data: claims.check_claim(data, **keys))
        self._each(OpaqueClaim, Way.QUORUM, lambda data: commits.check_opaque_claim(data, **keys))
        receipts = self._receipts()
        self._each(
            AuditProof,
            Way.AUDIT,
            lambda data: audits.check_audit(
                data, executor=executor, supplied=self._supplied, receipts=receipts, **keys
            ),
        )
        self._each(
            SegmentProof,
            Way.AUDIT,
            lambda data: segments.check_segment_proof(data, executor=executor, **keys),
        )
        self._each(LeafFault, Way.AUDIT, lambda data: faults.check_leaf_fault(data, **keys))
        self._each(ResultFault, Way.AUDIT, lambda data: faults.check_result_fault(data, **keys))
        self._each(StepFault, Way.AUDIT, lambda data: faults.check_step_fault(data, executor=executor, **keys))
        self._attested()
        if self.unit.body.policy.redundancy is not None:
            self._judge_quorum()

    def decision(self, worker: bytes | None) -> Verdict | None:
        """The verdict on a decided claim of a worker, by default of anybody's (BND-013, BND-014, BND-017)."""
        by_claim: dict[bytes, list[tuple[Way, Verdict]]] = {}
        for way, verdict in self.verdicts:
            about = verdict.statement
            if about is not None and about.claim is not None:
                by_claim.setdefault(about.claim, []).append((way, verdict))
        found = {claim: deciding(self.unit.body.policy, verdicts) for claim, verdicts in by_claim.items()}
        decided = {claim: verdict for claim, verdict in found.items() if verdict is not None}
        counting = [*decided.values(), *self._of_quorum(decided)]
        ours = [one for one in counting if one.statement is not None and worker in (None, one.statement.worker)]
        return min(ours, key=lambda verdict: (verdict.claim is Outcome.REFUTED, verdict.evidence_hash), default=None)

    def _of_quorum(self, decided: Mapping[bytes, Verdict]) -> list[Verdict]:
        """What a quorum accepts, unless a claim with the same result is refuted (BND-017)."""
        if self.quorum is None or self.quorum.claim is not Outcome.ACCEPTED:
            return []
        agree = {party.key for party in self.quorum.parties if party.standing is Standing.AGREES}
        accepted = {made.result for made, _ in self._of(Reveal, OpaqueReveal) if made.claim.body.worker in agree}
        refuted = {self._results[claim] for claim, verdict in decided.items() if verdict.claim is Outcome.REFUTED}
        return [] if accepted & refuted else [self.quorum]

    def _of(self, *kinds: type[Record]) -> list[tuple[Any, bytes]]:
        """The elements of some kinds that aren't set aside, with their bytes."""
        elements = [element for kind in kinds for element in self._files.get(kind, [])]
        return [(value, data) for value, data in elements if data not in self._rejected]

    def _each(self, kind: type[Record], way: Way, judge: Callable[[bytes], Verdict]) -> None:
        for value, data in self._of(kind):
            self._take(way, judge(data), data)
            claim = value if isinstance(value, Claim | OpaqueClaim) else value.claim
            self._results[claim.id] = result_of(claim.body)

    def _receipts(self) -> audits.Receipts:
        """Every receipt in the bundle, those in audit proofs too (BND-018)."""
        carried = [value.receipt for value, _ in self._of(AuditProof) if value.receipt is not None]
        files = [*(data for _, data in self._of(Receipt)), *map(encode_object, carried)]
        return audits.Receipts(files, backend=self._backend, cache=self._cache)

    def _take(self, way: Way, verdict: Verdict, data: bytes) -> None:
        if verdict.evidence is Evidence.INVALID and verdict.code is not None:
            place = f" (at {verdict.where})" if verdict.where else ""
            self._aside(data, verdict.code, f"{verdict.message}{place}")
            return
        if verdict.code is not None:
            verdict = replace(verdict, where=f"files[{self._places[data]}], {verdict.where}".rstrip(", "))
        self.verdicts.append((way, verdict))

    def _attested(self) -> None:
        """Judge each attestation beside its claim and its committee, if they are there (BND-010)."""
        members = {committee.hash: data for committee, data in self._of(Committee)}
        made = {claim.id: data for claim, data in self._of(Claim, OpaqueClaim)}
        for aggregate, data in self._of(AttestationAggregate):
            claim, committee = made.get(aggregate.body.claim), members.get(aggregate.body.committee)
            if claim is not None and committee is not None:
                verdict = committees.check_attested_claim(
                    claim, committee, data, backend=self._backend, cache=self._cache
                )
                self._take(Way.ATTESTATION, verdict, data)

    def _judge_quorum(self) -> None:
        policy = self.unit.body.policy
        named = {part.committee for part in [policy.receipts] if part}
        named |= {part.registry for part in [policy.assignment] if part}
        files = [data for value, data in self._of(Committee, Registry) if value.hash in named]
        files += [data for _, data in self._of(Beacon, Commit, Receipt, Reveal, OpaqueReveal)]
        verdict = quorum.check_quorum(
            self._unit_data, files, supplied=self._supplied, backend=self._backend, cache=self._cache
        )
        self.asides.extend(verdict.asides)
        if verdict.evidence is not Evidence.INVALID:
            self.quorum = verdict

    def _aside(self, data: bytes, code: str, message: str) -> None:
        self._rejected.add(data)
        self.asides.append(Aside(hashing.digest(hashing.EVIDENCE, data), code, message))

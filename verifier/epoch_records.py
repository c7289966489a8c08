"""What an epoch's files say about revealed claims: verdicts, checks, refutations, silences, equivocations.

This is the second half of making an epoch's records (spec/settlement.md, "Evidence"): STL-071 to STL-079.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..protocol import keys
from ..protocol.committee.signing import aggregate_signed, check_threshold, weight_of
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding.schema import encode_object
from ..protocol.errors import CryptoError, PolicyError, ProtocolError
from ..protocol.keys import Signed
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.program import Program
from ..protocol.regions import Input
from ..protocol.registry import assignment
from ..protocol.registry.assignment import Purpose
from ..protocol.rewards.records import (
    CheckKind,
    CheckRecord,
    EquivocationRecord,
    RecordType,
    RefutationRecord,
    SilenceKind,
    SilenceRecord,
    VerdictRecord,
)
from ..protocol.rewards.records import Outcome as Said
from ..protocol.work import audit as audit_objects
from ..protocol.work.attestation import AttestationAggregate, Finding, check_epoch
from ..protocol.work.audit import AuditProof, CheckReveal
from ..protocol.work.dispute import Dispute
from ..protocol.work.equivocation import Equivocation
from ..protocol.work.fault import LeafFault, ResultFault, StepFault
from ..protocol.work.fault_commit import FaultReveal
from ..protocol.work.receipt import Subject
from ..protocol.work.reveal import Reveal
from ..protocol.work.segment import SegmentProof
from ..protocol.work.silence import Asked, RequestBody, SilenceProof
from . import audits, claims, equivocations, faults, silences
from .committees import check_about as check_attested
from .epoch_files import ClaimCase, EpochFiles, File, UnitCase, drawn, missing
from .precedence import Way
from .quorum import check_form, decide
from .replicas import opens
from .verdict import Evidence, Examination, Outcome, Standing, Verdict, error_of, evidence_hash


@dataclass(slots=True)
class EpochRecords:
    """Goes through the files that say something about units and claims, and notes the records that they show."""

    epoch_files: EpochFiles
    executor: ExecutorFactory
    materials: Sequence[tuple[Program, Input]] = ()
    proofs: dict[bytes, Verdict] = field(default_factory=dict)
    """What fault proofs and audit proofs came to, by the hashes of their files."""
    audited: dict[bytes, list[AuditProof]] = field(default_factory=dict)
    """Audit proofs beside which a check can hold, by the claim's id (AUD-060)."""
    states: dict[tuple[bytes, bytes], bytes | ProtocolError] = field(default_factory=dict)
    """The states that an auditor of a claim has to show, or why no proof gives them: executed once for all reveals."""
    disputes: dict[bytes, Dispute] | None = None
    """Disputes that their challengers signed, by their ids; None: not looked at yet."""
    attested: dict[bytes, list[tuple[File, AttestationAggregate, list[int]]]] = field(default_factory=dict)
    """Aggregates that count, by the claim that they are about, and the places of those who signed them."""

    def read(self) -> None:
        """Note all records but those of units, beneficiaries and claims."""
        self._audits()
        self._attestations()
        self._quorums()
        self._executions()
        self._refutations()
        self._checks()
        self._silences()
        self._equivocations()

    # Verdicts

    def _judged(self, claim: ClaimCase, way: Way, accepted: bool, evidence: bytes, file: bytes | None) -> None:
        """Note a verdict on a claim."""
        claim.outcomes.setdefault(way, set()).add(accepted)
        outcome = Said.ACCEPTED if accepted else Said.NOT_ACCEPTED
        made = VerdictRecord(claim.reveal.claim.id, int(way), int(outcome), evidence)
        if file is None:
            self.epoch_files.loose.append((RecordType.VERDICT, made))
        else:
            self.epoch_files.show(file, RecordType.VERDICT, made)

    def _audits(self) -> None:
        for file, proof in self.epoch_files.of(AuditProof):
            with self.epoch_files.judging(file.hash):
                self._audit(file, proof)

    def _audit(self, file: File, proof: AuditProof) -> None:
        """Note the verdict of an audit proof, and whether checks can be held beside it (STL-071, AUD-060)."""
        epoch_files = self.epoch_files
        claim = epoch_files.claim(proof.claim.id, "audit-proof.claim")
        unit = claim.unit
        supplied = epoch_files.told.supplied and not unit.eligible
        verdict = audits.check_audit(
            file.data, executor=self.executor, supplied=supplied, backend=epoch_files.backend, cache=epoch_files.cache
        )
        self.proofs[file.hash] = verdict
        same = proof.receipt is not None and proof.receipt.body.slot == claim.slot
        if verdict.claim is Outcome.REFUTED:
            if same and audits.is_drawn(proof, supplied=supplied):
                self.audited.setdefault(proof.claim.id, []).append(proof)
            audit_objects.policy_of(unit.unit)
            self._judged(claim, Way.AUDIT, False, file.hash, file.hash)
            return
        if verdict.evidence is Evidence.INVALID:
            raise error_of(verdict)
        if verdict.evidence is Evidence.INCOMPLETE:
            raise missing(" and that ".join(check.title for check in verdict.missing), "audit-proof")
        if not same:
            raise PolicyError(
                "wrong-round",
                f"its receipt is of another slot than {claim.slot}, from which the audit of this claim is drawn",
                requirement="STL-071",
                where="audit-proof.receipt",
            )
        self.audited.setdefault(proof.claim.id, []).append(proof)
        self._judged(claim, Way.AUDIT, True, file.hash, file.hash)

    def _attestations(self) -> None:
        epoch_files = self.epoch_files
        waiting: list[tuple[File, AttestationAggregate, ClaimCase, list[int], Signed]] = []
        for file, aggregate in epoch_files.of(AttestationAggregate):
            with epoch_files.judging(file.hash):
                claim = epoch_files.claim(aggregate.body.claim, "statement.claim")
                committee = self._attesters_of(claim.unit, aggregate)
                check_epoch(aggregate.body, committee, "statement")
                members, signed = aggregate_signed(aggregate, committee)
                waiting.append((file, aggregate, claim, members, signed))
        epoch_files.batch([(file.hash, signed) for file, *_, signed in waiting])
        for file, aggregate, claim, members, _ in waiting:
            if file.hash in epoch_files.files:
                with epoch_files.judging(file.hash):
                    self._attested(file, aggregate, claim, members)

    def _attesters_of(self, unit: UnitCase, aggregate: AttestationAggregate) -> Committee:
        """The committee that a unit wants to attest. Raises PolicyError if it is another, or none (STL-072)."""
        policy = unit.unit.body.policy.attestation
        if policy is None or unit.attesters is None:
            raise PolicyError(
                "way-not-asked",
                "the unit names no committee to attest",
                requirement="ATT-051",
                where="policy.attestation",
            )
        if aggregate.body.committee != policy.committee:
            raise PolicyError(
                "other-committee",
                "the unit names another committee to attest",
                requirement="ATT-052",
                where="policy.attestation.committee",
            )
        return unit.attesters

    def _attested(self, file: File, aggregate: AttestationAggregate, claim: ClaimCase, members: list[int]) -> None:
        """Note the verdict of an aggregate whose signatures hold. Raises ProtocolError (STL-072)."""
        attesters, policy = claim.unit.attesters, claim.unit.unit.body.policy.attestation
        assert attesters is not None and policy is not None
        check_attested(aggregate, claim.reveal.claim)
        accepted = aggregate.body.outcome == Finding.ACCEPTED
        if accepted:
            claim.check_contradictions()
        check_threshold(weight_of(members, attesters), policy.threshold, attesters, "aggregate.signers")
        self._judged(claim, Way.ATTESTATION, accepted, file.hash, file.hash)
        self.attested.setdefault(aggregate.body.claim, []).append((file, aggregate, members))

    def _quorums(self) -> None:
        for case in self.epoch_files.units.values():
            if case.unit.body.policy.redundancy is not None:
                try:
                    self._quorum(case)
                except ProtocolError:
                    continue  # no verdict by quorum: what stands in its way is named where the file is that lacks

    def _quorum(self, case: UnitCase) -> None:
        """Note what a unit's quorum says of its claims. Raises PolicyError if there is none (STL-073)."""
        check_form(case.unit)
        examination = Examination(b"")
        bench = case.judge(self.epoch_files.backend, self.epoch_files.cache)
        decide(examination, case.unit, bench, self.epoch_files.expected(case))
        said = {
            reveal.claim.id: (reveal, party.standing is Standing.AGREES)
            for party in examination.parties
            if party.standing in (Standing.AGREES, Standing.DISSENTS)
            for reveal in bench.dossiers[party.key].reveals.values()
        }
        evidence = evidence_hash(case.file.data, *(encode_object(reveal) for reveal, _ in said.values()))
        for id, (_, agrees) in said.items():
            if id in case.claims:
                self._judged(case.claims[id], Way.QUORUM, agrees, evidence, None)

    def _executions(self) -> None:
        """Execute the claims whose program and input the reader has (STL-074)."""
        known = {(program.id, given.length, given.root): (program, given) for program, given in self.materials}
        for claim in self.epoch_files.claims.values() if known else ():
            if not isinstance(claim.reveal, Reveal):
                continue
            made = claim.reveal.claim
            wanted = (made.context.program_id, made.context.input_length, made.context.input_root)
            if wanted in known:
                verdict = claims.reexecute(
                    encode_object(made),
                    *known[wanted],
                    executor=self.executor,
                    backend=self.epoch_files.backend,
                    cache=self.epoch_files.cache,
                )
                if verdict.claim is not Outcome.INCONCLUSIVE:
                    accepted = verdict.claim is Outcome.ACCEPTED
                    self._judged(claim, Way.REEXECUTION, accepted, verdict.evidence_hash, None)

    # Refutations and checks

    def _refutations(self) -> None:
        served = set()
        for file, reveal in self.epoch_files.of(FaultReveal):
            with self.epoch_files.judging(file.hash):
                self._refutation(file, reveal)
                served.add(reveal.proof)
        for kind in (SegmentProof, LeafFault, ResultFault, StepFault):
            for file, _ in self.epoch_files.of(kind):
                with self.epoch_files.judging(file.hash):
                    if file.hash not in served:
                        raise missing("a fault reveal that counts, by whoever made this proof", "proof")

    def _refutation(self, file: File, reveal: FaultReveal) -> None:
        """Note a refutation, with the slot of its commitment. Raises ProtocolError (STL-077)."""
        epoch_files = self.epoch_files
        proof = epoch_files.all.get(reveal.proof)
        if proof is None:
            raise missing(f"the fault proof {reveal.proof.hex()}", "fault-reveal.proof")
        verdict = self._proof(proof)
        faults.examine_fault_reveal(
            Examination(b""), reveal, verdict, backend=epoch_files.backend, cache=epoch_files.cache
        )
        assert verdict.statement is not None
        claim = epoch_files.claim(verdict.statement.claim or b"", "proof.claim")
        prover = epoch_files.account(reveal.commit.body.prover, "fault-commit.prover")
        slot = _slot(claim.unit, Subject.FAULT, reveal.commit.body.prover, reveal.commit.id, "fault commit")
        claim.refuted = claim.refuted or slot <= claim.unit.deadlines.challenge
        made = RefutationRecord(claim.reveal.claim.id, slot, prover, file.hash)
        epoch_files.show(file.hash, RecordType.REFUTATION, made)

    def _proof(self, file: File) -> Verdict:
        """The verdict on a fault proof, made once."""
        if file.hash not in self.proofs:
            self.proofs[file.hash] = faults.check_proof(
                file.data, executor=self.executor, backend=self.epoch_files.backend, cache=self.epoch_files.cache
            )
        return self.proofs[file.hash]

    def _checks(self) -> None:
        for file, reveal in self.epoch_files.of(CheckReveal):
            with self.epoch_files.judging(file.hash):
                self._check(file, reveal)

    def _check(self, file: File, reveal: CheckReveal) -> None:
        """Note a proven check, of a drawn auditor or a member who attested. Raises ProtocolError (STL-076)."""
        epoch_files, body = self.epoch_files, reveal.check.body
        claim = epoch_files.claim(body.claim, "check.claim")
        audit, attestations = claim.unit.unit.body.policy.audit, self._attestations_by(body.auditor, claim)
        if not attestations:
            assignment.auditors_round(claim.unit.unit, claim.slot)  # REG-029
        account = epoch_files.account(body.auditor, "check.auditor")
        drawn = audit is not None and audit.auditors is not None and body.auditor in self._auditors(claim)
        if not drawn and not attestations:
            raise PolicyError(
                "undrawn-auditor",
                f"the auditor {body.auditor.hex()} was not drawn for this claim, and has not attested its outcome",
                requirement="AUD-059",
                where="check.auditor",
            )
        self._check_in_time(reveal, claim.unit)
        self._beside(reveal, body.claim)
        if drawn:
            assert audit is not None
            made = CheckRecord(body.claim, int(CheckKind.AUDIT), account, audit.samples, 1, file.hash)
            epoch_files.show(file.hash, RecordType.CHECK, made)
        for evidence, weight in attestations:
            made = CheckRecord(body.claim, int(CheckKind.ATTESTATION), account, weight, 1, evidence)
            epoch_files.show(file.hash, RecordType.CHECK, made)

    def _attestations_by(self, key: bytes, claim: ClaimCase) -> list[tuple[bytes, int]]:
        """Aggregates by which a key attested a claim's outcome: H_evidence, and the weight of its member (STL-075)."""
        attesters, outcome = claim.unit.attesters, claim.outcome()
        return [
            (file.hash, attesters.members[place].weight)
            for file, aggregate, places in self.attested.get(claim.reveal.claim.id, [])
            if attesters is not None
            if outcome is (aggregate.body.outcome == Finding.ACCEPTED)
            for place in places
            if attesters.members[place].key == key
        ]

    def _check_in_time(self, reveal: CheckReveal, case: UnitCase) -> None:
        """Raise PolicyError unless a check is receipted by the middle of the challenge window (AUD-059)."""
        body = reveal.check.body
        slot = _slot(case, Subject.CHECK, body.auditor, body.id, "check")
        middle = (case.deadlines.reveal + case.deadlines.challenge) // 2
        if slot > middle:
            raise PolicyError(
                "late-check",
                f"the check is receipted in slot {slot}, and was due in {middle}",
                requirement="AUD-059",
                where="check",
            )

    def _auditors(self, claim: ClaimCase) -> list[bytes]:
        """Who was drawn to audit a claim, of a unit with auditors. Raises PolicyError if it can't be known."""
        case = claim.unit
        if claim.slot not in case.auditors:
            round = assignment.auditors_round(case.unit, claim.slot)
            if round not in case.outputs:
                raise missing(f"the beacon's output of round {round}, which draws auditors", "check")
            assert case.registry is not None  # UNT-035
            case.auditors[claim.slot] = drawn(
                assignment.assign,
                case.registry,
                case.unit,
                case.outputs[round],
                purpose=Purpose.AUDITORS,
                excluded=case.dossiers,
            )
        return case.auditors[claim.slot]

    def _beside(self, reveal: CheckReveal, claim: bytes) -> None:
        """Raise unless a check reveal holds beside one of the claim's audit proofs (AUD-060)."""
        proofs, auditor = self.audited.get(claim, []), reveal.check.body.auditor
        if not proofs:
            raise missing("an audit proof of the claim that counts", "check-reveal")
        audit_objects.check_about(reveal, proofs[0])
        audit_objects.check_signature(reveal.check, backend=self.epoch_files.backend, cache=self.epoch_files.cache)
        audit_objects.check_commitment(reveal)
        if (claim, auditor) not in self.states:
            self.states[claim, auditor] = self._states(proofs, auditor)
        states = self.states[claim, auditor]
        if isinstance(states, ProtocolError):
            raise states
        audit_objects.check_equal_states(reveal, states)

    def _states(self, proofs: Sequence[AuditProof], auditor: bytes) -> bytes | ProtocolError:
        """What executing gives an auditor, by the first proof whose witnesses suffice; the first error if none do."""
        first: ProtocolError | None = None
        for proof in proofs:
            try:
                return audit_objects.inner_states(proof, auditor, self.executor)
            except ProtocolError as error:
                first = first or error
        assert first is not None
        return first

    # Silences and equivocations

    def _silences(self) -> None:
        for file, proof in self.epoch_files.of(SilenceProof):
            with self.epoch_files.judging(file.hash):
                self._silence(file, proof)

    def _silence(self, file: File, proof: SilenceProof) -> None:
        """Note a silence about something that the worker owed. Raises ProtocolError (STL-078)."""
        epoch_files, request = self.epoch_files, proof.request.body
        case = epoch_files.unit(proof.unit.id, "silence-proof.unit")
        verdict = silences.check_silence(file.data, backend=epoch_files.backend, cache=epoch_files.cache)
        if verdict.evidence is not Evidence.VALID:
            raise error_of(verdict)
        account = epoch_files.account(request.worker, "request.worker")
        until = proof.silence.body.until
        if until > case.deadlines.challenge:
            raise PolicyError(
                "late-silence",
                f"it is certified up to slot {until}, and the challenge window closes in {case.deadlines.challenge}",
                requirement="STL-078",
                where="silence.until",
            )
        self._check_owed(case, request, until)
        kind = SilenceKind.REVEAL if request.what == Asked.REVEAL else SilenceKind.ANSWER
        epoch_files.show(file.hash, RecordType.SILENCE, SilenceRecord(case.unit.id, account, int(kind), file.hash))

    def _check_owed(self, case: UnitCase, request: RequestBody, until: int) -> None:
        """Raise PolicyError unless what was asked for is something that the worker had to give, and did not."""
        if request.what == Asked.REVEAL:
            self._check_unrevealed(case, request, until)
            return
        named = request.subject
        if request.what == Asked.MOVE:
            named = self._disputed(request.subject)
        claim = case.claims.get(named)
        if claim is None or claim.worker != request.worker:
            raise missing("a claim of the worker's, of which the request is", "request.subject")
        count = claim.reveal.claim.body.segments if isinstance(claim.reveal, Reveal) else 0
        if request.segments and request.segments[-1] >= count:
            raise missing(f"segment {request.segments[-1]} of a claim of {count}", "request.segments")

    def _check_unrevealed(self, case: UnitCase, request: RequestBody, until: int) -> None:
        """Raise PolicyError unless the worker had committed, and nothing opens the commit in time."""
        dossier = case.dossiers.get(request.worker)
        commit = dossier.commits.get(request.subject) if dossier else None
        if dossier is None or commit is None or (Subject.COMMIT, request.worker, commit.id) not in case.slots:
            raise missing("a receipted commit of the worker's, of which the request is", "request.subject")
        for reveal in dossier.reveals.values():
            kinds = (Subject.REVEAL, Subject.ANSWER)
            slots = [case.slots[place] for kind in kinds if (place := (kind, request.worker, reveal.id)) in case.slots]
            if slots and min(slots) <= until and opens(reveal, commit):
                raise PolicyError(
                    "answered",
                    f"a reveal that opens the commit is receipted in slot {min(slots)}",
                    requirement="STL-078",
                    where="silence-proof",
                )

    def _disputed(self, subject: bytes) -> bytes:
        """The id of the claim that a dispute is about. Raises PolicyError if there is no such dispute."""
        if self.disputes is None:
            self.disputes = {
                dispute.id: dispute for _, dispute in self.epoch_files.of(Dispute) if self._is_signed(dispute)
            }
        if subject in self.disputes:
            return self.disputes[subject].body.claim
        raise missing(f"the dispute {subject.hex()}, signed by its challenger", "request.subject")

    def _is_signed(self, dispute: Dispute) -> bool:
        body, epoch_files = dispute.body, self.epoch_files
        try:
            keys.verify(
                body.challenger, dispute.id, dispute.signature, backend=epoch_files.backend, cache=epoch_files.cache
            )
        except CryptoError:
            return False
        return True

    def _equivocations(self) -> None:
        for file, evidence in self.epoch_files.of(Equivocation):
            with self.epoch_files.judging(file.hash):
                self._equivocation(file, evidence)

    def _equivocation(self, file: File, evidence: Equivocation) -> None:
        """Note who contradicted itself about a unit. Raises ProtocolError (STL-079)."""
        epoch_files = self.epoch_files
        if evidence.network != epoch_files.told.network:
            raise CryptoError(
                "network-mismatch",
                f"it is about the network {evidence.network}, and the epoch is of {epoch_files.told.network}",
                requirement="STL-079",
                where="equivocation.network",
            )
        case = epoch_files.unit(evidence.bodies[0].unit, "equivocation.body")
        verdict = equivocations.check(file.data, backend=epoch_files.backend, cache=epoch_files.cache)
        if verdict.evidence is not Evidence.VALID:
            raise error_of(verdict)
        known = [party.key for party in verdict.parties if party.key in epoch_files.accounts]
        if not known:
            epoch_files.account(verdict.parties[0].key, "equivocation")
        for key in known:
            made = EquivocationRecord(case.unit.id, epoch_files.accounts[key], file.hash)
            epoch_files.show(file.hash, RecordType.EQUIVOCATION, made)


def _slot(case: UnitCase, kind: Subject, party: bytes, subject: bytes, what: str) -> int:
    """The slot in which something is receipted. Raises PolicyError if it isn't."""
    slot = case.slots.get((kind, party, subject))
    if slot is None:
        raise PolicyError(
            "no-receipt", f"no receipt that counts is about the {what}", requirement="AUD-059", where=what
        )
    return slot

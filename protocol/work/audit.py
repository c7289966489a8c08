"""Audits: which segments a beacon draws, what that buys, and the proof of them (spec/audit.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from .. import hashing, keys
from ..beacon import Beacon
from ..committee.snapshot import Committee
from ..draws import Stream, sample
from ..encoding.schema import Bytes, Nested, Record, encode_object, keyed, record
from ..errors import CryptoError, ExecutionError, PolicyError, SemanticError
from ..hashing import DIGEST_SIZE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from ..machine.executor import ExecutorFactory
from ..machine.state import state_hash
from . import commit as commits
from . import witness
from .claim import Claim
from .commit import BLINDING, Commit
from .receipt import Receipt, Subject, drawing_round
from .segment import MAX_PROOF_SEGMENTS, SegmentProof
from .unit import NETWORK, AuditPolicy, Unit

_DIGEST = Bytes(DIGEST_SIZE)


@record(kind="tracework/audit-proof")
class AuditProof(Record):
    """The drawn segments of a claim, with all that fixed the draw (AUD-010)."""

    proof: SegmentProof = keyed(2, Nested(SegmentProof))
    commit: Commit = keyed(3, Nested(Commit))
    blinding: bytes = keyed(4, BLINDING)
    """What the commit was blinded with."""
    beacon: Beacon = keyed(5, Nested(Beacon))
    receipt: Receipt | None = keyed(6, Nested(Receipt), default=None)
    committee: Committee | None = keyed(7, Nested(Committee), default=None)

    def validate(self) -> None:
        """Raise SemanticError unless a receipt comes with its committee (AUD-011)."""
        if (self.receipt is None) != (self.committee is None):
            raise SemanticError(
                "audit-form",
                "a receipt and its committee come together",
                requirement="AUD-011",
                where="audit-proof.committee",
            )

    @property
    def claim(self) -> Claim:
        """The audited claim."""
        return self.proof.claim

    @property
    def indices(self) -> list[int]:
        """The segments that are in the proof, ascending."""
        return [segment.index for segment in self.proof.segments]


def audit_seed(output: bytes, network: str, unit: bytes, worker: bytes, commit: bytes) -> bytes:
    """What an audit is drawn from (AUD-001)."""
    return hashing.digest(hashing.AUDIT, output + hashing.network_id(network) + unit + worker + commit)


def draw_segments(seed: bytes, samples: int, segments: int) -> list[int]:
    """The segments of an audit in the order drawn (AUD-002)."""
    return sample(Stream(seed), min(samples, segments), segments)


def policy_of(unit: Unit) -> AuditPolicy:
    """The unit's audit policy. Raises PolicyError if it has none (AUD-016)."""
    policy = unit.body.policy.audit
    if policy is None:
        raise PolicyError(
            "way-not-asked", "the unit doesn't ask for an audit", requirement="AUD-016", where="policy.audit"
        )
    return policy


def audit_round(unit: Unit, slot: int) -> int:
    """The beacon round that draws a claim's audit, the claim's commit being receipted in a slot (AUD-001)."""
    return drawing_round(slot, policy_of(unit).delay)


def drawn(claim: Claim, commit: Commit, output: bytes) -> list[int]:
    """The segments of a claim that are to be audited, ascending."""
    unit, body = claim.unit, claim.body
    seed = audit_seed(output, unit.body.network, unit.id, body.worker, commit.id)
    return sorted(draw_segments(seed, policy_of(unit).samples, body.segments))


def check_commit(audit: AuditProof, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
    """Raise CryptoError unless the commit is the worker's, to this claim (AUD-012)."""
    claim, commit = audit.claim, audit.commit
    commits.check_about(commit, claim.unit)
    commit.verify(backend=backend, cache=cache)
    if commit.body.worker != claim.body.worker:
        raise CryptoError(
            "worker-mismatch",
            "the commit is of another worker than the claim",
            requirement="AUD-012",
            where="audit-proof.commit.worker",
        )
    made = commits.commitment(claim.unit.id, claim.body.worker, claim.id, audit.blinding)
    if commit.body.commitment != made:
        raise CryptoError(
            "commitment-mismatch",
            "the commit is to another claim, or with another blinding",
            requirement="AUD-012",
            where="audit-proof.commit",
        )


def check_receipt_subject(audit: AuditProof) -> None:
    """Raise CryptoError unless the receipt, if there is one, is of the audit's commit (AUD-015)."""
    if audit.receipt is None:
        return
    body = audit.receipt.body
    if (body.kind, body.party, body.subject) != (Subject.COMMIT, audit.claim.body.worker, audit.commit.id):
        raise CryptoError(
            "receipt-mismatch",
            "the receipt is of something else than the worker's commit",
            requirement="AUD-015",
            where="audit-proof.receipt",
        )


def check_round(audit: AuditProof) -> None:
    """Raise PolicyError unless the beacon's round is the one that the receipt's slot fixes (AUD-017)."""
    if audit.receipt is None:
        return
    due = audit_round(audit.claim.unit, audit.receipt.body.slot)
    if audit.beacon.round != due:
        raise PolicyError(
            "wrong-round",
            f"the beacon is of round {audit.beacon.round}, and round {due} draws for this commit",
            requirement="AUD-017",
            where="audit-proof.beacon.round",
        )


def check_earliest(audit: AuditProof, least: int | None) -> None:
    """Raise PolicyError if another receipt of the commit is of an earlier slot, `least`: its round draws (AUD-023)."""
    if audit.receipt is not None and least is not None and least < audit.receipt.body.slot:
        due = drawing_round(least, policy_of(audit.claim.unit).delay)
        raise PolicyError(
            "wrong-round",
            f"another receipt says that the commit was there in slot {least} already: round {due} draws for it",
            requirement="AUD-023",
            where="audit-proof.receipt.slot",
        )


def check_drawn(audit: AuditProof) -> None:
    """Raise PolicyError unless exactly the drawn segments are proven (AUD-018)."""
    due = drawn(audit.claim, audit.commit, audit.beacon.output)
    if audit.indices != due:
        raise PolicyError(
            "other-segments",
            f"the segments {audit.indices} are proven, and {due} were drawn",
            requirement="AUD-018",
            where="audit-proof.proof.segments",
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What drawing some of a claim's segments buys (AUD-040 to AUD-042). All of it is exact."""

    segments: int
    samples: int
    """As many as are drawn."""

    def escape(self, wrong: int) -> Fraction:
        """The probability that none of so many wrong segments is drawn (AUD-040)."""
        if wrong > self.segments - self.samples:
            return Fraction(0)
        return Fraction(comb(self.segments - wrong, self.samples), comb(self.segments, self.samples))

    def bounds(self, probability: Fraction) -> int:
        """The least number of wrong segments that escapes with at most this probability (AUD-041)."""
        low, high = 1, self.segments - self.samples + 1
        while low < high:
            middle = (low + high) // 2
            if self.escape(middle) <= probability:
                high = middle
            else:
                low = middle + 1
        return low

    def least_slash(self, gain: int) -> int:
        """The least burnt slash that makes one wrong segment unprofitable for a gain (AUD-042)."""
        return gain * self.segments // self.samples + 1


def plan(segments: int, samples: int) -> Plan:
    """The plan for a claim of so many segments under a policy of so many samples."""
    return Plan(segments, min(samples, segments))


@record()
class CheckBody(Record):
    """The signed fields of an auditor's proof of checking (AUD-050)."""

    network: str = keyed(0, NETWORK)
    unit: bytes = keyed(1, _DIGEST)
    claim: bytes = keyed(2, _DIGEST)
    auditor: bytes = keyed(3, Bytes(PUBLIC_KEY_SIZE))
    commitment: bytes = keyed(4, _DIGEST)

    @property
    def id(self) -> bytes:
        """What the auditor signs, 32 bytes."""
        return hashing.signed_id(hashing.CHECK, self.network, encode_object(self))


@record(kind="tracework/check")
class Check(Record):
    """An auditor's commitment to the states that it came by (AUD-050)."""

    body: CheckBody = keyed(2, Nested(CheckBody))
    signature: bytes = keyed(3, Bytes(SIGNATURE_SIZE))


@record(kind="tracework/check-reveal")
class CheckReveal(Record):
    """The opening of such a commitment (AUD-050)."""

    check: Check = keyed(2, Nested(Check))
    blinding: bytes = keyed(3, BLINDING)
    states: bytes = keyed(4, Bytes(DIGEST_SIZE, MAX_PROOF_SEGMENTS * DIGEST_SIZE))
    """The state hashes, 32 bytes each, in ascending order of segment."""


def checking(claim: bytes, auditor: bytes, states: bytes, blinding: bytes) -> bytes:
    """What an auditor commits to (AUD-053)."""
    return hashing.digest(hashing.CHECKING, claim + auditor + states + blinding)


def inner_steps(audit: AuditProof, auditor: bytes) -> Iterator[int]:
    """The step inside each proven segment that is this auditor's, ascending by segment (AUD-051)."""
    claim = audit.claim
    stream = Stream(hashing.digest(hashing.CHECK_STEP, audit.beacon.output + claim.id + auditor))
    whole = 1 << claim.context.segment_log2
    for index in audit.indices:
        length = min(whole, claim.body.steps - index * whole)
        yield 1 if length == 1 else 1 + stream.below(length - 1)


def inner_states(audit: AuditProof, auditor: bytes, executor: ExecutorFactory) -> bytes:
    """The hashes of the states at these steps, by executing the segments on their witnesses (AUD-052)."""
    context = audit.claim.context
    context_hash = context.hash
    states = []
    for segment, step in zip(audit.proof.segments, inner_steps(audit, auditor), strict=True):
        begin = segment.begin(context.segment_log2)
        machine = executor(context, begin, witness.witness_memory(segment))
        machine.run(min((segment.index << context.segment_log2) + step, context.max_steps))
        states.append(state_hash(context_hash, machine.state, witness.root_after(segment, machine)))
    return b"".join(states)


def make_check(
    audit: AuditProof,
    blinding: bytes,
    secret: SecretKey,
    executor: ExecutorFactory,
    *,
    backend: Backend | None = None,
) -> CheckReveal:
    """The reveal of an auditor who has executed the segments; its `check` is what is sent, and receipted, first."""
    auditor = keys.public_key(secret, backend=backend)
    claim = audit.claim
    states = inner_states(audit, auditor, executor)
    body = CheckBody(
        network=claim.unit.body.network,
        unit=claim.unit.id,
        claim=claim.id,
        auditor=auditor,
        commitment=checking(claim.id, auditor, states, blinding),
    )
    check = Check(body=body, signature=keys.sign(secret, body.id, backend=backend))
    return CheckReveal(check=check, blinding=blinding, states=states)


def check_about(reveal: CheckReveal, audit: AuditProof) -> None:
    """Raise CryptoError unless a check is about the audited claim (AUD-054)."""
    body, claim = reveal.check.body, audit.claim
    if (body.network, body.unit, body.claim) != (claim.unit.body.network, claim.unit.id, claim.id):
        raise CryptoError("claim-mismatch", "the check is about another claim", requirement="AUD-054", where="check")


def check_signature(check: Check, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
    """Raise CryptoError unless the auditor signed the check (AUD-055)."""
    keys.verify(
        check.body.auditor, check.body.id, check.signature, backend=backend, cache=cache, where="check.signature"
    )


def check_commitment(reveal: CheckReveal) -> None:
    """Raise CryptoError unless the reveal opens the commitment (AUD-056)."""
    body = reveal.check.body
    if checking(body.claim, body.auditor, reveal.states, reveal.blinding) != body.commitment:
        raise CryptoError(
            "commitment-mismatch",
            "the auditor committed to other states, or with another blinding",
            requirement="AUD-056",
            where="check-reveal",
        )


def check_states(reveal: CheckReveal, audit: AuditProof, executor: ExecutorFactory) -> None:
    """Raise ExecutionError unless the states are those that executing gives (AUD-057)."""
    check_equal_states(reveal, inner_states(audit, reveal.check.body.auditor, executor))


def check_equal_states(reveal: CheckReveal, states: bytes) -> None:
    """Raise ExecutionError unless a reveal's states are those that executing gave (AUD-057)."""
    if reveal.states != states:
        raise ExecutionError(
            "wrong-check",
            "executing the segments gives other states than the auditor's",
            requirement="AUD-057",
            where="check-reveal.states",
        )

"""Disputes inside a segment: the moves, and the board that they are played on (spec/dispute.md).

A board takes moves and raises for those that break a rule, in which case nothing has changed. It knows no time and
judges no step fault proof: the referee does both (`tracework.verifier.disputes`). The parties follow the same board.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .. import hashing, keys
from ..encoding.cbor import MAX_BYTES
from ..encoding.schema import Bytes, Nested, Record, Uint, encode_object, keyed, record
from ..errors import CryptoError, PolicyError, SemanticError
from ..hashing import DIGEST_SIZE, STEP_NODE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from ..trees import merkle, trace
from .claim import SignedClaim
from .fault import StepFault, Subtrace, check_subtrace
from .unit import NETWORK

DELAY_BUDGET: Final = 28_800
"""Beacon rounds that each side of a dispute may take in all: a day of them (DSP-020)."""

_DIGEST = Bytes(DIGEST_SIZE)
_PAIR = Bytes(2 * DIGEST_SIZE)
_SIBLINGS = Bytes(0, MAX_BYTES)  # Of any length here: MRK-015 says which length is right.


@record()
class DisputeBody(Record):
    """The signed fields of a dispute (DSP-001)."""

    network: str = keyed(0, NETWORK)
    claim: bytes = keyed(1, _DIGEST)
    """The claim's id."""
    segment: int = keyed(2, Uint(0, (1 << trace.MAX_HEIGHT) - 1))
    challenger: bytes = keyed(3, Bytes(PUBLIC_KEY_SIZE))
    nonce: bytes = keyed(4, _DIGEST)

    @property
    def id(self) -> bytes:
        """The dispute's id, 32 bytes: what its signature covers, and what every move names."""
        return hashing.signed_id(hashing.DISPUTE, self.network, encode_object(self))


@record(kind="tracework/dispute")
class Dispute(Record):
    """A challenge to one segment of a signed claim (DSP-001)."""

    body: DisputeBody = keyed(2, Nested(DisputeBody))
    signature: bytes = keyed(3, Bytes(SIGNATURE_SIZE))

    @property
    def id(self) -> bytes:
        """The dispute's id, 32 bytes."""
        return self.body.id


@record()
class SubtraceOpening(Record):
    """The first move: the signed subtrace, tied to the trace at both ends (DSP-012 to DSP-014)."""

    subtrace: Subtrace = keyed(0, Nested(Subtrace))
    leaves: bytes = keyed(1, _PAIR)
    """Leaves i and i + 1 of the trace."""
    siblings: bytes = keyed(2, _SIBLINGS)
    """Their siblings under the trace root."""
    first: bytes = keyed(3, _SIBLINGS)
    """Siblings of leaf 0 of the subtrace, up to the left child of its root."""


@record()
class MoveBody(Record):
    """The signed fields of a move (DSP-001)."""

    network: str = keyed(0, NETWORK)
    dispute: bytes = keyed(1, _DIGEST)
    """The dispute's id."""
    author: bytes = keyed(2, Bytes(PUBLIC_KEY_SIZE))
    number: int = keyed(3, Uint(0, 63))
    opening: SubtraceOpening | None = keyed(4, Nested(SubtraceOpening), default=None)
    children: bytes | None = keyed(5, _PAIR, default=None)
    """The two children of the node that was chosen."""
    choice: int | None = keyed(6, Uint(0, 1), default=None)
    """0 for the left child, 1 for the right."""
    proof: StepFault | None = keyed(7, Nested(StepFault), default=None)

    def validate(self) -> None:
        """Raise SemanticError unless the move has exactly one content (DSP-005)."""
        contents = (self.opening, self.children, self.choice, self.proof)
        if sum(content is not None for content in contents) != 1:
            raise SemanticError("move-form", "a move has exactly one content", requirement="DSP-005", where="move")

    @property
    def id(self) -> bytes:
        """The move's id, 32 bytes: what its signature covers."""
        return hashing.signed_id(hashing.MOVE, self.network, encode_object(self))


@record(kind="tracework/move")
class Move(Record):
    """A signed move in a dispute (DSP-001)."""

    body: MoveBody = keyed(2, Nested(MoveBody))
    signature: bytes = keyed(3, Bytes(SIGNATURE_SIZE))


def sign_dispute(body: DisputeBody, secret: SecretKey, *, backend: Backend | None = None) -> Dispute:
    """The dispute that a challenger opens; `body.challenger` must be this key's public key."""
    return Dispute(body=body, signature=keys.sign(secret, body.id, backend=backend))


def sign_move(body: MoveBody, secret: SecretKey, *, backend: Backend | None = None) -> Move:
    """A move, signed by its author; `body.author` must be this key's public key."""
    return Move(body=body, signature=keys.sign(secret, body.id, backend=backend))


def check_dispute(
    claim: SignedClaim, dispute: Dispute, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> None:
    """Raise unless this is a dispute about a segment of this claim, signed by its challenger (DSP-002 to DSP-004)."""
    body = dispute.body
    if body.segment >= claim.body.segments:
        raise SemanticError(
            "segment-index",
            f"no segment {body.segment}: the claim has {claim.body.segments}",
            requirement="DSP-003",
            where="dispute.segment",
        )
    if body.network != claim.unit.body.network or body.claim != claim.id:
        raise CryptoError(
            "claim-mismatch", "the dispute is about another claim", requirement="DSP-002", where="dispute.claim"
        )
    keys.verify(body.challenger, body.id, dispute.signature, backend=backend, cache=cache, where="dispute.signature")


@dataclass(frozen=True, slots=True)
class Known:
    """The two children that the challenger chooses between, and their place in the subtrace's tree."""

    left: bytes
    right: bytes
    level: int
    """Their level; 0: they are leaves."""
    position: int
    """Position of the left one on that level."""


class Board:
    """Where a dispute stands: all that its rules need to know, and nothing that grows with the segment (DSP-022)."""

    def __init__(
        self, claim: SignedClaim, dispute: Dispute, *, backend: Backend | None = None, cache: KeyCache | None = None
    ) -> None:
        """A board before the first move. Raises as `check_dispute` does; the claim was checked before."""
        check_dispute(claim, dispute, backend=backend, cache=cache)
        self.claim, self.dispute = claim, dispute
        self.number = 0
        """The number of the next move."""
        self.subtrace: Subtrace | None = None
        self.left: bytes = b""
        """The left child of the subtrace's root; empty before the opening."""
        self.known: Known | None = None
        """What the challenger chooses from."""
        self.chosen: bytes = b""
        """The node that the accused has to open next; empty before a choice."""
        self.proof: StepFault | None = None
        """The proof that ended the dispute."""
        self._log2 = claim.context.segment_log2
        self._id = dispute.id
        self._backend, self._cache = backend, cache

    @property
    def over(self) -> bool:
        """Whether a proof has ended the dispute."""
        return self.proof is not None

    @property
    def accused_to_move(self) -> bool:
        """Whether the next turn is that of the accused's side."""
        return self.number % 2 == 0

    def play(self, move: Move) -> StepFault | None:
        """Make a move. Raises what is wrong with it, in the order of DSP-018; then nothing has changed.

        A step fault proof is given back instead of being judged: `end` is for whoever has judged it.
        """
        body = move.body
        self._check_turn(body)
        keys.verify(
            body.author, body.id, move.signature, backend=self._backend, cache=self._cache, where="move.signature"
        )
        if body.proof is not None:
            self._check_proof(body.proof)
            return body.proof
        if body.opening is not None:
            self._open(body.opening)
        elif body.children is not None:
            self._show(body.children)
        else:
            self._choose(body.choice or 0)
        self.number += 1
        return None

    def end(self, proof: StepFault) -> None:
        """End the dispute by a proof that was judged to refute the claim (DSP-017)."""
        self.proof = proof
        self.number += 1

    def _check_turn(self, body: MoveBody) -> None:
        """Raise for DSP-010, DSP-006, DSP-016 and DSP-011."""
        if self.over:
            raise PolicyError("dispute-over", "the dispute is over", requirement="DSP-010", where="move")
        if body.network != self.dispute.body.network or body.dispute != self._id:
            raise CryptoError(
                "dispute-mismatch", "the move is about another dispute", requirement="DSP-006", where="move.dispute"
            )
        if body.number != self.number or not self._fits(body):
            raise PolicyError(
                "out-of-turn",
                f"move {body.number} of this kind, where move {self.number} is {self._expected()}",
                requirement="DSP-010",
                where="move.number",
            )
        if body.choice is not None and self.known is not None and self.known.level == 0:
            raise PolicyError(
                "out-of-turn",
                "a choice between two leaves: only a step fault proof is left",
                requirement="DSP-016",
                where="move.choice",
            )
        if body.choice is not None and body.author != self.dispute.body.challenger:
            raise PolicyError(
                "not-the-challenger", "a choice of somebody else", requirement="DSP-011", where="move.author"
            )

    def _fits(self, body: MoveBody) -> bool:
        if self.number == 0:
            return body.opening is not None
        if self.accused_to_move:
            return body.children is not None
        return body.choice is not None or body.proof is not None

    def _expected(self) -> str:
        if self.number == 0:
            return "the opening"
        return "the children of a node" if self.accused_to_move else "a choice or a proof"

    def _check_proof(self, proof: StepFault) -> None:
        if proof.claim.id != self.dispute.body.claim:
            raise CryptoError(
                "claim-mismatch", "the proof is about another claim", requirement="DSP-017", where="move.proof"
            )

    def _open(self, opening: SubtraceOpening) -> None:
        """Make the first move (DSP-012 to DSP-014)."""
        claim, segment, subtrace = self.claim, self.dispute.body.segment, opening.subtrace
        check_subtrace(claim, subtrace, backend=self._backend, cache=self._cache)
        if subtrace.body.segment != segment:
            raise CryptoError(
                "segment-mismatch",
                f"a subtrace of segment {subtrace.body.segment}, and the dispute is about {segment}",
                requirement="DSP-012",
                where="move.opening.subtrace",
            )
        begin, end = opening.leaves[:DIGEST_SIZE], opening.leaves[DIGEST_SIZE:]
        leaves = {segment: begin, segment + 1: end}
        trace.verify_leaves(claim.body.trace_root, claim.context.trace_height, leaves, opening.siblings)
        right = merkle.constant_roots(STEP_NODE, end, self._log2)[-1]
        merkle.verify_proof(STEP_NODE, self._log2 + 1, subtrace.body.root, {0: begin}, opening.first + right)
        below, sibling = opening.first[:-DIGEST_SIZE], opening.first[-DIGEST_SIZE:]
        left = merkle.root_from_proof(STEP_NODE, self._log2 - 1, {0: begin}, below)
        self.subtrace = subtrace
        self.left = merkle.hash_node(STEP_NODE, left, sibling)
        self.known = Known(left, sibling, self._log2 - 1, 0)

    def _choose(self, choice: int) -> None:
        known = self.known
        assert known is not None
        self.chosen = known.right if choice else known.left
        self.known = Known(b"", b"", known.level - 1, 2 * (known.position + choice))

    def _show(self, children: bytes) -> None:
        """Open the chosen node (DSP-015)."""
        known = self.known
        assert known is not None
        left, right = children[:DIGEST_SIZE], children[DIGEST_SIZE:]
        if merkle.hash_node(STEP_NODE, left, right) != self.chosen:
            raise CryptoError(
                "root-mismatch",
                "the children hash to another node than the chosen one",
                requirement="DSP-015",
                where="move.children",
            )
        self.known = Known(left, right, known.level, known.position)

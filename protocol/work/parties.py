"""The two sides of a dispute, as state machines: each takes the moves that the referee accepted, and gives its own.

    dispute = open_dispute(claim, 7, key, nonce=os.urandom(32))
    challenger = Challenger(claim, dispute, key, tree.node, states.before)
    answer = challenger.receive(move)       # the next move, or None if it isn't this side's turn

Neither does any input or output, and neither ever changes its mind: asked again, it gives the same move again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import keys
from ..errors import ProtocolError
from ..hashing import STEP_NODE
from ..keys import Backend, KeyCache, SecretKey
from ..trees import merkle
from ..trees.trace import TraceTree
from .claim import SignedClaim
from .dispute import Board, Dispute, DisputeBody, Move, MoveBody, SubtraceOpening, sign_dispute, sign_move
from .fault import StepFault, StepState, Subtrace, SubtraceBody, sign_subtrace
from .subtrace import Node, make_step_fault


def open_dispute(
    claim: SignedClaim, segment: int, secret: SecretKey, *, nonce: bytes, backend: Backend | None = None
) -> Dispute:
    """The dispute that a challenger opens about a segment; `nonce`: 32 bytes that it has not used before (DSP-004)."""
    body = DisputeBody(
        network=claim.unit.body.network,
        claim=claim.id,
        segment=segment,
        challenger=keys.public_key(secret, backend=backend),
        nonce=nonce,
    )
    return sign_dispute(body, secret, backend=backend)


class _Party:
    """What both sides do: follow the board, sign moves."""

    def __init__(
        self,
        claim: SignedClaim,
        dispute: Dispute,
        secret: SecretKey,
        node: Node,
        backend: Backend | None,
        cache: KeyCache | None,
    ) -> None:
        self.board = Board(claim, dispute, backend=backend, cache=cache)
        self.claim = claim
        self._secret, self._node, self._backend = secret, node, backend
        self._public = keys.public_key(secret, backend=backend)

    def _move(self, **content: Any) -> Move:
        body = MoveBody(
            network=self.claim.unit.body.network,
            dispute=self.board.dispute.id,
            author=self._public,
            number=self.board.number,
            **content,
        )
        return sign_move(body, self._secret, backend=self._backend)

    def follow(self, move: Move) -> bool:
        """Make an accepted move on the own board; whether it is one that goes on, and that a referee can accept."""
        try:
            return self.board.play(move) is None
        except ProtocolError:
            return False


class Defender(_Party):
    """Plays for the root of a subtrace: its signer, or anybody else who has executed the segment.

    `node` gives the subtrace's tree, and `trace` is the tree of the claim's trace. With `secret` being the worker's own
    key the subtrace is signed here, otherwise `subtrace` is one that the worker has signed before.
    """

    def __init__(
        self,
        claim: SignedClaim,
        dispute: Dispute,
        secret: SecretKey,
        node: Node,
        trace: TraceTree,
        *,
        subtrace: Subtrace | None = None,
        backend: Backend | None = None,
        cache: KeyCache | None = None,
    ) -> None:
        super().__init__(claim, dispute, secret, node, backend, cache)
        self._trace, self._subtrace = trace, subtrace

    def next(self) -> Move | None:
        """The move to make now; None if it is the challenger's turn, or all is over."""
        board = self.board
        if board.over or not board.accused_to_move:
            return None
        if board.number == 0:
            return self._move(opening=self._opening())
        assert board.known is not None
        level, position = board.known.level, board.known.position
        return self._move(children=self._node(level, position) + self._node(level, position + 1))

    def receive(self, move: Move) -> Move | None:
        """Take a move that the referee accepted, the own ones included, and give the next."""
        self.follow(move)
        return self.next()

    def _opening(self) -> SubtraceOpening:
        claim, segment = self.claim, self.board.dispute.body.segment
        log2, subtrace = claim.context.segment_log2, self._subtrace
        if subtrace is None:
            root = self._node(log2 + 1, 0)
            body = SubtraceBody(network=claim.unit.body.network, claim=claim.id, segment=segment, root=root)
            subtrace = sign_subtrace(body, self._secret, backend=self._backend)
        return SubtraceOpening(
            subtrace=subtrace,
            leaves=self._trace.node(0, segment) + self._trace.node(0, segment + 1),
            siblings=self._trace.proof([segment, segment + 1]),
            first=merkle.make_proof([0], log2, self._node),
        )


class Challenger(_Party):
    """Plays for the machine: has executed the segment, and finds the first step that the accused has wrong.

    `node` gives the subtrace's tree as it ought to be, and `before` opens a state inside the segment. Whoever isn't the
    dispute's challenger can't choose (DSP-011), and has a move only where a proof is due.
    """

    def __init__(
        self,
        claim: SignedClaim,
        dispute: Dispute,
        secret: SecretKey,
        node: Node,
        before: Callable[[int], StepState],
        *,
        backend: Backend | None = None,
        cache: KeyCache | None = None,
    ) -> None:
        super().__init__(claim, dispute, secret, node, backend, cache)
        self._before = before
        self._log2 = claim.context.segment_log2
        self._shown: dict[tuple[int, int], bytes] = {}
        """Nodes of the accused's tree, by level and position."""

    def next(self) -> Move | None:
        """The move to make now; None if it is the turn of the accused, or a choice of another, or all is over."""
        board = self.board
        if board.over or board.accused_to_move or board.known is None:
            return None
        known = board.known
        if board.left == self._node(self._log2, 0):
            return self._prove((1 << self._log2) - 1)
        wrong = int(known.left == self._node(known.level, known.position))
        if known.level == 0:
            index = known.position + wrong - 1
            return self._prove(index) if index >= 0 else None  # None: the segment begins wrongly, so it is another's
        return self._move(choice=wrong) if self._public == board.dispute.body.challenger else None

    def receive(self, move: Move) -> Move | None:
        """Take a move that the referee accepted, the own ones included, and give the next."""
        self.follow(move)
        return self.next()

    def follow(self, move: Move) -> bool:
        """Make an accepted move on the own board, and keep what it shows of the accused's tree."""
        goes_on = super().follow(move)
        if goes_on:
            self._keep(move.body)
        return goes_on

    def _keep(self, body: MoveBody) -> None:
        """Keep what an accepted move has shown of the accused's tree."""
        known = self.board.known
        if body.opening is not None:
            first, end = body.opening.first, body.opening.leaves[32:]
            for level in range(self._log2):
                self._shown[level, 1] = first[level * 32 : (level + 1) * 32]
            middle = 1 << self._log2
            self._shown[0, middle] = end
            for level, root in enumerate(merkle.constant_roots(STEP_NODE, end, self._log2)):
                self._shown[level, (middle >> level) | (level < self._log2)] = root
        elif body.children is not None and known is not None:
            self._shown[known.level, known.position] = body.children[:32]
            self._shown[known.level, known.position + 1] = body.children[32:]

    def _prove(self, index: int) -> Move:
        """The last move: the step from a leaf that is right to the first that isn't."""
        assert self.board.subtrace is not None
        proof: StepFault = make_step_fault(self.claim, self.board.subtrace, index, self._theirs, self._before(index))
        return self._move(proof=proof)

    def _theirs(self, level: int, position: int) -> bytes:
        """A node of the accused's tree: one that was shown, or, left of all that differs, the own one."""
        return self._shown.get((level, position)) or self._node(level, position)

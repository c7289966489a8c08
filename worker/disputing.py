"""A dispute inside a segment, played on one computer: a worker's false claim, and somebody who has executed it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from blake3 import blake3

from ..protocol.encoding.schema import encode_object
from ..protocol.keys import SecretKeyFile
from ..protocol.work.claim import without_openings
from ..protocol.work.dispute import Dispute, Move
from ..protocol.work.fault import StepFault
from ..protocol.work.parties import Challenger, Defender
from ..protocol.work.subtrace import SegmentStates, SubtraceTree, subtrace_tree
from ..verifier.disputes import Ending, Referee
from . import executors
from .errors import WorkerError
from .executors import Engine
from .files import Source
from .refute import Shown, read_shown, wrong_segment


@dataclass(slots=True)
class Game:
    """A dispute from its opening to its end."""

    dispute: Dispute
    segment: int
    moves: list[Move] = field(default_factory=list)
    proof: StepFault | None = None
    """What the dispute has ended in."""
    ending: Ending | None = None

    @property
    def sent(self) -> tuple[int, int]:
        """How many messages the accused has sent, and how many the challenger, the dispute among them."""
        accused = sum(1 for move in self.moves if move.body.number % 2 == 0)
        return accused, len(self.moves) - accused + 1


def play(
    theirs: str | os.PathLike[str],
    program: Source,
    input: Source,
    *,
    accused: SecretKeyFile,
    challenger: SecretKeyFile,
    lie_at: int | None = None,
    engine: Engine = "auto",
    seen: Callable[[Move], None] | None = None,
) -> Game | None:
    """Dispute the first wrong segment of a claim; None if there is none.

    The accused pretends that the states from step `lie_at` of the segment on are others, by default half-way. `seen`
    is shown every move. Raises WorkerError.
    """
    shown = read_shown(theirs)
    if shown.claim.body.worker != accused.public:
        raise WorkerError("the accused is not the claim's worker", "give the key that signed the claim")
    states = wrong_segment(shown, program, input, engine=engine)
    if states is None:
        return None
    tree = subtrace_tree(states)
    claim, segment = without_openings(shown.claim), states.index
    theirs_tree = _false_tree(shown, states, lie_at)
    attack = Challenger(claim, segment, challenger.key, tree.node, states.before, nonce=os.urandom(32))
    defence = Defender(claim, attack.dispute, accused.key, theirs_tree.node, shown.tree)
    referee = Referee(claim, attack.dispute, 0, executor=executors.choose("reference").factory)
    game = Game(attack.dispute, segment)
    move = defence.next()
    while move is not None and referee.ending is None:
        answer = referee.receive(encode_object(move), len(game.moves) + 1)
        if not answer.accepted:
            raise AssertionError(f"the referee rejects a move of ours: {answer.error}")
        game.moves.append(move)
        if seen is not None:
            seen(move)
        game.proof = move.body.proof
        defence.receive(move)
        attack.receive(move)
        move = attack.next() or defence.next()
    game.ending = referee.ending
    return game


def _false_tree(shown: Shown, states: SegmentStates, lie_at: int | None) -> SubtraceTree:
    """What a worker has to pretend whose claim has another state at the segment's end."""
    length = states.length
    at = length // 2 if lie_at is None else lie_at
    if not 1 <= at <= length:
        raise WorkerError(f"no step {at} in a segment of {length}", f"lie at one of 1 to {length}")
    end = shown.leaves[states.index + 1]

    def hashes(first: int) -> Iterator[bytes]:
        for position, digest in enumerate(states.hashes(first), first):
            yield digest if position < at else end if position == length else blake3(digest).digest()

    return SubtraceTree(hashes, states.context.segment_log2)

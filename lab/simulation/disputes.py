"""Disputes that are really played: two parties with their own trees, and the verifier's referee between them."""

from __future__ import annotations

from collections.abc import Iterator

from ...protocol import hashing
from ...protocol.encoding.schema import encode_object
from ...protocol.keys import SecretKey, public_key
from ...protocol.machine.interpreter import Interpreter
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import without_openings
from ...protocol.work.dispute import DELAY_BUDGET, DisputeBody, sign_dispute
from ...protocol.work.fault import StepFault
from ...protocol.work.parties import Challenger, Defender
from ...protocol.work.segment import SegmentProof
from ...protocol.work.subtrace import SegmentStates, SubtraceTree, subtrace_tree
from ...verifier.disputes import Ending, Referee


def play(
    proof: SegmentProof, trace: TraceTree, accused: SecretKey, challenger: SecretKey, nonce: bytes
) -> StepFault | None:
    """Dispute the one segment of a proof down to a step: the step fault proof, or None if the challenger has none.

    Whoever is wrong pretends, from half-way on, that the states are others. `trace` is the claim's.
    """
    (segment,) = proof.segments
    claim, context = proof.claim, proof.claim.context
    states = SegmentStates.of_segment(context, segment, Interpreter)
    good = subtrace_tree(states)
    end = trace.node(0, segment.index + 1)
    is_bad = next(reversed(list(states.hashes()))) != end
    lie = _false_tree(states, end if is_bad else hashing.digest(hashing.STATE, end))
    ours, theirs = (good, lie) if is_bad else (lie, good)
    about = without_openings(claim)
    body = DisputeBody(
        network=claim.unit.body.network,
        claim=claim.id,
        segment=segment.index,
        challenger=public_key(challenger),
        nonce=nonce,
    )
    dispute = sign_dispute(body, challenger)
    attack = Challenger(about, dispute, challenger, ours.node, states.before)
    defence = Defender(about, dispute, accused, theirs.node, trace)
    referee = Referee(about, dispute, 0, executor=Interpreter)
    now, ended = 0, None
    move = defence.next()
    while move is not None and referee.ending is None:
        now += 1
        if not referee.receive(encode_object(move), now).accepted:
            break  # the last move of a challenger who is wrong: a proof that proves nothing
        ended = move.body.proof
        defence.receive(move)
        attack.receive(move)
        move = attack.next() or defence.next()
    ending = referee.ending or referee.tick(now + DELAY_BUDGET + 1)
    if ending is not (Ending.REFUTED if is_bad else Ending.CHALLENGER_SILENT):
        raise AssertionError(f"a dispute about a {'bad' if is_bad else 'good'} segment ended {ending}")
    return ended


def _false_tree(states: SegmentStates, end: bytes) -> SubtraceTree:
    length = states.length

    def hashes(first: int) -> Iterator[bytes]:
        for position, digest in enumerate(states.hashes(first), first):
            if position == length:
                yield end
            else:
                yield digest if position < length // 2 else hashing.digest(hashing.STATE, digest)

    return SubtraceTree(hashes, states.context.segment_log2)

"""Disputes as people and programs read them: their moves, and what a side made of them."""

from __future__ import annotations

from typing import Any

from ..protocol.work.dispute import Move
from ..verifier.disputes import Ending, Referee

ENDINGS = {
    Ending.REFUTED: "the claim is refuted, by the proof of one wrong step",
    Ending.ACCUSED_SILENT: "the side of the accused ran out of time; that alone says nothing of the claim",
    Ending.CHALLENGER_SILENT: "the challenger ran out of time; it has shown nothing",
}
"""Endings in words (DSP-021)."""


def line(move: Move) -> str:
    """A move on one line."""
    body = move.body
    side = "accused   " if body.number % 2 == 0 else "challenger"
    return f"  {body.number:2}  {side}  {words(move)}"


def words(move: Move) -> str:
    """What a move does."""
    body = move.body
    if body.opening is not None:
        return f"signs all states of the segment: {body.opening.subtrace.body.root.hex()[:16]}…"
    if body.children is not None:
        return f"opens a node: {body.children[:32].hex()[:16]}…, {body.children[32:].hex()[:16]}…"
    if body.proof is not None:
        return f"proves that step {body.proof.step} is wrong"
    return "the right one is wrong" if body.choice else "the left one is wrong"


def kind(move: Move) -> str:
    """What sort of move it is, in a word."""
    body = move.body
    contents = {"opening": body.opening, "children": body.children, "choice": body.choice, "proof": body.proof}
    return next(name for name, content in contents.items() if content is not None)


def standing(referee: Referee) -> dict[str, Any]:
    """Where a dispute stands, for JSON."""
    said: dict[str, Any] = {
        "dispute": referee.board.dispute.id,
        "segment": referee.board.dispute.body.segment,
        "round": referee.now,
        "left": {"accused": referee.left[True], "challenger": referee.left[False]},
    }
    if referee.ending is not None:
        return said | {"ending": referee.ending.value}
    turn = "accused" if referee.board.accused_to_move else "challenger"
    return said | {"turn": turn, "number": referee.board.number, "deadline": referee.deadline}

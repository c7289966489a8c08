"""Disputes inside a segment (spec/dispute.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.encoding.schema import decode_object
from ...protocol.errors import ProtocolError
from ...protocol.machine.interpreter import Interpreter
from ...protocol.work.claim import SignedClaim
from ...protocol.work.dispute import Dispute
from ...verifier.disputes import Answer, Referee
from ..values import number, octets
from . import Operation


def play(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Referee a dispute: the messages in the order and the rounds in which they come, and how it ends."""
    claim = decode_object(SignedClaim, octets(input["claim"]))
    dispute = decode_object(Dispute, octets(input["dispute"]))
    referee = Referee(claim, dispute, number(input["opened"]), executor=Interpreter)
    answers = [_spelled(referee.receive(octets(event["move"]), number(event["round"]))) for event in input["moves"]]
    ending = referee.tick(number(input["until"]))
    output: dict[str, Any] = {"dispute": dispute.id, "answers": answers}
    if answers and "error" in answers[-1]:
        output["error"] = answers[-1]["error"]
    if ending is None:
        output["deadline"] = referee.deadline
    else:
        output["ending"] = ending.value
    return output


def _spelled(answer: Answer) -> Mapping[str, Any]:
    if answer.accepted:
        return {"accepted": True}
    error: ProtocolError | None = answer.error
    if error is not None:
        return {"accepted": False, "error": {"stage": error.stage, "code": error.code}}
    assert answer.verdict is not None
    return {"accepted": False, "error": {"stage": answer.verdict.stage, "code": answer.verdict.code}}


OPERATIONS: dict[str, Operation] = {"dispute.play": play}

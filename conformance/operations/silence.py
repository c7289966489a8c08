"""Requests, answers, and proofs that there was none (spec/silence.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.encoding.schema import encode_object
from ...protocol.machine.interpreter import Interpreter
from ...verifier.answers import check_answer, check_silent
from ...verifier.silences import check_silence
from ..values import number, octets
from . import Operation
from .work import described, given_pins, judged


def check(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a silence proof; who is missing."""
    verdict = judged(check_silence(octets(input["proof"]), pins=given_pins(input)))
    output = dict(described(verdict))
    output["silent"] = [party.key for party in verdict.parties]
    return output


def answer(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Judge one candidate answer; whether it answers all, and which of the asked segments."""
    found = check_answer(
        octets(input["candidate"]),
        octets(input["request"]),
        octets(input["unit"]),
        [octets(data) for data in input["subject"]],
        executor=Interpreter,
    )
    output = dict(described(judged(found.verdict)))
    return output | {"whole": found.whole, "segments": list(found.segments)}


def certify(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Judge whether a member may sign a certificate; the body that it signs, and the candidates that answer nothing."""
    verdict, body = check_silent(
        octets(input["request"]),
        octets(input["receipt"]),
        octets(input["committee"]),
        octets(input["unit"]),
        [octets(data) for data in input["subject"]],
        [octets(data) for data in input["candidates"]],
        until=number(input["until"]),
        now=number(input["now"]),
        executor=Interpreter,
    )
    judged(verdict)
    assert body is not None  # what passes has one
    set_aside = [{"file": aside.file, "code": aside.code} for aside in verdict.asides]
    return {"body": encode_object(body), "id": body.id, "set_aside": set_aside}


OPERATIONS: dict[str, Operation] = {"silence.answer": answer, "silence.certify": certify, "silence.check": check}

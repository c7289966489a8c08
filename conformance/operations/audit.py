"""Audits (spec/audit.md)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ...protocol.machine.interpreter import Interpreter
from ...protocol.work import audit
from ...verifier import audits
from ..values import number, octets
from . import Operation
from .work import described, given_pins, judged


def draw(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The segments that a beacon draws."""
    seed = audit.audit_seed(
        octets(input["beacon"]),
        input["network"],
        octets(input["unit"]),
        octets(input["worker"]),
        octets(input["commit"]),
    )
    return {"seed": seed, "drawn": audit.draw_segments(seed, number(input["samples"]), number(input["segments"]))}


def plan(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an audit buys."""
    made = audit.plan(number(input["segments"]), number(input["samples"]))
    at_most = Fraction(number(input["probability"]["numerator"]), number(input["probability"]["denominator"]))
    escape = made.escape(number(input["wrong"]))
    return {
        "samples": made.samples,
        "escape": {"numerator": escape.numerator, "denominator": escape.denominator},
        "bounds": made.bounds(at_most),
        "least_slash": made.least_slash(number(input["gain"])),
    }


def check(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check an audit proof."""
    verdict = audits.check_audit(
        octets(input["proof"]),
        executor=Interpreter,
        pins=given_pins(input),
        supplied=input.get("supplied", False),
        receipts=audits.Receipts(octets(data) for data in input.get("receipts", [])),
    )
    return described(judged(verdict))


def checking(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check an auditor's reveal beside its audit proof."""
    verdict = audits.check_checking(octets(input["reveal"]), octets(input["proof"]), executor=Interpreter)
    return described(judged(verdict))


OPERATIONS: dict[str, Operation] = {
    "audit.draw": draw,
    "audit.plan": plan,
    "audit.check": check,
    "audit.checking": checking,
}

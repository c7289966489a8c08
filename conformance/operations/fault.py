"""Fault proofs (spec/fault.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.machine.interpreter import Interpreter
from ...verifier import faults
from ..values import octets
from . import Operation
from .work import described, judged


def leaf(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a leaf fault proof."""
    return described(judged(faults.check_leaf_fault(octets(input["proof"]))))


def result(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a result fault proof."""
    return described(judged(faults.check_result_fault(octets(input["proof"]))))


def step(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a step fault proof."""
    return described(judged(faults.check_step_fault(octets(input["proof"]), executor=Interpreter)))


OPERATIONS: dict[str, Operation] = {
    "fault.leaf": leaf,
    "fault.result": result,
    "fault.step": step,
}

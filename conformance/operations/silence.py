"""Silence proofs (spec/silence.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...verifier.silences import check_silence
from ..values import octets
from . import Operation
from .work import described, given_pins, judged


def check(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a silence proof; who is missing."""
    verdict = judged(check_silence(octets(input["proof"]), pins=given_pins(input)))
    output = dict(described(verdict))
    output["silent"] = [party.key for party in verdict.parties]
    return output


OPERATIONS: dict[str, Operation] = {"silence.check": check}

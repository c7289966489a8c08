"""Evidence bundles (spec/bundle.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.encoding.schema import encode_object
from ...protocol.machine.interpreter import Interpreter
from ...protocol.work.bundle import pack
from ...verifier.bundles import check_bundle
from ..values import octets
from . import Operation
from .many import listed
from .work import described, given_pins, judged


def judge(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Judge a bundle as a whole."""
    data = octets(input["bundle"])
    verdict = judged(check_bundle(data, executor=Interpreter, pins=given_pins(input)))
    return described(verdict) | listed(verdict)


def packed(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The bundle of some files."""
    return {"bundle": encode_object(pack(octets(data) for data in input["files"]))}


OPERATIONS: dict[str, Operation] = {"bundle.judge": judge, "bundle.pack": packed}

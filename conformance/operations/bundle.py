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
from .work import described, given_pins, judged


def judge(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Judge a bundle as a whole."""
    data = octets(input["bundle"])
    verdict = judged(check_bundle(data, executor=Interpreter, pins=given_pins(input)))
    output = dict(described(verdict))
    output["asides"] = [{"file": aside.file, "code": aside.code} for aside in verdict.asides]
    return output


def packed(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The bundle of some files."""
    return {"bundle": encode_object(pack(octets(data) for data in input["files"]))}


OPERATIONS: dict[str, Operation] = {"bundle.judge": judge, "bundle.pack": packed}

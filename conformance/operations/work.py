"""Units, claims and segment proofs (spec/unit.md, spec/claim.md, spec/segment.md).

A check that ends in a verdict is `valid` here, with the verdict as its output, if its evidence is valid or incomplete,
a refutation included. Evidence that is invalid is the error that made it so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.encoding.schema import decode_object, encode_object
from ...protocol.errors import (
    CryptoError,
    DecodeError,
    ExecutionError,
    PolicyError,
    ProtocolError,
    SchemaError,
    SemanticError,
)
from ...protocol.machine.context import Context
from ...protocol.machine.interpreter import Interpreter
from ...protocol.program import Program
from ...protocol.regions import Input, Region, load_input
from ...protocol.trees.memory import IMAGE_HEIGHT, subtree_root
from ...protocol.work.claim import first_leaf
from ...protocol.work.unit import Unit
from ...verifier import claims, segments
from ...verifier.verdict import Evidence, Pins, Verdict
from ..values import number, octets
from . import Operation

_ERRORS: dict[str, type[ProtocolError]] = {
    error.stage: error for error in (DecodeError, SchemaError, SemanticError, CryptoError, ExecutionError, PolicyError)
}


def context(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What follows from a context alone."""
    made = decode_object(Context, octets(input["context"]))
    return {
        "hash": made.hash,
        "program": made.program_id,
        "initial_root": made.initial_root,
        "trace_height": made.trace_height,
        "first_leaf": first_leaf(made),
    }


def unit(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a unit; what its signature covers, and its id."""
    data = octets(input["unit"])
    verdict = judged(claims.check_unit(data, pins=given_pins(input)))
    body = decode_object(Unit, data).body
    return {"id": verdict.statement.unit if verdict.statement else b"", "body": encode_object(body)}


def claim(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a claim without executing anything."""
    return described(judged(claims.check_claim(octets(input["claim"]), pins=given_pins(input))))


def reexecution(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a claim by executing its unit's program, given as pages, on its input."""
    program, given = given_materials(input)
    data = octets(input["claim"])
    return described(judged(claims.reexecute(data, program, given, executor=Interpreter, pins=given_pins(input))))


def given_materials(input: Mapping[str, Any]) -> tuple[Program, Input]:
    """A program, given as pages, and its input."""
    given = input["program"]
    pages = {number(page): octets(content) for page, content in given["pages"]}
    program = Program(
        entry=number(given["entry"]),
        code_first=number(given["code_first"]),
        code_end=number(given["code_end"]),
        image_root=subtree_root(pages, 0, IMAGE_HEIGHT),
        pages=pages,
    )
    return program, load_input(octets(input["input"]))


def segment(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a segment proof."""
    data = octets(input["proof"])
    return described(judged(segments.check_segment_proof(data, executor=Interpreter, pins=given_pins(input))))


def given_pins(input: Mapping[str, Any]) -> Pins:
    """The pins that a case gives."""
    given = input.get("pins", {})
    output = given.get("output")
    return Pins(
        network=given.get("network"),
        unit=octets(given["unit"]) if "unit" in given else None,
        worker=octets(given["worker"]) if "worker" in given else None,
        output=Region(number(output["length"]), octets(output["root"])) if output else None,
    )


def judged(verdict: Verdict) -> Verdict:
    """The verdict, unless its evidence is invalid: then its error is raised."""
    if verdict.evidence is Evidence.INVALID and verdict.stage and verdict.code and verdict.requirement:
        error = _ERRORS[verdict.stage]
        raise error(verdict.code, verdict.message, requirement=verdict.requirement, where=verdict.where)
    return verdict


def described(verdict: Verdict) -> dict[str, Any]:
    """A verdict as an operation's output."""
    output: dict[str, Any] = {
        "evidence": verdict.evidence.value,
        "claim": verdict.claim.value,
        "evidence_hash": verdict.evidence_hash,
    }
    if verdict.stage and verdict.code:
        output["error"] = {"stage": verdict.stage, "code": verdict.code}
    if verdict.missing:
        output["missing"] = [check.requirement for check in verdict.missing]
    about = verdict.statement
    if about is not None:
        output["statement"] = {
            name: value
            for name, value in (
                ("network", about.network),
                ("unit", about.unit),
                ("program", about.program),
                ("input_length", about.input_length),
                ("input_root", about.input_root),
                ("worker", about.worker),
                ("claim", about.claim),
                ("steps", about.steps),
                ("status", about.status),
                ("code", about.code),
                ("output_length", about.output_length),
                ("output_root", about.output_root),
                ("result", about.result),
            )
            if value is not None
        }
    return output


OPERATIONS: dict[str, Operation] = {
    "unit.context": context,
    "unit.check": unit,
    "claim.check": claim,
    "claim.reexecute": reexecution,
    "segment.check": segment,
}

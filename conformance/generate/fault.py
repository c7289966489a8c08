"""Vectors for fault proofs: leaves, results and steps, each kind with every way to be wrong."""

from __future__ import annotations

from typing import Any

from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.machine.state import Status, state_hash
from ...protocol.work.claim import pack_registers, without_openings
from ...protocol.work.fault import (
    FinalState,
    LeafFault,
    ResultFault,
)
from ..operations import fault as operations
from . import Case, VectorFile, _fault_commits
from ._changes import changed, flip
from ._fault_cases import Fault, case, claim_faults, invalid_cases
from ._fault_steps import bad_steps, steps
from ._runs import Run, resign, retraced
from .claim import halted

CHECKED = "tests/adapters/node, written from spec/ alone"
CLAIM, INDEX, LEAF, PATH = 2, 3, 4, 5


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="leaf",
            op="fault.leaf",
            title="Leaf fault proofs: traces that begin or end wrongly",
            checked_by=CHECKED,
            cases=[*_leaves(), *_bad_leaves()],
        ),
        VectorFile(
            name="result",
            op="fault.result",
            title="Result fault proofs: final states that aren't the claimed result's",
            checked_by=CHECKED,
            cases=[*_results(), *_bad_results()],
        ),
        VectorFile(
            name="step",
            op="fault.step",
            title="Step fault proofs: single steps that the machine doesn't make",
            checked_by=CHECKED,
            cases=[*steps(), *bad_steps()],
        ),
        _fault_commits.file(),
    ]


def leaf_fault(made: Run, index: int) -> LeafFault:
    """The proof about one leaf of a run, whatever it shows."""
    return LeafFault(
        claim=without_openings(made.claim),
        index=index,
        leaf=made.tree.node(0, index),
        path=made.tree.proof([index]),
    )


def wrong_first() -> Run:
    """A trace that begins with its second state."""
    made = halted()
    return retraced(made, [made.leaves[1], *made.leaves[1:]])


def wrong_last() -> Run:
    """A trace whose last leaf is the state before, under a claim of the right final state: it can't be opened."""
    made = halted()
    changed_run = retraced(made, [*made.leaves[:-1], made.leaves[-2]])
    claim = resign(changed_run.claim, body={"final_state": made.leaves[-1]})
    return Run(**{**_fields(changed_run), "claim": claim})


def _fields(made: Run) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Run.__slots__}


def _leaves() -> list[Case]:
    shape = ["FLT-001", "FLT-002", "FLT-004", "FLT-010", "FLT-012", "FLT-038", "VRD-002"]
    made = halted()
    zero = retraced(made, [bytes(32), *made.leaves[1:]])
    ended = wrong_last()
    return [
        case(
            operations.leaf,
            "leaf-first",
            "A trace that begins with its second state.",
            [*shape, "FLT-013"],
            leaf_fault(wrong_first(), 0),
        ),
        case(
            operations.leaf,
            "leaf-zero",
            "A first leaf of zeros is a wrong leaf, and not an absent one.",
            [*shape, "FLT-013", "HSH-007"],
            leaf_fault(zero, 0),
            "ZeroDigest",
        ),
        case(
            operations.leaf,
            "leaf-last",
            "A trace that ends in another state than the claimed one: no openings could show it.",
            [*shape, "FLT-014"],
            leaf_fault(ended, ended.claim.body.segments),
        ),
        case(
            operations.leaf,
            "leaf-padding",
            "A leaf past the end that isn't the final state.",
            [*shape, "FLT-014", "TRC-004"],
            leaf_fault(ended, (1 << made.claim.context.trace_height) - 1),
            "Boundary",
        ),
    ]


def _bad_leaves() -> list[Case]:
    honest, bad = halted(), wrong_first()
    proof = leaf_fault(bad, 0)
    end = honest.claim.body.segments
    faults: list[Fault] = [
        ("honest", "FLT-003", "execution/no-fault", "The right first leaf.", encode_object(leaf_fault(honest, 0))),
        (
            "honest-last",
            "FLT-003",
            "execution/no-fault",
            "The right last leaf.",
            encode_object(leaf_fault(honest, end)),
        ),
        (
            "honest-padding",
            "FLT-003",
            "execution/no-fault",
            "A right leaf past the end.",
            encode_object(leaf_fault(honest, end + 1)),
        ),
        (
            "inside",
            "FLT-011",
            "semantic/leaf-index",
            "A leaf between the ends, though it is a wrong one.",
            changed(leaf_fault(bad, 0), [INDEX], 1),
        ),
        (
            "before-last",
            "FLT-011",
            "semantic/leaf-index",
            "The leaf before the last.",
            changed(proof, [INDEX], end - 1),
        ),
        (
            "outside",
            "FLT-012 MRK-011",
            "semantic/index-range",
            "A leaf that the tree hasn't got, with the path of leaf 0.",
            changed(proof, [INDEX], 1 << honest.claim.context.trace_height),
        ),
        ("value", "FLT-012 MRK-016", "crypto/root-mismatch", "A bit of the leaf.", changed(proof, [LEAF], flip(3))),
        ("path", "FLT-012 MRK-016", "crypto/root-mismatch", "A bit of the path.", changed(proof, [PATH], flip(99))),
        (
            "path-short",
            "FLT-012 MRK-015",
            "crypto/path-length",
            "A level too few.",
            changed(proof, [PATH], lambda path: path[32:]),
        ),
        (
            "honest-claim",
            "FLT-002 CLM-018 KEY-041",
            "crypto/bad-signature",
            "The fields of the worker's honest claim under the signature of the false one.",
            changed(proof, [CLAIM, 1], cbor.decode(encode_object(honest.claim.body))),
        ),
        *claim_faults(proof, honest.claim),
    ]
    return invalid_cases("leaf", faults, "fault-leaf-first")


def opened(made: Run) -> FinalState:
    """The final state of a run, opened."""
    claim = made.claim
    final = claim.final
    return FinalState(
        status=final.status,
        code=final.code,
        pc=final.pc,
        registers=pack_registers(final.registers),
        steps=final.steps,
        low_root=claim.openings.low_root,
        input_root=claim.context.input_root,
        output_root=claim.body.output_root,
    )


def result_fault(made: Run, final: FinalState, **body: object) -> ResultFault:
    """The proof that a claim whose fields were changed, but whose signed final state was not, contradicts itself."""
    claim = resign(made.claim, body=body)
    return ResultFault(claim=without_openings(claim), final=final)


def _results() -> list[Case]:
    made = halted()
    final = opened(made)
    shape = ["FLT-004", "FLT-015", "FLT-016", "FLT-017", "VRD-002"]
    faulted: dict[str, Any] = {"status": Status.FAULTED, "code": 2, "output_length": 0}
    moved = final.replace(input_root=bytes(32))
    hashed = state_hash(made.claim.context.hash, moved.state, moved.memory_root)
    rows: list[tuple[str, str, FinalState, dict[str, Any]]] = [
        ("output", "Another output root than the final state's.", final, {"output_root": made.leaves[0]}),
        ("output-zero", "An output root of zeros.", final, {"output_root": bytes(32)}),
        ("length", "Another output length than x11.", final, {"output_length": 7}),
        ("code", "Another exit code than the state's.", final, {"code": 1}),
        ("steps", "One step fewer than the state's.", final, {"steps": made.claim.body.steps - 1}),
        ("status", "A fault where the state halted.", final, faulted),
        ("input", "A final state over another input.", moved, {"final_state": hashed}),
    ]
    cases = [
        case(operations.result, f"result-{name}", comment, shape, result_fault(made, state, **fields))
        for name, comment, state, fields in rows
    ]
    running = _running(made)
    return [
        *cases,
        case(
            operations.result,
            "result-running",
            "A running state signed as the final one.",
            shape,
            result_fault(
                made, running, final_state=state_hash(made.claim.context.hash, running.state, running.memory_root)
            ),
        ),
        case(
            operations.result,
            "result-registers",
            "A halted state whose code isn't its x10.",
            shape,
            _impossible(made),
        ),
    ]


def _running(made: Run) -> FinalState:
    return opened(made).replace(status=Status.RUNNING)


def _impossible(made: Run) -> ResultFault:
    """Claim and state agree on a code that the state's x10 isn't."""
    final = opened(made).replace(code=5)
    hashed = state_hash(made.claim.context.hash, final.state, final.memory_root)
    return result_fault(made, final, code=5, final_state=hashed)


def _bad_results() -> list[Case]:
    made = halted()
    final = opened(made)
    proof = result_fault(made, final, output_length=7)
    faults: list[Fault] = [
        (
            "honest",
            "FLT-003",
            "execution/no-fault",
            "The final state of an honest claim.",
            encode_object(result_fault(made, final)),
        ),
        (
            "register",
            "FLT-016",
            "crypto/state-mismatch",
            "A bit of x1.",
            changed(proof, [3, 3], flip(0)),
        ),
        (
            "other-state",
            "FLT-016",
            "crypto/state-mismatch",
            "Another output root in the state.",
            changed(proof, [3, 7], bytes(32)),
        ),
        *claim_faults(proof, made.claim),
    ]
    return invalid_cases("result", faults, "fault-result-length")

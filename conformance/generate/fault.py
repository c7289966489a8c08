"""Vectors for fault proofs: leaves, results and steps, each kind with every way to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...protocol import keys
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.hashing import STEP_NODE
from ...protocol.machine.interpreter import Interpreter
from ...protocol.machine.state import MachineState, Status, state_hash
from ...protocol.trees.memory import PAGE_SIZE
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import Claim, pack_registers
from ...protocol.work.fault import (
    FinalState,
    LeafFault,
    ResultFault,
    StepFault,
    StepState,
    Subtrace,
    SubtraceBody,
    sign_subtrace,
    step_height,
    without_openings,
)
from ...protocol.work.subtrace import SegmentStates, make_step_fault
from ..operations import fault as operations
from ..values import render
from . import Case, VectorFile, _runs, invalid, valid
from ._changes import changed, flip
from ._runs import Run, resign, retraced
from .claim import halted

CHECKED = "tests/adapters/node, written from spec/ alone"
CLAIM, INDEX, LEAF, PATH = 2, 3, 4, 5
SUBTRACE, STEP, LEAVES, SIBLINGS, BEFORE = 3, 4, 5, 6, 7
STORING = 9
"""The position, in the segment that it is in, of the step of the summing program that stores to the heap."""

Fault = tuple[str, str, str, str, bytes]
"""Name, requirement, stage/code, comment and bytes of a negative case."""


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
            cases=[*_steps(), *_bad_steps()],
        ),
    ]


def _case(
    operation: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    name: str,
    comment: str,
    requirements: Sequence[str],
    proof: Record,
    *flags: str,
) -> Case:
    given = {"proof": encode_object(proof)}
    return valid(f"fault-{name}", comment, requirements, given, operation(render(given)), flags=flags)


def _invalid(kind: str, faults: list[Fault], from_case: str) -> list[Case]:
    return [
        invalid(f"fault-{kind}-{name}", comment, requirements.split(), {"proof": data}, error, derived_from=from_case)
        for name, requirements, error, comment, data in faults
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
        _case(
            operations.leaf,
            "leaf-first",
            "A trace that begins with its second state.",
            [*shape, "FLT-013"],
            leaf_fault(wrong_first(), 0),
        ),
        _case(
            operations.leaf,
            "leaf-zero",
            "A first leaf of zeros is a wrong leaf, and not an absent one.",
            [*shape, "FLT-013", "HSH-007"],
            leaf_fault(zero, 0),
            "ZeroDigest",
        ),
        _case(
            operations.leaf,
            "leaf-last",
            "A trace that ends in another state than the claimed one: no openings could show it.",
            [*shape, "FLT-014"],
            leaf_fault(ended, ended.claim.body.segments),
        ),
        _case(
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
        *_claim_faults(proof, honest.claim),
    ]
    return _invalid("leaf", faults, "fault-leaf-first")


def _claim_faults(proof: Record, claim: Claim) -> list[Fault]:
    """What can be wrong with the signed claim that every kind begins with."""
    other = _runs.run(_runs.summing(), b"0123456789", "fault-other-unit").claim
    stranger = keys.public_key(_runs.worker("copycat"))
    return [
        (
            "other-unit",
            "FLT-002 CLM-017",
            "crypto/unit-mismatch",
            "The claim in the company of another unit.",
            changed(proof, [CLAIM, 0], cbor.decode(encode_object(other.unit))),
        ),
        (
            "other-network",
            "FLT-002 UNT-007 KEY-041",
            "crypto/bad-signature",
            "The unit under another network's name.",
            changed(proof, [CLAIM, 0, 2, 0], "other"),
        ),
        (
            "other-worker",
            "FLT-002 CLM-018 KEY-041",
            "crypto/bad-signature",
            "The claim under the name of a worker who didn't sign it.",
            changed(proof, [CLAIM, 1, 1], stranger),
        ),
        (
            "signature",
            "FLT-002 CLM-018 KEY-041",
            "crypto/bad-signature",
            "The requester's signature in the worker's place.",
            changed(proof, [CLAIM, 2], claim.unit.signature),
        ),
        (
            "version",
            "ENC-030",
            "schema/unsupported-version",
            "Version 2.",
            changed(proof, [1], 2),
        ),
        (
            "steps-over",
            "FLT-001 CLM-014",
            "semantic/step-count",
            "More steps than the limit.",
            changed(proof, [CLAIM, 1, 4], 1001),
        ),
        ("truncated", "ENC-021", "decode/truncated", "The last byte is missing.", encode_object(proof)[:-1]),
    ]


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
        _case(operations.result, f"result-{name}", comment, shape, result_fault(made, state, **fields))
        for name, comment, state, fields in rows
    ]
    running = _running(made)
    return [
        *cases,
        _case(
            operations.result,
            "result-running",
            "A running state signed as the final one.",
            shape,
            result_fault(
                made, running, final_state=state_hash(made.claim.context.hash, running.state, running.memory_root)
            ),
        ),
        _case(
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
        *_claim_faults(proof, made.claim),
    ]
    return _invalid("result", faults, "fault-result-length")


class Stepping:
    """The states of one segment of a run, and subtraces over them."""

    def __init__(self, made: Run, segment: int) -> None:
        self.made, self.segment = made, segment
        self.context = made.claim.context
        self.states = SegmentStates.of_segment(self.context, made.segments[segment], Interpreter)
        self.hashes = list(self.states.hashes())

    def fault(self, index: int, hashes: Sequence[bytes] | None = None, before: StepState | None = None) -> StepFault:
        """The proof about a step, under a subtrace of some hashes, by default the true ones."""
        tree = TraceTree(hashes or self.hashes, step_height(self.context), STEP_NODE)
        claim = without_openings(self.made.claim)
        subtrace = self.sign(tree.root)
        return make_step_fault(claim, subtrace, index, tree.node, before or self.states.before(index))

    def sign(self, root: bytes, **fields: Any) -> Subtrace:
        """A subtrace as the worker signs it."""
        body: dict[str, Any] = {
            "network": self.made.unit.body.network,
            "claim": self.made.claim.id,
            "segment": self.segment,
            "root": root,
        }
        return sign_subtrace(SubtraceBody(**(body | fields)), _runs.worker())

    def wrong_after(self, index: int) -> list[bytes]:
        """The hashes with others from the state after a step on."""
        return [*self.hashes[: index + 1], *(digest[::-1] for digest in self.hashes[index + 1 :])]

    def instead(self, index: int, state: MachineState, before: StepState) -> StepFault:
        """The proof in which a state of the worker's own invention stands at a place."""
        opening = before.replace(
            status=state.status,
            code=state.code,
            pc=state.pc,
            registers=pack_registers(state.registers),
            steps=state.steps,
        )
        hashed = state_hash(self.context.hash, state, before.memory_root)
        return self.fault(index, [*self.hashes[:index], hashed, *self.hashes[index + 1 :]], opening)


def _steps() -> list[Case]:
    made = halted()
    last = len(made.segments) - 1
    first, end = Stepping(made, 0), Stepping(made, last)
    storing = _storing(end)
    short = Stepping(_runs.run(_runs.summing(), b"0", "fault-step-short"), 1)
    shape = ["FLT-004", "FLT-020", "FLT-021", "FLT-024", "FLT-030", "FLT-033", "FLT-034", "FLT-036", "VRD-002"]
    cases = [
        ("first", "The first step of the first segment.", first.fault(0, first.wrong_after(0)), ""),
        ("last", "The last step of a full segment.", first.fault(15, first.wrong_after(15)), "Boundary"),
        ("load", "A step that reads the input.", first.fault(4, first.wrong_after(4)), ""),
        ("store", "A step that writes to memory.", end.fault(storing, end.wrong_after(storing)), ""),
        ("halt", "The step that halts.", end.fault(15, end.wrong_after(15)), ""),
        ("padding", "The machine has halted, and the subtrace goes on.", _after_the_end(short), "Boundary"),
        ("zero", "A state of zeros after a step.", first.fault(7, _zeroed(first, 8)), "ZeroDigest"),
    ]
    made_cases = [
        _case(operations.step, f"step-{name}", comment, shape, proof, *flags.split())
        for name, comment, proof, flags in cases
    ]
    before = first.states.before(3)
    late, coded = before.state, before.state
    late.steps = 2
    coded.code = 7
    return [
        *made_cases,
        _case(
            operations.step,
            "step-count",
            "A running state of two steps where three are done.",
            ["FLT-035", "FLT-004"],
            first.instead(3, late, before),
        ),
        _case(
            operations.step,
            "step-code",
            "A running state with a code.",
            ["FLT-035", "FLT-004"],
            first.instead(3, coded, before),
        ),
        _case(
            operations.step,
            "step-limit",
            "A running state where the unit's limit is reached.",
            ["FLT-035", "FLT-004"],
            _past_the_limit(),
            "Boundary",
        ),
    ]


def _storing(stepping: Stepping) -> int:
    """The position of a step that changes memory."""
    roots = [stepping.states.before(position).memory_root for position in range(16)]
    return next(position for position in range(15) if roots[position] != roots[position + 1])


def _zeroed(stepping: Stepping, index: int) -> list[bytes]:
    return [*stepping.hashes[:index], bytes(32), *stepping.hashes[index + 1 :]]


def _after_the_end(stepping: Stepping) -> StepFault:
    """The first pair of equal states is where the run has ended; the worker signs another one after it."""
    hashes = stepping.hashes
    end = next(position for position in range(16) if hashes[position] == hashes[position + 1])
    return stepping.fault(end, [*hashes[: end + 1], *(bytes(32) for _ in hashes[end + 1 :])])


def _past_the_limit() -> StepFault:
    made = _runs.run(_runs.looping(), b"", "fault-step-limit", max_steps=20)
    stepping = Stepping(made, 1)
    before = stepping.states.before(3)
    state = before.state
    state.steps = 20
    return stepping.instead(4, state, before)


def _bad_steps() -> list[Case]:
    made = halted()
    first, end = Stepping(made, 0), Stepping(made, len(made.segments) - 1)
    storing = _storing(end)
    proof = end.fault(storing, end.wrong_after(storing))
    start = first.fault(0, first.wrong_after(0))
    other = _runs.run(_runs.summing(), b"0123456789", "fault-other-unit")
    stranger = sign_subtrace(proof.subtrace.body, _runs.requester())
    pages = list(proof.before.pages)

    def subtrace(made: Subtrace) -> bytes:
        return changed(proof, [SUBTRACE], cbor.decode(encode_object(made)))

    def state(key: int, content: Any) -> bytes:
        return changed(proof, [BEFORE, key], content)

    faults: list[Fault] = [
        ("honest", "FLT-003", "execution/no-fault", "A step as it is.", encode_object(end.fault(storing))),
        (
            "honest-final",
            "FLT-003 FLT-036",
            "execution/no-fault",
            "A final state is followed by itself.",
            encode_object(_final_pair()),
        ),
        (
            "segment",
            "FLT-022",
            "semantic/segment-index",
            "A segment that the claim hasn't got.",
            subtrace(end.sign(proof.subtrace.body.root, segment=len(made.segments))),
        ),
        ("index", "FLT-032", "semantic/step-index", "A step past the end of the segment.", changed(proof, [STEP], 16)),
        (
            "subtrace-other-claim",
            "FLT-023",
            "crypto/claim-mismatch",
            "A subtrace of the same worker about another claim.",
            subtrace(end.sign(proof.subtrace.body.root, claim=other.claim.id)),
        ),
        (
            "subtrace-other-network",
            "FLT-023",
            "crypto/claim-mismatch",
            "A subtrace for another network.",
            subtrace(end.sign(proof.subtrace.body.root, network="other")),
        ),
        (
            "subtrace-other-key",
            "FLT-024 KEY-041",
            "crypto/bad-signature",
            "A subtrace that somebody else signed.",
            subtrace(stranger),
        ),
        (
            "subtrace-root",
            "FLT-024 KEY-041",
            "crypto/bad-signature",
            "A subtrace whose root was changed after it was signed.",
            changed(proof, [SUBTRACE, 2, 3], flip(0)),
        ),
        (
            "leaf",
            "FLT-033 MRK-016",
            "crypto/root-mismatch",
            "A bit of leaf j + 1.",
            changed(proof, [LEAVES], flip(300)),
        ),
        (
            "siblings",
            "FLT-033 MRK-016",
            "crypto/root-mismatch",
            "A bit of a sibling.",
            changed(proof, [SIBLINGS], flip(0)),
        ),
        (
            "siblings-long",
            "FLT-033 MRK-015",
            "crypto/path-length",
            "A level too many.",
            changed(proof, [SIBLINGS], lambda path: path + bytes(32)),
        ),
        (
            "shifted",
            "FLT-033 MRK-016",
            "crypto/root-mismatch",
            "The first pair of leaves under the number of the third.",
            changed(start, [STEP], 2),
        ),
        ("register", "FLT-034", "crypto/state-mismatch", "A bit of x1 before the step.", state(3, flip(0))),
        (
            "root-of-memory",
            "FLT-034",
            "crypto/state-mismatch",
            "Another memory root before the step.",
            state(5, flip(0)),
        ),
        ("content", "FLT-031 MRK-016", "crypto/root-mismatch", "A bit of a page.", state(8, flip(8 * PAGE_SIZE - 1))),
        (
            "page-siblings",
            "FLT-031 MRK-015",
            "crypto/path-length",
            "A sibling of the pages is missing.",
            state(9, lambda path: path[32:]),
        ),
        (
            "page-order",
            "FLT-031 SEG-011",
            "semantic/page-order",
            "A page twice.",
            state(6, lambda numbers: [numbers[0], *numbers]),
        ),
        (
            "page-twice",
            "FLT-031 SEG-012",
            "semantic/page-twice",
            "A page both with content and as all zero.",
            state(7, lambda numbers: sorted({*numbers, pages[0]})),
        ),
        (
            "page-content",
            "FLT-031 SEG-013",
            "semantic/page-content",
            "A byte of content is missing.",
            state(8, lambda content: content[1:]),
        ),
        (
            "too-large",
            "FLT-031 SEG-014",
            "semantic/witness-too-large",
            "Four pages.",
            state(7, lambda numbers: sorted({*numbers, 1, 2, 3} - set(pages))[:3]),
        ),
        (
            "zero-page",
            "FLT-031 SEG-015",
            "semantic/zero-page-content",
            "An all-zero page as bytes.",
            state(8, lambda content: bytes(len(content))),
        ),
        (
            "witness",
            "FLT-037 SEG-030",
            "execution/witness-incomplete",
            "The page that the step writes to is missing, with a proof that holds for the others.",
            _without(end, storing),
        ),
        (
            "witness-code",
            "FLT-037 SEG-030",
            "execution/witness-incomplete",
            "No pages at all: not even the instruction can be fetched.",
            _bare(start),
        ),
        *_claim_faults(proof, made.claim),
    ]
    return _invalid("step", faults, "fault-step-store")


def _final_pair() -> StepFault:
    stepping = Stepping(_runs.run(_runs.summing(), b"0", "fault-step-short"), 1)
    return stepping.fault(15)


def _without(stepping: Stepping, index: int) -> bytes:
    """The proof without the page that the step writes to."""
    proof = stepping.fault(index, stepping.wrong_after(index))
    before = proof.before
    _, tree = stepping.states._run(index)
    kept = [page for page in before.pages if page == _runs.CODE_PAGE]
    fields = {
        "pages": tuple(kept),
        "zero_pages": (),
        "content": before.content[: PAGE_SIZE * len(kept)],
        "siblings": tree.proof(kept),
    }
    return encode_object(proof.replace(before=before.replace(**fields)))


def _bare(proof: StepFault) -> bytes:
    fields = {"pages": (), "zero_pages": (), "content": b"", "siblings": b""}
    return encode_object(proof.replace(before=proof.before.replace(**fields)))

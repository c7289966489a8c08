"""The cases of step fault proofs: single steps that the machine doesn't make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.hashing import STEP_NODE
from ...protocol.machine.interpreter import Interpreter
from ...protocol.machine.state import MachineState, state_hash
from ...protocol.trees.memory import PAGE_SIZE
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import pack_registers, without_openings
from ...protocol.work.fault import (
    StepFault,
    StepState,
    Subtrace,
    SubtraceBody,
    sign_subtrace,
    step_height,
)
from ...protocol.work.subtrace import SegmentStates, make_step_fault
from ..operations import fault as operations
from . import Case, _runs
from ._changes import changed, flip
from ._fault_cases import Fault, case, claim_faults, invalid_cases
from ._runs import Run
from .claim import halted

SUBTRACE, STEP, LEAVES, SIBLINGS, BEFORE = 3, 4, 5, 6, 7


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


def steps() -> list[Case]:
    """Step fault proofs that hold."""
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
        case(operations.step, f"step-{name}", comment, shape, proof, *flags.split())
        for name, comment, proof, flags in cases
    ]
    before = first.states.before(3)
    late, coded = before.state, before.state
    late.steps = 2
    coded.code = 7
    return [
        *made_cases,
        case(
            operations.step,
            "step-count",
            "A running state of two steps where three are done.",
            ["FLT-035", "FLT-004"],
            first.instead(3, late, before),
        ),
        case(
            operations.step,
            "step-code",
            "A running state with a code.",
            ["FLT-035", "FLT-004"],
            first.instead(3, coded, before),
        ),
        case(
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


def bad_steps() -> list[Case]:
    """Step fault proofs that are wrong in one place."""
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
        *claim_faults(proof, made.claim),
    ]
    return invalid_cases("step", faults, "fault-step-store")


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

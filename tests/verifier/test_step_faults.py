"""The largest step fault proof there is: of a segment of 2^24 steps, with all the pages that a step can touch."""

from __future__ import annotations

import time
from typing import Any

from support.machines import assemble
from support.simulated import Steps
from tracework.conformance.generate import _runs, seeded
from tracework.protocol import keys
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.errors import Refutation
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import state_hash
from tracework.protocol.trees.memory import PAGE_SIZE
from tracework.protocol.work import fault as faults
from tracework.protocol.work import witness
from tracework.protocol.work.claim import sign_claim, without_openings
from tracework.protocol.work.fault import StepFault, SubtraceBody, sign_subtrace
from tracework.protocol.work.subtrace import SegmentStates, make_step_fault
from tracework.protocol.work.tracing import begin, initial_memory, memory_tree
from tracework.protocol.work.unit import sign_unit
from tracework.verifier.faults import check_step_fault
from tracework.verifier.verdict import Outcome

LOG2 = 24


def largest() -> StepFault:
    """A store across two pages of random bytes, somewhere inside a segment of 2^24 steps."""
    base = _runs.run(_runs.summing(), b"0123456789", "largest")
    filler = [seeded("largest", str(word), 4) for word in range(1000)]
    store = assemble("sd", 0, 10, 7, -4 & 0xFFF)
    words = [assemble("lui", 10, immediate=0x20 << 12), store, *(int.from_bytes(word, "little") for word in filler)]
    context = _runs.make_context(words, b"", max_steps=1 << 40, segment_log2=LOG2)
    unit = sign_unit(_runs.unit_body(context, "largest", escrow=1 << 95), _runs.requester())
    image = _runs.image_pages(words)
    pages = initial_memory(image, {})
    for number in (0x1F, 0x20):
        pages[number][:] = seeded("largest", f"page {number}", PAGE_SIZE)
    states = SegmentStates(context, 0, begin(context), memory_tree(pages), dict(pages), Interpreter)
    before = states.before(1)
    assert len(before.pages) == 3
    body = base.claim.body.replace(unit=unit.id, steps=1 << 40, status=3, leaf_count=(1 << 16) + 1, output_length=0)
    claim = without_openings(sign_claim(unit, body, base.claim.openings, _runs.worker()))
    leaf = state_hash(context.hash, before.state, before.memory_root)
    tree = Steps(LOG2, {0: bytes(32), 1: leaf, 2: b"\1" * 32, 7: b"\2" * 32, 1 << 20: b"\3" * 32, 1 << 24: b"\4" * 32})
    signed: dict[str, Any] = {"network": unit.body.network, "claim": claim.id, "segment": 0, "root": tree.node(25, 0)}
    subtrace = sign_subtrace(SubtraceBody(**signed), _runs.worker())
    return make_step_fault(claim, subtrace, 1, tree.node, before)


def test_it_is_small_and_quickly_checked() -> None:
    data = encode_object(largest())
    assert len(data) < 20 * 1024
    cache = keys.KeyCache()
    assert check_step_fault(data, executor=Interpreter, cache=cache).claim is Outcome.REFUTED
    best = min(_seconds(data) for _ in range(20))
    assert best < 0.010, f"{best:.4f} s"


def _seconds(data: bytes) -> float:
    """Time of every check but the signatures'."""
    start = time.perf_counter()
    proof = decode_object(StepFault, data)
    faults.check_pair(proof)
    faults.check_before(proof)
    witness.check_under_root(proof.before, "step")
    try:
        faults.judge_step(proof, Interpreter)
    except Refutation:
        return time.perf_counter() - start
    raise AssertionError("it refutes")

"""Re-execution by interval: as good as one pass, and never better than what was kept deserves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from tracework.conformance.generate import _runs
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import MachineState
from tracework.protocol.program import Program
from tracework.protocol.regions import load_input
from tracework.protocol.work.claim import Claim
from tracework.protocol.work.tracing import Tracer, begin, initial_memory, initial_tree, memory_tree
from tracework.verifier.claims import reexecute
from tracework.verifier.intervals import Kept, agrees
from tracework.verifier.verdict import Evidence, Outcome


@dataclass(frozen=True)
class Held:
    """A boundary in memory."""

    segment: int
    state: MachineState
    pages: dict[int, bytes]


RUN = _runs.run(_runs.summing(), bytes(range(100)), "intervals", max_steps=5000)
CONTEXT = RUN.claim.context
GIVEN = load_input(RUN.given)
PROGRAM = Program(
    entry=CONTEXT.entry,
    code_first=CONTEXT.code_first,
    code_end=CONTEXT.code_end,
    image_root=CONTEXT.image_root,
    pages=_runs.image_pages(RUN.words),
)
FRESH = 7
"""How many segments lie between two boundaries that are kept here."""


@cache
def held() -> tuple[Held, ...]:
    """Every seventh boundary of the run."""
    pages = initial_memory(PROGRAM.pages, GIVEN.pages)
    tracer = Tracer(CONTEXT, Interpreter(CONTEXT, begin(CONTEXT), pages), memory_tree(pages))
    made = []
    while not tracer.finished:
        tracer.advance()
        at = len(tracer.leaves) - 1
        if at % FRESH == 0 and not tracer.finished:
            made.append(Held(at, tracer.executor.state.copy(), {n: bytes(pages[n]) for n in tracer.written}))
    return tuple(made)


def kept(boundaries: Iterable[Held], leaves: tuple[bytes, ...] = RUN.leaves) -> Kept:
    def loader(boundary: Held) -> Callable[[], Held]:
        return lambda: boundary

    return Kept(leaves, [(boundary.segment, loader(boundary)) for boundary in boundaries])


def agree(what: Kept, claim: Claim = RUN.claim, **options: Any) -> bool:
    return agrees(claim, PROGRAM, GIVEN, what, executor=Interpreter, **options)


def test_the_run_has_several_intervals() -> None:
    assert len(held()) > 2 and RUN.claim.body.segments > 20


def test_what_an_honest_worker_keeps_agrees_however_it_is_divided() -> None:
    assert agree(kept(held()))
    assert agree(kept(()))
    assert agree(kept(held()[1:2]))
    with ThreadPoolExecutor(2) as pool:
        assert agree(kept(held()), map=pool.map)


def test_a_region_known_by_its_root_gives_the_same_memory_root() -> None:
    assert initial_tree(PROGRAM.pages, GIVEN.root).root == CONTEXT.initial_root


def changed(position: int, **fields: Any) -> Kept:
    boundaries = list(held())
    boundaries[position] = replace(boundaries[position], **fields)
    return kept(boundaries)


def other_register() -> MachineState:
    state = held()[1].state.copy()
    state.registers[5] ^= 1
    return state


def later() -> MachineState:
    state = held()[1].state.copy()
    state.steps += 1
    return state


@pytest.mark.parametrize(
    "make",
    [
        lambda: changed(1, state=other_register()),
        lambda: changed(1, state=later()),
        lambda: changed(1, pages={3: b"\1" * 4096}),
        lambda: changed(1, segment=held()[1].segment - 1),
        lambda: kept(held(), RUN.leaves[:-1]),
        lambda: kept(held(), (*RUN.leaves, RUN.leaves[-1])),
        lambda: kept(held(), (RUN.leaves[0], bytes(32), *RUN.leaves[2:])),
    ],
    ids=["register", "steps", "page", "segment", "leaf less", "leaf more", "leaf"],
)
def test_damaged_goods_agree_with_nothing_and_change_no_verdict(make: Callable[[], Kept]) -> None:
    assert not agree(make())
    data = encode_object(RUN.claim)
    verdict = reexecute(data, PROGRAM, GIVEN, executor=Interpreter, shortcut=lambda claim: agree(make(), claim))
    assert verdict == reexecute(data, PROGRAM, GIVEN, executor=Interpreter)
    assert verdict.claim is Outcome.ACCEPTED


def test_a_false_trace_agrees_with_nothing_and_is_refuted() -> None:
    leaves = [*RUN.leaves[:9], bytes(32), *RUN.leaves[10:]]
    lied = _runs.retraced(RUN, leaves)
    assert not agree(kept(held(), tuple(leaves)), lied.claim)
    verdict = reexecute(
        encode_object(lied.claim),
        PROGRAM,
        GIVEN,
        executor=Interpreter,
        shortcut=lambda claim: agree(kept(held(), tuple(leaves)), claim),
    )
    assert (verdict.evidence, verdict.claim, verdict.code) == (Evidence.VALID, Outcome.REFUTED, "wrong-claim")


def test_a_shortcut_saves_the_one_pass() -> None:
    def never(*_: object, **__: object) -> Interpreter:
        raise AssertionError("executed from the beginning all the same")

    verdict = reexecute(
        encode_object(RUN.claim), PROGRAM, GIVEN, executor=never, shortcut=lambda claim: agree(kept(held()), claim)
    )
    assert verdict.claim is Outcome.ACCEPTED

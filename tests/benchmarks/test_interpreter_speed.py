"""Speed of the interpreter on the SHA-256 guest: `make speeds`; in `make test` each runs once, for its result alone.

pytest-benchmark's table shows the time of one run on the guest's own sample; the steps a second of the fastest of five
rounds are printed below it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.guests import Guest, guests
from support.speeds import said
from tracework.protocol import hashing
from tracework.protocol.machine.context import PROFILE, Context
from tracework.protocol.machine.executor import FullMemory, WitnessMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import INPUT_BASE, PAGE_BITS, Status, entry_state
from tracework.protocol.program import load_program

SEGMENT = 1 << 20
"""Steps after which the pages are asked for, as a trace's builder does."""


@pytest.fixture(scope="module")
def guest() -> Guest:
    return next(guest for guest in guests("guests") if guest.name == "sha256")


def context_of(guest: Guest) -> tuple[Context, dict[int, bytes]]:
    """The context, and the pages at entry."""
    program, data = load_program(guest.elf), guest.sample
    first = INPUT_BASE >> PAGE_BITS
    given = {first + at // 4096: data[at : at + 4096].ljust(4096, b"\0") for at in range(0, len(data), 4096)}
    context = Context(
        profile=PROFILE,
        suite=hashing.SUITE,
        entry=program.entry,
        code_first=program.code_first,
        code_end=program.code_end,
        image_root=program.image_root,
        input_length=len(data),
        input_root=bytes(32),
        max_steps=1 << 32,
        segment_log2=20,
    )
    return context, dict(program.pages) | given


@pytest.mark.parametrize(
    ("memory", "track_reads"),
    [("full", False), ("full", True), ("witness", False), ("witness", True)],
    ids=["full memory", "full memory, reads told", "witness", "witness, reads told"],
)
def test_sha256_guest(
    memory: str, track_reads: bool, guest: Guest, benchmark: Any, request: pytest.FixtureRequest
) -> None:
    context, initial = context_of(guest)
    pages = dict.fromkeys(touched(context, initial), bytes(4096)) | initial if memory == "witness" else initial
    make: Callable[[dict[int, bytearray]], dict[int, bytearray]] = WitnessMemory if memory == "witness" else FullMemory

    def prepare() -> tuple[tuple[Interpreter], dict[str, Any]]:
        own = make({number: bytearray(page) for number, page in pages.items()})
        return (Interpreter(context, entry_state(context.entry, context.input_length), own, track_reads),), {}

    def execute(machine: Interpreter) -> Interpreter:
        while not machine.state.final:
            machine.run(machine.state.steps + SEGMENT)
            machine.written()
            if track_reads:
                machine.touched()
        return machine

    machine = benchmark.pedantic(execute, setup=prepare, rounds=5, warmup_rounds=1)
    assert (machine.state.status, machine.state.code) == (Status.HALTED, 0)
    assert machine.state.steps == guest.entry["steps"]
    if not benchmark.disabled:
        speed = machine.state.steps / benchmark.stats.stats.min
        benchmark.extra_info["steps_per_second"] = round(speed)
        said(request.config).append(
            f"interpreter, {request.node.callspec.id}: {speed / 1e6:.2f} million steps a second"
        )


def touched(context: Context, initial: dict[int, bytes]) -> list[int]:
    """The pages that a witness of the whole run holds."""
    pages = FullMemory({number: bytearray(page) for number, page in initial.items()})
    machine = Interpreter(context, entry_state(context.entry, context.input_length), pages, track_reads=True)
    machine.run(context.max_steps)
    return machine.touched()

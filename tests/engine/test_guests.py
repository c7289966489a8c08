"""The engine on real programs: the example and benchmark guests, and programs whose files have been damaged."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from random import Random

import pytest

from support.engine_differential import same
from support.guests import Guest, guests
from tracework.protocol.errors import ProtocolError
from tracework.protocol.machine.context import Context
from tracework.protocol.machine.engine import Engine, EngineCache, Runtime, Tuning
from tracework.protocol.machine.executor import Executor
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import Fault, Status
from tracework.protocol.program import Program, load_program
from tracework.protocol.regions import load_input
from tracework.protocol.work.tracing import Tracer, begin, initial_memory, memory_tree

RUNTIME = Runtime()
FAULTS = {fault.value for fault in Fault}


def context(program: Program, given: bytes, max_steps: int, segment_log2: int) -> Context:
    return Context(
        profile="rv64im",
        suite=1,
        entry=program.entry,
        code_first=program.code_first,
        code_end=program.code_end,
        image_root=program.image_root,
        input_length=len(given),
        input_root=load_input(given).root,
        max_steps=max_steps,
        segment_log2=segment_log2,
    )


def leaves(of: Context, program: Program, given: bytes, cache: EngineCache | None) -> tuple[list[bytes], Executor]:
    """All leaves of a run: by the engine, or without a cache by the interpreter."""
    pages = initial_memory(program.pages, load_input(given).pages)
    executor: Executor
    if cache is None:
        executor = Interpreter(of, begin(of), pages)
    else:
        executor = Engine(of, begin(of), pages, cache=cache)
    tracer = Tracer(of, executor, memory_tree(pages))
    tracer.run()
    return tracer.leaves, executor


def benchmark_input(guest: Guest, size: str) -> bytes:
    numbers: list[int] = guest.entry[size]["input"]
    return struct.pack(f"<{len(numbers)}Q", *numbers)


@pytest.mark.parametrize("guest", guests("benchmarks"), ids=str)
def test_outputs_of_benchmarks(guest: Guest) -> None:
    """Whole outputs, as the host's own compiler and qemu give them (tests/examples holds the list to both)."""
    program, given, listed = load_program(guest.elf), benchmark_input(guest, "small"), guest.entry["small"]
    of = context(program, given, listed["steps"] + 10, 24)
    _, executor = leaves(of, program, given, EngineCache(RUNTIME))
    assert (executor.state.status, executor.state.steps) == (Status.HALTED, listed["steps"])
    assert bytes(executor.page(0xC0000)[: executor.state.output_length]).decode().strip() == listed["output"]


@pytest.mark.parametrize("guest", guests("benchmarks"), ids=str)
@pytest.mark.parametrize(
    ("steps", "logs"), [(60_000, (10, 16)), pytest.param(1_000_000, range(4, 25), marks=pytest.mark.long)]
)
def test_boundaries_of_benchmarks(guest: Guest, steps: int, logs: tuple[int, ...]) -> None:
    program, given = load_program(guest.elf), benchmark_input(guest, "small")
    cache = EngineCache(RUNTIME, tuning=Tuning(threshold=50))
    for log in logs:
        of = context(program, given, steps, log)
        expected, _ = leaves(of, program, given, None)
        got, _ = leaves(of, program, given, cache)
        same(f"leaves of {guest}", log, expected, got)


@pytest.mark.parametrize("guest", guests("guests"), ids=str)
def test_example_guests(guest: Guest) -> None:
    program = load_program(guest.elf)
    for given in (b"", bytes(range(256)) * 20, (guest.folder / guest.entry["input"]).read_bytes()):
        cache = EngineCache(RUNTIME, tuning=Tuning(threshold=20))
        for log in (4, 9, 12, 24):
            of = context(program, given, 60_000, log)
            expected, _ = leaves(of, program, given, None)
            got, _ = leaves(of, program, given, cache)
            same(f"leaves of {guest} on {len(given)} bytes", log, expected, got)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_programs(seed: int) -> None:
    """A mutated file is refused, or runs to the same end on both; nothing crashes or hangs."""
    random = Random(seed)
    guest = guests("benchmarks")[seed % 10]
    data = bytearray(guest.elf)
    for _ in range(random.choice((1, 3, 30))):
        # Headers half of the time, anything else otherwise.
        at = random.randrange(200) if random.random() < 0.5 else random.randrange(len(data))
        data[at] = random.choice((0, 1, 0xFF, data[at] ^ 1 << random.randrange(8)))
    try:
        program = load_program(bytes(data))
    except ProtocolError:
        return
    compare_program(program, benchmark_input(guest, "small"), 20_000)


@pytest.mark.parametrize("seed", range(20))
def test_other_code_ranges(seed: int) -> None:
    """Any pages may be called code: data too, pages that aren't there, and the stack."""
    random = Random(seed)
    guest = guests("benchmarks")[seed % 10]
    good = load_program(guest.elf)
    first = max(0, good.code_first + random.randrange(-3, 3))
    end = max(good.entry >> 12, first, good.code_end + random.randrange(-3, 40)) + 1
    entry = random.choice((max(good.entry, first << 12), random.randrange(first << 12, end << 12, 4)))
    program = Program(entry=entry, code_first=first, code_end=end, image_root=good.image_root, pages=good.pages)
    compare_program(program, benchmark_input(guest, "small"), 20_000)


def compare_program(program: Program, given: bytes, steps: int) -> None:
    of = context(program, given, steps, 12)
    expected, interpreter = leaves(of, program, given, None)
    got, engine = leaves(of, program, given, EngineCache(RUNTIME, tuning=Tuning(threshold=20)))
    same("leaves", program.entry, expected, got)
    same("states", program.entry, interpreter.state, engine.state)
    assert engine.state.status is not Status.FAULTED or engine.state.code in FAULTS


def test_nothing_is_said_at_exit() -> None:
    """Whatever is still referred to when Python ends: wasmtime's wrapper would complain about it."""
    code = """
from random import Random
from support.engine_programs import make
from tracework.protocol.machine.engine import Engine, EngineCache, Tuning
program = make(Random(4))
cache = EngineCache(tuning=Tuning(threshold=2))
Engine(program.context, program.state, program.memory(), cache=cache).run(program.context.max_steps)
translation = cache.translation(program.context, False, program.memory())
translation.extend_all()
assert translation.functions
del translation
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("", "")


def test_nothing_is_imported_before_an_engine_is_made() -> None:
    code = "import sys, tracework.protocol.machine.engine; sys.exit('wasmtime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

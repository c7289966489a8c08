"""The engine against the interpreter: generated programs, and the ways in which it isn't an interpreter."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import engine_fuzz
from support.engine_differential import compare, compare_witness
from support.engine_programs import Program, make
from support.machines import CODE, assemble, code, context
from tracework.protocol.machine.engine import (
    Engine,
    EngineCache,
    EngineUnavailable,
    HostLimit,
    Limits,
    Runtime,
    Tuning,
    host,
)
from tracework.protocol.machine.engine.wasm import I32, UNREACHABLE, Body, Module
from tracework.protocol.machine.executor import FullMemory, WitnessMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import PAGE_SIZE, MachineState, Status

RUNTIMES = [Runtime(), Runtime(wide_arithmetic=False), Runtime(direct_calls=False)]
programs = st.builds(make, st.randoms(use_true_random=False), st.just(500), st.just((6, 20, 40)))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs, st.sampled_from(RUNTIMES), st.integers(2, 20), st.booleans(), st.booleans())
def test_generated_programs(program: Program, runtime: Runtime, threshold: int, track: bool, ahead: bool) -> None:
    compare(program, EngineCache(runtime, tuning=Tuning(threshold=threshold)), track, ahead)


@pytest.mark.parametrize("seed", range(240))
def test_seeded_programs(seed: int) -> None:
    """The same ones each time, run twice: while they are being translated, and with the translation at hand."""
    random = Random(seed)
    program = make(random)
    cache = EngineCache(RUNTIMES[seed % 3], tuning=engine_fuzz.tuning(random))
    track = seed % 2 == 0
    compare(program, cache, track, ahead=seed % 5 == 0)
    compare(program, cache, track)
    if seed % 4 == 0:
        compare_witness(program, cache, random)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_many_programs() -> None:
    """What `make fuzz-engine` does."""
    assert engine_fuzz.run(programs=20_000) == []


def loop(steps: int = 1 << 40) -> tuple[Engine, Interpreter]:
    """A machine that stores to one address after the other, forever."""
    words = [
        assemble("lui", 5, 0, 0, 0x100 << 12),
        assemble("addi", 6, 6, 0, 1),
        assemble("sd", 0, 5, 6, 0),
        assemble("addi", 5, 5, 0, 8),
        assemble("jal", 0, 0, 0, -12),
    ]
    of = context(max_steps=steps, segment_log2=24)
    pages = {CODE >> 12: code(*words)}
    cache = EngineCache(RUNTIMES[0], tuning=Tuning(threshold=10))
    return (
        Engine(of, MachineState(pc=CODE), FullMemory(pages), cache=cache),
        Interpreter(of, MachineState(pc=CODE), FullMemory(pages)),
    )


def test_far_boundaries() -> None:
    engine, interpreter = loop()
    for until in (1, 2, 1000, 1001, 5_000, 123_457):
        engine.run(until)
        interpreter.run(until)
        assert engine.state == interpreter.state
        assert engine.written() == interpreter.written()
    engine.run(50_000_000)
    assert engine.state.steps == 50_000_000
    assert len(engine.written()) > 10_000


def test_an_end_in_the_past_is_refused() -> None:
    engine, _ = loop()
    engine.run(100)
    with pytest.raises(ValueError, match="can't run"):
        engine.run(99)
    with pytest.raises(ValueError, match="track_reads"):
        engine.touched()


def test_limit_on_memory() -> None:
    engine, _ = loop()
    engine._limits = Limits(memory=64 << 12)
    with pytest.raises(HostLimit, match="memory"):
        engine.run(1 << 40)
    assert not engine.state.final
    assert 60 <= len(engine.written()) <= 64
    # Without the limit it goes on from where it was.
    engine._limits = Limits()
    engine.run(engine.state.steps + 100_000)


def test_limit_on_time() -> None:
    words = [assemble("jal", 0, 0, 0, 0)]
    end = time.monotonic() + 0.1
    engine = Engine(
        context(max_steps=1 << 43, segment_log2=24),
        MachineState(pc=CODE),
        FullMemory({CODE >> 12: code(*words)}),
        cache=EngineCache(RUNTIMES[0]),
        limits=Limits(expired=lambda: time.monotonic() > end),
    )
    with pytest.raises(HostLimit, match="time is up"):
        engine.run(1 << 43)
    assert engine.state.status is Status.RUNNING


def test_a_trap_falls_back_to_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, interpreter = loop()
    engine.run(1000)
    engine.written()

    def trap() -> int:
        raise host.EngineTrap("made up")

    monkeypatch.setattr(engine._instance, "run", trap)
    engine.run(2000)
    interpreter.run(2000)
    assert engine.state == interpreter.state
    engine.run(3000)
    interpreter.run(3000)
    assert engine.state == interpreter.state
    for number in interpreter.written():
        assert bytes(engine.page(number)) == bytes(interpreter.page(number))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_traps_are_noticed(runtime: Runtime) -> None:
    """In calls by either way: the public wrapper's, and directly."""
    body = Body()
    body.op(UNREACHABLE)
    module = Module(types=[((), (I32,))])
    module.function(0, body, "run")
    instance = host.Instance(runtime, False, 4096)
    made = runtime.wasmtime.Instance(instance._store, runtime.compile(module.encode()), [])
    function = made.exports(instance._store)["run"]
    assert isinstance(function, runtime.wasmtime.Func)
    with pytest.raises(host.EngineTrap, match="unreachable"):
        instance._caller(function)()


def test_without_the_private_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another release of the wrapper may lack what direct calls lean on."""

    def gone(*_: object) -> None:
        raise AttributeError("gone")

    monkeypatch.setattr(host.Instance, "_direct", gone)
    engine, interpreter = loop()
    engine.run(5000)
    interpreter.run(5000)
    assert engine.state == interpreter.state


def speaking(pages: type[dict[int, bytearray]], track: bool = False) -> tuple[Engine, Interpreter]:
    """A machine whose steps the engine leaves to its interpreter: ecalls, a store across pages, and a fault at last."""
    words = [
        assemble("addi", 17, 0, 0, 64),
        assemble("ecall", 0, 0, 0, 0),
        assemble("lui", 5, 0, 0, 0x101 << 12),
        assemble("sd", 0, 5, 6, -4),
        assemble("ebreak", 0, 0, 0, 0),
    ]
    of, there = context(max_steps=200), {CODE >> 12: code(*words), 0x100: bytearray(4096), 0x101: bytearray(4096)}
    said: list[bytes] = []
    cache = EngineCache(RUNTIMES[0])
    return (
        Engine(of, MachineState(pc=CODE), pages(there), track, said.append, cache=cache),
        Interpreter(of, MachineState(pc=CODE), pages(there), track, said.append),
    )


def trapped() -> tuple[Engine, Interpreter]:
    """A machine that the engine has given up."""
    engine, interpreter = loop(1 << 16)

    def trap() -> int:
        raise host.EngineTrap("planted")

    engine._instance.run = trap
    engine.run(100)
    assert engine.trapped
    return engine, interpreter


def limited() -> tuple[Engine, Interpreter]:
    """A machine that may not use more memory than it has."""
    engine, interpreter = loop()
    engine._limits = Limits(memory=PAGE_SIZE)
    with pytest.raises(HostLimit):
        engine.run(5000)
    return engine, interpreter


@pytest.mark.parametrize(
    "make",
    [
        loop,
        lambda: speaking(FullMemory),
        lambda: speaking(FullMemory, track=True),
        lambda: speaking(WitnessMemory, track=True),
        trapped,
        limited,
    ],
    ids=["loop", "reference-steps", "tracked", "witness", "trapped", "limited"],
)
def test_memory_is_given_back_at_once(make: Callable[[], tuple[Engine, Interpreter]]) -> None:
    """Not when Python next looks for cycles: there may be one engine for each of many segments."""
    gc.collect()
    gc.disable()
    try:
        engine, interpreter = make()
        for machine in (engine, interpreter):
            with suppress(HostLimit):
                machine.run(200)
            machine.written()
        gone = [weakref.ref(one) for one in (engine, engine._instance._store, interpreter)]
        del engine, interpreter, machine
        assert [one() for one in gone] == [None, None, None]
    finally:
        gc.enable()


def test_a_view_keeps_its_memory() -> None:
    engine, _ = loop()
    engine.run(1000)
    view = engine.page(0x100)
    del engine
    assert len(bytes(view)) == 4096


@pytest.mark.parametrize("track", [False, True])
def test_two_gibibytes_of_code(track: bool) -> None:
    """The most that a unit can claim to be code; what lies behind the first 64 MiB is executed, but not translated."""
    far = 0x7000_0000
    near = [assemble("addi", 5, 5, 0, 1), assemble("lui", 6, 0, 0, far), assemble("jalr", 1, 6)]
    near.append(assemble("jal", 0, 0, 0, -12))
    there = [assemble("addi", 7, 7, 0, 1), assemble("beq", 0, 0, 0, 8), 0, assemble("jalr", 0, 1)]
    pages = {0: code(*near), far >> 12: code(*there)}
    of = replace(context(max_steps=5000), entry=0, code_first=0, code_end=1 << 19)
    cache = EngineCache(RUNTIMES[0], tuning=Tuning(threshold=5))
    engine = Engine(of, MachineState(pc=0), FullMemory(pages), track, cache=cache)
    interpreter = Interpreter(of, MachineState(pc=0), FullMemory(pages), track)
    for until in (10, 1000, 5000):
        engine.run(until)
        interpreter.run(until)
        assert engine.state == interpreter.state
        if track:
            assert engine.touched() == interpreter.touched() == [0, far >> 12]
    assert cache.translation(of, track, FullMemory(pages)).functions


def test_other_code_under_the_same_name() -> None:
    """A witness may hold any code: it is what is executed, whatever was translated before."""
    cache = EngineCache(RUNTIMES[0], tuning=Tuning(threshold=5))
    of = context(max_steps=1000)
    for step in (1, 3, 7):
        pages = {CODE >> 12: code(assemble("addi", 5, 5, 0, step), assemble("jal", 0, 0, 0, -4))}
        engine = Engine(of, MachineState(pc=CODE), FullMemory(pages), cache=cache)
        engine.run(1000)
        assert engine.state.registers[5] == 500 * step


def test_no_address_space(monkeypatch: pytest.MonkeyPatch) -> None:
    import wasmtime

    def refuse(*_: object) -> None:
        raise wasmtime.WasmtimeError("no memory")

    monkeypatch.setattr(RUNTIMES[0].wasmtime, "Instance", refuse)
    with pytest.raises(EngineUnavailable, match="address space"):
        loop()


def test_code_ahead_of_time() -> None:
    program = make(Random(4))
    cache = EngineCache(RUNTIMES[0])
    translation = cache.translation(program.context, False, program.memory())
    translation.extend_all()
    assert translation.functions

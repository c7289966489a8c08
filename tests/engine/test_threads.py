"""Several engines in several threads: they share translations, and leave Python to others while they run."""

from __future__ import annotations

import threading
import time
from random import Random

import pytest

from support.engine_programs import make
from support.machines import CODE, assemble, code, context
from tracework.protocol.machine.engine import Engine, EngineCache, Tuning, executor
from tracework.protocol.machine.executor import FullMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import MachineState


def test_python_runs_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "_SLICE", 1 << 40)  # all in one call
    pages = {CODE >> 12: code(assemble("addi", 5, 5, 0, 1), assemble("jal", 0, 0, 0, -4))}
    engine = Engine(context(max_steps=1 << 40, segment_log2=24), MachineState(pc=CODE), FullMemory(pages))
    engine.run(1_000_000)
    thread = threading.Thread(target=engine.run, args=(1 << 31,))
    begin = time.monotonic()
    thread.start()
    turns = []
    while thread.is_alive():
        turns.append(time.monotonic())
    taken = time.monotonic() - begin
    assert engine.state.registers[5] == 1 << 30
    # Were Python's lock held by the call, there would be turns at its beginning and at its end only.
    assert any(0.2 * taken < turn - begin < 0.8 * taken for turn in turns)


def test_threads_share_translations() -> None:
    cache = EngineCache(tuning=Tuning(threshold=3), lock=threading.Lock())
    programs = [make(Random(seed), 3000, (60, 150)) for seed in range(6)]
    failures: list[int] = []

    def work(turn: int) -> None:
        for i in range(len(programs)):
            program = programs[(i + turn) % len(programs)]
            last = program.context.max_steps
            reference = Interpreter(program.context, program.state.copy(), program.memory())
            engine = Engine(program.context, program.state.copy(), program.memory(), cache=cache)
            for until in (last // 3, last):
                reference.run(max(until, reference.state.steps))
                engine.run(max(until, engine.state.steps))
            if engine.state != reference.state or engine.written() != reference.written():
                failures.append(i)

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []

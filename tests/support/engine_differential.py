"""Runs one program on the engine and on the interpreter, and compares all that an executor tells."""

from __future__ import annotations

from random import Random

from support.engine_programs import Program
from tracework.protocol.errors import ExecutionError
from tracework.protocol.machine.engine import Engine, EngineCache
from tracework.protocol.machine.executor import Executor, FullMemory, WitnessMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import MachineState


class Difference(AssertionError):
    """The engine and the interpreter disagree."""


def compare(program: Program, cache: EngineCache, track: bool, ahead: bool = False) -> MachineState:
    """Run to every stop on both; everything must be equal. The final state."""
    texts: tuple[list[bytes], list[bytes]] = ([], [])
    reference = Interpreter(program.context, program.state.copy(), program.memory(), track, texts[0].append)
    memory = program.memory()
    if ahead:
        cache.translation(program.context, track, memory).extend_all()
    engine = Engine(program.context, program.state.copy(), memory, track, texts[1].append, cache=cache)
    known = set(program.pages)
    for stop in program.stops:
        if stop < reference.state.steps:
            continue
        if reference.state.final:
            break
        reference.run(stop)
        engine.run(stop)
        same("state", stop, reference.state, engine.state)
        written = reference.written()
        same("written pages", stop, written, engine.written())
        if track:
            same("touched pages", stop, reference.touched(), engine.touched())
        known.update(written)
        for number in written:
            same(f"page {number}", stop, bytes(reference.page(number)), bytes(engine.page(number)))
    for number in known:
        same(f"page {number} at the end", None, bytes(reference.page(number)), bytes(engine.page(number)))
    same("traps", None, False, engine.trapped)
    same("debug text", None, texts[0], texts[1])
    return reference.state


def compare_witness(program: Program, cache: EngineCache, random: Random) -> None:
    """Run on the pages alone that a run touches, and once more on all of them but one."""
    last = program.stops[-1]
    full = Interpreter(program.context, program.state.copy(), program.memory(), True)
    full.run(last)
    touched = full.touched()
    pages = {number: program.pages.get(number, bytes(4096)) for number in touched}
    for gone in (None, random.choice(touched) if touched else None):
        outcomes = []
        for factory in (Interpreter, lambda *a: Engine(*a, cache=cache)):
            memory = WitnessMemory({n: bytearray(content) for n, content in pages.items() if n != gone})
            executor: Executor = factory(program.context, program.state.copy(), memory, True)
            try:
                for stop in program.stops:
                    if not executor.state.final:
                        executor.run(stop)
                error = None
            except ExecutionError as raised:
                error = (raised.code, raised.where, str(raised))
            outcomes.append((error, executor.state, executor.written(), executor.touched()))
        same("witness outcome", gone, outcomes[0], outcomes[1])
        if gone is None:
            same("touched", gone, touched, outcomes[1][3])


def same(what: str, where: object, expected: object, got: object) -> None:
    """Raise if two values differ."""
    if expected != got:
        raise Difference(f"{what} differ at {where}:\n  interpreter {expected}\n  engine      {got}")


def full(pages: dict[int, bytes]) -> FullMemory:
    """Full memory with some pages, copied."""
    return FullMemory({number: bytearray(content) for number, content in pages.items()})

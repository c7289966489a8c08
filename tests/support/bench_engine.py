"""What the engine costs besides running: translating, checking a segment proof, and how threads scale."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import Random
from statistics import median
from typing import Any

from support.bench_programs import Work
from support.guests import guests
from support.machines import assemble
from tracework.protocol.hashing import MEMORY_NODE
from tracework.protocol.machine.context import Context
from tracework.protocol.machine.engine import Engine, EngineCache, Runtime
from tracework.protocol.machine.executor import FullMemory, WitnessMemory
from tracework.protocol.machine.state import MachineState
from tracework.protocol.trees import memory, merkle
from tracework.protocol.trees.memory import PAGE_SIZE, MemoryTree
from tracework.worker import executors

Clock = Callable[[], float]
"""Tells seconds."""


def large_program(instructions: int) -> FullMemory:
    """Code of many functions with branches, loops, loads and stores, at page 16."""
    random = Random(instructions)
    words: list[int] = []
    while len(words) < instructions:
        body = random.randrange(20, 200)
        start = len(words)
        while len(words) < start + body:
            kind, a, b, d = random.random(), random.randrange(5, 32), random.randrange(5, 32), random.randrange(5, 32)
            if kind < 0.45:
                words.append(assemble(random.choice(("add", "sub", "xor", "and", "sltu", "addw", "mul")), d, a, b))
            elif kind < 0.6:
                words.append(assemble(random.choice(("addi", "andi", "slli")), d, a, 0, random.randrange(63)))
            elif kind < 0.75:
                words.append(assemble(random.choice(("ld", "lw", "lbu")), d, a, 0, 8 * random.randrange(32)))
            elif kind < 0.85:
                words.append(assemble(random.choice(("sd", "sw", "sb")), 0, a, b, 8 * random.randrange(32)))
            elif kind < 0.95:
                target = random.randrange(start, start + body)
                words.append(assemble(random.choice(("beq", "bltu", "bge")), 0, a, b, 4 * (target - len(words))))
            else:
                words.append(assemble("jal", 1, 0, 0, 4 * (random.randrange(len(words) + 1) - len(words))))
        words.append(assemble("jalr", 0, 1))
    image = b"".join(word.to_bytes(4, "little") for word in words[:instructions])
    image += bytes(-len(image) % PAGE_SIZE)
    return FullMemory((16 + i, bytearray(image[i << 12 : i + 1 << 12])) for i in range(len(image) >> 12))


def translation(now: Clock, sizes: tuple[int, ...] = (12_500, 25_000, 50_000, 100_000)) -> list[dict[str, float]]:
    """Seconds to translate and compile all of a program ahead of time, by its size."""
    cache = EngineCache()
    rows = []
    for size in sizes:
        pages = large_program(size)
        context = Context(
            profile="rv64im",
            suite=1,
            entry=16 << 12,
            code_first=16,
            code_end=16 + len(pages),
            image_root=size.to_bytes(32, "big"),
            input_length=0,
            input_root=bytes(32),
            max_steps=1000,
            segment_log2=16,
        )
        translated = cache.translation(context, False, pages)
        start = now()
        translated.extend_all()
        rows.append({"instructions": size, "seconds": now() - start})
    return rows


def segments(now: Clock, size: str, names: list[str]) -> list[dict[str, Any]]:
    """Milliseconds to execute one segment of 2^20 steps, from the middle of each run, on its witness.

    All that checking a segment proof does but for the signature and the trace's leaves: pages hashed and checked
    against the memory root, the run, the root afterwards. Once with nothing translated, then again and again.
    """
    rows = []
    runtime = Runtime()
    for guest in guests("benchmarks"):
        if names and guest.name not in names:
            continue
        work = Work(guest, size)
        context = work.context(20)
        machine = work.executor(executors.choose(), 20)
        first = work.steps >> 21 << 20
        machine.run(first)
        here = {n: bytes(machine.page(n)) for n in {*machine.written(), *work.materials().memory()}}
        state = machine.state.copy()
        tracking = Engine(context, state.copy(), full(here), True)
        tracking.run(first + (1 << 20))
        touched = tracking.touched()
        tree = MemoryTree()
        tree.update({n: memory.hash_page(content) for n, content in here.items()})
        siblings = tree.proof(touched)
        contents = {n: here.get(n, bytes(PAGE_SIZE)) for n in touched}
        cache = EngineCache(runtime)
        times = [_check(context, state, contents, tree.root, siblings, cache, now) for _ in range(8)]
        rows.append(
            {
                "program": guest.name,
                "pages": len(touched),
                "first_ms": 1000 * times[0],
                "again_ms": 1000 * median(times[3:]),
            }
        )
    return rows


def full(pages: dict[int, bytes]) -> FullMemory:
    return FullMemory((number, bytearray(content)) for number, content in pages.items())


def _check(
    context: Context,
    state: MachineState,
    contents: dict[int, bytes],
    root: bytes,
    siblings: bytes,
    cache: EngineCache,
    now: Clock,
) -> float:
    """What verifying one segment takes."""
    start = now()
    leaves = {n: memory.hash_page(content) for n, content in contents.items()}
    memory.verify_pages(root, leaves, siblings)
    pages = WitnessMemory((n, bytearray(content)) for n, content in contents.items())
    machine = Engine(context, state.copy(), pages, cache=cache)
    machine.run(state.steps + (1 << 20))
    leaves.update((n, memory.hash_page(machine.page(n))) for n in machine.written())
    merkle.root_from_proof(MEMORY_NODE, memory.HEIGHT, leaves, siblings)
    return now() - start


def threads(size: str, name: str = "matmul-f64", parts: int = 4) -> dict[str, float]:
    """Re-execution of a run in several parts, one after the other and in two threads."""
    (guest,) = (guest for guest in guests("benchmarks") if guest.name == name)
    work = Work(guest, size)
    context = work.context(24)
    machine = work.executor(executors.choose())
    cuts = [work.steps * i // parts for i in range(parts)] + [work.steps]
    starts: list[tuple[MachineState, dict[int, bytes]]] = []
    known: set[int] = set(work.materials().memory())
    for cut in cuts[:-1]:
        machine.run(cut)
        known.update(machine.written())
        starts.append((machine.state.copy(), {n: bytes(machine.page(n)) for n in known}))
    cache = EngineCache(lock=threading.Lock())

    def part(i: int) -> None:
        state, pages = starts[i]
        Engine(context, state.copy(), full(pages), cache=cache).run(cuts[i + 1])

    def share(job: int, jobs: int) -> None:
        for i in range(job, parts, jobs):
            part(i)

    def run(jobs: int) -> float:
        start = time.perf_counter()
        workers = [threading.Thread(target=share, args=(job, jobs)) for job in range(jobs)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return time.perf_counter() - start

    part(0)
    times = [(run(1), run(2)) for _ in range(3)]
    one, two = median(t[0] for t in times), median(t[1] for t in times)
    return {"jobs_1_seconds": one, "jobs_2_seconds": two, "speedup": one / two}

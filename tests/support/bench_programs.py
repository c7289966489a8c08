"""The benchmark guests: on the engine alone, with commitment, and under qemu-riscv64, in alternation."""

from __future__ import annotations

import json
import math
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from blake3 import blake3

from support.guests import Guest, guests
from tracework.protocol.keys import SecretKey, secret_key_file
from tracework.protocol.machine.context import Context
from tracework.protocol.machine.executor import Executor
from tracework.protocol.program import load_program
from tracework.protocol.regions import load_input
from tracework.protocol.work.tracing import Tracer, begin
from tracework.worker import executors, qemu
from tracework.worker.materials import Materials
from tracework.worker.run import run_unit
from tracework.worker.units import make_unit

SLOW = 10.0
"""Seconds over which a commitment at segment-log2 20 is measured once only."""
ALL_PAGES = 1 << 20


@dataclass
class Work:
    """A benchmark guest with an input of a certain size."""

    guest: Guest
    size: str
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """What was measured, by way: `qemu`, `engine`, `24`, `20`."""
    cold: float = 0.0
    """Seconds of the engine's first run, with all translation."""
    pages_hashed: int = 0
    """At segment-log2 24."""
    memory: int = 0
    """Bytes that a process committing to this run needs beyond the guest's own pages."""

    @property
    def given(self) -> bytes:
        numbers: list[int] = self.guest.entry[self.size]["input"]
        return struct.pack(f"<{len(numbers)}Q", *numbers)

    @property
    def steps(self) -> int:
        steps: int = self.guest.entry[self.size]["steps"]
        return steps

    def materials(self) -> Materials:
        return Materials(load_program(self.guest.elf), load_input(self.given))

    def context(self, segment_log2: int) -> Context:
        materials = self.materials()
        program = materials.program
        return Context(
            profile="rv64im",
            suite=1,
            entry=program.entry,
            code_first=program.code_first,
            code_end=program.code_end,
            image_root=program.image_root,
            input_length=len(self.given),
            input_root=materials.given.root,
            max_steps=self.steps + 1000,
            segment_log2=segment_log2,
        )

    def executor(self, choice: executors.Choice, segment_log2: int = 24) -> Executor:
        context = self.context(segment_log2)
        return choice.run(context, begin(context), self.materials().memory(), ALL_PAGES)

    # The ways to run it

    def engine(self) -> None:
        """The engine alone, from ELF and input to output."""
        machine = self.executor(executors.choose())
        machine.run(self.steps + 1000)
        assert machine.state.steps == self.steps, f"{self.guest}: {machine.state}"
        output = bytes(machine.page(0xC0000)[: machine.state.output_length]).decode().strip()
        assert output == self.guest.entry[self.size]["output"], f"{self.guest}: output {output}"

    def committed(self, segment_log2: int) -> None:
        """A worker's whole run, from ELF and input to the signed claim on disk."""
        key = secret_key_file(SecretKey((7).to_bytes(32, "big")))
        unit = make_unit(
            program=self.guest.elf,
            input=self.given,
            key=key,
            network="bench",
            segment_log2=segment_log2,
            max_steps=self.steps + 1000,
            price=1,
        )
        with tempfile.TemporaryDirectory() as folder:
            result = run_unit(unit, Path(folder) / "run", key=key, program=self.guest.elf, input=self.given)
        assert result.claim.body.steps == self.steps, f"{self.guest}: {result}"

    def qemu(self) -> None:
        run = qemu.run(self.guest.elf, self.given)
        assert run.exit_code == 0, f"{self.guest}: {run}"

    # What follows

    def median(self, way: str) -> float:
        return median(self.seconds[way])

    def ratio(self, way: str, to: str) -> float | None:
        """How many times as long one way takes as another."""
        if way not in self.seconds or to not in self.seconds:
            return None
        return self.median(way) / self.median(to)


def wall(action: Callable[[], None]) -> float:
    """Seconds on the clock."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def cpu(action: Callable[[], None]) -> float:
    """Seconds of processors, in this process and in the children that it waited for."""

    def spent() -> float:
        return sum(
            usage.ru_utime + usage.ru_stime
            for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
        )

    start = spent()
    action()
    return spent() - start


def measure(names: list[str], size: str, rounds: int, clock: Callable[[Callable[[], None]], float]) -> list[Work]:
    """Run all ways of all guests in alternation, `rounds` times."""
    works = [Work(guest, size) for guest in guests("benchmarks") if not names or guest.name in names]
    with_qemu = qemu.find_qemu() is not None
    for work in works:
        work.cold = clock(work.engine)
        for turn in range(rounds):
            ways: dict[str, Callable[[], None]] = {"qemu": work.qemu} if with_qemu else {}
            ways["engine"] = work.engine
            ways["24"] = partial(work.committed, 24)
            if turn == 0 or work.median("20") < SLOW:
                ways["20"] = partial(work.committed, 20)
            for way, action in ways.items():
                work.seconds.setdefault(way, []).append(clock(action))
        work.pages_hashed = _pages_hashed(work)
        work.memory = _memory(work)
        print(f"  {work.guest} measured", file=sys.stderr)
    return works


def _pages_hashed(work: Work) -> int:
    machine = work.executor(executors.choose())
    pages = 0
    while not machine.state.final:
        machine.run(min((machine.state.steps >> 24) + 1 << 24, work.steps + 1000))
        pages += len(machine.written())
    return pages


def _memory(work: Work) -> int:
    """Run the commitment in a process of its own; its peak beyond the guest's pages."""
    command = [sys.executable, "-m", "support.bench", "--child", work.guest.name, "--size", work.size]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, int] = json.loads(done.stdout)
    return answer["peak"] - answer["pages"]


def child(name: str, size: str) -> dict[str, int]:
    """One committed run at segment-log2 24: the process's peak, and the bytes of the pages that the guest uses."""
    (guest,) = (guest for guest in guests("benchmarks") if guest.name == name)
    work = Work(guest, size)
    materials, context = work.materials(), work.context(24)
    machine = work.executor(executors.choose())
    tracer = Tracer(context, machine, materials.tree(input_leaves=False))
    tracer.run()
    pages = len(tracer.written | set(materials.program.pages) | set(materials.given.pages)) << 12
    return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10, "pages": pages}


def page_hash_seconds() -> float:
    """The blake3 package's own time for a page that isn't in the cache."""
    memory = memoryview(bytearray(32 << 20))
    pages = [memory[at : at + 4096] for at in range(0, len(memory), 4096)]
    key = bytes(32)
    times = []
    for _ in range(9):
        start = time.thread_time()
        for page in pages:
            blake3(page, key=key).digest()
        times.append((time.thread_time() - start) / len(pages))
    return median(times)


def geometric_mean(values: list[float]) -> float | None:
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def report(works: list[Work]) -> dict[str, Any]:
    """All figures, for `--json` and for the table."""
    rows = []
    for work in works:
        rows.append(
            {
                "program": work.guest.name,
                "steps": work.steps,
                "seconds": work.seconds,
                "mips": {way: work.steps / work.median(way) / 1e6 for way in work.seconds},
                "cold_seconds": work.cold,
                "speed_against_qemu": work.ratio("qemu", "24"),
                "engine_against_qemu": work.ratio("qemu", "engine"),
                "overhead_24": work.ratio("24", "engine"),
                "overhead_20": work.ratio("20", "engine"),
                "pages_hashed_24": work.pages_hashed,
                "memory_beyond_pages": work.memory,
            }
        )
    means = {}
    for key in ("engine_against_qemu", "speed_against_qemu", "overhead_24", "overhead_20"):
        values: list[Any] = [row[key] for row in rows if row["program"] != "sieve" and row[key] is not None]
        means[key] = geometric_mean(values)
    hashing = page_hash_seconds()
    result: dict[str, Any] = {"programs": rows, "geometric_means_without_sieve": means, "page_hash_seconds": hashing}
    for work in works:
        if work.guest.name == "sieve" and work.pages_hashed:
            extra = work.median("24") - work.median("engine")
            result["sieve_commitment_per_page_hash"] = extra / work.pages_hashed / hashing
    return result


def print_table(result: dict[str, Any]) -> None:
    def number(value: float | None, form: str = "8.2f") -> str:
        return " " * int(form.split(".")[0]) if value is None else format(value, form)

    print(
        f"{'':12}{'steps':>8}{'qemu':>8}{'engine':>8}{'k = 24':>8}{'k = 20':>8}"
        f"{'engine':>10}{'k = 24':>8}{'over-':>10}{'over-':>8}{'first':>8}{'memory':>8}"
    )
    print(
        f"{'':12}{'1e9':>8}{'MIPS':>8}{'MIPS':>8}{'MIPS':>8}{'MIPS':>8}"
        f"{'/ qemu':>10}{'/ qemu':>8}{'head 24':>10}{'head 20':>8}{'run, s':>8}{'MB':>8}"
    )
    for row in result["programs"]:
        mips = row["mips"]
        print(
            f"{row['program']:12}{row['steps'] / 1e9:8.2f}"
            + "".join(number(mips.get(way), "8.0f") for way in ("qemu", "engine", "24", "20"))
            + f"{number(row['engine_against_qemu'], '10.2f')}{number(row['speed_against_qemu'])}"
            + f"{number(row['overhead_24'], '10.2f')}{number(row['overhead_20'])}"
            + f"{row['cold_seconds']:8.2f}{row['memory_beyond_pages'] / 1e6:8.0f}"
        )
    means = result["geometric_means_without_sieve"]
    print(
        f"{'geometric mean, without the sieve':52}{number(means['engine_against_qemu'], '10.2f')}"
        f"{number(means['speed_against_qemu'])}{number(means['overhead_24'], '10.2f')}{number(means['overhead_20'])}"
    )
    print(f"blake3's own time for a page: {result['page_hash_seconds'] * 1e6:.2f} µs")
    if "sieve_commitment_per_page_hash" in result:
        times = result["sieve_commitment_per_page_hash"]
        print(f"sieve at k = 24: commitment costs {times:.2f} times that for each page hashed")

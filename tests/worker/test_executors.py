"""Which executor is taken, and what happens where the engine can't run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.wasm import needs_engine
from tracework.protocol.machine.executor import FullMemory
from tracework.worker.errors import LimitReached
from tracework.worker.executors import choose
from tracework.worker.limits import Limits, Pace
from tracework.worker.materials import LazyMemory

CHOOSE = """
import resource
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
from tracework.worker.executors import choose
choice = choose()
print(choice.name, choice.warning)
try:
    print(choose("wasm").name)
except Exception as error:
    print(type(error).__name__, error)
"""


def in_little_room(root: Path, limit: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CHOOSE.format(limit=limit)],
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_the_reference_is_there_everywhere() -> None:
    assert choose("reference").name == "reference" and choose("reference").warning is None


@needs_engine
@pytest.mark.skipif(sys.platform != "linux", reason="limits on address space are Linux's")
def test_without_4_gib_of_addresses_the_reference_takes_over(root: Path) -> None:
    first, second = in_little_room(root, 3 << 30)
    assert first.startswith("reference running with the reference interpreter, which is slow: the engine's address")
    assert second.startswith("WorkerError the engine can't run here: ") and second.endswith("use `--engine reference`")


@needs_engine
def test_the_engine_is_taken_where_it_runs() -> None:
    assert choose().name == choose("wasm").name == "wasm" and choose().warning is None


def test_lazy_memory_is_what_its_sources_are() -> None:
    a, b, c = bytes(4095) + b"a", bytes(4095) + b"b", bytes(4095) + b"c"
    memory = LazyMemory([{5: a}, {3: b, 5: b}, {9: c, 3: c}], 1 << 20)
    assert isinstance(memory, FullMemory)
    assert dict(memory.items()) == {3: b, 5: a, 9: c} and sorted(memory) == [3, 5, 9] and len(memory) == 3
    assert 9 in memory and 4 not in memory
    assert dict.__len__(memory) == 0, "asking keeps nothing"
    memory[3][0] = 1
    assert memory[4] == bytes(4096)
    changed = {number: bytes(content) for number, content in memory.items()}
    assert changed == {3: b"\1" + b[1:], 4: bytes(4096), 5: a, 9: c}
    assert memory[3] is memory[3]
    assert dict(memory.blocks()) == changed and list(FullMemory({3: memory[3]}).blocks()) == [(3, memory[3])]


def test_lazy_memory_has_an_end() -> None:
    memory = LazyMemory([{}], 2)
    memory[1], memory[2], memory[1]
    with pytest.raises(LimitReached, match="more than the 1 MiB"):
        memory[3]


def test_limits_and_pace() -> None:
    assert Limits(memory=1 << 20).pages == 256 and Limits(memory=1).pages == 1
    assert 1 <= Limits().pages <= 1 << 20 and Limits(memory=1 << 40).pages == 1 << 20
    pace = Pace()
    assert pace.pause(0, 0) == 1 and pace.pause(640, 0) == 10 and pace.pause(10**9, 0) == 300
    assert pace.pause(0, 2) == 50, "at most a twenty-fifth of the time goes into checkpoints"

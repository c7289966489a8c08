"""The example and benchmark guests as their indexes list them, for tests that run or rebuild them."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tracework.protocol import hashing
from tracework.protocol.machine.context import PROFILE, Context
from tracework.protocol.machine.executor import ExecutorFactory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import OUTPUT_BASE, PAGE_BITS, MachineState, Status
from tracework.protocol.program import load_program
from tracework.protocol.regions import load_input
from tracework.protocol.work.tracing import begin, initial_memory
from tracework.worker.build import build_host, compiler_version

needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no host compiler cc")
EXAMPLES = Path(str(resources.files("tracework"))) / "examples"


@dataclass(frozen=True)
class Guest:
    """One guest: its folder and its entry in the index."""

    name: str
    folder: Path
    entry: dict[str, Any]

    @property
    def sources(self) -> list[Path]:
        return [self.folder / source for source in self.entry["sources"]]

    @property
    def elf(self) -> bytes:
        program: str = self.entry["program"]
        return (self.folder / program).read_bytes()

    @property
    def sample(self) -> bytes:
        """The input that comes with an example guest."""
        name: str = self.entry["input"]
        return (self.folder / name).read_bytes()

    def __str__(self) -> str:
        return self.name


def guests(kind: str) -> list[Guest]:
    """All of one kind, `guests` or `benchmarks`."""
    return [Guest(name, EXAMPLES / kind / name, entry) for name, entry in index(kind)["guests"].items()]


def index(kind: str) -> dict[str, Any]:
    """The index of one kind."""
    return tomllib.loads((EXAMPLES / kind / "index.toml").read_text())


def wrong_compiler(kind: str) -> str | None:
    """Why the committed ELFs can't be rebuilt here; None if they can."""
    wanted, version = index(kind)["compiler"], compiler_version()
    if version is None:
        return "ziglang is not installed (pip install 'tracework[build]')"
    return None if wanted == f"ziglang {version}" else f"the committed ELFs are by {wanted}, here is ziglang {version}"


def host_output(guest: Guest, data: bytes, folder: Path) -> bytes:
    """The output of the guest's source, compiled for this host in `folder`."""
    program = folder / f"{guest.name}-host"
    if not program.exists():
        build_host(guest.sources, program)
    return subprocess.run([program], input=data, capture_output=True, check=True).stdout


@dataclass(frozen=True)
class Interpreted:
    """A run on the reference interpreter, or on the engine."""

    state: MachineState
    output: bytes
    debug: bytes

    @property
    def exit_code(self) -> int | None:
        """None if the program didn't halt."""
        return self.state.code if self.state.status == Status.HALTED else None


def interpret(elf: bytes, data: bytes, max_steps: int = 1 << 40, *, by: ExecutorFactory = Interpreter) -> Interpreted:
    """Run an ELF to its end."""
    program, given = load_program(elf), load_input(data)
    context = Context(
        profile=PROFILE,
        suite=hashing.SUITE,
        entry=program.entry,
        code_first=program.code_first,
        code_end=program.code_end,
        image_root=program.image_root,
        input_length=given.region.length,
        input_root=given.region.root,
        max_steps=max_steps,
        segment_log2=24,
    )
    debug: list[bytes] = []
    executor = by(context, begin(context), initial_memory(program.pages, given.pages), debug=debug.append)
    executor.run(max_steps)
    state = executor.state
    first, size = OUTPUT_BASE >> PAGE_BITS, state.output_length
    pages = (bytes(executor.page(first + i)) for i in range(-(-size >> PAGE_BITS)))
    return Interpreted(state, b"".join(pages)[:size], b"".join(debug))

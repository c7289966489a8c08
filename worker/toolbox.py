"""What this installation can do: versions, backends, and the programs of others that some features call."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..protocol import hashing, keys
from ..protocol.encoding.schema import VERSION
from ..protocol.machine.context import PROFILE, Context
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.machine.state import MachineState
from ..protocol.program import load_program
from ..protocol.regions import load_input
from ..protocol.work.tracing import begin, initial_memory
from .examples import find_example

_TIMEOUT = 10
_TRIAL_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that is there, or could be."""

    name: str
    use: str
    """What it is for."""
    version: str | None
    """What is there; None if nothing is."""
    needed: bool = False
    """Whether nothing works without it."""
    get: str = ""
    """How to get it."""


def survey() -> Iterator[Tool]:
    """Look at everything, what is needed first. Looking at the programs of others takes a moment each."""
    yield Tool("protocol", "what is agreed on to the byte", f"version {VERSION}", needed=True)
    yield Tool("hash suite", "all digests", f"{hashing.SUITE} (BLAKE3)", needed=True)
    yield Tool("machine", "what programs run on", PROFILE, needed=True)
    yield Tool("Python", "", f"{platform.python_version()} on {platform.platform(terse=True)}", needed=True)
    yield _package("blake3", "all digests", needed=True)
    yield Tool("signatures", "BLS12-381", _checked(_signing), needed=True, get="pip install --force-reinstall py_ecc")
    yield _package("py_arkworks_bls12381", "fast signatures; without it py_ecc does the same 150 times slower")
    yield Tool("interpreter", "the machine, by its definition", _checked(_interpreter), needed=True)
    yield Tool(
        "engine",
        "the same machine, a thousand times faster",
        _checked(_engine),
        get="pip install wasmtime, at the version that `pip show tracework` asks for",
    )
    yield Tool(
        "ziglang", "tracework build: a C compiler for guests", _version("ziglang"), get="pip install 'tracework[build]'"
    )
    yield Tool(
        "qemu-riscv64",
        "tests: another opinion on the machine",
        _program("qemu-riscv64", "--version"),
        get="Debian, Ubuntu: apt install qemu-user",
    )
    yield Tool(
        "node",
        "tests: payout trees against those of the contracts",
        _program("node", "--version"),
        get="from nodejs.org, or Debian, Ubuntu: apt install nodejs",
    )
    yield Tool("matplotlib", "plots of simulations", _version("matplotlib"), get="pip install 'tracework[plots]'")


def _package(name: str, use: str, *, needed: bool = False) -> Tool:
    return Tool(name, use, _version(name), needed=needed, get=f"pip install {name}")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _program(name: str, *arguments: str) -> str | None:
    """The first line that a program says about its version, or None where it isn't installed or doesn't start."""
    path = shutil.which(name)
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip().partition("\n")[0] or "there"


def _checked(probe: Callable[[], str]) -> str | None:
    """What a probe found, or None if what it tried doesn't work here, for whatever reason."""
    try:
        return probe()
    except Exception:
        return None


def _signing() -> str:
    """Sign and verify something."""
    backend = keys.default_backend()
    secret = keys.derive_secret_key(bytes(32))
    signature = keys.sign(secret, bytes(32), backend=backend)
    keys.verify(keys.public_key(secret, backend=backend), bytes(32), signature, backend=backend)
    return f"by {backend.name}, a signature made and verified"


def _interpreter() -> str:
    from ..protocol.machine.interpreter import Interpreter

    return f"{_trial(Interpreter).steps:,} steps of the example sha256 taken"


def _engine() -> str:
    """Run the same program on the engine and on the interpreter, and compare."""
    from ..protocol.machine.interpreter import Interpreter
    from .executors import choose

    factory = choose("wasm").factory
    if _trial(factory) != _trial(Interpreter):
        raise ValueError("the engine gives other results than the interpreter")
    return f"wasmtime {_version('wasmtime')}, gives the interpreter's results"


def _trial(factory: ExecutorFactory) -> MachineState:
    """Where the example sha256 is after some steps."""
    example = find_example("sha256")
    program, given = load_program(example.read(example.program)), load_input(example.read(example.input))
    context = Context(
        profile=PROFILE,
        suite=hashing.SUITE,
        entry=program.entry,
        code_first=program.code_first,
        code_end=program.code_end,
        image_root=program.image_root,
        input_length=given.length,
        input_root=given.root,
        max_steps=_TRIAL_STEPS,
        segment_log2=14,
    )
    executor = factory(context, begin(context), initial_memory(program.pages, given.pages))
    executor.run(_TRIAL_STEPS)
    return executor.state

"""Compiles C for the machine with the guest kit, and for the host, from the same source.

The compiler is the `ziglang` package, an extra (`pip install 'tracework[build]'`): one wheel holds clang, the linker
and the runtime library that brings soft-float and 128-bit arithmetic. The same sources give the same bytes in any
folder.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from .errors import WorkerError
from .files import new_file

OPTIMIZATIONS = ("0", "1", "2", "3", "s", "z")
"""What `build` takes for `optimize`: the compiler's -O levels that keep to the letter of C and IEEE 754."""

_TARGET = (
    "-target",
    "riscv64-freestanding-none",
    # Only I and M; `relax` lets the linker shorten calls; misaligned words are plain loads and stores on this machine.
    "-mcpu=generic_rv64+m+relax+unaligned_scalar_mem",
    "-mcmodel=medany",
    "-ffreestanding",
    "-fno-sanitize=undefined",  # zig turns it on at -O0, and its handlers aren't there
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-ftrap-function=abort",  # __builtin_trap would be a CSR instruction
    "-ffp-contract=off",  # a*b+c rounds twice, as on every other host
    "-UNDEBUG",  # zig defines it when it optimises; assertions stay unless the user says otherwise
    "-ffunction-sections",
    "-fdata-sections",
    "-static",
    "-Wl,--gc-sections",
)
_KIT_SOURCES = ("crt0.S", "kit.c", "libc.c")


class BuildError(WorkerError):
    """A program that could not be built; `diagnostics` is what the compiler printed."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


def kit_path() -> Path:
    """The folder of the guest kit: start-up code, linker script, `include/tracework.h`, small C library, `host.c`."""
    return Path(str(resources.files(__package__) / "kit"))


def compiler_version() -> str | None:
    """The version of the `ziglang` package, or None where it isn't installed."""
    if importlib.util.find_spec("ziglang") is None:
        return None
    return importlib.metadata.version("ziglang")


def build(
    sources: Sequence[str | Path],
    output: str | Path,
    *,
    optimize: str = "2",
    flags: Sequence[str] = (),
    debug: bool = False,
) -> str:
    """Compile and link `sources` with the kit into the RV64IM ELF `output`; returns the compiler's warnings, if any.

    `flags` go to the compiler after our own. `debug` keeps symbols and line numbers, which are no part of a program's
    commitment. `output` appears whole or not at all. Raises BuildError, or WorkerError if it can't be written.
    """
    if optimize not in OPTIMIZATIONS:
        raise BuildError(f"the optimisation level is one of {', '.join(OPTIMIZATIONS)}, not {optimize}")
    if compiler_version() is None:
        raise BuildError("building guests needs the ziglang package: pip install 'tracework[build]'")
    kit = kit_path()
    command = [sys.executable, "-m", "ziglang", "cc", *_TARGET, f"-O{optimize}"]
    command += ["-g"] if debug else ["-g0", "-Wl,-s"]
    command += [f"-I{kit / 'include'}", "-isystem", str(kit / "libc"), f"-Wl,-T,{kit / 'guest.ld'}"]
    command += _prefix_maps(sources, kit)
    command += [*flags, *(str(kit / name) for name in _KIT_SOURCES)]
    return _compile(command, sources, Path(output))


def build_host(
    sources: Sequence[str | Path],
    output: str | Path,
    *,
    compiler: Sequence[str] = ("cc",),
    optimize: str = "2",
    flags: Sequence[str] = (),
) -> str:
    """Compile a guest's `sources` as a program of this host: input from stdin, output to stdout, debug text to stderr.

    For tests and debuggers. Same rules for floating point as `build`, so that results are equal to the bit.
    """
    kit = kit_path()
    command = [*compiler, f"-O{optimize}", "-ffp-contract=off", f"-I{kit / 'include'}", *flags, str(kit / "host.c")]
    return _compile(command, sources, Path(output), ["-lm"])


def _prefix_maps(sources: Sequence[str | Path], kit: Path) -> list[str]:
    """Keep the folders out of what __FILE__ and debug information say."""
    folders = {f"{kit}/": "kit/", f"{Path.cwd()}/": ""}
    for source in sources:
        parent = os.path.dirname(source)
        if parent:
            folders[f"{parent}/"] = ""
            folders[f"{os.path.abspath(parent)}/"] = ""
    return [f"-ffile-prefix-map={folder}={name}" for folder, name in folders.items()]


def _compile(command: list[str], sources: Sequence[str | Path], output: Path, last: Sequence[str] = ()) -> str:
    """Run the compiler on `sources` in a scratch folder, and put its result in place."""
    if not sources:
        raise BuildError("there is nothing to build: no source file was given")
    for source in sources:
        if not Path(source).is_file():
            raise BuildError(f"there is no source file {source}")
    with tempfile.TemporaryDirectory(prefix="tracework-build-") as scratch:
        result = Path(scratch) / "program"
        try:
            done = subprocess.run(
                [*command, *map(str, sources), *last, "-o", str(result)],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except FileNotFoundError as error:
            raise BuildError(f"there is no compiler {command[0]} on this machine") from error
        if done.returncode or not result.is_file():
            names = ", ".join(map(str, sources))
            raise BuildError(f"the compiler could not build {names}", done.stderr)
        _put(result.read_bytes(), output)
    return done.stderr


def _put(data: bytes, output: Path) -> None:
    """Write an executable file so that no reader, and no crash, ever sees half of it."""
    with new_file(output) as file:
        file.write(data)
        if hasattr(os, "fchmod"):  # who may read it may run it; on Windows there is no such thing
            mode = os.fstat(file.fileno()).st_mode
            os.fchmod(file.fileno(), mode | (mode & 0o444) >> 2)

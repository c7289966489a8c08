"""The example guests: what their index says, their ELFs' rebuild, and their samples under qemu and the interpreter.

test_guest_results.py holds what they compute to computations of the host.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from support.guests import EXAMPLES, Guest, guests, interpret, wrong_compiler
from tracework.protocol.machine.executor import ExecutorFactory
from tracework.worker import qemu
from tracework.worker.build import build

needs_qemu = pytest.mark.skipif(qemu.find_qemu() is None, reason="qemu-riscv64 is not installed")
GUESTS = guests("guests")
LONG = 5_000_000  # steps that the interpreter takes in a second, or nearly so


def test_index_lists_exactly_what_is_there() -> None:
    folders = {path.name for path in (EXAMPLES / "guests").iterdir() if path.is_dir()}
    assert folders == {guest.name for guest in GUESTS}
    for guest in GUESTS:
        files = {path.relative_to(guest.folder).as_posix() for path in guest.folder.rglob("*") if path.is_file()}
        assert files == set(guest.entry["files"])
        assert {*guest.entry["sources"], guest.entry["program"], guest.entry["input"]} <= files


@pytest.mark.parametrize("guest", GUESTS, ids=str)
def test_committed_elf_is_what_its_source_gives(guest: Guest, tmp_path: Path) -> None:
    reason = wrong_compiler("guests")
    if reason:
        pytest.skip(reason)
    assert build(guest.sources, tmp_path / "guest.elf") == ""
    assert (tmp_path / "guest.elf").read_bytes() == guest.elf


@needs_qemu
@pytest.mark.parametrize("guest", GUESTS, ids=str)
def test_sample_under_qemu_gives_the_listed_output(guest: Guest) -> None:
    run = qemu.run(guest.elf, guest.sample)
    output = run.output.ljust(guest.entry["output_size"], b"\0")
    assert run.exit_code == 0 and len(output) == guest.entry["output_size"]
    assert hashlib.sha256(output).hexdigest() == guest.entry["output_sha256"]


@pytest.mark.parametrize(
    "guest",
    [pytest.param(g, marks=pytest.mark.long if g.entry["steps"] > LONG else (), id=g.name) for g in GUESTS],
)
def test_sample_on_the_interpreter_takes_the_listed_steps(guest: Guest) -> None:
    run = interpret(guest.elf, guest.sample)
    assert (run.exit_code, run.state.steps) == (0, guest.entry["steps"])
    assert len(run.output) == guest.entry["output_size"]
    assert hashlib.sha256(run.output).hexdigest() == guest.entry["output_sha256"]


@pytest.mark.parametrize("guest", GUESTS, ids=str)
def test_sample_on_the_engine_takes_the_listed_steps(guest: Guest, engine: ExecutorFactory) -> None:
    run = interpret(guest.elf, guest.sample, by=engine)
    assert (run.exit_code, run.state.steps) == (0, guest.entry["steps"])
    assert hashlib.sha256(run.output).hexdigest() == guest.entry["output_sha256"]


def test_lz4_guests_have_the_same_checksum_code() -> None:
    one, other = (EXAMPLES / "guests" / name / "xxh32.h" for name in ("lz4-compress", "lz4-decompress"))
    assert one.read_bytes() == other.read_bytes()

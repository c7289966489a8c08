"""The example guests: what their index says, their results under a computation of the host, and their ELFs' rebuild."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from support.guests import EXAMPLES, Guest, guests, wrong_compiler
from tracework.worker import qemu
from tracework.worker.build import build

needs_qemu = pytest.mark.skipif(qemu.find_qemu() is None, reason="qemu-riscv64 is not installed")
GUESTS = guests("guests")


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
def test_sample_gives_the_listed_output(guest: Guest) -> None:
    run = qemu.run(guest.elf, (guest.folder / guest.entry["input"]).read_bytes())
    output = run.output.ljust(guest.entry["output_size"], b"\0")
    assert run.exit_code == 0 and len(output) == guest.entry["output_size"]
    assert hashlib.sha256(output).hexdigest() == guest.entry["output_sha256"]


@needs_qemu
@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 4096, 100_001])
def test_sha256_agrees_with_hashlib(size: int) -> None:
    [guest] = (guest for guest in GUESTS if guest.name == "sha256")
    data = bytes(7 * i % 251 for i in range(size))
    assert qemu.run(guest.elf, data).output == hashlib.sha256(data).hexdigest().encode() + b"\n"

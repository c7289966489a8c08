"""The interpreter against `qemu-riscv64`, register for register, where that is installed."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import sequences
from support.guests import Guest, guests, interpret
from tracework.conformance.values import number, octets
from tracework.worker import qemu

pytestmark = pytest.mark.skipif(qemu.find_qemu() is None, reason="qemu-riscv64 is not installed")

BATCH = 8
"""Sequences a program: one process of qemu takes longer than all of them."""
QUICK, LONG = 40, 320
"""Programs in `make test`, and in `make long`: 320 and 2,560 sequences."""
SLOW = 3_000_000
"""Steps from which on a guest is for `make long`."""

batches = st.lists(sequences.sequences, min_size=BATCH, max_size=BATCH)


def agree(bodies: list[sequences.Body], values: list[sequences.Values]) -> list[list[int]]:
    """Run sequences on both, compare all registers and memory, and give the registers."""
    program, data = sequences.program(bodies), sequences.initial(values)
    ours, theirs = interpret(program, data), qemu.run(program, data)
    assert (ours.exit_code, theirs.exit_code, theirs.signal) == (0, 0, None)
    size = sequences.PLACE
    left, right = ours.output, theirs.output.ljust(size * len(bodies), b"\0")
    assert len(left) == len(right)
    layout = f"<{sequences.REGISTERS}Q"
    registers = [list(struct.unpack_from(layout, left, size * index)) for index in range(len(bodies))]
    for index, body in enumerate(bodies):
        if left[size * index : size * (index + 1)] != right[size * index : size * (index + 1)]:
            found = struct.unpack_from(layout, right, size * index)
            differ = [
                f"x{n}" for n, pair in enumerate(zip(registers[index], found, strict=True), 1) if pair[0] != pair[1]
            ]
            words = " ".join(f"{word:08x}" for word in body)
            pytest.fail(f"registers {differ} (or memory) differ after {words} from {values[index]}")
    return registers


@settings(max_examples=QUICK, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(batches)
def test_sequences(batch: list[tuple[sequences.Body, sequences.Values]]) -> None:
    agree([body for body, _ in batch], [values for _, values in batch])


@pytest.mark.long
@settings(max_examples=LONG, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(batches)
def test_many_sequences(batch: list[tuple[sequences.Body, sequences.Values]]) -> None:
    agree([body for body, _ in batch], [values for _, values in batch])


@pytest.mark.parametrize("name", ["registers", "immediates"])
def test_vectors_of_arithmetic(name: str, root: Path) -> None:
    """Every case but those at x30 or x31, which hold the pointers here, and auipc, whose pc is another."""
    content = json.loads((root / f"vectors/1/machine/{name}.json").read_text(encoding="utf-8"))
    bodies, values, wanted, ids = [], [], [], []
    for case in content["cases"]:
        before, after = (registers(case[side]["state"]["registers"]) for side in ("input", "output"))
        if before is None or after is None or "auipc" in case["id"]:
            continue
        bodies.append([int.from_bytes(octets(case["input"]["memory"][0]["data"]), "little")])
        values.append(before)
        wanted.append(after)
        ids.append(case["id"])
    assert len(ids) > 0.9 * len(content["cases"])
    found = agree(bodies, values)
    assert [id for id, one, two in zip(ids, found, wanted, strict=True) if one != two] == []


def registers(named: dict[str, Any]) -> list[int] | None:
    """x1 to x29 as a case has them; None if it has another."""
    if named.keys() & {"x30", "x31"}:
        return None
    return [number(named.get(f"x{index}", "0")) for index in range(1, sequences.REGISTERS + 1)]


def _guest(guest: Guest) -> Any:
    marks = [pytest.mark.long] if guest.entry["steps"] > SLOW else []
    return pytest.param(guest, id=guest.name, marks=marks)


@pytest.mark.parametrize("guest", [_guest(guest) for guest in guests("guests")])
def test_example_guests_by_output(guest: Guest) -> None:
    ours, theirs = interpret(guest.elf, guest.sample), qemu.run(guest.elf, guest.sample)
    assert (ours.exit_code, ours.debug) == (theirs.exit_code, theirs.debug)
    assert ours.output.rstrip(b"\0") == theirs.output

"""What the machine's vectors share: a small machine at a fixed place, operands with names, and their requirements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...protocol.machine.decode import TABLE
from ..operations import machine as operations
from ..values import render
from . import Case, invalid, valid
from ._assembler import assemble, image

CODE = 0x10000
"""Where code lies, unless a case says otherwise: one page, number 16."""
DATA = 0x20000
"""Where data lies that loads read and stores overwrite: page 32."""
LIMIT = 1 << 32
"""The address space ends here."""
INPUT = 1 << 31
"""Where the input region begins."""
OUTPUT = INPUT + (1 << 30)
"""Where the output region begins."""

MODEL = (
    "tests/support/machine_model.py, a second machine written from the text (tests/machine/test_vectors.py), and"
    " tests/adapters/node"
)
"""The second source of everything here."""
QEMU = f"{MODEL}; but for auipc and x30, x31, also qemu-riscv64 (tests/machine/test_qemu.py)"
"""The second sources of arithmetic."""
REQUIREMENT = {row.mnemonic: f"MCH-{number}" for number, row in enumerate(TABLE, 101)}
"""The requirement that says what an instruction does."""

VALUES: Mapping[str, int] = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "seven": 7,
    "minus-one": 2**64 - 1,
    "minus-two": 2**64 - 2,
    "minus-seven": 2**64 - 7,
    "max": 2**63 - 1,
    "min": 2**63,
    "max32": 2**31 - 1,
    "bit31": 2**31,
    "min32": 2**64 - 2**31,
    "low32": 2**32 - 1,
    "bit32": 2**32,
    "mixed": 0x80000000_7FFFFFFF,
    "pattern": 0x0123456789ABCDEF,
    "inverse": 0xFEDCBA9876543210,
}
"""Operands by the names that case ids call them."""


def step(
    id: str,
    comment: str,
    req: Sequence[str],
    *words: int,
    x: Mapping[str, int] | None = None,
    memory: Sequence[tuple[int, bytes]] = (),
    look: Sequence[tuple[int, int]] = (),
    pc: int = CODE,
    code: tuple[int, int] = (CODE >> 12, (CODE >> 12) + 1),
    count: int = 1,
    steps: int = 0,
    max_steps: int = 1000,
    status: tuple[int, int] = (0, 0),
    witness: Sequence[int] | None = None,
    error: str | None = None,
    flags: Sequence[str] = (),
) -> Case:
    """A case of `machine.step`. `words` lie at the first code page, or at `pc` if that is among the code pages."""
    low, high = code[0] << 12, code[1] << 12
    at = pc if low <= pc < high and pc % 4 == 0 else low
    given: dict[str, Any] = {
        "code_first": code[0],
        "code_end": code[1],
        "max_steps": max_steps,
        "state": {
            "status": status[0],
            "code": status[1],
            "pc": pc,
            "steps": steps,
            "registers": {name: value for name, value in (x or {}).items() if value},
        },
        "memory": [{"address": at, "data": image(*words)}] if words else [],
        "count": count,
        "look": [{"address": address, "length": length} for address, length in look],
    }
    given["memory"] += [{"address": address, "data": data} for address, data in memory]
    if witness is not None:
        given["witness"] = list(witness)
    if error is not None:
        return invalid(f"machine-{id}", comment, req, given, error, flags=flags)
    return valid(f"machine-{id}", comment, req, given, operations.step(render(given)), flags=flags)


def one(
    mnemonic: str,
    label: str,
    comment: str,
    *,
    rd: int = 0,
    rs1: int = 0,
    rs2: int = 0,
    immediate: int = 0,
    req: Sequence[str] = (),
    **rest: Any,
) -> Case:
    """A case of one instruction, which its id begins with."""
    word = assemble(mnemonic, rd, rs1, rs2, immediate)
    return step(f"{mnemonic}-{label}", comment, [REQUIREMENT[mnemonic], *req], word, **rest)

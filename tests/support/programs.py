"""Small programs as ELF files, for tests that need a certain ending rather than a certain computation."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from support.machines import CODE, assemble

A0, A1, A2, A7, T0, T1, T2 = 10, 11, 12, 17, 5, 6, 7


def elf(words: Sequence[int], data: bytes = b"", bss: int = 0) -> bytes:
    """A static RV64IM ELF of some code, and of writable data two pages behind it."""
    code = struct.pack(f"<{len(words)}I", *words)
    segments = [(CODE, code, len(code), 5)]
    if data or bss:
        segments.append((CODE + 0x4000, data, len(data) + bss, 6))
    offset = 64 + 56 * len(segments)
    headers, body = b"", b""
    for address, content, size, flags in segments:
        at = offset + len(body)
        headers += struct.pack("<IIQQQQQQ", 1, flags, at, address, address, len(content), size, 1)
        body += content
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    fields = (2, 243, 1, CODE, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    return ident + struct.pack("<HHIQQQIHHHHHH", *fields) + headers + body


def load(register: int, value: int) -> list[int]:
    """Instructions that put a number below 2^31 into a register."""
    low = (value & 0xFFF) - (0x1000 if value & 0x800 else 0)
    return [
        assemble("lui", rd=register, immediate=(value - low) & 0xFFFFF000),
        assemble("addi", rd=register, rs1=register, immediate=low),
    ]


def halt(code: int = 0, output: int = 0) -> list[int]:
    """Instructions that end the run."""
    return [*load(A0, code), *load(A1, output), *load(A7, 93), 0x73]


def spin() -> list[int]:
    """A loop without end."""
    return [assemble("jal", immediate=0)]


def count(rounds: int, ending: Sequence[int]) -> list[int]:
    """Rounds of four steps, one of which stores 8 bytes behind the last ones, then the ending."""
    return [
        *load(T0, rounds),
        *load(T1, CODE + 0x4000),
        assemble("sd", rs1=T1, rs2=T0),
        assemble("addi", rd=T1, rs1=T1, immediate=8),
        assemble("addi", rd=T0, rs1=T0, immediate=-1),
        assemble("bne", rs1=T0, rs2=0, immediate=-12),
        *ending,
    ]

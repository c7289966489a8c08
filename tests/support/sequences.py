"""Many short instruction sequences in one program, which the machine and a user-mode Linux execute alike.

Each sequence begins with 29 registers from the input, may use 768 bytes of scratch memory, and leaves the 29 registers
and the scratch memory in the output. x30 points to its place in the output, x31 to its place in the input.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate

from hypothesis import strategies as st

from tracework.conformance.generate._assembler import assemble, image
from tracework.protocol.machine.decode import TABLE, Format

CODE = 0x10000
REGISTERS = 29
"""x1 to x29 are a sequence's own."""
PLACE = 1024
"""Bytes of the output for each sequence: its registers, then from SCRATCH on its memory."""
SCRATCH = 256
EDGES = [0, 1, 2, 31, 32, 63, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 2**31, 2**64 - 2, 2**64 - 1]

Body = list[int]
"""A sequence's words."""
Values = list[int]
"""A sequence's registers at its beginning."""

LOADS = [row.mnemonic for row in TABLE if row.match & 0x7F == 0x03]
STORES = [row.mnemonic for row in TABLE if row.match & 0x7F == 0x23]
BRANCHES = [row.mnemonic for row in TABLE if row.format is Format.B]
PLAIN = [
    row
    for row in TABLE
    if row.format in (Format.R, Format.U, Format.SHIFT32, Format.SHIFT64)
    or row.match & 0x7F in (0x13, 0x1B)
    or row.mnemonic == "fence"
]
KINDS = ["plain"] * 8 + ["load", "load", "store", "store", "branch", "jump", "call"]

sources = st.integers(0, 31)
values = st.one_of(
    st.sampled_from(EDGES), st.integers(0, 2**64 - 1), st.integers(-(2**31), 2**31).map(lambda v: v % 2**64)
)


@st.composite
def bodies(draw: st.DrawFn, most: int = 12) -> Body:
    """The words of a sequence: arithmetic, accesses to its memory, forward jumps, and maybe a loop around it all."""
    rounds = draw(st.sampled_from([1, 1, 1, 2, 3, 17]))
    targets = st.integers(0, 28 if rounds > 1 else 29)
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=most))
    starts = list(accumulate((2 if kind == "call" else 1 for kind in kinds), initial=0))
    body: Body = []
    for index, kind in enumerate(kinds):
        rd, a, b = draw(targets), draw(sources), draw(sources)
        if kind == "plain":
            row = draw(st.sampled_from(PLAIN))
            immediate = draw(st.integers(-2048, 2047)) << (12 if row.format is Format.U else 0)
            body.append(assemble(row.mnemonic, rd, a, b, immediate))
        elif kind == "load":
            from_input = draw(st.booleans())
            immediate = draw(st.integers(0, 224) if from_input else st.integers(SCRATCH, PLACE - 8))
            body.append(assemble(draw(st.sampled_from(LOADS)), rd, 31 if from_input else 30, 0, immediate))
        elif kind == "store":
            immediate = draw(st.integers(SCRATCH, PLACE - 8))
            body.append(assemble(draw(st.sampled_from(STORES)), 0, 30, b, immediate))
        else:
            # To one of the following items, or to what comes after them all: never between the two words of a call.
            distance = 4 * (starts[draw(st.integers(index + 1, len(kinds)))] - starts[index])
            if kind == "branch":
                body.append(assemble(draw(st.sampled_from(BRANCHES)), 0, a, b, distance))
            elif kind == "jump":
                body.append(assemble("jal", rd, immediate=distance))
            else:
                base = draw(st.integers(1, 28))
                body += [assemble("auipc", base), assemble("jalr", rd, base, 0, distance + draw(st.booleans()))]
    if rounds > 1:
        # The loop's counter is x29, which nothing in the body writes.
        size = 4 * len(body)
        loop = [assemble("addi", 29, 29, 0, -1), assemble("bne", 0, 29, 0, -size - 4)]
        body = [assemble("addi", 29, 0, 0, rounds), *body, *loop]
    return body


sequences = st.tuples(bodies(), st.lists(values, min_size=REGISTERS, max_size=REGISTERS))


def program(bodies: Sequence[Body]) -> bytes:
    """An ELF that executes the sequences one after the other, and halts."""
    words = [assemble("addi", 30, 0, 0, 3), assemble("slli", 30, 30, 0, 30), assemble("add", 31, 10, 0)]
    for body in bodies:
        words += [assemble("ld", number, 31, 0, 8 * (number - 1)) for number in range(1, REGISTERS + 1)]
        words += body
        words += [assemble("sd", 0, 30, number, 8 * (number - 1)) for number in range(1, REGISTERS + 1)]
        words += [assemble("addi", 30, 30, 0, PLACE), assemble("addi", 31, 31, 0, 8 * REGISTERS)]
    words += [assemble("addi", 11, 0, 0, 3), assemble("slli", 11, 11, 0, 30), assemble("sub", 11, 30, 11)]
    words += [assemble("addi", 10), assemble("addi", 17, 0, 0, 93), assemble("ecall")]
    return elf(image(*words))


def elf(code: bytes) -> bytes:
    """An ELF with some code at `CODE`, which is its entry, and nothing else."""
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = ident + struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, CODE, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 4096, CODE, CODE, len(code), len(code), 4096)
    return (header + segment).ljust(4096, b"\0") + code


def initial(values: Sequence[Values]) -> bytes:
    """The input for a program: each sequence's registers."""
    return b"".join(struct.pack(f"<{REGISTERS}Q", *registers) for registers in values)

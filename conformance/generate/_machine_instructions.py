"""Vectors for each instruction with its corner cases."""

from __future__ import annotations

from collections.abc import Iterator

from ...protocol.machine.decode import TABLE, Format
from . import Case
from ._assembler import assemble
from ._machine import CODE, DATA, INPUT, LIMIT, OUTPUT, VALUES, one, step

PAIRS = (
    ("zero", "zero"),
    ("one", "minus-one"),
    ("minus-one", "one"),
    ("max", "one"),
    ("min", "minus-one"),
    ("min", "min"),
    ("minus-one", "minus-one"),
    ("max32", "one"),
    ("bit31", "bit31"),
    ("low32", "one"),
    ("bit32", "minus-one"),
    ("pattern", "inverse"),
    ("inverse", "pattern"),
    ("mixed", "min32"),
)
DIVISIONS = (
    ("seven", "two"),
    ("minus-seven", "two"),
    ("seven", "minus-two"),
    ("minus-seven", "minus-two"),
    ("seven", "zero"),
    ("minus-seven", "zero"),
    ("zero", "zero"),
    ("min", "minus-one"),
    ("min32", "minus-one"),
    ("bit31", "minus-one"),
    ("min", "one"),
    ("min", "min"),
    ("max", "minus-one"),
    ("low32", "zero"),
    ("inverse", "pattern"),
    ("pattern", "bit32"),
)
SHIFTS = (
    *(("inverse", amount) for amount in (0, 1, 31, 32, 33, 63, 64, 65, 2**64 - 1)),
    ("bit31", 31),
    ("min", 63),
    ("one", 63),
)
IMMEDIATES = (
    ("zero", 0),
    ("zero", -1),
    ("minus-one", 1),
    ("minus-one", -1),
    ("max", 1),
    ("min", -1),
    ("max32", 1),
    ("low32", 1),
    ("pattern", 2047),
    ("inverse", -2048),
)
COMPARISONS = (
    ("zero", "zero"),
    ("one", "two"),
    ("two", "one"),
    ("minus-one", "one"),
    ("one", "minus-one"),
    ("min", "max"),
    ("max", "min"),
    ("bit32", "one"),
)
SHIFTING = {"sll", "srl", "sra", "sllw", "srlw", "sraw"}
LOADS = {"lb": 1, "lh": 2, "lw": 4, "ld": 8, "lbu": 1, "lhu": 2, "lwu": 4}
STORES = {"sb": 1, "sh": 2, "sw": 4, "sd": 8}
BYTES = bytes.fromhex("0180ff7f8081fe7e00112233445566778899aabbccddeeff")
"""What lies at DATA for loads: bytes with and without their top bit."""


def hexadecimal(value: int) -> str:
    """A value as comments show it."""
    return str(value) if value < 10 else f"0x{value:x}"


def registers() -> Iterator[Case]:
    """Instructions of two registers, the M extension's too."""
    for row in TABLE:
        if row.format is not Format.R:
            continue
        name = row.mnemonic
        if name in SHIFTING:
            operands = [(f"{label}-by-{amount}", VALUES[label], amount) for label, amount in SHIFTS]
        else:
            pairs = DIVISIONS if name.startswith(("div", "rem")) else PAIRS
            operands = [(f"{first}-{second}", VALUES[first], VALUES[second]) for first, second in pairs]
        for label, a, b in operands:
            comment = f"{name} of {hexadecimal(a)} and {hexadecimal(b)}."
            yield one(name, label, comment, rd=5, rs1=6, rs2=7, x={"x6": a, "x7": b}, flags=["Boundary"])
        a, b = VALUES["inverse"], VALUES["seven"]
        yield one(
            name,
            "same-register",
            "All three registers are one.",
            rd=31,
            rs1=31,
            rs2=31,
            x={"x31": a, "x30": 1, "x29": 2},
        )
        yield one(
            name,
            "rd-is-rs2",
            "rd is the second operand, whose old value counts.",
            rd=7,
            rs1=6,
            rs2=7,
            x={"x6": a, "x7": b},
        )
        yield one(name, "rd-x0", "The result is for x0.", rs1=6, rs2=7, req=["MCH-020"], x={"x6": a, "x7": b})
        yield one(name, "rs1-x0", "The first operand is x0.", rd=5, rs2=7, req=["MCH-020"], x={"x5": 1, "x7": b})
        yield one(name, "rs2-x0", "The second operand is x0.", rd=5, rs1=6, req=["MCH-020"], x={"x5": 1, "x6": a})


def immediates() -> Iterator[Case]:
    """Instructions of a register and an immediate, and the two that make constants."""
    for name in ("addi", "slti", "sltiu", "xori", "ori", "andi", "addiw"):
        for label, immediate in IMMEDIATES:
            sign = "minus-" if immediate < 0 else ""
            yield one(
                name,
                f"{label}-{sign}{abs(immediate)}",
                f"{name} of {hexadecimal(VALUES[label])} and {immediate}.",
                rd=5,
                rs1=6,
                immediate=immediate,
                x={"x6": VALUES[label]},
                flags=["Boundary"],
            )
        yield one(name, "rd-is-rs1", "rd is the operand.", rd=6, rs1=6, immediate=-7, x={"x6": VALUES["pattern"]})
        yield one(name, "rd-x0", "The result is for x0.", rs1=6, immediate=5, req=["MCH-020"], x={"x6": 3})
    for name in ("slli", "srli", "srai", "slliw", "srliw", "sraiw"):
        wide = not name.endswith("w")
        for label in ("inverse", "bit31", "min", "pattern"):
            for amount in (0, 1, 31, *((32, 33, 63) if wide else ())):
                yield one(
                    name,
                    f"{label}-by-{amount}",
                    f"{name} of {hexadecimal(VALUES[label])} by {amount}.",
                    rd=5,
                    rs1=6,
                    immediate=amount,
                    x={"x6": VALUES[label]},
                    flags=["Boundary"],
                )
        yield one(name, "rd-x0", "The result is for x0.", rs1=6, immediate=3, req=["MCH-020"], x={"x6": 3})
    for name in ("lui", "auipc"):
        for label, immediate in (
            ("zero", 0),
            ("one", 1 << 12),
            ("max", 0x7FFFF000),
            ("min", -(1 << 31)),
            ("minus-one", -(1 << 12)),
        ):
            yield one(
                name,
                label,
                f"The immediate {immediate}.",
                rd=5,
                immediate=immediate,
                pc=CODE + 0x7F8,
                x={"x5": 99},
                flags=["Boundary"],
            )
        yield one(name, "rd-x0", "The result is for x0.", immediate=1 << 12, req=["MCH-020"])


def jumps() -> Iterator[Case]:
    """Jumps and branches, all to aligned targets; the others are among the faults and the points."""
    for label, pc, immediate in (
        ("forward", CODE, 8),
        ("backward", CODE + 16, -16),
        ("itself", CODE, 0),
        ("farthest", CODE, 2**20 - 4),
        ("back-farthest", CODE, -(2**20)),
    ):
        yield one(
            "jal",
            label,
            f"A jump by {immediate}.",
            rd=1,
            immediate=immediate,
            pc=pc,
            req=["MCH-090"],
            flags=["Boundary"],
        )
    yield one("jal", "rd-x0", "Nothing is linked.", immediate=64, req=["MCH-020", "MCH-090"])
    for label, comment, base, immediate in (
        ("forward", "A jump to a register's value.", CODE + 64, 0),
        ("negative", "A negative immediate.", CODE + 64, -64),
        ("bit-0", "Bit 0 of the sum is cleared.", CODE + 64, 1),
        ("bit-0-of-register", "Bit 0 of the sum is cleared, after the addition.", CODE + 63, 2),
        ("wraps-up", "The sum is taken modulo 2^64.", 2**64 - 4, 12),
        ("wraps-down", "The sum is taken modulo 2^64: 0 - 4.", 0, -4),
        ("far", "A target outside of the code is no fault of the jump.", 2**63, 0),
    ):
        x = {"x6": base}
        yield one("jalr", label, comment, rd=1, rs1=6, immediate=immediate, x=x, req=["MCH-090"], flags=["Boundary"])
    yield one(
        "jalr", "rd-is-rs1", "The target is from the old value.", rd=6, rs1=6, x={"x6": CODE + 32}, req=["MCH-090"]
    )
    yield one("jalr", "rd-x0", "A return.", rs1=1, x={"x1": CODE + 32}, req=["MCH-020", "MCH-090"])
    for name in ("beq", "bne", "blt", "bge", "bltu", "bgeu"):
        for first, second in COMPARISONS:
            a, b = VALUES[first], VALUES[second]
            yield one(
                name,
                f"{first}-{second}",
                f"{name} of {hexadecimal(a)} and {hexadecimal(b)}.",
                rs1=6,
                rs2=7,
                immediate=32,
                x={"x6": a, "x7": b},
                req=["MCH-090"],
                flags=["Boundary"],
            )
        yield one(name, "x0", "Both operands are x0.", immediate=32, req=["MCH-020"])
        for label, immediate in (("farthest", 4092), ("back-farthest", -4096)):
            a, b = (1, 2) if name in ("bne", "blt", "bltu") else (2, 2)
            yield one(
                name,
                label,
                f"A branch by {immediate}.",
                rs1=6,
                rs2=7,
                immediate=immediate,
                pc=CODE + 4096,
                code=(CODE >> 12, (CODE >> 12) + 2),
                x={"x6": a, "x7": b},
                req=["MCH-090"],
                flags=["Boundary"],
            )


def memory() -> Iterator[Case]:
    """Loads and stores that pass their checks."""
    for name, size in LOADS.items():
        for label, comment, base, immediate, at in (
            ("plain", "Aligned.", DATA, 0, DATA),
            ("top-bit", "The highest byte has its top bit set, or not, by size.", DATA + 1, 0, DATA),
            ("odd", "An odd address.", DATA + 3, 0, DATA),
            ("misaligned", "Off by four less one.", DATA + 7, 0, DATA),
            ("negative", "A negative offset.", DATA + 2048, -2048, DATA),
            ("largest", "The largest offset.", DATA - 2047, 2047, DATA),
            ("wraps", "The address is taken modulo 2^64.", 2**64 - 16, 16 + 8, 0),
            ("last", "The last bytes of the address space.", LIMIT - size, 0, LIMIT - 24),
            ("first", "Address 0.", 0, 0, 0),
            ("code", "A load from the code.", CODE + 8, 0, CODE + 4),
            ("input", "The first bytes of the input region.", INPUT, 0, INPUT),
            ("output", "The first bytes of the output region.", OUTPUT, 0, OUTPUT),
        ):
            yield one(
                name,
                label,
                comment,
                rd=5,
                rs1=6,
                immediate=immediate,
                x={"x6": base},
                memory=[(at, BYTES)],
                req=["MCH-050", "MCH-070"],
                flags=["Boundary"],
            )
        yield one(name, "rd-is-rs1", "rd is the base.", rd=6, rs1=6, x={"x6": DATA + 4}, memory=[(DATA, BYTES)])
        yield one(
            name,
            "rd-x0",
            "The value is for x0; the page is touched.",
            rs1=6,
            x={"x6": DATA},
            req=["MCH-055", "MCH-070"],
        )
        if size > 1:
            for label, comment, address in (
                ("across-pages", "Across the end of a page: both are touched.", DATA + 4095),
                ("across-input", "From the image to the input region.", INPUT - 1),
                ("across-output", "From the input to the output region.", OUTPUT - size + 1),
            ):
                yield one(
                    name,
                    label,
                    comment,
                    rd=5,
                    rs1=6,
                    x={"x6": address},
                    memory=[(address - 2, BYTES)],
                    req=["MCH-052", "MCH-070"],
                    flags=["Boundary"],
                )
    for name, size in STORES.items():
        value = VALUES["inverse"]
        for label, comment, base, immediate in (
            ("plain", "Aligned.", DATA, 0),
            ("odd", "An odd address.", DATA + 3, 0),
            ("negative", "A negative offset.", DATA + 2048, -2048),
            ("largest", "The largest offset.", DATA - 2047, 2047),
            ("wraps", "The address is taken modulo 2^64.", 2**64 - 16, 16 + 8),
            ("last", "The last bytes of the address space.", LIMIT - size, 0),
            ("below-code", "The last bytes before the code.", CODE - size, 0),
            ("above-code", "The first bytes after the code.", CODE + 4096, 0),
            ("below-input", "The last bytes before the input region.", INPUT - size, 0),
            ("output", "The first bytes of the output region.", OUTPUT, 0),
        ):
            address = (base + immediate) % 2**64
            yield one(
                name,
                label,
                comment,
                rs1=6,
                rs2=7,
                immediate=immediate,
                x={"x6": base, "x7": value},
                memory=[(address - 4, b"\x55" * min(24, LIMIT - address + 4))],
                look=[(address - 4, min(16, LIMIT - address + 4))],
                req=["MCH-050", "MCH-070"],
                flags=["Boundary"],
            )
        yield one(
            name,
            "x0",
            "x0 is stored: zeros.",
            rs1=6,
            x={"x6": DATA},
            memory=[(DATA, BYTES)],
            look=[(DATA, 16)],
            req=["MCH-020"],
        )
        yield one(
            name,
            "base-is-value",
            "The address itself is stored.",
            rs1=6,
            rs2=6,
            x={"x6": DATA + 1},
            look=[(DATA, 16)],
        )
        if size > 1:
            yield one(
                name,
                "across-pages",
                "Across the end of a page: both are touched.",
                rs1=6,
                rs2=7,
                x={"x6": DATA + 4095, "x7": value},
                memory=[(DATA + 4092, BYTES[:16])],
                look=[(DATA + 4092, 16)],
                req=["MCH-052", "MCH-070"],
                flags=["Boundary"],
            )


def system() -> Iterator[Case]:
    """fence, ecall, ebreak, and what every step does to pc and count."""
    for label, comment, x, req in (
        ("halt-0", "The exit code 0, no output.", {"x17": 93}, ["MCH-060", "MCH-022"]),
        ("halt-code", "An exit code of 64 bits.", {"x17": 93, "x10": 2**64 - 1, "x11": 5}, ["MCH-060"]),
        ("halt-most", "As much output as there can be.", {"x17": 93, "x11": 2**30}, ["MCH-060", "MCH-061"]),
        ("output-too-long", "One byte of output too many.", {"x17": 93, "x11": 2**30 + 1}, ["MCH-061", "MCH-023"]),
        ("output-huge", "All 64 bits of the length count.", {"x17": 93, "x11": 2**63 + 1}, ["MCH-061"]),
        ("debug", "Debug text: a0 becomes a2.", {"x17": 64, "x10": 1, "x11": DATA, "x12": 7}, ["MCH-062", "MCH-070"]),
        (
            "debug-nowhere",
            "No page of the text is touched.",
            {"x17": 64, "x11": 2**64 - 1, "x12": 2**64 - 1},
            ["MCH-062"],
        ),
        ("unknown-0", "Call 0.", {}, ["MCH-063"]),
        ("unknown-next", "One above the halting call.", {"x17": 94}, ["MCH-063"]),
        ("unknown-high", "The low 32 bits are those of the halting call.", {"x17": 2**32 + 93}, ["MCH-063"]),
        ("unknown-sign", "The low 63 bits are those of the debug call.", {"x17": 2**63 + 64}, ["MCH-063"]),
    ):
        yield one("ecall", label, comment, x=x, req=req, flags=["Boundary"])
    yield one("ebreak", "plain", "A breakpoint ends the run.", x={"x10": 1}, req=["MCH-023", "MCH-032"])
    yield one("fence", "plain", "Nothing but pc and count.", x={"x10": 1}, req=["MCH-034", "MCH-031"])
    add = assemble("addi", 5, 5, 0, 1)
    halt, fault = assemble("ecall"), assemble("ebreak")
    for label, comment, word, steps, limit, count in (
        ("last", "The last allowed step leaves the machine running: out of steps.", add, 6, 7, 1),
        ("one", "max_steps is 1.", add, 0, 1, 1),
        ("last-but-one", "One more step would be allowed.", add, 5, 7, 1),
        ("beyond", "Steps past the limit change nothing.", add, 5, 7, 9),
        ("halt", "A halt at the last allowed step is a halt.", halt, 6, 7, 1),
        ("fault", "A fault at the last allowed step is a fault.", fault, 6, 7, 1),
        ("far", "Counts need more than 32 bits.", add, 2**40, 2**44 - 2**24, 1),
    ):
        yield step(
            f"count-{label}",
            comment,
            ["MCH-031", "MCH-033"],
            *[word] * 4,
            x={"x17": 93},
            steps=steps,
            max_steps=limit,
            count=count,
            flags=["Boundary"],
        )
    yield step(
        "count-limit-after-jump",
        "Out of steps after a jump out of the code: the fetch that would fail never comes.",
        ["MCH-033", "MCH-093"],
        assemble("jalr", rs1=6),
        x={"x6": 0},
        max_steps=1,
        count=2,
    )

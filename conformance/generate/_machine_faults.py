"""Vectors for faults: each kind, which one comes first, what stays, and the edges of regions and pages."""

from __future__ import annotations

from collections.abc import Iterator

from . import Case
from ._assembler import assemble
from ._machine import CODE, DATA, INPUT, LIMIT, OUTPUT, step
from ._machine_instructions import LOADS, STORES

SD = assemble("sd", rs1=6, rs2=7)
NEAR_INPUT = ((INPUT >> 12) - 1, INPUT >> 12)
"""The last page below the input region, as code."""


def fetches() -> Iterator[Case]:
    """Program counters of all kinds; a failed fetch touches nothing."""
    nop = assemble("addi", 0, 0, 0, 0)
    for label, comment, pc in (
        ("zero", "Address 0.", 0),
        ("before", "The last word before the code.", CODE - 4),
        ("after", "The first word after the code.", CODE + 4096),
        ("off-by-1", "Inside the code, but no multiple of 4.", CODE + 1),
        ("off-by-2", "Inside the code, but no multiple of 4.", CODE + 2),
        ("off-by-3", "Inside the code, but no multiple of 4.", CODE + 3),
        ("data", "In the data.", DATA),
        ("input", "In the input region.", INPUT),
        ("output", "In the output region.", OUTPUT),
        ("beyond", "Past the address space.", LIMIT),
        ("alias", "The low 32 bits are those of the code.", LIMIT + CODE),
        ("highest", "The highest multiple of 4.", 2**64 - 4),
        ("odd-highest", "The highest address.", 2**64 - 1),
    ):
        yield step(
            f"fetch-{label}",
            comment,
            ["MCH-045", "MCH-026", "MCH-032", "MCH-070"],
            nop,
            pc=pc,
            memory=[(DATA, b"\x13\0\0\0")],
            flags=["Boundary"],
        )
    yield step("fetch-first", "The first word of the code.", ["MCH-045", "MCH-034"], nop)
    yield step(
        "fetch-last", "The last word of the code.", ["MCH-045", "MCH-034"], nop, pc=CODE + 4092, flags=["Boundary"]
    )
    yield step(
        "fetch-page-0",
        "Code at page 0.",
        ["MCH-045", "MCH-010"],
        nop,
        pc=0,
        code=(0, 1),
        flags=["Boundary"],
    )
    yield step(
        "fetch-last-page",
        "Code in the last page below the input region.",
        ["MCH-045", "MCH-012"],
        nop,
        pc=INPUT - 4,
        code=NEAR_INPUT,
        flags=["Boundary"],
    )
    yield step(
        "fetch-then-input",
        "Code ends where the input region begins: running on into the input.",
        ["MCH-045", "MCH-093"],
        nop,
        pc=INPUT - 4,
        code=NEAR_INPUT,
        count=2,
        memory=[(INPUT, b"\x13\0\0\0")],
        flags=["Boundary"],
    )


def accesses() -> Iterator[Case]:
    """Loads and stores that fail, and those one byte away from failing."""
    for name, size in LOADS.items():
        for label, comment, base, immediate in (
            ("reaches-limit", "Its last byte would be at 2^32.", LIMIT - size + 1, 0),
            ("at-limit", "Its first byte would be at 2^32.", LIMIT, 0),
            ("alias", "The low 32 bits are those of the data.", LIMIT + DATA, 0),
            ("highest", "Its first byte would be at 2^64 - 1; it doesn't go on at 0.", 0, -1),
            ("offset", "The offset leads past the limit.", LIMIT - 1, 2047),
        ):
            yield step(
                f"load-fault-{name}-{label}",
                f"{name}: {comment}",
                ["MCH-051", "MCH-032", "MCH-070"],
                assemble(name, rd=5, rs1=6, immediate=immediate),
                x={"x5": 1, "x6": base},
                flags=["Boundary"],
            )
    for name, size in STORES.items():
        for label, comment, base, immediate in (
            ("reaches-limit", "Its last byte would be at 2^32.", LIMIT - size + 1, 0),
            ("at-limit", "Its first byte would be at 2^32.", LIMIT, 0),
            ("alias", "The low 32 bits are those of the data.", LIMIT + DATA, 0),
            ("highest", "Its first byte would be at 2^64 - 1; it doesn't go on at 0.", 0, -1),
        ):
            yield step(
                f"store-fault-{name}-{label}",
                f"{name}: {comment}",
                ["MCH-053", "MCH-054", "MCH-032", "MCH-070"],
                assemble(name, rs1=6, rs2=7, immediate=immediate),
                x={"x6": base, "x7": 2**64 - 1},
                look=[(LIMIT - 8, 8), (0, 8), (DATA, 8)],
                flags=["Boundary"],
            )
        for label, comment, address in (
            ("code-first", "The code's first bytes.", CODE),
            ("code-last", "The code's last bytes.", CODE + 4096 - size),
            ("code-itself", "The very instruction.", CODE + 64),
            ("into-code", "The last byte is the code's first.", CODE - size + 1),
            ("out-of-code", "The first byte is the code's last.", CODE + 4095),
        ):
            yield step(
                f"store-{name}-{label}",
                f"{name}: {comment}",
                ["MCH-053", "MCH-054", "MCH-012", "MCH-032"],
                assemble(name, rs1=6, rs2=7),
                pc=CODE + 64,
                x={"x6": address, "x7": 2**64 - 1},
                look=[(CODE - 8, 16), (CODE + 4088, 16), (CODE + 64, 8)],
                flags=["Boundary"],
            )
        for label, comment, address in (
            ("input-first", "The input region's first bytes.", INPUT),
            ("input-last", "The input region's last bytes.", OUTPUT - size),
            ("into-input", "The last byte is the input region's first.", INPUT - size + 1),
            ("out-of-input", "The first byte is the input region's last.", OUTPUT - 1),
        ):
            yield step(
                f"store-{name}-{label}",
                f"{name}: {comment}",
                ["MCH-053", "MCH-054", "MCH-012", "MCH-032"],
                assemble(name, rs1=6, rs2=7),
                x={"x6": address, "x7": 2**64 - 1},
                look=[(INPUT - 8, 16), (OUTPUT - 8, 16)],
                flags=["Boundary"],
            )


def priorities() -> Iterator[Case]:
    """Steps in which two checks fail: the first one names the fault."""
    yield step(
        "priority-code-before-input",
        "A store across the end of code that ends where the input region begins: store-to-code.",
        ["MCH-053", "MCH-030"],
        SD,
        pc=INPUT - 4096,
        code=NEAR_INPUT,
        x={"x6": INPUT - 4, "x7": 2**64 - 1},
        look=[(INPUT - 4, 8)],
        flags=["Boundary"],
    )
    yield step(
        "priority-fetch-before-illegal",
        "Outside of the code lies an illegal word: fetch-fault.",
        ["MCH-030", "MCH-045"],
        pc=DATA,
        memory=[(DATA, b"\xff\xff\xff\xff")],
    )
    yield step(
        "priority-illegal-before-load",
        "A load with a reserved funct3 from a bad address: illegal-instruction.",
        ["MCH-030", "MCH-043"],
        assemble("ld", 5, 6) | 0x7000,
        x={"x6": LIMIT},
    )
    yield step(
        "priority-illegal-before-jump",
        "A jalr with a reserved funct3 to a misaligned target: illegal-instruction.",
        ["MCH-030", "MCH-043"],
        assemble("jalr", 1, 6) | 0x1000,
        x={"x6": 2},
    )
    yield step(
        "priority-fault-before-limit",
        "The last allowed step faults: faulted, not out-of-steps.",
        ["MCH-030", "MCH-033"],
        0,
        max_steps=1,
        flags=["Boundary"],
    )
    yield step(
        "priority-misaligned-before-fetch",
        "A jump to a target that is misaligned and outside of the code: misaligned-jump, at the jump.",
        ["MCH-091", "MCH-093"],
        assemble("jalr", 1, 6),
        x={"x6": LIMIT + 2},
        count=2,
    )


def witnesses() -> Iterator[Case]:
    """The same step function over a witness: a page that it lacks is no fault of the machine."""
    load = assemble("ld", 5, 6)
    incomplete = "execution/witness-incomplete"
    yield step(
        "witness-complete",
        "Exactly the pages that are touched.",
        ["MCH-070", "MCH-080"],
        load,
        x={"x6": DATA - 4},
        memory=[(DATA - 4, bytes(range(8)))],
        witness=[CODE >> 12, (DATA >> 12) - 1, DATA >> 12],
    )
    yield step(
        "witness-superset",
        "A page that is not touched is no matter.",
        ["MCH-070"],
        load,
        x={"x6": DATA},
        witness=[0, CODE >> 12, DATA >> 12],
    )
    for label, comment, word, address, witness in (
        ("code", "The code page is missing.", None, DATA, [DATA >> 12]),
        ("load", "The page of a load is missing.", load, DATA, [CODE >> 12]),
        ("load-second", "A load's second page is missing.", load, DATA - 4, [CODE >> 12, (DATA >> 12) - 1]),
        ("store", "The page of a store is missing.", SD, DATA, [CODE >> 12]),
        ("store-second", "A store's second page is missing.", SD, DATA - 4, [CODE >> 12, (DATA >> 12) - 1]),
        ("x0", "The page of a load into x0 is missing.", assemble("lb", 0, 6), DATA, [CODE >> 12]),
    ):
        yield step(
            f"witness-without-{label}",
            comment,
            ["SEG-030", "MCH-070"],
            *([] if word is None else [word]),
            x={"x6": address},
            witness=witness,
            error=incomplete,
            flags=["Truncated"],
        )
    for label, comment, word, address in (
        ("load-fault", "A load that faults touches no page, so it needs none.", load, LIMIT - 4),
        ("store-fault", "A store that faults touches no page, so it needs none.", SD, LIMIT - 4),
        ("store-to-input", "A store that faults touches no page, so it needs none.", SD, INPUT - 4),
    ):
        yield step(
            f"witness-needs-none-for-{label}",
            comment,
            ["MCH-070", "MCH-053" if word == SD else "MCH-051"],
            word,
            x={"x6": address},
            witness=[CODE >> 12],
        )

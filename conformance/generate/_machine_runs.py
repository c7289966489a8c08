"""Vectors for state hashes, and whole runs with the hash at every boundary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..operations import machine as operations
from ..values import render
from . import Case, seeded, seeded_int, valid
from ._assembler import assemble, image
from ._machine import CODE, DATA, INPUT, OUTPUT

HALT = (assemble("addi", 17, 0, 0, 93), assemble("ecall"))


def state_hashes() -> Iterator[Case]:
    """States of all kinds; the preimage shows where each field lies."""
    registers = {f"x{number}": number << 56 | number for number in range(1, 32)}
    everything = {f"x{number}": 2**64 - 1 for number in range(1, 32)}
    for label, comment, state in (
        ("zero", "All zero but the two hashes.", (0, 0, 0, 0, {})),
        (
            "entry",
            "An entry state: a0 is the input's address, a1 its length.",
            (0, 0, CODE, 0, {"x10": INPUT, "x11": 5}),
        ),
        ("registers", "Each register has its own value.", (0, 0, CODE + 4, 1, registers)),
        ("largest", "Every number at its largest.", (0, 0, 2**64 - 4, 2**44 - 1, everything)),
        ("halted", "Halted with an exit code.", (1, 42, CODE + 8, 3, {"x10": 42, "x17": 93})),
        (
            "halted-0",
            "Halted with the exit code 0: only the status tells it from running.",
            (1, 0, CODE + 8, 3, {"x17": 93}),
        ),
        ("running-like-halted-0", "The same state, running.", (0, 0, CODE + 8, 3, {"x17": 93})),
        ("halted-largest", "An exit code of 64 bits.", (1, 2**64 - 1, CODE, 1, {"x10": 2**64 - 1})),
        *((f"faulted-{code}", f"Faulted, code {code}.", (2, code, CODE, 7, {"x5": 1})) for code in range(1, 11)),
        ("out-of-steps", "Cut off.", (3, 0, CODE + 12, 1000, {"x31": 1})),
    ):
        id = f"machine-hash-{label}"
        status, code, pc, steps, x = state
        given: dict[str, Any] = {
            "context_hash": seeded(id, "context", 32),
            "state": {"status": status, "code": code, "pc": pc, "steps": steps, "registers": x},
            "memory_root": seeded(id, "memory", 32),
        }
        if label in ("halted-0", "running-like-halted-0"):
            given |= {"context_hash": bytes(32), "memory_root": bytes(32)}
        req = ["MCH-022", "MCH-021", *(["MCH-023"] if status == 2 else []), *(["MCH-025"] if label == "entry" else [])]
        yield valid(id, comment, req, given, operations.hash_state(render(given)), flags=["Boundary"])


def run(
    label: str,
    comment: str,
    req: Sequence[str],
    *words: int,
    log2: int = 4,
    max_steps: int = 2000,
    data: Any = b"",
    extra: Sequence[tuple[int, bytes]] = (),
    pages: int = 1,
    entry: int = CODE,
    flags: Sequence[str] = (),
) -> Case:
    """A case of `machine.run`."""
    given = {
        "entry": entry,
        "code_first": CODE >> 12,
        "code_end": (CODE >> 12) + pages,
        "max_steps": max_steps,
        "segment_log2": log2,
        "image": [{"address": a, "data": d} for a, d in [(CODE, image(*words)), *extra]],
        "input": data,
    }
    req = list(dict.fromkeys(["MCH-014", "MCH-025", "TRC-001", "TRC-002", *req]))
    return valid(f"machine-{label}", comment, req, given, operations.run(render(given)), flags=flags)


def constant(register: int, top: int, shift: int) -> tuple[int, int]:
    """Two instructions that set a register to top · 2^shift."""
    return assemble("addi", register, 0, 0, top), assemble("slli", register, register, 0, shift)


def runs() -> Iterator[Case]:
    """Runs that are halted, faulted and cut off, at and off boundaries."""
    yield run("run-halt", "Two steps: the second one halts.", ["MCH-060"], *HALT)
    yield run("run-fault-at-once", "One step, which faults.", ["MCH-032", "MCH-152"], assemble("ebreak"))
    yield run("run-fetch-fault", "A run off the end of the code.", ["MCH-045"], assemble("jal", 0, immediate=4096))
    for steps in (15, 16, 17, 32):
        nops = [assemble("addi", 5, 5, 0, 1)] * (steps - 2)
        yield run(
            f"run-halt-in-{steps}",
            f"{steps} steps in segments of 16.",
            ["MCH-024", "MCH-031"],
            *nops,
            *HALT,
            flags=["Boundary"],
        )
    loop = (assemble("addi", 5, 5, 0, 1), assemble("sd", rs1=6, rs2=5), assemble("jal", immediate=-8))
    for limit in (1, 15, 16, 17, 100):
        yield run(
            f"run-cut-at-{limit}",
            f"An endless loop, max_steps {limit}, in segments of 16.",
            ["MCH-033"],
            assemble("lui", 6, immediate=DATA),
            *loop,
            max_steps=limit,
            flags=["Boundary"],
        )
    yield run(
        "run-halt-at-limit",
        "The last allowed step halts.",
        ["MCH-033", "MCH-060"],
        *HALT,
        max_steps=2,
        flags=["Boundary"],
    )
    yield run(
        "run-store-to-code",
        "A loop whose stores come nearer to its own code, and reach it.",
        ["MCH-053", "MCH-032"],
        assemble("lui", 6, immediate=CODE + 4096),
        assemble("addi", 6, 6, 0, 64),
        assemble("sd", rs1=6, rs2=6),
        assemble("addi", 6, 6, 0, -8),
        assemble("jal", immediate=-8),
    )
    yield run(
        "run-pages",
        "Stores of 8 bytes every 4092 bytes: most touch one page more, and each segment has pages of its own.",
        ["MCH-052", "MCH-070", "MCH-071"],
        assemble("lui", 6, immediate=DATA),
        assemble("addi", 6, 6, 0, -6),
        assemble("lui", 7, immediate=4096),
        assemble("addi", 7, 7, 0, -4),
        assemble("addi", 5, 0, 0, 24),
        assemble("sd", rs1=6, rs2=6),
        assemble("ld", 8, 6, immediate=4),
        assemble("add", 6, 6, 7),
        assemble("addi", 5, 5, 0, -1),
        assemble("bne", rs1=5, immediate=-16),
        *HALT,
    )
    yield run(
        "run-code-pages",
        "Calls between two code pages.",
        ["MCH-070", "MCH-090"],
        assemble("addi", 5, 0, 0, 5),
        assemble("jal", 1, immediate=4096),
        assemble("bne", rs1=5, immediate=-4),
        *HALT,
        extra=[(CODE + 4100, image(assemble("addi", 5, 5, 0, -1), assemble("jalr", 0, 1)))],
        pages=2,
    )
    yield run(
        "run-entry",
        "The entry isn't the code's first word.",
        ["MCH-025"],
        assemble("ebreak"),
        assemble("ebreak"),
        *HALT,
        entry=CODE + 8,
    )
    yield run(
        "run-debug",
        "Debug text between two steps; it appears nowhere.",
        ["MCH-062"],
        assemble("addi", 17, 0, 0, 64),
        assemble("lui", 11, immediate=DATA),
        assemble("addi", 12, 0, 0, 6),
        assemble("ecall"),
        assemble("addi", 11, 0, 0, 0),
        *HALT,
        extra=[(DATA, b"hello\n")],
    )
    yield run(
        "run-dirty-output",
        "Bytes past the output's declared end count for its root.",
        ["MCH-060"],
        *constant(6, 3, 30),
        assemble("sd", rs1=6, rs2=6),
        assemble("addi", 11, 0, 0, 3),
        *HALT,
    )
    yield run(
        "run-gcd",
        "The greatest common divisor of two numbers of the input, with remu.",
        ["MCH-160", "MCH-110"],
        assemble("ld", 5, 10),
        assemble("ld", 6, 10, immediate=8),
        assemble("beq", rs1=6, immediate=20),
        assemble("remu", 7, 5, 6),
        assemble("add", 5, 6, 0),
        assemble("add", 6, 7, 0),
        assemble("jal", immediate=-16),
        *constant(6, 3, 30),
        assemble("sd", rs1=6, rs2=5),
        assemble("addi", 11, 0, 0, 8),
        assemble("addi", 10, 0),
        *HALT,
        data=(10**18 * 6).to_bytes(8, "little") + (2**60 * 9).to_bytes(8, "little"),
    )
    yield _mixing()
    yield _entry_registers()
    yield _entry_memory()
    for length, log2 in ((0, 4), (1, 4), (300, 8)):
        yield _reversal(length, log2)


def _mixing() -> Case:
    """A generator of noise, over products, shifts and 32-bit forms."""
    id = "machine-run-mixing"
    words = [assemble("ld", 5, 10), assemble("addi", 9, 0, 0, 200)]
    start = len(words)
    names = (
        "mulh",
        "mulhu",
        "mulhsu",
        "mul",
        "addw",
        "subw",
        "sllw",
        "srlw",
        "sraw",
        "sll",
        "srl",
        "sra",
        "xor",
        "sub",
    )
    for number, name in enumerate((*names, "divw", "remuw", "div", "rem", "sltu", "slt", "mulw", "or", "and")):
        words.append(assemble(name, 6, 5, 7 + number % 2))
        words.append(assemble("xor", 5, 5, 6))
        words.append(assemble("addi", 7, 5, 0, seeded_int(id, name, 4096) - 2048))
        words.append(assemble("add", 8, 8, 5))
    words += [
        assemble("sd", rs1=12, rs2=8, immediate=64),
        assemble("addi", 12, 12, 0, 24),
        assemble("addi", 9, 9, 0, -1),
    ]
    words.append(assemble("bne", rs1=9, immediate=4 * (start - len(words))))
    words += [*constant(6, 3, 30), assemble("sd", rs1=6, rs2=8), assemble("addi", 11, 0, 0, 8), *HALT]
    return run(
        "run-mixing",
        "About 19,000 steps of arithmetic on a seed from the input, all of it mixed into eight bytes.",
        ["MCH-080"],
        *words,
        log2=10,
        max_steps=100_000,
        data=seeded(id, "seed", 8),
    )


def _entry_registers() -> Case:
    """Point 30: what every register is at entry."""
    saves = [assemble("sd", rs2=number, immediate=8 * number) for number in range(1, 32)]
    words = [*saves, *constant(6, 3, 30)]
    for number in range(1, 32):
        words += [assemble("ld", 7, immediate=8 * number), assemble("sd", rs1=6, rs2=7, immediate=8 * number)]
    words += [assemble("addi", 11, 0, 0, 256), *HALT]
    return run(
        "point-30-registers",
        "The output is x0 to x31 as they are at entry.",
        ["MCH-025"],
        *words,
        log2=5,
        data={"mod251": 77},
        flags=["PeerDivergence"],
    )


def _entry_memory() -> Case:
    """Points 31 and 34: what the memory is at entry."""
    places = ((DATA, 0), (DATA + 8, 8), (0, 16), (INPUT - 8, 24), (INPUT, 32), (INPUT + 8, 40), (OUTPUT - 8, 48))
    words = [*constant(6, 3, 30)]
    for address, at in places:
        rest = address & 0xFFFFFF
        low = ((rest & 0xFFF) ^ 0x800) - 0x800
        words += [
            *constant(5, address >> 24, 24),
            assemble("lui", 7, immediate=rest - low),
            assemble("add", 5, 5, 7),
            assemble("ld", 8, 5, immediate=low),
            assemble("sd", rs1=6, rs2=8, immediate=at),
        ]
    words += [assemble("ld", 8, 6, immediate=1000), assemble("addi", 11, 0, 0, 56), *HALT]
    return run(
        "point-31-memory",
        "The output is what lies at entry in the image, past its end, at 0, around the input's beginning and end.",
        ["MCH-010", "MCH-013"],
        *words,
        data=bytes.fromhex("f1f2f3f4f5f6f7f8f9"),
        extra=[(DATA, bytes.fromhex("0102030405060708"))],
        flags=["PeerDivergence"],
    )


def _reversal(length: int, log2: int) -> Case:
    """Point 34: the input reversed."""
    return run(
        f"point-34-reverse-{length}",
        f"{length} bytes of input, written backwards to the output.",
        ["MCH-011", "MCH-060"],
        *constant(6, 3, 30),
        assemble("add", 7, 10, 11),
        assemble("beq", rs1=7, rs2=10, immediate=24),
        assemble("addi", 7, 7, 0, -1),
        assemble("lbu", 8, 7),
        assemble("sb", rs1=6, rs2=8),
        assemble("addi", 6, 6, 0, 1),
        assemble("jal", immediate=-20),
        assemble("addi", 10, 0),
        *HALT,
        log2=log2,
        data={"mod251": length},
        flags=["PeerDivergence"],
    )

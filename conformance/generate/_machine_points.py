"""Vectors for every point that the ISA leaves open: a row of the table in spec/machine.md, an id prefix here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from . import Case
from ._assembler import assemble
from ._machine import CODE, DATA, INPUT, LIMIT, OUTPUT, REQUIREMENT, step

NOP = assemble("addi")
FLAGS = ["PeerDivergence"]


def point(number: int, label: str, comment: str, req: Sequence[str], *words: int, **rest: Any) -> Case:
    """A case of one of the 37 points."""
    return step(f"point-{number:02d}-{label}", comment, req, *words, flags=FLAGS, **rest)


def illegal(number: int, words: Sequence[tuple[str, str, int]]) -> Iterator[Case]:
    """Words that are illegal instructions at a point."""
    for label, comment, word in words:
        yield point(number, label, f"0x{word:08x}: {comment}", ["MCH-043", "MCH-032"], word, x={"x5": 1, "x6": DATA})


def memory() -> Iterator[Case]:
    """Points 1 to 5: accesses."""
    sd, ld, lw, sw = (
        assemble(n, 5 if n[0] == "l" else 0, 6, 7 if n[0] == "s" else 0) for n in ("sd", "ld", "lw", "sw")
    )
    ones = 2**64 - 1
    for offset in range(1, 8):
        yield point(
            1,
            f"load-{offset}",
            f"ld at {offset} past a multiple of 8.",
            ["MCH-052"],
            ld,
            x={"x6": DATA + offset},
            memory=[(DATA, bytes(range(1, 17)))],
        )
        yield point(
            1,
            f"store-{offset}",
            f"sd at {offset} past a multiple of 8.",
            ["MCH-052"],
            sd,
            x={"x6": DATA + offset, "x7": 0x1122334455667788},
            look=[(DATA, 16)],
        )
    yield point(
        1,
        "half-forbidden",
        "Half of a store's bytes lie in the code: none is written.",
        ["MCH-053", "MCH-054"],
        sd,
        x={"x6": CODE + 4092, "x7": ones},
        look=[(CODE + 4088, 16)],
    )
    yield point(2, "load", "lw whose last two bytes lie past 2^32.", ["MCH-051"], lw, x={"x6": LIMIT - 2})
    yield point(2, "store", "sw whose last byte lies past 2^32.", ["MCH-053"], sw, x={"x6": LIMIT - 3, "x7": ones})
    yield point(
        2,
        "no-wrap",
        "sd at 2^64 - 4 writes nothing at 0.",
        ["MCH-050", "MCH-053", "MCH-054"],
        sd,
        x={"x6": 2**64 - 4, "x7": ones},
        look=[(0, 8), (LIMIT - 8, 8)],
    )
    yield point(3, "null", "A load through a null pointer gives 0.", ["MCH-010"], ld, x={"x5": 1})
    yield point(3, "far", "A load from memory that nobody wrote.", ["MCH-010"], ld, x={"x5": 1, "x6": 0x7000_0000})
    yield point(3, "output", "The output region too is zero.", ["MCH-010"], ld, x={"x5": 1, "x6": LIMIT - 8})
    yield point(
        4, "fault", "A load for x0 from a bad address faults.", ["MCH-055"], assemble("lb", 0, 6), x={"x6": LIMIT}
    )
    yield point(
        4, "touch", "A load for x0 touches its page.", ["MCH-055", "MCH-070"], assemble("lb", 0, 6), x={"x6": DATA}
    )
    yield point(
        5,
        "store",
        "A store to the next instruction.",
        ["MCH-053", "MCH-012"],
        sw,
        NOP,
        x={"x6": CODE + 4},
        look=[(CODE, 8)],
    )
    yield point(
        5,
        "same",
        "A store of what is there already is one too.",
        ["MCH-053"],
        sw,
        NOP,
        x={"x6": CODE + 4, "x7": NOP},
        count=2,
    )
    yield point(
        5,
        "data",
        "A jump to data that is an instruction: the jump succeeds, the fetch doesn't.",
        ["MCH-045", "MCH-093"],
        assemble("jalr", 0, 6),
        x={"x6": DATA},
        memory=[(DATA, b"\x13\0\0\0")],
        count=2,
    )


def words() -> Iterator[Case]:
    """Points 6 to 11, 18 to 20, 28 and 29: words."""
    yield from illegal(6, [("plain", "FENCE.I.", 0x0000100F), ("fields", "FENCE.I with other fields set.", 0xFFF2928F)])
    for label, comment, word in (
        ("rw-rw", "fence rw, rw.", 0x0330000F),
        ("iorw", "fence iorw, iorw.", 0x0FF0000F),
        ("zero", "fence with empty sets.", 0x0000000F),
        ("tso", "fence.tso.", 0x8330000F),
        ("pause", "pause.", 0x0100000F),
        ("fm", "A reserved fm.", 0x5330000F),
        ("rd-rs1", "rd and rs1 that aren't zero: rd isn't written.", 0x0333028F),
    ):
        yield point(7, label, f"0x{word:08x}: {comment}", ["MCH-150", "MCH-040"], word, x={"x5": 1, "x6": 2})
    yield from illegal(
        8,
        [
            ("inval", "cbo.inval.", 0x0003200F),
            ("clean", "cbo.clean.", 0x0013200F),
            ("flush", "cbo.flush.", 0x0023200F),
            ("zero", "cbo.zero, which would clear memory.", 0x0043200F),
            ("funct3-3", "funct3 3.", 0x0000300F),
            ("funct3-7", "funct3 7.", 0x0000700F),
        ],
    )
    yield from illegal(
        9,
        [
            ("op-funct7-2", "OP with funct7 2.", 0x047302B3),
            ("op-funct7-20-sll", "OP with funct7 0x20 where there is no such form: sll.", 0x407312B3),
            ("op-funct7-20-and", "OP with funct7 0x20 where there is no such form: and.", 0x407372B3),
            ("op-funct7-40", "OP with funct7 0x40.", 0x807302B3),
            ("op-32-funct3-2", "OP-32 with funct3 2.", 0x007322BB),
            ("op-32-mulh", "mulh as a 32-bit form.", 0x027312BB),
            ("branch-funct3-2", "BRANCH with funct3 2.", 0x00732463),
            ("branch-funct3-3", "BRANCH with funct3 3.", 0x00733463),
            ("load-funct3-7", "LOAD with funct3 7.", 0x00037283),
            ("store-funct3-4", "STORE with funct3 4.", 0x00734023),
            ("store-funct3-7", "STORE with funct3 7.", 0x00737023),
            ("jalr-funct3-1", "JALR with funct3 1.", 0x000310E7),
            ("slli-bit-26", "SLLI with bit 26 set, a shift by 64.", 0x04031293),
            ("srai-bit-31", "SRAI with bit 31 set.", 0xC0035293),
            ("slliw-bit-25", "SLLIW with bit 25 set, a shift by 32.", 0x0203129B),
            ("op-imm-32-funct3-2", "OP-IMM-32 with funct3 2.", 0x0003229B),
            ("op-imm-32-funct3-7", "OP-IMM-32 with funct3 7.", 0x0003729B),
        ],
    )
    yield from illegal(10, [("zeros", "All zeros.", 0), ("ones", "All ones.", 0xFFFFFFFF)])
    yield from illegal(
        11,
        [
            ("c-nop", "c.nop and c.nop.", 0x00010001),
            ("c-ret", "c.jr ra, with a legal second half.", 0x00008082),
            ("c-addi", "A compressed addi in the low half.", 0x00130285),
            ("48-bit", "The beginning of a 48-bit instruction.", 0x0000001F),
            ("64-bit", "The beginning of a 64-bit instruction.", 0x0000003F),
        ],
    )
    yield point(18, "plain", "ebreak.", ["MCH-152", "MCH-032"], assemble("ebreak"), x={"x10": 5})
    yield point(
        18,
        "semihosting",
        "The sequence that calls a debugger elsewhere: HINTs around an ebreak.",
        ["MCH-152", "MCH-100"],
        0x01F01013,
        0x00100073,
        0x40705013,
        count=3,
    )
    yield from illegal(
        19,
        [
            ("cycle", "rdcycle.", 0xC00022F3),
            ("time", "rdtime.", 0xC01022F3),
            ("instret", "rdinstret.", 0xC02022F3),
            ("hpm", "rdhpmcounter3.", 0xC03022F3),
        ],
    )
    yield from illegal(
        20,
        [
            ("csrrw", "csrrw of mstatus.", 0x300312F3),
            ("csrrs", "csrrs of fcsr.", 0x003022F3),
            ("csrrwi", "csrrwi of a CSR that there isn't, for x0.", 0x7C00D073),
            ("wfi", "wfi.", 0x10500073),
            ("mret", "mret.", 0x30200073),
            ("sret", "sret.", 0x10200073),
            ("sfence", "sfence.vma.", 0x12000073),
        ],
    )
    yield from illegal(
        28,
        [
            ("lr-w", "lr.w.", 0x100322AF),
            ("sc-d", "sc.d.", 0x187332AF),
            ("amoadd-d", "amoadd.d.", 0x007332AF),
            ("amoswap-w", "amoswap.w.", 0x087322AF),
        ],
    )
    yield from illegal(
        29,
        [
            ("fld", "fld.", 0x00033007),
            ("fsd", "fsd.", 0x00033027),
            ("fadd-d", "fadd.d.", 0x02000053),
            ("fmadd-s", "fmadd.s.", 0x10208043),
            ("fcsr", "frcsr.", 0x003022F3),
        ],
    )


def control() -> Iterator[Case]:
    """Points 12 to 16: jumps, faults, final states, calls."""
    two = ["MCH-091", "MCH-032"]
    yield point(12, "jal", "jal to pc + 2.", two, assemble("jal", 1, immediate=2), x={"x1": 7})
    yield point(12, "jal-back", "jal to pc - 2.", two, assemble("jal", 1, immediate=-2), pc=CODE + 8)
    yield point(
        12, "jalr", "jalr to an address that is 2 mod 4.", two, assemble("jalr", 1, 6), x={"x1": 7, "x6": CODE + 6}
    )
    yield point(12, "jalr-3", "jalr to one that is 3 mod 4.", two, assemble("jalr", 1, 6), x={"x1": 7, "x6": CODE + 7})
    yield point(12, "jalr-same", "rd, the base too, is unwritten.", two, assemble("jalr", 6, 6), x={"x6": CODE + 2})
    yield point(12, "jalr-1", "1 mod 4 is fine: bit 0 goes.", ["MCH-090"], assemble("jalr", 1, 6), x={"x6": CODE + 9})
    for name, taken, not_taken in (
        ("beq", (1, 1), (1, 2)),
        ("bne", (1, 2), (1, 1)),
        ("blt", (2**64 - 1, 1), (1, 2**64 - 1)),
        ("bge", (1, 2**64 - 1), (2**64 - 1, 1)),
        ("bltu", (1, 2**64 - 1), (2**64 - 1, 1)),
        ("bgeu", (2**64 - 1, 1), (1, 2**64 - 1)),
    ):
        word = assemble(name, rs1=6, rs2=7, immediate=6)
        x, y = taken, not_taken
        yield point(12, f"{name}-taken", f"{name} by 6, taken.", two, word, x={"x6": x[0], "x7": x[1]})
        yield point(12, f"{name}-not-taken", f"{name} by 6, not taken.", ["MCH-092"], word, x={"x6": y[0], "x7": y[1]})
    outside = ["MCH-093", "MCH-045"]
    yield point(13, "jal", "jal past the code's end.", outside, assemble("jal", 1, immediate=8192), count=2)
    yield point(13, "jalr-null", "A call through a null pointer.", outside, assemble("jalr", 1), count=2)
    yield point(13, "branch", "A branch to before the code.", outside, assemble("beq", immediate=-4), count=2)
    yield point(13, "fall-off", "Running on past the last word.", outside, NOP, pc=CODE + 4092, count=2)
    yield point(13, "one-step", "The jump itself succeeds.", outside, assemble("jal", 1, immediate=8192))
    yield point(
        14,
        "state",
        "A fault in the third step: two steps' effects, three steps counted, pc at the fault.",
        ["MCH-032", "MCH-031", "MCH-023"],
        assemble("addi", 5, 0, 0, 1),
        assemble("addi", 5, 5, 0, 1),
        0,
        count=3,
    )
    for status, code in ((1, 0), (1, 2**64 - 1), (2, 1), (2, 10), (3, 0)):
        yield point(
            15,
            f"{status}-{code}",
            f"Status {status}, code {code}: nothing changes, the count neither.",
            ["MCH-024"],
            assemble("addi", 5, 5, 0, 1),
            x={"x5": 7},
            status=(status, code),
            steps=3,
            max_steps=3 if status == 3 else 1000,
            count=5,
        )
    yield point(
        15,
        "after-halt",
        "A halt, and steps after it.",
        ["MCH-024", "MCH-060"],
        assemble("ecall"),
        x={"x17": 93, "x10": 3},
        count=4,
    )
    call = assemble("ecall")
    everything = {f"x{number}": number << 56 | number for number in range(1, 32)}
    yield point(
        16,
        "preserved",
        "All registers but a0 are preserved.",
        ["MCH-062"],
        call,
        x={**everything, "x17": 64, "x12": 2**63},
    )
    yield point(16, "t0", "Numbers in other registers don't count.", ["MCH-063"], call, x={"x5": 93, "x10": 93})
    yield point(16, "unknown", "exit_group, as Linux has it.", ["MCH-063"], call, x={"x17": 94})
    yield point(16, "all-bits", "All 64 bits of a7 count.", ["MCH-063"], call, x={"x17": 2**32 + 64})
    yield point(
        17,
        "debug",
        "Debug text of 2^63 bytes: one step, one page, the code's.",
        ["MCH-062", "MCH-070"],
        call,
        x={"x17": 64, "x11": DATA, "x12": 2**63},
    )
    yield point(
        17,
        "halt",
        "A halt with the most output: one step, one page, the code's.",
        ["MCH-060", "MCH-070"],
        call,
        x={"x17": 93, "x11": 2**30},
    )


def arithmetic() -> Iterator[Case]:
    """Points 21 to 27: results."""
    for label, comment, word in (
        ("lui", "lui for x0.", 0xFFFFF037),
        ("auipc", "auipc for x0.", 0x00001017),
        ("slti", "slti for x0.", 0x00732013),
        ("ntl", "ntl.all: add for x0.", 0x00500033),
        ("semihosting", "slli for x0 by 31.", 0x01F01013),
        ("prefetch", "prefetch.r: ori for x0.", 0x00136013),
        ("addw", "addw for x0.", 0x0073003B),
    ):
        yield point(21, label, f"0x{word:08x}: {comment}", ["MCH-100", "MCH-020"], word, x={"x6": 5, "x7": 6})
    for name in ("addw", "subw", "mulw", "sraiw", "addiw", "slliw"):
        word = assemble(name, 0, 6, 7, 1)
        after = assemble("add", 5, 0, 0)
        yield point(
            22,
            name,
            f"{name} for x0, and then x0 is read.",
            ["MCH-020", "MCH-100"],
            word,
            after,
            x={"x5": 1, "x6": 2**63 + 2**31, "x7": 3},
            count=2,
        )
    for label, comment, load in (("load", "A load for x0", "ld"), ("jal", "A link for x0", "jal")):
        word = assemble(load, 0, 6, immediate=0 if load == "ld" else 4)
        yield point(
            22,
            label,
            f"{comment}, and then x0 is read.",
            ["MCH-020", "MCH-100"],
            word,
            assemble("add", 5, 0, 0),
            x={"x5": 1, "x6": DATA},
            memory=[(DATA, b"\xff" * 8)],
            count=2,
        )
    high, minimum = 2**64 - 1, 2**63
    for name in ("div", "divu", "rem", "remu", "divw", "divuw", "remw", "remuw"):
        word = assemble(name, 5, 6, 7)
        req = [REQUIREMENT[name]]
        least = minimum if not name.endswith("w") else 2**64 - 2**31
        yield point(23, f"{name}-zero", f"{name} by zero.", req, word, x={"x6": 0x1_8765_4321})
        yield point(
            23, f"{name}-overflow", f"{name} of the least number by -1.", req, word, x={"x6": least, "x7": high}
        )
        if name.endswith("w"):
            yield point(
                23,
                f"{name}-low-zero",
                f"{name} by a number whose low 32 bits are zero.",
                req,
                word,
                x={"x6": 0xF_8765_4321, "x7": 2**32},
            )
    for name in ("mulh", "mulhsu", "mulhu"):
        for a, b in ((high, high), (minimum, minimum), (minimum, high), (high, minimum), (2**63 - 1, high), (3, high)):
            yield point(
                24,
                f"{name}-{a % 1009}-{b % 1009}",
                f"{name} of 0x{a:x} and 0x{b:x}.",
                [REQUIREMENT[name]],
                assemble(name, 5, 6, 7),
                x={"x6": a, "x7": b},
            )
    results: tuple[tuple[str, int, dict[str, int]], ...] = (
        ("lui", assemble("lui", 5, immediate=-(2**31)), {}),
        ("auipc", assemble("auipc", 5, immediate=-(2**31)), {}),
        ("addw", assemble("addw", 5, 6, 7), {"x6": 2**31 - 1, "x7": 1}),
        ("addiw", assemble("addiw", 5, 6, immediate=0), {"x6": 0x1_8000_0000}),
        ("srlw", assemble("srlw", 5, 6, 0), {"x6": 0x8000_0000}),
        ("divuw", assemble("divuw", 5, 6, 7), {"x6": 0xFFFF_FFFF, "x7": 1}),
        ("remuw", assemble("remuw", 5, 6, 7), {"x6": 0xFFFF_FFFE, "x7": 0xFFFF_FFFF}),
        ("lw", assemble("lw", 5, 6), {"x6": DATA}),
        ("lwu", assemble("lwu", 5, 6), {"x6": DATA}),
    )
    for label, word, x in results:
        yield point(
            25,
            label,
            f"{label}: bit 31 of the result is set.",
            [REQUIREMENT[label]],
            word,
            x=x,
            memory=[(DATA, b"\xff\xff\xff\xff")] if label.startswith("lw") else [],
        )
    for name, amount in (
        ("sll", 64),
        ("srl", 2**63 + 1),
        ("sra", 127),
        ("sllw", 32),
        ("srlw", 33),
        ("sraw", 2**64 - 1),
    ):
        yield point(
            26,
            name,
            f"{name} by {amount}: only the low bits count.",
            [REQUIREMENT[name]],
            assemble(name, 5, 6, 7),
            x={"x6": 0x8765_4321_FEDC_BA98, "x7": amount},
        )
    order = ["MCH-013"]
    yield point(
        27,
        "load",
        "The byte at the lowest address is the lowest.",
        order,
        assemble("ld", 5, 6),
        x={"x6": DATA},
        memory=[(DATA, bytes(range(1, 9)))],
    )
    yield point(
        27,
        "store",
        "The lowest byte goes to the lowest address.",
        order,
        assemble("sd", 0, 6, 7),
        x={"x6": DATA, "x7": 0x0807060504030201},
        look=[(DATA, 8)],
    )
    lowest_first = bytes.fromhex("93025500")
    yield point(
        27, "code", "An instruction's lowest byte comes first.", order, memory=[(CODE, lowest_first)], x={"x10": 1}
    )


def environment() -> Iterator[Case]:
    """Points 32, 33, 35 to 37; 30, 31 and 34 are whole runs."""
    yield point(
        32,
        "over",
        "Words that are no instruction are jumped over.",
        ["MCH-044"],
        assemble("jal", immediate=12),
        0,
        0xFFFFFFFF,
        NOP,
        count=2,
    )
    yield point(32, "into", "Running into one is what faults.", ["MCH-044", "MCH-043"], NOP, 0, NOP, count=3)
    sd = assemble("sd", rs1=6, rs2=7)
    for label, comment, address in (
        ("bottom", "A store to address 0.", 0),
        ("top", "A store below the input region.", INPUT - 8),
        ("middle", "A store in the middle of nowhere.", 0x4321_0000),
        ("output", "A store to the end of the output region.", LIMIT - 8),
        ("output-first", "A store to the beginning of the output region.", OUTPUT),
    ):
        yield point(
            33, label, comment, ["MCH-011", "MCH-053"], sd, x={"x6": address, "x7": 2**64 - 1}, look=[(address, 8)]
        )
    yield point(
        35,
        "each",
        "A store, a jump, a fence, debug text and a halt are five steps.",
        ["MCH-031"],
        assemble("sb", rs1=6),
        assemble("jal", immediate=4),
        assemble("fence"),
        assemble("ecall"),
        assemble("addi", 17, 0, 0, 93),
        assemble("ecall"),
        x={"x6": DATA, "x17": 64},
        count=100,
    )
    yield point(35, "fetch", "A failed fetch is a step.", ["MCH-031", "MCH-045"], pc=0)
    yield point(35, "illegal", "An illegal instruction is a step.", ["MCH-031", "MCH-043"], 0)
    call = assemble("ecall")
    for label, number in (("clock", 113), ("random", 278), ("time", 169), ("getpid", 172)):
        yield point(36, label, f"Linux's call {number}.", ["MCH-002", "MCH-063"], call, x={"x17": number})
    yield point(
        37,
        "word-size",
        "A sum that a 32-bit program would wrap.",
        ["MCH-002", "MCH-131"],
        assemble("add", 5, 6, 7),
        x={"x6": 2**32 - 1, "x7": 1},
    )
    yield point(
        37,
        "word-size-shift",
        "A shift that a 32-bit program would mask.",
        ["MCH-002", "MCH-133"],
        assemble("sll", 5, 6, 7),
        x={"x6": 1, "x7": 33},
    )

"""Programs made at random, to hold the engine to the interpreter: loops, jumps into anything, faults at every place."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from random import Random

from support.machines import ROWS, assemble
from tracework.protocol.machine.context import Context
from tracework.protocol.machine.decode import Format
from tracework.protocol.machine.executor import FullMemory
from tracework.protocol.machine.state import INPUT_BASE, OUTPUT_BASE, PAGE_SIZE, MachineState

_ALU = [row.mnemonic for row in ROWS.values() if row.format in (Format.R, Format.SHIFT32, Format.SHIFT64)] + [
    *("addi", "slti", "sltiu", "xori", "ori", "andi", "addiw", "lui", "auipc", "fence")
]
_LOADS = ("lb", "lh", "lw", "ld", "lbu", "lhu", "lwu")
_STORES = ("sb", "sh", "sw", "sd")
_BRANCHES = ("beq", "bne", "blt", "bge", "bltu", "bgeu")
_TABLE_AT = 0x40_0000
"""A table of code addresses that computed jumps go through."""
_POINTERS = (5, 6, 7, 28, 29)
"""Registers that hold addresses, and are seldom overwritten."""
_COUNTERS = (18, 19, 20)
"""Registers that count loops down."""


@dataclass(frozen=True)
class Program:
    """A machine about to start, and where to stop it on the way."""

    context: Context
    state: MachineState
    pages: dict[int, bytes]
    stops: list[int]

    def memory(self) -> FullMemory:
        """The memory at the start, a copy."""
        return FullMemory({number: bytearray(content) for number, content in self.pages.items()})


class _Writer:
    def __init__(self, random: Random, base: int, size: int) -> None:
        self.random, self.base, self.size = random, base, size
        self.words: list[int] = []

    def register(self) -> int:
        if self.random.random() < 0.1:
            return 0
        return self.random.randrange(32)

    def plain(self) -> int:
        """A register that is neither a pointer nor a counter, or x0."""
        register = self.register()
        return register if register not in _POINTERS + _COUNTERS or self.random.random() < 0.02 else 10

    def near(self, reach: int) -> int:
        """The distance to a word of the program, seldom one outside or misaligned.

        Backward jumps mostly count down: without that, most programs would end up in a loop of a few instructions.
        """
        random = self.random
        if random.random() < 0.3:
            self.countdown(4)
            here = len(self.words)
            target = random.randrange(max(0, here - 60), here + 1)
        else:
            here = len(self.words)
            target = random.randrange(here + 1, max(here + 2, min(self.size, here + 40)))
        distance = 4 * (target - here)
        if random.random() < 0.01:
            distance += 2
        if random.random() < 0.005:
            distance = random.randrange(-reach, reach) & ~1
        return max(-reach, min(reach - 2, distance))

    def one(self) -> None:
        """Append one instruction, or a few that belong together."""
        random, words = self.random, self.words
        kind = random.random()
        if kind < 0.42:
            name = random.choice(_ALU)
            immediate = random.choice((0, 1, -1, 4, 31, 32, 63, -2048, 2047, random.randrange(-2048, 2048)))
            if name in ("lui", "auipc"):
                immediate = random.choice((0, 1, 0x10, 0x80000, 0xFFFFF, random.randrange(1 << 20))) << 12
            words.append(assemble(name, self.plain(), self.register(), self.register(), immediate))
        elif kind < 0.45:
            self.burst()
        elif kind < 0.46:
            self.point()
        elif kind < 0.54:
            words.append(assemble(random.choice(_LOADS), self.plain(), self.pointer(), 0, self.offset()))
        elif kind < 0.66:
            words.append(assemble(random.choice(_STORES), 0, self.pointer(), self.register(), self.offset()))
        elif kind < 0.78:
            distance = self.near(1 << 12)
            words.append(assemble(random.choice(_BRANCHES), 0, self.register(), self.register(), distance))
        elif kind < 0.83:
            counter = random.choice(_COUNTERS)
            words.append(assemble("addi", counter, counter, 0, -1))
            words.append(assemble("blt", 0, 0, counter, -4 * random.randrange(1, min(len(words), 30) + 1)))
        elif kind < 0.85:
            words.append(assemble("addi", random.choice(_COUNTERS), 0, 0, random.randrange(1, 40)))
        elif kind < 0.88:
            pointer = random.choice(_POINTERS)
            words.append(assemble("addi", pointer, pointer, 0, random.choice((1, 4, 8, -8, 16, 64, -256, 2047))))
        elif kind < 0.925:
            distance = self.near(1 << 20)
            words.append(assemble("jal", random.choice((0, 1, 1, 1, 5, self.plain())), 0, 0, distance))
        elif kind < 0.95:
            self.countdown(4)
            words.append(assemble("jalr", 0, 1))
        elif kind < 0.965:
            self.far_call()
        elif kind < 0.98:
            self.computed()
        elif kind < 0.99:
            words.append(assemble("addi", 17, 0, 0, random.choice((64, 64, 64, 64, 64, 93, 0))))
            words.append(0x73)
        elif random.random() < 0.8:
            words.append(assemble("fence"))
        else:
            words.append(random.choice((0x0010_0073, 0, 0xFFFF_FFFF, 0x100F, 0xC000_2573, random.getrandbits(32))))

    def burst(self) -> None:
        """Accesses around one pointer, on both sides of a branch: what checks that are made together are about."""
        random = self.random
        pointer = random.choice(_POINTERS)
        spread = random.choice(((0, 8, 16, 24), (0, 1, 2, 3, 4, 7, -8), (-2048, -2040, 0, 2032, 2040, 2047)))
        for _ in range(random.randrange(2, 7)):
            kind = random.random()
            if kind < 0.3:
                self.words.append(assemble(random.choice(_LOADS), self.plain(), pointer, 0, random.choice(spread)))
            elif kind < 0.7:
                self.words.append(assemble(random.choice(_STORES), 0, pointer, self.register(), random.choice(spread)))
            elif kind < 0.85:
                step = random.choice((1, 8, 8, 16, -8, 64, 2040, -2040))
                self.words.append(assemble("addi", random.choice((pointer, pointer, 31)), pointer, 0, step))
            else:
                forward = 4 * random.randrange(2, 5)
                name = random.choice(_BRANCHES)
                self.words.append(assemble(name, 0, self.register(), self.register(), forward))

    def point(self) -> None:
        """Set a pointer to somewhere near a page's edge."""
        pointer = self.random.choice(_POINTERS)
        self.words.append(assemble("lui", pointer, 0, 0, self.random.randrange(0x500, 0x540) << 12))
        self.words.append(
            assemble("addi", pointer, pointer, 0, self.random.choice((-8, -8, -16, -4, -1, 0, 8, -2048, 2044, 2047)))
        )

    def countdown(self, past: int) -> None:
        """Count down, and at zero skip the bytes of the jump that follows."""
        if self.random.random() < 0.95:
            counter = self.random.choice(_COUNTERS)
            self.words += [assemble("addi", counter, counter, 0, -1), assemble("bge", 0, 0, counter, past + 4)]

    def pointer(self) -> int:
        return self.random.choice(_POINTERS) if self.random.random() < 0.97 else self.register()

    def offset(self) -> int:
        random = self.random
        return random.choice((0, 0, 1, 2, 3, 4, 5, 7, 8, 16, -1, -4, -8, random.randrange(-2048, 2048)))

    def far_call(self) -> None:
        """auipc and jalr, as compilers write calls that reach far."""
        random = self.random
        register = random.choice((1, 30, 31))
        distance = self.near(1 << 20)
        self.words.append(assemble("auipc", register, 0, 0, ((distance + 0x800) >> 12) << 12))
        low = distance - (((distance + 0x800) >> 12) << 12)
        self.words.append(assemble("jalr", random.choice((0, 1)), register, 0, low))

    def computed(self) -> None:
        """A jump through the table, by a register's low bits."""
        index, link = self.register(), self.random.choice((0, 0, 1, 1, 5))
        self.countdown(24)
        self.words += [
            assemble("andi", 30, index, 0, 7),
            assemble("slli", 30, 30, 0, 3),
            assemble("lui", 31, 0, 0, _TABLE_AT),
            assemble("add", 31, 31, 30),
            assemble("ld", 31, 31, 0, 0),
            assemble("jalr", link, 31, 0, 0),
        ]


def make(random: Random, most_steps: int = 3000, sizes: tuple[int, ...] = (6, 20, 60, 150, 400)) -> Program:
    """A program and its machine. Everything is drawn from `random`."""
    code_first = random.choice((0, 1, 16, 16, 16, 0x7FFFC))
    base = code_first << 12
    size = random.choice(sizes)
    writer = _Writer(random, base, size)
    skip = random.choice((0, 0, 0, 1024 - 30, 1000))
    while len(writer.words) < size:
        writer.one()
    if random.random() < 0.8:
        # Mostly the program begins again when it comes to its end, with other values.
        writer.words += [assemble("addi", counter, 0, 0, random.randrange(2, 20)) for counter in _COUNTERS]
        for _ in range(random.randrange(4)):
            writer.point()
        writer.words += [assemble("addi", 10, 10, 0, 1), assemble("xor", 11, 11, 10)]
        writer.words.append(assemble("jal", 0, 0, 0, -4 * len(writer.words)))
        size = len(writer.words)
    words = [0x13] * skip + writer.words
    code_pages = max(1, min(-(-len(words) * 4 // PAGE_SIZE), 3))
    if random.random() < 0.2:
        # The code ends with its last page: it can be run off.
        words = ([0x13] * (1024 * code_pages - len(words)) + words)[: 1024 * code_pages]
        skip = max(0, len(words) - size)
    image = bytearray(
        struct.pack(f"<{len(words)}I", *words)[: code_pages * PAGE_SIZE].ljust(code_pages * PAGE_SIZE, b"\0")
    )
    pages = {code_first + i: bytes(image[i * PAGE_SIZE : (i + 1) * PAGE_SIZE]) for i in range(code_pages)}
    entry = base + 4 * max(0, min(skip, 1024 * code_pages - 1))
    targets = [entry + 4 * random.randrange(size) for _ in range(8)]
    if random.random() < 0.1:
        targets[random.randrange(8)] = random.choice(
            (0, 2, base + 2, base + code_pages * PAGE_SIZE, 1 << 40, entry + 2)
        )
    table = struct.pack("<8Q", *targets).ljust(PAGE_SIZE, b"\0")
    pages[_TABLE_AT >> 12] = table
    for number in (0x500, 0x501, 0x503, INPUT_BASE >> 12, OUTPUT_BASE >> 12):
        pages[number] = Random(random.getrandbits(32)).randbytes(PAGE_SIZE)
    state = MachineState(pc=entry)
    edges = [
        *(0x50_0000, 0x50_0FF8, 0x50_0FFC, 0x50_1000, 0x50_3F00, 0x60_0001, 0x7FFF_F000),
        *(INPUT_BASE, INPUT_BASE + 0xFFC, INPUT_BASE - 3, OUTPUT_BASE - 4, OUTPUT_BASE, OUTPUT_BASE + 0x10),
        *(base, base - 4, base + code_pages * PAGE_SIZE, base + code_pages * PAGE_SIZE - 6),
        *(0xFFFF_F000, 0xFFFF_FFF8, 0xFFFF_FFFD, 1 << 32, (1 << 64) - 8, 8, 0, _TABLE_AT + 8),
    ]
    sober = edges[:7]
    for register in range(1, 32):
        state.registers[register] = random.choice(
            (0, 1, 2, (1 << 64) - 1, 1 << 63, 1 << 31, 0xFFFF_FFFF, random.getrandbits(64), random.getrandbits(16))
        )
    for register in _POINTERS:
        state.registers[register] = random.choice(edges if random.random() < 0.25 else sober) & (1 << 64) - 1
    for register in _COUNTERS:
        state.registers[register] = random.randrange(1, 30)
    state.registers[1] = random.choice(targets)
    max_steps = random.choice((1, 7, 100, most_steps, most_steps, most_steps))
    stops = sorted({random.randrange(max_steps + 1) for _ in range(random.choice((0, 1, 3, 8)))} | {max_steps})
    if random.random() < 0.1:
        every = random.choice((1, 2, 16, 64))
        stops = sorted({*range(0, min(max_steps, 40 * every), every), max_steps})
    context = Context(
        profile="rv64im",
        suite=1,
        entry=entry,
        code_first=code_first,
        code_end=code_first + code_pages,
        image_root=bytes(32),
        input_length=PAGE_SIZE,
        input_root=bytes(32),
        max_steps=max_steps,
        segment_log2=4,
    )
    return Program(context, state, pages, stops)

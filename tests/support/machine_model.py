"""A second machine, written from spec/machine.md alone: slow, byte by byte, and without a line of the package's code.

Where the interpreter masks and shifts, this divides and lets `ctypes` wrap; where it looks words up in a table, this
asks for opcode, funct3 and funct7; immediates are put together as strings of binary digits.
"""

from __future__ import annotations

from ctypes import c_int8, c_int16, c_int32, c_int64, c_uint64
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor, trunc

RUNNING, HALTED, FAULTED, OUT_OF_STEPS = range(4)


class Fault(Exception):
    """Ends a step; the argument is the fault's number."""


class Halt(Exception):
    """Ends a run; the argument is the exit code."""


def two(digits: str) -> int:
    """Binary digits as a two's complement number."""
    return int(digits, 2) - (2 ** len(digits) if digits[0] == "1" else 0)


@dataclass
class Model:
    """A machine. Memory is one number a byte; absent is zero."""

    pc: int
    code_first: int
    code_end: int
    max_steps: int
    x: list[int] = field(default_factory=lambda: [0] * 32)
    memory: dict[int, int] = field(default_factory=dict)
    steps: int = 0
    status: int = RUNNING
    code: int = 0
    touched: set[int] = field(default_factory=set)

    def put(self, address: int, data: bytes) -> None:
        """Place bytes in memory, before the run."""
        self.memory.update(enumerate(data, address))

    def get(self, address: int, size: int) -> bytes:
        """Bytes of the memory."""
        return bytes(self.memory.get(a, 0) for a in range(address, address + size))

    def step(self) -> None:
        """One step."""
        if self.status != RUNNING:
            return
        try:
            if self.pc % 4 != 0 or not self.code_first * 4096 <= self.pc < self.code_end * 4096:
                raise Fault(6)
            self.touched.add(self.pc // 4096)
            rd, value, target = self.execute(int.from_bytes(self.get(self.pc, 4), "little"))
            if target % 4 != 0:
                raise Fault(5)
            if rd != 0:
                self.x[rd] = c_uint64(value).value
            self.pc = target
        except Fault as fault:
            self.status, self.code = FAULTED, fault.args[0]
        except Halt as halt:
            self.status, self.code = HALTED, halt.args[0]
        self.steps += 1
        if self.status == RUNNING and self.steps == self.max_steps:
            self.status = OUT_OF_STEPS

    def execute(self, word: int) -> tuple[int, int, int]:
        """Do a word's work; gives the register to write (or 0), the value for it, and the next pc."""
        bits = f"{word:032b}"
        opcode, funct3, funct7 = bits[25:], int(bits[17:20], 2), bits[:7]
        rd, rs1, rs2 = int(bits[20:25], 2), int(bits[12:17], 2), int(bits[7:12], 2)
        a, b = self.x[rs1], self.x[rs2]
        i_immediate = two(bits[:12])
        following = self.pc + 4
        if opcode == "0110111":
            return rd, two(bits[:20] + "0" * 12), following
        if opcode == "0010111":
            return rd, self.pc + two(bits[:20] + "0" * 12), following
        if opcode == "1101111":
            return rd, following, (self.pc + two(bits[0] + bits[12:20] + bits[11] + bits[1:11] + "0")) % 2**64
        if opcode == "1100111" and funct3 == 0:
            target = (a + i_immediate) % 2**64
            return rd, following, target - target % 2
        if opcode == "1100011" and funct3 not in (2, 3):
            less, less_unsigned = c_int64(a).value < c_int64(b).value, a < b
            taken = [a == b, a != b, None, None, less, not less, less_unsigned, not less_unsigned][funct3]
            target = self.pc + two(bits[0] + bits[24] + bits[1:7] + bits[20:24] + "0")
            return 0, 0, target % 2**64 if taken else following
        if opcode == "0000011" and funct3 != 7:
            n = int.from_bytes(self.load((a + i_immediate) % 2**64, [1, 2, 4, 8][funct3 % 4]), "little")
            signed = [c_int8(n).value, c_int16(n).value, c_int32(n).value, n]
            return rd, n if funct3 >= 4 else signed[funct3], following
        if opcode == "0100011" and funct3 <= 3:
            size = [1, 2, 4, 8][funct3]
            address = (a + two(bits[:7] + bits[20:25])) % 2**64
            self.store(address, b.to_bytes(8, "little")[:size])
            return 0, 0, following
        if opcode == "0001111" and funct3 == 0:
            return 0, 0, following
        if word == 0b1110011:
            return self.call(following)
        if word == 0b100000000000001110011:
            raise Fault(2)
        value = None
        if opcode == "0010011" and funct3 not in (1, 5):
            value = self.arithmetic(funct3, a, c_uint64(i_immediate).value)
        elif opcode == "0010011" and bits[:6] in ("000000", "010000"):
            value = self.shift(funct3, bits[1] == "1", a, int(bits[6:12], 2))
        elif opcode == "0110011" and funct7 == "0000001":
            value = self.multiply(funct3, c_int64(a).value, c_int64(b).value, a, b)
        elif opcode == "0110011" and funct7 == "0100000" and funct3 == 0:
            value = a - b
        elif opcode == "0110011" and funct7 in ("0000000", "0100000") and funct3 in (1, 5):
            value = self.shift(funct3, funct7 == "0100000", a, b % 64)
        elif opcode == "0110011" and funct7 == "0000000":
            value = self.arithmetic(funct3, a, b)
        elif opcode == "0011011" and funct3 == 0:
            value = c_int32(a + i_immediate).value
        elif opcode == "0011011" and funct7 in ("0000000", "0100000"):
            value = self.shift32(funct3, funct7 == "0100000", a, rs2)
        elif opcode == "0111011" and funct7 == "0000001" and funct3 not in (1, 2, 3):
            low, low2 = a % 2**32, b % 2**32
            value = self.multiply(funct3, c_int32(a).value, c_int32(b).value, low, low2)
            value = None if value is None else c_int32(value).value
        elif opcode == "0111011" and funct3 == 0 and funct7 in ("0000000", "0100000"):
            value = c_int32(a - b if funct7 == "0100000" else a + b).value
        elif opcode == "0111011" and funct7 in ("0000000", "0100000"):
            value = self.shift32(funct3, funct7 == "0100000", a, b % 32)
        if value is None:
            raise Fault(1)
        return rd, value, following

    @staticmethod
    def arithmetic(funct3: int, a: int, b: int) -> int | None:
        """Sums, comparisons and bitwise operations of two unsigned numbers."""
        if funct3 in (4, 6, 7):
            tables = {4: "0110", 6: "0111", 7: "0001"}
            pairs = zip(f"{a:064b}", f"{b:064b}", strict=True)
            return int("".join(tables[funct3][int(p + q, 2)] for p, q in pairs), 2)
        return {0: a + b, 2: int(c_int64(a).value < c_int64(b).value), 3: int(a < b)}.get(funct3)

    @staticmethod
    def shift(funct3: int, arithmetic: bool, a: int, amount: int) -> int | None:
        """Shifts of 64 bits."""
        if funct3 == 1:
            return None if arithmetic else a * 2**amount
        return floor(Fraction(c_int64(a).value if arithmetic else a, 2**amount))

    @staticmethod
    def shift32(funct3: int, arithmetic: bool, a: int, amount: int) -> int | None:
        """Shifts of 32 bits, sign-extended."""
        if funct3 == 1 and not arithmetic:
            return c_int32(a * 2**amount).value
        if funct3 != 5:
            return None
        return c_int32(floor(Fraction(c_int32(a).value if arithmetic else a % 2**32, 2**amount))).value

    @staticmethod
    def multiply(funct3: int, s: int, t: int, a: int, b: int) -> int | None:
        """The M extension: s and t are the signed operands, a and b the unsigned ones."""
        if funct3 < 4:
            return [a * b, floor(Fraction(s * t, 2**64)), floor(Fraction(s * b, 2**64)), floor(Fraction(a * b, 2**64))][
                funct3
            ]
        n, d = (s, t) if funct3 in (4, 6) else (a, b)
        quotient = -1 if d == 0 else trunc(Fraction(n, d))
        return quotient if funct3 in (4, 5) else n if d == 0 else n - d * quotient

    def load(self, address: int, size: int) -> bytes:
        """A load's bytes."""
        if any(byte >= 2**32 for byte in range(address, address + size)):
            raise Fault(7)
        self.touched |= {byte // 4096 for byte in range(address, address + size)}
        return self.get(address, size)

    def store(self, address: int, data: bytes) -> None:
        """A store, with its checks in order."""
        places = range(address, address + len(data))
        if any(byte >= 2**32 for byte in places):
            raise Fault(8)
        if any(self.code_first <= byte // 4096 < self.code_end for byte in places):
            raise Fault(9)
        if any(2**31 <= byte < 2**31 + 2**30 for byte in places):
            raise Fault(10)
        self.touched |= {byte // 4096 for byte in places}
        self.put(address, data)

    def call(self, following: int) -> tuple[int, int, int]:
        """Environment calls."""
        if self.x[17] == 64:
            return 10, self.x[12], following
        if self.x[17] != 93:
            raise Fault(3)
        if self.x[11] > 2**30:
            raise Fault(4)
        raise Halt(self.x[10])

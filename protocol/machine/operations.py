"""What each instruction does: one maker a mnemonic, read beside the requirements MCH-101 to MCH-165.

A maker takes the register list `x` and an instruction's operands. It returns the operation: a function without
arguments that does to `x` what one execution of the instruction does, and returns the next pc if the instruction jumps
or branches, None if it goes on at pc + 4. Binding the operands once is what makes the interpreter quick.

Registers are unsigned integers below 2^64. `x` has 33 entries: where rd is x0, the maker gets `BIN` as `d`, an entry
that nothing reads. So x[0] stays 0 without a test for it (MCH-020). Loads and stores are in memory.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .state import Fault, Status

Operation = Callable[[], int | None]
"""One instruction, ready to be executed: works on the registers, and returns the next pc if that isn't pc + 4."""

BIN: Final = 32
"""Where results for x0 go."""
MASK: Final = (1 << 64) - 1
_EVEN: Final = MASK - 1
_SIGN: Final = 1 << 63
_MASK32: Final = (1 << 32) - 1
_SIGN32: Final = 1 << 31
_HIGH32: Final = MASK - _MASK32


class Stop(Exception):
    """Raised by an operation that ends the run: the status and the code of the state after this step."""

    def __init__(self, status: Status, code: int) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


def stopping(fault: Fault) -> Operation:
    """The operation that faults whatever the registers hold."""

    def stop() -> int | None:
        raise Stop(Status.FAULTED, fault)

    return stop


def signed(value: int) -> int:
    """A register's value, read as a two's complement number of 64 bits."""
    return value - (1 << 64) if value & _SIGN else value


def signed32(value: int) -> int:
    """The low 32 bits of a register's value, read as a two's complement number."""
    value &= _MASK32
    return value - (1 << 32) if value & _SIGN32 else value


def divide(dividend: int, divisor: int) -> int:
    """The quotient of two signed numbers, rounded towards zero; -1 for a divisor of 0 (MCH-157)."""
    if divisor == 0:
        return -1
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def remainder(dividend: int, divisor: int) -> int:
    """What `divide` leaves, with the dividend's sign; the dividend itself for a divisor of 0 (MCH-159)."""
    if divisor == 0:
        return dividend
    rest = abs(dividend) % abs(divisor)
    return -rest if dividend < 0 else rest


# --- constants: lui, auipc ------------------------------------------------------------------------------------------


def constant(x: list[int], d: int, value: int) -> Operation:
    """`lui` and `auipc`, whose results are known before they run."""

    def put() -> None:
        x[d] = value

    return put


def nothing() -> None:
    """The operation of `fence`."""


# --- jumps and branches ---------------------------------------------------------------------------------------------


def jal(x: list[int], d: int, target: int, link: int) -> Operation:
    """Jump to `target`; `link` is the address of the next instruction."""
    if target & 3:
        return stopping(Fault.MISALIGNED_JUMP)

    def jal() -> int:
        x[d] = link
        return target

    return jal


def jalr(x: list[int], d: int, a: int, immediate: int, link: int) -> Operation:
    """Jump to a register's value plus `immediate`, bit 0 cleared; a misaligned target faults before rd is written."""

    def jalr() -> int:
        target = (x[a] + immediate) & _EVEN
        if target & 2:
            raise Stop(Status.FAULTED, Fault.MISALIGNED_JUMP)
        x[d] = link
        return target

    return jalr


def branch(mnemonic: str, x: list[int], a: int, b: int, target: int) -> Operation:
    """A conditional branch to `target`; if that is misaligned, the branch faults when taken, and only then."""
    taken = BRANCHES[mnemonic](x, a, b, target)
    if not target & 3:
        return taken

    def misaligned() -> None:
        if taken() is not None:
            raise Stop(Status.FAULTED, Fault.MISALIGNED_JUMP)

    return misaligned


def _beq(x: list[int], a: int, b: int, target: int) -> Operation:
    def beq() -> int | None:
        return target if x[a] == x[b] else None

    return beq


def _bne(x: list[int], a: int, b: int, target: int) -> Operation:
    def bne() -> int | None:
        return target if x[a] != x[b] else None

    return bne


def _blt(x: list[int], a: int, b: int, target: int) -> Operation:
    def blt() -> int | None:  # flipping the sign bits turns signed into unsigned order
        return target if (x[a] ^ _SIGN) < (x[b] ^ _SIGN) else None

    return blt


def _bge(x: list[int], a: int, b: int, target: int) -> Operation:
    def bge() -> int | None:
        return target if (x[a] ^ _SIGN) >= (x[b] ^ _SIGN) else None

    return bge


def _bltu(x: list[int], a: int, b: int, target: int) -> Operation:
    def bltu() -> int | None:
        return target if x[a] < x[b] else None

    return bltu


def _bgeu(x: list[int], a: int, b: int, target: int) -> Operation:
    def bgeu() -> int | None:
        return target if x[a] >= x[b] else None

    return bgeu


BRANCHES: Final = {"beq": _beq, "bne": _bne, "blt": _blt, "bge": _bge, "bltu": _bltu, "bgeu": _bgeu}
"""Mnemonic to maker(x, rs1, rs2, target)."""


# --- register and immediate -----------------------------------------------------------------------------------------


def _addi(x: list[int], d: int, a: int, immediate: int) -> Operation:
    def addi() -> None:
        x[d] = (x[a] + immediate) & MASK

    return addi


def _slti(x: list[int], d: int, a: int, immediate: int) -> Operation:
    bound = (immediate & MASK) ^ _SIGN

    def slti() -> None:
        x[d] = 1 if (x[a] ^ _SIGN) < bound else 0

    return slti


def _sltiu(x: list[int], d: int, a: int, immediate: int) -> Operation:
    bound = immediate & MASK

    def sltiu() -> None:
        x[d] = 1 if x[a] < bound else 0

    return sltiu


def _xori(x: list[int], d: int, a: int, immediate: int) -> Operation:
    bits = immediate & MASK

    def xori() -> None:
        x[d] = x[a] ^ bits

    return xori


def _ori(x: list[int], d: int, a: int, immediate: int) -> Operation:
    bits = immediate & MASK

    def ori() -> None:
        x[d] = x[a] | bits

    return ori


def _andi(x: list[int], d: int, a: int, immediate: int) -> Operation:
    bits = immediate & MASK

    def andi() -> None:
        x[d] = x[a] & bits

    return andi


def _slli(x: list[int], d: int, a: int, shift: int) -> Operation:
    def slli() -> None:
        x[d] = (x[a] << shift) & MASK

    return slli


def _srli(x: list[int], d: int, a: int, shift: int) -> Operation:
    def srli() -> None:
        x[d] = x[a] >> shift

    return srli


def _srai(x: list[int], d: int, a: int, shift: int) -> Operation:
    def srai() -> None:
        x[d] = (signed(x[a]) >> shift) & MASK

    return srai


def _addiw(x: list[int], d: int, a: int, immediate: int) -> Operation:
    def addiw() -> None:
        value = (x[a] + immediate) & _MASK32
        x[d] = value if value < _SIGN32 else value | _HIGH32

    return addiw


def _slliw(x: list[int], d: int, a: int, shift: int) -> Operation:
    def slliw() -> None:
        value = (x[a] << shift) & _MASK32
        x[d] = value if value < _SIGN32 else value | _HIGH32

    return slliw


def _srliw(x: list[int], d: int, a: int, shift: int) -> Operation:
    def srliw() -> None:
        value = (x[a] & _MASK32) >> shift
        x[d] = value if value < _SIGN32 else value | _HIGH32

    return srliw


def _sraiw(x: list[int], d: int, a: int, shift: int) -> Operation:
    def sraiw() -> None:
        x[d] = (signed32(x[a]) >> shift) & MASK

    return sraiw


IMMEDIATE: Final = {
    "addi": _addi,
    "slti": _slti,
    "sltiu": _sltiu,
    "xori": _xori,
    "ori": _ori,
    "andi": _andi,
    "slli": _slli,
    "srli": _srli,
    "srai": _srai,
    "addiw": _addiw,
    "slliw": _slliw,
    "srliw": _srliw,
    "sraiw": _sraiw,
}
"""Mnemonic to maker(x, rd, rs1, immediate or shift amount)."""


# --- register and register ------------------------------------------------------------------------------------------


def _add(x: list[int], d: int, a: int, b: int) -> Operation:
    def add() -> None:
        x[d] = (x[a] + x[b]) & MASK

    return add


def _sub(x: list[int], d: int, a: int, b: int) -> Operation:
    def sub() -> None:
        x[d] = (x[a] - x[b]) & MASK

    return sub


def _sll(x: list[int], d: int, a: int, b: int) -> Operation:
    def sll() -> None:
        x[d] = (x[a] << (x[b] & 63)) & MASK

    return sll


def _slt(x: list[int], d: int, a: int, b: int) -> Operation:
    def slt() -> None:
        x[d] = 1 if (x[a] ^ _SIGN) < (x[b] ^ _SIGN) else 0

    return slt


def _sltu(x: list[int], d: int, a: int, b: int) -> Operation:
    def sltu() -> None:
        x[d] = 1 if x[a] < x[b] else 0

    return sltu


def _xor(x: list[int], d: int, a: int, b: int) -> Operation:
    def xor() -> None:
        x[d] = x[a] ^ x[b]

    return xor


def _srl(x: list[int], d: int, a: int, b: int) -> Operation:
    def srl() -> None:
        x[d] = x[a] >> (x[b] & 63)

    return srl


def _sra(x: list[int], d: int, a: int, b: int) -> Operation:
    def sra() -> None:
        x[d] = (signed(x[a]) >> (x[b] & 63)) & MASK

    return sra


def _or(x: list[int], d: int, a: int, b: int) -> Operation:
    def or_() -> None:
        x[d] = x[a] | x[b]

    return or_


def _and(x: list[int], d: int, a: int, b: int) -> Operation:
    def and_() -> None:
        x[d] = x[a] & x[b]

    return and_


def _addw(x: list[int], d: int, a: int, b: int) -> Operation:
    def addw() -> None:
        value = (x[a] + x[b]) & _MASK32
        x[d] = value if value < _SIGN32 else value | _HIGH32

    return addw


def _subw(x: list[int], d: int, a: int, b: int) -> Operation:
    def subw() -> None:
        value = (x[a] - x[b]) & _MASK32
        x[d] = value if value < _SIGN32 else value | _HIGH32

    return subw


def _sllw(x: list[int], d: int, a: int, b: int) -> Operation:
    def sllw() -> None:
        value = (x[a] << (x[b] & 31)) & _MASK32
        x[d] = value if value < _SIGN32 else value | _HIGH32

    return sllw


def _srlw(x: list[int], d: int, a: int, b: int) -> Operation:
    def srlw() -> None:
        value = (x[a] & _MASK32) >> (x[b] & 31)
        x[d] = value if value < _SIGN32 else value | _HIGH32

    return srlw


def _sraw(x: list[int], d: int, a: int, b: int) -> Operation:
    def sraw() -> None:
        x[d] = (signed32(x[a]) >> (x[b] & 31)) & MASK

    return sraw


# --- the M extension ------------------------------------------------------------------------------------------------


def _mul(x: list[int], d: int, a: int, b: int) -> Operation:
    def mul() -> None:
        x[d] = (x[a] * x[b]) & MASK

    return mul


def _mulh(x: list[int], d: int, a: int, b: int) -> Operation:
    def mulh() -> None:
        x[d] = (signed(x[a]) * signed(x[b]) >> 64) & MASK

    return mulh


def _mulhsu(x: list[int], d: int, a: int, b: int) -> Operation:
    def mulhsu() -> None:
        x[d] = (signed(x[a]) * x[b] >> 64) & MASK

    return mulhsu


def _mulhu(x: list[int], d: int, a: int, b: int) -> Operation:
    def mulhu() -> None:
        x[d] = x[a] * x[b] >> 64

    return mulhu


def _div(x: list[int], d: int, a: int, b: int) -> Operation:
    def div() -> None:
        x[d] = divide(signed(x[a]), signed(x[b])) & MASK

    return div


def _divu(x: list[int], d: int, a: int, b: int) -> Operation:
    def divu() -> None:
        x[d] = divide(x[a], x[b]) & MASK

    return divu


def _rem(x: list[int], d: int, a: int, b: int) -> Operation:
    def rem() -> None:
        x[d] = remainder(signed(x[a]), signed(x[b])) & MASK

    return rem


def _remu(x: list[int], d: int, a: int, b: int) -> Operation:
    def remu() -> None:
        x[d] = remainder(x[a], x[b])

    return remu


def _mulw(x: list[int], d: int, a: int, b: int) -> Operation:
    def mulw() -> None:
        x[d] = signed32(x[a] * x[b]) & MASK

    return mulw


def _divw(x: list[int], d: int, a: int, b: int) -> Operation:
    def divw() -> None:
        x[d] = signed32(divide(signed32(x[a]), signed32(x[b]))) & MASK

    return divw


def _divuw(x: list[int], d: int, a: int, b: int) -> Operation:
    def divuw() -> None:
        x[d] = signed32(divide(x[a] & _MASK32, x[b] & _MASK32)) & MASK

    return divuw


def _remw(x: list[int], d: int, a: int, b: int) -> Operation:
    def remw() -> None:
        x[d] = remainder(signed32(x[a]), signed32(x[b])) & MASK

    return remw


def _remuw(x: list[int], d: int, a: int, b: int) -> Operation:
    def remuw() -> None:
        x[d] = signed32(remainder(x[a] & _MASK32, x[b] & _MASK32)) & MASK

    return remuw


REGISTER: Final = {
    "add": _add,
    "sub": _sub,
    "sll": _sll,
    "slt": _slt,
    "sltu": _sltu,
    "xor": _xor,
    "srl": _srl,
    "sra": _sra,
    "or": _or,
    "and": _and,
    "addw": _addw,
    "subw": _subw,
    "sllw": _sllw,
    "srlw": _srlw,
    "sraw": _sraw,
    "mul": _mul,
    "mulh": _mulh,
    "mulhsu": _mulhsu,
    "mulhu": _mulhu,
    "div": _div,
    "divu": _divu,
    "rem": _rem,
    "remu": _remu,
    "mulw": _mulw,
    "divw": _divw,
    "divuw": _divuw,
    "remw": _remw,
    "remuw": _remuw,
}
"""Mnemonic to maker(x, rd, rs1, rs2)."""

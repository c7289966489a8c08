"""What instructions compute, in WebAssembly: shared by the stepper and by translated code (MCH-101 and after).

Each function leaves a value on the stack. Operands come as functions that push them, because the stepper has them in
memory and translated code in locals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import wasm as w
from .wasm import Body

Push = Callable[[], None]
"""Pushes an operand."""

_DIRECT: Final = {
    "add": w.I64_ADD,
    "sub": w.I64_SUB,
    "sll": w.I64_SHL,
    "srl": w.I64_SHR_U,
    "sra": w.I64_SHR_S,
    "xor": w.I64_XOR,
    "or": w.I64_OR,
    "and": w.I64_AND,
    "mul": w.I64_MUL,
}
_COMPARE: Final = {"slt": w.I64_LT_S, "sltu": w.I64_LT_U}
_WORD: Final = {"addw": w.I32_ADD, "subw": w.I32_SUB, "mulw": w.I32_MUL}
_WORD_SHIFT: Final = {"sllw": w.I32_SHL, "srlw": w.I32_SHR_U, "sraw": w.I32_SHR_S}
_DIVIDE: Final = {"div": w.I64_DIV_S, "divu": w.I64_DIV_U, "rem": w.I64_REM_S, "remu": w.I64_REM_U}
_DIVIDE_WORD: Final = {"divw": w.I32_DIV_S, "divuw": w.I32_DIV_U, "remw": w.I32_REM_S, "remuw": w.I32_REM_U}
IMMEDIATE: Final = {
    "addi": "add",
    "slti": "slt",
    "sltiu": "sltu",
    "xori": "xor",
    "ori": "or",
    "andi": "and",
    "slli": "sll",
    "srli": "srl",
    "srai": "sra",
    "addiw": "addw",
    "slliw": "sllw",
    "srliw": "srlw",
    "sraiw": "sraw",
}
"""Instructions with an immediate, and the register form that computes the same."""
BRANCHES: Final = {
    "beq": w.I64_EQ,
    "bne": w.I64_NE,
    "blt": w.I64_LT_S,
    "bge": w.I64_GE_S,
    "bltu": w.I64_LT_U,
    "bgeu": w.I64_GE_U,
}
"""Branches, and the comparison on which they are taken."""
LOADS: Final = {
    "lb": (w.I64_LOAD8_S, 1),
    "lh": (w.I64_LOAD16_S, 2),
    "lw": (w.I64_LOAD32_S, 4),
    "ld": (w.I64_LOAD, 8),
    "lbu": (w.I64_LOAD8_U, 1),
    "lhu": (w.I64_LOAD16_U, 2),
    "lwu": (w.I64_LOAD32_U, 4),
}
"""Loads: operation and size in bytes."""
STORES: Final = {
    "sb": (w.I64_STORE8, 1),
    "sh": (w.I64_STORE16, 2),
    "sw": (w.I64_STORE32, 4),
    "sd": (w.I64_STORE, 8),
}
"""Stores: operation and size in bytes."""
REGISTER: Final = (*_DIRECT, *_COMPARE, *_WORD, *_WORD_SHIFT, *_DIVIDE, *_DIVIDE_WORD, "mulh", "mulhsu", "mulhu")
"""Instructions that compute a register from two others."""


def compute(body: Body, name: str, a: Push, b: Push) -> None:
    """Push the result of a register instruction on two operands."""
    if name in _DIRECT:
        a()
        b()
        body.op(_DIRECT[name])
    elif name in _COMPARE:
        a()
        b()
        body.op(_COMPARE[name], w.I64_EXTEND_I32_U)
    elif name in _WORD:
        a()
        body.op(w.I32_WRAP_I64)
        b()
        body.op(w.I32_WRAP_I64, _WORD[name], w.I64_EXTEND_I32_S)
    elif name in _WORD_SHIFT:
        # WebAssembly takes shift counts modulo the width, as the ISA does.
        a()
        body.op(w.I32_WRAP_I64)
        b()
        body.op(w.I32_WRAP_I64, _WORD_SHIFT[name], w.I64_EXTEND_I32_S)
    elif name in _DIVIDE:
        _divide(body, name, a, b)
    elif name in _DIVIDE_WORD:
        _divide_word(body, name, a, b)
    else:
        _multiply_high(body, name, a, b)


def _divide(body: Body, name: str, a: Push, b: Push) -> None:
    """Division of 64 bits. WebAssembly traps on a zero divisor and on overflow; the ISA defines both (MCH-157).

    Unsigned, or signed with a divisor that is neither 0 nor -1, is a plain division. Divisor -1: the quotient is -a,
    the remainder 0. Divisor 0: the quotient is all ones, the remainder a.
    """
    signed, quotient = name in ("div", "rem"), name in ("div", "divu")
    result = body.scratch64(0)
    b()
    body.op(w.I64_EQZ)
    body.if_(unlikely=True)
    if quotient:
        body.i64(-1)
    else:
        a()
    body.set(result)
    body.else_()
    if signed:
        b()
        body.i64(-1)
        body.op(w.I64_EQ)
        body.if_(unlikely=True)
        body.i64(0)
        if quotient:
            a()
            body.op(w.I64_SUB)
        body.set(result)
        body.else_()
    a()
    b()
    body.op(_DIVIDE[name])
    body.set(result)
    body.end()
    if signed:
        body.end()
    body.get(result)


def _divide_word(body: Body, name: str, a: Push, b: Push) -> None:
    """Division of 32 bits, sign-extended, by the same table (MCH-162)."""
    signed, quotient = name in ("divw", "remw"), name in ("divw", "divuw")
    result = body.scratch64(0)
    b()
    body.op(w.I32_WRAP_I64, w.I32_EQZ)
    body.if_(unlikely=True)
    if quotient:
        body.i64(-1)
    else:
        a()
        body.op(w.I32_WRAP_I64, w.I64_EXTEND_I32_S)
    body.set(result)
    body.else_()
    if signed:
        b()
        body.op(w.I32_WRAP_I64)
        body.i32(-1)
        body.op(w.I32_EQ)
        body.if_(unlikely=True)
        if quotient:
            body.i32(0)
            a()
            body.op(w.I32_WRAP_I64, w.I32_SUB, w.I64_EXTEND_I32_S)
        else:
            body.i64(0)
        body.set(result)
        body.else_()
    a()
    body.op(w.I32_WRAP_I64)
    b()
    body.op(w.I32_WRAP_I64, _DIVIDE_WORD[name], w.I64_EXTEND_I32_S)
    body.set(result)
    body.end()
    if signed:
        body.end()
    body.get(result)


def _multiply_high(body: Body, name: str, a: Push, b: Push) -> None:
    """The high half of a product (MCH-154): by one instruction where the runtime has it, else from 32-bit halves."""
    high = body.scratch64(0)
    if body.wide_arithmetic:
        a()
        b()
        body.wide(w.I64_MUL_WIDE_S if name == "mulh" else w.I64_MUL_WIDE_U)
        body.set(high)
        body.op(w.DROP)
    else:
        _multiply_high_unsigned(body, a, b, high)
        if name == "mulh":
            # The factors were taken as unsigned: a negative one was read as 2^64 too much.
            _subtract_if_negative(body, high, b, a)
    body.get(high)
    if name == "mulhsu" or (name == "mulh" and not body.wide_arithmetic):
        b()
        a()
        body.i64(63)
        body.op(w.I64_SHR_S, w.I64_AND, w.I64_SUB)


def _subtract_if_negative(body: Body, target: int, factor: Push, value: Push) -> None:
    """target -= value if factor < 0."""
    body.get(target)
    value()
    factor()
    body.i64(63)
    body.op(w.I64_SHR_S, w.I64_AND, w.I64_SUB)
    body.set(target)


def _multiply_high_unsigned(body: Body, a: Push, b: Push, high: int) -> None:
    """high = the upper half of the unsigned product, from four products of 32 bits."""
    middle, cross = body.scratch64(1), body.scratch64(2)

    def low(push: Push) -> None:
        push()
        body.i64(0xFFFF_FFFF)
        body.op(w.I64_AND)

    def up(push: Push) -> None:
        push()
        body.i64(32)
        body.op(w.I64_SHR_U)

    def of(index: int) -> Push:
        return lambda: body.get(index)

    # middle = high(a)*low(b) + (low(a)*low(b) >> 32): at most 2^64 - 2^32, no carry.
    up(a)
    low(b)
    body.op(w.I64_MUL)
    low(a)
    low(b)
    body.op(w.I64_MUL)
    body.i64(32)
    body.op(w.I64_SHR_U, w.I64_ADD)
    body.set(middle)
    # cross = low(a)*high(b) + low(middle)
    low(a)
    up(b)
    body.op(w.I64_MUL)
    low(of(middle))
    body.op(w.I64_ADD)
    body.set(cross)
    up(a)
    up(b)
    body.op(w.I64_MUL)
    up(of(middle))
    body.op(w.I64_ADD)
    up(of(cross))
    body.op(w.I64_ADD)
    body.set(high)

"""The core module: both memories, the loop between translated functions, and the stepper.

The stepper is a plain interpreter, written in WebAssembly, that executes one instruction after the other on the
registers in the control memory. It executes what hasn't been translated, the first access to a page, and the last
steps before a boundary. What it finds out of the ordinary (any fault, any ecall) it leaves to the reference
interpreter, before it has changed anything. The module is the same for every program.
"""

from __future__ import annotations

from collections.abc import Callable

from ..decode import TABLE, Format, Row
from . import layout, semantics
from . import wasm as w
from .layout import CONTROL, GUEST, Exit
from .wasm import I32, I64, Body, Module

TYPE_RUN, TYPE_TRANSLATED = 0, 1
"""Function types of the core module: `() -> reason` and `(entry or mode) -> reason`."""
_FUNCT3 = 0x7000
_FIRST_FORBIDDEN = 1 << 32


def core_module(track: bool, wide_arithmetic: bool) -> bytes:
    """The core module's bytes; with `track`, its stepper also marks the pages that are read and fetched from."""
    module = Module(types=[((), (I32,)), ((I32,), (I32,))])
    module.memories = [("guest", layout.GUEST_WASM_PAGES), ("control", layout.CONTROL_PAGES)]
    module.table = ("functions", layout.TABLE_SIZE)
    step = module.function(TYPE_TRANSLATED, _Stepper(track, wide_arithmetic).body)
    module.function(TYPE_RUN, _run(step), "run")
    return module.encode()


def _control_load(body: Body, opcode: int, offset: int) -> None:
    """Push a field of the control memory."""
    body.i32(0)
    body.memory(opcode, offset, CONTROL)


def _run(step: int) -> Body:
    """`run`: call translated functions where there are some, and the stepper otherwise, until it gives a reason."""
    body = Body()
    offset, entry, reason = body.local(I64), body.local(I32), body.local(I32)
    body.loop("top")
    _control_load(body, w.I64_LOAD, layout.PC)
    _control_load(body, w.I64_LOAD, layout.CODE_BASE)
    body.op(w.I64_SUB)
    body.tee(offset)
    body.i64(2)
    body.op(w.I64_ROTR)
    _control_load(body, w.I64_LOAD, layout.COVERED)
    body.i64(2)
    body.op(w.I64_SHR_U, w.I64_LT_U)
    body.if_()
    body.get(offset)
    body.op(w.I32_WRAP_I64)
    body.memory(w.I32_LOAD, layout.ENTRIES, CONTROL)
    body.tee(entry)
    body.if_()
    body.get(entry)
    body.i32(layout.ENTRY_MASK)
    body.op(w.I32_AND)
    body.get(entry)
    body.i32(layout.ENTRY_BITS)
    body.op(w.I32_SHR_U)
    body.call_indirect(TYPE_TRANSLATED)
    body.tee(reason)
    body.i32(Exit.LOOK_UP)
    body.op(w.I32_EQ)
    body.br_if("top")
    body.end()
    body.end()
    body.get(reason)
    body.i32(Exit.TAIL)
    body.op(w.I32_EQ)
    body.call(step)
    body.tee(reason)
    body.i32(Exit.LOOK_UP)
    body.op(w.I32_EQ)
    body.br_if("top")
    body.end()
    body.get(reason)
    return body


class _Stepper:
    """Writes the stepper: a function `(tail) -> reason`, that uses the budget up if `tail` is 1."""

    def __init__(self, track: bool, wide_arithmetic: bool) -> None:
        self._track = track
        body = self.body = Body(parameters=1, wide_arithmetic=wide_arithmetic)
        self._pc, self._budget, self._base, self._size = (body.local(I64) for _ in range(4))
        self._a, self._b, self._value, self._address = (body.local(I64) for _ in range(4))
        self._word, self._heat, self._page, self._last, self._entry = (body.local(I32) for _ in range(5))
        self._reason, self._count = body.local(I32), body.local(I32)
        self._write()

    def _write(self) -> None:
        body = self.body
        for local, offset in (
            (self._pc, layout.PC),
            (self._budget, layout.BUDGET),
            (self._base, layout.CODE_BASE),
            (self._size, layout.CODE_SIZE),
        ):
            _control_load(body, w.I64_LOAD, offset)
            body.set(local)
        body.block("exit")
        body.block("reference")
        body.loop("next")
        self._fetch()
        body.block("jump")
        body.block("advance")
        body.block("write")
        self._execute()
        body.end()
        self._write_register()
        body.end()
        body.get(self._pc)
        body.i64(4)
        body.op(w.I64_ADD)
        body.set(self._pc)
        self._spend()
        body.br("next")
        body.end()
        self._jump()
        body.br("next")
        body.end()
        body.end()
        body.i32(Exit.REFERENCE)
        body.set(self._reason)
        body.end()
        for local, offset in ((self._pc, layout.PC), (self._budget, layout.BUDGET)):
            body.i32(0)
            body.get(local)
            body.memory(w.I64_STORE, offset, CONTROL)
        body.get(self._reason)

    def _spend(self) -> None:
        """Count one step."""
        self.body.get(self._budget)
        self.body.i64(1)
        self.body.op(w.I64_SUB)
        self.body.set(self._budget)

    def _leave(self, reason: Exit) -> None:
        self.body.i32(reason)
        self.body.set(self._reason)
        self.body.br("exit")

    def _fetch(self) -> None:
        """Load the word at pc and both source registers, or leave."""
        body = self.body
        body.get(self._budget)
        body.op(w.I64_EQZ)
        body.if_(unlikely=True)
        self._leave(Exit.DONE)
        body.end()
        body.get(self._pc)
        body.get(self._base)
        body.op(w.I64_SUB)
        body.i64(2)
        body.op(w.I64_ROTR)
        body.get(self._size)
        body.i64(2)
        body.op(w.I64_SHR_U, w.I64_GE_U)
        body.br_if("reference", unlikely=True)
        if self._track:
            self._see(lambda: body.get(self._pc), 0)
        body.get(self._pc)
        body.op(w.I32_WRAP_I64)
        body.memory(w.I32_LOAD, 0, GUEST)
        body.set(self._word)
        for local, shift in ((self._a, 12), (self._b, 17)):
            body.get(self._word)
            body.i32(shift)
            body.op(w.I32_SHR_U)
            body.i32(0xF8)
            body.op(w.I32_AND)
            body.memory(w.I64_LOAD, layout.REGISTERS, CONTROL)
            body.set(local)

    def _write_register(self) -> None:
        """x[rd] = value, and x0 = 0."""
        body = self.body
        body.get(self._word)
        body.i32(4)
        body.op(w.I32_SHR_U)
        body.i32(0xF8)
        body.op(w.I32_AND)
        body.get(self._value)
        body.memory(w.I64_STORE, layout.REGISTERS, CONTROL)
        body.i32(0)
        body.i64(0)
        body.memory(w.I64_STORE, layout.REGISTERS, CONTROL)

    def _jump(self) -> None:
        """Go to `address`; leave where a translation begins, or where one should."""
        body = self.body
        body.get(self._address)
        body.set(self._pc)
        self._spend()
        body.get(0)
        body.br_if("next")
        body.get(self._pc)
        body.get(self._base)
        body.op(w.I64_SUB)
        body.tee(self._value)
        _control_load(body, w.I64_LOAD, layout.COVERED)
        body.op(w.I64_GE_U)
        body.br_if("next", unlikely=True)
        body.get(self._value)
        body.op(w.I32_WRAP_I64)
        body.tee(self._page)
        body.memory(w.I32_LOAD, layout.ENTRIES, CONTROL)
        body.if_(unlikely=True)
        self._leave(Exit.LOOK_UP)
        body.end()
        body.get(self._page)
        _control_load(body, w.I32_LOAD, layout.HEAT_BASE)
        body.op(w.I32_ADD)
        body.tee(self._page)
        body.get(self._page)
        body.memory(w.I32_LOAD, 0, CONTROL)
        body.i32(1)
        body.op(w.I32_ADD)
        # The highest bit tells that a computed jump, a jalr, has led here.
        body.get(self._word)
        body.i32(0x7F)
        body.op(w.I32_AND)
        body.i32(0x67)
        body.op(w.I32_EQ)
        body.i32(31)
        body.op(w.I32_SHL, w.I32_OR)
        body.tee(self._heat)
        body.memory(w.I32_STORE, 0, CONTROL)
        body.get(self._heat)
        body.i32(0x7FFF_FFFF)
        body.op(w.I32_AND)
        _control_load(body, w.I32_LOAD, layout.THRESHOLD)
        body.op(w.I32_GE_U)
        body.if_(unlikely=True)
        self._leave(Exit.HOT)
        body.end()

    # Instructions

    def _execute(self) -> None:
        """Branch on the opcode, then on funct3, then compare with the rows of the decode table that are left."""
        body = self.body
        rows: dict[int, list[Row]] = {}
        for row in TABLE:
            rows.setdefault(row.match & 0x7F, []).append(row)
        # Bits 2 to 6; the two lowest bits of every row are ones.
        opcodes = sorted(rows)
        body.get(self._word)
        body.i32(3)
        body.op(w.I32_AND)
        body.i32(3)
        body.op(w.I32_NE)
        body.br_if("reference", unlikely=True)
        for opcode in reversed(opcodes):
            body.block(("opcode", opcode))
        body.get(self._word)
        body.i32(2)
        body.op(w.I32_SHR_U)
        body.i32(31)
        body.op(w.I32_AND)
        body.br_table([("opcode", i << 2 | 3) if i << 2 | 3 in rows else "reference" for i in range(31)], "reference")
        for opcode in opcodes:
            body.end()
            self._by_funct3(rows[opcode])

    def _by_funct3(self, rows: list[Row]) -> None:
        body = self.body
        if not rows[0].mask & _FUNCT3:
            self._by_row(rows)
            return
        groups: dict[int, list[Row]] = {}
        for row in rows:
            groups.setdefault((row.match & _FUNCT3) >> 12, []).append(row)
        for funct3 in sorted(groups, reverse=True):
            body.block(("funct3", funct3))
        body.get(self._word)
        body.i32(12)
        body.op(w.I32_SHR_U)
        body.i32(7)
        body.op(w.I32_AND)
        body.br_table([("funct3", i) if i in groups else "reference" for i in range(7)],
                      ("funct3", 7) if 7 in groups else "reference")  # fmt: skip
        for funct3 in sorted(groups):
            body.end()
            self._by_row(groups[funct3])

    def _by_row(self, rows: list[Row]) -> None:
        body = self.body
        for row in rows:
            tested = row.mask & ~(0x7F | _FUNCT3) != 0
            if tested:
                body.get(self._word)
                body.i32(row.mask)
                body.op(w.I32_AND)
                body.i32(row.match)
                body.op(w.I32_EQ)
                body.if_()
            self._instruction(row)
            if not tested:
                return
            body.end()
        body.br("reference")

    def _instruction(self, row: Row) -> None:
        """Execute an instruction of a row; ends with a branch to what follows it."""
        body, name = self.body, row.mnemonic
        a, b = (lambda: body.get(self._a)), (lambda: body.get(self._b))
        if name in ("ecall", "ebreak"):
            body.br("reference")
        elif name == "fence":
            body.br("advance")
        elif name in ("jal", "jalr"):
            self._link(row)
        elif name in semantics.BRANCHES:
            self._branch(name)
        elif name in semantics.LOADS:
            self._load(name)
        elif name in semantics.STORES:
            self._store(name)
        else:
            if name in ("lui", "auipc"):
                self._immediate(row.format)
                if name == "auipc":
                    body.get(self._pc)
                    body.op(w.I64_ADD)
            elif name in semantics.IMMEDIATE:
                # Of shifts, the count's low bits are what the operation takes (MCH-133).
                self._immediate(Format.I)
                body.set(self._b)
                semantics.compute(body, semantics.IMMEDIATE[name], a, b)
            else:
                semantics.compute(body, name, a, b)
            body.set(self._value)
            body.br("write")

    def _bits(self, low: int, count: int, to: int) -> None:
        """Push a field of the word, moved to bit `to`."""
        body = self.body
        body.get(self._word)
        if low > to:
            body.i32(low - to)
            body.op(w.I32_SHR_U)
        elif low < to:
            body.i32(to - low)
            body.op(w.I32_SHL)
        body.i32(((1 << count) - 1) << to)
        body.op(w.I32_AND)

    def _immediate(self, kind: Format) -> None:
        """Push the word's immediate, sign-extended to 64 bits (MCH-042)."""
        body = self.body
        match kind:
            case Format.U:
                body.get(self._word)
                body.i32(0xFFFF_F000)
                body.op(w.I32_AND)
            case Format.I:
                body.get(self._word)
                body.i32(20)
                body.op(w.I32_SHR_S)
            case Format.S:
                self._sign(20, 0xFFFF_FFE0)
                self._bits(7, 5, 0)
                body.op(w.I32_OR)
            case Format.B:
                self._sign(19, 0xFFFF_F000)
                for low, count, to in ((7, 1, 11), (25, 6, 5), (8, 4, 1)):
                    self._bits(low, count, to)
                    body.op(w.I32_OR)
            case Format.J:
                self._sign(11, 0xFFF0_0000)
                for low, count, to in ((12, 8, 12), (20, 1, 11), (21, 10, 1)):
                    self._bits(low, count, to)
                    body.op(w.I32_OR)
            case _:
                raise AssertionError(kind)
        body.op(w.I64_EXTEND_I32_S)

    def _sign(self, shift: int, mask: int) -> None:
        """Push the word shifted right arithmetically, but only the bits of `mask`."""
        self.body.get(self._word)
        self.body.i32(shift)
        self.body.op(w.I32_SHR_S)
        self.body.i32(mask)
        self.body.op(w.I32_AND)

    def _aligned(self) -> None:
        """Leave the instruction to the interpreter if the target, in `address`, is misaligned (MCH-091)."""
        body = self.body
        body.get(self._address)
        body.i64(3)
        body.op(w.I64_AND, w.I64_EQZ, w.I32_EQZ)
        body.br_if("reference", unlikely=True)

    def _link(self, row: Row) -> None:
        body = self.body
        self._immediate(row.format)
        body.get(self._pc if row.mnemonic == "jal" else self._a)
        body.op(w.I64_ADD)
        if row.mnemonic == "jalr":
            body.i64(-2)
            body.op(w.I64_AND)
        body.set(self._address)
        self._aligned()
        body.get(self._pc)
        body.i64(4)
        body.op(w.I64_ADD)
        body.set(self._value)
        self._write_register()
        body.br("jump")

    def _branch(self, name: str) -> None:
        body = self.body
        body.get(self._a)
        body.get(self._b)
        body.op(semantics.BRANCHES[name])
        body.if_()
        self._immediate(Format.B)
        body.get(self._pc)
        body.op(w.I64_ADD)
        body.set(self._address)
        self._aligned()
        body.br("jump")
        body.end()
        body.get(self._pc)
        body.i64(4)
        body.op(w.I64_ADD)
        body.set(self._address)
        body.br("jump")

    # Memory

    def _effective(self, kind: Format, size: int) -> None:
        """address = rs1 + immediate; leave the instruction to the interpreter if the access ends past 2^32."""
        body = self.body
        self._immediate(kind)
        body.get(self._a)
        body.op(w.I64_ADD)
        body.tee(self._address)
        body.i64(_FIRST_FORBIDDEN - size)
        body.op(w.I64_GT_U)
        body.br_if("reference", unlikely=True)

    def _load(self, name: str) -> None:
        body = self.body
        opcode, size = semantics.LOADS[name]
        self._effective(Format.I, size)
        if self._track:
            self._see(lambda: body.get(self._address), 0)
            if size > 1:
                self._see(lambda: body.get(self._address), size - 1)
        body.get(self._address)
        body.op(w.I32_WRAP_I64)
        body.memory(opcode, 0, GUEST)
        body.set(self._value)
        body.br("write")

    def _page_of(self, push: Callable[[], None], past: int, target: int) -> None:
        """target = the page of an address plus `past`."""
        body = self.body
        push()
        if past:
            body.i64(past)
            body.op(w.I64_ADD)
        body.i64(12)
        body.op(w.I64_SHR_U, w.I32_WRAP_I64)
        body.set(target)

    def _append(self, page: int, count_at: int, list_at: int, map_at: int) -> None:
        """Mark a page in a map that lacks it, and append it to the list."""
        body = self.body
        body.get(page)
        body.i32(1)
        body.memory(w.I32_STORE8, map_at, CONTROL)
        _control_load(body, w.I32_LOAD, count_at)
        body.tee(self._count)
        body.i32(2)
        body.op(w.I32_SHL)
        body.get(page)
        body.memory(w.I32_STORE, list_at, CONTROL)
        body.i32(0)
        body.get(self._count)
        body.i32(1)
        body.op(w.I32_ADD)
        body.memory(w.I32_STORE, count_at, CONTROL)

    def _unmarked(self, page: int, map_at: int) -> None:
        """Push whether a map lacks a page."""
        self.body.get(page)
        self.body.memory(w.I32_LOAD8_U, map_at, CONTROL)
        self.body.op(w.I32_EQZ)

    def _see(self, push: Callable[[], None], past: int) -> None:
        """Mark the page of an address as seen; leave to the interpreter if it isn't there."""
        body = self.body
        self._page_of(push, past, self._page)
        self._unmarked(self._page, layout.SEEN_MAP)
        body.if_(unlikely=True)
        self._unmarked(self._page, layout.PRESENT_MAP)
        body.br_if("reference")
        self._append(self._page, layout.SEEN_COUNT, layout.SEEN_LIST, layout.SEEN_MAP)
        body.end()

    def _store(self, name: str) -> None:
        body = self.body
        opcode, size = semantics.STORES[name]
        self._effective(Format.S, size)
        self._page_of(lambda: body.get(self._address), 0, self._page)
        self._page_of(lambda: body.get(self._address), size - 1, self._last)
        pages = (self._page, self._last) if size > 1 else (self._page,)
        for page in pages:
            self._unmarked(page, layout.WRITTEN_MAP)
        if size > 1:
            body.op(w.I32_OR)
        body.if_(unlikely=True)
        for page in pages:
            self._writable(page)
        # Nothing has been changed yet, and both pages may be written.
        _control_load(body, w.I32_LOAD, layout.WRITTEN_COUNT)
        _control_load(body, w.I32_LOAD, layout.WRITTEN_LIMIT)
        body.op(w.I32_GE_U)
        body.if_()
        self._leave(Exit.FULL)
        body.end()
        for page in pages:
            self._unmarked(page, layout.WRITTEN_MAP)
            body.if_()
            self._append(page, layout.WRITTEN_COUNT, layout.WRITTEN_LIST, layout.WRITTEN_MAP)
            body.end()
        body.end()
        body.get(self._address)
        body.op(w.I32_WRAP_I64)
        body.get(self._b)
        body.memory(opcode, 0, GUEST)
        body.br("advance")

    def _writable(self, page: int) -> None:
        """Leave to the interpreter if a page is code or input (MCH-053), or isn't there."""
        body = self.body
        body.get(page)
        body.op(w.I64_EXTEND_I32_U)
        body.i64(12)
        body.op(w.I64_SHL)
        body.get(self._base)
        body.op(w.I64_SUB)
        body.get(self._size)
        body.op(w.I64_LT_U)
        body.get(page)
        body.i32(18)
        body.op(w.I32_SHR_U)
        body.i32(2)
        body.op(w.I32_EQ, w.I32_OR)
        if self._track:
            self._unmarked(page, layout.PRESENT_MAP)
            body.op(w.I32_OR)
        body.br_if("reference")

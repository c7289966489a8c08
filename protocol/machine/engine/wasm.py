"""An encoder for the part of WebAssembly's binary format that the engine emits; it knows nothing of the machine."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

I32 = 0x7F
"""Value type: 32-bit integer."""
I64 = 0x7E
"""Value type: 64-bit integer."""
PAGE = 65536
"""Bytes of a WebAssembly memory page."""
_VOID = 0x40

# Opcodes, by the names of the WebAssembly specification (`.` written `_`).
UNREACHABLE, NOP, BLOCK, LOOP, IF, ELSE, END, BR, BR_IF, BR_TABLE, RETURN, CALL, CALL_INDIRECT = (
    *(0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x0B),
    *(0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11),
)
DROP, SELECT, LOCAL_GET, LOCAL_SET, LOCAL_TEE = 0x1A, 0x1B, 0x20, 0x21, 0x22
I32_LOAD, I64_LOAD, I32_LOAD8_U, I32_LOAD16_U = 0x28, 0x29, 0x2D, 0x2F
I64_LOAD8_S, I64_LOAD8_U, I64_LOAD16_S, I64_LOAD16_U, I64_LOAD32_S, I64_LOAD32_U = 0x30, 0x31, 0x32, 0x33, 0x34, 0x35
I32_STORE, I64_STORE, I32_STORE8, I64_STORE8, I64_STORE16, I64_STORE32 = 0x36, 0x37, 0x3A, 0x3C, 0x3D, 0x3E
I32_CONST, I64_CONST = 0x41, 0x42
I32_EQZ, I32_EQ, I32_NE, I32_LT_S, I32_LT_U, I32_GT_S, I32_GT_U, I32_LE_S, I32_LE_U, I32_GE_S, I32_GE_U = range(
    0x45, 0x50
)
I64_EQZ, I64_EQ, I64_NE, I64_LT_S, I64_LT_U, I64_GT_S, I64_GT_U, I64_LE_S, I64_LE_U, I64_GE_S, I64_GE_U = range(
    0x50, 0x5B
)
I32_ADD, I32_SUB, I32_MUL, I32_DIV_S, I32_DIV_U, I32_REM_S, I32_REM_U = range(0x6A, 0x71)
I32_AND, I32_OR, I32_XOR, I32_SHL, I32_SHR_S, I32_SHR_U = range(0x71, 0x77)
I64_ADD, I64_SUB, I64_MUL, I64_DIV_S, I64_DIV_U, I64_REM_S, I64_REM_U = range(0x7C, 0x83)
I64_AND, I64_OR, I64_XOR, I64_SHL, I64_SHR_S, I64_SHR_U, I64_ROTL, I64_ROTR = range(0x83, 0x8B)
I32_WRAP_I64, I64_EXTEND_I32_S, I64_EXTEND_I32_U = 0xA7, 0xAC, 0xAD
I64_MUL_WIDE_S, I64_MUL_WIDE_U = 21, 22


def uleb(value: int) -> bytes:
    """An unsigned LEB128 number."""
    if value < 0x80:
        return _SMALL[value]
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = [bytes([value]) for value in range(0x80)]
_GET = [bytes([LOCAL_GET, index]) for index in range(0x80)]
_SET = [bytes([LOCAL_SET, index]) for index in range(0x80)]


def sleb(value: int) -> bytes:
    """A signed LEB128 number."""
    if -0x40 <= value < 0x40:
        return _SMALL[value & 0x7F]
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value == (-1 if byte & 0x40 else 0):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def signed64(value: int) -> int:
    """The 64 low bits of a number, read as a signed one: what `i64.const` takes."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


class Body:
    """A function's code as it grows. Labels are any hashable objects; the encoder counts the depths."""

    def __init__(self, parameters: int = 0, wide_arithmetic: bool = False) -> None:
        self.wide_arithmetic = wide_arithmetic
        self.code = bytearray()
        self.locals: list[int] = []
        self.hints: list[tuple[int, int]] = []
        self._parameters = parameters
        self._scratch: list[int] = []
        self._labels: list[Hashable] = []
        self._height: dict[Hashable, int] = {}

    def local(self, kind: int) -> int:
        """Declare a local and return its index."""
        self.locals.append(kind)
        return self._parameters + len(self.locals) - 1

    def scratch64(self, number: int) -> int:
        """The local of a scratch variable of 64 bits, the same one for the same number."""
        while len(self._scratch) <= number:
            self._scratch.append(self.local(I64))
        return self._scratch[number]

    def op(self, *opcodes: int) -> None:
        """Append operations that have no immediates."""
        self.code += bytes(opcodes)

    def get(self, index: int) -> None:
        """`local.get`."""
        self.code += _GET[index] if index < 0x80 else b"\x20" + uleb(index)

    def set(self, index: int) -> None:
        """`local.set`."""
        self.code += _SET[index] if index < 0x80 else b"\x21" + uleb(index)

    def tee(self, index: int) -> None:
        """`local.tee`."""
        self.code.append(LOCAL_TEE)
        self.code += uleb(index)

    def i32(self, value: int) -> None:
        """`i32.const` of a number from -2^31 to 2^32-1."""
        self.code.append(I32_CONST)
        self.code += sleb(value - (1 << 32) if value >> 31 == 1 else value)

    def i64(self, value: int) -> None:
        """`i64.const` of the number's 64 low bits."""
        self.code.append(I64_CONST)
        self.code += sleb(signed64(value))

    def memory(self, opcode: int, offset: int = 0, memory: int = 0) -> None:
        """A load or a store at the address on the stack plus `offset`, in memory 0 or another (multi-memory)."""
        code = self.code
        code.append(opcode)
        if memory:
            code.append(0x40)
            code += uleb(memory)
        else:
            code.append(0)
        code += uleb(offset)

    def wide(self, opcode: int) -> None:
        """`i64.mul_wide_s` or `i64.mul_wide_u`: two factors off the stack, low and high half onto it."""
        self.code.append(0xFC)
        self.code += uleb(opcode)

    def call(self, function: int) -> None:
        """`call`."""
        self.code.append(CALL)
        self.code += uleb(function)

    def call_indirect(self, kind: int, table: int = 0) -> None:
        """`call_indirect` of a function type's index."""
        self.code.append(CALL_INDIRECT)
        self.code += uleb(kind)
        self.code += uleb(table)

    def _open(self, opcode: int, label: Hashable) -> None:
        self.code.append(opcode)
        self.code.append(_VOID)
        self._height[label] = len(self._labels)
        self._labels.append(label)

    def block(self, label: Hashable) -> None:
        """Open a block; a branch to its label goes to its end."""
        self._open(BLOCK, label)

    def loop(self, label: Hashable) -> None:
        """Open a loop; a branch to its label goes to its head."""
        self._open(LOOP, label)

    def if_(self, label: Hashable = None, unlikely: bool = False) -> None:
        """Open an `if` on the number on the stack."""
        if unlikely:
            self.hints.append((len(self.code), 0))
        self._open(IF, object() if label is None else label)

    def else_(self) -> None:
        """The other arm of the innermost `if`."""
        self.code.append(ELSE)

    def end(self) -> None:
        """Close the innermost block, loop or `if`."""
        self.code.append(END)
        del self._height[self._labels.pop()]

    def depth(self, label: Hashable) -> int:
        """How many blocks a branch to `label` leaves."""
        return len(self._labels) - 1 - self._height[label]

    def br(self, label: Hashable) -> None:
        """`br`."""
        self.code.append(BR)
        self.code += uleb(self.depth(label))

    def br_if(self, label: Hashable, unlikely: bool = False) -> None:
        """`br_if`; `unlikely` tells the compiler that the branch is rarely taken."""
        if unlikely:
            self.hints.append((len(self.code), 0))
        self.code.append(BR_IF)
        self.code += uleb(self.depth(label))

    def br_table(self, labels: Sequence[Hashable], default: Hashable) -> None:
        """`br_table`."""
        self.code.append(BR_TABLE)
        self.code += uleb(len(labels))
        for label in labels:
            self.code += uleb(self.depth(label))
        self.code += uleb(self.depth(default))

    def header(self) -> bytes:
        """The declaration of the locals."""
        groups: list[list[int]] = []
        for kind in self.locals:
            if groups and groups[-1][1] == kind:
                groups[-1][0] += 1
            else:
                groups.append([1, kind])
        return _vector([uleb(count) + bytes([kind]) for count, kind in groups])


@dataclass
class Module:
    """A module as it grows: types, imported or own memories, one table, functions and exports."""

    types: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    imported_memories: list[tuple[str, int]] = field(default_factory=list)
    """Field name and smallest size in pages."""
    memories: list[tuple[str, int]] = field(default_factory=list)
    """Export name and smallest size in pages."""
    table: tuple[str, int] | None = None
    """Export name and size of a table of functions."""
    functions: list[tuple[int, Body, str | None]] = field(default_factory=list)
    """Type, body and export name."""

    def function(self, kind: int, body: Body, export: str | None = None) -> int:
        """Add a function and return its index."""
        self.functions.append((kind, body, export))
        return len(self.functions) - 1

    def encode(self) -> bytes:
        """The module's bytes."""
        exports = [
            *(
                _name(name) + b"\x02" + uleb(len(self.imported_memories) + i)
                for i, (name, _) in enumerate(self.memories)
            ),
            *(_name(name) + b"\x00" + uleb(i) for i, (_, _, name) in enumerate(self.functions) if name),
        ]
        sections = [
            (1, _vector([b"\x60" + _vector(_bytes(a)) + _vector(_bytes(b)) for a, b in self.types])),
            (2, _vector([_name("") + _name(f) + b"\x02" + _limits(pages) for f, pages in self.imported_memories])),
            (3, _vector([uleb(kind) for kind, _, _ in self.functions])),
        ]
        if self.table:
            sections.append((4, _vector([b"\x70\x01" + uleb(self.table[1]) * 2])))
            exports.append(_name(self.table[0]) + b"\x01\x00")
        sections.append((5, _vector([_limits(pages) for _, pages in self.memories])))
        sections.append((7, _vector(exports)))
        headers = [body.header() for _, body, _ in self.functions]
        bodies = [
            _sized(header + bytes(body.code) + b"\x0b")
            for header, (_, body, _) in zip(headers, self.functions, strict=True)
        ]
        hints = [
            uleb(i) + _vector([uleb(len(header) + at) + b"\x01" + bytes([likely]) for at, likely in body.hints])
            for i, (header, (_, body, _)) in enumerate(zip(headers, self.functions, strict=True))
            if body.hints
        ]
        sections.append((0, _name("metadata.code.branch_hint") + _vector(hints)))
        sections.append((10, _vector(bodies)))
        return b"\0asm\1\0\0\0" + b"".join(bytes([number]) + _sized(content) for number, content in sections)


def _bytes(kinds: Iterable[int]) -> list[bytes]:
    return [bytes([kind]) for kind in kinds]


def _vector(items: Sequence[bytes]) -> bytes:
    return uleb(len(items)) + b"".join(items)


def _sized(content: bytes) -> bytes:
    return uleb(len(content)) + content


def _name(name: str) -> bytes:
    return _sized(name.encode())


def _limits(pages: int) -> bytes:
    return b"\x01" + uleb(pages) + uleb(PAGE)

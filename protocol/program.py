"""Programs: from an ELF file to what the machine loads, and the digest that commits to it (spec/loading.md).

A parser of its own rather than a library's: which files are programs must agree to the byte between implementations, so
every field that matters is read here, once, and checked in the order of the specification. It reads the ELF header and
the program headers; section headers, symbols and everything else in the file are for other tools.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from .errors import DecodeError, ProtocolError, SchemaError, SemanticError
from .machine.context import program_id
from .trees.memory import IMAGE_HEIGHT, PAGE_BITS, PAGE_SIZE, subtree_root

MAX_PROGRAM_BYTES: Final = 1 << 26
"""Largest ELF file, and largest sum of what its segments take from it, in bytes (LOD-001, LOD-032)."""
MAX_PROGRAM_HEADERS: Final = 64
"""Most program headers (LOD-007)."""
IMAGE_LIMIT: Final = 1 << 31
"""Segments end here at the latest (LOD-031)."""
HEADER_SIZE: Final = 64
"""Size of an ELF64 header in bytes (LOD-003)."""
PROGRAM_HEADER_SIZE: Final = 56
"""Size of an ELF64 program header in bytes (LOD-008)."""

_HEADER = struct.Struct("<4s5B7xHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")

_MAGIC = b"\x7fELF"
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_FLAG_EXECUTE, _FLAG_WRITE = 1, 2
_RVC = 0x1
_FLOAT_ABI = 0x6

FLAGS: Final = "-march=rv64im -mabi=lp64 (zig cc: -target riscv64-freestanding-none -mcpu=generic_rv64+m)"
"""What makes compilers build for this machine; the errors that a rebuild mends name it."""


class _Header(NamedTuple):
    """The ELF header, in the file's order."""

    magic: bytes
    elf_class: int
    byte_order: int
    ident_version: int
    os_abi: int
    abi_version: int
    kind: int
    machine: int
    version: int
    entry: int
    table: int
    sections: int
    flags: int
    size: int
    header_size: int
    headers: int
    section_size: int
    section_count: int
    section_names: int


class Segment(NamedTuple):
    """A program header, as far as it matters."""

    number: int
    kind: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int

    @property
    def end(self) -> int:
        """The address after its last byte; an unbounded integer, so nothing wraps."""
        return self.address + self.memory_size

    @property
    def writable(self) -> bool:
        """Whether the program may store into it."""
        return bool(self.flags & _FLAG_WRITE)

    @property
    def executable(self) -> bool:
        """Whether it is code."""
        return bool(self.flags & _FLAG_EXECUTE)

    @property
    def where(self) -> str:
        """The place that errors name."""
        return f"program header {self.number}"


@dataclass(frozen=True, slots=True)
class Program:
    """What the machine loads. Pages of zeros are left out of `pages`, as everywhere in sparse memory."""

    entry: int
    code_first: int
    code_end: int
    image_root: bytes
    pages: Mapping[int, bytes] = field(repr=False, compare=False)

    @property
    def id(self) -> bytes:
        """The digest that names the program (LOD-042): of what is loaded, not of the file."""
        return program_id(self.entry, self.code_first, self.code_end, self.image_root)


def load_program(data: bytes | bytearray | memoryview) -> Program:
    """The program in an ELF file.

    Raises DecodeError, SchemaError or SemanticError, for the first check of spec/loading.md that fails; time and memory
    are bounded by the file's size.
    """
    view = memoryview(data).cast("B")
    entry, segments = _read(view)
    loaded = [segment for segment in segments if segment.kind == _PT_LOAD]
    code = _check_layout(loaded, entry)
    pages = _image(view, loaded)
    return Program(
        entry=entry,
        code_first=code.address >> PAGE_BITS,
        code_end=_pages_end(code),
        image_root=subtree_root(pages, 0, IMAGE_HEIGHT),
        pages=pages,
    )


def _read(view: memoryview) -> tuple[int, list[Segment]]:
    """Entry and program headers of a file that passes the decode and schema checks, LOD-001 to LOD-025."""
    size = len(view)
    bad = DecodeError
    _require(size <= MAX_PROGRAM_BYTES, bad, "too-large", "LOD-001", f"more than {MAX_PROGRAM_BYTES} bytes")
    _require(view[:4] == _MAGIC, bad, "not-elf", "LOD-002", "not an ELF file; `tracework build` makes one from C")
    _require(size >= HEADER_SIZE, bad, "truncated", "LOD-003", "the file ends within the ELF header")
    header = _Header(*_HEADER.unpack_from(view))
    _require(header.elf_class == 2, bad, "elf-class", "LOD-004", f"not a 64-bit ELF; build with {FLAGS}")
    _require(
        header.byte_order == 1, bad, "elf-byte-order", "LOD-005", "not a little-endian ELF; build with -mlittle-endian"
    )
    _require(
        header.ident_version == header.version == 1,
        bad,
        "elf-version",
        "LOD-006",
        "not version 1 of the ELF format, and there is no other: the file is damaged",
    )
    count, table = header.headers, header.table
    _require(
        count <= MAX_PROGRAM_HEADERS,
        bad,
        "elf-program-headers",
        "LOD-007",
        f"{count} program headers, more than {MAX_PROGRAM_HEADERS}",
    )
    if count:
        _require(
            header.header_size == PROGRAM_HEADER_SIZE,
            bad,
            "elf-program-headers",
            "LOD-008",
            f"program headers of {header.header_size} bytes, not {PROGRAM_HEADER_SIZE}: the file is damaged",
        )
        _require(
            table + count * PROGRAM_HEADER_SIZE <= size,
            bad,
            "truncated",
            "LOD-009",
            "the file ends before its program headers do",
        )
    segments = [_segment(view, table, index) for index in range(count)]
    for segment in segments:
        if segment.kind == _PT_LOAD and segment.file_size:
            _require(
                segment.offset + segment.file_size <= size,
                bad,
                "truncated",
                "LOD-010",
                "the file ends before this segment's content does",
                segment.where,
            )
    _check_kind(header, segments)
    return header.entry, segments


def _check_kind(header: _Header, segments: Sequence[Segment]) -> None:
    """Whether a readable ELF file is for this machine, LOD-020 to LOD-025."""
    bad = SchemaError
    _require(
        header.machine == 243,
        bad,
        "elf-machine",
        "LOD-020",
        f"built for another processor (e_machine {header.machine}), not for RISC-V; build with {FLAGS}",
    )
    _require(header.kind == 2, bad, "elf-type", "LOD-021", _TYPES.get(header.kind, "not an executable file"))
    _require(
        not header.flags & _RVC,
        bad,
        "elf-compressed",
        "LOD-022",
        f"compiled to compressed instructions; build without them: {FLAGS}",
    )
    _require(
        not header.flags & _FLOAT_ABI,
        bad,
        "elf-float-abi",
        "LOD-023",
        f"compiled to floating-point instructions and registers; build with soft floats: {FLAGS}",
    )
    _require(
        not header.flags, bad, "elf-flags", "LOD-024", f"needs more than rv64im (e_flags {header.flags:#x}); {FLAGS}"
    )
    for segment in segments:
        _require(
            segment.kind not in (_PT_DYNAMIC, _PT_INTERP),
            bad,
            "elf-dynamic",
            "LOD-025",
            "dynamically linked; link with -static -no-pie",
            segment.where,
        )


_TYPES = {
    1: "an object file; link it first, with -static",
    3: "a shared library or a position-independent program; link with -static -no-pie",
    4: "a core dump, not a program",
}


def _segment(view: memoryview, table: int, index: int) -> Segment:
    kind, flags, offset, address, _, file_size, memory_size, _ = _PROGRAM_HEADER.unpack_from(
        view, table + index * PROGRAM_HEADER_SIZE
    )
    return Segment(index, kind, flags, offset, address, file_size, memory_size)


def _check_layout(loaded: Sequence[Segment], entry: int) -> Segment:
    """The code segment among load segments that fit together, LOD-030 to LOD-039."""
    bad = SemanticError
    for segment in loaded:
        _require(
            segment.file_size <= segment.memory_size,
            bad,
            "elf-segment-size",
            "LOD-030",
            "longer in the file than in memory: the file is damaged",
            segment.where,
        )
    present = [segment for segment in loaded if segment.memory_size]
    for segment in present:
        _require(
            segment.end <= IMAGE_LIMIT,
            bad,
            "elf-segment-range",
            "LOD-031",
            "ends above 0x80000000, where the input is; link it lower: -Wl,-Ttext=0x10000 or the linker script",
            segment.where,
        )
    _require(
        sum(segment.file_size for segment in present) <= MAX_PROGRAM_BYTES,
        bad,
        "elf-image-too-large",
        "LOD-032",
        f"the segments take more than {MAX_PROGRAM_BYTES} bytes from the file; move data to the input",
    )
    by_address = sorted(present, key=lambda segment: segment.address)
    for before, after in itertools.pairwise(by_address):
        _require(
            before.end <= after.address,
            bad,
            "elf-segment-overlap",
            "LOD-033",
            f"shares addresses with {before.where}; mend the linker script",
            after.where,
        )
    for segment in present:
        _require(
            not (segment.writable and segment.executable),
            bad,
            "elf-writable-code",
            "LOD-034",
            "writable and executable; keep code and data apart: link without -N, with -Wl,-z,separate-code",
            segment.where,
        )
    codes = [segment for segment in present if segment.executable]
    _require(
        bool(codes), bad, "elf-no-code", "LOD-035", "no segment is executable: is there a _start? link with -e _start"
    )
    code = codes[0]
    _require(
        len(codes) == 1,
        bad,
        "elf-second-code",
        "LOD-036",
        "the second executable segment; gather all code in one, as `tracework build`'s linker script does",
        codes[-1].where,
    )
    first, end = code.address >> PAGE_BITS, _pages_end(code)
    for segment in present:
        _require(
            not segment.writable or _pages_end(segment) <= first or end <= segment.address >> PAGE_BITS,
            bad,
            "elf-code-page-shared",
            "LOD-037",
            "writable data on a page that holds code; link with -Wl,-z,separate-code, or . = ALIGN(4096) in the script",
            segment.where,
        )
    _require(
        entry % 4 == 0,
        bad,
        "elf-entry-misaligned",
        "LOD-038",
        f"the entry point {entry:#x} is not a multiple of 4",
        "entry",
    )
    _require(
        code.address <= entry < code.end,
        bad,
        "elf-entry-outside",
        "LOD-039",
        f"the entry point {entry:#x} is not in the executable segment; link with -e _start",
        "entry",
    )
    return code


def _pages_end(segment: Segment) -> int:
    """The page after the last one that a segment touches."""
    return (segment.end + PAGE_SIZE - 1) >> PAGE_BITS


def _image(view: memoryview, loaded: Sequence[Segment]) -> dict[int, bytes]:
    """The pages of memory that the segments fill, ascending, without those that are all zero (LOD-040)."""
    pages: dict[int, bytearray] = {}
    for segment in loaded:
        position, end = segment.address, segment.address + segment.file_size
        while position < end:
            number, start = position >> PAGE_BITS, position % PAGE_SIZE
            size = min(PAGE_SIZE - start, end - position)
            source = segment.offset + position - segment.address
            page = pages.setdefault(number, bytearray(PAGE_SIZE))
            page[start : start + size] = view[source : source + size]
            position += size
    zero = bytes(PAGE_SIZE)
    return {number: bytes(pages[number]) for number in sorted(pages) if pages[number] != zero}


def _require(
    holds: bool, error: type[ProtocolError], code: str, requirement: str, message: str, where: str = ""
) -> None:
    if not holds:
        raise error(code, message, requirement=requirement, where=where)

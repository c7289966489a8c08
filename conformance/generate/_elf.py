"""Makes ELF files for vectors and tests: small ones that load, and any departure from them, field by field."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

LOAD: Final = 1
R: Final = 4
W: Final = 2
X: Final = 1
HEADER = struct.Struct("<4s5B7xHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
TABLE: Final = HEADER.size
"""Where the program headers stand."""

EXIT_0: Final = bytes.fromhex("13050000930500009308d00573000000")
"""Code: a0 = 0, a1 = 0, a7 = 93, ecall."""


IMAGE_LIMIT: Final = 1 << 31
"""Where the image ends."""


@dataclass(frozen=True, slots=True)
class Part:
    """A program header with its content. What is None follows from the content and from the parts before."""

    address: int
    data: bytes = b""
    flags: int = R
    memory_size: int | None = None
    file_size: int | None = None
    offset: int | None = None
    kind: int = LOAD
    physical: int | None = None
    alignment: int = 1


def elf(parts: Sequence[Part], entry: int | None = None, *, tail: bytes = b"", **fields: Any) -> bytes:
    """An ELF file: header, program headers, the parts' contents in order, `tail`.

    `fields` override the header's: magic, elf_class, byte_order, ident_version, os_abi, kind, machine, version, table,
    sections, flags, size, header_size, headers, section_size, section_count, section_names.
    """
    values: dict[str, Any] = {
        "magic": b"\x7fELF",
        "elf_class": 2,
        "byte_order": 1,
        "ident_version": 1,
        "os_abi": 0,
        "abi_version": 0,
        "kind": 2,
        "machine": 243,
        "version": 1,
        "entry": parts[0].address if entry is None and parts else entry or 0,
        "table": TABLE,
        "sections": 0,
        "flags": 0,
        "size": HEADER.size,
        "header_size": PROGRAM_HEADER.size,
        "headers": len(parts),
        "section_size": 0,
        "section_count": 0,
        "section_names": 0,
    }
    assert fields.keys() <= values.keys(), fields.keys() - values.keys()
    values |= fields
    position = TABLE + PROGRAM_HEADER.size * len(parts)
    headers = b""
    for part in parts:
        file_size = len(part.data) if part.file_size is None else part.file_size
        headers += PROGRAM_HEADER.pack(
            part.kind,
            part.flags,
            position if part.offset is None else part.offset,
            part.address,
            part.address if part.physical is None else part.physical,
            file_size,
            file_size if part.memory_size is None else part.memory_size,
            part.alignment,
        )
        position += len(part.data)
    return HEADER.pack(*values.values()) + headers + b"".join(part.data for part in parts) + tail


CODE: Final = Part(0x10000, EXIT_0, R | X)
"""A code segment. Most files of the vectors are this one, or this one and DATA, with one change."""
DATA: Final = Part(0x20000, b"data", R | W)
"""A data segment that fits CODE."""


def short(file: bytes) -> bytes | Mapping[str, Any]:
    """Zeros at the end of a long file, as a recipe."""
    kept = file.rstrip(b"\0")
    if len(file) - len(kept) < 1024:
        return file
    return {"concat": [kept, {"repeat": b"\0", "times": len(file) - len(kept)}]}

"""Program files that are rejected, each for one reason: a file that loads, with one change (spec/loading.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import Case, invalid
from ._elf import CODE, DATA, EXIT_0, TABLE, Part, R, W, X, elf, short
from ._elf import IMAGE_LIMIT as LIMIT


def cases() -> list[Case]:
    """All of them, in the order of the requirements."""
    return [*_unreadable(), *_of_another_kind(), *_ill_laid_out()]


def _refuse(
    name: str, comment: str, requirement: str, file: bytes | Mapping[str, Any], error: str, flags: Sequence[str] = ()
) -> Case:
    given = {"file": short(file) if isinstance(file, bytes) else file}
    return invalid(
        f"loading-program-{name}",
        comment,
        [requirement],
        given,
        error,
        flags=flags,
        derived_from="loading-program-smallest",
    )


def _unreadable() -> list[Case]:
    good = elf([CODE])
    most = 1 << 26
    return [
        _refuse("empty", "No bytes.", "LOD-002", b"", "decode/not-elf"),
        _refuse("three-bytes", "The magic's first three bytes.", "LOD-002", good[:3], "decode/not-elf", ["Truncated"]),
        _refuse("text", "A text file.", "LOD-002", b"#!/bin/sh\n" + bytes(64), "decode/not-elf"),
        _refuse(
            "magic", "One byte of the magic is another.", "LOD-002", elf([CODE], magic=b"\x7fELG"), "decode/not-elf"
        ),
        _refuse(
            "too-large",
            "One byte more than a program file may have.",
            "LOD-001",
            {"concat": [good, {"repeat": b"\0", "times": most + 1 - len(good)}]},
            "decode/too-large",
            ["ResourceLimit", "Boundary"],
        ),
        _refuse("only-magic", "The magic alone.", "LOD-003", good[:4], "decode/truncated", ["Truncated"]),
        _refuse(
            "short-header",
            "63 bytes of the ELF header.",
            "LOD-003",
            good[:63],
            "decode/truncated",
            ["Truncated", "Boundary"],
        ),
        _refuse("class-32", "A 32-bit ELF.", "LOD-004", elf([CODE], elf_class=1), "decode/elf-class"),
        _refuse("class-0", "No class at all.", "LOD-004", elf([CODE], elf_class=0), "decode/elf-class"),
        _refuse("big-endian", "A big-endian ELF.", "LOD-005", elf([CODE], byte_order=2), "decode/elf-byte-order"),
        _refuse("ident-version", "EI_VERSION is 0.", "LOD-006", elf([CODE], ident_version=0), "decode/elf-version"),
        _refuse("version", "e_version is 2.", "LOD-006", elf([CODE], version=2), "decode/elf-version"),
        _refuse(
            "sixty-five-headers",
            "One program header more than the most.",
            "LOD-007",
            elf([CODE, *(Part(0x20000 + 16 * i, b"\x01", R) for i in range(64))]),
            "decode/elf-program-headers",
            ["ResourceLimit", "Boundary"],
        ),
        _refuse(
            "header-count-65535",
            "e_phnum is 65535, which elsewhere means that the number stands in a section header.",
            "LOD-007",
            elf([CODE], headers=0xFFFF),
            "decode/elf-program-headers",
        ),
        _refuse(
            "header-size-32", "e_phentsize is 32.", "LOD-008", elf([CODE], header_size=32), "decode/elf-program-headers"
        ),
        _refuse(
            "header-size-64", "e_phentsize is 64.", "LOD-008", elf([CODE], header_size=64), "decode/elf-program-headers"
        ),
        _refuse(
            "headers-cut",
            "The file ends one byte before its program header does.",
            "LOD-009",
            elf([CODE])[: TABLE + 55],
            "decode/truncated",
            ["Truncated", "Boundary"],
        ),
        _refuse(
            "headers-far",
            "e_phoff is 2^64 − 56: a sum that wraps would be 0.",
            "LOD-009",
            elf([CODE], table=2**64 - 56),
            "decode/truncated",
            ["PeerDivergence"],
        ),
        _refuse(
            "content-cut",
            "The code segment's last byte is missing.",
            "LOD-010",
            good[:-1],
            "decode/truncated",
            ["Truncated"],
        ),
        _refuse(
            "content-far",
            "p_offset is 2^64 − 16: a sum that wraps would be 0.",
            "LOD-010",
            elf([CODE, Part(0x20000, b"", R, file_size=16, offset=2**64 - 16)]),
            "decode/truncated",
            ["PeerDivergence"],
        ),
        _refuse(
            "content-huge",
            "p_filesz and p_memsz are 2^64 − 1.",
            "LOD-010",
            elf([CODE, Part(0x20000, b"", R, file_size=2**64 - 1)]),
            "decode/truncated",
            ["PeerDivergence"],
        ),
    ]


def _of_another_kind() -> list[Case]:
    return [
        _refuse("x86-64", "Built for x86-64.", "LOD-020", elf([CODE], machine=62), "schema/elf-machine"),
        _refuse(
            "object-file",
            "An object file: no program headers.",
            "LOD-021",
            elf([], kind=1, header_size=0),
            "schema/elf-type",
        ),
        _refuse(
            "shared",
            "A shared library or position-independent program.",
            "LOD-021",
            elf([CODE], kind=3),
            "schema/elf-type",
        ),
        _refuse("core", "A core dump.", "LOD-021", elf([CODE], kind=4), "schema/elf-type"),
        _refuse("type-0", "e_type is 0.", "LOD-021", elf([CODE], kind=0), "schema/elf-type"),
        _refuse(
            "compressed", "Compressed instructions (RVC).", "LOD-022", elf([CODE], flags=1), "schema/elf-compressed"
        ),
        _refuse(
            "compressed-double",
            "Compressed code and double-precision floats, as distributions' compilers build: the first check counts.",
            "LOD-022",
            elf([CODE], flags=5),
            "schema/elf-compressed",
        ),
        _refuse(
            "float-single", "Floats in registers (single).", "LOD-023", elf([CODE], flags=2), "schema/elf-float-abi"
        ),
        _refuse(
            "float-double", "Floats in registers (double).", "LOD-023", elf([CODE], flags=4), "schema/elf-float-abi"
        ),
        _refuse("float-quad", "Floats in registers (quad).", "LOD-023", elf([CODE], flags=6), "schema/elf-float-abi"),
        _refuse("rve", "The embedded profile with 16 registers.", "LOD-024", elf([CODE], flags=8), "schema/elf-flags"),
        _refuse("tso", "The total-store-order memory model.", "LOD-024", elf([CODE], flags=16), "schema/elf-flags"),
        _refuse("flags-top", "The highest bit of e_flags.", "LOD-024", elf([CODE], flags=1 << 31), "schema/elf-flags"),
        _refuse(
            "interpreter",
            "An interpreter (PT_INTERP).",
            "LOD-025",
            elf([CODE, Part(0x20000, b"/lib/ld.so\0", R, kind=3)]),
            "schema/elf-dynamic",
        ),
        _refuse(
            "dynamic",
            "A dynamic section (PT_DYNAMIC), in an executable at fixed addresses.",
            "LOD-025",
            elf([CODE, Part(0x20000, bytes(16), R, kind=2)]),
            "schema/elf-dynamic",
        ),
    ]


def _ill_laid_out() -> list[Case]:
    big = 1 << 20
    return [
        _refuse(
            "file-longer-than-memory",
            "A segment with one byte more in the file than in memory.",
            "LOD-030",
            elf([CODE, Part(0x20000, b"data", R | W, memory_size=3)]),
            "semantic/elf-segment-size",
            ["Boundary"],
        ),
        _refuse(
            "file-without-memory",
            "A segment with content and no memory.",
            "LOD-030",
            elf([CODE, Part(0x20000, b"data", R | W, memory_size=0)]),
            "semantic/elf-segment-size",
        ),
        _refuse(
            "above-image",
            "A segment that ends one byte above 2^31.",
            "LOD-031",
            elf([CODE, Part(LIMIT - 4, b"12345", R | W)]),
            "semantic/elf-segment-range",
            ["Boundary"],
        ),
        _refuse(
            "in-input",
            "A segment in the input region.",
            "LOD-031",
            elf([CODE, Part(LIMIT, b"data", R)]),
            "semantic/elf-segment-range",
        ),
        _refuse(
            "wrapping",
            "p_vaddr + p_memsz is 2^64 + 4: a sum that wraps would be 4.",
            "LOD-031",
            elf([CODE, Part(2**64 - 4, b"12345678", R | W)]),
            "semantic/elf-segment-range",
            ["PeerDivergence"],
        ),
        _refuse(
            "wrapping-32",
            "An address above 2^32 that would be in the image if it were cut to 32 bits.",
            "LOD-031",
            elf([CODE, Part((1 << 32) + 0x20000, b"data", R | W)]),
            "semantic/elf-segment-range",
            ["PeerDivergence"],
        ),
        _refuse(
            "memory-huge",
            "p_memsz is 2^64 − 1.",
            "LOD-031",
            elf([CODE, Part(0x20000, b"", R | W, memory_size=2**64 - 1)]),
            "semantic/elf-segment-range",
            ["ResourceLimit"],
        ),
        _refuse(
            "image-too-large",
            "63 segments that take the same 1,100,000 bytes from the file.",
            "LOD-032",
            {
                "concat": [
                    elf(
                        [
                            CODE,
                            *(
                                Part((i + 1) * 2 * big, b"", R, 1_100_000, 1_100_000, TABLE + 64 * 56 + 16)
                                for i in range(63)
                            ),
                        ]
                    ),
                    {"repeat": b"\x01", "times": 1_100_000},
                ]
            },
            "semantic/elf-image-too-large",
            ["ResourceLimit"],
        ),
        _refuse(
            "overlap-one-byte",
            "Two segments that share one address.",
            "LOD-033",
            elf([CODE, Part(0x20000, b"abc", R | W), Part(0x20002, b"cd", R)]),
            "semantic/elf-segment-overlap",
            ["Boundary", "PeerDivergence"],
        ),
        _refuse(
            "overlap-nested",
            "A segment inside of another, after one that lies between them in the headers.",
            "LOD-033",
            elf([CODE, Part(0x20000, b"", R | W, memory_size=0x10000), Part(0x40000, b"x"), Part(0x28000, b"abc", R)]),
            "semantic/elf-segment-overlap",
        ),
        _refuse(
            "overlap-equal",
            "One segment twice, with the same content.",
            "LOD-033",
            elf([CODE, DATA, DATA]),
            "semantic/elf-segment-overlap",
        ),
        _refuse(
            "overlap-zeros",
            "A segment in the zeros after another's content.",
            "LOD-033",
            elf([CODE, Part(0x20000, b"data", R | W, memory_size=64), Part(0x20020, b"x", R | W)]),
            "semantic/elf-segment-overlap",
            ["PeerDivergence"],
        ),
        _refuse(
            "writable-code",
            "The code segment is writable.",
            "LOD-034",
            elf([Part(0x10000, EXIT_0, R | W | X)]),
            "semantic/elf-writable-code",
        ),
        _refuse(
            "writable-code-second",
            "A second segment, of zeros, is writable and executable.",
            "LOD-034",
            elf([CODE, Part(0x20000, b"", R | W | X, memory_size=16)]),
            "semantic/elf-writable-code",
        ),
        _refuse("no-headers", "No program headers.", "LOD-035", elf([], 0x10000), "semantic/elf-no-code"),
        _refuse(
            "no-code", "Data segments alone.", "LOD-035", elf([Part(0x10000, EXIT_0, R), DATA]), "semantic/elf-no-code"
        ),
        _refuse(
            "empty-code",
            "The one executable segment has no bytes.",
            "LOD-035",
            elf([Part(0x10000, b"", R | X), DATA], 0x10000),
            "semantic/elf-no-code",
        ),
        _refuse(
            "code-in-other-type",
            "The executable program header is not a load segment.",
            "LOD-035",
            elf([Part(0x10000, EXIT_0, R | X, kind=4), DATA]),
            "semantic/elf-no-code",
        ),
        _refuse(
            "two-code-segments",
            "Two executable segments, side by side.",
            "LOD-036",
            elf([CODE, Part(0x10010, EXIT_0, R | X)]),
            "semantic/elf-second-code",
        ),
        _refuse(
            "data-after-code-on-page",
            "Writable data on the code's last page.",
            "LOD-037",
            elf([CODE, Part(0x10FFF, b"d", R | W)]),
            "semantic/elf-code-page-shared",
            ["Boundary"],
        ),
        _refuse(
            "data-before-code-on-page",
            "Writable zeros that end on the code's first page.",
            "LOD-037",
            elf([Part(0x10800, EXIT_0, R | X), Part(0xF000, b"", R | W, memory_size=0x1001)]),
            "semantic/elf-code-page-shared",
            ["Boundary"],
        ),
        _refuse(
            "entry-misaligned",
            "The entry is at an even address that is no multiple of 4.",
            "LOD-038",
            elf([CODE], CODE.address + 2),
            "semantic/elf-entry-misaligned",
        ),
        _refuse(
            "entry-before",
            "The entry is one word before the code segment, on its page.",
            "LOD-039",
            elf([Part(0x10010, EXIT_0, R | X)], 0x1000C),
            "semantic/elf-entry-outside",
            ["Boundary"],
        ),
        _refuse(
            "entry-after",
            "The entry is one word after the code segment, on its page.",
            "LOD-039",
            elf([CODE], CODE.address + 16),
            "semantic/elf-entry-outside",
            ["Boundary"],
        ),
        _refuse(
            "entry-in-data",
            "The entry is in a data segment.",
            "LOD-039",
            elf([CODE, DATA], 0x20000),
            "semantic/elf-entry-outside",
        ),
        _refuse(
            "entry-above-32-bits",
            "The entry would be the code's first word if it were cut to 32 bits.",
            "LOD-039",
            elf([CODE], (1 << 32) + CODE.address),
            "semantic/elf-entry-outside",
            ["PeerDivergence"],
        ),
    ]

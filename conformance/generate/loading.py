"""Vectors for loading: program files that load and that don't, inputs and what commits to them."""

from __future__ import annotations

from collections.abc import Sequence

from ..operations import loading as operations
from ..values import render
from . import Case, VectorFile, _elf_faults, valid
from ._elf import CODE, DATA, EXIT_0, TABLE, Part, R, W, X, elf, short
from ._elf import IMAGE_LIMIT as LIMIT

PAGE = 4096


def files() -> list[VectorFile]:
    """The topic's files."""
    return [_programs(), _inputs()]


def _programs() -> VectorFile:
    return VectorFile(
        name="program",
        op="loading.program",
        title="Program files: what is accepted and loaded, and each reason to reject",
        checked_by="pyelftools' reading of the accepted files and a recursive root, in tests/protocol/test_program.py; "
        "tests/adapters/node; rejections by construction: each file is an accepted one with one field changed",
        cases=[*_accepted(), *_elf_faults.cases()],
    )


def _accept(name: str, comment: str, requirements: Sequence[str], file: bytes, flags: Sequence[str] = ()) -> Case:
    given = {"file": short(file)}
    output = operations.load_program(render(given))
    return valid(f"loading-program-{name}", comment, requirements, given, output, flags=flags)


def _accepted() -> list[Case]:
    edge = Part(LIMIT - len(EXIT_0), EXIT_0, R | X)
    constants = Part(CODE.address + 0x100, b"constants", R)
    return [
        _accept(
            "smallest",
            "One code segment of four instructions.",
            ["LOD-040", "LOD-041", "LOD-042", "MEM-005"],
            elf([CODE]),
        ),
        _accept(
            "code-and-data",
            "A code segment, a data segment with zeros after its content, and an entry past the code's first byte.",
            ["LOD-040", "LOD-042"],
            elf([CODE, Part(0x20FFE, b"data", R | W, memory_size=0x3000)], CODE.address + 4),
        ),
        _accept(
            "unaligned",
            "Segments that begin and end inside of pages; nothing is rounded.",
            ["LOD-040"],
            elf([Part(0x10FFC, EXIT_0, R | X), Part(0x12003, bytes(range(1, 100)), R | W), Part(0x12100, b"tail", R)]),
        ),
        _accept(
            "constants-on-code-page",
            "Read-only data on the same page as code.",
            ["LOD-037", "LOD-041"],
            elf([CODE, constants]),
        ),
        _accept(
            "huge-bss",
            "Nearly 2 GiB of zeros in 64 KiB-aligned memory: nothing to allocate.",
            ["LOD-031", "LOD-040"],
            elf([CODE, Part(0x20000, b"", R | W, memory_size=LIMIT - 0x20000)]),
            ["ResourceLimit", "Boundary"],
        ),
        _accept(
            "top-of-image",
            "Code in the last 16 bytes below 2^31: the last code page is 2^19 − 1.",
            ["LOD-031", "LOD-042"],
            elf([edge]),
            ["Boundary"],
        ),
        _accept(
            "address-zero", "Code at address 0.", ["LOD-040", "LOD-041"], elf([Part(0, EXIT_0, R | X)]), ["Boundary"]
        ),
        _accept(
            "touching",
            "Segments that touch without sharing an address.",
            ["LOD-033"],
            elf([CODE, Part(0x20000, b"ab", R | W), Part(0x20002, b"cd", R)]),
            ["Boundary"],
        ),
        _accept(
            "segments-out-of-order",
            "Program headers in descending order of address load the same.",
            ["LOD-033", "LOD-040"],
            elf([DATA, CODE], CODE.address),
        ),
        _accept(
            "same-file-bytes-twice",
            "Two segments that take the same bytes from the file.",
            ["LOD-041"],
            elf([CODE, Part(0x20000, b"", R, file_size=16, offset=TABLE + 2 * 56)]),
        ),
        _accept(
            "all-zero-data",
            "A data segment whose content is zeros: the image is the same as without it.",
            ["LOD-040"],
            elf([CODE, Part(0x20000, bytes(16), R | W)]),
        ),
        _accept(
            "execute-only",
            "A code segment that is executable and not readable: readability has no meaning here.",
            ["LOD-041"],
            elf([Part(0x10000, EXIT_0, X)]),
        ),
        _accept(
            "undecodable-words",
            "Words in the code segment that no instruction has.",
            ["LOD-043"],
            elf([Part(0x10000, EXIT_0 + b"\xff" * 16 + bytes(16), R | X)]),
            ["PeerDivergence"],
        ),
        _accept(
            "ragged-code",
            "A code segment whose length is no multiple of 4.",
            ["LOD-041", "LOD-043"],
            elf([Part(0x10000, EXIT_0 + b"\x01", R | X)]),
        ),
        _accept(
            "entry-last-word",
            "The entry is the last word of the code segment.",
            ["LOD-039"],
            elf([CODE], CODE.address + 12),
            ["Boundary"],
        ),
        _accept(
            "code-zero-tail",
            "A code segment longer in memory than in the file, over two pages, with the entry in its zeros.",
            ["LOD-030", "LOD-039", "LOD-042"],
            elf([Part(0x10000, EXIT_0, R | X, memory_size=PAGE + 8)], 0x11004),
        ),
        _accept(
            "empty-segment",
            "A load segment of no bytes, writable and executable, at an address above 2^31: it is not present.",
            ["LOD-031", "LOD-034", "LOD-041"],
            elf([CODE, Part(LIMIT + PAGE, b"", R | W | X)]),
            ["Boundary"],
        ),
        _accept(
            "unread-fields",
            "Other values in the fields that no check reads: OS ABI, section table, header sizes, p_paddr, p_align.",
            ["LOD-041"],
            elf(
                [Part(0x10000, EXIT_0, R | X, physical=0xFFFF_FFFF_FFFF_FFFF, alignment=3)],
                os_abi=3,
                sections=1 << 63,
                size=0,
                section_size=64,
                section_count=9,
                section_names=65535,
                tail=b"section names and debug information",
            ),
            ["PeerDivergence"],
        ),
        _accept(
            "other-header-types",
            "Program headers of types that no check reads: notes, thread-local storage, stack, attributes.",
            ["LOD-041"],
            elf(
                [
                    CODE,
                    *(
                        Part(LIMIT, b"", 7, 1 << 40, 1 << 40, 1 << 40, kind)
                        for kind in (4, 6, 7, 0x6474E551, 0x70000003)
                    ),
                ]
            ),
        ),
        _accept(
            "bss-offset-outside",
            "A segment without content whose p_offset is far outside the file.",
            ["LOD-010"],
            elf([CODE, Part(0x20000, b"", R | W, memory_size=8, offset=1 << 63)]),
            ["Boundary"],
        ),
        _accept(
            "sixty-four-headers",
            "The most program headers that a file may have.",
            ["LOD-007"],
            elf([CODE, *(Part(0x20000 + 16 * i, bytes([i + 1]), R) for i in range(63))]),
            ["ResourceLimit", "Boundary"],
        ),
        _accept(
            "headers-at-end",
            "Program headers at the end of the file, at an odd offset.",
            ["LOD-009"],
            _headers_at_end(),
            ["Boundary"],
        ),
    ]


def _headers_at_end() -> bytes:
    plain = elf([Part(0x10000, b"", R | X, file_size=16, offset=64)], table=64 + 16 + 1)
    return plain[:64] + EXIT_0 + b"\0" + plain[64:]


def _inputs() -> VectorFile:
    lengths = (0, 1, 4095, 4096, 4097, 8192, 12288, 12289, 16384, 20480, 28672, 65535, 65536, 65537)
    cases = [
        _input(
            f"mod251-{length}",
            f"{length} bytes 0, 1, …, 250, 0, 1, …",
            {"mod251": length},
            ["LOD-051", "LOD-052"],
            ["Boundary"],
        )
        for length in lengths
    ]
    cases += [
        _input("text", "A line of text.", b"The quick brown fox jumps over the lazy dog.\n", ["LOD-051", "LOD-052"]),
        _input("one-zero", "One zero byte: the root of no bytes, and another length.", b"\0", ["LOD-051", "LOD-052"]),
        _input(
            "zero-pages",
            "Three pages of zeros: the root of no bytes, and another length.",
            {"repeat": b"\0", "times": 3 * PAGE},
            ["LOD-051", "LOD-052"],
        ),
        _input(
            "zeros-between",
            "A byte, five pages of zeros, a byte.",
            {"concat": [b"\x01", {"repeat": b"\0", "times": 5 * PAGE}, b"\x02"]},
            ["LOD-051", "LOD-052"],
        ),
        _input(
            "trailing-zeros",
            "Text with zeros after it: the text's root, and another length.",
            {"concat": [b"The quick brown fox jumps over the lazy dog.\n", {"repeat": b"\0", "times": 100}]},
            ["LOD-051", "LOD-052"],
        ),
    ]
    return VectorFile(
        name="input",
        op="loading.input",
        title="Inputs: length, root, and the pages that they fill",
        checked_by="a recursive root over whole pages, in tests/protocol/test_regions.py; tests/adapters/node",
        cases=cases,
    )


def _input(name: str, comment: str, data: object, requirements: Sequence[str], flags: Sequence[str] = ()) -> Case:
    output = operations.load_input({"data": render(data)})
    return valid(f"loading-input-{name}", comment, requirements, {"data": data}, output, flags=flags)

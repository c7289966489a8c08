"""Program loading: every check, against the vectors, another ELF reader, and files that nobody meant."""

from __future__ import annotations

import io
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from support.memory_oracle import paged, subtree
from tracework.conformance.generate import loading
from tracework.conformance.generate._elf import EXIT_0, HEADER, Part, R, W, X, elf
from tracework.conformance.values import octets
from tracework.protocol.errors import CODES, ProtocolError
from tracework.protocol.program import Program, load_program

GUESTS = sorted((Path(__file__).parents[2] / "examples/guests").glob("*/*.elf"))
CASES = {case.id: case.spelled() for file in loading.files() if file.op == "loading.program" for case in file.cases}
ACCEPTED = sorted(identity for identity, case in CASES.items() if case["result"] == "valid")
REJECTED = sorted(identity for identity, case in CASES.items() if case["result"] == "invalid")
SMALL = elf([Part(0x10000, EXIT_0, R | X), Part(0x20003, b"data" * 9, R | W, 100), Part(0x30000, b"x" * 40)])


def file_of(identity: str) -> bytes:
    return octets(CASES[identity]["input"]["file"])


def by_pyelftools(data: bytes) -> tuple[int, dict[int, bytes]]:
    """Entry and pages of a file, as pyelftools reads it."""
    file = ELFFile(io.BytesIO(data))
    content = {
        segment["p_vaddr"]: data[segment["p_offset"] :][: segment["p_filesz"]]
        for segment in file.iter_segments("PT_LOAD")
        if segment["p_filesz"]
    }
    return file.header["e_entry"], paged(content)


def assert_agrees(program: Program, data: bytes) -> None:
    entry, pages = by_pyelftools(data)
    assert (program.entry, dict(program.pages)) == (entry, pages)
    assert list(program.pages) == sorted(program.pages)
    assert program.image_root == subtree(pages, 0, 19)


@pytest.mark.parametrize("identity", ACCEPTED)
def test_accepted_files_agree_with_another_reader(identity: str) -> None:
    data = file_of(identity)
    assert_agrees(load_program(data), data)


@pytest.mark.parametrize("path", GUESTS, ids=lambda path: path.stem)
def test_guests_agree_with_another_reader(path: Path) -> None:
    data = path.read_bytes()
    program = load_program(data)
    assert_agrees(program, data)
    assert load_program(data + b"anything") == program
    for view in (bytearray(data), memoryview(data), memoryview(b"!" + data)[1:]):
        assert load_program(view) == program


@pytest.mark.parametrize("identity", REJECTED)
def test_rejected_files_name_the_requirement(identity: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        load_program(file_of(identity))
    error, expected = caught.value, CASES[identity]
    assert {"stage": error.stage, "code": error.code} == expected["error"]
    assert [error.requirement] == expected["req"]


def test_the_vectors_have_every_check_of_the_loader() -> None:
    codes = {CASES[identity]["error"]["code"] for identity in REJECTED}
    assert codes == {code for code in CODES if code.startswith("elf-")} | {"not-elf", "too-large", "truncated"}
    tested = {requirement for identity in REJECTED for requirement in CASES[identity]["req"]}
    numbers = [*range(1, 11), *range(20, 26), *range(30, 40)]
    assert tested == {f"LOD-{number:03}" for number in numbers}


@pytest.mark.parametrize(
    ("file", "hints"),
    [
        (elf([Part(0x10000, EXIT_0, R | X)], elf_class=1), ["-march=rv64im", "generic_rv64+m"]),
        (elf([Part(0x10000, EXIT_0, R | X)], flags=1), ["compressed", "-march=rv64im", "generic_rv64+m"]),
        (elf([Part(0x10000, EXIT_0, R | X)], flags=4), ["soft", "-mabi=lp64"]),
        (elf([Part(0x10000, EXIT_0, R | X)], kind=3), ["-static", "-no-pie"]),
        (elf([Part(0x10000, EXIT_0, R | X)], kind=1), ["link"]),
        (elf([Part(0x10000, EXIT_0, R | X), Part(0, b"", R, kind=2)]), ["dynamic", "-static", "program header 1"]),
        (elf([Part(0x10000, EXIT_0, R | W | X)]), ["separate-code", "program header 0"]),
        (elf([Part(0x10000, EXIT_0, R | X), Part(0x10FFF, b"1", R | W)]), ["separate-code", "ALIGN"]),
        (elf([Part(0x10000, EXIT_0, R | X)], 0x30000), ["-e _start", "0x30000"]),
        (elf([Part(0x8000_0000, EXIT_0, R | X)]), ["-Ttext"]),
        (b"#!/bin/sh", ["tracework build"]),
    ],
)
def test_errors_say_what_mends_the_file(file: bytes, hints: list[str]) -> None:
    with pytest.raises(ProtocolError) as caught:
        load_program(file)
    assert all(hint in str(caught.value) for hint in hints), str(caught.value)


def test_debug_information_is_no_part_of_a_program() -> None:
    plain = elf([Part(0x10000, EXIT_0, R | X)])
    dressed = elf([Part(0x10000, EXIT_0, R | X)], tail=b"debug" * 99, sections=120, section_count=3, section_size=64)
    assert load_program(plain) == load_program(dressed) and load_program(plain).id == load_program(dressed).id


def test_the_id_is_of_all_that_is_loaded() -> None:
    files = [
        elf([Part(0x10000, EXIT_0, R | X)]),
        elf([Part(0x10000, EXIT_0, R | X)], 0x10004),
        elf([Part(0x11000, EXIT_0, R | X)]),
        elf([Part(0x10000, EXIT_0 + b"\1", R | X)]),
        elf([Part(0x10000, EXIT_0, R | X, memory_size=4097)]),
    ]
    assert len({load_program(file).id for file in files}) == len(files)


def test_memory_follows_what_is_loaded() -> None:
    wide = elf([Part(0x10000, EXIT_0, R | X), Part(0x20000, b"\1", R | W, memory_size=0x7FFE_0000)])
    load_program(wide)
    tracemalloc.start()
    try:
        load_program(wide)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def load_or_refuse(data: bytes) -> Program | None:
    """The program, or None if it is refused in the one way that is allowed."""
    try:
        program = load_program(data)
    except ProtocolError as error:
        assert CODES[error.code] == error.stage and error.message
        return None
    assert 0 <= program.code_first < program.code_end <= 1 << 19
    assert program.code_first <= program.entry >> 12 < program.code_end
    assert sum(len(page) for page in program.pages.values()) <= len(data) * 64 + 64 * 8192
    return program


parts = st.builds(
    Part,
    address=st.one_of(st.integers(0, 0x6000), st.sampled_from([0x1000, 0x2000, 0x7FFF_F000, 0x8000_0000, 2**64 - 1])),
    data=st.binary(max_size=40),
    flags=st.sampled_from([R, R | W, R | X, R, R | W, R | W | X]),
    memory_size=st.one_of(st.none(), st.integers(0, 0x3000)),
    file_size=st.one_of(st.none(), st.none(), st.integers(0, 64)),
    offset=st.one_of(st.none(), st.none(), st.integers(0, 500)),
    kind=st.sampled_from([1, 1, 1, 1, 1, 2, 4, 7]),
)


@given(st.lists(parts, max_size=5), st.one_of(st.none(), st.integers(0, 0x6000)), st.binary(max_size=80))
def test_made_up_files_load_as_another_reader_says_or_are_refused(
    made: list[Part], entry: int | None, tail: bytes
) -> None:
    data = elf(made, entry, tail=tail)
    if program := load_or_refuse(data):
        assert_agrees(program, data)


@given(st.sampled_from([SMALL, *(path.read_bytes() for path in GUESTS[:2])]), st.data())
def test_mutated_files_are_refused_properly(good: bytes, data: st.DataObject) -> None:
    mutated = bytearray(good)
    heads = HEADER.size + 3 * 56
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.one_of(st.integers(0, heads - 1), st.integers(0, len(good) - 1)))
        mutated[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(good)), st.integers(0, len(good))))
    load_or_refuse(bytes(mutated[:end]))


@given(st.binary(max_size=300), st.booleans())
def test_noise_is_refused_properly(noise: bytes, dressed: bool) -> None:
    load_or_refuse(SMALL[:20] + noise if dressed else noise)


def test_every_bit_of_a_small_file_s_headers_can_flip() -> None:
    for bit in range(8 * (HEADER.size + 3 * 56)):
        mutated = bytearray(SMALL)
        mutated[bit // 8] ^= 1 << bit % 8
        load_or_refuse(bytes(mutated))


def test_every_truncation_of_a_small_file() -> None:
    outcomes: list[Any] = [load_or_refuse(SMALL[:end]) for end in range(len(SMALL))]
    assert not any(outcomes)


@pytest.mark.long
def test_two_hundred_thousand_mutated_files() -> None:
    generator = random.Random(2026)
    heads = HEADER.size + 3 * 56
    edges = [0, 1, 2, 3, 7, 8, 63, 64, 127, 128, 255]
    loaded = 0
    for _ in range(200_000):
        mutated = bytearray(SMALL)
        for _ in range(generator.randint(1, 6)):
            mutated[generator.randrange(heads)] = generator.choice([*edges, generator.randrange(256)])
        end = generator.choice([len(mutated)] * 4 + [generator.randrange(len(mutated))])
        loaded += load_or_refuse(bytes(mutated[:end])) is not None
    assert loaded > 1000

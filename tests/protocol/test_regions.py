"""Input and output regions: the streaming commitment against the recursive one, and pages cut from a buffer."""

from __future__ import annotations

import mmap
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.memory_oracle import PAGE, paged, subtree
from tracework.conformance.generate import loading
from tracework.conformance.values import octets
from tracework.protocol.errors import SemanticError
from tracework.protocol.machine.state import REGION_SIZE
from tracework.protocol.regions import (
    InputPages,
    Region,
    RegionHasher,
    commit,
    commit_chunks,
    load_input,
)
from tracework.protocol.trees.memory import zero_roots

FIRST = 1 << 19
CASES = [case.spelled() for file in loading.files() if file.op == "loading.input" for case in file.cases]


def recursive(data: bytes) -> Region:
    return Region(len(data), subtree(paged({0: data}), 0, 18))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vectors_agree_with_the_recursive_root(case: dict[str, dict[str, Any]]) -> None:
    data = octets(case["input"]["data"])
    region, pages = recursive(data), paged({FIRST * PAGE: data})
    assert (case["output"]["length"], case["output"]["root"]) == (str(region.length), region.root.hex())
    assert [page["number"] for page in case["output"]["pages"]] == [
        str(FIRST + i) for i in range(-(-len(data) // PAGE))
    ]
    for page in case["output"]["pages"]:
        assert page["digest"] == subtree(pages, int(page["number"]), 0).hex()


def test_no_bytes_have_the_root_of_zeros() -> None:
    assert commit(b"") == Region(0, zero_roots()[18])
    assert commit(bytes(3 * PAGE)).root == zero_roots()[18]


@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 2, 95, 2048, 4095, 4096, 4097, 9000]), st.integers(0, 255)), max_size=8)
)
def test_pieces_commit_like_the_whole(sizes: list[tuple[int, int]]) -> None:
    pieces = [bytes([value]) * size for size, value in sizes]
    whole = b"".join(pieces)
    assert commit_chunks(pieces) == commit(whole) == recursive(whole)
    hasher = RegionHasher()
    for end, piece in enumerate(pieces, 1):
        hasher.update(bytearray(piece))
        assert hasher.region() == commit(b"".join(pieces[:end]))  # asking changes nothing


def test_pages_are_cut_from_the_buffer() -> None:
    data = bytes(range(256)) * 33
    loaded = load_input(data)
    assert (loaded.length, loaded.root) == (len(data), commit(data).root)
    assert list(loaded.pages) == [FIRST, FIRST + 1, FIRST + 2] and len(loaded.pages) == 3
    assert b"".join(loaded.pages.values()) == data + bytes(3 * PAGE - len(data))
    for size in (0, 1, PAGE, len(data)):
        pages = InputPages(data[:size])
        assert list(pages.items()) == [(number, pages[number]) for number in pages]
        assert b"".join(content for _, content in pages.blocks()) == b"".join(pages.values())
        assert [number for number, _ in pages.blocks()] == [FIRST] * (size >= PAGE) + [FIRST + size // PAGE] * (
            size % PAGE > 0
        )
    assert FIRST + 3 not in loaded.pages and FIRST - 1 not in loaded.pages
    with pytest.raises(KeyError):
        loaded.pages[FIRST + 3]
    assert not InputPages(b"") and load_input(b"").length == 0


def test_a_mapped_file_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"\1" * (64 * PAGE + 1))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        commit(b"\1" * PAGE)
        view = memoryview(mapped)
        tracemalloc.start()
        loaded = load_input(view)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 16 * PAGE
        assert loaded.region == commit(path.read_bytes())
        assert loaded.pages[FIRST + 64] == b"\1" + bytes(PAGE - 1)
        del loaded
        view.release()


def test_what_is_longer_than_a_region_is_refused_at_once() -> None:
    too_long = bytes(REGION_SIZE + 1)
    for call in (commit, load_input, InputPages):
        with pytest.raises(SemanticError) as caught:
            call(too_long)
        assert (caught.value.code, caught.value.requirement) == ("region-too-long", "LOD-050")


def test_a_stream_is_refused_at_the_piece_that_is_too_much() -> None:
    hasher = RegionHasher()
    hasher.update(b"abc")
    with pytest.raises(SemanticError):
        hasher.update(bytes(REGION_SIZE - 2))
    assert hasher.region() == commit(b"abc")


@pytest.mark.long
def test_a_full_region() -> None:
    block = bytes(1 << 20)
    assert commit_chunks([block] * 1024) == Region(REGION_SIZE, zero_roots()[18])
    last = commit_chunks([*[block] * 1023, block[1:] + b"\1"])
    page = bytes(PAGE - 1) + b"\1"
    assert last == Region(REGION_SIZE, subtree({(1 << 18) - 1: page}, 0, 18))

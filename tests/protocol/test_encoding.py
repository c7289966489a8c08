"""The strict decoder against its own inverse, against a general library, and against bytes that nobody chose."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracework.protocol.encoding import cbor
from tracework.protocol.encoding.cbor import MAX_BYTES, MAX_DEPTH, MAX_ITEMS, decode, encode
from tracework.protocol.errors import DecodeError

ITEMS = st.recursive(
    st.integers(0, 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=40) | st.booleans(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers(0, 2**64 - 1), inner, max_size=5),
    max_leaves=20,
)


def code_of(data: bytes) -> str | None:
    try:
        decode(data)
    except DecodeError as error:
        return error.code
    return None


@given(ITEMS)
def test_decoding_undoes_encoding(item: Any) -> None:
    data = encode(item)
    read = decode(data)
    assert read == item and encode(read) == data
    assert cbor2.loads(data) == item and cbor2.dumps(item, canonical=True) == data


@given(ITEMS, st.data())
def test_a_changed_byte_is_rejected_or_is_the_encoding_of_something_else(item: Any, data: st.DataObject) -> None:
    good = bytearray(encode(item))
    position = data.draw(st.integers(0, len(good) - 1))
    good[position] ^= data.draw(st.integers(1, 255))
    changed = bytes(good)
    if code_of(changed) is None:
        assert encode(decode(changed)) == changed


@given(st.binary(max_size=200))
def test_whatever_is_accepted_is_canonical_and_a_library_agrees(data: bytes) -> None:
    if code_of(data) is None:
        item = decode(data)
        assert encode(item) == data
        assert cbor2.loads(data) == item


def test_every_prefix_of_an_object_is_truncated() -> None:
    data = encode({0: "tracework/x", 1: [1, 1000, b"bytes", {5: True}], 300: 2**40})
    assert {code_of(data[:length]) for length in range(len(data))} == {"truncated"}


def nested(depth: int) -> bytes:
    return b"\x81" * (depth - 1) + b"\x00"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (nested(MAX_DEPTH), None),
        (nested(MAX_DEPTH + 1), "too-deep"),
        (encode([0] * (MAX_ITEMS - 1)), None),
        (encode([0] * MAX_ITEMS), "too-many-items"),
        (encode(bytes(MAX_BYTES - 5)), None),
        (encode(bytes(MAX_BYTES - 5)) + b"\0", "too-large"),
    ],
    ids=["deepest", "deeper", "most", "more", "longest", "longer"],
)
def test_limits(data: bytes, code: str | None) -> None:
    assert code_of(data) == code


def test_no_small_input_costs_much() -> None:
    """A megabyte of cheap items, of claims of length, of nesting: the limits bound the memory, and so the work."""
    mebibyte = 1 << 20
    inputs = [
        b"\x9a" + mebibyte.to_bytes(4) + b"\x80" * mebibyte,
        b"\xba" + (mebibyte // 2).to_bytes(4) + b"\x00" * mebibyte,
        b"\x81" * mebibyte,
        b"\x9b" + (2**63).to_bytes(8),
        b"\x5b" + (2**63).to_bytes(8),
        b"\x99\xff\xff" + b"\xa0" * 65535,
    ]
    for data in inputs:
        tracemalloc.start()
        code_of(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100 << 20, "over 100 MiB"


@pytest.mark.parametrize("item", [-1, 2**64, None, 1.5, (1,), {"a": 1}, {True: 1}, {-1: 0}, object()])
def test_what_has_no_encoding_is_refused(item: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode(item)


def mutated(data: bytes, source: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(source.randint(1, 4)):
        kind = source.randrange(4)
        position = source.randrange(len(made) + 1) if made else 0
        if kind == 0 and made:
            made[position % len(made)] = source.randrange(256)
        elif kind == 1:
            made[position:position] = source.randbytes(source.randint(1, 3))
        elif kind == 2:
            del made[position : position + source.randint(1, 3)]
        else:
            made[position:position] = made[max(0, position - 5) : position]
    return bytes(made)


def run_fuzz(rounds: int, seed: int) -> tuple[int, int]:
    """Decode so many random and mutated inputs; gives how many were run and how many were accepted."""
    source = random.Random(seed)
    seeds = [
        encode({0: "tracework/unit", 1: 1, 2: {0: b"x" * 40, 1: [1, 2, {0: True}], 9: 2**33}}),
        encode([[], {}, b""]),
    ]
    accepted = 0
    for index in range(rounds):
        data = source.randbytes(source.randint(0, 64)) if index % 3 == 0 else mutated(source.choice(seeds), source)
        if code_of(data) is None:
            accepted += 1
            assert encode(decode(data)) == data
    return rounds, accepted


def test_fuzz_a_little() -> None:
    assert run_fuzz(5_000, seed=1)[0] == 5_000


@pytest.mark.long
def test_fuzz_a_million(capsys: pytest.CaptureFixture[str]) -> None:
    rounds, accepted = run_fuzz(1_000_000, seed=2)
    with capsys.disabled():
        print(f"\ndecoder: {rounds} inputs, {accepted} accepted, nothing but DecodeError raised")


def test_reader_keeps_nothing_between_calls() -> None:
    assert code_of(b"\x18") == "truncated" and decode(b"\x00") == 0 and cbor.decode(b"\x80") == []

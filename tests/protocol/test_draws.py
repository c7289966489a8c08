"""Draws against a literal transcription of the steps, and against the distributions that they promise."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tracework.conformance import generate
from tracework.conformance.values import number
from tracework.protocol.draws import Pool, Stream, sample, weighted

VECTORS = Path(__file__).parents[2] / "vectors/1/draws"


class Literal:
    """spec/draws.md word for word, over plain lists."""

    def __init__(self, seed: bytes) -> None:
        self.seed, self.i = seed, 0
        self.key = blake3(b"", derive_key_context="tracework 2026-11 v1 draw").digest()

    def number(self, n: int) -> int:
        b = 0
        while 2**b < n:
            b += 1
        while True:
            block = blake3(self.seed + bytes((self.i >> 8 * k) & 255 for k in range(8)), key=self.key).digest()
            self.i += 1
            found: int = sum(block[k] << 8 * k for k in range(16)) % (1 << b)
            if found < n:
                return found

    def sample(self, m: int, size: int) -> list[int]:
        a = list(range(size))
        for i in range(m):
            r = self.number(size - i)
            a[i], a[i + r] = a[i + r], a[i]
        return a[:m]

    def weighted(self, m: int, weights: list[int]) -> list[int]:
        left = dict(enumerate(weights))
        drawn = []
        for _ in range(m):
            x = self.number(sum(left.values()))
            so_far = 0
            for position in sorted(left):
                so_far += left[position]
                if so_far > x:
                    break
            drawn.append(position)
            del left[position]
        return drawn


@pytest.mark.parametrize("name", ["below", "sample", "weighted"])
def test_vectors_agree_with_the_literal_transcription(name: str) -> None:
    for case in json.loads((VECTORS / f"{name}.json").read_bytes())["cases"]:
        if case["result"] == "invalid":
            continue
        given, literal = case["input"], Literal(bytes.fromhex(case["input"]["seed"]))
        if name == "below":
            drawn = [literal.number(number(limit)) for limit in given["limits"]]
        elif name == "sample":
            drawn = literal.sample(number(given["count"]), number(given["size"]))
        else:
            drawn = literal.weighted(number(given["count"]), [number(weight) for weight in given["weights"]])
        assert [str(value) for value in drawn] == case["output"]["drawn"], case["id"]
        assert str(literal.i) == case["output"]["blocks"], case["id"]


@given(st.binary(min_size=32, max_size=32), st.lists(st.integers(0, 50), max_size=30), st.data())
def test_weighted_draws_agree_with_the_transcription(seed: bytes, weights: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, sum(1 for weight in weights if weight)))
    assert weighted(Stream(seed), count, weights) == Literal(seed).weighted(count, weights)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 60), st.integers(0, 60))
def test_samples_agree_with_the_transcription(seed: bytes, count: int, more: int) -> None:
    assert sample(Stream(seed), count, count + more) == Literal(seed).sample(count, count + more)


def seeds(count: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


def chi_square(counts: Counter[int], expected: dict[int, float]) -> float:
    assert counts.keys() <= expected.keys()
    return sum((counts[value] - mean) ** 2 / mean for value, mean in expected.items())


def test_each_value_is_as_likely_as_another() -> None:
    stream = Stream(bytes(32))
    counts = Counter(stream.below(7) for _ in range(20_000))
    assert chi_square(counts, dict.fromkeys(range(7), 20_000 / 7)) < 22.5  # 6 degrees of freedom, p = 0.001


def test_each_pair_of_a_sample_is_as_likely_as_another() -> None:
    counts = Counter(first * 5 + second for first, second in (sample(Stream(seed), 2, 5) for seed in seeds(20_000)))
    pairs = {a * 5 + b: 1000.0 for a in range(5) for b in range(5) if a != b}
    assert chi_square(counts, pairs) < 43.8  # 19 degrees of freedom, p = 0.001


def test_pairs_come_by_weight() -> None:
    """Second draws too: P(a, b) = w(a)/W · w(b)/(W − w(a))."""
    weights = [1, 2, 3, 4]
    counts = Counter(a * 4 + b for a, b in (weighted(Stream(seed), 2, weights) for seed in seeds(20_000)))
    expected = {
        a * 4 + b: 20_000 * weights[a] / 10 * weights[b] / (10 - weights[a])
        for a in range(4)
        for b in range(4)
        if a != b
    }
    assert chi_square(counts, expected) < 31.3  # 11 degrees of freedom, p = 0.001


def test_what_is_left_of_a_pool() -> None:
    pool = Pool([5, 0, 3, 2])
    assert (pool.left(), pool.left(0), pool.left(1), pool.left(3)) == (10, 0, 5, 8)
    assert pool.take(6) == 2
    assert (pool.left(), pool.left(3)) == (7, 5)
    assert pool.take(5) == 3 and pool.take(4) == 0 and pool.left() == 0


def test_the_generator_is_repeatable() -> None:
    assert generate.topic_files("draws") == generate.topic_files("draws")


def test_a_seed_of_another_length_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Stream(bytes(31))

"""How long attestations take to check: `make speeds`; in `make test` each runs once, for its result alone.

Processor time, so that a busy machine changes little. Keys are in the cache: whoever watches a committee has them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from support.committees import NETWORK, committee, member_secrets
from support.speeds import said
from tracework.protocol import keys
from tracework.protocol.committee.signing import check_aggregate
from tracework.protocol.keys import KeyCache
from tracework.protocol.work.attestation import (
    AttestationAggregate,
    CheckKind,
    CheckMade,
    Finding,
    Statement,
    combine_attestations,
    sign_statement,
)
from tracework.verifier.committees import check_many

pytestmark = [
    pytest.mark.skipif(keys.default_backend().name != "arkworks", reason="the figures are of the fast backend"),
    pytest.mark.benchmark(timer=time.process_time),
]


def statement(number: int, size: int) -> Statement:
    return Statement(
        network=NETWORK,
        committee=committee(size).hash,
        epoch=3,
        unit=bytes(32),
        claim=hashlib.sha256(number.to_bytes(8, "big")).digest(),
        check=CheckMade(kind=CheckKind.REEXECUTION),
        outcome=Finding.ACCEPTED,
    )


def single(size: int, count: int) -> list[AttestationAggregate]:
    """Aggregates on different statements, each of one member."""
    snapshot, secrets = committee(size), member_secrets(size)
    made = []
    for number in range(count):
        share = sign_statement(statement(number, size), snapshot, secrets[number % size])
        signers = bytearray((size + 7) // 8)
        signers[share.member // 8] |= 1 << share.member % 8
        made.append(AttestationAggregate(body=share.body, signers=bytes(signers), signature=share.signature))
    return made


def tell(request: pytest.FixtureRequest, benchmark: Any, what: str, each: int = 1) -> None:
    """Print the fastest round, for each of so many."""
    if not benchmark.disabled:
        said(request.config).append(f"{what}: {benchmark.stats.stats.min / each * 1e3:.2f} ms")


@pytest.mark.parametrize("size", [7, pytest.param(512, marks=pytest.mark.long)])
def test_an_attestation_by_all_members(size: int, benchmark: Any, request: pytest.FixtureRequest) -> None:
    snapshot, cache = committee(size), KeyCache()
    shares = [sign_statement(statement(0, size), snapshot, secret) for secret in member_secrets(size)]
    made = combine_attestations(shares, snapshot, cache=cache)
    signers = benchmark.pedantic(
        check_aggregate, (made, snapshot), {"cache": cache}, rounds=30, iterations=1, warmup_rounds=1
    )
    assert len(signers) == size
    tell(request, benchmark, f"an attestation by {size} members")


@pytest.mark.parametrize("way", ["together", "one by one"])
@pytest.mark.parametrize("count", [64, pytest.param(10_000, marks=pytest.mark.long)])
def test_attestations_by_one_member(count: int, way: str, benchmark: Any, request: pytest.FixtureRequest) -> None:
    snapshot, cache = committee(7), KeyCache()
    batch = single(7, count)
    check_many(batch[:7], snapshot, cache=cache)
    ways: dict[str, Callable[[], object]] = {
        "together": lambda: check_many(batch, snapshot, cache=cache),
        "one by one": lambda: [check_aggregate(one, snapshot, cache=cache) for one in batch],
    }
    benchmark.pedantic(ways[way], rounds=3, iterations=1)
    tell(request, benchmark, f"each of {count} attestations, {way}", count)

"""How long attestations take to check: measured in CPU time, so that a busy machine changes little."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import pytest

from support.committees import NETWORK, committee, member_secrets
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
    pytest.mark.timeout(1200),
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


def cpu(work: Callable[[], object], tries: int) -> float:
    """Least CPU time of some tries, in seconds."""
    best = float("inf")
    for _ in range(tries):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


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


@pytest.mark.long
def test_an_attestation_of_512_members_takes_under_5_ms() -> None:
    snapshot, cache = committee(512), KeyCache()
    shares = [sign_statement(statement(0, 512), snapshot, secret) for secret in member_secrets(512)]
    made = combine_attestations(shares, snapshot, cache=cache)
    assert len(check_aggregate(made, snapshot, cache=cache)) == 512
    seconds = cpu(lambda: check_aggregate(made, snapshot, cache=cache), 30)
    print(f"an attestation of 512 members: {seconds * 1e3:.2f} ms")
    assert seconds < 0.005


@pytest.mark.long
def test_ten_thousand_attestations_take_at_most_1_5_ms_each() -> None:
    snapshot, cache = committee(7), KeyCache()
    batch = single(7, 10_000)
    check_many(batch[:7], snapshot, cache=cache)
    seconds = cpu(lambda: check_many(batch, snapshot, cache=cache), 3) / len(batch)
    print(f"each of 10,000 attestations in a batch: {seconds * 1e3:.2f} ms")
    assert seconds <= 0.0015


def test_a_batch_is_quicker_than_one_by_one() -> None:
    snapshot, cache = committee(7), KeyCache()
    batch = single(7, 64)
    check_many(batch, snapshot, cache=cache)
    together = cpu(lambda: check_many(batch, snapshot, cache=cache), 5)
    alone = cpu(lambda: [check_aggregate(one, snapshot, cache=cache) for one in batch], 5)
    assert together < 0.85 * alone

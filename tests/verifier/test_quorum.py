"""Quorums: how each kind of replica stands, and the same bytes from every order of the files."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Sequence
from typing import Any

import pytest

from support.remembering import Remembering
from tracework.conformance.generate import _many as many
from tracework.conformance.generate._replicas import (
    STANDINGS,
    Made,
    copied,
    honest,
    late_reveal,
    lazy,
    run,
    two_commits,
    unrevealed,
)
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import KeyCache
from tracework.protocol.work.receipt import Subject
from tracework.protocol.work.unit import Unit
from tracework.verifier.quorum import check_quorum
from tracework.verifier.record import from_record, to_record
from tracework.verifier.verdict import Evidence, Outcome, Verdict

BACKEND, CACHE = Remembering(), KeyCache()
COMMITTEE = encode_object(many.committee())


def judge(unit: Unit, files: Sequence[bytes], **more: Any) -> Verdict:
    return check_quorum(encode_object(unit), files, backend=BACKEND, cache=CACHE, **more)


@pytest.mark.parametrize("made", STANDINGS, ids=lambda made: made.__name__)
def test_standings(made: Made) -> None:
    verdict = judge(run(3).unit, [COMMITTEE, *honest(3, 0), *honest(3, 1), *made(3, 2)])
    assert (verdict.evidence, verdict.claim, verdict.asides) == (Evidence.VALID, Outcome.ACCEPTED, ())
    by_key = {party.key: (party.standing.value, party.code) for party in verdict.parties}
    assert by_key == {
        many.public(name): STANDINGS[kind] for name, kind in zip(many.names(3), (honest, honest, made), strict=True)
    }
    assert verdict.statement is not None and verdict.statement.output_root == run(3).claim.body.output_root
    assert (verdict.statement.worker, verdict.statement.claim) == (None, None)
    assert from_record(to_record(verdict)).parties == verdict.parties


def test_no_quorum() -> None:
    verdict = judge(run(3).unit, [COMMITTEE, *honest(3, 0), *lazy(3, 1)])
    assert (verdict.evidence, verdict.claim, verdict.code) == (Evidence.VALID, Outcome.INCONCLUSIVE, "no-quorum")
    assert sorted(party.standing.value for party in verdict.parties) == ["absent", "undecided", "undecided"]
    assert verdict.blame is None


def test_without_the_committee_it_is_incomplete() -> None:
    verdict = judge(run(3).unit, [*honest(3, 0), *honest(3, 1)])
    assert (verdict.evidence, verdict.claim) == (Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
    assert [check.requirement for check in verdict.missing] == ["RED-013"]


def test_files_that_do_not_count_are_named_and_change_nothing() -> None:
    good = [COMMITTEE, *honest(3, 0), *honest(3, 1)]
    stranger = many.claim_by(run(3), "stranger")
    other = many.honest(run(5), many.names(5)[0])
    noise = {
        b"\xff": "forbidden-type",
        encode_object(run(3).unit): "unknown-kind",
        encode_object(many.committee(size=5)): "other-committee",
        encode_object(many.commit_to(stranger, "stranger")): "unassigned-worker",
        encode_object(other.commit): "unit-mismatch",
        encode_object(other.reveal): "unit-mismatch",
        encode_object(
            many.receipt(run(3).unit, Subject.COMMIT, many.public("x"), bytes(32), 1, signers=(0,))
        ): "below-threshold",
        encode_object(many.receipt(run(5).unit, Subject.COMMIT, many.public("x"), bytes(32), 1)): "unit-mismatch",
    }
    verdict = judge(run(3).unit, [*good, *noise])
    plain = judge(run(3).unit, good)
    assert sorted(aside.code for aside in verdict.asides) == sorted(noise.values())
    assert (verdict.parties, verdict.claim, verdict.statement) == (plain.parties, plain.claim, plain.statement)
    assert all(aside.message for aside in verdict.asides)


@functools.cache
def files_of(kind: Made, count: int, place: int) -> tuple[bytes, ...]:
    """A replica's files, made once."""
    return tuple(kind(count, place))


def verdict_bytes(unit: Unit, files: Sequence[bytes]) -> bytes:
    return encode_object(to_record(judge(unit, files)))


def test_every_order_of_six_replicas_gives_the_same_bytes() -> None:
    """All 720 orders in which six workers can be heard."""
    made = [honest, honest, lazy, copied, late_reveal, honest]
    groups = [kind(6, place) for place, kind in enumerate(made)]
    seen = {
        verdict_bytes(run(6).unit, [*itertools.chain.from_iterable(order), COMMITTEE])
        for order in itertools.permutations(groups)
    }
    assert len(seen) == 1


@pytest.mark.parametrize("count", range(1, 6))
def test_every_order_of_fewer_replicas_gives_the_same_bytes(count: int) -> None:
    kinds = [honest, two_commits, copied, unrevealed, lazy][:count]
    groups = [kind(count, place) for place, kind in enumerate(kinds)]
    seen = {
        verdict_bytes(run(count).unit, [COMMITTEE, *itertools.chain.from_iterable(order)])
        for order in itertools.permutations(groups)
    }
    assert len(seen) == 1


def sampled(cases: int, seed: int) -> None:
    """Replicas of random kinds, files in random order, some given twice: each twice, the same bytes."""
    chance = random.Random(seed)
    for _ in range(cases):
        count = chance.choice([7, 9])
        files = [COMMITTEE]
        for place in range(count):
            files += files_of(chance.choice(list(STANDINGS)) if place else honest, count, place)
        first = verdict_bytes(run(count).unit, files)
        files += chance.choices(files, k=3)
        chance.shuffle(files)
        assert verdict_bytes(run(count).unit, files) == first


def test_sampled_orders_give_the_same_bytes() -> None:
    sampled(60, 1)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_sampled_orders_give_the_same_bytes() -> None:
    sampled(10_000, 2)


def test_opaque_units_go_the_same_way() -> None:
    unit = many.opaque_unit()
    files = [COMMITTEE]
    for name, result in zip(many.names(3), ("result", "other", "result"), strict=True):
        files += many.opaque_replica(unit, name, result).files()
    verdict = judge(unit, files)
    assert verdict.claim is Outcome.ACCEPTED and verdict.statement is not None
    assert verdict.statement.result == many.opaque_claim_by(unit, "x").body.result
    by_key = {party.key: party.standing.value for party in verdict.parties}
    assert [by_key[many.public(name)] for name in many.names(3)] == ["agrees", "dissents", "agrees"]


def test_the_earliest_receipt_counts() -> None:
    name = many.names(3)[2]
    replica = many.honest(run(3), name, (90, 201))
    early = many.receipt(run(3).unit, Subject.REVEAL, many.public(name), replica.reveal.id, 200)
    verdict = judge(run(3).unit, [COMMITTEE, *honest(3, 0), *replica.files(), encode_object(early)])
    assert verdict.claim is Outcome.ACCEPTED

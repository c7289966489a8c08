"""Damaged files harm nobody: no flipped bit makes an honest party look guilty (VRD-003, RED-002)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from support.remembering import Remembering
from tracework.conformance.generate import _many as many
from tracework.conformance.generate._replicas import honest, lazy, run
from tracework.conformance.generate.attestation import aggregate, statement
from tracework.conformance.generate.equivocation import _commits, _pair
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import KeyCache
from tracework.verifier import commits, committees, equivocations
from tracework.verifier.quorum import check_quorum
from tracework.verifier.verdict import Evidence, Outcome, Standing, Verdict

BACKEND, CACHE = Remembering(), KeyCache()
FILES = [encode_object(many.committee()), *honest(3, 0), *honest(3, 1), *lazy(3, 2)]
UNIT = encode_object(run(3).unit)
HARMLESS = {Standing.AGREES, Standing.DISSENTS, Standing.UNDECIDED, Standing.ABSENT, Standing.MISSING}
"""What may be said of a worker who did nothing wrong, in the company of damaged files."""
CLAIM = many.claim_by(run(3), many.names(3)[0])
ATTESTED = (encode_object(CLAIM), encode_object(many.committee()), encode_object(aggregate(statement(CLAIM))))
TWICE = encode_object(_pair(*_commits()))
REVEAL = encode_object(many.reveal_of(CLAIM, many.names(3)[0], run(3).leaves))


def flipped(data: bytes, bit: int) -> bytes:
    made = bytearray(data)
    made[bit // 8 % len(made)] ^= 1 << bit % 8
    return bytes(made)


@settings(max_examples=250)
@given(st.integers(0, len(FILES) - 1), st.integers(0, 1 << 20), st.booleans())
def test_a_damaged_file_blames_no_worker(place: int, bit: int, beside: bool) -> None:
    """The damaged file in the place of the good one, or beside it."""
    files = [*FILES] if beside else [*FILES[:place], *FILES[place + 1 :]]
    verdict = check_quorum(UNIT, [*files, flipped(FILES[place], bit)], backend=BACKEND, cache=CACHE)
    assert {party.standing for party in verdict.parties} <= HARMLESS
    assert verdict.claim is not Outcome.REFUTED and verdict.blame is None
    if beside:
        plain = check_quorum(UNIT, FILES, backend=BACKEND, cache=CACHE)
        assert (verdict.parties, verdict.claim) == (plain.parties, plain.claim)
        assert len(verdict.asides) == 1


def harmless(verdict: Verdict) -> bool:
    return verdict.claim is not Outcome.REFUTED and verdict.blame in (None, "presenter")


@settings(max_examples=150)
@given(st.integers(0, 2), st.integers(0, 1 << 20))
def test_a_damaged_attestation_accepts_and_refutes_nothing(place: int, bit: int) -> None:
    files = [*ATTESTED]
    files[place] = flipped(files[place], bit)
    verdict = committees.check_attested_claim(files[0], files[1], files[2], backend=BACKEND, cache=CACHE)
    assert harmless(verdict) and verdict.evidence is Evidence.INVALID


@settings(max_examples=150)
@given(st.integers(0, 1 << 20))
def test_damaged_evidence_of_equivocation_accuses_nobody(bit: int) -> None:
    verdict = equivocations.check(flipped(TWICE, bit), backend=BACKEND, cache=CACHE)
    assert verdict.evidence is Evidence.INVALID and not verdict.parties and verdict.blame == "presenter"


@settings(max_examples=150)
@given(st.integers(0, 1 << 20))
def test_a_damaged_reveal_refutes_nothing(bit: int) -> None:
    verdict = commits.check_reveal(flipped(REVEAL, bit), backend=BACKEND, cache=CACHE)
    assert harmless(verdict) and verdict.evidence is Evidence.INVALID

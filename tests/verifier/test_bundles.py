"""No damage to a bundle, and no sequence of forged or replayed evidence, turns it into something else."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.mutations import spliced, spoilt
from tracework.conformance.generate import bundle as made
from tracework.conformance.generate._many import honest_run, run_of
from tracework.conformance.generate.audit import SLOT, audited_unit, honest, receipt_of
from tracework.protocol.encoding import cbor
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.errors import ProtocolError
from tracework.protocol.keys import KeyCache
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.work import receipt as receipts
from tracework.protocol.work.bundle import Bundle, pack, read_bundle
from tracework.protocol.work.claim import Claim, SignedClaim
from tracework.protocol.work.reveal import result_of
from tracework.verifier.bundles import check_bundle
from tracework.verifier.verdict import Outcome, Statement, Verdict

CACHE = KeyCache()
VECTORS = Path(__file__).parents[2] / "vectors" / "1" / "bundle" / "judge.json"
LIARS = {"quorum-lie", "quorum-refuted", "quorum-refuted-stranger"}
"""Bundles in which a quorum of liars agrees: with nothing against it, what they say is accepted."""


def judged(data: bytes) -> Verdict:
    """The verdict on a bundle, whatever its bytes."""
    return check_bundle(data, executor=Interpreter, cache=CACHE)


def sources() -> list[bytes]:
    """Bundles of every make, all that is no bundle left out: audited, refuted, attested, agreed on, open."""
    cases: list[dict[str, Any]] = json.loads(VECTORS.read_text())["cases"]
    made = {case["id"].removeprefix("bundle-judge-"): case for case in cases if case["result"] == "valid"}
    return sorted({bytes.fromhex(case["input"]["bundle"]) for name, case in made.items() if name not in LIARS})


SOURCES = sources()
SPOKEN = {result_of(run.claim.body) for run in (run_of(audited_unit()), honest_run())}
"""The results of honest runs."""


@functools.cache
def false_claims() -> set[bytes]:
    """The ids of all claims in the sources that say something else than honest runs."""
    found = set()
    for data in SOURCES:
        for value, _ in read_bundle(decode_object(Bundle, data)):
            claim = value if isinstance(value, Claim) else getattr(value, "claim", None)
            if isinstance(claim, Claim | SignedClaim) and result_of(claim.body) not in SPOKEN:
                found.add(claim.id)
    return found


def mutated(chance: Random, data: bytes) -> bytes:
    """A bundle with one change: of bytes, of the place of files, inside a file, or with files of other bundles."""
    kind = chance.randrange(8)
    if kind == 0:
        return spoilt(chance, data)
    if kind == 1:
        return spliced(chance, data, SOURCES)
    item: Any = cbor.decode(data)
    files = item[2]
    theirs: Any = cbor.decode(chance.choice(SOURCES))
    place, other = chance.randrange(len(files)), chance.choice(theirs[2])
    if kind == 2:
        del files[place]
    elif kind == 3:
        files.insert(chance.randrange(len(files) + 1), files[place])
    elif kind == 4:
        chance.shuffle(files)
    elif kind == 5:
        files[place] = other
    elif kind == 6:
        files[place] = spoilt(chance, files[place])
    else:
        files[place] = spliced(chance, files[place], [*files, other])
    return (_packed(files) if chance.random() < 0.7 else None) or cbor.encode(item)


def _packed(files: list[bytes]) -> bytes | None:
    try:
        return encode_object(pack(files))
    except ProtocolError:
        return None


def said(verdict: Verdict) -> Statement | None:
    """What a verdict accepts, whoever claims it."""
    return None if verdict.statement is None else replace(verdict.statement, worker=None, claim=None)


@functools.cache
def accepted_statements() -> set[Statement | None]:
    """What the sources accept."""
    verdicts = [judged(data) for data in SOURCES]
    return {said(verdict) for verdict in verdicts if verdict.claim is Outcome.ACCEPTED}


def hold(seeds: range) -> None:
    """Mutate bundles: an acceptance stays one of what was accepted before, and no honest claim is ever refuted."""
    accepted, false = accepted_statements(), false_claims()
    assert len(accepted) >= 3 and len(false) >= 3
    for seed in seeds:
        chance = Random(seed)
        verdict = judged(mutated(chance, chance.choice(SOURCES)))
        if verdict.claim is Outcome.ACCEPTED:
            assert said(verdict) in accepted, seed
            assert verdict.statement is not None and verdict.statement.claim not in false, seed
        if verdict.claim is Outcome.REFUTED:
            assert verdict.statement is not None and verdict.statement.claim in false, seed
            assert verdict.blame == "worker", seed


def test_each_receipt_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many audit proofs and receipts of one commit a hostile bundle holds (AUD-023, BND-018)."""
    checked: list[int] = []

    def counting(receipt: Any, *arguments: Any, **options: Any) -> None:
        checked.append(receipt.body.slot)
        check(receipt, *arguments, **options)

    check = receipts.check_receipt
    monkeypatch.setattr(receipts, "check_receipt", counting)
    audit, unit = honest(), audited_unit()
    weak = [receipt_of(unit, audit.commit.id, SLOT - 1 - place, signers=(1,)) for place in range(9)]
    proofs = [audit.replace(receipt=receipt_of(unit, audit.commit.id, slot)) for slot in range(SLOT, SLOT + 4)]
    proofs += [audit.replace(receipt=one) for one in weak[:2]]
    verdict = judged(encode_object(pack([*made.audited(), *map(encode_object, [*weak, *proofs])])))
    assert verdict.claim is Outcome.ACCEPTED
    assert sorted(checked) == [SLOT - 1 - place for place in reversed(range(9))] + [SLOT]


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_mutations_change_no_statement(start: int) -> None:
    hold(range(start, start + 100))


@pytest.mark.long
@pytest.mark.parametrize("start", range(10_000, 22_000, 1_000))
def test_many_mutations(start: int) -> None:
    hold(range(start, start + 1_000))

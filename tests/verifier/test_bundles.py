"""No damage to a bundle, and no sequence of forged or replayed evidence, turns it into something else."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tracework.conformance.generate import bundle as made
from tracework.conformance.generate._many import run_of
from tracework.conformance.generate.audit import SLOT, audited_unit, honest, receipt_of
from tracework.protocol.encoding import cbor
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import KeyCache
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.work import receipt as receipts
from tracework.protocol.work.bundle import pack
from tracework.verifier.bundles import check_bundle
from tracework.verifier.verdict import Outcome, Statement, Verdict

CACHE = KeyCache()
HONEST = run_of(audited_unit()).claim.id


def judged(data: bytes) -> Verdict:
    """The verdict on a bundle, whatever its bytes."""
    return check_bundle(data, executor=Interpreter, cache=CACHE)


def mutated(chance: Random, data: bytes, others: list[bytes]) -> bytes:
    """A bundle with one change: of a bit, of bytes, of the place of files, or with files of other bundles."""
    kind = chance.randrange(9)
    if kind == 0:
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(changed)
    if kind == 1:
        return data[: chance.randrange(len(data))]
    if kind == 2:
        at, length = chance.randrange(len(data)), chance.randint(1, 64)
        return data[:at] + data[at + length :]
    if kind == 3:
        at = chance.randrange(len(data))
        return data[:at] + chance.randbytes(chance.randint(1, 64)) + data[at:]
    item: Any = cbor.decode(data)
    files = item[2]
    place = chance.randrange(len(files))
    if kind == 4:
        del files[place]
    elif kind == 5:
        files.insert(chance.randrange(len(files) + 1), files[place])
    elif kind == 6:
        chance.shuffle(files)
    elif kind == 7:
        theirs: Any = cbor.decode(chance.choice(others))
        files[place] = chance.choice(theirs[2])
        if chance.random() < 0.5:
            return _packed(files) or cbor.encode(item)
    else:
        inner = bytearray(files[place])
        for _ in range(chance.randint(1, 3)):
            inner[chance.randrange(len(inner))] = chance.randrange(256)
        files[place] = bytes(inner)
    return cbor.encode(item)


def _packed(files: list[bytes]) -> bytes | None:
    try:
        return encode_object(pack(files))
    except Exception:
        return None


def hold(seeds: range) -> None:
    """Mutate bundles: an acceptance stays one of the same statement, and no honest claim is ever refuted."""
    good, bad = encode_object(pack(made.audited())), encode_object(pack(made.refuted()))
    statements: set[Statement | None] = {judged(good).statement}
    assert judged(good).claim is Outcome.ACCEPTED and judged(bad).claim is Outcome.REFUTED
    for seed in seeds:
        chance = Random(seed)
        source, other = chance.choice([(good, bad), (bad, good)])
        verdict = judged(mutated(chance, source, [source, other]))
        if verdict.claim is Outcome.ACCEPTED:
            assert verdict.statement in statements, seed
        if verdict.claim is Outcome.REFUTED:
            assert verdict.statement is not None and verdict.statement.claim != HONEST, seed
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

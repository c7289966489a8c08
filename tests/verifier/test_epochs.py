"""An epoch's records out of evidence: any order, any damage."""

from __future__ import annotations

import functools
import random
from typing import Any

import pytest

from tracework.conformance.generate import _epoch_files as made
from tracework.conformance.generate import _many
from tracework.conformance.generate.rewards import parameters
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.errors import CryptoError
from tracework.protocol.keys import KeyCache
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.rewards.records import RecordType
from tracework.protocol.rewards.settle import settle
from tracework.protocol.rewards.standard import StandardRule
from tracework.protocol.rewards.view import Aside
from tracework.protocol.work import audit as audits
from tracework.protocol.work.silence import Asked
from tracework.verifier.epoch_files import Told
from tracework.verifier.epochs import Shown, refused, shown

CACHE = KeyCache()
TYPES = list(RecordType)[1:]


def told(**changes: object) -> Told:
    return Told(**({"parameters": parameters(), "registry": made.snapshot(), **made.TOLD} | changes))


def read(files: list[bytes]) -> Shown:
    return shown(told(), files, executor=Interpreter, cache=CACHE)


def records(evidence: Shown) -> set[tuple[RecordType, object]]:
    return {(kind, record) for kind in TYPES for record in evidence.epoch.records(kind)}


@functools.cache
def world() -> tuple[bytes, ...]:
    """A drawn claim that is audited, checked and attested; a false one with a refutation; a silence."""
    unit, false, silent = made.drawn_unit(), made.named_unit("epoch-false"), made.named_unit("epoch-silent")
    worker, (one, two, _) = made.worker_of(unit), _many.names(3)
    unrevealed = made.claimed(silent, two)[:2]
    commit = _many.commit_to(made.claim(silent, two), two)
    wrong = made.claim(false, one, 2)
    return tuple(
        made.encoded(
            [
                *made.about(unit),
                *made.claimed(unit, worker),
                made.audit(unit),
                *(file for name in made.auditors_of(unit) for file in made.checked(unit, name)),
                made.attested(made.claim(unit, worker)),
                *made.about(false),
                *made.claimed(false, one, wrong=2),
                *made.refuted(false, made.run(false, 2).proof(1).replace(claim=wrong), wrong),
                *made.about(silent),
                *unrevealed,
                made.silence(silent, Asked.REVEAL, commit.id, two),
            ]
        )
    )


def test_order_and_repetition_change_nothing() -> None:
    whole = read(list(world()))
    assert {kind for kind, _ in records(whole)} == set(TYPES) - {RecordType.EQUIVOCATION}
    for seed in range(3):
        files = list(world()) * 2
        random.Random(seed).shuffle(files)
        again = read(files)
        assert again.epoch.hash == whole.epoch.hash and again.findings == whole.findings


def test_a_file_that_is_damaged_shows_nothing_that_is_not_so() -> None:
    whole = records(read(list(world())))
    random_ = random.Random(7)
    for place, file in enumerate(world()):
        bad = bytearray(file)
        bad[random_.randrange(len(bad))] ^= 1 << random_.randrange(8)
        for one in (bytes(bad), file[: random_.randrange(len(file))]):
            found = records(read([*world()[:place], one, *world()[place + 1 :]]))
            # Without the refutation the attestations of its claim would be worth something; here nobody attested it.
            assert found <= whole


def test_what_is_left_out_is_refused_and_the_rest_is_settled() -> None:
    whole = read(list(world()))
    assert refused(whole.epoch, whole) == []
    rule = StandardRule(parameters())
    for place in range(len(world())):
        less = read([*world()[:place], *world()[place + 1 :]])
        out = refused(whole.epoch, less)
        assert {Aside(aside.reason) for aside in out} <= {Aside.EVIDENCE_MISSING, Aside.EVIDENCE_INVALID}
        assert len(out) == len(records(whole) - records(less))
        settle(whole.epoch, rule, out)


def test_accounts_of_another_registry_are_refused_as_a_whole() -> None:
    epoch = read([]).epoch
    other = made.snapshot()
    other = other.replace(accounts=(other.accounts[0].replace(stake=1), *other.accounts[1:]))
    with pytest.raises(CryptoError, match="not those of the registry"):
        refused(epoch, shown(told(registry=other), [], executor=Interpreter))


def test_a_forged_receipt_in_a_batch_of_good_ones_spoils_itself_alone() -> None:
    whole = records(read(list(world())))
    receipt = made.unit_receipt(made.drawn_unit())
    forged = receipt.replace(body=receipt.body.replace(slot=1))
    found = read([*world(), encode_object(forged)])
    assert records(found) == whole
    assert [one.error.code for one in found.findings if one.error] == ["bad-signature"]


def test_an_auditors_segments_are_executed_once_however_many_reveals_and_proofs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unit = made.drawn_unit()
    proof, auditor = made.audit(unit), made.auditors_of(unit)[0]
    reveals = [audits.make_check(proof, bytes([n]) * 32, _many.secret(auditor), Interpreter) for n in range(3)]
    lazy = reveals[0].replace(states=bytes(len(reveals[0].states)))
    wider = proof.replace(proof=made.run(unit).proof(*range(4)).replace(claim=proof.claim))
    files = made.encoded(
        [
            *made.about(unit),
            *made.claimed(unit, made.worker_of(unit)),
            *(proof, wider, lazy),
            *reveals,
            *(made.check_receipt(unit, reveal) for reveal in reveals),
        ]
    )
    executed, once = [], audits.inner_states

    def counting(*given: Any) -> bytes:
        executed.append(given)
        return once(*given)

    monkeypatch.setattr(audits, "inner_states", counting)
    found = read(files)
    assert len(found.epoch.checks) == 3 and len(executed) == 1

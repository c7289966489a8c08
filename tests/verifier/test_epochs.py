"""An epoch's records are held to their evidence."""

from __future__ import annotations

from typing import Any

import pytest

from support import epochs
from tracework.conformance.generate import _runs
from tracework.protocol import keys
from tracework.protocol.rewards.settle import settle
from tracework.protocol.rewards.standard import StandardRule
from tracework.protocol.rewards.view import Aside
from tracework.protocol.work.unit import Deadlines, sign_unit
from tracework.verifier.epochs import Files, refused
from tracework.verifier.verdict import Check, Evidence, Outcome, Party, Standing, Statement, Verdict

EVIDENCE = epochs.EVIDENCE
DEADLINES = Deadlines(commit=10, reveal=20, challenge=50)
CONTEXT = _runs.make_context(_runs.summing(), b"0123456789")
UNIT = sign_unit(_runs.unit_body(CONTEXT, "epochs", deadlines=DEADLINES, network="testnet"), _runs.requester())
KNOWN = sorted(
    epochs.account(n)._replace(key=key)
    for n, key in enumerate([keys.public_key(_runs.requester()), *(bytes([n]) * 48 for n in (2, 3))])
)
REQUESTER = next(n for n, a in enumerate(KNOWN) if a.key == UNIT.body.requester)
WORKER = (REQUESTER + 1) % 3
STATEMENT = Statement(
    network="testnet", unit=UNIT.id, worker=KNOWN[WORKER].key, claim=epochs.name("c", 0), steps=1000, status=None
)


def verdict(outcome: Outcome = Outcome.ACCEPTED, *passed: str, **changes: Any) -> Verdict:
    fields: dict[str, Any] = {"evidence": Evidence.VALID, "evidence_hash": EVIDENCE, "statement": STATEMENT}
    return Verdict(claim=outcome, checks=tuple(Check(one, "", "passed") for one in passed), **fields | changes)


def unit(**changes: Any) -> Any:
    body = UNIT.body
    whole = epochs.unit(id=UNIT.id, requester=REQUESTER, price=body.price, escrow=body.escrow, ways=0, eligible=0)
    return whole._replace(audit_whole=0, attestation_whole=0, **changes)


def reasons(*records: Any, found: Verdict | None = None, units: bool = True, claims: bool = True) -> list[str]:
    epoch = epochs.epoch(*records, known=KNOWN)
    files = Files(
        units={UNIT.id: UNIT} if units else {},
        claims={epochs.name("c", 0): STATEMENT} if claims else {},
        verdicts={} if found is None else {EVIDENCE: found},
    )
    out = refused(epoch, files)
    settle(epoch, StandardRule(epochs.parameters()), out)
    return [Aside(aside.reason).name.lower() for aside in out]


def claim(**changes: Any) -> Any:
    return epochs.claim(worker=WORKER, status=0)._replace(unit=UNIT.id, **changes)


def test_what_is_shown_stays() -> None:
    assert reasons(unit(), claim(), epochs.verdict(), found=verdict()) == []
    assert reasons(unit(), claim(), epochs.refutation(prover=0), found=verdict(Outcome.REFUTED)) == []
    assert reasons(epochs.check(checker=0), found=verdict(Outcome.INCONCLUSIVE, "AUD-057")) == []
    silence = epochs.silence(worker=WORKER)._replace(unit=UNIT.id)
    assert reasons(silence, found=verdict(Outcome.INCONCLUSIVE, "SIL-013")) == []
    parties = (Party(KNOWN[WORKER].key, Standing.EQUIVOCATED),)
    equivocation = epochs.equivocation(account=WORKER)._replace(unit=UNIT.id)
    assert reasons(equivocation, found=verdict(Outcome.INCONCLUSIVE, parties=parties)) == []


def test_what_is_not_there_is_missing() -> None:
    records = [unit(), claim(), epochs.verdict(), epochs.refutation(prover=0), epochs.beneficiary()]
    assert reasons(*records, units=False, claims=False) == ["evidence_missing"] * 5


OTHER = [
    ("price", 99),
    ("escrow", 1),
    ("requester", WORKER),
    ("places", 2),
    ("ways", 4),
    ("challenge", 51),
    ("eligible", 1),
]


@pytest.mark.parametrize(("name", "value"), OTHER)
def test_a_unit_that_was_signed_otherwise(name: str, value: int) -> None:
    assert reasons(unit(**{name: value})) == ["evidence_invalid"]


def test_what_shows_something_else() -> None:
    assert reasons(claim(steps=999)) == ["evidence_invalid"]
    assert reasons(claim(worker=REQUESTER)) == ["evidence_invalid"]
    assert reasons(epochs.verdict(), found=verdict(Outcome.REFUTED)) == ["evidence_invalid"]
    assert reasons(epochs.verdict(1), found=verdict()) == ["evidence_invalid"]
    assert reasons(epochs.verdict(), found=verdict(evidence=Evidence.INCOMPLETE)) == ["evidence_invalid"]
    assert reasons(epochs.refutation(prover=0), found=verdict()) == ["evidence_invalid"]
    assert reasons(epochs.check(checker=0), found=verdict()) == ["evidence_invalid"]
    assert reasons(epochs.silence(worker=WORKER), found=verdict(Outcome.INCONCLUSIVE, "SIL-013")) == [
        "evidence_invalid"
    ]
    assert reasons(epochs.equivocation(account=WORKER), found=verdict()) == ["evidence_invalid"]

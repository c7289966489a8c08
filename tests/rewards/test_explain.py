"""Explanations, line by line: explained.txt has them all, for an epoch in which everything happens."""

from __future__ import annotations

from pathlib import Path

from support import epochs
from support.epochs import beneficiary, check, claim, equivocation, parameters, refutation, silence, unit, verdict
from tracework.protocol.rewards.epoch import Epoch
from tracework.protocol.rewards.explain import explain
from tracework.protocol.rewards.parameters import Ceiling
from tracework.protocol.rewards.standard import StandardRule
from tracework.protocol.rewards.view import Aside, SetAside

WANTED = Path(__file__).parent / "explained.txt"
PLAIN = StandardRule(parameters())
BOUND = StandardRule(parameters(emission=(Ceiling(epoch=0, amount=101),)))
EXACT = StandardRule(parameters(emission=(Ceiling(epoch=0, amount=640),)))


def everything(rule: StandardRule) -> Epoch:
    """Units with beneficiaries, tied provers, a silence, more claims than places, records of all sorts set aside."""
    known = epochs.accounts(12)
    known[6] = known[6]._replace(stake=300_000, reputation=77)  # covers one of its two offences, and half of the other
    return epochs.epoch(
        unit(),
        claim(),
        verdict(),
        check(),
        check(checker=3, kind=2, part=4),
        *(unit(1, price=2, places=2, audit_whole=0), beneficiary(1, share=2500), beneficiary(1, 201, 500)),
        *(claim(10 + n, unit=1, worker=3 + n, slot=10 + n, steps=500) for n in range(3)),
        *(verdict(10), verdict(11), verdict(12), check(10, checker=2, kind=2, part=11)),
        *(unit(2), claim(20, unit=2, worker=6), verdict(20), check(20, part=3)),
        *(refutation(20, prover=7), refutation(20, prover=8), refutation(20, prover=9, slot=21)),
        *(unit(3, requester=1), silence(3, worker=6), claim(30, unit=3, worker=6)),
        *(unit(4), claim(40, unit=4, worker=10), verdict(40, outcome=2), claim(41, unit=4, worker=9, assigned=0)),
        *(unit(5), claim(50, unit=5, worker=10), claim(51, unit=5, worker=10), equivocation(5, account=11)),
        *(check(50, checker=11), check(50, checker=10), check(50, checker=9, proven=0), check(99, checker=9)),
        refutation(50, prover=9, slot=51),
        *(unit(6, attestation_whole=0), silence(6, worker=0), claim(60, unit=6, worker=11), refutation(60, prover=9)),
        *(unit(7, attestation_whole=0), claim(70, unit=7, worker=2), verdict(70)),
        known=known,
        rule=rule,
    )


def told() -> list[str]:
    """All lines about all accounts."""
    lines = []
    for name, rule in (("plain", PLAIN), ("bound", BOUND), ("exact", EXACT)):
        epoch = everything(rule)
        refused = [SetAside(6, 0, Aside.EVIDENCE_INVALID)] if rule is BOUND else []
        for account in range(12):
            lines.append(f"{name}, account {account}")
            for amount, what, of, clause, why in explain(epoch, rule, account, refused):
                about = "" if of is None else f", {of[:1].decode()} {int.from_bytes(of[1:])}"
                shown = "" if amount is None else f" {amount:+,}"
                lines.append(f"  {what}{about}{shown}: {why} [{clause}]")
    return lines


def test_every_line_of_an_epoch_in_which_everything_happens() -> None:
    assert told() == WANTED.read_text().splitlines()

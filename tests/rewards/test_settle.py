"""Whole settlements of small epochs: who gets what, what is set aside, that nothing is made or lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from support import epochs
from support.epochs import (
    beneficiary,
    check,
    claim,
    epoch,
    equivocation,
    parameters,
    refutation,
    silence,
    unit,
    verdict,
)
from tracework.protocol import hashing
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.errors import CryptoError, SchemaError, SemanticError
from tracework.protocol.rewards.epoch import decode_epoch, encode_epoch
from tracework.protocol.rewards.rule import (
    BURN,
    TREASURY,
    Move,
    Reason,
    Rule,
    RuleError,
    Transfer,
    emitted,
    from_escrow,
    slashed,
)
from tracework.protocol.rewards.settle import check_settlement, settle
from tracework.protocol.rewards.settlement import Settlement
from tracework.protocol.rewards.standard import StandardRule
from tracework.protocol.rewards.view import Aside, SetAside, View, build_view

RULE = StandardRule(parameters())


def settled(*records: Any, rule: Rule = RULE, **changes: Any) -> Settlement:
    return settle(epoch(*records, rule=rule, **changes), rule)


def paid(settlement: Settlement) -> dict[tuple[int, str], int]:
    return {(e.account, Reason(e.reason).name.lower()): e.amount for e in settlement.by_reason()}


def named(settlement: Settlement) -> list[tuple[int, int, str]]:
    return [(a.type, a.place, Aside(a.reason).name.lower()) for a in settlement.set_aside()]


def test_an_accepted_claim_line_by_line() -> None:
    settlement = settled(unit(), claim(), verdict(), check(), beneficiary())
    # due = 3 * 1000 = 3000: burn 300, treasury 90, pool for audits 150, for attestations 60, rest 2400.
    # The beneficiary gets 240, the worker 2160. Rebate 80 % of 300 = 240: 168 for work, 48 for the audit.
    assert paid(settlement) == {
        (0, "refund"): 100_000 - 3000 + 60,
        (1, "work"): 2160,
        (1, "emission_work"): 168,
        (2, "audit"): 150,
        (2, "emission_audit"): 48,
    }
    assert [(e.address[-1], e.amount) for e in settlement.by_beneficiary()] == [(200, 240)]
    totals = settlement.totals
    assert (totals.escrow, totals.emission, totals.slashes) == (100_000, 216, 0)
    assert (totals.payouts, totals.burn, totals.treasury, totals.refunds) == (2766, 300, 90, 97_060)
    assert [(c.account, c.stake, c.reputation) for c in settlement.changed()] == [(1, 1_000_000, 1000)]
    assert settlement.claimable == 101
    assert decode_object(Settlement, encode_object(settlement)) == settlement


def test_a_refuted_claim_costs_stake_and_pays_the_earliest_prover() -> None:
    settlement = settled(
        unit(), claim(), verdict(), check(), refutation(slot=21), refutation(prover=4), refutation(prover=5, slot=22)
    )
    # Demand 500 + 200 % of 100,000 = 200,500; bounty 30 % of it, to account 4 alone.
    assert paid(settlement) == {(0, "refund"): 99_850, (2, "audit"): 150, (4, "bounty"): 60_150}
    assert settlement.totals.slashes == 200_500
    assert settlement.totals.burn == 200_500 - 60_150
    assert settlement.changed()[0].stake == 1_000_000 - 200_500


def test_silence_costs_what_a_refutation_costs_and_pays_nobody() -> None:
    settlement = settled(unit(), claim(), verdict(), silence(), silence(kind=1))
    assert paid(settlement) == {(0, "refund"): 100_000}
    assert (settlement.totals.slashes, settlement.totals.burn) == (200_500, 200_500)


def test_contradictions_are_named_and_block_nobody() -> None:
    settlement = settled(
        unit(),
        unit(1),
        unit(1, price=4),
        unit(2, challenge=101),
        claim(),
        claim(1, unit=1),
        claim(2, unit=9),
        claim(3, unit=2),
        verdict(),
        verdict(way=4, outcome=1),
        verdict(way=4, outcome=2),
        verdict(8),
        check(part=7),
        check(part=8),
        check(checker=1),
        refutation(5),
        refutation(slot=51),
    )
    assert paid(settlement)[1, "work"] == 2400
    assert named(settlement) == [
        (2, 1, "unit_contradiction"),
        (2, 2, "unit_contradiction"),
        (2, 3, "unit_not_due"),
        (4, 1, "without_unit"),
        (4, 2, "without_unit"),
        (4, 3, "without_unit"),
        (5, 1, "verdict_contradiction"),
        (5, 2, "verdict_contradiction"),
        (5, 3, "without_claim"),
        (6, 0, "own_check"),
        (6, 1, "check_contradiction"),
        (6, 2, "check_contradiction"),
        (7, 0, "late"),
        (7, 1, "without_claim"),
    ]


def test_a_second_claim_is_paid_for_neither_and_no_way_out_of_a_slash() -> None:
    settlement = settled(unit(), claim(), claim(1, steps=5), verdict(), verdict(1), refutation(1), check())
    assert paid(settlement) == {(0, "refund"): 99_850, (2, "audit"): 150, (3, "bounty"): 60_150}
    assert {what for _, _, what in named(settlement)} == {"second_claim"}
    equivocated = settled(
        unit(), claim(), verdict(), equivocation(), known=[*epochs.accounts(1), epochs.account(1, 5, 9)]
    )
    assert paid(equivocated) == {(0, "refund"): 100_000}
    assert equivocated.changed()[0].reputation == 0


def test_an_accepted_claim_is_not_kept_out_by_a_false_one_before_it() -> None:
    settlement = settled(unit(), claim(slot=1, assigned=1), claim(1, worker=4, assigned=1, slot=9), verdict(1))
    assert paid(settlement)[4, "work"] == 2400


def test_a_stake_that_does_not_cover_all_demands_is_divided() -> None:
    settlement = settled(
        unit(), unit(1), claim(), claim(1, unit=1), refutation(), refutation(1), known=epochs.accounts(8, stake=1001)
    )
    # Each demand is 1001 (the stake); 1001 · 1001 / 2002 = 500 for each; one unit stays.
    assert settlement.totals.slashes == 1000
    assert settlement.changed()[0].stake == 1


def test_tied_provers_share_by_stake() -> None:
    known = [*epochs.accounts(3), epochs.account(3, 300), epochs.account(4, 100), epochs.account(5, 0)]
    settlement = settled(unit(), claim(), refutation(), refutation(prover=4), refutation(prover=5), known=known)
    assert (paid(settlement)[3, "bounty"], paid(settlement)[4, "bounty"]) == (45_112, 15_037)
    assert (5, "bounty") not in paid(settlement)
    alone = settled(unit(), claim(), refutation(prover=5), known=known)
    assert paid(alone)[5, "bounty"] == 60_150


def test_a_file_for_another_rule_has_no_parameters() -> None:
    made = epoch(unit(), claim()).canonical()
    assert decode_epoch(b"".join(encode_epoch(made))) == (made, None)


def test_one_address_of_an_account_a_beneficiary_and_the_treasury() -> None:
    shared = epochs.account(1).address
    settlement = settled(unit(), claim(), verdict(), beneficiary()._replace(address=shared), treasury=shared)
    # Of 3000: burnt 300, net 2400, of it 240 to the beneficiary, 90 to the treasury; 168 are emitted to the worker.
    assert {e.address: e.amount for e in settlement.by_address()}[shared] == 2160 + 168 + 240 + 90


def test_what_a_rule_sees_and_says() -> None:
    view, _ = build_view(epoch(unit(), unit(1), claim(unit=1), verdict(), check()).canonical())
    assert (view.network, view.epoch, view.first_slot, view.last_slot) == ("testnet", 7, 1, 100)
    assert {(fund, of) for fund, of, *_ in RULE.rewards(view)} == {(0, 1), (1, 1)}
    crowd = [claim(n, worker=n + 1, slot=n) for n in range(3)]
    (seen,) = build_view(epoch(unit(places=2), *crowd).canonical())[0].units
    assert [one.placed for one in seen.claims] == [True, True, False]


def test_a_contradiction_sets_nothing_else_aside() -> None:
    units = [one for n in range(2) for one in (unit(n), claim(n, unit=n, worker=n + 1))]
    again = verdict(1)._replace(evidence=b"\1" * 32), check(1, checker=3)._replace(evidence=b"\1" * 32)
    settlement = settled(
        *units,
        *(verdict(0), verdict(0, outcome=2), verdict(1), again[0]),
        *(check(0, checker=4, part=1), check(0, checker=4, part=2), check(0, checker=5), check(1, checker=3), again[1]),
        equivocation(0, account=7),
    )
    # Twice the same with other evidence is no contradiction, and counts once.
    assert paid(settlement)[2, "work"] == 2400
    assert (paid(settlement)[3, "audit"], paid(settlement)[5, "audit"]) == (150, 150)
    assert {what for _, _, what in named(settlement)} == {"verdict_contradiction", "check_contradiction"}


def test_what_names_no_claim_is_passed_over_wherever_it_stands() -> None:
    nowhere = [check(n)._replace(claim=bytes([n]) * 32) for n in (0, 0xFF)]
    verdicts = [verdict(n)._replace(claim=bytes([n]) * 32) for n in (0, 0xFF)]
    proofs = [refutation(n)._replace(claim=bytes([n]) * 32) for n in (0, 0xFF)]
    settlement = settled(unit(), claim(), verdict(), check(), *nowhere, *verdicts, *proofs)
    assert (paid(settlement)[1, "work"], paid(settlement)[2, "audit"]) == (2400, 150)
    assert [what for _, _, what in named(settlement)] == ["without_claim"] * 6


def test_an_epoch_of_one_slot() -> None:
    settlement = settled(unit(challenge=5), claim(), verdict(), first_slot=5, last_slot=5)
    assert (paid(settlement)[1, "work"], settlement.claimable) == (2400, 6)


def test_an_epoch_of_nothing() -> None:
    settlement = settled(accounts_count=0)
    assert settlement.totals.escrow == 0
    assert settlement.payouts == b""


class Bad(Rule):
    def __init__(self, *transfers: Transfer, reputations: dict[int, int] | None = None, most: int = 0) -> None:
        self.transfers, self.given, self.most = transfers, reputations or {}, most

    def rewards(self, view: View) -> Iterable[Move]:
        return self.transfers

    def reputations(self, view: View) -> dict[int, int]:
        return self.given

    def ceiling(self, epoch: int) -> int:
        return self.most


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (
            lambda: Bad(from_escrow(0, 1, 1, 100_001)),
            "100001 from escrow 0 to account 1 (work): the unit's escrow has 100000 left",
        ),
        (
            lambda: Bad(from_escrow(0, 1, 1, -1)),
            "-1 from escrow 0 to account 1 (work): an amount is an integer of at least 0",
        ),
        (
            lambda: Bad(from_escrow(0, 1, 1, cast(int, 1.5))),
            "1.5 from escrow 0 to account 1 (work): an amount is an integer of at least 0",
        ),
        (
            lambda: Bad(from_escrow(0, 1, 1, True)),
            "True from escrow 0 to account 1 (work): an amount is an integer of at least 0",
        ),
        (
            lambda: Bad(from_escrow(1, 1, 1, 0)),
            "0 from escrow 1 to account 1 (work): there is no such fund, or no such unit or account",
        ),
        (
            lambda: Bad(from_escrow(-1, 1, 1, 0)),
            "0 from escrow -1 to account 1 (work): there is no such fund, or no such unit or account",
        ),
        (
            lambda: Bad(from_escrow(0, 8, 1, 5)),
            "5 from escrow 0 to account 8 (work): there is no such account, or no such reason for one",
        ),
        (
            lambda: Bad(from_escrow(0, 1, 5, 5)),
            "5 from escrow 0 to account 1 (refund): there is no such account, or no such reason for one",
        ),
        (
            lambda: Bad(from_escrow(0, 1, 77, 5)),
            "5 from escrow 0 to account 1 (reason 77): there is no such account, or no such reason for one",
        ),
        (
            lambda: Bad(from_escrow(0, -3, 1, 5)),
            "5 from escrow 0 to account -3 (work): there is no such account, or no such reason for one",
        ),
        (
            lambda: Bad(from_escrow(0, bytes(1), 9, 5)),
            "5 from escrow 0 to 00 (beneficiary): only beneficiaries are paid at an address, which has 20 bytes",
        ),
        (
            lambda: Bad(from_escrow(0, bytes([7]) * 20, 1, 5)),
            f"5 from escrow 0 to {'07' * 20} (work): only beneficiaries are paid at an address, which has 20 bytes",
        ),
        (
            lambda: Bad(Transfer(3, 0, 1, 1, 5)),
            "5 from fund 3 0 to account 1 (work): there is no such fund, or no such unit or account",
        ),
        (
            lambda: Bad(emitted(0, 1, 6, 8), most=7),
            "8 from emission 0 to account 1 (emission_work): the epoch emits at most 7",
        ),
        (
            lambda: Bad(emitted(0, 1, 6, 4), emitted(-1, TREASURY, 10, 4), most=7),
            "4 from emission -1 to the treasury (fee): the epoch emits at most 7",
        ),
        (
            lambda: Bad(slashed(1, BURN, 10, 1_000_001)),
            "1000001 from stake 1 to burning (fee): the account's stake has 1000000 left",
        ),
        (
            lambda: Bad(slashed(1, BURN, 10, 600_000), slashed(1, BURN, 10, 600_000)),
            "600000 from stake 1 to burning (fee): the account's stake has 400000 left",
        ),
        (
            lambda: Bad(slashed(8, BURN, 10, 0)),
            "0 from stake 8 to burning (fee): there is no such fund, or no such unit or account",
        ),
        (
            lambda: Bad(slashed(-1, BURN, 10, 0)),
            "0 from stake -1 to burning (fee): there is no such fund, or no such unit or account",
        ),
    ],
)
def test_transfers_that_no_rule_may_make_are_refused(bad: Callable[[], Bad], sentence: str) -> None:
    rule = bad()
    with pytest.raises(RuleError) as raised:
        settle(epoch(unit(), rule=rule), rule)
    assert str(raised.value) == f"the transfer of {sentence}"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({8: 0}, "a reputation for account 8, which there isn't"),
        ({-1: 0}, "a reputation for account -1, which there isn't"),
        ({0: 1 << 32}, "a reputation of 4294967296 for account 0, not of 0 to 2^32 - 1"),
        ({0: -1}, "a reputation of -1 for account 0, not of 0 to 2^32 - 1"),
    ],
)
def test_reputations_that_no_rule_may_give_are_refused(given: dict[int, int], sentence: str) -> None:
    rule = Bad(reputations=given)
    with pytest.raises(RuleError) as raised:
        settle(epoch(unit(), rule=rule), rule)
    assert str(raised.value) == sentence


def test_all_that_a_rule_may_do() -> None:
    # To the last base unit of an escrow, of a ceiling and of a stake; to everybody; to the largest reputation.
    rule = Bad(
        from_escrow(0, 7, Reason.WORK, 99_990),
        from_escrow(0, bytes([9]) * 20, Reason.BENEFICIARY, 3),
        from_escrow(0, TREASURY, Reason.FEE, 3),
        from_escrow(0, BURN, Reason.FEE, 4),
        emitted(-1, 0, Reason.EMISSION_WORK, 3),
        emitted(0, TREASURY, Reason.FEE, 4),
        slashed(7, 1, Reason.BOUNTY, 400_000),
        slashed(7, BURN, Reason.FEE, 600_000),
        reputations={7: (1 << 32) - 1, 0: 0},
        most=7,
    )
    settlement = settle(epoch(unit(), rule=rule), rule)
    assert paid(settlement) == {(0, "emission_work"): 3, (1, "bounty"): 400_000, (7, "work"): 99_990}
    totals = settlement.totals
    assert (totals.emission, totals.slashes, totals.burn, totals.treasury) == (7, 1_000_000, 600_004, 7)
    assert (totals.payouts, totals.refunds) == (499_996, 0)
    assert [(e.address[-1], e.amount) for e in settlement.by_beneficiary()] == [(9, 3)]
    assert [tuple(change) for change in settlement.changed()] == [(7, 0, (1 << 32) - 1)]


def test_more_beneficiaries_than_a_settlement_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracework.protocol.rewards.settle.MAX_PAYEES", 2)
    pays = [from_escrow(0, bytes([n]) * 20, Reason.BENEFICIARY, n) for n in range(4)]
    assert len(settled(unit(), rule=Bad(*pays[:3])).by_beneficiary()) == 2  # nothing for the first: it doesn't count
    with pytest.raises(RuleError, match=r"^3 addresses of beneficiaries are paid, and a settlement pays 2$"):
        settled(unit(), rule=Bad(*pays))


@dataclass(frozen=True)
class Shared(Rule):
    share: int = 5
    name: str = "x"


class Plain(Rule):
    def __init__(self) -> None:
        self.second, self.first = 2, 1


def test_what_names_a_rule() -> None:
    def named(text: str) -> bytes:
        return hashing.signed_id(hashing.PARAMETERS, "testnet", text.encode())

    assert Shared().hash("testnet") == named("Shared(share=5, name='x')")
    assert Plain().hash("testnet") == named("Plain(first=1, second=2)")
    assert Rule().hash("testnet") == named("Rule()")
    assert Rule().ceiling(0) == 0 and Rule().reputations(View.__new__(View)) == {}


def test_refused_records_are_an_argument_of_settling() -> None:
    made = epoch(unit(), claim(), verdict(), check())
    refused = [SetAside(6, 0, Aside.EVIDENCE_INVALID)]
    settlement = settle(made, RULE, refused)
    assert (2, "audit") not in paid(settlement)
    assert named(settlement) == [(6, 0, "evidence_invalid")]
    check_settlement(settlement, made, RULE, refused)
    with pytest.raises(CryptoError, match="settlement-mismatch"):
        check_settlement(settlement, made, RULE)


def test_epochs_that_are_refused_as_a_whole() -> None:
    with pytest.raises(SemanticError, match=r"no account 8: the epoch has 8 \(at claim\[0\]\.worker\)"):
        settled(unit(), claim(worker=8))
    with pytest.raises(SchemaError, match=r"escrow: .*at unit\[0\]\.escrow.*STL-005"):
        settled(unit(escrow=1 << 96))
    with pytest.raises(SchemaError, match="STL-005"):
        settled(unit(id=b"short"))
    with pytest.raises(SemanticError, match="two accounts of one key"):
        settled(known=[epochs.account(0), epochs.account(0, 5)])
    sentence = "the epoch names another rule, or other parameters (at epoch.rule) [crypto/rule-mismatch, STL-040]"
    with pytest.raises(CryptoError, match=f"^{re.escape(sentence)}$"):
        settle(epoch(unit()), StandardRule(parameters(burn=999)))
    with pytest.raises(
        SchemaError, match=r"steps: 17592186044417 is not in 0\.\.17592186044416 \(at claim\[1\]\.steps\)"
    ):
        settled(unit(), claim(), claim(1, steps=(1 << 44) + 1))

"""Small epochs for tests: accounts, units and claims from small numbers, everything else by default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracework.conformance.generate import rewards
from tracework.conformance.generate.settlement import by_field
from tracework.protocol.rewards.epoch import Epoch, encode_epoch
from tracework.protocol.rewards.parameters import Ceiling, Parameters
from tracework.protocol.rewards.records import (
    AccountRecord,
    BeneficiaryRecord,
    CheckRecord,
    ClaimRecord,
    EquivocationRecord,
    RefutationRecord,
    SilenceRecord,
    UnitRecord,
    VerdictRecord,
)
from tracework.protocol.rewards.rule import Rule
from tracework.protocol.rewards.standard import StandardRule

NETWORK = "testnet"
EVIDENCE = bytes(32)
AUDIT, ATTESTATION, QUORUM = 2, 3, 4
"""Ways of verification."""
WAYS = 0b1110


def parameters(**changes: Any) -> Parameters:
    """The parameters that tests use unless they say otherwise: the suite's, with a ceiling that nothing reaches."""
    return rewards.parameters(emission=(Ceiling(epoch=0, amount=10**15),)).replace(**changes)


def name(letter: str, number: int) -> bytes:
    """32 bytes that name a unit or a claim; they ascend with the number."""
    return letter.encode() + number.to_bytes(31, "big")


def account(number: int, stake: int = 1_000_000, reputation: int = 0) -> AccountRecord:
    """Account `number`, which is at this position if all before it are there."""
    return AccountRecord(number.to_bytes(48, "big"), (number + 1).to_bytes(20, "big"), stake, reputation)


def accounts(count: int, stake: int = 1_000_000) -> list[AccountRecord]:
    """The first accounts."""
    return [account(number, stake) for number in range(count)]


def unit(number: int = 0, **changes: Any) -> UnitRecord:
    """A unit of account 0: price 3, escrow 100,000, one place, every way asked for."""
    return UnitRecord(name("u", number), 0, 3, 100_000, 50, 1, WAYS, 8, 10, 1)._replace(**changes)


def claim(number: int = 0, unit: int = 0, worker: int = 1, **changes: Any) -> ClaimRecord:
    """A claim of 1,000 steps by a drawn worker."""
    return ClaimRecord(name("c", number), name("u", unit), worker, 1000, 10, 1, 2)._replace(**changes)


def verdict(number: int = 0, way: int = AUDIT, outcome: int = 1) -> VerdictRecord:
    """A verdict on a claim: accepted, by an audit."""
    return VerdictRecord(name("c", number), way, outcome, EVIDENCE)


def check(number: int = 0, checker: int = 2, **changes: Any) -> CheckRecord:
    """A proven audit of all 8 segments that a unit asks for."""
    return CheckRecord(name("c", number), 1, checker, 8, 1, EVIDENCE)._replace(**changes)


def refutation(number: int = 0, prover: int = 3, slot: int = 20) -> RefutationRecord:
    """A fault proof against a claim."""
    return RefutationRecord(name("c", number), slot, prover, EVIDENCE)


def silence(unit: int = 0, worker: int = 1, kind: int = 2) -> SilenceRecord:
    """A certificate that a worker didn't answer."""
    return SilenceRecord(name("u", unit), worker, kind, EVIDENCE)


def equivocation(unit: int = 0, account: int = 1) -> EquivocationRecord:
    """An account contradicted itself about a unit."""
    return EquivocationRecord(name("u", unit), account, EVIDENCE)


def beneficiary(unit: int = 0, number: int = 200, share: int = 1000) -> BeneficiaryRecord:
    """Somebody who gets a share of what a unit pays."""
    return BeneficiaryRecord(name("u", unit), number.to_bytes(20, "big"), share)


def epoch(
    *records: Any,
    accounts_count: int = 8,
    rule: Rule | None = None,
    known: Sequence[AccountRecord] = (),
    **changes: Any,
) -> Epoch:
    """An epoch of the given records, whatever their types, with so many accounts unless some are given."""
    fields = {"accounts": list(known) or accounts(accounts_count), **by_field(records)}
    rule = rule or StandardRule(parameters())
    given: dict[str, Any] = {
        **fields,
        "number": 7,
        "first_slot": 1,
        "last_slot": 100,
        "treasury": bytes([0xEE]) * 20,
        **changes,
    }
    return Epoch(network=NETWORK, rule=rule.hash(NETWORK), **given)


def file() -> bytes:
    """An epoch's file: one claim accepted and audited, one refuted, one of a silent worker, one record set aside."""
    made = epoch(
        *(unit(number) for number in range(3)),
        *(claim(number, unit=number, worker=number + 1) for number in range(3)),
        verdict(),
        check(checker=4),
        check(1, checker=4),
        refutation(1, prover=5),
        silence(2, worker=3),
        verdict(9),
    )
    return b"".join(encode_epoch(made, parameters()))

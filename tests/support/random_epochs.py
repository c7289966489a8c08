"""Epochs by chance: few accounts and units, so that records meet and contradict one another often.

Everything is drawn from a `Random`: hypothesis gives one that it can shrink, and seeds are quicker by far.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st

from support import epochs
from tracework.protocol.rewards.epoch import Epoch
from tracework.protocol.rewards.parameters import Ceiling, Parameters
from tracework.protocol.rewards.records import AccountRecord, CheckRecord, ClaimRecord, UnitRecord
from tracework.protocol.rewards.rule import Reason
from tracework.protocol.rewards.settlement import Settlement
from tracework.protocol.rewards.standard import StandardRule
from tracework.protocol.rewards.view import build_view

ACCOUNTS, UNITS, CLAIMS = 6, 3, 5
MOST = (1 << 96) - 1
STEPS = 1 << 44


SOME: dict[str, Any] = {"max_examples": 100, "deadline": None, "suppress_health_check": list(HealthCheck)}
MANY: dict[str, Any] = SOME | {"max_examples": 100_000}
"""Of each property, in `make long`."""
CHANCE = st.randoms(use_true_random=False)
"""What hypothesis can shrink."""
SEEDS = st.integers(0, (1 << 64) - 1)
"""What is quick; a seed that fails is given to the property as Random(seed)."""


@dataclass(frozen=True)
class Case:
    """An epoch under the standard rule, before it is put in order."""

    records: Sequence[Any]
    accounts: Sequence[AccountRecord]
    parameters: Parameters

    @property
    def rule(self) -> StandardRule:
        """The rule."""
        return StandardRule(self.parameters)

    def epoch(self) -> Epoch:
        """The epoch, in order, so that it is packed once however often it is settled."""
        return epochs.epoch(*self.records, known=self.accounts, rule=self.rule).canonical()

    def changed(self, records: Iterable[Any], accounts: Sequence[AccountRecord] | None = None) -> Case:
        """The same with other records, perhaps with other accounts."""
        return replace(self, records=list(records), accounts=self.accounts if accounts is None else accounts)


def case(random: Random) -> Case:
    """Records of every type, accounts and parameters."""
    return Case(records(random), accounts(random), parameters(random))


def tight(random: Random, case: Case) -> Case:
    """The same, in half of the cases with a ceiling about as high as what it would emit: one that mostly binds."""
    if random.randrange(2):
        return case
    view, _ = build_view(case.epoch())
    rebates = case.rule.weights(view) // 10**8
    ceiling = Ceiling(epoch=0, amount=min(MOST, random.randrange(rebates + 2)))
    return replace(case, parameters=case.parameters.replace(emission=(ceiling,)))


def paid(settlement: Settlement) -> dict[tuple[int | bytes, int], int]:
    """What accounts and beneficiaries get, by reason; refunds left out."""
    found: dict[tuple[int | bytes, int], int] = {
        (entry.account, entry.reason): entry.amount for entry in settlement.by_reason() if entry.reason != Reason.REFUND
    }
    return found | {(entry.address, Reason.BENEFICIARY): entry.amount for entry in settlement.by_beneficiary()}


def amount(random: Random) -> int:
    """Often an amount that floors to nothing, sometimes one of the largest."""
    return random.randrange((2, 21, 300, 10**6, MOST + 1)[random.randrange(5)])


def points(random: Random) -> int:
    """Basis points; few, none and all of them more often than chance has it."""
    return (0, 10_000, random.randrange(100), random.randrange(10_001), random.randrange(10_001))[random.randrange(5)]


def parts(random: Random, count: int, whole: int = 10_000) -> list[int]:
    """So many parts of at most a whole."""
    cuts = sorted(random.randrange(whole + 1) for _ in range(count))
    return [b - a for a, b in zip([0, *cuts[:-1]], cuts, strict=True)]


def pieces(random: Random, whole: int, most: int) -> list[int]:
    """At most so many positive pieces, of a whole of at least 1, that come to it."""
    cuts = sorted({random.randrange(1, whole + 1) for _ in range(random.randrange(most))} - {whole})
    return [b - a for a, b in zip([0, *cuts], [*cuts, whole], strict=True)]


def parameters(random: Random) -> Parameters:
    """Parameters with shares of any sizes that fit."""
    burn, treasury, audit, attestation = parts(random, 4)
    work, rebate_audit, rebate_attestation = parts(random, 3)
    return Parameters(
        burn=burn,
        treasury=treasury,
        audit=audit,
        attestation=attestation,
        rebate=points(random),
        rebate_work=work,
        rebate_audit=rebate_audit,
        rebate_attestation=rebate_attestation,
        slash_base=amount(random),
        slash_share=random.randrange(50_001),
        bounty=random.randrange(3334),
        reputation_gain=random.randrange(1 << 31),
        reputation_loss=random.randrange(1 << 31),
        emission=(Ceiling(epoch=0, amount=amount(random)),),
    )


def accounts(random: Random) -> list[AccountRecord]:
    """Accounts with stakes and reputations."""
    return [epochs.account(n, amount(random), random.randrange(1 << 32)) for n in range(ACCOUNTS)]


def unit(random: Random, number: int) -> UnitRecord:
    """A unit that is due, more often than not."""
    return epochs.unit(
        number,
        requester=random.randrange(ACCOUNTS),
        price=random.randrange((4, 4, 1 << 64)[random.randrange(3)]),
        escrow=amount(random),
        places=random.randrange(1, 4),
        ways=random.randrange(16),
        audit_whole=random.randrange(4),
        attestation_whole=random.randrange(4),
        eligible=random.randrange(3) > 0,
        challenge=(50, 50, 50, 50, 101)[random.randrange(5)],
    )


def claim(random: Random, number: int) -> ClaimRecord:
    """A claim, drawn more often than not."""
    return epochs.claim(
        number,
        unit=random.randrange(UNITS),
        worker=random.randrange(ACCOUNTS),
        steps=random.randrange((2, 51, 51, STEPS + 1)[random.randrange(4)]),
        slot=random.randrange(8, 13),
        assigned=(2, 2, 2, 1, 0)[random.randrange(5)],
    )


def check(random: Random) -> CheckRecord:
    """A check, proven more often than not."""
    return epochs.check(
        random.randrange(CLAIMS),
        kind=random.randrange(1, 3),
        checker=random.randrange(ACCOUNTS),
        part=random.randrange(1, 5),
        proven=random.randrange(6) > 0,
    )


def records(random: Random) -> list[Any]:
    """Records of every type but accounts."""

    def account() -> int:
        return random.randrange(ACCOUNTS)

    def other(which: int) -> Any:
        number, one = random.randrange(CLAIMS), random.randrange(UNITS)
        match which:
            case 0:
                return epochs.verdict(number, way=random.randrange(1, 5), outcome=(1, 1, 1, 2)[random.randrange(4)])
            case 1:
                return epochs.refutation(number, prover=account(), slot=(20, 20, 21, 51)[random.randrange(4)])
            case 2:
                return epochs.silence(one, worker=account())
            case 3:
                return epochs.equivocation(one, account=account())
            case 4 | 5:
                return epochs.beneficiary(one, number=random.randrange(200, 203), share=max(1, points(random)))
            case _:
                return check(random)

    made = [unit(random, random.randrange(UNITS)) for _ in range(random.randrange(1, UNITS + 2))]
    claims = [claim(random, random.randrange(CLAIMS)) for _ in range(random.randrange(1, CLAIMS + 2))]
    accepted = [epochs.verdict(n, way=1) for n in range(CLAIMS) if random.randrange(3)]
    return [*made, *claims, *accepted, *(other(random.randrange(10)) for _ in range(random.randrange(13)))]

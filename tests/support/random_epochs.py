"""Epochs from hypothesis: few accounts and units, so that records meet and contradict one another often."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support import epochs
from tracework.protocol.rewards.parameters import Ceiling, Parameters

ACCOUNTS, UNITS, CLAIMS = 6, 3, 5
AMOUNT = st.one_of(st.integers(0, 20), st.integers(0, 10**6), st.integers(0, (1 << 96) - 1))
POINTS = st.integers(0, 10_000)


@st.composite
def parameters(draw: st.DrawFn) -> Parameters:
    """Parameters with shares of any sizes that fit."""

    def parts(count: int) -> list[int]:
        cuts = sorted(draw(st.lists(POINTS, min_size=count, max_size=count)))
        return [b - a for a, b in zip([0, *cuts[:-1]], cuts, strict=True)]

    burn, treasury, audit, attestation = parts(4)
    work, rebate_audit, rebate_attestation = parts(3)
    return Parameters(
        burn=burn,
        treasury=treasury,
        audit=audit,
        attestation=attestation,
        rebate=draw(POINTS),
        rebate_work=work,
        rebate_audit=rebate_audit,
        rebate_attestation=rebate_attestation,
        slash_base=draw(AMOUNT),
        slash_share=draw(st.integers(0, 50_000)),
        bounty=draw(st.integers(0, 3333)),
        reputation_gain=draw(st.integers(0, 1 << 31)),
        reputation_loss=draw(st.integers(0, 1 << 31)),
        emission=(Ceiling(epoch=0, amount=draw(AMOUNT)),),
    )


@st.composite
def records(draw: st.DrawFn) -> list[Any]:
    """Records of every type but accounts."""
    account, claim = st.integers(0, ACCOUNTS - 1), st.integers(0, CLAIMS - 1)
    unit, slot = st.integers(0, UNITS - 1), st.integers(8, 12)
    one_unit = st.builds(
        epochs.unit,
        unit,
        requester=account,
        price=st.one_of(st.integers(0, 5), st.integers(0, (1 << 64) - 1)),
        escrow=AMOUNT,
        places=st.integers(1, 3),
        ways=st.integers(0, 15),
        audit_whole=st.integers(0, 3),
        attestation_whole=st.integers(0, 3),
        eligible=st.integers(0, 1),
        challenge=st.sampled_from([50, 50, 50, 101]),
    )
    one_claim = st.builds(
        epochs.claim,
        claim,
        unit=unit,
        worker=account,
        steps=st.integers(1, 50),
        slot=slot,
        assigned=st.sampled_from([2, 2, 2, 1, 0]),
    )
    others = st.one_of(
        st.builds(epochs.verdict, claim, way=st.integers(1, 4), outcome=st.sampled_from([1, 1, 1, 2])),
        st.builds(
            epochs.check, claim, kind=st.integers(1, 2), checker=account, part=st.integers(1, 4), proven=st.just(1)
        ),
        st.builds(epochs.check, claim, checker=account, proven=st.integers(0, 1)),
        st.builds(epochs.refutation, claim, prover=account, slot=st.sampled_from([20, 20, 21, 51])),
        st.builds(epochs.silence, unit, worker=account),
        st.builds(epochs.equivocation, unit, account=account),
        st.builds(epochs.beneficiary, unit, number=st.integers(200, 202), share=st.integers(1, 10_000)),
    )
    units = draw(st.lists(one_unit, min_size=1, max_size=UNITS + 1))
    claims = draw(st.lists(one_claim, min_size=1, max_size=CLAIMS))
    accepted = [epochs.verdict(n, way=1) for n in range(CLAIMS) if draw(st.booleans())]
    return [*units, *claims, *accepted, *draw(st.lists(others, max_size=12))]


@st.composite
def stakes(draw: st.DrawFn) -> list[Any]:
    """Accounts with stakes."""
    return [epochs.account(n, draw(AMOUNT), draw(st.integers(0, (1 << 32) - 1))) for n in range(ACCOUNTS)]

"""What a scenario's terms are in the protocol's own objects: the unit that everybody works on, and who can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ...protocol.hashing import DIGEST_SIZE
from ...protocol.keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE
from ...protocol.machine.context import Context
from ...protocol.registry.assignment import is_eligible
from ...protocol.registry.snapshot import Account
from ...protocol.work.unit import (
    ADDRESS_SIZE,
    WHOLE,
    AdaptivePolicy,
    AssignmentPolicy,
    AttestationPolicy,
    AuditPolicy,
    Deadlines,
    Policy,
    ReceiptPolicy,
    RedundancyPolicy,
    Requirements,
    Unit,
    UnitBody,
)
from ..terms import Terms

NETWORK: Final = "laboratory"
PROFILE: Final = "rv64im"
REGION: Final = "everywhere"
MOST_LOAD: Final = (1 << 32) - 1
"""Most units that an account may have outstanding, as it declares: none of the laboratory's asks for less."""
_NOTHING: Final = bytes(DIGEST_SIZE)
_WORK: Final = Context(
    profile=PROFILE,
    suite=1,
    entry=1 << 12,
    code_first=1,
    code_end=2,
    image_root=_NOTHING,
    input_length=0,
    input_root=_NOTHING,
    max_steps=16,
    segment_log2=4,
)
"""Some work: what is executed doesn't matter to who is drawn."""


def policy(
    terms: Terms,
    registry: bytes = _NOTHING,
    committee: bytes = _NOTHING,
    threshold: int = 1,
    attesters: bytes = _NOTHING,
) -> Policy:
    """What the terms' units ask for."""
    unit, network, delays = terms.unit, terms.network, terms.delays
    floor = max(1, int(network.floor * WHOLE // 1))
    adaptive = AdaptivePolicy(floor=floor, window=max(2, delays.window)) if network.adaptive else None
    return Policy(
        audit=AuditPolicy(samples=unit.samples, delay=delays.audit, auditors=unit.auditors) if unit.auditors else None,
        redundancy=RedundancyPolicy(replicas=unit.replicas, quorum=unit.quorum, adaptive=adaptive)
        if unit.replicas > 1
        else None,
        attestation=AttestationPolicy(committee=attesters, threshold=unit.threshold) if unit.attesters else None,
        assignment=AssignmentPolicy(registry=registry, delay=delays.assignment),
        receipts=ReceiptPolicy(committee=committee, threshold=threshold),
    )


def requirements(terms: Terms) -> Requirements | None:
    """What the terms' units ask of accounts: a least stake behind each outstanding unit, or nothing."""
    least = terms.base(terms.unit.least_stake)
    return Requirements(least_stake=least) if least else None


def body(
    terms: Terms,
    *,
    requester: bytes = bytes(PUBLIC_KEY_SIZE),
    nonce: bytes = _NOTHING,
    context: Context = _WORK,
    escrow: int = 0,
    slot: int = 0,
    registry: bytes = _NOTHING,
    committee: bytes = _NOTHING,
    threshold: int = 1,
    attesters: bytes = _NOTHING,
) -> UnitBody:
    """A unit of the terms, receipted in a slot."""
    delays = terms.delays
    commit = slot + max(1, delays.commit)
    reveal = commit + max(delays.window, 2, delays.reveal) + 1
    return UnitBody(
        network=NETWORK,
        requester=requester,
        nonce=nonce,
        context=context,
        policy=policy(terms, registry, committee, threshold, attesters),
        deadlines=Deadlines(commit=commit, reveal=reveal, challenge=reveal + max(1, delays.challenge)),
        price=terms.unit.price,
        escrow=escrow,
        requirements=requirements(terms),
    )


def account(key: bytes, stake: int, load: int = 0, possession: bytes = bytes(SIGNATURE_SIZE)) -> Account:
    """An account that could do any of the laboratory's units."""
    return Account(
        key=key,
        possession=possession,
        address=key[:ADDRESS_SIZE],
        stake=stake,
        cores=1,
        memory=1,
        storage=1,
        region=REGION,
        profiles=(PROFILE,),
        load=load,
        load_cap=MOST_LOAD,
        reputation=0,
    )


def rooms(terms: Terms) -> Callable[[int], int]:
    """How many of the terms' units an account with a stake may have outstanding, as the registry's draw says."""
    unit = Unit(body=body(terms), signature=bytes(SIGNATURE_SIZE))
    key = b"\1" * PUBLIC_KEY_SIZE
    known: dict[int, int] = {}

    def room(stake: int) -> int:
        if stake not in known:
            low, high = 0, MOST_LOAD
            while low < high:  # the least load with which it is left out
                middle = (low + high) // 2
                if is_eligible(account(key, stake, middle), unit):
                    low = middle + 1
                else:
                    high = middle
            known[stake] = low
        return known[stake]

    return room

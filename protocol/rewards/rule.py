"""What a reward rule is: a pure function from what happened to transfers and reputations (spec/settlement.md).

class Flat(Rule):
    \"\"\"Every accepted claim earns its price; the requester gets the rest back.\"\"\"

    def rewards(self, view):
        for number, unit in enumerate(view.units):
            for claim in unit.claims:
                if claim.accepted and claim.placed:
                    amount = min(unit.price * claim.steps, unit.escrow // unit.places)
                    yield from_escrow(number, claim.worker, Reason.WORK, amount)

settlement = settle(epoch, Flat())

A rule decides who gets what; `settle` keeps the books: it refuses transfers that a fund doesn't cover, gives what is
left of an escrow back to its requester, and checks that what goes in equals what comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from .. import hashing
from .view import View

BURN: Final = -1
"""A payee: nobody, ever again."""
TREASURY: Final = -2
"""A payee: the treasury."""


class Fund(IntEnum):
    """Where a transfer's amount comes from (STL-040)."""

    ESCROW = 0
    """A unit's escrow; the transfer's `of` is the unit's place in `view.units`."""
    EMISSION = 1
    """What is emitted anew, within the rule's ceiling; `of` is the unit that it rewards, or -1."""
    STAKE = 2
    """An account's stake: a slash; `of` is the account."""


class Reason(IntEnum):
    """What an account's payout is for (STL-050)."""

    WORK = 1
    AUDIT = 2
    ATTESTATION = 3
    BOUNTY = 4
    REFUND = 5
    """Not for rules: what is left of an escrow."""
    EMISSION_WORK = 6
    EMISSION_AUDIT = 7
    EMISSION_ATTESTATION = 8
    BENEFICIARY = 9
    """To an address, not to an account."""
    FEE = 10
    """To be burnt, or to the treasury."""


class Transfer(NamedTuple):
    """An amount that goes from a fund to a payee."""

    fund: int
    of: int
    """Whose fund: a unit's or an account's place in the view."""
    payee: int | bytes
    """An account's place in `view.accounts`, an address of 20 bytes, BURN or TREASURY."""
    reason: int
    amount: int


Move = tuple[int, int, int | bytes, int, int]
"""A transfer, or a plain tuple of its fields in their order, which is quicker to make."""


class RuleError(Exception):
    """A rule did what no rule may: the sentence names the transfer, or the reputation."""


class Rule:
    """Base of reward rules. A rule is a value: its parameters are its fields, and its methods are pure functions."""

    def rewards(self, view: View) -> Iterable[Move]:
        """The transfers that follow from what happened, in any order."""
        raise NotImplementedError

    def reputations(self, view: View) -> Mapping[int, int]:
        """New reputations, by account, of those that change; in 2^32nds."""
        return {}

    def ceiling(self, epoch: int) -> int:
        """The most that an epoch emits; a rule that emits nothing leaves this as it is."""
        return 0

    def hash(self, network: str) -> bytes:
        """What names the rule with its parameters: its class's name and its fields; epochs name it (STL-001)."""
        names = [field.name for field in fields(self)] if is_dataclass(self) else sorted(vars(self))
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return hashing.signed_id(hashing.PARAMETERS, network, f"{type(self).__qualname__}({told})".encode())


def from_escrow(unit: int, payee: int | bytes, reason: int, amount: int) -> Transfer:
    """A transfer out of a unit's escrow."""
    return Transfer(Fund.ESCROW, unit, payee, reason, amount)


def emitted(unit: int, payee: int, reason: int, amount: int) -> Transfer:
    """A transfer of what is emitted, for a unit (-1: for none)."""
    return Transfer(Fund.EMISSION, unit, payee, reason, amount)


def slashed(account: int, payee: int, reason: int, amount: int) -> Transfer:
    """A transfer out of an account's stake."""
    return Transfer(Fund.STAKE, account, payee, reason, amount)

"""Settling an epoch: the rule's transfers are booked, funds are kept, and what goes in equals what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import CryptoError
from ..work.unit import ADDRESS_SIZE
from .components import REPUTATION_MAX
from .epoch import MAX_PAYEES, Epoch
from .rule import BURN, TREASURY, Fund, Move, Reason, Rule, RuleError
from .settlement import (
    AccountChange,
    AsideEntry,
    PayoutEntry,
    ReasonEntry,
    Settlement,
    Totals,
    pack_asides,
    pack_changes,
    pack_entries,
    pack_payouts,
)
from .view import SetAside, View, build_view

_REASONS = len(Reason) + 1
_RULES_REASONS = frozenset(map(int, Reason)) - {Reason.REFUND, Reason.BENEFICIARY, Reason.FEE}


def settle(epoch: Epoch, rule: Rule, refused: Iterable[SetAside] = ()) -> Settlement:
    """What an epoch comes to under a rule (STL-041).

    `refused` names records whose evidence doesn't hold, by their places in canonical order (STL-060).
    Raises SchemaError or SemanticError for an epoch that is refused as a whole, CryptoError for another rule than the
    epoch names, RuleError for a rule that does what no rule may.
    """
    epoch = epoch.canonical()
    if rule.hash(epoch.network) != epoch.rule:
        raise CryptoError(
            "rule-mismatch",
            "the epoch names another rule, or other parameters",
            requirement="STL-040",
            where="epoch.rule",
        )
    view, asides = build_view(epoch, refused)
    books = Books(view, rule.ceiling(view.epoch))
    books.book(rule.rewards(view))
    return _closed(epoch, books, rule.reputations(view), asides)


@dataclass(slots=True)
class Books:
    """The accounts of one settlement while transfers are booked."""

    view: View
    ceiling: int
    left: list[int] = field(init=False)
    """What is left of each unit's escrow."""
    stakes: list[int] = field(init=False)
    """What is left of each account's stake."""
    earned: list[int] = field(init=False)
    """Amounts, that of an account for a reason at account · _REASONS + reason."""
    shared: dict[bytes, int] = field(default_factory=dict)
    """Beneficiary's address to amount."""
    emission: int = 0
    slashes: int = 0
    burn: int = 0
    treasury: int = 0

    def __post_init__(self) -> None:
        self.left = [unit.escrow for unit in self.view.units]
        self.stakes = [account.stake for account in self.view.accounts]
        self.earned = [0] * (len(self.stakes) * _REASONS)

    def book(self, transfers: Iterable[Move]) -> None:
        """Book transfers. Raises RuleError for one that no fund covers or that goes to nobody (STL-042, STL-043)."""
        left, earned, units = self.left, self.earned, len(self.left)
        accounts = len(self.stakes)
        for transfer in transfers:
            fund, of, payee, reason, amount = transfer
            if type(amount) is not int or amount < 0:
                raise RuleError(f"{_told(transfer)}: an amount is an integer of at least 0")
            if fund == 0 and type(of) is int and 0 <= of < units:
                rest = left[of] - amount
                if rest < 0:
                    raise RuleError(f"{_told(transfer)}: the unit's escrow has {left[of]} left")
                left[of] = rest
            else:
                self._draw(transfer)
            if type(payee) is int and 0 <= payee < accounts and reason in _RULES_REASONS:
                earned[payee * _REASONS + reason] += amount
            elif payee == BURN:
                self.burn += amount
            elif payee == TREASURY:
                self.treasury += amount
            else:
                self._share(transfer)

    def _draw(self, transfer: Move) -> None:
        """Take a transfer's amount from emission or from a stake."""
        fund, of, _, _, amount = transfer
        if fund == Fund.EMISSION:
            self.emission += amount
            if self.emission > self.ceiling:
                raise RuleError(f"{_told(transfer)}: the epoch emits at most {self.ceiling}")
        elif fund == Fund.STAKE and type(of) is int and 0 <= of < len(self.stakes):
            if self.stakes[of] < amount:
                raise RuleError(f"{_told(transfer)}: the account's stake has {self.stakes[of]} left")
            self.stakes[of] -= amount
            self.slashes += amount
        else:
            raise RuleError(f"{_told(transfer)}: there is no such fund, or no such unit or account")

    def _share(self, transfer: Move) -> None:
        """Give a transfer's amount to a beneficiary's address."""
        _, _, payee, reason, amount = transfer
        if not isinstance(payee, bytes):
            raise RuleError(f"{_told(transfer)}: there is no such account, or no such reason for one")
        if len(payee) != ADDRESS_SIZE or reason != Reason.BENEFICIARY:
            raise RuleError(f"{_told(transfer)}: only beneficiaries are paid at an address, which has 20 bytes")
        self.shared[payee] = self.shared.get(payee, 0) + amount


def _told(transfer: Move) -> str:
    """A transfer in words, for whoever wrote the rule."""
    fund, index, payee, reason, amount = transfer
    names: dict[Any, str] = {BURN: "burning", TREASURY: "the treasury"}
    whom = payee.hex() if isinstance(payee, bytes) else names.get(payee, f"account {payee}")
    fund_name = Fund(fund).name.lower() if fund in list(Fund) else f"fund {fund}"
    reason_name = Reason(reason).name.lower() if reason in list(Reason) else f"reason {reason}"
    return f"the transfer of {amount} from {fund_name} {index} to {whom} ({reason_name})"


def _closed(epoch: Epoch, books: Books, reputations: Mapping[int, int], asides: list[SetAside]) -> Settlement:
    """Give back what is left of escrows, merge payouts, check the equation (STL-044 to STL-047)."""
    view = books.view
    escrow = sum(unit.escrow for unit in view.units)
    refunds = sum(books.left)
    earned = books.earned
    for unit, left in zip(view.units, books.left, strict=True):
        if left:
            earned[unit.requester * _REASONS + Reason.REFUND] += left
    entries = [ReasonEntry(key // _REASONS, key % _REASONS, amount) for key, amount in enumerate(earned) if amount]
    payouts: dict[bytes, int] = {address: amount for address, amount in books.shared.items() if amount}
    if len(payouts) > MAX_PAYEES:
        raise RuleError(f"{len(payouts)} addresses of beneficiaries are paid, and a settlement pays {MAX_PAYEES}")
    beneficiaries = [PayoutEntry(address, amount) for address, amount in sorted(payouts.items())]
    for entry in entries:
        address = view.accounts[entry.account].address
        payouts[address] = payouts.get(address, 0) + entry.amount
    if books.treasury:
        payouts[epoch.treasury] = payouts.get(epoch.treasury, 0) + books.treasury
    paid = sum(entry.amount for entry in entries if entry.reason != Reason.REFUND) + sum(
        b.amount for b in beneficiaries
    )
    totals = Totals(
        escrow=escrow,
        emission=books.emission,
        slashes=books.slashes,
        payouts=paid,
        burn=books.burn,
        treasury=books.treasury,
        refunds=refunds,
    )
    totals.check()
    if sum(payouts.values()) != paid + refunds + books.treasury:  # STL-046
        raise AssertionError("the list of payouts doesn't add up to what is paid")
    return Settlement(
        network=epoch.network,
        number=epoch.number,
        epoch=epoch.hash,
        claimable=epoch.last_slot + 1,
        totals=totals,
        entries=pack_entries(entries),
        beneficiaries=pack_payouts(beneficiaries),
        payouts=pack_payouts(PayoutEntry(address, amount) for address, amount in sorted(payouts.items())),
        changes=pack_changes(_changes(view, books.stakes, reputations)),
        asides=pack_asides(AsideEntry(*aside) for aside in asides),
    )


def _changes(view: View, stakes: list[int], reputations: Mapping[int, int]) -> list[AccountChange]:
    """The accounts whose stake or reputation is another than before (STL-048)."""
    for account, value in reputations.items():
        if type(account) is not int or not 0 <= account < len(stakes):
            raise RuleError(f"a reputation for account {account!r}, which there isn't")
        if type(value) is not int or not 0 <= value <= REPUTATION_MAX:
            raise RuleError(f"a reputation of {value!r} for account {account}, not of 0 to 2^32 - 1")
    changes = []
    for number, (before, stake) in enumerate(zip(view.accounts, stakes, strict=True)):
        reputation = reputations.get(number, before.reputation)
        if stake != before.stake or reputation != before.reputation:
            changes.append(AccountChange(number, stake, reputation))
    return changes


def check_settlement(settlement: Settlement, epoch: Epoch, rule: Rule, refused: Iterable[SetAside] = ()) -> None:
    """Raise CryptoError unless a settlement is what its epoch comes to (STL-053); and what `settle` raises."""
    if settlement != settle(epoch, rule, refused):
        raise CryptoError(
            "settlement-mismatch", "this does not follow from the epoch", requirement="STL-053", where="settlement"
        )

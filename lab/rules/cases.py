"""Small epochs in words: accounts, units and claims have labels, so that cases can be shrunk, renamed and told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from ...protocol.rewards.epoch import Epoch
from ...protocol.rewards.records import (
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
from ...protocol.rewards.rule import Rule
from ...protocol.rewards.settle import settle
from ...protocol.rewards.settlement import Totals

NETWORK: Final = "laboratory"
"""The network of cases."""
STAKE: Final = 1000
"""The stake of an account of which a case says nothing."""
_KINDS: Final[dict[str, tuple[Any, str]]] = {
    "unit": (UnitRecord, "units"),
    "beneficiary": (BeneficiaryRecord, "beneficiaries"),
    "claim": (ClaimRecord, "claims"),
    "verdict": (VerdictRecord, "verdicts"),
    "check": (CheckRecord, "checks"),
    "refutation": (RefutationRecord, "refutations"),
    "silence": (SilenceRecord, "silences"),
    "equivocation": (EquivocationRecord, "equivocations"),
}
_ACCOUNTS: Final = frozenset({"requester", "worker", "checker", "prover", "account"})
_IDS: Final = frozenset({"id", "unit", "claim"})
_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "unit": {
        "requester": "Rita",
        "price": 1,
        "escrow": 100,
        "challenge": 9,
        "places": 1,
        "ways": 15,
        "audit_whole": 0,
        "attestation_whole": 0,
        "eligible": 1,
    },
    "beneficiary": {"share": 1000},
    "claim": {"steps": 100, "slot": 1, "status": 1, "assigned": 2},
    "verdict": {"way": 1, "outcome": 1, "evidence": "e"},
    "check": {"kind": 1, "part": 1, "proven": 1, "evidence": "e"},
    "refutation": {"slot": 2, "evidence": "e"},
    "silence": {"kind": 1, "evidence": "e"},
    "equivocation": {"evidence": "e"},
}


class Item(NamedTuple):
    """A record: its type, and its fields by name; accounts, units and claims as labels."""

    kind: str
    values: Mapping[str, Any]

    def with_(self, **changes: Any) -> Item:
        """The same but for some fields."""
        return Item(self.kind, {**self.values, **changes})

    def told(self) -> str:
        """The record in words; what is as usual is left out, and evidence."""
        usual = _DEFAULTS[self.kind]
        always = {"price", "escrow", "steps", "outcome", "slot"}
        shown = [
            f"{name} {_value(name, value)}"
            for name, value in self.values.items()
            if name not in ("evidence", "id", "challenge")
            and (name not in usual or usual[name] != value or (name in always and self.kind != "beneficiary"))
        ]
        title = f"{self.kind} {self.values['id']}" if "id" in self.values else self.kind
        return f"{title}: {', '.join(shown)}"


def _value(name: str, value: Any) -> str:
    if name == "outcome":
        return {1: "accepted", 2: "not accepted"}.get(value, str(value))
    return str(value)


def item(kind: str, /, **values: Any) -> Item:
    """A record with usual values where none are given."""
    return Item(kind, {**values, **{k: v for k, v in _DEFAULTS[kind].items() if k not in values}})


@dataclass(frozen=True, slots=True)
class Case:
    """An epoch in words."""

    items: tuple[Item, ...]
    stakes: Mapping[str, int] = field(default_factory=dict)
    reputations: Mapping[str, int] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    """Accounts that no record names."""

    def names(self) -> list[str]:
        """The accounts, by name."""
        found = {item.values[key] for item in self.items for key in _ACCOUNTS & item.values.keys()}
        return sorted(found.union(self.more))

    def plus(self, *items: Item) -> Case:
        """With further records."""
        return replace(self, items=self.items + items)

    def stake(self, name: str) -> int:
        """An account's stake."""
        return self.stakes.get(name, STAKE)

    def told(self) -> list[str]:
        """The case in lines: records first, then accounts that are not as usual."""
        lines = [item.told() for item in self.items]
        for name in self.names():
            stake, reputation = self.stake(name), self.reputations.get(name, 0)
            if stake != STAKE or reputation or name in self.more:
                lines.append(f"account {name}: stake {stake}, reputation {reputation}")
        return lines

    def epoch(self, rule: Rule, salt: str = "", reverse: bool = False) -> Epoch:
        """The epoch; another salt gives everybody another key and every unit and claim another id."""
        keys = {name: _digest(salt, "key", name) + _digest(salt, "key2", name)[:16] for name in self.names()}
        order = sorted(keys, key=lambda name: keys[name])
        places = {name: place for place, name in enumerate(order)}
        accounts = [AccountRecord(keys[n], address(n), self.stake(n), self.reputations.get(n, 0)) for n in order]
        records: dict[str, list[Any]] = {name: [] for _, name in _KINDS.values()}
        for entry in self.items:
            cls, name = _KINDS[entry.kind]
            made = {key: _field(key, value, salt, places) for key, value in entry.values.items()}
            records[name].append(cls(**made))
        if reverse:
            for made_records in records.values():
                made_records.reverse()
        return Epoch(
            network=NETWORK,
            number=1,
            first_slot=0,
            last_slot=9,
            rule=rule.hash(NETWORK),
            treasury=address("the treasury"),
            accounts=accounts,
            **records,
        )


def _field(key: str, value: Any, salt: str, places: Mapping[str, int]) -> Any:
    if key in _ACCOUNTS:
        return places[value]
    if key == "address":
        return address(value)
    if key in _IDS:
        return _digest(salt, "id", value)
    return _digest("", key, value) if key == "evidence" else value


def _digest(salt: str, what: str, name: str) -> bytes:
    return hashlib.sha256(f"{salt}/{what}/{name}".encode()).digest()


def address(name: str) -> bytes:
    """The payout address of an account or a beneficiary."""
    return _digest("", "address", name)[:20]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an epoch came to, by names."""

    paid: Mapping[str, int]
    """What rules pay accounts; refunds are not in it."""
    refunds: Mapping[str, int]
    slashed: Mapping[str, int]
    shares: Mapping[str, int]
    """What beneficiaries get."""
    reputations: Mapping[str, int]
    totals: Totals

    def net(self, *names: str) -> int:
        """What accounts have more than before, refunds left out."""
        return sum(self.paid.get(name, 0) - self.slashed.get(name, 0) for name in names)


def outcome(case: Case, rule: Rule, salt: str = "", reverse: bool = False) -> Outcome:
    """Settle a case by the protocol's function. Raises whatever settling raises."""
    epoch = case.epoch(rule, salt, reverse).canonical()
    made = settle(epoch, rule)
    whose = {address(name): name for name in case.names()}
    name_of = [whose[record.address] for record in epoch.accounts]
    paid: dict[str, int] = {}
    refunds: dict[str, int] = {}
    for entry in made.by_reason():
        into = refunds if entry.reason == 5 else paid
        name = name_of[entry.account]
        into[name] = into.get(name, 0) + entry.amount
    shares = {entry.address.hex(): entry.amount for entry in made.by_beneficiary()}
    changed = {name_of[change.account]: change for change in made.changed()}
    lost = {name: case.stake(name) - change.stake for name, change in changed.items()}
    slashed = {name: amount for name, amount in lost.items() if amount}
    reputations = {name: change.reputation for name, change in changed.items()}
    return Outcome(paid, refunds, slashed, shares, reputations, made.totals)


def job(
    name: str = "u", worker: str = "Ada", *, claim: Mapping[str, Any] | None = None, accepted: bool = True, **unit: Any
) -> tuple[Item, ...]:
    """A unit with one claim, accepted or not: three records."""
    return (
        item("unit", id=name, **unit),
        item("claim", id=f"{name}/claim", unit=name, worker=worker, **(claim or {})),
        item("verdict", claim=f"{name}/claim", outcome=1 if accepted else 2),
    )


def touched(items: Iterable[Item], field_name: str) -> set[str]:
    """The labels that stand in a field of some records."""
    return {entry.values[field_name] for entry in items if field_name in entry.values}

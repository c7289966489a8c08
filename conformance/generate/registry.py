"""Vectors for registries, the draw of workers and auditors, and the draw of whether a unit is replicated."""

from __future__ import annotations

import functools
from typing import Any

from ...protocol import keys
from ...protocol.encoding.schema import encode_object
from ...protocol.registry.snapshot import Account, Registry
from ...protocol.work.unit import (
    AdaptivePolicy,
    AssignmentPolicy,
    AuditPolicy,
    RedundancyPolicy,
    Requirements,
    Unit,
)
from ..operations import many as operations
from . import Case, VectorFile, _many, _runs, seeded
from ._changes import ABSENT, changed
from ._topic import Topic
from .commit import CHECKED

ACCOUNTS = 4


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        _registries(),
        _DRAWS.file([*_assignments(), *_stakes(), *_auditors()]),
        _replications(),
    ]


def account(name: str, **fields: Any) -> Account:
    """An account with enough of everything, unless something else is said."""
    values: dict[str, Any] = {
        "key": _many.public(name),
        "possession": keys.prove_possession(_many.secret(name)),
        "address": seeded("registry-address", name, 20),
        "stake": 10**18,
        "cores": 8,
        "memory": 32_768,
        "storage": 1000,
        "region": "eu-west",
        "profiles": ("rv64im",),
        "load": 0,
        "load_cap": 4,
        "reputation": 0,
    }
    return Account(**(values | fields))


@functools.cache
def registry() -> Registry:
    """Twelve accounts: eight of rising stake in three regions, and four that fall short of something."""
    regions = ("eu-west", "eu-north", "us-east")
    accounts = [
        account(f"account-{index}", stake=(index + 1) * 10**18, region=regions[index % 3], reputation=index << 28)
        for index in range(8)
    ]
    accounts += [
        account("account-no-stake", stake=0),
        account("account-full", load=4),
        account("account-small", cores=2),
        account("account-other-machine", profiles=("other",)),
    ]
    return of(*accounts)


def _requesters_account() -> Account:
    key = _runs.requester()
    return account("account-0", key=keys.public_key(key), possession=keys.prove_possession(key), stake=10**24)


def of(*accounts: Account) -> Registry:
    """A registry of some accounts."""
    ordered = tuple(sorted(accounts, key=lambda one: one.key))
    return Registry(network=_runs.NETWORK, epoch=4, accounts=ordered)


def drawn_unit(
    label: str,
    snapshot: Registry,
    *,
    replicas: int = 3,
    adaptive: AdaptivePolicy | None = None,
    audit: AuditPolicy | None = None,
    **fields: Any,
) -> Unit:
    """A unit whose workers are drawn from a registry, and its auditors if it has an audit policy with them."""
    policy = _many.policy(
        3,
        2,
        redundancy=RedundancyPolicy(replicas=replicas, quorum=replicas // 2 + 1, adaptive=adaptive),
        assignment=AssignmentPolicy(registry=snapshot.hash, delay=1),
        workers=None,
        audit=audit,
    )
    values: dict[str, Any] = {"policy": policy, "deadlines": _many.DEADLINES, "requirements": Requirements(cores=4)}
    return _runs.make_unit(label, **(values | fields))


def _registries() -> VectorFile:
    topic = Topic("registry.check", operations.registry, "Registries", CHECKED)
    good = registry()

    def fine(name: str, comment: str, made: Registry, *flags: str) -> Case:
        requirements = ["REG-001", "REG-002", "REG-003", "REG-005", "REG-006"]
        return topic.good(name, comment, requirements, {"registry": encode_object(made)}, *flags)

    def bad(name: str, comment: str, requirement: str, made: bytes, error: str, *flags: str) -> Case:
        cited = ["REG-004", "ENC-030"] if requirement == "REG-004" else [requirement]
        return topic.bad(name, comment, cited, {"registry": made}, error, *flags)

    richest = account("account-rich", stake=(1 << 96) - 1, reputation=(1 << 32) - 1)

    def exchange(accounts: list[Any]) -> list[Any]:
        return [accounts[1], accounts[0], *accounts[2:]]

    cases = [
        fine("twelve", "Twelve accounts.", good),
        fine("empty", "No accounts.", of(), "Boundary"),
        fine("most", "The greatest stake and the greatest reputation.", of(richest), "Boundary"),
        bad("unsorted", "Two accounts in each other's place.", "REG-003", changed(good, [ACCOUNTS], exchange),
            "semantic/account-order", "NonCanonical"),
        bad("twice", "One account twice, to be drawn twice.", "REG-003",
            changed(good, [ACCOUNTS], lambda accounts: [accounts[0], *accounts]), "semantic/account-order"),
        bad("no-possession", "An account without proof of possession.", "ENC-030",
            changed(good, [ACCOUNTS, 3, 1], ABSENT), "schema/missing-field"),
        bad("possession-of-another", "Another account's proof of possession.", "KEY-043",
            changed(good, [ACCOUNTS, 3, 1], good.accounts[4].possession), "crypto/bad-proof-of-possession"),
        bad("region-upper", "A capital letter in a region.", "REG-004", changed(good, [ACCOUNTS, 0, 7], "EU"),
            "schema/bad-form"),
        bad("stake-over", "A stake of 13 bytes.", "ENC-030", changed(good, [ACCOUNTS, 0, 3], b"\1" * 13),
            "schema/wrong-length", "Boundary"),
    ]  # fmt: skip
    return topic.file(cases)


LEAST = 10**18
"""A least stake, in base units."""
LARGEST = (1 << 96) - 1
"""The greatest amount."""
MOST_LOADED = (1 << 32) - 2
"""The most outstanding units of an account that can take one more."""


def _staked() -> Registry:
    """Two accounts that hold exactly the least stake for their units and one more, and four that don't."""
    return of(
        account("staked-exact", stake=LEAST),
        account("staked-under", stake=LEAST - 1),
        account("staked-exact-of-three", stake=3 * LEAST, load=2),
        account("staked-under-of-three", stake=3 * LEAST - 1, load=2),
        account("staked-for-outstanding-alone", stake=2 * LEAST, load=2),
        account("staked-full", stake=100 * LEAST, load=4),
    )


def _richest() -> Registry:
    """One account with the greatest stake and nothing outstanding, and two whose product is over any stake."""
    return of(
        account("richest-free", stake=LARGEST),
        account("richest-busy", stake=LARGEST, load=1),
        account("richest-busiest", stake=LARGEST, load=MOST_LOADED, load_cap=MOST_LOADED + 1),
    )


_DRAWS = Topic("registry.assign", operations.assigned, "Workers and auditors, drawn", CHECKED)
_bad = _DRAWS.bad


def _given(name: str, unit: Unit, snapshot: Registry | None = None, purpose: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "registry": encode_object(snapshot or registry()),
        "unit": encode_object(unit),
        "beacon": seeded(f"registry-assign-{name}", "beacon", 32),
        "slot": 70,
        "purpose": purpose,
        **more,
    }


def _fine(
    name: str, comment: str, requirements: list[str], unit: Unit, *, flags: tuple[str, ...] = (), **more: Any
) -> Case:
    return _DRAWS.good(name, comment, requirements, _given(name, unit, **more), *flags)


def _stakes() -> list[Case]:
    """Draws for units with a least stake."""
    staked, rich = _staked(), _richest()
    wanted, most = Requirements(least_stake=LEAST), Requirements(least_stake=LARGEST)

    def unit(name: str, snapshot: Registry, replicas: int, requirements: Requirements, **more: Any) -> Unit:
        return drawn_unit(f"registry-{name}", snapshot, replicas=replicas, requirements=requirements, **more)

    three = unit("stake-three", staked, 3, wanted)
    four = unit("stake-auditors", staked, 1, wanted, audit=AuditPolicy(samples=4, delay=1, auditors=2))
    return [
        _fine("least-stake", "Accounts with exactly the least stake for each of their units, this one included.",
             ["REG-028"], unit("stake-two", staked, 2, wanted), snapshot=staked, flags=("Boundary",)),
        _bad("least-stake-under", "A third would be one base unit short, or has stake for its outstanding units alone.",
            ["REG-028", "REG-026"], _given("least-stake-under", three, staked),
            "policy/too-few-eligible", "Boundary"),
        _fine("least-stake-one", "The least of least stakes: one base unit.", ["REG-028"],
             unit("stake-one", staked, 5, Requirements(least_stake=1)), snapshot=staked, flags=("Boundary",)),
        _fine("least-stake-largest", "The greatest least stake, and an account with all of it.", ["REG-028"],
             unit("stake-largest", rich, 1, most), snapshot=rich, flags=("Boundary",)),
        _bad("least-stake-product",
            "The least stake times two, and times 2^32 - 1: over every amount, and not wrapped.",
            ["REG-028", "REG-026"], _given("least-stake-product", unit("stake-product", rich, 2, most), rich),
            "policy/too-few-eligible", "Boundary"),
        _fine("least-stake-half", "The greatest stake is just enough for two units.", ["REG-028"],
             unit("stake-half", rich, 2, Requirements(least_stake=LARGEST // 2)), snapshot=rich, flags=("Boundary",)),
        _bad("least-stake-auditors", "The least stake counts for auditors too: of two that have it, one works.",
            ["REG-028", "REG-026"],
            _given("least-stake-auditors", four, staked, 2, excluded=[_many.public("staked-exact")]),
            "policy/too-few-eligible"),
    ]  # fmt: skip


def _auditors() -> list[Case]:
    """Draws of auditors, as many as the unit's audit policy says."""
    snapshot = registry()
    mates = [_many.public(f"account-{index}") for index in (1, 2)]

    def unit(name: str, auditors: int | None) -> Unit:
        audit = AuditPolicy(samples=4, delay=9, auditors=auditors)
        return drawn_unit(f"registry-auditors-{name}", snapshot, audit=audit)

    two = unit("two", 2)
    no_audit = drawn_unit("registry-three", snapshot)
    return [
        _fine("auditors", "Two auditors, without those who work on the unit; the audit's own round draws.",
             ["REG-027", "REG-023", "AUD-001", "UNT-035"], two, purpose=2, excluded=mates),
        _fine("auditors-workers", "The same unit's workers: their number and their round are their own.",
             ["REG-022", "REG-023", "REG-027"], two),
        _fine("auditors-all", "All six that are left.", ["REG-027"], unit("all", 6), purpose=2, excluded=mates,
             flags=("Boundary",)),
        _bad("too-few-auditors", "One auditor more than are left.", "REG-026",
            _given("too-few-auditors", unit("seven", 7), purpose=2, excluded=mates), "policy/too-few-eligible",
            "Boundary"),
        _bad("auditors-not-asked", "An audit policy without auditors: whoever likes audits.", "REG-029",
            _given("auditors-not-asked", unit("none", None), purpose=2, excluded=mates), "policy/way-not-asked"),
        _bad("auditors-no-audit", "Auditors for a unit without audits.", "REG-029",
            _given("auditors-no-audit", no_audit, purpose=2, excluded=mates), "policy/way-not-asked"),
    ]  # fmt: skip


def _assignments() -> list[Case]:
    good = registry()

    three = drawn_unit("registry-three", good)
    near = drawn_unit("registry-near", good, requirements=Requirements(cores=4, regions=("us-east", "eu-north")))
    alone = of(*good.accounts, account("account-alone", region="mine"))
    mine = drawn_unit("registry-mine", alone, requirements=Requirements(regions=("mine",)))
    exact = of(
        *(
            account(f"account-{index}", stake=1 if index else 9, region="near" if not index else "far")
            for index in range(5)
        )
    )
    tenth = of(
        account("account-0", stake=1, region="near"),
        *(account(f"account-{index}", stake=3, region="far") for index in range(1, 4)),
    )
    under = of(
        account("account-0", stake=1, region="near"),
        *(account(f"account-{index}", stake=3, region="far") for index in range(1, 4)),
        account("account-4", stake=1, region="far"),
    )
    wanted = Requirements(regions=("near",))
    fresh = of(*(account(f"fresh-{index}", stake=0) for index in range(7)))
    opaque = _runs.make_unit(
        "registry-opaque",
        context=None,
        opaque=_many.opaque_unit().body.opaque,
        policy=three.body.policy,
        deadlines=_many.DEADLINES,
    )
    foreign = Registry(network="other", epoch=4, accounts=good.accounts)
    own = of(*good.accounts, _requesters_account())
    return [
        _fine("three", "Three workers of those eight that can be drawn.",
             ["REG-010", "REG-020", "REG-021", "REG-022", "REG-023", "REG-024", "REG-025"], three),
        _fine("all", "All eight that can be drawn.", ["REG-020", "REG-021", "REG-026"],
             drawn_unit("registry-all", good, replicas=8), flags=("Boundary",)),
        _fine("one", "A unit for one worker.", ["REG-024"], drawn_unit("registry-one", good, replicas=1)),
        _fine("near", "Nearer regions first.", ["REG-024", "REG-025"], near),
        _fine("alone", "A region with one account, of less than a tenth of the stake: it has no advantage.",
             ["REG-025"], mine, snapshot=alone, flags=("PeerDivergence",)),
        _fine("whale", "A near account with most of the stake, then those that are far.", ["REG-025"],
             drawn_unit("registry-whale", exact, requirements=wanted), snapshot=exact),
        _fine("tenth", "A near region with exactly a tenth of the stake.", ["REG-025"],
             drawn_unit("registry-tenth", tenth, replicas=1, requirements=wanted), snapshot=tenth,
             flags=("Boundary",)),
        _fine("under-tenth", "A near region with a little less.", ["REG-025"],
             drawn_unit("registry-under", under, replicas=1, requirements=wanted), snapshot=under,
             flags=("Boundary",)),
        _fine("opaque", "An opaque unit: no profile is asked for.", ["REG-021"], opaque),
        _fine("own-account", "The requester's own account is left out.", ["REG-020"],
             drawn_unit("registry-own", own, replicas=8), snapshot=own),
        _bad("too-few", "Nine workers out of eight that can be drawn.", "REG-026",
            _given("too-few", drawn_unit("registry-too-few", good, replicas=9)), "policy/too-few-eligible", "Boundary"),
        _bad("seven-fresh", "Seven fresh identities without stake: their number buys nothing.", "REG-026",
            _given("seven-fresh", drawn_unit("registry-seven-fresh", fresh), fresh), "policy/too-few-eligible",
            "PeerDivergence"),
        _bad("other-registry", "A registry with one account more than the one that the unit names.", "REG-012",
            _given("other-registry", three, alone), "crypto/registry-mismatch"),
        _bad("other-network", "The registry of another network.", "REG-011",
            _given("other-network", drawn_unit("registry-foreign", foreign), foreign), "crypto/network-mismatch",
            "WrongDomain"),
        _bad("not-drawn", "A unit that names its workers.", "REG-010", _given("not-drawn", _many.honest_run().unit),
            "policy/way-not-asked"),
    ]  # fmt: skip


def _replications() -> VectorFile:
    topic = Topic("registry.replicated", operations.replicated, "Whether a unit is replicated", CHECKED)
    good = registry()
    primary = _many.public("account-0")

    def given(name: str, unit: Unit, reputation: int) -> dict[str, Any]:
        return {
            "unit": encode_object(unit),
            "primary": primary,
            "reputation": reputation,
            "beacon": seeded(f"registry-replicated-{name}", "beacon", 32),
        }

    def fine(name: str, comment: str, floor: int, reputation: int, *flags: str) -> Case:
        unit = drawn_unit(f"registry-replicated-{floor}", good, adaptive=AdaptivePolicy(floor=floor, window=10))
        requirements = ["RED-040", "RED-041", "RED-042", "RED-043"]
        return topic.good(name, comment, requirements, given(name, unit, reputation), *flags)

    cases = [
        fine("fresh", "A fresh key is always replicated.", 500, 0, "Boundary"),
        fine("half", "A reputation of one half.", 500, 1 << 31),
        fine("most", "The greatest reputation: the floor is left.", 500, (1 << 32) - 1, "Boundary"),
        fine("floor-all", "A floor of everything.", 10_000, (1 << 32) - 1, "Boundary"),
        fine("floor-least", "The least floor, rounded up.", 1, (1 << 32) - 1, "Boundary"),
        fine("again", "The same floor and reputation under another beacon.", 500, 1 << 31),
        topic.bad(
            "not-adaptive",
            "A unit that is always replicated.",
            "RED-040",
            given("not-adaptive", drawn_unit("registry-always", good), 0),
            "policy/way-not-asked",
        ),
    ]
    return topic.file(cases)

"""Vectors for the standard rule: each component alone, at its edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.rewards.parameters import Ceiling, Parameters
from ..operations import rewards as operations
from ..values import render
from . import Case, VectorFile, invalid, valid

FRACTIONS = "the clauses' formulas over exact fractions (tests/rewards/test_components.py)"
MOST = (1 << 96) - 1
U64 = (1 << 64) - 1


def parameters(**changes: Any) -> Parameters:
    """The parameters of the suite."""
    return Parameters(
        burn=1000,
        treasury=300,
        audit=500,
        attestation=200,
        rebate=8000,
        rebate_work=7000,
        rebate_audit=2000,
        rebate_attestation=1000,
        slash_base=500,
        slash_share=20_000,
        bounty=3000,
        reputation_gain=1000,
        reputation_loss=4000,
        emission=(Ceiling(epoch=0, amount=10**15), Ceiling(epoch=10, amount=100)),
    ).replace(**changes)


def files() -> list[VectorFile]:
    """The topic's files."""
    return [_parameters(), *_components()]


def _family(
    name: str,
    title: str,
    req: Sequence[str],
    operation: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    names: Sequence[str],
    cases: Sequence[tuple[Any, ...]],
) -> VectorFile:
    made = []
    for label, comment, *values in cases:
        given = dict(zip(names, values, strict=True))
        made.append(valid(f"rewards-{name}-{label}", comment, req, given, operation(render(given))))
    return VectorFile(name=name, op=f"rewards.{name}", title=title, checked_by=FRACTIONS, cases=made)


def _components() -> list[VectorFile]:
    return [
        _family(
            "due",
            "What a claim is due",
            ["RWD-010"],
            operations.due,
            ("price", "steps", "escrow", "places"),
            [
                ("plain", "3 a step, 1000 steps, an escrow that covers them.", 3, 1000, 100_000, 1),
                ("capped", "The escrow covers less than the steps.", 3, 1000, 2999, 1),
                ("exact", "The escrow covers the steps and not a unit more.", 3, 1000, 3000, 1),
                ("places", "Three places share an escrow that three doesn't divide.", 50, 100, 10_000, 3),
                ("free", "A price of nothing.", 0, 1000, 100_000, 1),
                ("largest", "The largest price, steps and escrow.", U64, 1 << 44, MOST, 64),
            ],
        ),
        _family(
            "net",
            "What an accepted claim's due comes to: burn, pools, worker, beneficiaries, treasury",
            ["RWD-001", "RWD-011", "RWD-013", "RWD-016", "RWD-017", "RWD-020"],
            operations.net,
            ("due", "burn", "treasury", "pools", "shares"),
            [
                ("plain", "No beneficiaries: the worker gets the net.", 3000, 1000, 300, [500, 200], []),
                (
                    "shares",
                    "Two beneficiaries; floors leave 3 to the treasury.",
                    3001,
                    1000,
                    300,
                    [500, 200],
                    [3333, 1],
                ),
                (
                    "all-shares",
                    "Beneficiaries of a whole: nothing for the worker.",
                    3000,
                    1000,
                    300,
                    [500, 200],
                    [5000, 5000],
                ),
                ("zero", "Nothing is due, and nobody gets anything.", 0, 1000, 300, [500, 200], [1000]),
                ("one", "A due of one base unit: every share is floored to nothing.", 1, 9998, 1, [], [1]),
                ("one-free", "A due of one base unit without fees: the worker's.", 1, 0, 0, [0, 0], []),
                ("whole", "A due of 20, fees of 7 %: 18, where floored fees would leave 19.", 20, 500, 200, [], []),
                ("half", "Half of it: 9, so that two halves get no more than the whole.", 10, 500, 200, [], []),
                ("burnt", "All is burnt.", 777, 10_000, 0, [], []),
                ("no-burn", "All is the treasury's.", 777, 0, 10_000, [], [10_000]),
                ("pools-only", "Fees and pools are a whole: the worker gets nothing.", 999, 1000, 0, [4000, 5000], []),
                ("largest", "The largest due.", MOST, 1, 1, [1, 1], [1, 9998]),
            ],
        ),
        _family(
            "pool",
            "What the proven checks of one kind on a claim get",
            ["RWD-020", "RWD-021", "RWD-022", "RWD-025", "RWD-026"],
            operations.pool,
            ("due", "points", "whole", "parts"),
            [
                ("whole", "One auditor made all that was asked for.", 3000, 500, 8, [8]),
                ("part", "Half was made: the other half goes back.", 3000, 500, 8, [4]),
                ("none", "Nothing was made: all of the pool goes back.", 3000, 500, 8, []),
                ("not-asked", "The unit doesn't ask for such checks: there is no pool.", 3000, 500, 0, []),
                ("floors", "Three equal parts of 100: one unit to the treasury.", 1000, 1000, 3, [1, 1, 1]),
                ("floors-back", "What goes back is floored, too: one unit to the treasury.", 1000, 1000, 3, [1]),
                ("zero", "Nothing is due.", 0, 500, 8, [8]),
                ("one", "A pool of one base unit and two halves: the treasury's.", 1, 10_000, 2, [1, 1]),
                ("floored", "A due of one base unit: no pool.", 1, 9999, 2, [2]),
                ("over", "More parts than were asked for: they share the pool.", 1000, 1000, 3, [3, 4]),
                ("over-one", "One part more than was asked for.", 1000, 1000, 3, [4]),
                ("largest", "The largest due and parts.", MOST, 10_000, U64, [U64, U64 - 1]),
                ("largest-back", "The largest due, and all but one part goes back.", MOST, 10_000, U64, [1]),
            ],
        ),
        _family(
            "emission",
            "What an epoch emits: rebates of what is burnt, within a ceiling",
            ["RWD-035", "RWD-036", "RWD-037"],
            operations.emission,
            ("dues", "burn", "rebate", "ceiling"),
            [
                ("below", "All rebates are below the ceiling.", [3000, 500], 1000, 8000, 1000),
                ("exact", "All rebates come to the ceiling.", [3000, 500], 1000, 10_000, 350),
                (
                    "scaled",
                    "The ceiling is one base unit less: in proportion, and floored.",
                    [3000, 500],
                    1000,
                    10_000,
                    349,
                ),
                ("fraction", "Weights exceed the ceiling by one part.", [10**8, 1], 1, 1, 1),
                (
                    "just",
                    "A ceiling that floored rebates would not exceed, and weights do.",
                    [1999, 10],
                    1000,
                    10_000,
                    200,
                ),
                ("whole", "One claim.", [1998], 1000, 10_000, 1000),
                ("halves", "The claim in two: one base unit less.", [999, 999], 1000, 10_000, 1000),
                ("nothing", "A ceiling of nothing.", [3000, 500], 1000, 10_000, 0),
                ("no-burn", "Nothing is burnt, and nothing is emitted.", [3000, 500], 0, 10_000, 1000),
                ("no-rebate", "No rebate.", [3000, 500], 1000, 0, 1000),
                ("zero", "Nothing is due, under a ceiling of nothing.", [0, 0], 1000, 10_000, 0),
                ("one", "One base unit, all burnt, all emitted.", [1], 10_000, 10_000, 1),
                ("never-more", "A whole as a rebate: never more than is burnt.", [19, 9999], 1000, 10_000, 10**9),
                ("largest", "The largest amounts.", [MOST, MOST], 10_000, 10_000, MOST),
                ("largest-exact", "The largest due, exactly met.", [MOST], 10_000, 10_000, MOST),
            ],
        ),
        _family(
            "slash",
            "What offences cost an account",
            ["RWD-050", "RWD-051"],
            operations.slash,
            ("base", "share", "stake", "escrows"),
            [
                ("plain", "A base, and twice the escrow.", 500, 20_000, 10**6, [100_000]),
                ("stake", "Never more than the stake.", 500, 20_000, 1001, [100_000]),
                (
                    "shared",
                    "Two offences and a stake that covers one: each half of it, floored.",
                    0,
                    10_000,
                    1001,
                    [2000, 2000],
                ),
                (
                    "unequal",
                    "Two offences of different cost; they exceed the stake by one.",
                    0,
                    10_000,
                    299,
                    [100, 200],
                ),
                ("exact", "Two offences that take the stake to the last unit.", 0, 10_000, 300, [100, 200]),
                ("no-stake", "No stake: nothing to take.", 500, 20_000, 0, [5]),
                ("largest", "The largest amounts.", MOST, (1 << 32) - 1, MOST, [MOST, 1]),
            ],
        ),
        _family(
            "bounty",
            "What provers get of a slash; the rest is burnt",
            ["RWD-052", "RWD-053", "RWD-054"],
            operations.bounty,
            ("taken", "bounty", "stakes"),
            [
                ("alone", "One prover, without stake, gets all of the bounty.", 200_500, 3000, [0]),
                ("tied", "Two who tie share by stake, floored.", 200_501, 3333, [300, 100]),
                ("split", "One who ties with itself gets what it would have got alone.", 200_500, 3000, [250, 750]),
                ("stakeless", "Several without stake get nothing.", 200_500, 3000, [0, 0]),
                ("one-staked", "Who has stake gets all.", 200_500, 3000, [0, 1]),
                ("silence", "A silence has no provers: all is burnt.", 200_500, 3333, []),
                ("third", "Never more than a third.", 3 * 10**6, 3333, [1]),
            ],
        ),
        _family(
            "reputation",
            "Reputations after an epoch",
            ["RWD-060"],
            operations.reputation,
            ("before", "gain", "accepted", "loss", "dissented"),
            [
                ("fresh", "A fresh key's first three accepted claims.", 0, 1000, 3, 4000, 0),
                ("dissent", "One dissent takes four claims.", 10_000, 1000, 2, 4000, 1),
                ("bottom", "Never below nothing.", 3999, 1000, 0, 4000, 1),
                ("top", "Never above the largest.", (1 << 32) - 2, 1000, 1, 0, 0),
                ("together", "Gains and losses count together before the limits.", 100, 1000, 5, 1000, 5),
            ],
        ),
    ]


def _parameters() -> VectorFile:
    def case(name: str, comment: str, epoch: int, **changes: Any) -> Case:
        given = {"parameters": encode_object(parameters(**changes)), "network": "vectors", "epoch": epoch}
        req = ["RWD-002", "RWD-006"]
        return valid(f"rewards-parameters-{name}", comment, req, given, operations.parameters(render(given)))

    def bad(name: str, comment: str, req: str, error: str, changes: dict[int, Any]) -> Case:
        item = cbor.decode(encode_object(parameters()))
        assert isinstance(item, dict)
        given = {"parameters": cbor.encode(item | changes), "network": "vectors", "epoch": 0}
        req_ids = [req, "ENC-030"] if error == "schema/out-of-range" else [req]
        return invalid(f"rewards-parameters-{name}", comment, req_ids, given, error)

    line: Callable[[int], dict[int, Any]] = lambda epoch: {0: epoch, 1: b"\1"}  # noqa: E731
    return VectorFile(
        name="parameters",
        op="rewards.parameters",
        title="Parameters of the standard rule, and the table of emission",
        checked_by="tests/adapters/node, written from spec/ alone",
        cases=[
            case("first-line", "The first line of the table.", 9),
            case("second-line", "The epoch with which the second line begins.", 10),
            case("before", "Before the table begins, nothing is emitted.", 4, emission=(Ceiling(epoch=5, amount=7),)),
            case("no-table", "An empty table.", 0, emission=()),
            case("whole", "Shares of exactly a whole.", 0, burn=9000, treasury=300, audit=500, attestation=200),
            bad("shares", "Shares of one point above a whole.", "RWD-003", "semantic/share-sum", {2: 9001}),
            bad("rebates", "Shares of a rebate above a whole.", "RWD-004", "semantic/share-sum", {7: 7001}),
            bad("bounty", "A bounty of more than a third.", "RWD-005", "schema/out-of-range", {12: 3334}),
            bad("rebate", "A rebate of more than was burnt.", "RWD-002", "schema/out-of-range", {6: 10_001}),
            bad("table", "The same epoch twice.", "RWD-006", "semantic/ceiling-order", {15: [line(3), line(3)]}),
        ],
    )

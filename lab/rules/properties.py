"""The properties that no rule may break: each a function of a rule and a case that finds fault, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from ...protocol.rewards.view import View, build_view
from .cases import Case, Item, Outcome, item, touched
from .held import Held, settled

DUST: Final = 4
"""Base units that roundings may move where amounts are put together, or left out."""

PROPERTIES: Final[dict[str, str]] = {
    "runs": "It returns transfers for whatever happened, and raises nothing.",
    "ends": "It ends in time.",
    "pure": "It knows the view and its parameters; no clock, no chance, no files.",
    "integers": "It computes in integers.",
    "input": "It leaves the view as it is.",
    "determinism": "The same epoch gives the same settlement, whatever was settled before.",
    "order": "Neither the order of records nor what ids and keys look like changes what anybody gets.",
    "conservation": "It gives no more than is there: of an escrow, of a stake, of the epoch's emission.",
    "negative": "No amount is negative.",
    "bounds": "It holds for the largest amounts, prices and steps that an epoch can have.",
    "proof": "Only accepted work, proven checks and fault proofs are paid.",
    "monotone": "More verified work never earns less.",
    "split": "Nobody earns more by being several.",
    "merge": "Nobody earns more by being one with others.",
    "withholding": "Nobody earns more by keeping back what it has.",
    "requester": "Nobody earns more than it pays by asking for its own work.",
    "slash": "Only refutation and certified silence cost stake.",
    "self-report": "Who reports itself gets back at most a third.",
    "reputation": "A reputation rises with accepted, drawn work only, and stays in its range.",
}
"""Every property, in the order in which they are told."""

Check = Callable[[Held, Case, Outcome], str | None]


def view_of(rule: Held, case: Case) -> View:
    """What a rule sees of a case."""
    return build_view(case.epoch(rule).canonical())[0]


def offended(case: Case) -> bool:
    """Whether a case has what costs stake."""
    return any(entry.kind in ("refutation", "silence") for entry in case.items)


def order(rule: Held, case: Case, base: Outcome) -> str | None:
    """Other ids, other keys, another order of records."""
    if _tied(case):
        return None  # which of several claims in one slot holds a place is for ids to tell, by STL-033
    for salt in ("", "a", "b", "c"):
        other = settled(rule, case, salt, reverse=True)
        if (what := _difference(base, other)) is not None:
            how = "the order of records" if not salt else "other ids and keys"
            return f"with {how}, {what}"
    return None


def _tied(case: Case) -> bool:
    slots = sorted((entry.values["unit"], entry.values["slot"]) for entry in case.items if entry.kind == "claim")
    return any(one == other for one, other in pairwise(slots))


def _difference(one: Outcome, other: Outcome) -> str | None:
    for what, left, right in (
        ("gets", one.paid, other.paid),
        ("is refunded", one.refunds, other.refunds),
        ("loses", one.slashed, other.slashed),
        ("has the reputation", one.reputations, other.reputations),
        ("(a beneficiary) gets", one.shares, other.shares),
    ):
        for name in sorted({*left, *right}):
            if left.get(name) != right.get(name):
                return f"{name} {what} {right.get(name, 0)} instead of {left.get(name, 0)}"
    return None if one.totals == other.totals else "burn or treasury differ"


def determinism(rule: Held, case: Case, base: Outcome) -> str | None:
    """Twice the same."""
    what = _difference(base, settled(rule, case))
    return None if what is None else f"settled again, {what}"


def proof(rule: Held, case: Case, base: Outcome) -> str | None:
    """Who is paid has done something."""
    view = view_of(rule, case)
    epoch = case.epoch(rule).canonical()
    earned: set[int] = set()
    for unit in view.units:
        for claim in unit.claims:
            if claim.accepted:
                earned.add(claim.worker)
            earned.update(check.checker for check in claim.checks)
        for offence in unit.offences:
            earned.update(offence.provers)
    names = {place: name for name, place in _positions(case, epoch).items()}
    worked = {names[place] for place in earned}
    for name, amount in sorted(base.paid.items()):
        if amount and name not in worked:
            return f"{name} gets {amount} for no accepted claim, no proven check and no fault proof"
    if base.shares and not any(claim.accepted for unit in view.units for claim in unit.claims):
        return f"beneficiaries get {sum(base.shares.values())} of work that wasn't accepted"
    return None


def _positions(case: Case, epoch: Any) -> dict[str, int]:
    from .cases import address

    at = {record.address: place for place, record in enumerate(epoch.accounts)}
    return {name: at[address(name)] for name in case.names()}


def _single(case: Case) -> Iterator[tuple[Item, Item]]:
    """(unit, claim) of units with one claim whose worker has no other part in the case."""
    for unit in case.items:
        if unit.kind != "unit":
            continue
        claims = [entry for entry in case.items if entry.kind == "claim" and entry.values["unit"] == unit.values["id"]]
        if len(claims) == 1 and _alone(case, claims[0].values["worker"], "worker"):
            yield unit, claims[0]


def _alone(case: Case, name: str, role: str) -> bool:
    """Whether an account has one role in one record."""
    roles = [key for entry in case.items for key, value in entry.values.items() if value == name and key != "id"]
    return roles == [role]


def _changed(case: Case, old: Item, new: Item) -> Case:
    return replace(case, items=tuple(new if entry is old else entry for entry in case.items))


def monotone(rule: Held, case: Case, base: Outcome) -> str | None:
    """More steps, or acceptance, and the worker gets no less."""
    if offended(case):
        return None
    for _, claim in _single(case):
        worker = claim.values["worker"]
        for steps in (claim.values["steps"] + 1, 2 * claim.values["steps"]):
            more = settled(rule, _changed(case, claim, claim.with_(steps=min(steps, 1 << 44))))
            if more.net(worker) < base.net(worker):
                return f"with {steps} steps {worker} gets {more.net(worker)} instead of {base.net(worker)}"
        for verdict in case.items:
            values = verdict.values
            if verdict.kind == "verdict" and values["claim"] == claim.values["id"] and values["outcome"] == 2:
                more = settled(rule, _changed(case, verdict, verdict.with_(outcome=1)))
                if more.net(worker) < base.net(worker):
                    return f"accepted, {worker} gets {more.net(worker)} instead of {base.net(worker)}"
    return None


def split(rule: Held, case: Case, base: Outcome) -> str | None:
    """One account becomes two: idle, sharing a unit's work, sharing a fault proof, sharing a check."""
    for parted, name, how in _splits(case):
        twin = name + "-2"
        after = settled(rule, parted)
        if after.net(name, twin) > base.net(name):
            return f"as {name} and {twin}, {how}, it gets {after.net(name, twin)} instead of {base.net(name)}"
    return None


def _splits(case: Case) -> Iterator[tuple[Case, str, str]]:
    for entry in case.items:
        if entry.kind == "refutation":
            prover = entry.values["prover"]
            if _alone(case, prover, "prover"):
                parted = _halved(case, prover).plus(entry.with_(prover=prover + "-2"))
                yield parted, prover, "who prove the same in the same slot"
        elif entry.kind == "check" and entry.values["part"] > 1:
            checker, part = entry.values["checker"], entry.values["part"]
            if _alone(case, checker, "checker"):
                parted = _changed(_halved(case, checker), entry, entry.with_(part=part // 2))
                yield (
                    parted.plus(entry.with_(part=part - part // 2, checker=checker + "-2")),
                    checker,
                    "who share the check",
                )
    if offended(case):
        return
    for unit, claim in _single(case):
        worker = claim.values["worker"]
        idle = replace(_halved(case, worker), more=(*case.more, worker + "-2"))
        yield idle, worker, "of whom one does nothing"
        steps = claim.values["steps"]
        if steps >= 2 and not any(entry.kind == "check" for entry in case.items):
            yield _cut(case, unit, claim), worker, "who do one half each of a unit cut in two"


def _halved(case: Case, name: str) -> Case:
    stake = case.stake(name)
    return replace(case, stakes={**case.stakes, name: stake - stake // 2, name + "-2": stake // 2})


def _cut(case: Case, unit: Item, claim: Item) -> Case:
    """The case with a unit and its claim cut in two halves, by two accounts."""
    worker, steps, escrow = claim.values["worker"], claim.values["steps"], unit.values["escrow"]
    first = {unit.values["id"]: unit.with_(escrow=escrow - escrow // 2)}
    first[claim.values["id"]] = claim.with_(steps=steps - steps // 2)
    items: list[Item] = []
    for entry in case.items:
        mine = entry in (unit, claim) or unit.values["id"] == entry.values.get("unit")
        mine = mine or claim.values["id"] == entry.values.get("claim")
        items.append(first.get(entry.values.get("id", ""), entry))
        if mine:
            second = {"id": unit.values["id"], "unit": unit.values["id"], "claim": claim.values["id"]}
            changes: dict[str, Any] = {key: entry.values[key] + "-2" for key in second if key in entry.values}
            if entry is unit:
                changes["escrow"] = escrow // 2
            if entry is claim:
                changes.update(steps=steps // 2, worker=worker + "-2")
            items.append(entry.with_(**changes))
    return replace(_halved(case, worker), items=tuple(items))


def merge(rule: Held, case: Case, base: Outcome) -> str | None:
    """Two accounts that do the same, and one that does twice as much in one unit."""
    if offended(case) or any(entry.kind == "check" for entry in case.items):
        return None
    for unit, claim in _single(case):
        worker, steps, escrow = claim.values["worker"], claim.values["steps"], unit.values["escrow"]
        if steps > 1 << 42 or escrow > 1 << 94:
            continue
        one = _changed(case, unit, unit.with_(escrow=2 * escrow))
        one = _changed(one, claim, claim.with_(steps=2 * steps))
        one = replace(one, stakes={**case.stakes, worker: 2 * case.stake(worker)})
        two = _cut(one, *_again(one, unit, claim))
        apart = settled(rule, two).net(worker, worker + "-2")
        together = settled(rule, one).net(worker)
        if together > apart + DUST:
            return f"{worker} gets {together} for twice the work, as two accounts with one half each {apart}"
    return None


def _again(case: Case, unit: Item, claim: Item) -> tuple[Item, Item]:
    by_id = {entry.values["id"]: entry for entry in case.items if "id" in entry.values}
    return by_id[unit.values["id"]], by_id[claim.values["id"]]


def withholding(rule: Held, case: Case, base: Outcome) -> str | None:
    """Without its own claim, check or proof nobody has more; nor is it cheaper to be silent than to be refuted."""
    guilty = touched((entry for entry in case.items if entry.kind == "silence"), "worker")
    refuted = touched((entry for entry in case.items if entry.kind == "refutation"), "claim")
    for entry in case.items:
        values = entry.values
        if entry.kind == "claim" and values["worker"] not in guilty:
            kept = tuple(e for e in case.items if e is not entry and e.values.get("claim") != values["id"])
            without = replace(case, items=kept)
            worker = values["worker"]
            if values["id"] in refuted:
                if values["assigned"] == 0 or any(
                    r.values["prover"] == worker for r in case.items if r.kind == "refutation"
                ):
                    continue
                without = without.plus(item("silence", unit=values["unit"], worker=worker))
                how = "kept silent"
            elif any(r.kind == "claim" and r is not entry and r.values["worker"] == worker for r in case.items):
                continue
            else:
                how = "without its claim"
            after = settled(rule, without)
            if after.net(worker) > base.net(worker) + DUST:
                return f"{how}, {worker} has {after.net(worker):+} instead of {base.net(worker):+}"
        elif entry.kind in ("check", "refutation"):
            who = values["checker" if entry.kind == "check" else "prover"]
            if who in {e.values["worker"] for e in case.items if e.kind == "claim"}:
                continue
            after = settled(rule, replace(case, items=tuple(e for e in case.items if e is not entry)))
            if after.net(who) > base.net(who) + DUST:
                return f"without its {entry.kind}, {who} has {after.net(who):+} instead of {base.net(who):+}"
    return None


def requester(rule: Held, case: Case, base: Outcome) -> str | None:
    """If all accounts are one party, it must not end up with more than it had."""
    if offended(case):
        return None
    totals = base.totals
    if totals.emission > totals.burn + totals.treasury:
        return (
            f"a party that is requester and worker pays {totals.burn + totals.treasury} in burn and fees"
            f" and is emitted {totals.emission}"
        )
    return None


def slash(rule: Held, case: Case, base: Outcome) -> str | None:
    """Only offenders lose stake."""
    guilty = touched((entry for entry in case.items if entry.kind == "silence"), "worker")
    refuted = touched((entry for entry in case.items if entry.kind == "refutation"), "claim")
    guilty |= {e.values["worker"] for e in case.items if e.kind == "claim" and e.values["id"] in refuted}
    for name, amount in sorted(base.slashed.items()):
        if amount and name not in guilty:
            return f"{name} loses {amount} of its stake, and neither was refuted nor is certified silent"
    return None


def self_report(rule: Held, case: Case, base: Outcome) -> str | None:
    """Whoever is refuted by its own other accounts has lost two thirds for good."""
    lost = sum(base.slashed.values())
    proven = touched((entry for entry in case.items if entry.kind == "refutation"), "prover")
    alone = {name for name in proven if _roles(case, name) == {"prover"}}
    back = sum(base.paid.get(name, 0) for name in alone)
    if 3 * back > lost:
        return f"of {lost} slashed, {back} come back to those who proved it: more than a third"
    return None


def _roles(case: Case, name: str) -> set[str]:
    return {key for entry in case.items for key, value in entry.values.items() if value == name and key != "id"}


def reputation(rule: Held, case: Case, base: Outcome) -> str | None:
    """It rises by accepted claims of drawn workers."""
    view = view_of(rule, case)
    drawn = {claim.worker for unit in view.units for claim in unit.claims if claim.drawn and claim.accepted}
    places = _positions(case, case.epoch(rule).canonical())
    for name, value in sorted(base.reputations.items()):
        before = case.reputations.get(name, 0)
        if value > before and places[name] not in drawn:
            return f"{name}'s reputation rises from {before} to {value} without accepted, drawn work"
    return None


RELATIONS: Final[dict[str, Check]] = {
    "determinism": determinism,
    "order": order,
    "proof": proof,
    "monotone": monotone,
    "split": split,
    "merge": merge,
    "withholding": withholding,
    "requester": requester,
    "slash": slash,
    "self-report": self_report,
    "reputation": reputation,
}
"""The properties that compare outcomes; the others show in a single call."""

"""The soundness report: named figures, each with what it means, exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ..terms import Terms
from . import formulas as f

TITLES: Final[dict[str, str]] = {
    "escape": "Audits: the chance that bad segments go unseen",
    "grinding": "Trying again: the chance to escape with several tries",
    "quorum": "Quorums: the chance that colluders decide",
    "operator": "One operator in several places of a unit",
    "stake": "Least stake that makes cheating unprofitable, in dues",
    "delay": "Delay at worst, in slots",
    "cost": "Cost of verification, as a share of the work",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure."""

    group: str
    name: str
    value: Fraction | None
    """None: there is no such number; the meaning says why."""
    meaning: str
    holds: bool | None = None
    """Of a least stake: whether the parameters' slash reaches it."""


def report(terms: Terms) -> list[Row]:
    """All figures for the terms."""
    groups = (_escape, _grinding, _quorum, _operator, _stake, _delay, _cost)
    return [row for group in groups for row in group(terms)]


def own_accounts(terms: Terms) -> int:
    """How many accounts the colluders hold: their share of the registry, floored."""
    return int(terms.network.workers * terms.network.colluders // 1)


def escapes(terms: Terms, bad: int) -> Fraction:
    """Chance that a claim with so many bad segments is refuted neither by its auditors nor by a watcher.

    Whoever holds a share of the stake holds that share of the auditors; one of its accounts is the worker.
    """
    unit, network = terms.unit, terms.network
    if unit.auditors:
        others = network.workers - unit.replicas
        # At worst the other replicas are honest, so that the auditors' pool has all the other colluders in it.
        colluders = min(others, max(0, own_accounts(terms) - 1))
        missed = f.escape_auditors(
            unit.segments, unit.samples, bad, others=others, colluders=colluders, auditors=unit.auditors
        )
    else:
        missed = Fraction(1)
    return missed * (1 - network.watchers)


def _bad_counts(segments: int) -> list[int]:
    wanted = [1, 2, 4, 16, segments // 100, segments // 10, segments // 2, segments]
    return sorted({bad for bad in wanted if 1 <= bad <= segments})


def _escape(terms: Terms) -> list[Row]:
    unit = terms.unit
    if not unit.auditors:
        return [Row("escape", "no audits", Fraction(1), "the unit asks for no audits: every bad segment goes unseen")]
    rows = []
    for bad in _bad_counts(unit.segments):
        one = f.escape(unit.segments, unit.samples, bad)
        rows.append(
            Row(
                "escape",
                f"b={bad} one auditor",
                one,
                f"{bad} of {unit.segments} segments bad, {unit.samples} drawn by one honest auditor",
            )
        )
        rows.append(
            Row(
                "escape",
                f"b={bad} all",
                escapes(terms, bad),
                f"{unit.auditors} auditors drawn, colluding ones silent, watchers counted",
            )
        )
    return rows


def _grinding(terms: Terms) -> list[Row]:
    if not terms.unit.auditors:
        return []
    one = escapes(terms, 1)
    places = terms.unit.replicas
    rows = [
        Row(
            "grinding",
            f"{count} tries b={bad}",
            f.tries(escapes(terms, bad), count),
            f"an operator commits {count} times with {bad} bad segments and reveals the one that escapes",
        )
        for bad in (1, max(1, terms.unit.segments // 10))
        for count in sorted({1, 2, max(1, places)})
    ]
    rows.append(
        Row(
            "grinding",
            "margin in bits b=1",
            Fraction(f.margin_bits(one)) if one else None,
            "largest k with escape ≤ 2^-k; a try costs a place and, unrevealed, its stake; beacons can't be tried",
        )
    )
    whole = escapes(terms, terms.unit.segments)
    rows.append(
        Row(
            "grinding",
            "margin in bits b=N",
            Fraction(f.margin_bits(whole)) if whole else None,
            "the same for invented results"
            if whole
            else "none escapes: with every segment bad, any sample of an honest auditor shows it",
        )
    )
    return rows


def _places(terms: Terms, accounts: int) -> list[Fraction]:
    return f.hypergeometric(terms.network.workers, accounts, terms.unit.replicas)


def _quorum(terms: Terms) -> list[Row]:
    unit, network = terms.unit, terms.network
    rows = []
    shares = sorted({network.colluders, *(Fraction(part, 100) for part in (5, 10, 20, 33, 50))})
    for share in shares:
        held = int(network.workers * share // 1)
        chance = f.at_least(_places(terms, held), unit.quorum)
        rows.append(
            Row(
                "quorum",
                f"colluders {float(share):.3g}",
                chance,
                f"{held} of {network.workers} accounts hold {unit.quorum} or more of {unit.replicas} places",
            )
        )
    if unit.attesters:
        held = int(unit.attesters * network.colluders // 1)
        rows.append(
            Row(
                "quorum",
                "committee",
                Fraction(int(held >= unit.threshold)),
                f"1 if {held} colluding members of {unit.attesters} reach the threshold of {unit.threshold}",
            )
        )
    return rows


def _operator(terms: Terms) -> list[Row]:
    unit = terms.unit
    chances = _places(terms, own_accounts(terms))
    shared = f.expected(chances, 1)
    text = f"one operator with {float(terms.network.colluders):.3g} of the stake"
    return [
        Row("operator", "expected places", f.expected(chances), f"{text}, of {unit.replicas} places of a unit"),
        Row("operator", "two or more", f.at_least(chances, 2), "chance to hold several places of one unit"),
        Row(
            "operator",
            "executions saved",
            shared,
            "expected executions that it is paid for and doesn't make, because places share one",
        ),
        Row(
            "operator",
            "gain in dues",
            shared * terms.costs.execute,
            "what that is worth a unit; splitting an identity gains this and no more",
        ),
    ]


def demand(terms: Terms) -> Fraction:
    """What an offence costs, in dues, if the stake is enough: base and share of the escrow (RWD-050)."""
    return terms.rule.slash_base + Fraction(terms.unit.replicas) * terms.rule.slash_share / 10_000


def slash(terms: Terms) -> Fraction:
    """What an offence costs for sure, in dues: no more than the stake that has to be behind each unit (REG-028).

    What an account has beyond that can be moved to another before it cheats.
    """
    return min(demand(terms), terms.unit.least_stake, terms.costs.stake)


def needs(terms: Terms) -> list[tuple[str, Fraction, Fraction, str]]:
    """(adversary, gain in dues, slashes to be expected, what it does) of those that a stake deters."""
    unit, costs = terms.unit, terms.costs
    tenth = max(1, unit.segments // 10)
    saved = costs.execute
    one = 1 - escapes(terms, 1)
    rows = [
        ("forger", costs.gain, one, "one bad segment, chosen for the output"),
        ("skipper", saved * tenth / unit.segments, 1 - escapes(terms, tenth), "skips a tenth of the segments"),
        ("jumper", saved, one, "executes nothing: one false step, into a loop that costs nothing to run"),
        ("lazy", saved, 1 - escapes(terms, unit.segments), "invents everything"),
        ("self-reporter", costs.gain, one, "forges, and takes the bounty on itself when it is caught"),
        ("withholder", costs.gain, one, "forges, and is silent when its bad segment is drawn: silence costs as much"),
        ("picker", costs.gain, one, "forges, reveals only what wasn't drawn: certified silence costs as much"),
    ]
    if unit.replicas > 1:
        places, missed = unit.replicas, 1 - one
        rows += [
            (
                "colluding quorum",
                costs.gain,
                places * (1 - missed**places),
                "holds every place, agrees on one bad segment; one sample that has it costs every place",
            ),
            (
                "chooser",
                costs.gain,
                places * one,
                "holds every place, each with another bad segment, and reveals those that weren't drawn",
            ),
        ]
    rows.append(
        (
            "sleeper",
            costs.gain,
            terms.network.floor * (f.ONE - _conspiracy(terms)),
            "cheats when its record has brought replication down to the floor, where nothing else checks",
        )
    )
    return rows


def _conspiracy(terms: Terms) -> Fraction:
    """Chance that a replica drawn as a check is the cheat's own, or of its party."""
    others = terms.network.workers - 1
    return Fraction(min(others, max(0, own_accounts(terms) - 1)), others) if others else f.ONE


def bribed(terms: Terms) -> Fraction | None:
    """The slash whose bounty, paid to every auditor who finds the bad segment, is the gain; None: there is none.

    Each of them would have the whole bounty if it alone said so, and the bribe has to be worth that.
    """
    unit, network = terms.unit, terms.network
    others = network.workers - unit.replicas
    honest = others - min(others, max(0, own_accounts(terms) - 1))
    bribes = (1 - f.escape(unit.segments, unit.samples, 1)) * Fraction(unit.auditors * honest, others)
    share = bribes * Fraction(terms.rule.bounty, 10_000)
    return terms.costs.gain / share if share else None


def _stake(terms: Terms) -> list[Row]:
    rows = []
    held = slash(terms)
    for name, gain, caught, meaning in needs(terms):
        burnt = f.least_burnt(gain, caught)
        if burnt is None:
            rows.append(Row("stake", name, None, f"{meaning}; it is never caught, and no stake deters it", False))
            continue
        least = f.least_stake(burnt, terms.rule.bounty)
        rows.append(Row("stake", name, least, meaning, held > least))
    if terms.unit.auditors:
        bribe = bribed(terms)
        meaning = "forges, and pays each auditor who finds it the whole bounty to say nothing"
        rows.append(Row("stake", "briber", bribe, meaning, bribe is not None and held > bribe))
    return rows


def _delay(terms: Terms) -> list[Row]:
    delays = terms.delays
    waits = [
        ("drawn", delays.assignment + 1, "from a unit's receipt to the beacon that draws its workers"),
        ("committed", delays.commit, "from the unit's receipt to the commit deadline"),
        ("replicas", delays.window, "more, if adaptive replication calls others"),
        ("revealed", delays.reveal, "more, to the reveal deadline"),
        ("challenged", delays.challenge, "more, to the end of the challenge window"),
        ("disputed", 2 * delays.dispute, "more, if a segment is disputed: both sides use up their budgets"),
    ]
    rows = [Row("delay", name, Fraction(slots), meaning) for name, slots, meaning in waits]
    plain = delays.commit + delays.window + delays.reveal + delays.challenge + 1
    rows.append(Row("delay", "payable", Fraction(plain), "from the unit's receipt to payouts that can be claimed"))
    whole = plain + 2 * delays.dispute
    rows.append(Row("delay", "payable after a dispute", Fraction(whole), "the same, at worst"))
    seconds = Fraction(whole * terms.slot_seconds)
    rows.append(Row("delay", "worst case in seconds", seconds, f"slots of {terms.slot_seconds} s"))
    late = delays.commit + delays.audit + 1
    rows.append(Row("delay", "audits drawn", Fraction(late), "at the latest: after the last commit's receipt"))
    return rows


def _cost(terms: Terms) -> list[Row]:
    unit = terms.unit
    audits = Fraction(unit.auditors * unit.samples, unit.segments)
    replicas = Fraction(unit.replicas - 1)
    attesters = Fraction(unit.attesters) * (Fraction(unit.samples, unit.segments) if unit.auditors else 1)
    rows = [
        Row("cost", "audits", audits * unit.replicas, "auditors × samples / segments, for each replica's claim"),
        Row("cost", "replicas", replicas, "further executions"),
        Row("cost", "replicas at the floor", replicas * terms.network.floor, "the same for a long good record"),
        Row(
            "cost", "attestation", attesters, "members who each check the audit's sample, or execute again without one"
        ),
        Row("cost", "all", audits * unit.replicas + replicas + attesters, "verification over work, 1 being the work"),
    ]
    if unit.auditors:
        check = terms.costs.execute * Fraction(unit.samples, unit.segments)
        pay = Fraction(terms.rule.audit, 10_000) / unit.auditors
        meaning = f"what an auditor is paid for a claim, in dues; checking it costs {float(check):.3g}"
        rows.append(Row("cost", "audit pay", pay, meaning, pay > check))
    return rows

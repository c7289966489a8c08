"""The library of adversaries: what each does with a place that it was drawn for, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a party behaves. What isn't said is honest."""

    name: str
    meaning: str
    bad: str = "none"
    """Bad segments of a claim: none, one, some (its share), all."""
    when: str = "always"
    """Forges: always; trusted (from a level of reputation on); quorum, all (if the party holds so many places)."""
    effort: str = "full"
    """What it executes: full; rest (all but the bad segments); none; shared (once for all its places in a unit)."""
    wants: bool = False
    """Whether a false result that is accepted is worth something to it."""
    commits: str = "own"
    """own; late (when others have revealed); copied (another's commitment, which it can't open)."""
    caught: str = "wait"
    """When its bad segment is drawn: wait; silent (no answer); unrevealed; report (by another account of its own);
    bribe (pays those who found it what they would get for saying so)."""
    agreed: bool = False
    """Its accounts in one unit give the same false result."""
    stamps: bool = False
    """As an auditor it says yes and checks nothing."""
    signs: bool = False
    """As a member of a committee it signs what the others sign, and checks nothing."""
    equivocates: bool = False
    """As a member of a committee it signs both outcomes."""
    farms: bool = False
    """It is its own requester, of endless loops that cost nothing to run, beside its honest work."""
    thrashes: bool = False
    """Its units touch too many pages for a segment proof, so that nobody can be paid for auditing them."""
    grieves: bool = False
    """It disputes good claims."""


HONEST: Final = Strategy("honest", "does what was asked for")

LIBRARY: Final[dict[str, Strategy]] = {
    strategy.name: strategy
    for strategy in (
        Strategy("lazy", "invents results and executes nothing", bad="all", effort="none"),
        Strategy(
            "jumper",
            "executes nothing: one false step, into a loop that costs nothing to run",
            bad="one",
            effort="none",
        ),
        Strategy("skipper", "skips a share of the segments", bad="some", effort="rest"),
        Strategy("forger", "forges one segment, chosen for the output", bad="one", wants=True),
        Strategy(
            "copycat", "waits for others' reveals to copy them; its commit is late", effort="none", commits="late"
        ),
        Strategy("echo", "copies another's commitment in time, and can't open it", effort="none", commits="copied"),
        Strategy("sleeper", "is honest until it is trusted, then forges", bad="one", when="trusted", wants=True),
        Strategy(
            "sybil",
            "many accounts of one operator: one execution for all its places of a unit, forged where it holds all",
            bad="one",
            when="all",
            effort="shared",
            wants=True,
            agreed=True,
        ),
        Strategy(
            "colluders",
            "a conspiracy that agrees on a forged result where it holds a quorum",
            bad="one",
            when="quorum",
            wants=True,
            agreed=True,
        ),
        Strategy("equivocator", "as a member of a committee, signs both outcomes", equivocates=True),
        Strategy("stamper", "as an auditor, vouches without checking", stamps=True),
        Strategy(
            "picker",
            "forges, and reveals only what wasn't drawn",
            bad="one",
            wants=True,
            caught="unrevealed",
        ),
        Strategy(
            "chooser",
            "holds all places of a unit, forges each in another segment, and reveals those that weren't drawn",
            bad="one",
            when="all",
            effort="shared",
            wants=True,
            caught="unrevealed",
        ),
        Strategy(
            "withholder", "forges, and is silent when its bad segment is drawn", bad="one", wants=True, caught="silent"
        ),
        Strategy(
            "briber",
            "forges, and pays each auditor who finds it the whole bounty to say nothing",
            bad="one",
            wants=True,
            caught="bribe",
        ),
        Strategy("farmer", "is its own requester too, of endless loops, for the emission", farms=True),
        Strategy(
            "reporter", "forges, and claims the bounty on itself when caught", bad="one", wants=True, caught="report"
        ),
        Strategy("thrasher", "a requester whose units' witnesses are too large", thrashes=True),
        Strategy("griefer", "disputes claims that are good", grieves=True),
        Strategy("sharer", "many accounts of one operator, honest, one execution for all its places", effort="shared"),
        Strategy("signer", "as a member of a committee, signs what the others sign and checks nothing", signs=True),
    )
}
"""Every adversary by name."""
MEASURED: Final = ("sharer",)
"""Strategies that are measured beside the library: they gain, and no stake deters them (docs/lab.md)."""

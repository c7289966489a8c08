"""Telling a person why a verdict came out as it did: each check with its clause's text (`tracework explain`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .verdict import Evidence, Outcome, Standing, Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """One check: the requirement with its text, what was looked at, how it went."""

    requirement: str
    clause: str
    title: str
    result: str


@dataclass(frozen=True, slots=True)
class Person:
    """One of several who took part: the key, how it stands, and what that means."""

    key: bytes
    standing: str
    meaning: str
    code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A verdict in steps: what was checked, where it ended and why, and what follows."""

    outcome: str
    statement: str
    steps: tuple[Step, ...]
    ended: str
    """Where and why it ended; empty if every check passed."""
    clause: str
    """The text of the clause that decided; empty if none did."""
    blame: str
    people: tuple[Person, ...]
    aside: tuple[tuple[bytes, str, str], ...]
    """Files that did not count: hash, code, sentence."""
    missing: tuple[str, ...]


MEANINGS: Mapping[Standing, str] = {
    Standing.AGREES: "its result is the one that the quorum has",
    Standing.DISSENTS: "its result is another than the quorum's: unpaid, not slashed",
    Standing.UNDECIDED: "its result counts, but no result has a quorum",
    Standing.ABSENT: "there is no commit of it that counts",
    Standing.MISSING: "it committed, and there is no reveal of it that counts",
    Standing.EARLY: "it revealed while others could still commit, and so could be copied",
    Standing.LATE: "it was late: unpaid, not slashed",
    Standing.COPIED: "its commit is another worker's",
    Standing.MALFORMED: "it signed a reveal that does not hold",
    Standing.REFUTED: "its claim contradicts itself",
    Standing.EQUIVOCATED: "it signed two things that exclude each other",
    Standing.SIGNED: "it signed",
    Standing.UNCALLED: "it was not called to work",
}
"""What each standing means, in words (VRD-020)."""

_OUTCOMES = {
    Outcome.ACCEPTED: "accepted: the claim holds as far as this way of verification establishes it",
    Outcome.REFUTED: "refuted: the claim is false, and the evidence shows it to everybody",
}
_BLAME = {
    "worker": "the worker who signed it",
    "members": "the members who signed both",
    "presenter": "whoever presented this evidence; it says nothing about the claim's author",
}


def explain(verdict: Verdict, clauses: Mapping[str, str]) -> Explanation:
    """A verdict's explanation; `clauses` are the specification's requirements by id."""
    ended = ""
    if verdict.code:
        place = f", at {verdict.where}" if verdict.where else ""
        why = f": {verdict.message}" if verdict.message else ""
        ended = f"{verdict.stage}/{verdict.code}, by {verdict.requirement}{place}{why}"
    return Explanation(
        outcome=_outcome(verdict),
        statement=str(verdict.statement) if verdict.statement else "",
        steps=tuple(
            Step(check.requirement, clauses.get(check.requirement, ""), check.title, check.result)
            for check in verdict.checks
        ),
        ended=ended,
        clause=clauses.get(verdict.requirement or "", ""),
        blame=_BLAME.get(verdict.blame or "", "nobody"),
        people=tuple(
            Person(party.key, party.standing.value, MEANINGS[party.standing], party.code) for party in verdict.parties
        ),
        aside=tuple((aside.file, aside.code, aside.message) for aside in verdict.asides),
        missing=tuple(f"{check.requirement}: {check.title}" for check in verdict.missing),
    )


def _outcome(verdict: Verdict) -> str:
    if verdict.claim in _OUTCOMES:
        return _OUTCOMES[verdict.claim]
    return {
        Evidence.VALID: "inconclusive: the evidence is sound, and decides nothing about a claim",
        Evidence.INVALID: "invalid: the evidence does not hold, and nothing follows from it, for or against anybody",
        Evidence.INCOMPLETE: "incomplete: all that could be checked holds, and something is missing",
    }[verdict.evidence]

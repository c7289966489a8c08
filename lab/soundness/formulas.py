"""The closed forms, in integers and fractions: nothing is rounded before it is printed."""

from __future__ import annotations

from fractions import Fraction
from math import comb

ONE = Fraction(1)


def escape(segments: int, samples: int, bad: int) -> Fraction:
    """Chance that a sample without replacement misses every bad segment: C(N - b, m) / C(N, m).

    >>> escape(256, 16, 1)
    Fraction(15, 16)
    """
    if samples == 0 or bad == 0:
        return ONE
    return Fraction(comb(segments - bad, samples), comb(segments, samples))


def hypergeometric(whole: int, marked: int, draws: int) -> list[Fraction]:
    """Chances that 0, 1, ... of the marked ones are among those drawn."""
    ways = comb(whole, draws)
    return [
        Fraction(comb(marked, hits) * comb(whole - marked, draws - hits), ways) if hits <= marked else Fraction(0)
        for hits in range(draws + 1)
    ]


def escape_auditors(segments: int, samples: int, bad: int, *, others: int, colluders: int, auditors: int) -> Fraction:
    """Chance that no auditor finds a bad segment: all of a claim's auditors check one sample (AUD-001).

    Lazy and colluding ones see nothing; one honest auditor finds as much as several.

    The auditors are drawn from `others`, the worker being left out, of whom `colluders` are its own.
    """
    one = escape(segments, samples, bad)
    chances = hypergeometric(others, colluders, auditors)
    return chances[auditors] + (1 - chances[auditors]) * one


def tries(chance: Fraction, count: int) -> Fraction:
    """Chance that one of several independent tries succeeds."""
    return ONE - (ONE - chance) ** count


def margin_bits(chance: Fraction) -> int:
    """The largest k with chance ≤ 2^-k: an adversary needs about 2^k tries."""
    if chance <= 0:
        raise ValueError("a chance of zero has no margin")
    bits = chance.denominator.bit_length() - chance.numerator.bit_length() + 1
    while chance > Fraction(1, 1 << bits) if bits >= 0 else chance > 1 << -bits:
        bits -= 1
    return bits


def at_least(chances: list[Fraction], least: int) -> Fraction:
    """Chance of `least` or more."""
    return sum(chances[least:], Fraction(0))


def expected(chances: list[Fraction], beyond: int = 0) -> Fraction:
    """Expected number past `beyond`: E[max(0, X - beyond)]."""
    return sum((chance * (hits - beyond) for hits, chance in enumerate(chances) if hits > beyond), Fraction(0))


def least_burnt(gain: Fraction, caught: Fraction) -> Fraction | None:
    """What must be burnt when caught so that cheating doesn't pay even if the gain is had all the same: gain / chance.

    None: nothing suffices, because nobody is ever caught.
    """
    return gain / caught if caught else None


def least_stake(burnt: Fraction, bounty: int, whole: int = 10_000) -> Fraction:
    """The slash of which so much is burnt although the culprit reports itself and takes the bounty."""
    return burnt * whole / (whole - bounty)

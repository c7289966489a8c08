"""`tracework soundness`: closed forms against enumeration and against the protocol's own draws."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations, product
from math import comb
from pathlib import Path

import pytest

from support.cli import call, ok
from tracework.lab.reading import parse
from tracework.lab.soundness import formulas as f
from tracework.lab.soundness import output, report
from tracework.lab.soundness.tables import TITLES, escapes, needs, slash
from tracework.lab.terms import Terms, read_terms
from tracework.protocol.draws import Stream, sample


def terms(text: str = "") -> Terms:
    return read_terms(parse(text, "params.toml"))


def rows(text: str = "") -> dict[tuple[str, str], Fraction | None]:
    return {(row.group, row.name): row.value for row in report(terms(text))}


@pytest.mark.parametrize("segments", [1, 5, 8])
def test_escape_is_what_enumeration_says(segments: int) -> None:
    for samples in range(segments + 1):
        for bad in range(segments + 1):
            missed = sum(1 for drawn in combinations(range(segments), samples) if not drawn or min(drawn) >= bad)
            assert f.escape(segments, samples, bad) == Fraction(missed, comb(segments, samples))


def test_escape_of_one_bad_segment_is_the_designs_closed_form() -> None:
    assert f.escape(1024, 30, 1) == 1 - Fraction(30, 1024)
    assert f.escape(10, 10, 1) == 0 and f.escape(10, 0, 5) == 1


def test_hypergeometric_adds_up_and_has_its_mean() -> None:
    for whole, marked, draws in ((10, 3, 4), (1000, 100, 7), (5, 0, 3), (5, 5, 3)):
        chances = f.hypergeometric(whole, marked, draws)
        assert sum(chances) == 1 and f.expected(chances) == Fraction(draws * marked, whole)


def test_audits_with_colluding_auditors_against_enumeration() -> None:
    segments, samples, bad, others, own = 6, 2, 2, 5, 2
    one = f.escape(segments, samples, bad)
    missed = Fraction(0)
    for drawn in combinations(range(others), 2):
        missed += (one if max(drawn) >= own else Fraction(1)) / comb(others, 2)
    assert f.escape_auditors(segments, samples, bad, others=others, colluders=own, auditors=2) == missed


def test_margin_is_the_largest_power() -> None:
    for chance in (Fraction(1), Fraction(1, 2), Fraction(15, 16), Fraction(1, 1023), Fraction(3, 1 << 90)):
        bits = f.margin_bits(chance)
        assert chance <= Fraction(1, 1 << bits) and chance > Fraction(1, 1 << (bits + 1))


def test_monte_carlo_with_the_protocols_draws_agrees() -> None:
    """2,000 audits by the very function that draws them: within five standard deviations."""
    segments, samples, bad, cases = 32, 4, 3, 2000
    missed = 0
    for case in range(cases):
        drawn = sample(Stream(case.to_bytes(32, "little")), samples, segments)
        missed += min(drawn) >= bad
    chance = float(f.escape(segments, samples, bad))
    assert abs(missed / cases - chance) < 5 * (chance * (1 - chance) / cases) ** 0.5


def test_monte_carlo_of_a_quorum_and_of_shared_places() -> None:
    workers, own, replicas, quorum, cases = 20, 6, 3, 2, 2000
    text = f"[unit]\nreplicas={replicas}\nquorum={quorum}\n[network]\nworkers={workers}\ncolluders=0.3"
    figures = rows(text)
    held = [
        sum(
            1
            for place in sample(Stream(bytes([9]) * 28 + case.to_bytes(4, "little")), replicas, workers)
            if place < own
        )
        for case in range(cases)
    ]
    won = figures["quorum", "colluders 0.3"]
    shared = figures["operator", "executions saved"]
    assert won is not None and shared is not None
    assert abs(sum(hits >= quorum for hits in held) / cases - won) < 5 * (won * (1 - won) / cases) ** 0.5
    assert abs(sum(max(0, hits - 1) for hits in held) / cases - shared) < 5 * (Fraction(1, cases)) ** 0.5


def test_least_stake_is_the_break_even_of_the_game() -> None:
    """At the least stake the expected profit of forging is zero, above it less, below it more."""
    made = terms("[rule]\nbounty = 2500")
    least = rows()["stake", "forger"]
    assert least is not None
    caught = 1 - escapes(made, 1)

    def profit(stake: Fraction) -> Fraction:
        return made.costs.gain - caught * (stake - stake * made.rule.bounty / 10_000)

    assert profit(least) == 0 and profit(least + 1) < 0 < profit(least - 1)


def test_design_bound_for_one_bad_segment() -> None:
    """burnt slash > gain · N / m (design, section 8), with one honest auditor and no colluders."""
    text = "[unit]\nsegments=1000\nsamples=10\nauditors=1\n[network]\ncolluders=0\n[costs]\ngain=7\n[rule]\nbounty=0"
    assert rows(text)["stake", "forger"] == Fraction(7 * 1000, 10)


def test_no_audits_means_no_stake_deters() -> None:
    figures = rows("[unit]\nsamples=0\nauditors=0")
    assert figures["escape", "no audits"] == 1 and figures["stake", "forger"] is None


def test_cost_counts_every_execution() -> None:
    figures = rows("[unit]\nsegments=100\nsamples=5\nauditors=2\nreplicas=3\nquorum=2\nattesters=4\nthreshold=3")
    assert figures["cost", "all"] == Fraction(10, 100) * 3 + 2 + 4 * Fraction(5, 100)
    figures = rows("[unit]\nsamples=0\nauditors=0\nattesters=4\nthreshold=3")
    assert figures["cost", "all"] == 4


def test_delay_adds_up() -> None:
    figures = rows("[delays]\ncommit=5\nwindow=0\nreveal=3\nchallenge=10\ndispute=100")
    assert figures["delay", "payable"] == 19 and figures["delay", "payable after a dispute"] == 219


def test_what_an_offence_costs_is_what_has_to_be_at_stake() -> None:
    """Stake beyond the least can be moved to another account before cheating (REG-028)."""
    assert slash(terms()) == 400
    assert slash(terms("[unit]\nleast_stake = 100")) == 100
    assert slash(terms("[unit]\nleast_stake = 0")) == 0
    assert slash(terms("[rule]\nslash_base = 5\nslash_share = 10000\n[unit]\nreplicas = 3\nquorum = 2")) == 8
    assert call("soundness", "--strict").exit_code == 0


def test_bribes_are_worth_the_bounty() -> None:
    """gain = hit · honest auditors · bounty of the slash; with one sample for all, each of them has to be bribed."""
    figures = rows("[unit]\nsegments=100\nsamples=10\nauditors=2\n[network]\ncolluders=0\n[costs]\ngain=5")
    assert figures["stake", "briber"] == Fraction(5) / (Fraction(1, 10) * 2 * Fraction(1, 4))
    assert rows("[rule]\nbounty=0")["stake", "briber"] is None


def test_several_places_against_enumeration() -> None:
    """Expected slashes of who holds all places: one bad segment in common, or another one in each."""
    text = "[unit]\nsegments=4\nsamples=2\nreplicas=3\nquorum=2\n[network]\ncolluders=0\n"
    common = sum(3 for hits in product((0, 1), repeat=3) if any(hits))  # each sample has a segment by one half
    each = sum(sum(hits) for hits in product((0, 1), repeat=3))
    found = {name: caught for name, _, caught, _ in needs(terms(text))}
    assert found["colluding quorum"] == Fraction(common, 8) and found["chooser"] == Fraction(each, 8)


def test_auditors_have_to_be_paid_for_what_they_do() -> None:
    row = next(row for row in report(terms("[unit]\nsamples = 32")) if row.name == "audit pay")
    assert (row.value, row.holds) == (Fraction(1, 20), False)


def test_adaptive_floor_deters_the_sleeper() -> None:
    """p · burnt slash > gain (design, section 8)."""
    figures = rows("[network]\nfloor=0.05\ncolluders=0\n[rule]\nbounty=0\n[costs]\ngain=10")
    assert figures["stake", "sleeper"] == 200


def test_text_and_json_hold_the_same_figures(tmp_path: Path) -> None:
    path = tmp_path / "params.toml"
    path.write_text('[network]\ncolluders = "1/3"\n')
    shown = ok("soundness", path)
    told = json.loads(ok("soundness", path, "--json"))
    assert told["parameters"]["network.colluders"] == "1/3"
    for row in told["rows"]:
        if "fraction" in row:
            assert output.decimal(Fraction(row["fraction"])) in shown
    assert {row["group"] for row in told["rows"]} == set(TITLES)


def test_strict_says_when_the_slash_is_too_small(tmp_path: Path) -> None:
    path = tmp_path / "params.toml"
    path.write_text("[costs]\nstake = 1\n")
    assert "NOT REACHED" in ok("soundness", path)
    assert call("soundness", path, "--strict").exit_code == 1
    assert call("soundness", "--strict").exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[unit]\nsegmets = 3", "unit.segmets: is no key that is known here; 'segments' is"),
        ("[colour]\nx = 1", "params.toml, colour: is no key"),
        ("[unit]\nsegments = 3\nsamples = 4", "unit.samples: 4 can't be drawn from 3 segments"),
        ("[unit]\nreplicas = 4\nquorum = 2", "unit.quorum: 2 of 4"),
        ("[network]\ncolluders = 1.5", "network.colluders: 1.5 is not from 0 to 1"),
        ("[network]\ncolluders = nan", "params.toml: nan is no number"),
        ("[network]\ncolluders = 1e99999999", "is no number that can be computed with"),
        ("[network]\ncolluders = true", "network.colluders: True is no number"),
        ("[rule]\nburn = 9000\naudit = 2000", "rule: burn, treasury"),
        ("[rule]\nbounty = 5000", "rule.bounty: 5000 is not from 0 to 3333"),
        ("unit = 3", "params.toml, unit: is no table"),
        ("[unit", "params.toml: no TOML"),
        ("[unit]\nattesters = 3", "unit.threshold: 0 of 3"),
        ("[unit]\nsamples = 0", "unit.auditors: audits need"),
        ("[network]\nworkers = 2", "network.workers: 2 are fewer"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "params.toml"
    path.write_text(text)
    result = call("soundness", path)
    assert result.exit_code == 2 and said in result.stderr


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "params.toml"
    path.write_bytes(b"\xff\xfe")
    assert "no text in UTF-8" in call("soundness", path).stderr

"""`tracework simulate`: figures repeat to the byte and agree with the closed forms; bad input is refused."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from support.cli import call, environment, ok
from tracework.lab.rules import standard
from tracework.lab.simulation.breakeven import search
from tracework.lab.simulation.output import text as text_of
from tracework.lab.simulation.output import to_json
from tracework.lab.simulation.run import simulate
from tracework.lab.simulation.scenario import read_scenario, shipped
from tracework.lab.simulation.strategies import LIBRARY, MEASURED
from tracework.lab.simulation.summary import interval
from tracework.lab.simulation.world import Party, World
from tracework.lab.soundness import report
from tracework.lab.soundness.tables import escapes
from tracework.lab.terms import NetworkTerms, Terms, UnitTerms

SMALL = """
runs = 3
epochs = 2
[network]
workers = 40
[[adversary]]
strategy = "forger"
[[adversary]]
strategy = "stamper"
"""


def test_the_same_seed_gives_the_same_bytes_for_any_jobs(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    for jobs in (1, 2, 3):
        ok("simulate", path, "--jobs", str(jobs), "--seed", "5", "-o", tmp_path / f"out{jobs}")
    for name in ("summary.csv", "rows.csv", "results.json"):
        first = (tmp_path / "out1" / name).read_bytes()
        assert first == (tmp_path / "out2" / name).read_bytes() == (tmp_path / "out3" / name).read_bytes()
    other = ok("simulate", path, "--jobs", "1", "--seed", "6", "--json")
    assert json.loads(other)["summary"] != json.loads((tmp_path / "out1/results.json").read_text())["summary"]


def test_files_say_where_they_come_from_and_what_columns_mean(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    ok("simulate", path, "--jobs", "1", "-o", tmp_path / "out")
    whole = json.loads((tmp_path / "out/results.json").read_text())
    assert {"version", "parameters", "seed", "rule", "rule_hash"} <= whole["provenance"].keys()
    for name in ("summary", "rows"):
        lines = (tmp_path / f"out/{name}.csv").read_text().splitlines()
        head = [line for line in lines if line.startswith("#")]
        assert f"# parameters: {whole['provenance']['parameters']}" in head and "# seed: 1" in head
        table = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        assert len(table) == len(whole[name])
        for column in table[0]:
            assert any(line.startswith(f"# column {column} [") for line in head)
            assert whole["dictionary"][name][column]["unit"]
    (forger, stamper) = whole["parameters"][0]
    assert (forger["strategy"], forger["accounts"], stamper["name"]) == ("forger", 4, "stamper")
    assert forger["terms"]["network.workers"] == "40" and forger["terms"]["costs.gain"] == "10"
    row = whole["rows"][0]
    assert int(row["profit"]) == int(row["paid"]) + int(row["gained"]) - int(row["slashed"]) - int(row["spent"])


def test_the_parameters_hash_follows_everything_that_matters() -> None:
    one = read_scenario(SMALL, "s")
    assert one.hash("r") == read_scenario(SMALL, "other name").hash("r")
    for other in (
        read_scenario(SMALL, "s", seed=2),
        read_scenario(SMALL, "s", runs=4),
        read_scenario(SMALL.replace("40", "41"), "s"),
        read_scenario(SMALL.replace("stamper", "lazy"), "s"),
    ):
        assert other.hash("r") != one.hash("r")
    assert one.hash("r") != one.hash("q")


def test_everybody_who_asks_for_the_library_has_it() -> None:
    made = read_scenario(shipped()["library"], "library")
    assert {adversary.name for adversary in made.points[0].adversaries} == set(LIBRARY) - set(MEASURED)


@pytest.mark.parametrize("name", sorted(set(LIBRARY) - set(MEASURED)))
def test_every_adversary_loses_under_the_default_parameters(name: str) -> None:
    """The shipped scenario's own terms, with fewer runs; docs/lab.md has the whole table."""
    whole = read_scenario(shipped()["library"], "library", runs=8, epochs=2)
    one = tuple(adversary for adversary in whole.points[0].adversaries if adversary.name == name)
    made = simulate(replace(whole, points=(replace(whole.points[0], adversaries=one),)))
    (line,) = made.lines
    # Caught now and then, and then at a great loss: so few runs tell little.
    rare = {"forger", "jumper", "picker", "chooser", "withholder", "reporter", "sybil", "briber"}
    assert line.high < 0 or (name in rare and line.difference < 1)


def test_with_everybody_honest_twin_and_run_are_one() -> None:
    terms = Terms(network=NetworkTerms(workers=30))
    world, twin = (
        World(terms, standard(terms), (Party(LIBRARY["stamper"], 0),), run=0, seed=3, twin=honest)
        for honest in (False, True)
    )
    assert list(world.rows(2)) == list(twin.rows(2))


def test_audits_find_what_the_closed_form_says() -> None:
    """A forger's claims, refuted as often as soundness says: within five standard deviations."""
    unit = UnitTerms(segments=64, samples=8, auditors=2)
    unit = replace(unit, least_stake=Fraction(0))
    terms = Terms(unit=unit, network=NetworkTerms(workers=60, colluders=Fraction(1, 2)))
    world = World(
        terms,
        standard(terms),
        (Party(LIBRARY["forger"], 30, stake=terms.base(terms.costs.stake)),),
        run=0,
        seed=1,
        twin=False,
    )
    rows = list(world.rows(20))
    bad, refuted = sum(row.bad for row in rows), sum(row.refuted for row in rows)
    escaped = next(row.value for row in report(terms) if row.name == "b=1 all")
    assert escaped is not None
    chance = float(1 - escaped)
    assert bad > 400 and abs(refuted / bad - chance) < 5 * (chance * (1 - chance) / bad) ** 0.5


def test_shared_execution_gains_what_soundness_states() -> None:
    text = "runs=12\nepochs=2\n[network]\nworkers=90\n[unit]\nreplicas=3\nquorum=2\n"
    text += "[[adversary]]\nstrategy='sharer'\nshare=0.3"
    made = simulate(read_scenario(text, "s"))
    terms = made.scenario.points[0].adversaries[0].terms
    figures = {row.name: row.value for row in report(terms) if row.group == "operator"}
    gain, places = figures["gain in dues"], figures["expected places"]
    assert gain is not None and places is not None
    assert made.lines[0].low < float(gain / places) < made.lines[0].high


def test_a_stake_that_is_too_small_lets_forgers_win_and_the_least_stake_keeps_them_out() -> None:
    made = simulate(read_scenario(shipped()["least_stake"], "s", runs=8, epochs=2))
    without, with_ = made.lines
    assert without.verdict == "wins" and with_.difference == with_.profit == 0


def test_break_even_found_by_simulation_agrees_with_closed_forms(tmp_path: Path) -> None:
    """A forger's, exactly: (1 - c) · gain = c · (pay + burnt), c being the chance that an honest auditor has it."""
    text = "runs=12\nepochs=2\n[network]\nworkers=120\n[unit]\nsegments=64\nsamples=16\n"
    text += "[[adversary]]\nstrategy='forger'\n[[adversary]]\nstrategy='reporter'"
    scenario = read_scenario(text, "s")
    made = search(simulate(scenario), jobs=1)
    forger, reporter = made.lines
    assert forger.found is not None and reporter.found is not None
    terms = scenario.points[0].adversaries[0].terms
    pay = 0.83 + 0.02  # what fees and pools leave of a due, and the rebate
    caught = float(1 - escapes(terms, 1))
    exact = ((1 - caught) * 10 - caught * pay) / caught
    assert forger.found.stake is not None and abs(float(forger.found.stake) - exact) < 0.15 * exact
    assert reporter.found.stake is not None and abs(float(reporter.found.stake) * 0.75 - exact) < 0.15 * exact
    for line in made.lines:  # where the gain counts as had even if it is caught, more is needed
        assert line.break_even_stake is not None and line.found is not None and line.found.stake is not None
        assert line.found.stake < line.break_even_stake
        assert line.found.samples is not None and line.break_even_samples is not None
        assert 1 < line.found.samples <= line.break_even_samples + 1
    again = search(simulate(scenario), jobs=2)  # as many processes as one likes
    assert again.lines == made.lines and json.dumps(to_json(again, all_rows=True))
    assert "by simulation" in text_of(again) and "by simulation" not in text_of(simulate(scenario))


def test_an_adversary_without_stake_to_lose_needs_none() -> None:
    text = "runs=6\nepochs=2\n[network]\nworkers=60\n[unit]\nreplicas=3\nquorum=2\n"
    made = search(simulate(read_scenario(text + "[[adversary]]\nstrategy='copycat'", "s")))
    found = made.lines[0].found
    assert found is not None and [str(least) for least in found] == ["0", "1", "2"]


def test_what_others_lose_is_what_a_party_takes_and_burns() -> None:
    """Over everybody: nothing comes from nowhere but emission, and goes nowhere but costs, burn and treasury."""
    terms = Terms(network=NetworkTerms(workers=40))
    for name in ("farmer", "thrasher", "griefer"):
        party = Party(LIBRARY[name], 0 if name == "thrasher" else 4)
        runs = [World(terms, standard(terms), (party,), run=0, seed=3, twin=twin) for twin in (False, True)]
        (own,), (twin,) = (list(world.rows(1)) for world in runs)
        net = own.profit - own.gained + own.others
        assert net < 0 and abs(net - (twin.profit + twin.others)) < 20 * terms.unit.due
    made = simulate(read_scenario(SMALL.replace("stamper", "griefer"), "s"))
    assert made.lines[1].harm > 0  # who has to answer has costs


def test_stakes_by_pareto_and_demand() -> None:
    text = "runs=2\nepochs=2\n[network]\nworkers=60\npareto=1.5\ndemand=0.5\nrequesters=3\n"
    made = simulate(read_scenario(text + "[[adversary]]\nstrategy='stamper'\nshare=0.5", "s"))
    claims = [sum(row.claims for row in pair.own) for pair in made.pairs]
    assert all(0 < count < 60 for count in claims)  # 30 places an epoch, about half of them the party's


def test_epochs_and_names_of_ones_own() -> None:
    text = SMALL.replace('"stamper"', '"stamper"\nname = "lazy auditor"\nepochs = 3')
    made = simulate(read_scenario(text, "s"))
    assert [(line.adversary, line.epochs) for line in made.lines] == [("forger", 2), ("lazy auditor", 3)]


def test_a_member_who_only_signs_is_not_paid() -> None:
    """RWD-040: it saves what checking costs, and loses the pay, which is more where attesting is worth its while."""
    made = simulate(read_scenario(shipped()["attesters"], "s", runs=3, epochs=1))
    assert [line.verdict for line in made.lines] == ["wins", "loses"]
    ((own, twin), _) = ((pair.own[0], pair.twin[0]) for pair in made.pairs[:2])
    assert own.paid < twin.paid and own.spent < twin.spent


def test_a_unit_without_audits_pays_its_attesters_nothing() -> None:
    text = "runs = 1\nepochs = 1\n[network]\nworkers = 40\n[unit]\nattesters = 3\nthreshold = 2\n"
    text += "samples = 0\nauditors = 0\n[[adversary]]\nstrategy = 'signer'\nshare = 0.1\n"
    (pair,) = simulate(read_scenario(text, "s")).pairs
    own, twin = pair.own[0], pair.twin[0]
    assert own.paid == twin.paid and own.spent < twin.spent


def test_sweeps_from_the_command_line_and_the_file(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL + '[sweep]\n"unit.samples" = [2, 8]\n')
    told = json.loads(ok("simulate", path, "--jobs", "1", "--sweep", "costs.gain=1,2", "--json"))
    assert told["provenance"]["points"] == [
        {"unit.samples": samples, "costs.gain": gain} for samples in ("2", "8") for gain in ("1", "2")
    ]
    assert len(told["summary"]) == 8


def test_all_adversaries_in_one_network() -> None:
    made = simulate(read_scenario("together = 1\n" + SMALL, "s"))
    assert [line.adversary for line in made.lines] == ["forger", "stamper"]
    assert len(made.pairs) == 3


def test_a_rule_from_a_file_is_farmed_and_the_standard_one_is_not() -> None:
    text = "runs=8\nepochs=2\n[network]\nworkers=40\n[[adversary]]\nstrategy='farmer'\nshare=0.3\n"
    boinc = simulate(read_scenario(text, "s"), "boinc_credit")
    ours = simulate(read_scenario(text, "s"))
    assert boinc.lines[0].verdict == "wins" and ours.lines[0].verdict == "loses"
    forged = simulate(read_scenario(text.replace("farmer", "forger"), "s"), "boinc_credit")
    assert forged.lines[0].break_even_stake is None  # closed forms are the standard rule's


def test_intervals_are_students() -> None:
    mean, low, high = interval([1.0, 2.0, 3.0])
    assert mean == 2 and abs(high - (2 + 9.925 / 3**0.5)) < 1e-9 and abs(low + high - 4) < 1e-9
    assert interval([1.0])[1:] == (float("-inf"), float("inf"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runs = 0\n" + SMALL.replace("runs = 3", ""), "runs: 0 is not from 1"),
        (SMALL + "colour = 3", "adversary[1].colour: is no key"),
        ("color = 3\n" + SMALL, "color: is no key"),
        ("runs = 3", "adversary: there is none"),
        (SMALL.replace('"forger"', '"forgr"'), "there is no 'forgr'; 'forger' is"),
        (SMALL.replace('"forger"', '"forger"\nshare = 1.5'), "share: 1.5 is not from 0 to 1"),
        (SMALL.replace('"forger"', '"forger"\nshare = 0'), "share: a population of none"),
        (SMALL.replace('"forger"', '"forger"\nshare = 0.001'), "share: 0.001 of 40 workers is nobody"),
        (SMALL.replace('"forger"', '"forger"\nshare = 1'), "leaves nobody who is honest"),
        ("together = 1\n" + SMALL.replace('r"', 'r"\nshare = 0.6'), "the shares are 1.2 together"),
        (SMALL + "[sweep]\nsamples = [1]\n", "sweep.samples: is no name like unit.samples"),
        (SMALL + '[sweep]\n"unit.samples" = 3\n', "is no list of values"),
        (SMALL + '[sweep]\n"unit.sample" = [1]\n', "unit.sample: is no key"),
        (SMALL.replace("workers = 40", "workers = 0"), "network.workers: 0 is not from 1"),
        (SMALL.replace("workers = 40", "workers = 40\npareto = 0.9"), "network.pareto: 0.9 is not above 1"),
        (SMALL.replace("workers = 40", "workers = 40\nleast_stake = 1"), "network.least_stake: is no key"),
        (SMALL.replace("workers = 40", "workers = 40\ndemand = 0"), "network.demand: 0 of 40 workers fills no unit"),
        (
            SMALL + "[costs]\nstake = 399\n",
            "costs.stake: 399 dues are less than units ask for, and nobody can be drawn",
        ),
        (
            SMALL + "[unit]\nprice = 1000000000\nsegments = 1048576\nsegment_steps = 16777216\n[costs]\nstake = 1e8\n",
            "an amount is below 2^96",
        ),
        (SMALL.replace("runs = 3", "runs = 3\ntogether = 1").replace('"forger"', '"forger"\nepochs = 3'), "together"),
    ],
)
def test_bad_scenarios_are_refused_in_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    result = call("simulate", path, "--jobs", "1", "-o", tmp_path / "out")
    assert result.exit_code == 2 and said in result.stderr
    assert not (tmp_path / "out").exists()


BAD = """
from tracework.protocol.rewards.rule import Reason, Rule, emitted, from_escrow
class {name}(Rule):
    def ceiling(self, epoch):
        {ceiling}
    def rewards(self, view):
        {body}
"""


@pytest.mark.parametrize(
    ("ceiling", "body", "said"),
    [
        ("return 0", "return [from_escrow(0, 0, Reason.WORK, 10**30)]", "the unit's escrow has"),
        ("return 0", "raise KeyError('x')", "rewards() raises KeyError: 'x' ("),
        ("return 0", "while True: pass", "rewards() was still running after 0.3 s"),
        ("return 0", "object.__setattr__(view, 'units', ()); return []", "changes the view"),
        ("return 0", "import time; time.time(); return []", "calls time.time()"),
        ("return 1", "return [emitted(0, 0, Reason.EMISSION_WORK, 2)]", "the epoch emits at most 1"),
        ("return 0.5", "return []", "ceiling() returns 0.5"),
        ("return 0", "return [from_escrow(0, 0, Reason.WORK, 0.5)]", "an amount of 0.5"),
    ],
)
def test_bad_rules_are_refused_in_a_sentence(ceiling: str, body: str, said: str, tmp_path: Path) -> None:
    path, rule = tmp_path / "small.toml", tmp_path / "bad.py"
    path.write_text(SMALL)
    rule.write_text(BAD.format(name="Bad", ceiling=ceiling, body=body))
    more = ["--jobs", "1", "--seconds", "0.3", "-o", str(tmp_path / "out")]
    result = call("simulate", path, "--rule", f"{rule}:Bad", *more)
    assert result.exit_code == 2 and said in result.stderr and "run 0 against the forger" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_text("x")
    assert "not an empty folder" in call("simulate", "quick", "-o", tmp_path / "out").stderr
    assert "say a file that ends in .svg" in call("simulate", "quick", "--plot", tmp_path / "x.gif").stderr


def test_the_list_of_scenarios_and_strict() -> None:
    shown = ok("simulate")
    assert all(name in shown for name in shipped())
    text = ["quick", "--runs", "2", "--jobs", "1", "--strict"]
    assert call("simulate", *text).exit_code == 1  # two runs tell too little


def test_importing_the_laboratory_loads_nothing_heavy() -> None:
    code = (
        "import sys, tracework.lab, tracework.lab.simulation.run, tracework.lab.rules, tracework.lab.soundness\n"
        "print([name for name in ('numpy', 'matplotlib', 'wasmtime', 'py_ecc', 'multiprocessing.pool', 'rich')"
        " if name in sys.modules])"
    )
    made = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"


def test_plots_repeat_to_the_byte(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for number in (1, 2):
        ok("simulate", "quick", "--runs", "2", "--jobs", "1", "--plot", tmp_path / f"{number}.svg")
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()


def test_without_matplotlib_a_plot_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = call("simulate", "quick", "--runs", "2", "--plot", tmp_path / "a.svg")
    assert result.exit_code == 2 and "matplotlib is not installed" in result.stderr

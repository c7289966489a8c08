"""The property suite: it finds what is wrong with bad rules, in three records, and nothing with good ones."""

from __future__ import annotations

import json
import random
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from support import bad_rules
from support.cli import call, ok
from tracework.lab.errors import LabError
from tracework.lab.rules import check_rule, load_rule
from tracework.lab.rules.guard import clocks_stopped, faults
from tracework.lab.rules.held import Held, Violation, settled
from tracework.lab.rules.loading import Loaded, make
from tracework.lab.rules.properties import PROPERTIES, RELATIONS

PATH = Path(bad_rules.__file__)


@pytest.mark.parametrize(("name", "property"), bad_rules.BROKEN.items())
def test_a_bad_rule_is_caught_with_a_small_counterexample(name: str, property: str) -> None:
    # Without its source, so that what the rule does is found, not how it is written.
    loaded = Loaded(make(getattr(bad_rules, name), name, {}), name)
    report = check_rule(loaded, cases=20, seconds=0.3, only={property})
    found = {fault.property: fault for fault in report.faults}
    assert property in found, report
    fault = found[property]
    assert fault.case is not None and len(fault.case.items) <= 3, fault
    # The counterexample, settled anew, shows the fault again.
    rule = Held(loaded, 0.3)
    if property in RELATIONS and property != "determinism" and name != "TooTrusting":
        assert RELATIONS[property](rule, fault.case, settled(rule, fault.case))
    elif property != "determinism":
        with clocks_stopped(), pytest.raises(Violation):
            settled(rule, fault.case)


def test_there_are_enough_bad_rules_and_every_property_has_one() -> None:
    assert len(bad_rules.BROKEN) >= 15
    assert set(bad_rules.BROKEN.values()) == set(PROPERTIES)


def test_clocks_run_again_after_the_suite() -> None:
    check_rule(Loaded(bad_rules.Clock(), "Clock"), cases=0)
    assert time.time() > 0 and 0 <= random.random() < 1


def test_a_rule_that_is_a_function_is_right() -> None:
    loaded = load_rule(f"{PATH}:function")
    # The file's other rules are at fault for what stands in the source; this function isn't.
    assert check_rule(Loaded(loaded.rule, "f"), cases=30).good


def test_what_the_suite_finds_about_the_examples() -> None:
    def broken(name: str) -> set[str]:
        return {fault.property for fault in check_rule(load_rule(name), cases=60).faults}

    assert broken("quorum_by_stake") == {"order"}
    assert broken("boinc_credit") == {"order", "requester"}
    assert broken("yuma_median") == {"proof", "requester"}


def test_what_the_suite_finds_about_the_standard_rule() -> None:
    assert check_rule(load_rule("standard"), cases=60).good


def test_a_rule_that_a_package_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("flat", "support.bad_rules:function", "tracework.rules")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [point])
    assert check_rule(load_rule("flat"), cases=0, only={"proof", "order"}).good


def test_the_template_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ok("rule", "new", "mine.py", "--name", "Fair")
    shown = ok("rule", "check", "mine.py:Fair", "--cases", "40")
    assert "19 of 19 properties hold" in shown
    assert "is there already" in call("rule", "new", "mine.py").stderr
    assert "is a Python file" in call("rule", "new", "mine.txt").stderr
    assert "no name for a class" in call("rule", "new", "x.py", "--name", "lower").stderr


def test_json_and_exit_code() -> None:
    result = call("rule", "check", "boinc_credit", "--cases", "10", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["good"] is False and told["properties"]["requester"] is False
    fault = next(fault for fault in told["faults"] if fault["property"] == "requester")
    assert len(fault["records"]) <= 3


def test_parameters_are_set_and_typed() -> None:
    rule: Any = load_rule(f"{PATH}:Tuned", {"share": "7_000", "name": "y"}).rule
    assert (rule.share, rule.name) == (7000, "y")


@pytest.mark.parametrize(
    ("spec", "values", "said"),
    [
        ("nowhere.py:Rule", {}, "nowhere.py: there is no such file"),
        (f"{PATH}:Nothing", {}, "there is no Nothing in it"),
        (f"{PATH}:CALLS", {}, "neither a class derived from Rule"),
        (str(PATH), {}, "say which rule"),
        ("mystery", {}, "there is no such rule"),
        ("standard", {"burn": "3"}, "a scenario's"),
        (f"{PATH}:Tuned", {"shar": "1"}, "no parameter 'shar'"),
        (f"{PATH}:Tuned", {"share": "much"}, "'much' is no int"),
    ],
)
def test_rules_that_cannot_be_had(spec: str, values: dict[str, str], said: str) -> None:
    with pytest.raises(LabError, match=said):
        load_rule(spec, values)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class X(:\n", "line 1: no Python"),
        ("import nothing_like_that\n", "line 1: loading it raises ModuleNotFoundError"),
        ("\n1 // 0\n", "line 2: loading it raises ZeroDivisionError"),
        ("import time\ntime.time()\n", r"line 2: loading it raises calls time.time"),
    ],
)
def test_files_that_cannot_be_loaded(source: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "rule.py"
    path.write_text(source)
    with pytest.raises(LabError, match=said):
        load_rule(f"{path}:X")


def test_what_a_source_may_not_have() -> None:
    source = "import time\nfrom math import isqrt\nimport math\nx = 1 / 2\ny = 0.5\nz = math.sqrt(2)\nhash('a')\n"
    assert [(line, name) for line, name, _ in faults(source, "r.py")] == [
        (1, "pure"),
        (4, "integers"),
        (5, "integers"),
        (6, "integers"),
        (7, "pure"),
    ]

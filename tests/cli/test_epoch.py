"""`tracework epoch` and `tracework settle --evidence`, with evidence as people have it: damaged, foreign, swapped."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from support.cli import call, ok
from tracework.conformance.generate import _epoch_files as made
from tracework.conformance.generate import _many
from tracework.conformance.generate.beacon import quicknet
from tracework.protocol.encoding.schema import encode_object

TERMS = ["--registry", "registry.cbor", "--parameters", "parameters.toml", "--number", "7", "--slots", "201", "400"]


@pytest.fixture
def evidence(empty: Path) -> Path:
    """A folder with the evidence of one audited claim, the registry and parameters beside it."""
    unit = made.drawn_unit()
    worker, folder = made.worker_of(unit), empty / "evidence"
    folder.mkdir()
    objects = {
        "unit.cbor": unit,
        "unit.receipt": made.unit_receipt(unit),
        "committee.cbor": _many.committee(),
        "beacon.cbor": quicknet(made.ROUND),
        "audit.cbor": made.audit(unit),
    }
    names = ("commit", "commit.receipt", "reveal", "reveal.receipt")
    objects |= dict(zip(names, made.claimed(unit, worker), strict=True))
    objects |= dict(zip(("check.reveal", "check.receipt"), made.checked(unit, made.auditors_of(unit)[0]), strict=True))
    for name, one in objects.items():
        (folder / name).write_bytes(encode_object(one))
    Path("registry.cbor").write_bytes(encode_object(made.snapshot()))
    ok("epoch", "parameters", "-o", "parameters.toml")
    return folder


def records(*paths: str, name: str = "epoch.cbor") -> dict[str, int]:
    said = json.loads(ok("epoch", "new", *paths, *TERMS, "-o", name, "--json"))
    return {kind: int(number) for kind, number in said["records"].items() if kind != "account" and int(number)}


WHOLE = {"unit": 1, "beneficiary": 1, "claim": 1, "verdict": 1, "check": 1}


def test_a_folder_and_its_files_make_the_same_epoch(evidence: Path) -> None:
    (evidence / "notes.txt").write_text("not evidence")
    assert records("evidence") == WHOLE
    files = sorted(str(path) for path in evidence.iterdir() if path.suffix != ".txt")
    assert records(*reversed(files), *files, name="again.cbor") == WHOLE
    assert Path("epoch.cbor").read_bytes() == Path("again.cbor").read_bytes()
    text = ok("epoch", "new", "evidence", *TERMS, "-o", "third.cbor")
    assert "evidence/audit.cbor" in text and "audit proof: 1 verdict" in text and "1 other file" in text
    shown = ok("epoch", "show", "epoch.cbor", "--records", "claim")
    assert "slot 97" in shown and "steps 63" in shown
    ok("settle", "epoch.cbor", "-o", "settlement.cbor")
    held = ["epoch.cbor", "--evidence", "evidence", "--registry", "registry.cbor"]
    assert "EQUAL" in ok("settle", "--check", "settlement.cbor", *held)


LESS = {
    "unit.receipt": (["beneficiary", "check", "claim", "unit", "verdict"], "policy/no-receipt"),
    "commit.receipt": (["check", "claim", "verdict"], "policy/no-receipt"),
    "audit.cbor": (["check", "verdict"], "policy/missing-evidence"),
    "check.receipt": (["check"], "policy/no-receipt"),
}


@pytest.mark.parametrize("name", LESS)
def test_what_a_damaged_file_takes_with_it(name: str, evidence: Path) -> None:
    records("evidence")
    gone, why = LESS[name]
    data = (evidence / name).read_bytes()
    for damaged in (data[:-1], b"", bytes([data[-1] ^ 1]).join([data[:-1], b""])):
        (evidence / name).write_bytes(damaged)
        said = json.loads(ok("settle", "epoch.cbor", "--evidence", "evidence", "--registry", "registry.cbor", "--json"))
        found = [(text.partition("[")[0], text.split()[1]) for text in said["set_aside"]]
        assert sorted(kind for kind, _ in found) == gone
        assert {reason for _, reason in found} <= {"evidence-missing", "evidence-invalid"}
    Path("less.cbor").unlink(missing_ok=True)
    text = ok("epoch", "new", str(evidence / name), *TERMS, "-o", "less.cbor", "--force")
    assert "shows nothing" in text
    others = [str(path) for path in evidence.iterdir() if path.name != name]
    assert why in ok("epoch", "new", *others, *TERMS, "-o", "less.cbor", "--force")


BAD_PARAMETERS = {
    "bounty = 4000": "parameters.bounty",
    "bounty = true": "bounty is True",
    "bounty = -1": "bounty is -1",
    'bounty = "3000"': "bounty is '3000'",
    "bonty = 3000": "there is no parameter bonty",
    "": "the parameter bounty is missing",
    "[[": "no text of parameters",
    "burn = 9900\nbounty = 3000": "no text of parameters",
}


@pytest.mark.parametrize("line", BAD_PARAMETERS)
def test_parameters_that_are_none(line: str, evidence: Path) -> None:
    text = Path("parameters.toml").read_text().splitlines()
    Path("parameters.toml").write_text("\n".join(line if one.startswith("bounty") else one for one in text))
    result = call("epoch", "new", "evidence", *TERMS, "-o", "epoch.cbor")
    assert result.exit_code == 2 and BAD_PARAMETERS[line] in result.stderr
    assert "parameters.toml" in result.stderr and result.stderr.count("\n") == 1
    assert not Path("epoch.cbor").exists()


def test_shares_over_a_whole_are_refused(evidence: Path) -> None:
    text = Path("parameters.toml").read_text().replace("burn = 500", "burn = 9900")
    Path("parameters.toml").write_text(text)
    result = call("epoch", "new", "evidence", *TERMS, "-o", "epoch.cbor")
    assert result.exit_code == 2 and "semantic/share-sum, RWD-003" in result.stderr


def test_what_can_not_be_read_or_written(evidence: Path) -> None:
    assert "No such file" in call("epoch", "new", "nothing", *TERMS, "-o", "epoch.cbor").stderr
    result = call("epoch", "new", "evidence", *TERMS, "-o", "nowhere/epoch.cbor")
    assert result.exit_code == 2 and "nowhere/epoch.cbor" in result.stderr
    records("evidence")
    before = Path("epoch.cbor").read_bytes()
    assert call("epoch", "new", "evidence", *TERMS, "-o", "epoch.cbor").exit_code == 2
    assert Path("epoch.cbor").read_bytes() == before
    Path("short.cbor").write_bytes(before[:-1])
    for command in (["settle", "short.cbor"], ["epoch", "show", "short.cbor"]):
        result = call(*command)
        assert result.exit_code == 2 and "short.cbor is no epoch" in result.stderr
    if os.geteuid():
        (evidence / "commit").chmod(0)
        assert "Permission denied" in call("epoch", "new", "evidence", *TERMS, "-o", "x.cbor").stderr


def test_another_registry_is_refused(evidence: Path) -> None:
    records("evidence")
    other = made.snapshot()
    other = other.replace(accounts=(other.accounts[0].replace(stake=1), *other.accounts[1:]))
    Path("other.cbor").write_bytes(encode_object(other))
    result = call("settle", "epoch.cbor", "--evidence", "evidence", "--registry", "other.cbor")
    assert result.exit_code == 2 and "crypto/registry-mismatch, STL-063" in result.stderr
    assert "other.cbor" in result.stderr
    assert call("settle", "epoch.cbor", "--evidence", "evidence").exit_code == 2
    assert call("settle", "epoch.cbor", "--supplied").exit_code == 2


def test_a_text_of_parameters_and_the_object_are_read_alike(evidence: Path) -> None:
    from tracework.worker.evidence import STANDARD, parameters_text, read_parameters

    assert read_parameters("parameters.toml") == STANDARD
    Path("parameters.cbor").write_bytes(encode_object(STANDARD))
    assert read_parameters("parameters.cbor") == STANDARD
    Path("again.toml").write_text(parameters_text(STANDARD.replace(burn=7, emission=())))
    assert read_parameters("again.toml") == STANDARD.replace(burn=7, emission=())

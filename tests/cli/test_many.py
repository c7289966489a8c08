"""The commands of verification by many: what they refuse, and that their sentences name the file and the reason."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.cli import call, ok
from tracework.protocol.keys import read_identity

UNIT = ["--unit", "many.cbor", "--committee", "committee.cbor", "--slot", "9"]
ATTEST = ["--committee", "committee.cbor", "--check", "re-execution", "--outcome", "accepted"]
GIVEN = ["many.cbor", "committee.cbor", "worker.commit", "worker.reveal", "commit.receipt", "reveal.receipt"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["commit", "many", "--key", "me.key", "--blinding", "b", "-o", "x"], "another worker's"),
        (["commit", "unit.cbor", "--key", "me.key", "--blinding", "b", "-o", "x"], "unit.cbor is not a claim"),
        (["commit", "many", "--key", "worker.key", "--blinding", "worker.blinding", "-o", "unit.cbor"], "--force"),
        (["reveal", "many", "--key", "worker.key", "--blinding", "no", "-o", "x"], "No such file"),
        (["reveal", "many/claim.cbor", "--key", "worker.key", "--blinding", "worker.blinding", "-o", "x"], "no leaves"),
        (["receipt", "worker.commit", *UNIT, "--key", "requester.key", "-o", "x"], "no member's"),
        (["receipt", "unit.cbor", *UNIT, "--key", "me.key", "-o", "x"], "about another unit"),
        (["receipt", "proof.cbor", *UNIT, "--key", "me.key", "-o", "x"], "receipted as an answer alone"),
        (["receipt", "worker.key", *UNIT, "--key", "me.key", "-o", "x"], "nothing that is receipted"),
        (["attest", "many", *ATTEST, "--samples", "3", "--key", "me.key", "-o", "x"], "check-form"),
        (["attest", "many", *ATTEST, "--key", "requester.key", "-o", "x"], "not-a-member"),
        (["aggregate", "unit.cbor", "--committee", "committee.cbor", "-o", "x"], "unit.cbor is not a member's share"),
        (["aggregate", "me.share", "me.attestation", "--committee", "committee.cbor", "-o", "x"], "no shares of one"),
        (
            ["aggregate", "me.attestation", "me.contrary", "--committee", "committee.cbor", "-o", "x"],
            "the shares sign different things",
        ),
        (["claim", "many.cbor", "--result", "00" * 32, "--key", "worker.key", "-o", "x"], "not-opaque"),
        (["assign", "many.cbor", "--registry", "registry.cbor", "--slot", "1", "--beacon", "00" * 32], "way-not-asked"),
        (["quorum", "committee.cbor"], "exactly one unit"),
        (["quorum", "many.cbor", "unit.cbor"], "exactly one unit"),
        (
            ["equivocation", "me.attestation", "worker.attestation", "--committee", "committee.cbor", "-o", "x"],
            "show no equivocation",
        ),
        (
            ["explain", "worker.commit", "--with", "proof.cbor"],
            "but alone or beside a unit",
        ),
        (["explain", "worker.key"], "there is nothing about it to check"),
        (["registry", "add", "registry.cbor", "--identity", "unit.cbor", "--stake", "1", "--region", "x"], "unit.cbor"),
        (["registry", "add", "registry.cbor", "--identity", "me.pub", "--stake", "1", "--region", "EU"], "bad-form"),
    ],
)
def test_what_is_refused(arguments: list[str], said: str, here: Path) -> None:
    result = call(*arguments)
    assert result.exit_code == 2 and said in result.stderr
    assert not Path("x").exists()


def test_a_commit_made_again_is_the_same(here: Path) -> None:
    ok("commit", "many", "--key", "worker.key", "--blinding", "worker.blinding", "-o", "again.commit")
    assert Path("again.commit").read_bytes() == Path("worker.commit").read_bytes()
    assert Path("worker.blinding").stat().st_mode & 0o077 == 0


def test_files_that_do_not_count_are_named(here: Path) -> None:
    shutil.copy("proof.cbor", "stray.cbor")
    Path("broken.commit").write_bytes(Path("worker.commit").read_bytes()[:-1])
    said = call("quorum", *GIVEN, "stray.cbor", "broken.commit")
    assert said.exit_code == 0
    assert "stray.cbor: a file of the kind" in said.stdout and "broken.commit: " in said.stdout
    judged = json.loads(ok("quorum", *GIVEN, "stray.cbor", "--json"))
    assert judged["claim"] == "accepted" and judged["asides"][0]["code"] == "unknown-kind"


def test_a_quorum_without_the_committee_is_incomplete(here: Path) -> None:
    result = call("quorum", "many.cbor", "worker.commit")
    assert result.exit_code == 3 and "RED-013" in result.stdout


def test_a_beacon_file_has_to_be_the_round_that_draws(here: Path) -> None:
    from tracework.conformance.generate.beacon import quicknet
    from tracework.protocol.encoding.schema import encode_object

    Path("1000.beacon").write_bytes(encode_object(quicknet(1000)))
    given = ["assign", "drawn.cbor", "--registry", "registry.cbor", "--beacon", "1000.beacon", "--slot"]
    assert "workers, by beacon round 1000" in ok(*given, "98")
    assert "round 990 is what draws here" in call(*given, "97").stderr
    given = ["assign", "checked.cbor", "--registry", "registry.cbor", "--slot", "70", "--beacon", "00" * 32]
    assert "auditors, by beacon round 1000" in ok(*given, "--auditors", "98", "1000.beacon")
    assert "round 990 is what draws here" in call(*given, "--auditors", "97", "1000.beacon").stderr


def test_auditors_are_those_who_do_not_work(here: Path) -> None:
    given = ["--registry", "registry.cbor", "--slot", "70", "--beacon", "11" * 32, "--json"]
    draws = json.loads(ok("assign", "checked.cbor", *given, "--auditors", "90", "22" * 32))
    assert (draws["workers"]["round"], draws["auditors"]["round"]) == ("720", "920")
    everybody = {read_identity(Path(f"{name}.pub").read_bytes()).public.hex() for name in ("me", "worker")}
    assert {*draws["workers"]["drawn"], *draws["auditors"]["drawn"]} == everybody
    refused = call("assign", "drawn.cbor", *given, "--auditors", "90", "22" * 32)
    assert refused.exit_code == 2 and "way-not-asked, REG-029" in refused.stderr


def test_explain_tells_the_clause(here: Path) -> None:
    said = ok("explain", "many/claim.cbor", "--with", "committee.cbor", "--with", "attested.cbor")
    assert "accepted: the claim holds" in said and "ATT-005: Every member's proof of possession MUST hold" in said
    told = json.loads(call("explain", "worker.commit", "--with", "many.cbor", "--json").stdout)
    assert told["evidence"] == "incomplete" and told["explanation"]["blame"] == "nobody"
    assert all(step["clause"] for step in told["explanation"]["steps"])
    refused = call("explain", "worker.reveal", "--with", "unit.cbor")
    assert "is not checked beside a unit, but alone or beside a commit" in refused.stderr
    damaged = bytearray(Path("worker.reveal").read_bytes())
    damaged[-1] ^= 1
    Path("damaged.reveal").write_bytes(damaged)
    result = call("explain", "damaged.reveal")
    assert result.exit_code == 1 and "whoever presented this evidence" in result.stdout


def test_showing_snapshots(here: Path) -> None:
    shown = json.loads(ok("committee", "show", "committee.cbor", "--json"))
    assert shown["total"] == "2" and shown["proven"] is True
    registry = json.loads(ok("registry", "show", "registry.cbor", "--json"))
    assert sorted(account["stake"] for account in registry["accounts"]) == ["20", "5"]
    ok("registry", "add", "registry.cbor", "--identity", "worker.pub", "--stake", "7", "--region", "eu-west")
    registry = json.loads(ok("registry", "show", "registry.cbor", "--json"))
    assert sorted(account["stake"] for account in registry["accounts"]) == ["20", "7"]

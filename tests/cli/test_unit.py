"""`tracework unit`: the terms that are asked for are those that are signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.cli import call, ok
from tracework.protocol.committee.snapshot import Committee, Member
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import identity
from tracework.worker.keyfiles import read_key
from tracework.worker.units import read_unit

BASE = ["unit", "--program", "sha256/sha256.elf", "--input", "sha256/input.txt", "--key", "requester.key"]
BASE += ["--network", "testnet", "--max-steps", "1M", "--price", "3", "-o", "new.cbor"]


def body(*terms: str) -> dict[str, Any]:
    ok(*BASE, *terms, "--force")
    fields: dict[str, Any] = json.loads(ok("inspect", "new.cbor", "--json"))["fields"]["body"]
    assert call("verify", "new.cbor").exit_code == 0
    return fields


def test_plain_terms(here: Path) -> None:
    plain = body()
    assert plain["price"] == "3" and plain["escrow"] == "3000000" and plain["policy"] == {}
    assert plain["requester"] == read_key("requester.key").public.hex()
    assert plain["context"]["max_steps"] == "1000000" and plain["context"]["segment_log2"] == "20"
    assert not {"deadlines", "beneficiaries", "requirements"} & set(plain)
    assert body("--least-stake", "1")["requirements"] == {"least_stake": "1"}
    assert body()["nonce"] != plain["nonce"]
    assert body("--nonce", "ab" * 32)["nonce"] == "ab" * 32
    assert body("--escrow", "2^70", "--segment-log2", "8")["escrow"] == str(1 << 70)
    before = Path("new.cbor").read_bytes()
    assert call(*BASE).exit_code == 2 and Path("new.cbor").read_bytes() == before


def test_every_term(here: Path) -> None:
    held = [read_key(f"{name}.key") for name in ("me", "worker")]
    members = sorted((identity(key.key) for key in held), key=lambda member: member.public)
    committee = Committee(
        network="testnet",
        epoch=1,
        members=tuple(Member(key=member.public, possession=member.possession, weight=2) for member in members),
    )
    Path("committee.cbor").write_bytes(encode_object(committee))
    terms = [
        "--audit",
        "8",
        "2",
        "--auditors",
        "3",
        "--redundancy",
        "5",
        "3",
        "--adaptive",
        "500",
        "4",
        "--deadlines",
        "10",
        "20",
        "30",
    ]
    terms += ["--attestation", "committee.cbor", "3", "--receipts", committee.hash.hex(), "2"]
    terms += ["--assignment", "11" * 32, "7", "--cores", "4", "--least-stake", "2^80", "--region", "eu-west"]
    terms += ["--beneficiary", "0x" + "22" * 20, "250", "--beneficiary", "11" * 20, "100"]
    found = body(*terms)
    assert found["policy"] == {
        "audit": {"samples": "8", "delay": "2", "auditors": "3"},
        "redundancy": {"replicas": "5", "quorum": "3", "adaptive": {"floor": "500", "window": "4"}},
        "attestation": {"committee": committee.hash.hex(), "threshold": "3"},
        "assignment": {"registry": "11" * 32, "delay": "7"},
        "receipts": {"committee": committee.hash.hex(), "threshold": "2"},
    }
    assert found["requirements"] == {"cores": "4", "least_stake": str(1 << 80), "regions": ["eu-west"]}
    assert found["deadlines"] == {"commit": "10", "reveal": "20", "challenge": "30"}
    assert [(b["address"], b["share"]) for b in found["beneficiaries"]] == [("11" * 20, "100"), ("22" * 20, "250")]
    named = body("--worker", "worker.pub", "--worker", held[0].public.hex())
    assert named["policy"]["workers"] == sorted(key.public.hex() for key in held)
    assert ok("inspect", "committee.cbor").count(committee.hash.hex()) == 1


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (["--adaptive", "500", "4"], "--adaptive goes with --redundancy"),
        (["--auditors", "2"], "--auditors goes with --audit"),
        (["--audit", "1", "1", "--auditors", "2", "--deadlines", "1", "2", "3"], "policy-form, UNT-035"),
        (["--least-stake", "0"], "0 is not"),
        (["--redundancy", "4", "2", "--deadlines", "1", "2", "3"], "bad-quorum, UNT-022"),
        (["--audit", "0", "1", "--deadlines", "1", "2", "3"], "out-of-range"),
        (["--audit", "1", "1"], "deadlines-missing, UNT-025"),
        (["--deadlines", "3", "2", "1"], "deadline-order, UNT-025"),
        (["--attestation", "no.cbor", "1"], "there is no file no.cbor"),
        (["--attestation", "unit.cbor", "1"], "unit.cbor is not a committee"),
        (["--assignment", "unit.cbor", "1"], "unit.cbor is not a registry"),
        (["--worker", "unit.cbor"], "unit.cbor is not an identity"),
        (["--worker", "worker.pub", "--assignment", "11" * 32, "1"], "policy-form, UNT-030"),
        (["--beneficiary", "11", "5"], "an address is 40 hexadecimal digits"),
        (["--beneficiary", "11" * 20, "20000"], "out-of-range"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_terms_that_make_no_unit(terms: list[str], said: str, here: Path) -> None:
    result = call(*BASE, *terms)
    assert result.exit_code == 2 and said in result.stderr, result.stderr
    assert not Path("new.cbor").exists()


def test_units_can_be_run_by_named_workers_alone(here: Path) -> None:
    body("--worker", "worker.pub")
    run = ["run", "new.cbor", "--program", "sha256/sha256.elf", "--input", "sha256/input.txt", "-o", "w"]
    result = call(*run, "--key", "me.key")
    assert result.exit_code == 2 and "the unit names its workers" in result.stderr
    ok(*run, "--key", "worker.key")
    assert read_unit("w/unit.cbor") == read_unit("new.cbor")

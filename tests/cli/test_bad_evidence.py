"""Bad evidence by command: each kind has its own code, and a sentence that names the file, the place and the party."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.cli import call
from tracework.conformance.generate import _many as many
from tracework.conformance.generate import bundle as made
from tracework.conformance.generate.audit import audit_of, audited_unit
from tracework.protocol.encoding.schema import encode_object

VECTORS = Path(__file__).parents[2] / "vectors" / "1"
WORKER = many.public("worker").hex()


def case(file: str, name: str) -> bytes:
    """The evidence of a case."""
    cases: list[dict[str, Any]] = json.loads((VECTORS / f"{file}.json").read_text())["cases"]
    (found,) = [one for one in cases if one["id"] == name]
    return bytes.fromhex(found["input"].get("proof") or found["input"]["bundle"])


@pytest.mark.parametrize(
    ("file", "name", "said"),
    [
        ("audit/check", "audit-check-other-commit", ["commit is about another unit", "commit.unit", "unit-mismatch"]),
        ("audit/check", "audit-check-receipt-unit", ["receipt is about another unit", "receipt.unit"]),
        ("audit/check", "audit-check-round-before-commit", ["round 123, and round 1000 draws", "wrong-round"]),
        ("audit/check", "audit-check-beacon", ["isn't the beacon's", "beacon.signature", "BCN-011"]),
        ("audit/check", "audit-check-forged-commit", [WORKER, "commit.signature", "bad-signature"]),
        ("segment/segment", "segment-missing-read", ["page", "segment", "step", "witness-incomplete"]),
        ("segment/segment", "segment-page-repeated", ["in the witness", "segment", "page-order"]),
        ("segment/segment", "segment-witness-too-large", ["the witness has 8194 pages", "segment"]),
        ("fault/leaf", "fault-leaf-other-worker", ["isn't the key", "claim.signature", "bad-signature"]),
        ("fault/leaf", "fault-leaf-other-unit", ["the claim is about another unit", "claim.unit"]),
        ("fault/leaf", "fault-leaf-version", ["of version 2", "leaf-fault", "unsupported-version"]),
        ("fault/step", "fault-step-subtrace-other-claim", ["subtrace is about another claim", "subtrace.claim"]),
        ("bundle/judge", "bundle-judge-reordered", ["a file is out of order", "files[2] (committee)"]),
        ("bundle/judge", "bundle-judge-twice", ["a file stands twice", "files[9] (audit proof)"]),
        ("bundle/judge", "bundle-judge-broken-file", ["files[0] (unit), byte", "truncated"]),
        ("bundle/judge", "bundle-judge-truncated", ["byte", "truncated"]),
        ("bundle/judge", "bundle-judge-version", ["of version 2", "bundle", "unsupported-version"]),
    ],
)
def test_sentences_name_the_place(file: str, name: str, said: list[str], tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    path.write_bytes(case(file, name))
    told = call("verify", path)
    assert all(words in told.stdout for words in said), told.stdout
    explained = call("explain", path)
    assert explained.exit_code == told.exit_code
    if told.exit_code:
        assert told.exit_code == 1 and all(words in explained.stdout for words in said[1:2])


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    honest = made.audited()
    for name, data in (("unit", honest[0]), ("claim", honest[-2]), ("audit", honest[-1])):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "elsewhere").write_bytes(encode_object(audit_of(many.run_of(audited_unit(9)))))
    (tmp_path / "other-unit").write_bytes(encode_object(audited_unit(9)))
    (tmp_path / "cut").write_bytes(honest[-1][:-1])
    damaged = bytearray(honest[-1])
    damaged[-40] ^= 1
    (tmp_path / "damaged").write_bytes(damaged)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["unit", "cut"], "cut is no audit proof that can be read: "),
        (["unit", "claim", "other-unit"], "2 units are among these files: unit, other-unit;"),
        (["claim"], "0 units are among these files"),
    ],
)
def test_packing_names_the_file(given: list[str], said: str, files: Path) -> None:
    result = call("bundle", *given, "-o", "x")
    assert result.exit_code == 2 and said in result.stderr and not Path("x").exists()


def test_what_is_set_aside_is_named_by_place_and_kind(files: Path) -> None:
    packed = call("bundle", "unit", "claim", "elsewhere", "damaged", "-o", "x")
    assert packed.exit_code == 0 and "Note: elsewhere is about another unit" in packed.stderr
    told = call("verify", "x")
    assert told.exit_code == 3 and "set aside  files[" in told.stdout
    assert "(audit proof): it is about another unit than the bundle's (other-unit)" in told.stdout
    asides = json.loads(call("verify", "x", "--json").stdout)["asides"]
    assert {aside["kind"] for aside in asides} == {"tracework/audit-proof"}
    assert sorted(aside["place"] for aside in asides) == ["2", "3"]


def test_a_refutation_of_somebody_else_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(case("bundle/judge", "bundle-judge-refuted"))
    told = call("verify", path, "--network", "mainnet")
    assert (
        told.exit_code == 1
        and told.stdout.startswith("REFUTED")
        and "files[2] (segment proof), segment 2" in told.stdout
    )
    assert "Note: this is about the network vectors, not mainnet" in told.stderr

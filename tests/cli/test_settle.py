"""`tracework settle` and `tracework payout`, from files to files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import epochs
from support.cli import call, ok
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.rewards.epoch import encode_epoch
from tracework.protocol.rewards.settlement import Settlement


def test_settle_twice_gives_the_same_bytes(here: Path) -> None:
    said = ok("settle", "epoch.cbor", "-o", "again.cbor")
    assert "in: 701,216" in said and "out: 701,216" in said
    assert Path("again.cbor").read_bytes() == Path("settlement.cbor").read_bytes()
    assert "EQUAL" in ok("settle", "--check", "again.cbor", "epoch.cbor")


def test_check_names_what_differs(here: Path) -> None:
    settlement = decode_object(Settlement, Path("settlement.cbor").read_bytes())
    Path("other.cbor").write_bytes(encode_object(settlement.replace(claimable=9, asides=b"")))
    result = call("settle", "--check", "other.cbor", "epoch.cbor")
    assert result.exit_code == 1
    assert "claimable, asides differ [STL-053]" in result.stdout


@pytest.mark.parametrize("account", range(8))
def test_explanations_add_up(here: Path, account: int) -> None:
    said = json.loads(ok("settle", "--explain", str(account), "epoch.cbor", "--json"))
    amounts = [int(line["amount"]) for line in said["lines"] if "amount" in line and line["what"] != "slash"]
    assert sum(amounts) == int(said["paid"])
    by_key = ok("settle", "--explain", said["key"], "epoch.cbor")
    assert by_key == ok("settle", "--explain", str(account), "epoch.cbor")


def test_nothing_is_written_when_an_epoch_is_refused(here: Path) -> None:
    made = epochs.epoch(epochs.unit(), epochs.claim())
    data = b"".join(encode_epoch(made, epochs.parameters()))
    Path("bad.cbor").write_bytes(data.replace((1).to_bytes(4, "big") + (1000).to_bytes(8, "big"), bytes(12)))
    result = call("settle", "bad.cbor", "-o", "out.cbor")
    assert result.exit_code == 2 and "crypto/records-mismatch, STL-009" in result.stderr
    other = b"".join(encode_epoch(made, epochs.parameters(burn=1)))
    Path("bad.cbor").write_bytes(other)
    assert "parameters-mismatch" in call("settle", "bad.cbor", "-o", "out.cbor").stderr
    Path("bad.cbor").write_bytes(b"".join(encode_epoch(made)))
    assert "no parameters" in call("settle", "bad.cbor", "-o", "out.cbor").stderr
    assert not Path("out.cbor").exists()


def test_payouts(here: Path) -> None:
    assert "VALID" in ok("payout", "verify", "payout.json")
    wrong = call("payout", "verify", "payout.json", "--root", "11" * 32)
    assert wrong.exit_code == 1 and "root-mismatch" in wrong.stdout
    proof = json.loads(Path("payout.json").read_text())
    Path("payout.json").write_text(json.dumps(proof | {"amount": "1"}))
    assert call("payout", "verify", "payout.json").exit_code == 1
    for bad in ({"amount": 5}, {"address": "0x1"}, {"root": "ff"}, {"proof": ["x"]}, {"proof": 7}):
        Path("bad.json").write_text(json.dumps(proof | bad))
        assert call("payout", "verify", "bad.json").exit_code == 2
    assert call("payout", "prove", "settlement.cbor", "0x" + "9".zfill(40)).exit_code == 2
    assert "5 payouts" in ok("payout", "tree", "settlement.cbor", "-o", "tree.json")
    assert json.loads(Path("tree.json").read_text())["tree"][0] == proof["root"]

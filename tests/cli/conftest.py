"""A folder in which everything was done once: keys, an example, a unit, a run, a proof."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support import epochs
from support.cli import ok
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.work.claim import Claim
from tracework.protocol.work.dispute import DisputeBody, sign_dispute
from tracework.worker.keyfiles import read_key

TERMS = ["--network", "testnet", "--segment-log2", "16", "--max-steps", "1M", "--price", "1"]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder; not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        ok("example", "sha256")
        for name in ("me", "requester", "worker"):
            ok("keygen", "-o", f"{name}.key", "--identity", f"{name}.pub")
        files = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
        ok("unit", *files, "--key", "requester.key", *TERMS, "-o", "unit.cbor")
        ok("run", "unit.cbor", *files, "--key", "worker.key", "-o", "work")
        ok("prove", "work", "--segment", "0", "--segment", "2", "-o", "proof.cbor")
        by_many(files)
        (folder / "epoch.cbor").write_bytes(epochs.file())
        ok("settle", "epoch.cbor", "-o", "settlement.cbor")
        ok("payout", "prove", "settlement.cbor", "0x" + "2".zfill(40), "-o", "payout.json")
    return folder


COMMITTEE = ["--committee", "committee.cbor"]
RECEIPTS = ["--receipts", "committee.cbor", "2", "--deadlines", "100", "200", "300"]


def by_many(files: list[str]) -> None:
    """A committee of two, a registry of one, and a unit that is verified by them."""
    members = ["--member", "me.pub", "1", "--member", "worker.pub", "1"]
    ok("committee", "new", "--network", "testnet", "--epoch", "1", *members, "-o", "committee.cbor")
    ok("registry", "new", "--network", "testnet", "--epoch", "1", "-o", "registry.cbor")
    account = ["--identity", "worker.pub", "--stake", "5", "--region", "eu-west", "--cores", "4"]
    ok("registry", "add", "registry.cbor", *account)
    ok("registry", "add", "registry.cbor", "--identity", "me.pub", "--stake", "20", "--region", "us-east")
    key, worker = ["--key", "requester.key"], ["--worker", "worker.pub"]
    ways = ["--redundancy", "1", "1", "--attestation", "committee.cbor", "2", *RECEIPTS]
    ok("unit", *files, *key, *TERMS, *ways, *worker, "-o", "many.cbor")
    drawn = ["--redundancy", "1", "1", "--assignment", "registry.cbor", "1", "--cores", "2", "--region", "eu-west"]
    ok("unit", *files, *key, *TERMS, *drawn, *RECEIPTS, "-o", "drawn.cbor")
    audits = ["--audit", "2", "1", "--auditors", "1", "--assignment", "registry.cbor", "1", "--least-stake", "5"]
    ok("unit", *files, *key, *TERMS, *audits, *RECEIPTS, "-o", "checked.cbor")
    job = ["--job", "12" * 32, "--network", "testnet", "--escrow", "9"]
    ok("opaque", *job, *key, "--redundancy", "1", "1", *worker, *RECEIPTS, "-o", "opaque.cbor")
    ok("run", "many.cbor", *files, "--key", "worker.key", "-o", "many")
    blinding = ["--key", "worker.key", "--blinding", "worker.blinding"]
    ok("commit", "many", *blinding, "-o", "worker.commit")
    ok("reveal", "many", *blinding, "-o", "worker.reveal")
    for what, slot in (("commit", "90"), ("reveal", "150")):
        for name in ("me", "worker"):
            signing = ["--unit", "many.cbor", *COMMITTEE, "--slot", slot, "--key", f"{name}.key"]
            ok("receipt", f"worker.{what}", *signing, "-o", f"{name}.{what}.share")
        ok("aggregate", f"me.{what}.share", f"worker.{what}.share", *COMMITTEE, "-o", f"{what}.receipt")
    for name in ("me", "worker"):
        found = ["--check", "re-execution", "--outcome", "accepted", "--key", f"{name}.key"]
        ok("attest", "many/claim.cbor", *COMMITTEE, *found, "-o", f"{name}.attestation")
        shutil.copy(f"{name}.commit.share", f"{name}.share")
    contrary = ["--check", "re-execution", "--outcome", "refuted", "--key", "me.key"]
    ok("attest", "many/claim.cbor", *COMMITTEE, *contrary, "-o", "me.contrary")
    ok("aggregate", "me.attestation", "worker.attestation", *COMMITTEE, "-o", "attested.cbor")
    silence()
    given = ["worker.commit", "worker.reveal", "commit.receipt", "reveal.receipt"]
    ok("quorum", "many.cbor", "committee.cbor", *given, "-o", "quorum.verdict")


def silence() -> None:
    """Requests, one of them certified to be unanswered, an answer to the other, and a dispute."""
    unit = ["--unit", "many.cbor"]
    ok("request", "new", "worker.commit", *unit, "--key", "me.key", "-o", "request.cbor")
    claim = ["work", "--segment", "0", "--segment", "3", "--unit", "unit.cbor"]
    ok("request", "new", *claim, "--key", "me.key", "-o", "segments.request")
    ok("prove", "work", "--request", "segments.request", "-o", "answer.cbor")
    names = ("me", "worker")
    for name in names:
        signing = [*unit, *COMMITTEE, "--slot", "160", "--key", f"{name}.key"]
        ok("receipt", "request.cbor", *signing, "-o", f"{name}.request.share")
    ok("aggregate", *[f"{name}.request.share" for name in names], *COMMITTEE, "-o", "request.receipt")
    for name in names:
        signing = ["--receipt", "request.receipt", *COMMITTEE, *unit, "--about", "worker.commit"]
        signing += ["--slot", "281", "--key", f"{name}.key"]
        ok("silence", "sign", "request.cbor", *signing, "-o", f"{name}.silence")
    ok("aggregate", *[f"{name}.silence" for name in names], *COMMITTEE, "-o", "certificate.cbor")
    claimed = decode_object(Claim, Path("work/claim.cbor").read_bytes())
    secret = read_key("me.key")
    body = DisputeBody(network="testnet", claim=claimed.id, segment=3, challenger=secret.public, nonce=bytes(32))
    Path("dispute.cbor").write_bytes(encode_object(sign_dispute(body, secret.key)))


@pytest.fixture
def here(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, which is where the test runs."""
    folder = tmp_path / "here"
    shutil.copytree(finished, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is where the test runs."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder

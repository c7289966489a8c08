"""What `tracework settle` takes of an epoch's file: reading, settling, payout tree, writing; `make speeds`.

A process of its own for each, so that its processor time and the most memory that it held can be told. In `make test` a
small epoch is settled once, for its result alone. A check, `--check`, is held to take no longer.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.epochs import NETWORK, parameters
from support.speeds import said
from tracework.protocol import hashing
from tracework.protocol.encoding import cbor
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.rewards.epoch import PAGE_BYTES, Manifest, Page, RecordSet
from tracework.protocol.rewards.records import (
    LAYOUTS,
    AccountRecord,
    CheckRecord,
    ClaimRecord,
    RecordType,
    UnitRecord,
    VerdictRecord,
    pack,
)

COMMAND = "from tracework.cli import main; main()"
REPLICAS = {"one claim a unit, each audited": 1, "three replicas a unit": 3}


def name(*parts: object) -> bytes:
    """32 bytes that look as if drawn."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=32).digest()


def records(kind: RecordType, claims: int, workers: int, replicas: int) -> Iterator[Any]:
    """The records of a type: each unit has so many replicas by different workers, or one and an audit of it."""
    if kind == RecordType.ACCOUNT:
        for n in range(workers):
            yield AccountRecord(name("key", n) + bytes(16), name("address", n)[:20], 10**9, 0)
    for u in range(claims // replicas):
        id, first = name("unit", u), u * 7919
        if kind == RecordType.UNIT:
            yield UnitRecord(id, first % workers, 3, 100_000, 50, replicas, 14, 8 if replicas == 1 else 0, 0, 1)
        for r in range(replicas):
            claim = name("claim", u, r)
            if kind == RecordType.CLAIM:
                yield ClaimRecord(claim, id, (first + r + 1) % workers, 1000, 10, 1, 2)
            elif kind == RecordType.VERDICT:
                yield VerdictRecord(claim, 2 if replicas == 1 else 4, 1, id)
            elif kind == RecordType.CHECK and replicas == 1:
                yield CheckRecord(claim, 1, (first + 2) % workers, 8, 1, id)


def written(path: Path, claims: int, workers: int, replicas: int) -> None:
    """An epoch's file, made type by type, so that only one type's records are in memory."""
    sets, pages = [], []
    for kind in RecordType:
        packed = sorted(pack(kind, records(kind, claims, workers, replicas)))
        joined = b"".join(packed)
        digest = hashing.digest(hashing.RECORDS, hashing.network_id(NETWORK) + bytes([kind]) + joined)
        sets.append(RecordSet(count=len(packed), hash=digest))
        step = PAGE_BYTES // LAYOUTS[kind].format.size * LAYOUTS[kind].format.size
        pages += [Page(type=kind, data=joined[at : at + step]) for at in range(0, len(joined), step)]
    manifest = Manifest(
        network=NETWORK,
        number=1,
        first_slot=1,
        last_slot=100,
        rule=parameters().hash(NETWORK),
        treasury=bytes(20),
        sets=tuple(sets),
    )
    with path.open("wb") as file:
        file.writelines(cbor.encode(encode_object(part)) for part in (manifest, parameters(), *pages))


class Took(NamedTuple):
    """What a process took."""

    seconds: float
    """Of processor time."""
    peak: int
    """Bytes of memory at most."""


def settle(*arguments: str) -> Took:
    """Run the command to its end."""
    process = subprocess.Popen([sys.executable, "-c", COMMAND, "settle", *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    scale = 1 if sys.platform == "darwin" else 1024
    return Took(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no wait4")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mix", REPLICAS)
@pytest.mark.parametrize(
    ("claims", "workers"),
    [(3000, 100), *(pytest.param(n, 50_000, marks=pytest.mark.long) for n in (10_000, 100_000, 1_000_000))],
)
def test_settling(mix: str, claims: int, workers: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    file, output = tmp_path / "epoch.cbor", tmp_path / "settlement.cbor"
    written(file, claims, workers, REPLICAS[mix])
    made = settle(str(file), "-o", str(output))
    checked = settle("--check", str(output), str(file))
    if request.config.getoption("benchmark_enable"):
        what = f"{claims:,} claims by {workers:,} workers, {mix}"
        said(request.config).append(f"{what}: {made.seconds:.1f} s, {made.peak / 1e9:.2f} GB")
        said(request.config).append(f"{what}, --check: {checked.seconds:.1f} s, {checked.peak / 1e9:.2f} GB")
    assert made.peak < 2e9

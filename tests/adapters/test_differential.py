"""Our adapter and the JavaScript one, asked the same things that nobody wrote a vector for: they must answer alike."""

import functools
import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support import node, random_epochs
from support.resigning import resigned
from tracework.conformance.process import AdapterProcess
from tracework.conformance.suite import load
from tracework.protocol.beacon import Beacon
from tracework.protocol.committee.snapshot import Committee
from tracework.protocol.encoding import cbor
from tracework.protocol.encoding.schema import Record, decode_object
from tracework.protocol.errors import ProtocolError
from tracework.protocol.registry.snapshot import Registry
from tracework.protocol.rewards.epoch import encode_epoch
from tracework.protocol.work.attestation import AttestationAggregate
from tracework.protocol.work.bundle import RANKED, Bundle
from tracework.protocol.work.claim import Claim
from tracework.protocol.work.commit import Commit
from tracework.protocol.work.opaque import OpaqueClaim
from tracework.protocol.work.receipt import Receipt
from tracework.protocol.work.unit import Unit

VECTORS = Path(__file__).parents[2] / "vectors"
Request = tuple[str, dict[str, Any]]
RANKS: dict[str | None, int] = {kind.KIND: rank for rank, kind in enumerate(RANKED)}


def encodings(chance: random.Random) -> Iterator[Request]:
    """Encodings of the suite with a few bytes changed, taken out, put in or repeated."""
    seeds = [
        case.input["data"] for case in load().cases if case.op == "encoding.decode" and len(case.input["data"]) < 200
    ]
    while True:
        data = bytearray.fromhex(chance.choice(seeds))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data) + 1)
            match chance.randrange(4):
                case 0:
                    data[at : at + 1] = bytes([chance.randrange(256)])
                case 1:
                    del data[at : at + 1]
                case 2:
                    data[at:at] = bytes(
                        [chance.choice((0x00, 0x17, 0x18, 0x1B, 0x41, 0x61, 0x81, 0xA1, 0xBF, 0xF5, 0xFF))]
                    )
                case 3:
                    data[at:at] = data[max(0, at - 4) : at]
        yield "encoding.decode", {"data": data.hex()}


EDGES = (0, 1, 2**12 - 1, 2**12, 2**31 - 8, 2**31 - 1, 2**31, 2**32 - 8, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1)


def steps(chance: random.Random) -> Iterator[Request]:
    """One to four steps from states that no run need reach, on words that are mostly instructions."""
    table = json.loads((Path(__file__).parents[2] / "spec" / "decode-table.json").read_text())
    while True:
        words = []
        for _ in range(4):
            row = chance.choice(table)
            mask, match = int(row["mask"], 16), int(row["match"], 16)
            word = match | chance.getrandbits(32) & ~mask & 0xFFFFFFFF
            if chance.random() < 0.1:
                word ^= 1 << chance.randrange(32)
            words.append(word.to_bytes(4, "little"))
        registers = {
            f"x{index}": str((chance.choice(EDGES) + chance.randint(-9, 9)) % 2**64)
            if chance.random() < 0.7
            else str(chance.getrandbits(64))
            for index in range(1, 32)
        }
        if chance.random() < 0.5:
            registers["x17"] = str(chance.choice((64, 93)))
        begin = chance.choice((0x10000, 0x10000, 0x10FF8, 0x12FF0))
        look = [(int(value) + chance.randint(-16, 16)) % 2**32 for value in registers.values()][:6]
        yield (
            "machine.step",
            {
                "code_first": "16",
                "code_end": "19",
                "max_steps": str(chance.choice((2, 1000))),
                "state": {"status": "0", "code": "0", "pc": str(begin), "steps": "0", "registers": registers},
                "memory": [{"address": str(begin), "data": b"".join(words).hex()}],
                "count": str(chance.randint(1, 4)),
                "look": [{"address": str(min(address, 2**32 - 9)), "length": "9"} for address in look],
            },
        )


def proofs(chance: random.Random) -> Iterator[Request]:
    """Proofs of the suite with other indices, heights, and digests taken out or doubled."""
    cases = [
        case.input for case in load().cases if case.op == "merkle.verify" and case.valid and case.input["height"] < "6"
    ]
    while True:
        proof = json.loads(json.dumps(chance.choice(cases)))
        for _ in range(chance.randint(1, 2)):
            match chance.randrange(5):
                case 0:
                    leaf = chance.choice(proof["leaves"])
                    leaf["index"] = str(max(0, int(leaf["index"]) + chance.choice((-1, 1, 2, 8, 2**32))))
                case 1:
                    proof["height"] = str(max(1, int(proof["height"]) + chance.choice((-1, 1))))
                case 2:
                    at = 64 * chance.randrange(len(proof["siblings"]) // 64 + 1)
                    proof["siblings"] = proof["siblings"][:at] + proof["siblings"][at + 64 :]
                case 3:
                    proof["siblings"] += chance.choice(proof["leaves"])["digest"]
                case 4:
                    chance.shuffle(proof["leaves"])
        yield "merkle.verify", proof


def objects(chance: random.Random) -> Iterator[Request]:
    """Units, claims and proofs of the suite with one byte changed: rejected by both, for the same reason."""
    members = {"unit.check": "unit", "claim.check": "claim", "segment.check": "proof"}
    cases = [case for case in load().cases if case.op in members and case.valid and "pins" not in case.input]
    while True:
        case = chance.choice(cases)
        data = bytearray.fromhex(case.input[members[case.op]])
        data[chance.randrange(min(len(data), 2500))] ^= 1 << chance.randrange(8)
        yield case.op, {members[case.op]: data.hex()}


Place = tuple[int, ...]


@functools.cache
def files() -> dict[str | None, list[bytes]]:
    """Every file of the suite's inputs by its kind, in whatever case it stands."""
    found: dict[str | None, dict[bytes, None]] = {}
    for case in load().cases:
        for data in strings(case.input):
            for file in [data, *elements(data)]:
                kind = kind_of(file)
                if kind is not None:
                    found.setdefault(kind, {})[file] = None
    return {kind: list(those) for kind, those in found.items()}


def strings(given: Any) -> Iterator[bytes]:
    """The longer byte strings of a case's input."""
    if isinstance(given, dict | list):
        for value in given.values() if isinstance(given, dict) else given:
            yield from strings(value)
    elif isinstance(given, str) and len(given) >= 200 and re.fullmatch("([0-9a-f]{2})+", given):
        yield bytes.fromhex(given)


def item_of(file: bytes) -> Any:
    try:
        return cbor.decode(file)
    except ProtocolError:
        return None


def kind_of(file: bytes) -> str | None:
    item = item_of(file)
    return item[0] if isinstance(item, dict) and isinstance(item.get(0), str) else None


def elements(bundle: bytes) -> list[bytes]:
    """The files in a bundle; none of what is no bundle."""
    listed = item_of(bundle)[2] if kind_of(bundle) == Bundle.KIND else []
    return [element for element in listed if isinstance(element, bytes)]


def places(item: Any, path: Place = ()) -> Iterator[Place]:
    """The paths to all parts of an item."""
    yield path
    if isinstance(item, dict | list):
        for key in item if isinstance(item, dict) else range(len(item)):
            yield from places(item[key], (*path, key))


def part(item: Any, path: Place) -> Any:
    for key in path:
        item = item[key]
    return item


def grafted(chance: random.Random, file: bytes) -> bytes:
    """A file with one part of another of its kind, from the same place, mostly signed anew; or with a bit flipped."""
    kind = kind_of(file)
    if kind is None or chance.random() < 0.2:
        made = bytearray(file)
        made[chance.randrange(min(len(made), 2500))] ^= 1 << chance.randrange(8)
        return bytes(made)
    item = item_of(file)
    other = chance.choice([item_of(one) for one in files().get(kind, [file]) if asks(item_of(one)) == asks(item)])
    theirs = set(places(other))
    common = [path for path in places(item) if path and path in theirs and part(item, path) != part(other, path)]
    if not common:
        return file
    *way, last = chance.choice(common)
    part(item, tuple(way))[last] = part(other, (*way, last))
    mixed = cbor.encode(item)
    return resigned(mixed) if chance.random() < 0.7 else mixed


def asks(item: Any) -> Any:
    """What a request is for, by which it comes with other files; None for anything else."""
    return item[2][4] if item[0] == "tracework/request" else None


def bundles(chance: random.Random) -> Iterator[Request]:
    """Bundles of the suite with files dropped, doubled, moved, changed or brought from elsewhere, and with pins."""
    readable = {file for kind in RANKED for file in files()[kind.KIND] if len(file) < 30_000 and whole(kind, file)}
    sources = [made for made in map(elements, files()[Bundle.KIND]) if readable.issuperset(made)]
    everything = sorted(readable)
    common, together = by_unit(everything)
    while True:
        if chance.random() < 0.5:
            made = list(chance.choice(sources))
        else:
            units, those = chance.choice(together)
            made = [chance.choice(units), *chance.sample(those, chance.randint(3, min(len(those), 20))), *common]
        for _ in range(chance.choice((0, 1, 1, 2, 3))):
            at = chance.randrange(len(made)) if made else 0
            match chance.randrange(8):
                case 0:
                    del made[at : at + 1]
                case 1:
                    made[at:at] = made[at : at + 1]
                case 2:
                    made.append(chance.choice(chance.choice(sources)))
                case 3:
                    made.append(chance.choice(everything))
                case 4:
                    chance.shuffle(made)
                case _:
                    at = max(at, 1)  # A unit that is changed is another one, or none.
                    made[at : at + 1] = [grafted(chance, file) for file in made[at : at + 1]]
        if chance.random() < 0.8:
            made = sorted(set(made), key=lambda file: (RANKS.get(kind_of(file), len(RANKS)), file))
        item: Any = {0: Bundle.KIND, 1: 1, 2: made}
        given: dict[str, Any] = {"bundle": cbor.encode(item).hex()}
        if chance.random() < 0.3:
            given["pins"] = pins(chance, made)
        yield "bundle.judge", given


def by_unit(everything: list[bytes]) -> tuple[list[bytes], list[tuple[list[bytes], list[bytes]]]]:
    """Files about no unit; and, for each unit that many are about, the files of it and those about it."""
    common: list[bytes] = []
    units: dict[bytes, list[bytes]] = {}
    others: dict[bytes, list[bytes]] = {}
    for file in everything:
        read: Any = decode_object(RANKED[RANKS[kind_of(file)]], file)
        match read:
            case Unit():
                units.setdefault(read.id, []).append(file)
            case Committee() | Beacon() | Registry():
                common.append(file)
            case Commit() | Receipt() | AttestationAggregate():
                others.setdefault(read.body.unit, []).append(file)
            case _:
                unit = read.unit if isinstance(read, Claim | OpaqueClaim) else read.claim.unit
                others.setdefault(unit.id, []).append(file)
    return common, [(units[unit], those) for unit, those in others.items() if unit in units and len(those) > 5]


def whole(kind: type[Record], file: bytes) -> bool:
    """Whether a file is read as an object of its kind."""
    try:
        decode_object(kind, file)
    except ProtocolError:
        return False
    return True


def pins(chance: random.Random, made: list[bytes]) -> dict[str, Any]:
    """The worker of a claim in a bundle, or of one elsewhere; or another unit."""
    claims = [item_of(file) for file in [*made, *files()[Claim.KIND][:5]] if kind_of(file) == Claim.KIND]
    worker = part(chance.choice(claims), (3, 1)).hex()
    return {"worker": worker} if chance.random() < 0.9 else {"unit": worker[:64]}


GRAFTED = """
attestation.aggregate attestation.check attestation.judge audit.check audit.checking
claim.check commit.check commit.open commit.reveal dispute.play equivocation.check fault.leaf fault.result fault.step
receipt.check redundancy.quorum registry.assign segment.check silence.answer silence.certify silence.check unit.check
verdict.read
"""


def grafts(chance: random.Random) -> Iterator[Request]:
    """Files of every kind with a part of another of their kind: which check comes first, and what it is called."""
    cases: dict[str, list[Mapping[str, Any]]] = {op: [] for op in GRAFTED.split()}
    for case in load().cases:
        if case.op in cases and case.valid and 0 < sum(map(len, strings(case.input))) < 100_000:
            cases[case.op].append(case.input)
    while True:
        op = chance.choice(list(cases))
        given = json.loads(json.dumps(chance.choice(cases[op])))
        for _ in range(chance.choice((1, 1, 1, 2))):
            replace(chance, given)
        yield op, given


def evidence(chance: random.Random) -> Iterator[Request]:
    """Evidence with files missing, changed or brought from other epochs, and other things told to the reader."""
    cases = [case.input for case in load().cases if case.op == "settlement.shown" and case.valid]
    everything = [file for case in cases for file in case["files"]]
    while True:
        given = json.loads(json.dumps(chance.choice(cases)))
        files = given["files"]
        for _ in range(chance.choice((0, 1, 1, 2, 3))):
            at = chance.randrange(len(files)) if files else 0
            match chance.randrange(6):
                case 0:
                    del files[at : at + 1]
                case 1:
                    files += chance.sample(everything, 3)
                case 2:
                    files += chance.choice(cases)["files"]
                case 3:
                    given["last_slot"] = str(chance.choice((299, 300, 400)))
                case 4:
                    given |= {
                        key: value for key, value in chance.choice(cases).items() if key in ("supplied", "earlier")
                    }
                case _:
                    files[at : at + 1] = [grafted(chance, bytes.fromhex(file)).hex() for file in files[at : at + 1]]
        chance.shuffle(files)
        yield "settlement.shown", given


def epochs(chance: random.Random) -> Iterator[Request]:
    """Epochs by chance, whose records meet and contradict one another."""
    while True:
        case = random_epochs.tight(chance, random_epochs.case(chance))
        yield "settlement.settle", {"file": b"".join(encode_epoch(case.epoch(), case.parameters)).hex()}


def replace(chance: random.Random, given: Any) -> None:
    """Put a changed file in the place of one in a case's input."""
    spots = [path for path in places(given) if isinstance(part(given, path), str) and list(strings(part(given, path)))]
    *way, last = chance.choice(spots)
    part(given, tuple(way))[last] = grafted(chance, bytes.fromhex(part(given, (*way, last)))).hex()


def compare(requests: Iterator[Request], count: int) -> None:
    ours = AdapterProcess([sys.executable, "-m", "tracework.conformance.adapter"])
    theirs = AdapterProcess(node.adapter())
    adapters = (ours, theirs)
    try:
        for adapter in adapters:
            adapter.ask({"cmd": "hello", "harness": 1, "suite": "0", "protocol": 1}, 30)
        for seq, (op, given) in zip(range(1, count + 1), requests, strict=False):
            answers = [adapter.ask({"cmd": "run", "seq": seq, "op": op, "input": given}, 30)[0] for adapter in adapters]
            for answer in answers:
                assert answer["result"] in ("valid", "invalid"), (op, given, answer)
                if answer["result"] == "invalid":
                    answer["error"] = {name: answer["error"][name] for name in ("stage", "code")}
            assert answers[0] == answers[1], (op, given)
    finally:
        for adapter in adapters:
            adapter.kill()


Maker = Callable[[random.Random], Iterator[Request]]

QUICK: dict[Maker, int] = {
    encodings: 400,
    steps: 300,
    proofs: 200,
    objects: 30,
    bundles: 120,
    grafts: 200,
    evidence: 60,
    epochs: 300,
}
LONG: dict[Maker, int] = {
    encodings: 40_000,
    steps: 30_000,
    proofs: 20_000,
    objects: 1_000,
    bundles: 8_000,
    grafts: 8_000,
    evidence: 3_000,
    epochs: 30_000,
}


@pytest.mark.parametrize("make", QUICK, ids=lambda make: make.__name__)
def test_both_answer_alike(make: Maker) -> None:
    compare(make(random.Random(20261120)), QUICK[make])


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("make", LONG, ids=lambda make: make.__name__)
def test_both_answer_alike_for_long(make: Maker) -> None:
    compare(make(random.Random()), LONG[make])

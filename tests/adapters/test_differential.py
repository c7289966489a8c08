"""Our adapter and the JavaScript one, asked the same things that nobody wrote a vector for: they must answer alike."""

import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support import node
from tracework.conformance.process import AdapterProcess
from tracework.conformance.suite import load

VECTORS = Path(__file__).parents[2] / "vectors"
Request = tuple[str, dict[str, Any]]


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

QUICK: dict[Maker, int] = {encodings: 400, steps: 300, proofs: 200, objects: 30}
LONG: dict[Maker, int] = {encodings: 40_000, steps: 30_000, proofs: 20_000, objects: 1_000}


@pytest.mark.parametrize("make", QUICK, ids=lambda make: make.__name__)
def test_both_answer_alike(make: Maker) -> None:
    compare(make(random.Random(20261120)), QUICK[make])


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("make", LONG, ids=lambda make: make.__name__)
def test_both_answer_alike_for_long(make: Maker) -> None:
    compare(make(random.Random()), LONG[make])

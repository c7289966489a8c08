"""The vectors' ids, commitments, hashes and draws, by a literal transcription of the specification over cbor2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from blake3 import blake3

VECTORS = Path(__file__).parents[2] / "vectors/1"


def cases(path: str) -> list[dict[str, Any]]:
    found = json.loads((VECTORS / f"{path}.json").read_bytes())["cases"]
    return [case for case in found if case["result"] == "valid"]


def h(domain: str, data: bytes) -> bytes:
    key = blake3(b"", derive_key_context="tracework 2026-11 v1 " + domain).digest()
    return blake3(data, key=key).digest()


def item(digits: str) -> Any:
    return cbor2.loads(bytes.fromhex(digits))


def identity(domain: str, network: str, body: Any) -> bytes:
    """HSH-006. cbor2 writes maps in the order in which they were read, which is ascending."""
    return h(domain, h("network", network.encode()) + cbor2.dumps(body))


def unit_id(unit: Any) -> bytes:
    return identity("unit", unit[2][0], unit[2])


def test_commits() -> None:
    for case in cases("commit/check"):
        commit = item(case["input"]["commit"])
        assert identity("commit", commit[2][0], commit[2]).hex() == case["output"]["id"]  # CMT-002
        assert commit[2][3].hex() == case["output"]["commitment"]


def result_of(claim: Any) -> bytes:
    """CMT-050."""
    if claim[0] == "tracework/opaque-claim":
        found: bytes = claim[3][2]
        return found
    return h("result", cbor2.dumps({key: value for key, value in claim[3].items() if key >= 2}))


def test_openings() -> None:
    for case in cases("commit/open"):
        commit, reveal, said = item(case["input"]["commit"]), item(case["input"]["reveal"]), case["output"]
        claim, blinding = reveal[2], reveal[3]
        network = claim[2][2][0]
        domain = claim[0].removeprefix("tracework/")
        claim_id = identity(domain, network, claim[3])
        assert said["unit"] == unit_id(claim[2]).hex() and said["claim_id"] == claim_id.hex()
        commitment = h("commitment", claim[3][0] + claim[3][1] + claim_id + blinding)  # CMT-003
        assert said["commitment"] == commitment.hex() == commit[2][3].hex()
        assert said["commit_id"] == identity("commit", network, commit[2]).hex()
        unsigned = {key: value for key, value in reveal.items() if key != max(reveal)}
        assert said["reveal_id"] == identity("reveal", network, unsigned).hex()  # CMT-021
        assert said["result_digest"] == result_of(claim).hex()


def test_reveals() -> None:
    for case in cases("commit/reveal"):
        reveal = item(case["input"]["reveal"])
        unsigned = {key: value for key, value in reveal.items() if key != max(reveal)}
        assert case["output"]["id"] == identity("reveal", reveal[2][2][2][0], unsigned).hex()
        assert case["output"]["result_digest"] == result_of(reveal[2]).hex()


def signers(field: bytes) -> list[int]:
    """ATT-012."""
    return [i for i in range(8 * len(field)) if field[i // 8] // 2 ** (i % 8) % 2]


@pytest.mark.parametrize(
    ("path", "name", "domain"),
    [("receipt/check", "receipt", "receipt"), ("attestation/check", "aggregate", "statement")],
)
def test_aggregates(path: str, name: str, domain: str) -> None:
    for case in cases(path):
        signed, committee = item(case["input"][name]), item(case["input"]["committee"])
        assert case["output"]["id"] == identity(domain, signed[2][0], signed[2]).hex()
        assert signed[2][1] == identity("committee", committee[2], committee)  # ATT-002
        members = signers(signed[3])
        assert case["output"]["signers"] == [str(member) for member in members]
        assert case["output"]["weight"] == str(sum(committee[4][member][2] for member in members))


def test_committees_and_registries() -> None:
    for case in cases("attestation/committee"):
        committee = item(case["input"]["committee"])
        assert case["output"]["hash"] == identity("committee", committee[2], committee).hex()
        assert case["output"]["total"] == str(sum(member[2] for member in committee[4]))
    for case in cases("registry/check"):
        registry = item(case["input"]["registry"])
        assert case["output"]["hash"] == identity("registry", registry[2], registry).hex()


def test_slots() -> None:
    for case in cases("receipt/slots"):
        slot, delay = int(case["input"]["slot"]), int(case["input"]["delay"])
        assert case["output"] == {
            "first_round": str(slot * 10 + 1),
            "last_round": str((slot + 1) * 10),
            "drawing_round": str((slot + delay + 1) * 10),
        }


class Stream:
    """DRW-002 and DRW-003."""

    def __init__(self, seed: bytes) -> None:
        self.seed, self.block = seed, 0

    def below(self, n: int) -> int:
        bits = 0
        while 1 << bits < n:
            bits += 1
        while True:
            data = h("draw", self.seed + self.block.to_bytes(8, "little"))
            self.block += 1
            found = int.from_bytes(data[:16], "little") % (1 << bits)
            if found < n:
                return found


def draw(registry: Any, unit: Any, stream: Stream, count: int, excluded: set[bytes]) -> list[bytes]:
    """REG-020, REG-021, REG-024, REG-025 and REG-028, over lists."""
    body = unit[2]
    wanted = body.get(10, {})
    tiers: list[list[tuple[bytes, int]]] = [[] for _ in range(len(wanted.get(3, [])) + 1)]
    for account in registry[4]:
        stake = int.from_bytes(account[3], "big")
        fits = all(account[4 + key] >= wanted.get(key, 0) for key in range(3))
        machine = 3 not in body or body[3][0] in account[8]
        free = account[9] < account[10] and account[0] not in {body[1], *excluded}
        staked = stake >= int.from_bytes(wanted.get(4, b""), "big") * (account[9] + 1)
        if stake and free and fits and machine and staked:
            place = wanted.get(3, []).index(account[7]) if account[7] in wanted.get(3, []) else -1
            tiers[place].append((account[0], stake))
    drawn = []
    for _ in range(count):
        whole = sum(stake for tier in tiers for _, stake in tier)
        near: list[tuple[bytes, int]] = []
        for tier in tiers:
            near = near + tier
            part = sum(stake for _, stake in near)
            if part and 10 * part >= whole:
                break
        x, so_far = stream.below(sum(stake for _, stake in near)), 0
        place = 0
        while (so_far := so_far + near[place][1]) <= x:
            place += 1
        drawn.append(near[place][0])
        tiers = [[entry for entry in tier if entry[0] != drawn[-1]] for tier in tiers]
    return drawn


def test_assignments() -> None:
    for case in cases("registry/assign"):
        given, said = case["input"], case["output"]
        registry, unit = item(given["registry"]), item(given["unit"])
        policy = unit[2][5]
        seed = h(
            "assignment",
            h("network", unit[2][0].encode())
            + identity("registry", registry[2], registry)
            + unit_id(unit)
            + bytes.fromhex(given["beacon"])
            + bytes([int(given["purpose"])]),
        )
        assert seed.hex() == said["seed"]
        auditors = given["purpose"] == "2"
        count = policy[0][2] if auditors else policy[1][0]
        excluded = {bytes.fromhex(key) for key in given.get("excluded", ())}
        assert [key.hex() for key in draw(registry, unit, Stream(seed), count, excluded)] == said["drawn"], case["id"]
        delay = policy[0 if auditors else 4][1]
        assert said["round"] == str((int(given["slot"]) + delay + 1) * 10)


def test_replications() -> None:
    for case in cases("registry/replicated"):
        given, unit = case["input"], item(case["input"]["unit"])
        floor, reputation = unit[2][5][1][2][0], int(given["reputation"])
        chance = max(-(-floor * 2**32 // 10000), 2**32 - reputation)
        material = h("network", unit[2][0].encode()) + unit_id(unit)
        material += bytes.fromhex(given["primary"]) + bytes.fromhex(given["beacon"])
        drawn = Stream(h("replication", material)).below(2**32)
        assert case["output"] == {
            "round": str((unit[2][6][0] + 1 + 1) * 10),
            "chance": str(chance),
            "replicated": drawn < chance,
        }


def test_quorums_count_what_agrees() -> None:
    """RED-030 over the verdict's own parties: accepted iff as many agree as the quorum says."""
    for case in cases("redundancy/quorum"):
        unit, said = item(case["input"]["unit"]), case["output"]
        standings = [party["standing"] for party in said["parties"]]
        agreeing, uncalled = standings.count("agrees"), standings.count("uncalled")
        needed = 1 if uncalled else unit[2][5][1][1]
        assert (said["claim"] == "accepted") == (said["evidence"] == "valid" and agreeing >= needed), case["id"]
        results: dict[bytes, bytes] = {}
        for digits in case["input"]["files"]:
            if digits != "ff" and item(digits)[0] in ("tracework/reveal", "tracework/opaque-reveal"):
                claim = item(digits)[2]
                results[claim[3][1]] = result_of(claim)
        alike = {results[bytes.fromhex(one["key"])] for one in said["parties"] if one["standing"] == "agrees"}
        assert len(alike) <= 1
        assert all(
            results[bytes.fromhex(one["key"])] not in alike for one in said["parties"] if one["standing"] == "dissents"
        )


def test_accused_signed_both() -> None:
    for case in cases("equivocation/check"):
        evidence = item(case["input"]["evidence"])
        bodies = [cbor2.loads(evidence[key][0]) for key in (4, 5)]
        if 6 in evidence:
            both = set(signers(evidence[4][1])) & set(signers(evidence[5][1]))
            accused = [evidence[6][4][member][0] for member in sorted(both)]
        else:
            accused = [bodies[0][2 if evidence[2] == 3 else 1]]
        assert [key.hex() for key in accused] == case["output"]["accused"]


STANDINGS = "agrees dissents undecided absent missing early late copied malformed refuted equivocated signed uncalled"


def test_verdicts() -> None:
    for case in cases("verdict/read"):
        verdict, said = item(case["input"]["verdict"]), case["output"]
        assert said["evidence"] == ("valid", "invalid", "incomplete")[verdict[2] - 1]
        assert said["claim"] == ("accepted", "refuted", "inconclusive")[verdict[3] - 1]
        assert said["evidence_hash"] == verdict[4].hex()
        assert said.get("error") == ({"stage": verdict[7][0], "code": verdict[7][1]} if 7 in verdict else None)
        assert said.get("blame") == (("worker", "presenter", "members")[verdict[8] - 1] if 8 in verdict else None)
        assert [check["requirement"] for check in said["checks"]] == [check[0] for check in verdict[6]]
        assert [one["standing"] for one in said["parties"]] == [STANDINGS.split()[one[1] - 1] for one in verdict[9]]
        assert [one["code"] for one in said["set_aside"]] == [one[1] for one in verdict[10]]

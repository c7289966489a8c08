"""The machine's vectors against the second machine, and where it is installed against qemu-riscv64."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from blake3 import blake3

from support.machine_model import Model
from tracework.conformance.values import number, octets
from tracework.protocol.machine.decode import TABLE

STEP_FILES = [
    *(
        "registers",
        "immediates",
        "jumps",
        "memory",
        "system",
        "fetch",
        "access-faults",
        "priorities",
        "witness",
        "points",
    ),
]


@pytest.fixture(scope="module")
def cases(root: Any) -> dict[str, list[dict[str, Any]]]:
    """Cases by file name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["cases"]
        for path in sorted((root / "vectors/1/machine").glob("*.json"))
    }


def load(input: dict[str, Any]) -> Model:
    """The second machine, in a case's state."""
    state = input["state"]
    x = [number(state["registers"].get(f"x{index}", "0")) for index in range(32)]
    model = Model(
        number(state["pc"]), number(input["code_first"]), number(input["code_end"]), number(input["max_steps"]), x
    )
    model.steps, model.status, model.code = (number(state[name]) for name in ("steps", "status", "code"))
    for place in input["memory"]:
        model.put(number(place["address"]), octets(place["data"]))
    return model


def spelled(model: Model) -> dict[str, Any]:
    """A state as vectors have it."""
    return {
        "status": str(model.status),
        "code": str(model.code),
        "pc": str(model.pc),
        "steps": str(model.steps),
        "registers": {f"x{index}": str(value) for index, value in enumerate(model.x) if value},
    }


@pytest.mark.parametrize("name", STEP_FILES)
def test_the_second_machine_takes_the_same_steps(name: str, cases: dict[str, list[dict[str, Any]]]) -> None:
    for case in cases[name]:
        model = load(case["input"])
        for _ in range(number(case["input"]["count"])):
            model.step()
        missing = model.touched - {number(page) for page in case["input"].get("witness", [])}
        if case["result"] == "invalid":
            assert case["error"] == {"stage": "execution", "code": "witness-incomplete"}
            assert missing, case["id"]
            continue
        assert not ("witness" in case["input"] and missing), case["id"]
        output = case["output"]
        assert spelled(model) == output["state"], case["id"]
        assert [str(page) for page in sorted(model.touched)] == output["touched"], case["id"]
        looked = [model.get(number(place["address"]), number(place["length"])) for place in case["input"]["look"]]
        assert looked == [octets(place["data"]) for place in output["memory"]], case["id"]


def test_the_second_machine_reads_the_same_words(cases: dict[str, list[dict[str, Any]]]) -> None:
    for case in cases["decode"] + cases["illegal"]:
        model = Model(0, 0, 1, 10, x=[0] * 17 + [93] + [0] * 14)
        model.put(0, octets(case["input"]["word"]))
        model.step()
        assert ((model.status, model.code) != (2, 1)) == case["output"]["legal"], case["id"]


@cache
def key(domain: str) -> bytes:
    return blake3(b"", derive_key_context="tracework 2026-11 v1 " + domain).digest()


@cache
def zero(level: int) -> bytes:
    if level == 0:
        return blake3(bytes(4096), key=key("page")).digest()
    return blake3(zero(level - 1) * 2, key=key("memory-node")).digest()


def root_of(pages: dict[int, bytes], level: int = 20, position: int = 0) -> bytes:
    """A memory root, from the top down."""
    if not pages:
        return zero(level)
    if level == 0:
        return blake3(pages[position], key=key("page")).digest()
    middle = 2 * position + 1 << level - 1
    left = {number: page for number, page in pages.items() if number < middle}
    right = {number: page for number, page in pages.items() if number >= middle}
    both = root_of(left, level - 1, 2 * position) + root_of(right, level - 1, 2 * position + 1)
    return blake3(both, key=key("memory-node")).digest()


def hash_of(context: bytes, model: Model) -> bytes:
    """A state's hash, from its memory byte by byte."""
    numbers = sorted({address // 4096 for address, byte in model.memory.items() if byte})
    root = root_of({page: model.get(page * 4096, 4096) for page in numbers})
    fields = [(model.status, 1), (model.code, 8), (model.pc, 8), *((x, 8) for x in model.x[1:]), (model.steps, 8)]
    body = b"".join(value.to_bytes(size, "little") for value, size in fields)
    return blake3(context + body + root, key=key("state")).digest()


def test_the_second_machine_has_the_same_hashes_at_every_boundary(cases: dict[str, list[dict[str, Any]]]) -> None:
    for case in cases["run"]:
        given, output = case["input"], case["output"]
        data = octets(given["input"])
        entry, first, end, most = (number(given[name]) for name in ("entry", "code_first", "code_end", "max_steps"))
        model = Model(entry, first, end, most)
        model.x[10], model.x[11] = 2**31, len(data)
        model.put(2**31, data)
        for place in given["image"]:
            model.put(number(place["address"]), octets(place["data"]))
        context = blake3(octets(output["context"]), key=key("context")).digest()
        assert context.hex() == output["context_hash"]
        leaves, touched = [hash_of(context, model)], []
        while model.status == 0:
            model.step()
            if model.status != 0 or model.steps % 2 ** number(given["segment_log2"]) == 0:
                leaves.append(hash_of(context, model))
                touched.append([str(page) for page in sorted(model.touched)])
                model.touched.clear()
        assert spelled(model) == output["state"], case["id"]
        assert [leaf.hex() for leaf in leaves] == output["leaves"], case["id"]
        assert touched == output["touched"], case["id"]
        length = model.x[11] if model.status == 1 else 0
        assert model.get(3 * 2**30, length).hex() == output["output"], case["id"]


def test_the_cases_cover_the_table_and_the_points(cases: dict[str, list[dict[str, Any]]]) -> None:
    everything = [case for file in cases.values() for case in file]
    stepped = {case["id"].split("-")[1] for name in STEP_FILES for case in cases[name]}
    assert {row.mnemonic for row in TABLE} <= stepped
    points = {case["id"].split("-")[2] for case in everything if case["id"].startswith("machine-point-")}
    assert points == {f"{number:02d}" for number in range(1, 38)}
    faults = {case["output"]["state"]["code"] for case in cases["points"] if case["output"]["state"]["status"] == "2"}
    assert faults == {str(code) for code in range(1, 11)} - {"4"}

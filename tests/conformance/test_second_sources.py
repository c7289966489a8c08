"""What `checked_by` says was compared is compared here, where it isn't the JavaScript implementation's own test."""

import json
import re
from pathlib import Path
from typing import Any

import cbor2
import pytest
from blake3 import blake3

from tracework.conformance import generate
from tracework.conformance.generate import _flags
from tracework.conformance.suite import load
from tracework.conformance.values import octets

VECTORS = Path(__file__).parents[2] / "vectors"


def plain(item: dict[str, Any]) -> Any:
    """A described item as cbor2 gives it."""
    ((kind, value),) = item.items()
    match kind:
        case "uint":
            return int(value)
        case "bytes":
            return octets(value)
        case "array":
            return [plain(element) for element in value]
        case "map":
            return {int(pair["key"]): plain(pair["value"]) for pair in value}
        case _:
            return value


def test_cbor2_reads_and_writes_what_the_vectors_say() -> None:
    """For unsigned integers as keys, its canonical order is ours."""
    cases = [case for case in load().cases if case.op in ("encoding.decode", "encoding.encode") and case.valid]
    for case in cases:
        data, item = (
            (case.input["data"], case.expected["item"])
            if case.op == "encoding.decode"
            else (case.expected["data"], case.input["item"])
        )
        assert cbor2.loads(octets(data)) == plain(item), case.id
        assert cbor2.dumps(plain(item), canonical=True) == octets(data), case.id
    assert len(cases) > 100


KEY = b"whats the Elvish word for friend"
CONTEXT = "BLAKE3 2019-12-27 16:29:52 test vectors context"
PUBLISHED = {
    0: (
        "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26",
        "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d",
    ),
    1: (
        "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b",
        "b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c",
    ),
}
"""Length of input to the first 32 bytes of keyed_hash and derive_key, from BLAKE3's own test_vectors.json."""


@pytest.mark.parametrize("length", PUBLISHED)
def test_the_hash_library_gives_blake3s_published_values(length: int) -> None:
    data = bytes(i % 251 for i in range(length))
    keyed, derived = PUBLISHED[length]
    assert blake3(data, key=KEY).hexdigest() == keyed
    assert blake3(data, derive_key_context=CONTEXT).hexdigest() == derived


def test_every_flag_occurs_and_every_file_names_its_second_source() -> None:
    files = [json.loads(path.read_bytes()) for path in VECTORS.glob("1/*/*.json")]
    assert set(_flags.FLAGS) == {flag for file in files for flag in file["flags"]}
    assert all(len(file["source"]["checked_by"].split()) >= 2 for file in files)
    assert not [file["title"] for file in files if "none" in file["source"]["checked_by"]]


def test_what_is_named_as_a_second_source_is_there() -> None:
    for file in VECTORS.glob("1/*/*.json"):
        named = re.findall(r"tests/[\w/.]*\w", json.loads(file.read_bytes())["source"]["checked_by"])
        assert all((VECTORS.parent / path).exists() for path in named), (file.name, named)


def test_the_suite_stays_small_enough_to_clone() -> None:
    sizes = [path.stat().st_size for path in VECTORS.rglob("*.json")]
    assert sum(sizes) < 30_000_000 and generate.SUITE_VERSION

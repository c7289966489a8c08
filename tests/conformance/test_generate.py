"""The committed suite is what its generators make, and what its schemas describe."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tracework.conformance import generate
from tracework.conformance.generate.__main__ import main

VECTORS = Path(__file__).parents[2] / "vectors"
SCHEMAS = {
    path.relative_to(VECTORS): json.loads(path.read_bytes()) for path in sorted(VECTORS.glob("schema/**/*.json"))
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
FILES = sorted(path.relative_to(VECTORS).as_posix() for path in VECTORS.glob("1/*/*.json"))


def validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": reference}, registry=REGISTRY)


@pytest.mark.parametrize("topic", generate.topics())
def test_committed_files_are_what_the_generators_make(topic: str) -> None:
    made = generate.topic_files(topic)
    committed = {f"1/{topic}/{path.name}": path.read_bytes() for path in VECTORS.glob(f"1/{topic}/*.json")}
    assert made.keys() == committed.keys(), "run `make vectors`"
    assert [name for name in made if made[name] != committed[name]] == [], "run `make vectors`"


def test_manifest_lists_exactly_the_committed_files() -> None:
    committed = {name: (VECTORS / name).read_bytes() for name in FILES}
    assert (VECTORS / "manifest.json").read_bytes() == generate.manifest(committed), "run `make vectors`"
    assert {path.parent.name for path in VECTORS.glob("1/*/*")} <= set(generate.topics())


@pytest.mark.parametrize("path", SCHEMAS, ids=str)
def test_schemas_are_schemas(path: Path) -> None:
    Draft202012Validator.check_schema(SCHEMAS[path])


def test_manifest_fits_its_schema() -> None:
    validator("urn:tracework:manifest:1").validate(json.loads((VECTORS / "manifest.json").read_bytes()))


@pytest.mark.parametrize("name", FILES)
def test_files_fit_their_schema_and_their_operations(name: str) -> None:
    content = json.loads((VECTORS / name).read_bytes())
    validator("urn:tracework:vectors:1").validate(content)
    topic = name.split("/")[1]
    operation = f"urn:tracework:operations:{topic}:1#/$defs/{content['op']}"
    given, made = validator(f"{operation}/input"), validator(f"{operation}/output")
    for case in content["cases"]:
        given.validate(case["input"])
        if case["result"] == "valid":
            made.validate(case["output"])


def test_every_operation_has_a_section_in_the_readme() -> None:
    text = (VECTORS / "README.md").read_text()
    operations = {json.loads((VECTORS / name).read_bytes())["op"] for name in FILES}
    assert [op for op in sorted(operations) if f"### `{op}`" not in text] == []


def test_check_finds_a_changed_a_missing_and_a_stale_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path), "hashing"]) == 0
    assert main(["--root", str(tmp_path), "--check", "hashing"]) == 0
    digests = tmp_path / "1/hashing/digest.json"
    digests.write_bytes(digests.read_bytes().replace(b"4096", b"4097"))
    (tmp_path / "1/hashing/network-id.json").unlink()
    (tmp_path / "1/hashing/stray.json").write_text("{}")
    capsys.readouterr()
    assert main(["--root", str(tmp_path), "--check", "hashing"]) == 1
    said = capsys.readouterr().err
    assert "1/hashing/digest.json" in said and "1/hashing/network-id.json" in said and "stray" in said


def good_case(**changes: Any) -> generate.Case:
    arguments = {"id": "x-a", "comment": "c", "req": ["ABC-001"], "input": {}, "output": {}}
    return generate.valid(**(arguments | changes))


@pytest.mark.parametrize(
    "cases",
    [
        [],
        [good_case(), good_case()],
        [good_case(id="other-topic")],
        [good_case(id="x-Upper")],
        [good_case(req=[])],
        [good_case(req=["ABC-1"])],
        [good_case(flags=["NoSuchFlag"])],
        [generate.invalid("x-a", "c", ["ABC-001"], {}, "nowhere/code")],
        [generate.invalid("x-a", "c", ["ABC-001"], {}, "decode/Not-kebab")],
    ],
)
def test_mistakes_in_a_generator_show_when_it_runs(cases: list[generate.Case]) -> None:
    with pytest.raises(ValueError):
        generate._check("x", generate.VectorFile(name="f", op="x.y", title="t", checked_by="s", cases=cases))


def test_an_id_in_two_files_shows_in_the_manifest() -> None:
    file = generate.dump({"op": "x.y", "cases": [{"id": "x-a"}]})
    with pytest.raises(ValueError, match="x-a"):
        generate.manifest({"1/x/a.json": file, "1/x/b.json": file})


def test_a_retired_id_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "RETIRED", (("x-a", "It tested nothing."),))
    file = generate.dump({"op": "x.y", "cases": [{"id": "x-a"}]})
    with pytest.raises(ValueError, match="retired"):
        generate.manifest({"1/x/a.json": file})
    assert json.loads(generate.manifest({}))["retired"] == [{"id": "x-a", "reason": "It tested nothing."}]

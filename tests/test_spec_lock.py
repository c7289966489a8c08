"""Holds the specification, the code and the vectors together, in both directions.

The lock is loose on the prefixes that spec/waivers.toml lists as arriving, and strict on all others.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from support import spec_text, spec_write
from tracework.protocol import errors

CODE = ["protocol", "verifier", "worker", "conformance", "lab", "cli"]
DOCUMENTS = [pytest.param(path, id=path.name) for path in spec_text.documents()]

KINDS = {
    "prose": "says how to read or name things: there is nothing to run",
    "permission": "allows something: nothing can fail",
    "operator": "is for people or organisations to keep, not for a program",
    "tested-in": "can't be a vector; the tests that it names hold it",
}


def strict(identity: str) -> bool:
    """Whether the lock is strict on an id (or prefix)."""
    return identity[:3] not in spec_text.arriving()


def known() -> dict[str, spec_text.Requirement]:
    """The requirements by id."""
    return {requirement.id: requirement for requirement in spec_text.requirements()}


def own_code(root: Path) -> Iterator[Path]:
    """Every Python source of the packages."""
    for package in CODE:
        yield from sorted((root / package).rglob("*.py"))


def error_table() -> dict[str, tuple[str, list[str]]]:
    """Code to stage and requirement ids, as spec/errors.md has it."""
    found: dict[str, tuple[str, list[str]]] = {}
    for table in spec_text.tables(spec_text.SPEC / "errors.md"):
        if table.header[:3] == ("code", "stage", "requirements"):
            for code, stage, ids, *_ in table.rows:
                assert code.strip("`") not in found, f"{code} stands twice in spec/errors.md"
                found[code.strip("`")] = stage, [identity.strip() for identity in ids.split(",")]
    return found


# Requirement lines


def test_ids_are_unique() -> None:
    counts = Counter(requirement.id for requirement in spec_text.requirements())
    assert [identity for identity, count in counts.items() if count > 1] == []


def test_one_prefix_a_document() -> None:
    pairs = {(requirement.prefix, requirement.line.path.name) for requirement in spec_text.requirements()}
    assert len({prefix for prefix, _ in pairs}) == len({name for _, name in pairs}) == len(pairs), sorted(pairs)


def test_index_names_every_document() -> None:
    (table,) = (t for t in spec_text.tables(spec_text.SPEC / "README.md") if t.header[:2] == ("document", "prefix"))
    index = {re.sub(r"\[(.*)\]\(\1\)", r"\1", document): prefix for document, prefix, *_ in table.rows}
    there = {path.name for path in spec_text.documents()} - {"README.md"}
    assert there <= index.keys()
    if not spec_text.arriving():
        assert there == index.keys()
    for requirement in spec_text.requirements():
        assert index[requirement.line.path.name] == requirement.prefix, requirement.line.place


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_must_is_numbered(path: Path) -> None:
    numbered = {r.line.number for r in spec_text.requirements() if r.line.path == path}
    for line in spec_text.lines(path):
        if line.fence is None and line.number not in numbered and not line.text.startswith(">"):
            bare = re.sub(r"`[^`]*`", "", line.text)
            assert not spec_text.KEYWORD.search(bare), f"{line.place}: a MUST without a number"
            assert not re.search(r"\*\*[A-Z]{3}-\d{3}\*\*", bare), f"{line.place}: not the form of a requirement"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_requirements_stand_on_one_line(path: Path) -> None:
    lines = spec_text.lines(path)
    for line, following in itertools.pairwise(lines):
        if line.fence is None and spec_text.REQUIREMENT.fullmatch(line.text):
            assert not following.text.startswith(" "), f"{following.place}: continues a requirement"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_references_exist(path: Path) -> None:
    """An id in the text is one that stands in spec/, unless its document is yet to come."""
    prefixes = {requirement.prefix for requirement in spec_text.requirements()}
    for line in spec_text.lines(path):
        for prefix, number in spec_text.ID.findall(line.text):
            if prefix in prefixes and strict(prefix) and line.fence is None:
                assert f"{prefix}-{number}" in known(), f"{line.place}: there is no {prefix}-{number}"


def test_list_of_ids_is_current() -> None:
    """Run `make spec`; an id that leaves needs a note in spec/requirements.txt."""
    listed = spec_text.listed()
    assert [i for i in listed.active if strict(i)] == sorted(i for i in known() if strict(i))
    assert not listed.retired.keys() & known().keys(), "a retired id never comes back"
    assert all(note.strip() for note in listed.retired.values())


def test_links_lead_somewhere(root: Path) -> None:
    pages = [*spec_text.documents(), *root.glob("*.md"), *root.glob("docs/*.md")]
    pages += [*root.glob("vectors/*.md"), *root.glob("examples/**/*.md")]
    for page in pages:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if ":" not in target and not (spec_text.arriving() and page.parent.name in {"spec", "vectors"}):
                assert (page.parent / target).exists(), f"{page.relative_to(root)} links to {target}"


# Errors


def test_codes_are_those_of_the_registry() -> None:
    assert {code: stage for code, (stage, _) in error_table().items()} == errors.CODES
    assert set(errors.CODES.values()) <= set(errors.STAGES)


def test_requirements_and_registry_name_the_same_errors() -> None:
    """What a requirement says that it leads to stands in the table with that requirement, and the other way round."""
    table = error_table()
    for requirement in spec_text.requirements():
        for stage, code in requirement.errors:
            assert code in table, f"{requirement.line.place}: spec/errors.md has no {code}"
            assert table[code][0] == stage, f"{requirement.line.place}: {code} is of the stage {table[code][0]}"
            assert requirement.id in table[code][1], f"spec/errors.md: {code} can come of {requirement.id} too"
    for code, (stage, ids) in table.items():
        for identity in ids:
            if identity in known():
                assert (stage, code) in known()[identity].errors, f"{identity} doesn't say *({stage}/{code})*"
            else:
                assert not strict(identity), f"spec/errors.md: {code} cites {identity}, which isn't there"


def test_code_raises_what_the_registry_has(root: Path) -> None:
    stages = {cls.__name__: cls.stage for cls in errors.ProtocolError.__subclasses__()}
    assert set(stages.values()) == set(errors.STAGES)
    table = error_table()
    for path in own_code(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func).split(".")[-1] not in stages:
                continue
            where = f"{path.relative_to(root)}:{node.lineno}"
            stage = stages[ast.unparse(node.func).split(".")[-1]]
            code = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
            cited = {keyword.arg: keyword.value for keyword in node.keywords}.get("requirement")
            if isinstance(code, str):
                assert errors.CODES.get(code) == stage, f"{where}: {stage}/{code} isn't in spec/errors.md"
                if isinstance(cited, ast.Constant):
                    assert cited.value in table[code][1], f"{where}: spec/errors.md has {code} for {table[code][1]}"


def test_code_cites_what_exists(root: Path) -> None:
    prefixes = {requirement.prefix for requirement in spec_text.requirements()}
    for path in own_code(root):
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for prefix, digits in spec_text.ID.findall(text):
                if prefix in prefixes and strict(prefix):
                    assert f"{prefix}-{digits}" in known(), f"{path.relative_to(root)}:{number} cites {prefix}-{digits}"


# Constants, schema, examples


def constants() -> list[tuple[Path, str, str, str]]:
    """Document, name, value and module of each row of each constants table."""
    found = []
    for path in spec_text.documents():
        for table in spec_text.tables(path):
            if table.header[:3] == ("constant", "value", "module"):
                found += [(path, row[0].strip("`"), row[1], row[2].strip("`")) for row in table.rows]
    return found


@pytest.mark.parametrize(("path", "name", "text", "module"), constants())
def test_constants_equal_the_modules(path: Path, name: str, text: str, module: str) -> None:
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        if spec_text.arriving():
            pytest.skip(f"{module} has no {name} yet")
        raise
    if isinstance(found, bytes):
        found = found.decode("ascii")
    assert found == spec_text.value(text), f"spec/{path.name}: {name}"
    assert not isinstance(found, bool)


def test_schema_fences_are_parts_of_the_schema() -> None:
    schema_path = spec_text.SPEC / "tracework.cddl"
    schema = schema_path.read_text(encoding="utf-8") if schema_path.exists() else ""
    for path in spec_text.documents():
        for number, body in spec_text.fences(path, "cddl"):
            assert f"\n{body}" in f"\n{schema}", f"spec/{path.name}:{number} isn't in tracework.cddl, line for line"


def test_schema_parses() -> None:
    pycddl = pytest.importorskip("pycddl", reason="pycddl has no wheel for this machine")
    path = spec_text.SPEC / "tracework.cddl"
    if not path.exists():
        assert spec_text.arriving()
        pytest.skip("the schema is yet to come")
    pycddl.Schema(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS)
def test_examples_are_rendered_from_vectors(path: Path) -> None:
    """Run `make spec` where this fails."""
    text, missing = spec_write.with_examples(path)
    assert text == path.read_text(encoding="utf-8"), f"spec/{path.name}: run `make spec`"
    prefixes = {r.prefix for r in spec_text.requirements() if r.line.path == path}
    assert not missing or not all(strict(prefix) for prefix in prefixes), f"spec/{path.name}: no case {missing}"


# Vectors and waivers


def cited() -> set[str]:
    """Ids that some case of the suite cites."""
    return {identity for case in spec_text.cases().values() for identity in case["req"]}


def reported(case: dict[str, Any]) -> dict[str, str] | None:
    """The error that a case ends in, or that its verdict names: a refutation is what a check gives that went well."""
    error: dict[str, str] | None = case["error"] if case["result"] == "invalid" else case["output"].get("error")
    return error


def test_vectors_cite_what_exists() -> None:
    table = error_table()
    for place, case in spec_text.cases().items():
        assert [i for i in case["req"] if strict(i) and i not in known()] == [], place
        if error := reported(case):
            stage, code = error["stage"], error["code"]
            assert table.get(code, ("",))[0] == stage, f"{place}: {stage}/{code} isn't in spec/errors.md"
            assert set(case["req"]) & set(table[code][1]), f"{place}: cites nothing that leads to {code}"


def test_every_requirement_has_a_vector_or_a_waiver() -> None:
    waived = spec_text.waivers().get("requirement", {})
    bare = [i for i in known() if strict(i) and i not in cited() and i not in waived]
    assert bare == [], "cite these in a vector, or waive them with a reason in spec/waivers.toml"


def test_every_code_has_a_vector_or_a_waiver() -> None:
    waived = spec_text.waivers().get("code", {})
    shown = {error["code"] for case in spec_text.cases().values() if (error := reported(case))}
    bare = [
        code for code, (_, ids) in error_table().items() if code not in shown | set(waived) and all(map(strict, ids))
    ]
    assert bare == [], "give these codes a negative case, or waive them with a reason in spec/waivers.toml"
    assert not waived.keys() & shown and waived.keys() <= error_table().keys(), "a waiver that nothing needs"


def test_waivers_hold(root: Path) -> None:
    table: dict[str, dict[str, Any]] = spec_text.waivers().get("requirement", {})
    every = table | spec_text.waivers().get("code", {})
    for name, waiver in every.items():
        assert waiver.keys() <= {"kind", "reason", "tests"}, name
        assert waiver["kind"] in KINDS, f"{name}: the kinds are {sorted(KINDS)}"
        assert len(waiver["reason"].split()) >= 3, f"{name}: say why, in a sentence"
        assert bool(waiver.get("tests")) == (waiver["kind"] == "tested-in"), f"{name}: `tests` goes with `tested-in`"
        for test in waiver.get("tests", ()):
            path, _, function = test.partition("::")
            source = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
            assert f"def {function}(" in source, f"{name}: there is no test {test}"
    for identity in table:
        assert identity in known() or not strict(identity), f"waived, but not there: {identity}"
        assert identity not in cited(), f"waived, but a vector cites it: {identity}"


def test_arriving_prefixes_are_of_the_index() -> None:
    (table,) = (t for t in spec_text.tables(spec_text.SPEC / "README.md") if t.header[:2] == ("document", "prefix"))
    assert spec_text.arriving() <= {row[1] for row in table.rows}

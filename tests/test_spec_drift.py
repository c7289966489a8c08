"""The lock of test_spec_lock.py closes: each planted drift makes one of its tests fail."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import test_spec_lock as lock
from support import spec_text


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of spec/ that the lock looks at instead of the real one."""
    copy = tmp_path / "spec"
    shutil.copytree(spec_text.SPEC, copy)
    monkeypatch.setattr(spec_text, "SPEC", copy)
    forget()
    yield copy
    forget()


def forget() -> None:
    """Let the lock read the documents again."""
    for cached in (spec_text.requirements, spec_text.waivers, spec_text.lines):
        cached.cache_clear()


def plant(path: Path, old: str, new: str) -> None:
    """Replace one text of a document that is there exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} has {text.count(old)} of {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


DRIFTS = [
    ("conventions.md", "- **CNV-002**", "- **CNV-001**", "ids_are_unique"),
    ("conventions.md", "- **CNV-002**", "- **MRK-099**", "one_prefix_a_document"),
    ("conventions.md", "- **CNV-002** A", "A", "every_must_is_numbered"),
    ("conventions.md", "- **CNV-002** A", "- **CNV-2** A", "every_must_is_numbered"),
    ("conventions.md", "- **CNV-002** A", "- **CNV-002**: A", "every_must_is_numbered"),
    ("conventions.md", ", each with a note.\n", ", each\n  with a note.\n", "requirements_stand_on_one_line"),
    ("conventions.md", "(CNV-011)", "(CNV-019)", "references_exist"),
    ("conventions.md", '"network": "tracework-testnet"', '"network": "x"', "examples_are_rendered_from_vectors"),
    ("conventions.md", "- **CNV-020** ", "- **CNV-021** ", "list_of_ids_is_current"),
    ("conventions.md", "- **CNV-020** ", "- **CNV-021** ", "every_requirement_has_a_vector_or_a_waiver"),
    ("conventions.md", "- **CNV-020** ", "- **CNV-021** ", "waivers_hold"),
    ("waivers.toml", "::test_list_of_ids_is_current", "::test_no_such", "waivers_hold"),
    ("waivers.toml", "It ranks the kinds of text.", "", "waivers_hold"),
    ("requirements.txt", "CNV-020\n", "CNV-020 retired: gone\n", "list_of_ids_is_current"),
    ("errors.md", "| `too-deep` | decode |", "| `too-deep` | schema |", "codes_are_those_of_the_registry"),
    ("errors.md", "| ENC-004 |", "| ENC-003 |", "requirements_and_registry_name_the_same_errors"),
    ("encoding.md", "*(decode/too-deep)*", "*(decode/x)*", "requirements_and_registry_name_the_same_errors"),
    ("errors.md", "| MRK-010 |", "| MRK-011 |", "code_raises_what_the_registry_has"),
    ("README.md", "| CNV |", "| CNX |", "index_names_every_document"),
]


@pytest.mark.parametrize(("name", "old", "new", "test"), DRIFTS)
def test_a_drift_is_caught(spec: Path, name: str, old: str, new: str, test: str) -> None:
    function = getattr(lock, f"test_{test}")
    arguments = {"path": spec / name, "root": spec_text.ROOT}
    arguments = {key: arguments[key] for key in inspect.signature(function).parameters}
    function(**arguments)
    plant(spec / name, old, new)
    forget()
    with pytest.raises(AssertionError):
        function(**arguments)


def test_a_schema_fence_that_differs_is_caught(spec: Path) -> None:
    lock.test_schema_fences_are_parts_of_the_schema()
    with (spec / "unit.md").open("a", encoding="utf-8") as page:
        page.write("\n```cddl\nno-such-rule = 1\n```\n")
    forget()
    with pytest.raises(AssertionError):
        lock.test_schema_fences_are_parts_of_the_schema()


def test_a_constant_that_differs_is_caught() -> None:
    path, name, text, module = next(row for row in lock.constants() if row[2].isdigit())
    lock.test_constants_equal_the_modules(path, name, text, module)
    with pytest.raises(AssertionError):
        lock.test_constants_equal_the_modules(path, name, text + "0", module)

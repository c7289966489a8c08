"""What covers each requirement: cases of the suite, places in the code, tests, or a waiver with its reason."""

from __future__ import annotations

import importlib.resources
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from .requirements import load as load_requirements
from .suite import Suite

PACKAGES = ("protocol", "verifier", "worker", "conformance", "lab", "cli")
"""Where the code is that cites requirements."""

_ID = re.compile(r"\b[A-Z]{3}-[0-9]{3}\b")


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement and what covers it. Places are `file:line`, below the package or the folder of tests."""

    id: str
    file: str
    text: str
    valid: int
    """Positive cases that cite it."""
    invalid: int
    """Negative cases that cite it."""
    code: tuple[str, ...]
    tests: tuple[str, ...]
    waiver: str

    @property
    def covered(self) -> bool:
        """Whether a case cites it, or a waiver says why none does."""
        return bool(self.valid or self.invalid or self.waiver)


def matrix(suite: Suite, tests: Traversable | None = None) -> list[Row]:
    """A row for each requirement, in the order of the documents. `tests` is the folder of tests, of a working tree."""
    package = importlib.resources.files("tracework")
    code = _places((package / name, name) for name in PACKAGES)
    tested = _places([(tests, "tests")]) if tests is not None else {}
    waivers = tomllib.loads((package / "spec" / "waivers.toml").read_text(encoding="utf-8")).get("requirement", {})
    rows = []
    for requirement in load_requirements().values():
        citing = [case.valid for case in suite.cases if requirement.id in case.req]
        waiver = waivers.get(requirement.id)
        rows.append(
            Row(
                id=requirement.id,
                file=requirement.file,
                text=requirement.text,
                valid=sum(citing),
                invalid=len(citing) - sum(citing),
                code=tuple(code.get(requirement.id, ())),
                tests=tuple(tested.get(requirement.id, ())),
                waiver=f"{waiver['kind']}: {waiver['reason']}" if waiver else "",
            )
        )
    return rows


def _places(folders: Iterable[tuple[Traversable, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for folder, name in folders:
        for path, text in _sources(folder, name):
            for number, line in enumerate(text.splitlines(), 1):
                for identity in dict.fromkeys(_ID.findall(line)):
                    found.setdefault(identity, []).append(f"{path}:{number}")
    return found


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, str]]:
    """Every Python source below a folder but the vectors' generators, whose citations are the vectors' own."""
    if not folder.is_dir() or name == "conformance/generate":
        return
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        path = f"{name}/{item.name}"
        if item.is_dir():
            yield from _sources(item, path)
        elif item.name.endswith(".py"):
            yield path, item.read_text(encoding="utf-8")


def text(rows: Iterable[Row]) -> str:
    """The matrix as text: a line a requirement with numbers, then how many are covered by what."""
    rows = list(rows)
    lines = [f"{'requirement':13}{'valid':>7}{'invalid':>9}{'code':>6}{'tests':>7}  waiver or gap"]
    for row in rows:
        note = row.waiver or ("" if row.covered else "NEITHER A CASE NOR A WAIVER")
        counts = f"{row.valid or '.':>7}{row.invalid or '.':>9}{len(row.code) or '.':>6}{len(row.tests) or '.':>7}"
        lines.append(f"{row.id:13}{counts}  {note}".rstrip())
    by_case = sum(1 for row in rows if row.valid or row.invalid)
    waived = sum(1 for row in rows if row.waiver)
    bare = sum(not row.covered for row in rows)
    lines += ["", f"{len(rows)} requirements: {by_case} with cases, {waived} waived, {bare} with neither"]
    return "\n".join(lines)


def to_json(rows: Iterable[Row]) -> dict[str, Any]:
    """The matrix as JSON."""
    return {"requirements": [{name: getattr(row, name) for name in Row.__slots__} for row in rows]}

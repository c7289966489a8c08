"""Reads spec/, vectors/ and the waivers, as the lock between them and `make spec` need it."""

from __future__ import annotations

import ast
import json
import operator
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "spec"
VECTORS = ROOT / "vectors"

ID = re.compile(r"\b([A-Z]{3})-(\d{3})\b")
REQUIREMENT = re.compile(r"- \*\*([A-Z]{3}-\d{3})\*\* (\S.*)")
LEADS_TO = re.compile(r"\*\(([a-z]+/[a-z0-9-]+(?:, [a-z]+/[a-z0-9-]+)*)\)\*")
KEYWORD = re.compile(r"\b(MUST|SHALL|REQUIRED)\b")
EXAMPLE = re.compile(
    r"<!-- vector: (?P<path>[^#\s]+)#(?P<case>\S+)(?: select=(?P<select>\S+))?(?: as=(?P<form>\S+))? -->"
)


@dataclass(frozen=True)
class Line:
    """One line of a document: its number, its text, and whether it stands in a fence."""

    path: Path
    number: int
    text: str
    fence: str | None
    """The info string of the fence that the line stands in ("" if it has none); None outside fences."""

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"spec/{self.path.name}:{self.number}"


@dataclass(frozen=True)
class Requirement:
    """A numbered line, and the errors that it says it leads to."""

    id: str
    line: Line
    errors: tuple[tuple[str, str], ...]

    @property
    def prefix(self) -> str:
        """The three letters of its document."""
        return self.id[:3]


@dataclass(frozen=True)
class Table:
    """A Markdown table: its document, its header's cells, its rows' cells."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def documents() -> list[Path]:
    """Every document of the specification."""
    return sorted(SPEC.glob("*.md"))


@cache
def lines(path: Path) -> tuple[Line, ...]:
    """The lines of a document, fences' own lines counted as inside."""
    found: list[Line] = []
    fence: str | None = None
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if fence is None and text.startswith("```"):
            fence = text[3:].strip()
            found.append(Line(path, number, text, fence))
        elif fence is not None and text.strip() == "```":
            found.append(Line(path, number, text, fence))
            fence = None
        else:
            found.append(Line(path, number, text, fence))
    assert fence is None, f"{path}: a fence never ends"
    return tuple(found)


def fences(path: Path, language: str) -> Iterator[tuple[int, str]]:
    """First line number and content of each fence whose info string begins with a language."""
    body: list[str] | None = None
    for line in lines(path):
        if line.fence is None or line.fence.split(" ")[0] != language:
            continue
        if body is None:
            body, first = [], line.number
        elif line.text.strip() == "```":
            yield first, "".join(text + "\n" for text in body)
            body = None
        else:
            body.append(line.text)


@cache
def requirements() -> tuple[Requirement, ...]:
    """All requirement lines, in the order of the documents."""
    found = []
    for path in documents():
        for line in lines(path):
            match = REQUIREMENT.fullmatch(line.text)
            if match and line.fence is None:
                names = [name for names in LEADS_TO.findall(line.text) for name in names.split(", ")]
                pairs = [(stage, code) for stage, _, code in (name.partition("/") for name in names)]
                found.append(Requirement(match[1], line, tuple(pairs)))
    return tuple(found)


def tables(path: Path) -> Iterator[Table]:
    """The Markdown tables of a document."""
    rows: list[tuple[str, ...]] = []
    for line in [*lines(path), None]:
        if line is not None and line.fence is None and line.text.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line.text.strip().strip("|"))
            rows.append(tuple(cell.strip().replace(r"\|", "|") for cell in cells))
        elif rows:
            yield Table(path, rows[0], tuple(rows[2:]))
            rows = []


def value(text: str) -> int | str:
    """What a cell of a constants table stands for: a number (2^20 - 1, 0x8000_0000), a quoted string, or `text`."""
    formula = text.strip("`").replace("^", "**").replace("−", "-").replace("·", "*")
    operators: dict[type[ast.operator], Callable[[int, int], int]] = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Pow: operator.pow,
    }

    def evaluate(node: ast.expr) -> int | str:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | str):
            return node.value
        if isinstance(node, ast.BinOp):
            left, right = evaluate(node.left), evaluate(node.right)
            if isinstance(left, int) and isinstance(right, int):
                return operators[type(node.op)](left, right)
        raise ValueError("no formula")

    try:
        return evaluate(ast.parse(formula, mode="eval").body)
    except (SyntaxError, ValueError):
        if not (text.startswith("`") and text.endswith("`")):
            raise ValueError(f"no value of a constants table: {text}") from None
        return text.strip("`")


@cache
def waivers() -> dict[str, Any]:
    """spec/waivers.toml, parsed."""
    return tomllib.loads((SPEC / "waivers.toml").read_text(encoding="utf-8"))


def arriving() -> set[str]:
    """Prefixes whose documents are still being written: the lock is loose on them."""
    return set(waivers().get("arriving", ()))


@dataclass(frozen=True)
class Listed:
    """spec/requirements.txt: ids in use, and retired ids with their notes."""

    active: tuple[str, ...]
    retired: dict[str, str]


def listed() -> Listed:
    """Read spec/requirements.txt."""
    active, retired = [], {}
    for text in (SPEC / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if text.startswith("#") or not text:
            continue
        identity, _, note = text.partition(" retired: ")
        if note:
            retired[identity] = note
        else:
            active.append(identity)
    return Listed(tuple(active), retired)


@cache
def cases() -> dict[str, dict[str, Any]]:
    """Every case of the suite by "PATH#ID", PATH being relative to vectors/."""
    found = {}
    for path in sorted(VECTORS.glob("[0-9]*/**/*.json")):
        for case in json.loads(path.read_bytes())["cases"]:
            found[f"{path.relative_to(VECTORS).as_posix()}#{case['id']}"] = case
    return found

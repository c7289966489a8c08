"""Requirement lines of the specification: `- **ABC-012** text *(stage/code)*` (spec/conventions.md)."""

from __future__ import annotations

import importlib.resources
import re
from importlib.resources.abc import Traversable
from typing import NamedTuple

LINE = re.compile(r"^- \*\*([A-Z]{3}-[0-9]{3})\*\* (.+)$", re.MULTILINE)


class Requirement(NamedTuple):
    """A clause: its id, its text, and the file in spec/ where it stands."""

    id: str
    text: str
    file: str


def load(spec: Traversable | None = None) -> dict[str, Requirement]:
    """Every requirement of the specification (by default the packaged one), by id, in the order of files and lines."""
    folder = importlib.resources.files("tracework") / "spec" if spec is None else spec
    found: dict[str, Requirement] = {}
    for file in sorted((item for item in folder.iterdir() if item.name.endswith(".md")), key=lambda item: item.name):
        for identity, text in LINE.findall(file.read_text(encoding="utf-8")):
            found.setdefault(identity, Requirement(identity, text.strip(), file.name))
    return found

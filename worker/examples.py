"""The example guests that come with the package: what there is, and copies of them to work with."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .errors import WorkerError, file_errors
from .files import write_file


@dataclass(frozen=True, slots=True)
class Example:
    """One example guest; the names of files are relative to its folder."""

    name: str
    description: str
    sources: tuple[str, ...]
    program: str
    input: str
    files: tuple[str, ...]
    steps: int | None
    """Steps that the program takes on its input, where the index says so."""
    folder: Traversable

    def read(self, name: str) -> bytes:
        """The content of one of the files."""
        return (self.folder / name).read_bytes()


def examples() -> dict[str, Example]:
    """All example guests by name, in the order of the index."""
    folder = resources.files("tracework") / "examples" / "guests"
    index = tomllib.loads((folder / "index.toml").read_text(encoding="utf-8"))
    return {name: _example(name, entry, folder / name) for name, entry in index["guests"].items()}


def _example(name: str, entry: dict[str, Any], folder: Traversable) -> Example:
    return Example(
        name=name,
        description=entry["description"],
        sources=tuple(entry["sources"]),
        program=entry["program"],
        input=entry["input"],
        files=tuple(entry["files"]),
        steps=entry.get("steps"),
        folder=folder,
    )


def find_example(name: str) -> Example:
    """The example guest of that name. Raises WorkerError."""
    known = examples()
    if name not in known:
        raise WorkerError(f"there is no example {name}", f"there are {', '.join(known)}")
    return known[name]


def copy_example(example: Example, target: str | Path) -> list[Path]:
    """Write an example's files into a folder, which is made if need be, and tell their paths.

    A file that is there with other content is never overwritten: then nothing at all is written. Raises WorkerError.
    """
    target = Path(target)
    contents = {target / name: example.read(name) for name in example.files}
    with file_errors("write to", target):
        target.mkdir(parents=True, exist_ok=True)
    fresh: dict[Path, bytes] = {}
    for path, content in contents.items():
        with file_errors("read", path):
            if not path.exists():
                fresh[path] = content
            elif path.read_bytes() != content:
                raise WorkerError(f"{path} exists, with other content", "name an empty folder")
    for path, content in fresh.items():
        with file_errors("write", path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content, replace=False)
    return list(contents)

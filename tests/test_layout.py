"""The folders, the links in src/tracework and hatch's tables name the same parts, and a wheel of them works."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ["protocol", "verifier", "worker", "conformance", "lab", "cli"]
DATA = ["spec", "vectors", "examples"]
PARTS = PACKAGES + DATA


@pytest.fixture(scope="module")
def hatch(root: Path) -> dict[str, Any]:
    """Hatch's tables of build targets."""
    targets: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    return targets


def test_folders_links_and_tables_agree(root: Path, hatch: dict[str, Any]) -> None:
    own = ["src/tracework/__init__.py", "src/tracework/py.typed"]
    assert hatch["wheel"]["only-include"] == own + PARTS
    assert hatch["wheel"]["sources"] == {"src/tracework": "tracework"} | {part: f"tracework/{part}" for part in PARTS}
    assert [path for path in hatch["sdist"]["only-include"] if "." not in path and path != "LICENSE"] == PARTS
    assert hatch["wheel"]["dev-mode-dirs"] == ["src"]
    links = {path.name: path.readlink() for path in (root / "src/tracework").iterdir() if path.is_symlink()}
    assert links == {part: Path("../..") / part for part in PARTS}
    assert all((root / part).is_dir() for part in PARTS)
    assert all((root / part / "__init__.py").is_file() for part in PACKAGES)

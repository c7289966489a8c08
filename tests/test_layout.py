"""The folders, the links in src/tracework and hatch's tables name the same parts; a wheel works; layers look down."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ["protocol", "verifier", "worker", "conformance", "lab", "cli"]
DATA = ["spec", "vectors", "examples"]
PARTS = PACKAGES + DATA

BELOW = {
    "protocol": set[str](),
    "verifier": {"protocol"},
    "worker": {"verifier", "protocol"},
    "conformance": {"verifier", "protocol"},
    "lab": {"verifier", "protocol"},
    "cli": {"worker", "conformance", "lab", "verifier", "protocol"},
}
"""What each package may import of the others. The three in the middle don't know one another."""

FLOORS = [
    {"errors", "integers"},
    {"encoding", "hashing"},
    {"trees", "keys", "draws", "beacon"},
    {"machine", "committee"},
    {"program", "regions"},
    {"work", "registry"},
    {"rewards"},
]
"""Inside protocol: a room imports only from its own floor and from those before it."""

PURE = {"protocol", "verifier"}
IMPURE_MODULES = {
    *("asyncio", "concurrent", "fcntl", "glob", "io", "logging", "mmap", "multiprocessing", "os", "pathlib", "pickle"),
    *("platform", "queue", "random", "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3"),
    *("subprocess", "tempfile", "threading", "time", "datetime", "urllib", "uuid", "http"),
}
IMPURE_CALLS = {"open", "input", "print", "exec", "eval"}

HEAVY = {"Crypto", "click", "elftools", "matplotlib", "py_arkworks_bls12381", "py_ecc", "rich", "wasmtime"}
"""What no module of the pure packages loads before it is used."""


def modules(root: Path, package: str) -> Iterator[tuple[str, Path, ast.Module]]:
    """Dotted name (from tracework down), path and syntax tree of every module in a package."""
    for path in sorted((root / package).rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        yield name, path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def targets(name: str, path: Path, node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that an import statement names, dotted, relative ones resolved: `.protocol.trees`, `os`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level == 0:
        return [node.module or ""]
    inside = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    base = inside[: len(inside) - node.level + 1]
    if node.module:
        return ["." + ".".join([*base, *node.module.split(".")])]
    return ["." + ".".join([*base, alias.name]) for alias in node.names]


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import statement of a module, at whatever depth."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def at_import(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """The import statements that run when the module is loaded: those outside functions and TYPE_CHECKING."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


@pytest.fixture(scope="module")
def hatch(root: Path) -> dict[str, Any]:
    """Hatch's tables of build targets."""
    tables: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    return tables


def test_folders_links_and_tables_agree(root: Path, hatch: dict[str, Any]) -> None:
    own = ["src/tracework/__init__.py", "src/tracework/py.typed"]
    assert hatch["wheel"]["only-include"] == own + PARTS
    assert hatch["wheel"]["sources"] == {"src/tracework": "tracework"} | {part: f"tracework/{part}" for part in PARTS}
    assert hatch["sdist"]["only-include"][-len(own + PARTS) :] == own + PARTS
    assert hatch["wheel"]["dev-mode-dirs"] == ["src"]
    links = {path.name: path.readlink() for path in (root / "src/tracework").iterdir() if path.is_symlink()}
    assert links == {part: Path("../..") / part for part in PARTS}
    assert all((root / part).is_dir() for part in PARTS)
    assert all((root / part / "__init__.py").is_file() for part in PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_layers_look_down(root: Path, package: str) -> None:
    allowed = {*BELOW[package], package}
    for name, path, tree in modules(root, package):
        for node in imports(tree):
            for target in targets(name, path, node):
                where = f"{path}:{node.lineno} imports {target}"
                assert target.split(".")[0] not in {"tracework", *PACKAGES}, f"{where}: inside, imports are relative"
                if target.startswith(".") and target != ".__version__":
                    assert target.split(".")[1] in allowed, f"{where}: {package} knows only {sorted(allowed)}"


def test_floors_of_protocol(root: Path) -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    for name, path, tree in modules(root, "protocol"):
        for node in imports(tree):
            for target in targets(name, path, node):
                if target.startswith(".protocol.") and name != "protocol":
                    mine, theirs = name.split(".")[1], target.split(".")[2]
                    assert {mine, theirs} <= floor.keys(), f"{path}: give the new room a floor in {__file__}"
                    assert floor[theirs] <= floor[mine], f"{path}:{node.lineno}: {mine} imports {theirs}, a floor above"


@pytest.mark.parametrize("package", sorted(PURE))
def test_pure_packages_touch_nothing(root: Path, package: str) -> None:
    for name, path, tree in modules(root, package):
        for node in imports(tree):
            for target in targets(name, path, node):
                assert target.split(".")[0] not in IMPURE_MODULES, f"{path}:{node.lineno} imports {target}"
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                assert call.func.id not in IMPURE_CALLS, f"{path}:{call.lineno} calls {call.func.id}"
        for node in at_import(tree):
            for target in targets(name, path, node):
                assert target.split(".")[0] not in HEAVY, f"{path}:{node.lineno}: import {target} where it is used"


def run_python(*arguments: str, **variables: str) -> str:
    """Output of this Python, away from the repository's root and without its editable installation's site folder."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **variables},
        cwd=os.path.dirname(sys.executable),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        ("import tracework", {*HEAVY, "blake3", "cbor2", "numpy"}),
        ("import tracework; tracework.protocol; tracework.verifier", HEAVY),
        ("from tracework.cli.app import app", HEAVY - {"click"}),
    ],
)
def test_imports_are_light(root: Path, statement: str, never: set[str]) -> None:
    loaded = run_python("-c", f"{statement}; import sys; print(*sys.modules)", PYTHONPATH=str(root / "src")).split()
    assert not never & set(loaded)


IMPORT_EVERYTHING = """
import importlib, importlib.resources, pkgutil, sys
import tracework
where, packages, data = sys.argv[1], sys.argv[2].split(), sys.argv[3].split()
assert tracework.__file__.startswith(where), tracework.__file__
for package in packages:
    top = importlib.import_module("tracework." + package)
    for module in pkgutil.walk_packages(top.__path__, top.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
files = importlib.resources.files("tracework")
assert (files / "py.typed").is_file()
for name in data:
    assert (files / name / "README.md").read_text(encoding="utf-8").startswith("#"), name
print(*sorted(name for name in sys.modules if name.startswith("tracework")))
"""


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A wheel of the tree, and a wheel of an sdist of the tree."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir"]
    for name, flags in [("direct", ["--wheel"]), ("by-sdist", [])]:
        done = subprocess.run([*command, str(out / name), *flags, str(root)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    (direct,) = (out / "direct").glob("*.whl")
    (by_sdist,) = (out / "by-sdist").glob("*.whl")
    return direct, by_sdist


def test_wheel_holds_all_files_and_works(root: Path, built: tuple[Path, Path], tmp_path: Path) -> None:
    names = [{name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name} for wheel in built]
    assert names[0] == names[1], "the wheel of the sdist differs from the wheel of the tree"
    tracked = subprocess.run(["git", "ls-files", *PARTS], cwd=root, capture_output=True, text=True)
    if tracked.returncode == 0:
        assert {f"tracework/{name}" for name in tracked.stdout.splitlines()} <= names[0]
    zipfile.ZipFile(built[0]).extractall(tmp_path)
    loaded = run_python("-P", "-c", IMPORT_EVERYTHING, str(tmp_path), *lists(), PYTHONPATH=str(tmp_path)).split()
    assert {f"tracework.{part}" for part in PACKAGES} <= set(loaded)


def test_data_is_readable_inside_a_zipped_wheel(built: tuple[Path, Path]) -> None:
    run_python("-P", "-c", IMPORT_EVERYTHING, str(built[0]), "", " ".join(DATA), PYTHONPATH=str(built[0]))


def lists() -> tuple[str, str]:
    """The packages and the data folders, as the script above takes them."""
    return " ".join(PACKAGES), " ".join(DATA)


def test_files_stay_readable(root: Path) -> None:
    for package in PACKAGES:
        for path in (root / package).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) < 600, f"{path} has outgrown one purpose"


def test_whoever_silences_the_type_checker_says_why(root: Path) -> None:
    ignoring = re.compile(r"#[ ]type: ignore(?!\[[a-z-]+\]  # \S)")
    for folder in (*PACKAGES, "tests", "examples"):
        for path in (root / folder).rglob("*.py"):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                assert not ignoring.search(line), f"{path}:{number} doesn't say why"


def test_locks_name_no_place(root: Path) -> None:
    for path in (root / "requirements").glob("*.txt"):
        for line in path.read_text().splitlines():
            assert "://" not in line and not line.startswith("-"), f"{path}: {line}"


def test_help_loads_nothing_of_ours_but_its_own_table(root: Path) -> None:
    """What makes `tracework --help` quick (tests/benchmarks measures it): no command and no layer below is loaded."""
    report = (
        "import sys\nfrom tracework.cli import main\ntry:\n    main()\nfinally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", report, "--help"],
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split())
    assert "tracework.cli" in loaded and "Usage: tracework" in done.stdout
    for name in ("protocol", "verifier", "worker", "conformance", "lab", "cli.commands"):
        assert not [module for module in loaded if module.startswith(f"tracework.{name}")]
    assert not loaded & {"rich", "blake3", "wasmtime", "py_ecc", "asyncio", "numpy", "tomllib"}

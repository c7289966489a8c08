"""What README.md and the pages of docs/ show on a console is what happens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support import console
from support.console import matches, steps

ROOT = Path(__file__).resolve().parent.parent
PAGES = [page for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))] if console.steps(page.read_text())]

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the pages' commands are for a shell")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_show_what_happens(page: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    faults = console.run(page.read_text(encoding="utf-8"), work)
    assert not faults, "\n\n".join(faults)


def test_readme_shows_a_run() -> None:
    assert ROOT / "README.md" in PAGES


FENCE = """
```console
$ printf 'a\\nb 17 c\\n'; cd /
a
b ... c
$ pwd; false
/
$ echo $?
1
$ cat <<END | tr a-z A-Z
> x
> END
X
```
```console needs=no_such_module_at_all
$ exit 9
```
"""


def test_a_page_that_is_right(tmp_path: Path) -> None:
    assert [step.command for step in steps(FENCE)][-1] == "cat <<END | tr a-z A-Z\nx\nEND"
    assert console.run(FENCE, tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("b ... c", "b ... d", "and prints\na\nb 17 c"),
        ("$ echo $?\n1\n", "", "exits with 1"),
        ("pwd; false", "pwd; exit 3", "the shell stopped after 1 of 4 commands"),
    ],
)
def test_a_page_that_is_wrong(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    (fault, *_) = console.run(FENCE.replace(right, wrong), tmp_path)
    assert message in fault


def test_ellipses() -> None:
    assert matches(["a", "...", "d"], ["a", "d"]) and matches(["a", "...", "d"], ["a", "b", "c", "d"])
    assert matches(["in … s"], ["in 0.25 s"]) and not matches(["in … s"], ["in 0.25 s", "more"])
    assert matches(["..."], []) and not matches([], ["a"])

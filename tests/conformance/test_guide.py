"""docs/implementers.md: its adapters work, and its cases exist."""

import fnmatch
import re
import shutil
import sys
from pathlib import Path

import pytest

from tracework.conformance.runner import Options, Outcome, conform
from tracework.conformance.suite import PROFILES, Selection, load

GUIDE = (Path(__file__).parents[2] / "docs" / "implementers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "suffix"), [("python", "py"), ("node", "mjs")])
def test_the_adapters_in_the_guide_work(language: str, suffix: str, tmp_path: Path) -> None:
    found = re.search(rf"<!-- adapter: {language} -->\n```\w+\n(.*?)```", GUIDE, re.S)
    assert found is not None and len(found[1].splitlines()) < 50
    program = sys.executable if language == "python" else shutil.which("node")
    if program is None:
        pytest.skip("node is not installed: the guide's second adapter is not tried")
    path = tmp_path / f"adapter.{suffix}"
    path.write_text(found[1], encoding="utf-8")
    report = conform([program, str(path)], Options(selection=Selection(ops=["trace.*"])))
    assert report.ok and report.count(Outcome.PASSED) == sum(case.op == "trace.shape" for case in load().cases)


def test_the_cases_that_the_guide_names_exist() -> None:
    ids = [case.id for case in load().cases]
    table = GUIDE[GUIDE.index("## Usual mistakes") :]
    patterns = re.findall(r"`([a-z0-9*]+-[a-z0-9*-]+)`", table)
    assert len(patterns) > 20
    assert [pattern for pattern in patterns if not fnmatch.filter(ids, pattern)] == []
    assert "encoding-malformed-a20100180101" in ids


def test_the_profiles_that_the_guide_names_exist_and_have_cases() -> None:
    named = re.findall(r"\| `(\w+)` \| \d", GUIDE)
    assert named == list(PROFILES)
    for name in named:
        assert Selection(profile=name).choose(load())

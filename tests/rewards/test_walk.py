"""docs/settlement.md: every command in it prints what stands there, and its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from support import epochs
from support.cli import call


def test_the_walk(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (root / "docs" / "settlement.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Path("epoch.cbor").write_bytes(epochs.file())
    walks = re.findall(r"```console\n\$ tracework (.*?)\n(.*?)```", text, re.DOTALL)
    assert len(walks) == 10
    for line, wanted in walks:
        assert call(*shlex.split(line)).stdout == wanted, line
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    exec(code[1], {})
    assert capsys.readouterr().out == "63066\n"

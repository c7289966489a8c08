"""The Rust section of docs/guests.md, built and run as it stands there, where Debian's packages for it are there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.guests import interpret
from tracework.worker.build import kit_path

SOURCES = sorted(Path("/usr/src").glob("rustc-*/library/vendor"))

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (SOURCES and Path("/usr/bin/cargo").exists() and shutil.which("ld.lld-19")),
        reason="Debian's rustc-web, cargo-web, rust-web-src and lld-19 are not installed",
    ),
]


def test_the_guide_s_program(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "guests.md").read_text()
    [config] = re.findall(r"```toml\n(.*?)```", page, re.S)
    [program] = re.findall(r"```rust\n(.*?)```", page, re.S)
    for folder in ("src", ".cargo"):
        (tmp_path / folder).mkdir()
    (tmp_path / "Cargo.toml").write_text(
        '[package]\nname = "guest"\nversion = "0.1.0"\nedition = "2021"\n\n[profile.release]\npanic = "abort"\n'
    )
    (tmp_path / ".cargo" / "config.toml").write_text(
        re.sub(r"/usr/src/rustc-[^/]*/library/vendor", str(SOURCES[-1]), config)
    )
    (tmp_path / "src" / "main.rs").write_text(program)
    shutil.copy(kit_path() / "tracework.rs", tmp_path / "src")
    shutil.copy(kit_path() / "guest.ld", tmp_path)
    environment = os.environ | {"RUSTC_BOOTSTRAP": "1", "RUSTC": "/usr/bin/rustc", "CARGO_HOME": str(tmp_path / "home")}
    subprocess.run(["/usr/bin/cargo", "build", "--release"], cwd=tmp_path, env=environment, check=True)

    elf = (tmp_path / "target" / "riscv64im-unknown-none-elf" / "release" / "guest").read_bytes()
    run = interpret(elf, b"to be or not to be")
    assert (run.exit_code, run.output, run.debug) == (0, b"2 be\n1 not\n1 or\n2 to\n", b"4 different words\n")
    failed = interpret(elf, b"\xff")
    assert failed.exit_code is None and b"panicked at src/main.rs" in failed.debug

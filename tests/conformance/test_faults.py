"""The suite catches planted faults: five of them here, all by `make faults`."""

from pathlib import Path

import pytest

from tracework.conformance import faults
from tracework.conformance.faults.__main__ import main

HERE = Path(__file__).parents[2]
TRIED = ("unsorted-map", "missing-domain-key", "height-off-by-one", "commit-without-worker", "slash-rounded-up")


@pytest.mark.parametrize("fault", faults.PLANTED, ids=lambda fault: fault.name)
def test_each_fault_changes_one_place(fault: faults.Fault) -> None:
    text = (HERE / fault.file).read_text()
    assert text.count(fault.line) == 1, f"its line has changed: give {fault.name} another in planted.toml"
    compile(text.replace(fault.line, fault.wrong), fault.file, "exec")


def test_names_are_unique_and_families_known() -> None:
    assert len({fault.name for fault in faults.PLANTED}) == len(faults.PLANTED) >= 40
    assert all(fault.ops for fault in faults.PLANTED)
    with pytest.raises(ValueError, match="nothing"):
        faults.planted(["nothing"])


@pytest.mark.parametrize("name", TRIED)
def test_five_faults_are_caught(name: str) -> None:
    (fault,) = faults.planted([name])
    caught = faults.try_fault(fault)
    assert caught.caught and not caught.broken, fault.why


def test_a_copy_without_a_fault_passes() -> None:
    assert faults.conforms(["encoding.*", "hashing.*", "segment.*"])


def test_a_fault_that_changes_nothing_is_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    harmless = faults.Fault(
        "hashing", "harmless", "protocol/hashing.py", "SUITE: Final = 1", "SUITE: Final = 2 - 1", "none"
    )
    monkeypatch.setattr(faults, "PLANTED", (harmless,))
    assert main(["harmless"]) == 1
    assert "MISSED harmless" in capsys.readouterr().out

"""The forms in which spec/ shows a case of the suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import spec_text, spec_write

CASE = {
    "id": "thing-1",
    "comment": "A thing.",
    "req": ["ENC-001"],
    "input": {"bytes": "ab" * 37, "recipe": {"repeat": "00", "times": "4"}},
    "result": "valid",
    "output": {"object": {"cbor": "a3000101f5024100"}, "text": "1 < 2", "list": ["00", "01"]},
}


def test_json_is_the_default_and_shortens_long_bytes() -> None:
    text = spec_write.render(CASE, "input", None)
    assert text.startswith("```json\n{\n") and text.endswith("}\n```")
    assert f'"bytes": "{"ab" * 16}…{"ab" * 8} (37 bytes)"' in text
    assert '"repeat": "00"' in text
    assert '"req"' not in spec_write.render(CASE, None, None)


def test_other_forms() -> None:
    assert spec_write.render(CASE, "input.bytes", "hex") == f"```text\n{'ab' * 32}\n{'ab' * 5}\n```"
    assert spec_write.render(CASE, "output.object", "diag") == "```cbor-diag\n{0: 1, 1: true, 2: h'00'}\n```"
    assert spec_write.render(CASE, "output.text", "text") == "```text\n1 < 2\n```"
    assert spec_write.render(CASE, "output.list.1", "text") == "```text\n01\n```"


def test_wide_diagnostic_notation_is_broken() -> None:
    assert spec_write.diagnostic({0: [bytes(36), bytes(36)]}) == (
        "{\n  0: [\n    h'" + "00" * 36 + "',\n    h'" + "00" * 36 + "'\n  ]\n}"
    )


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(ValueError, match="no form"):
        spec_write.render(CASE, "output.text", "picture")
    with pytest.raises(TypeError):
        spec_write.render(CASE, "output", "hex")
    with pytest.raises(TypeError):
        spec_write.diagnostic(None)


def test_values_of_constants() -> None:
    assert spec_text.value("2^20 − 1") == 2**20 - 1
    assert spec_text.value("`0x8000_0000`") == 1 << 31
    assert spec_text.value('"tracework "') == "tracework "
    assert spec_text.value("`TAG-WITH-DASHES_`") == "TAG-WITH-DASHES_"
    with pytest.raises(ValueError, match="no value"):
        spec_text.value("about(3)")


def test_lines_of_a_document_know_their_fence(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a MUST\n```cddl\nx = 1\ny = 2\n```\n| a | b |\n|---|---|\n| 1 | `x\\|y` |\n")
    assert [line.fence for line in spec_text.lines(page)] == [None, *["cddl"] * 4, *[None] * 3]
    assert list(spec_text.fences(page, "cddl")) == [(2, "x = 1\ny = 2\n")]
    assert list(spec_text.tables(page)) == [spec_text.Table(page, ("a", "b"), (("1", "`x|y`"),))]

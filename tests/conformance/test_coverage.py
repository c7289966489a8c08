from pathlib import Path

from tracework.conformance import coverage, requirements
from tracework.conformance.suite import load


def test_the_matrix_has_a_row_for_each_requirement_with_what_cites_it() -> None:
    rows = {row.id: row for row in coverage.matrix(load(), Path(__file__).parents[1])}
    assert list(rows) == list(requirements.load())
    order = rows["ENC-018"]
    assert order.valid >= 1 and order.invalid >= 2 and order.covered and not order.waiver
    assert any(place.startswith("protocol/encoding/cbor.py:") for place in order.code)
    assert not any(place.startswith("conformance/generate/") for place in order.code)
    waived = rows["VEC-033"]
    assert (waived.valid, waived.invalid) == (0, 0) and waived.waiver.startswith("permission") and waived.covered


def test_a_gap_is_shown_as_one() -> None:
    gap = coverage.Row("ABC-001", "x.md", "It MUST.", 0, 0, (), (), "")
    case = coverage.Row("ABC-002", "x.md", "It MUST.", 1, 2, ("a.py:1",), (), "")
    shown = coverage.text([gap, case])
    assert "NEITHER" in shown and "2 requirements: 1 with cases, 0 waived, 1 with neither" in shown
    assert coverage.to_json([case])["requirements"][0]["id"] == "ABC-002"

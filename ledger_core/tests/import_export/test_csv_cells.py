"""Texts in the cells of an exported CSV file. No database."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.import_export import exporting

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# An entry's texts have no control characters.
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc"])
LETTERS = st.one_of(st.sampled_from([*"=+-@＝＋－＠'\",;"]), CHARACTERS)


@given(st.lists(st.text(LETTERS)))
def test_every_text_comes_back_from_its_cell_and_no_cell_begins_a_formula(texts: list[str]) -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerow([exporting.inert(text) for text in ["", *texts]])
    (cells,) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert [exporting.original(cell) for cell in cells] == ["", *texts]
    assert not any(cell.startswith(FORMULAS) for cell in cells)


@pytest.mark.parametrize("start", FORMULAS)
def test_what_a_spreadsheet_calculates_gets_an_apostrophe(start: str) -> None:
    assert exporting.inert(f"{start}1") == f"'{start}1"
    assert exporting.original(f"'{start}1") == f"{start}1"

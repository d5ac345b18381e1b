"""Ids that the labelling page can colour."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.labelstudio.results import region_id, span_id_of


@given(st.text(st.characters(max_codepoint=0xFEFF), max_size=20))
def test_any_id_comes_back_and_needs_no_escape_in_css(name: str) -> None:
    assert span_id_of(region_id(name)) == name
    assert not re.search(r"[ -,./:-@\[-^`{-~]", region_id(name))


@pytest.mark.parametrize("drawn", ["aB3_x-9Zq1", "region1", "Ünïcödé"])
def test_ids_that_the_page_makes_stay(drawn: str) -> None:
    assert region_id(drawn) == span_id_of(drawn) == drawn

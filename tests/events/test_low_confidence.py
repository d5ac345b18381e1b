"""Rows that rest on mentions of low confidence are flagged and counted, and never left out."""

import logging
from dataclasses import replace

import pytest
from told_events import ONTOLOGY, shipped, told

from eventcorpus.cli.rows import put_rows
from eventcorpus.events.assembly import event_rows
from eventcorpus.events.rows import Row


def rows_with(confidences: dict[str, float]) -> list[Row]:
    article, mentions = told("[Rebels](Actor#r) [shelled](Explosion agent=r place=h) [Homs](Place#h).")
    article = replace(article, url="https://example.org/1", metadata={"desk": "north", "event_templates": []})
    doubtful = [replace(mention, confidence=confidences.get(mention.text, 0.9)) for mention in mentions]
    return event_rows(article, doubtful, ONTOLOGY, shipped())


@pytest.mark.parametrize(
    ("confidences", "flags"),
    [
        ({}, ()),
        ({"shelled": 0.1}, ()),
        ({"shelled": 0.02}, ("low confidence",)),
        ({"Homs": 0.0}, ("low confidence: place",)),
        ({"shelled": 0.0, "Rebels": 0.01}, ("low confidence", "low confidence: agent")),
    ],
)
def test_a_row_says_which_of_its_mentions_are_doubtful(confidences: dict[str, float], flags: tuple[str, ...]) -> None:
    (row,) = rows_with(confidences)
    assert row.flags == flags
    assert row.arguments["place"][0].words.text == "Homs"


def test_what_came_along_with_the_article_travels_and_what_was_annotated_on_it_does_not() -> None:
    (row,) = rows_with({})
    assert (row.url, row.metadata) == ("https://example.org/1", {"desk": "north"})
    assert Row.of(row.as_dict(), place="here").metadata == {"desk": "north"}


def test_rows_of_doubtful_triggers_are_counted_with_the_way_out(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "propagate", True)
    with caplog.at_level(logging.INFO):
        put_rows([*rows_with({"shelled": 0.02}), *rows_with({})], ONTOLOGY, out=None)
    assert caplog.messages[-1] == (
        "rows of triggers of a confidence below 0.1 (flag 'low confidence'): 1 of 2; extract --min-confidence 0.1 leaves "
        "such mentions out"
    )

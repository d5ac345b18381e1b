import doctest
import json
from typing import Any

from markupsafe import Markup

from eventcorpus.metrics.align import Outcome
from eventcorpus.ontology import label_colours
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.render import html
from eventcorpus.render.evaluation import error_browser
from eventcorpus.render.html import (
    BrowserPage,
    Item,
    ItemKind,
    Mark,
    ShownMention,
    browser_json,
    confusion_cells,
    highlight,
)
from eventcorpus.schema import AnnotatedArticle, Article, Span

COLOURS = {"A": "#111111", "B": "#222222"}
RANK = {"Actor": 0, "Place": 1}


def page(text: str, mention: tuple[int, int], title: str | None = None) -> BrowserPage:
    return BrowserPage(
        sides=("gold",), labels=("Actor",), kinds=(ItemKind("missed", "missed", "error"),), groups=(("error", "errors"),),
        articles=[Article("a", text, title=title)], mentions=[[[ShownMention(*mention, "Actor")]]],
        items=[Item(0, "missed", ((0,),))],
    )  # fmt: skip


def read(markup: Markup) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(markup)
    return data


def test_no_text_can_end_the_script_element() -> None:
    drawn = browser_json(page("</script><!-- \u2028\u2029 &", (0, 3), title="<b>"))
    assert not set("<>&\u2028\u2029") & set(drawn)
    assert read(drawn)["articles"] == [["a", "<b>", "</script><!-- \u2028\u2029 &"]]
    assert doctest.testmod(html).attempted > 0 and doctest.testmod(html).failed == 0


def test_offsets_are_those_of_javascript() -> None:
    text = "🔥🚨 Homs fell. Then rain."
    data = read(browser_json(page(text, (3, 7))))
    (start, end, _, _) = data["mentions"][0][0][0]
    units = text.encode("utf-16-le")
    assert units[2 * start : 2 * end].decode("utf-16-le") == "Homs"
    (begin, stop) = data["items"][0][2]
    assert units[2 * begin : 2 * stop].decode("utf-16-le") == "🔥🚨 Homs fell."


def test_a_sentence_ends_no_earlier_than_its_mention() -> None:
    text = "It was here \n\n"
    begin, stop = read(browser_json(page(text, (7, 14))))["items"][0][2]
    assert text[begin:stop] == "It was here \n\n"


def test_an_outcome_counts_in_the_cells_of_its_labels() -> None:
    assert confusion_cells(Outcome("label", (0,), (0,)), ["Actor"], ["Place"], RANK) == ((0, 1),)
    assert confusion_cells(Outcome("missed", (0,), ()), ["Place"], [], RANK) == ((1, 2),)
    assert confusion_cells(Outcome("spurious", (), (0,)), [], ["Actor"], RANK) == ((2, 0),)
    assert confusion_cells(Outcome("split", (0,), (0, 1)), ["Actor"], ["Actor"] * 2, RANK) == ((0, 0), (2, 0))
    assert confusion_cells(Outcome("merged", (0, 1), (0,)), ["Actor"] * 2, ["Actor"], RANK) == ((0, 0), (0, 2))


def test_every_mention_stands_once_and_errors_come_first() -> None:
    article = Article("a", "rebels left Homs on monday")
    spans = (Span("1", 0, 6, "Actor"), Span("2", 12, 16, "Place"), Span("3", 20, 26, "Time"))
    mentions = [(0, 6, "Actor", 0.9), (12, 16, "Actor", 0.8), (7, 11, "Group", 0.7)]
    prediction = Prediction(
        model=ModelName(name="m"), id="a", text_sha256=article.text_sha256,
        mentions=tuple(PredictedMention(start=s, end=e, label=label, text=article.text[s:e], confidence=c) for s, e, label, c in mentions),
    )  # fmt: skip
    found = error_browser([AnnotatedArticle(article, spans, ())], {"a": prediction}, ["Actor", "Place", "Time"])
    assert [(item.kind, item.positions, item.weight) for item in found.items] == [
        ("spurious", ((), (2,)), 0.7),
        ("label", ((1,), (1,)), 0.8),
        ("missed", ((2,), ()), -1.0),
        ("correct", ((0,), (0,)), 0.9),
    ]
    assert found.labels == ("Actor", "Place", "Time", "Group")
    assert found.items[0].cells == ((4, 3),)


def test_overlapping_marks_lose_no_text() -> None:
    shown = str(highlight("abcdef", [Mark(0, 4, "A"), Mark(2, 6, "B")], COLOURS))
    plain = shown
    for start, end in (("<mark", ">"), ("<small", "</small>")):
        while start in plain:
            i = plain.index(start)
            plain = plain[:i] + plain[plain.index(end, i) + len(end) :]
    assert plain.replace("</mark>", "") == "abcdef"


def test_the_shorter_of_two_nested_marks_is_drawn_on_top() -> None:
    shown = str(highlight("army of homs", [Mark(0, 12, "A"), Mark(8, 12, "B")], COLOURS))
    assert 'style="--c:#111111" title="A">army of ' in shown
    assert 'style="--c:#222222" title="A, B">homs<small>A</small><small>B</small>' in shown


def test_labels_from_data_are_escaped() -> None:
    assert "<i>" not in str(highlight("x", [Mark(0, 1, '"><i>', hint="<b>")], {}))


def test_every_label_has_a_colour_of_its_own() -> None:
    colours = label_colours([f"L{i}" for i in range(20)])
    assert len(set(colours.values())) == 20

"""What HTML pages share: scripts, text whose mentions are marked in colours, and the browser of mentions.

The browser shows articles with the mentions of each side (gold and one or two systems) and their outcomes. They are one
JSON document that stands safely inside HTML; ``templates/browser.js`` draws it piece by piece, so that a page of 500
articles opens at once.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain, pairwise, zip_longest
from typing import Any

from markupsafe import Markup, escape

from eventcorpus.metrics.align import Outcome
from eventcorpus.ontology import NO_COLOUR, Ontology, label_colours
from eventcorpus.predictions import Prediction
from eventcorpus.render.links import ArticleLinks, links_data
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.text import HasOffsets, sentences_around, with_ends_inside


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text to show. ``state`` is a CSS class (``right``, ``missed``, ``spurious`` or empty).

    ``id``: what the page calls the mark, empty if it needs no name.
    """

    start: int
    end: int
    label: str
    state: str = ""
    hint: str = ""
    id: str = ""


def highlight(text: str, marks: Sequence[Mark], colours: dict[str, str]) -> Markup:
    """Escape a text and wrap its marked stretches; where marks overlap, the shorter one is drawn on top.

    >>> str(highlight("a <b>", [Mark(2, 5, "X")], {"X": "#123456"}))
    'a <mark class="" style="--c:#123456" title="X">&lt;b&gt;<small>X</small></mark>'
    """
    borders = sorted({0, len(text), *(m.start for m in marks), *(m.end for m in marks)})
    pieces: list[Markup] = []
    for start, end in pairwise(borders):
        over = [m for m in marks if m.start <= start and end <= m.end]
        piece = escape(text[start:end])
        if over:
            top = min(over, key=lambda m: (m.end - m.start, m.start, m.label))
            ends = Markup("").join(Markup("<small>{}</small>").format(m.label) for m in over if m.end == end)
            title = ", ".join(f"{m.label} {m.hint}".strip() for m in over)
            name = Markup(' id="{}"').format(top.id) if top.id else ""
            piece = Markup('<mark{} class="{}" style="--c:{}" title="{}">{}{}</mark>').format(
                name, top.state, colours.get(top.label, NO_COLOUR), title, piece, ends
            )
        pieces.append(piece)
    return Markup("").join(pieces)


@dataclass(frozen=True, slots=True)
class PageScript:
    """The script of a page, and its SHA-256 in base64, as a Content-Security-Policy names it."""

    text: Markup
    sha256: str


def page_script(*names: str) -> PageScript:
    """Scripts of the package, which stand beside its templates, as one."""
    folder = files("eventcorpus").joinpath("templates")
    text = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    return PageScript(Markup(text), b64encode(hashlib.sha256(text.encode()).digest()).decode())


def label_definitions(ontology: Ontology) -> dict[str, str]:
    """What labels mean, where the ontology says so."""
    labels = (*ontology.triggers, *ontology.entities)
    return {label.name: " ".join(label.definition.split()) for label in labels if label.definition}


# browser of mentions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownMention:
    """A mention of one side; ``hint`` is shown beside it; ``confidence`` is -1 in gold."""

    start: int
    end: int
    label: str
    hint: str = ""
    confidence: float = -1.0


@dataclass(frozen=True, slots=True)
class ItemKind:
    """One kind of item: ``key`` in links, ``name`` for people, ``group`` (``error``, ``right``, ...) to filter by."""

    key: str
    name: str
    group: str


KINDS = (
    ItemKind("missed", "missed", "error"),
    ItemKind("spurious", "spurious", "error"),
    ItemKind("label", "wrong label", "error"),
    ItemKind("boundary", "wrong ends", "error"),
    ItemKind("label_and_boundary", "wrong label and ends", "error"),
    ItemKind("split", "split", "error"),
    ItemKind("merged", "merged", "error"),
    ItemKind("correct", "right", "right"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """Something to look at in one article.

    ``positions`` are those of its mentions in the lists of each side; ``cells`` are the pairs of labels (positions in
    the confusion's labels) in which it counts; ``note`` is a short explanation; ``weight`` is the highest confidence of
    its predicted mentions, -1 without any.
    """

    article: int
    kind: str
    positions: tuple[tuple[int, ...], ...]
    cells: tuple[tuple[int, int], ...] = ()
    note: str = ""
    weight: float = -1.0


@dataclass(frozen=True, slots=True)
class BrowserPage:
    """Everything that the browser shows. ``sides`` are names; ``mentions`` has shape (n_articles, n_sides, ...).

    ``links`` has an entry an article where the system gives roles or attributes; else nothing of them is shown.
    """

    sides: tuple[str, ...]
    labels: tuple[str, ...]
    kinds: tuple[ItemKind, ...]
    groups: tuple[tuple[str, str], ...]
    articles: Sequence[Article]
    mentions: Sequence[Sequence[Sequence[ShownMention]]]
    items: Sequence[Item] = ()
    links: Sequence[ArticleLinks] | None = None


def browser_json(page: BrowserPage) -> Markup:
    """The page as JSON: no ``<``, so that no text can end the script element that holds it.

    Offsets are UTF-16 units, as JavaScript counts.
    """
    colours = label_colours(page.labels)
    shown = {m.label for sides in page.mentions for side in sides for m in side}
    labels = [*page.labels, *sorted(shown - set(colours))]  # a system may have labels of its own
    rank = {label: i for i, label in enumerate(labels)}
    kinds = [kind.key for kind in page.kinds]
    units = [_Units(article.text) for article in page.articles]
    whole = [
        with_ends_inside(article.text, [mention for side in sides for mention in side])
        for article, sides in zip(page.articles, page.mentions, strict=True)
    ]
    data: dict[str, Any] = {
        "sides": page.sides,
        "labels": labels,
        "colours": [colours.get(label, NO_COLOUR) for label in labels],
        "kinds": [[kind.key, kind.name, kind.group] for kind in page.kinds],
        "groups": page.groups,
        "articles": [[article.id, article.title or article.id, article.text] for article in page.articles],
        "mentions": [
            [[[unit(m.start), unit(m.end), rank[m.label], m.hint] for m in side] for side in sides]
            for unit, sides in zip(units, page.mentions, strict=True)
        ],
        "items": [_item(item, page, kinds, units[item.article], whole[item.article]) for item in page.items],
    }
    if page.links is not None:
        data["links"] = links_data(page.links)
    return json_in_html(data)


def gold_side(annotated: AnnotatedArticle) -> list[ShownMention]:
    """Gold mentions with their attributes beside them."""
    return [ShownMention(s.start, s.end, s.label, ", ".join(v for _, v in s.attributes)) for s in annotated.spans]


def predicted_side(prediction: Prediction | None) -> list[ShownMention]:
    """Predicted mentions with their confidence and attributes beside them."""
    shown = []
    for m in prediction.mentions if prediction else ():
        hint = ", ".join([f"{m.confidence:.2f}", *chain.from_iterable(m.attribute_values.values())])
        shown.append(ShownMention(m.start, m.end, m.label, hint, m.confidence))
    return shown


def json_in_html(data: Any) -> Markup:
    r"""JSON for a script element: what could end the element, open a comment in it or end a line is written as \u.

    >>> str(json_in_html(["</script><!--"]))
    '["\\u003c/script\\u003e\\u003c!--"]'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def confusion_cells(
    outcome: Outcome, gold: Sequence[str], predicted: Sequence[str], rank: dict[str, int]
) -> tuple[tuple[int, int], ...]:
    """The cells of a confusion in which an outcome counts: (gold label, predicted label), ``len(rank)`` for nothing.

    Args:
        gold: labels of all gold mentions of the article; ``predicted`` those of the system.
    """
    rows = [rank[gold[i]] for i in outcome.gold]
    columns = [rank[predicted[j]] for j in outcome.predicted]
    return tuple(sorted(set(zip_longest(rows, columns, fillvalue=len(rank)))))


def _item(item: Item, page: BrowserPage, kinds: list[str], unit: _Units, whole: Sequence[HasOffsets]) -> list[Any]:
    text = page.articles[item.article].text
    sides = page.mentions[item.article]
    shown = [sides[side][i] for side, positions in enumerate(item.positions) for i in positions]
    windows = sentences_around(text, shown, whole=whole)
    start, end = windows[0][0], windows[-1][1]
    end = max(start + len(text[start:end].rstrip()), *(m.end for m in shown), 0)
    window = [unit(start), unit(end)]
    return [item.article, kinds.index(item.kind), window, item.positions, item.cells, item.note, item.weight]


class _Units:
    """Offsets in code points to offsets in UTF-16 units of one text."""

    def __init__(self, text: str) -> None:
        self._pairs = [i for i, character in enumerate(text) if character > "\uffff"] if not text.isascii() else []

    def __call__(self, offset: int) -> int:
        return offset + bisect_left(self._pairs, offset)

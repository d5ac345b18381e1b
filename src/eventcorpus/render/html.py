"""What HTML pages share: scripts, and text whose mentions are marked in colours."""

from __future__ import annotations

import hashlib
import itertools
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup, escape

from eventcorpus.ontology import Ontology


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text to show. ``state`` is a CSS class (``right``, ``missed``, ``spurious`` or empty)."""

    start: int
    end: int
    label: str
    state: str = ""
    hint: str = ""


def highlight(text: str, marks: Sequence[Mark], colours: dict[str, str]) -> Markup:
    """Escape a text and wrap its marked stretches; where marks overlap, the shorter one is drawn on top.

    >>> str(highlight("a <b>", [Mark(2, 5, "X")], {"X": "#123456"}))
    'a <mark class="" style="--c:#123456" title="X">&lt;b&gt;<small>X</small></mark>'
    """
    borders = sorted({0, len(text), *(m.start for m in marks), *(m.end for m in marks)})
    pieces: list[Markup] = []
    for start, end in itertools.pairwise(borders):
        over = [m for m in marks if m.start <= start and end <= m.end]
        piece = escape(text[start:end])
        if over:
            top = min(over, key=lambda m: (m.end - m.start, m.start, m.label))
            ends = Markup("").join(Markup("<small>{}</small>").format(m.label) for m in over if m.end == end)
            title = ", ".join(f"{m.label} {m.hint}".strip() for m in over)
            piece = Markup('<mark class="{}" style="--c:{}" title="{}">{}{}</mark>').format(
                top.state, colours.get(top.label, "#777777"), title, piece, ends
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

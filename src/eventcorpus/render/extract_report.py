"""The predictions of ``eventcorpus extract``: tables for a terminal, and one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table

from eventcorpus.ontology import label_colours
from eventcorpus.predictions import ModelName, Prediction
from eventcorpus.render.html import Mark, highlight, render_page
from eventcorpus.render.tables import titled_table


def prediction_tables(predictions: Iterable[Prediction]) -> Iterator[Table]:
    """One table an article, with a row for each mention."""
    for prediction in predictions:
        title = f"{prediction.id}: {len(prediction.mentions)} mentions"
        table = titled_table(title, ("label", "text", "start", "end", "confidence"), left=2)
        for m in prediction.mentions:
            text = "".join(c if c.isprintable() else " " for c in m.text)
            table.add_row(m.label, text, str(m.start), str(m.end), f"{m.confidence:.2f}")
        yield table


def predictions_page(predictions: Sequence[Prediction]) -> str:
    """Render the page: every article with its mentions marked.

    Args:
        predictions: with their text; of one model.
    """
    colours = label_colours(sorted({m.label for p in predictions for m in p.mentions}))
    articles = [
        {
            "id": p.id,
            "mentions": p.mentions,
            "marked": highlight(
                p.text or "", [Mark(m.start, m.end, m.label, hint=f"{m.confidence:.2f}") for m in p.mentions], colours
            ),
        }
        for p in predictions
    ]
    model = predictions[0].model if predictions else ModelName(name="none")
    return render_page("extract.html.j2", articles=articles, model=model)

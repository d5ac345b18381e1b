"""What a model found, as tables for a terminal and as a page: links in words where it gives any, as text whatever it is."""

import re

from rich.console import Console

from eventcorpus.labelstudio.config import label_config
from eventcorpus.ontology import parse_ontology
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.render.reports import prediction_tables, predictions_page
from eventcorpus.text import sha256_of

HOSTILE = "<b>bombed</b>"
TEXT = f"rebels {HOSTILE} homs"
PLAIN = Prediction(
    id="a", model=ModelName(name="m"), text=TEXT, text_sha256=sha256_of(TEXT),
    mentions=(PredictedMention(start=0, end=6, label="Who", text="rebels", confidence=0.9),),
)  # fmt: skip
LINKED = PLAIN.model_copy(
    update={
        "mentions": (
            PredictedMention(start=0, end=6, label="Who", text="rebels", id="m1"),
            PredictedMention(
                start=7, end=20, label="Air raid", text=HOSTILE, id="m2",
                attributes={"how sure": "sûr", "by": ("<i>x", "y")},
            ),
        ),
        "roles": (PredictedRole(role="done <u>by", trigger="m2", argument="m1", confidence=0.8),),
    }
)  # fmt: skip


def shown(prediction: Prediction) -> str:
    page = Console(width=200, markup=False)
    with page.capture() as captured:
        page.print(*prediction_tables([prediction]))
    return captured.get()


def test_links_stand_beside_the_mention_that_they_begin_at() -> None:
    rows = [line for line in shown(LINKED).splitlines() if "│" in line]
    assert len(rows) == 2 and "done" not in rows[0]
    assert f"{HOSTILE} │ done <u>by: rebels (0.80); how sure: sûr; by: <i>x, y │" in rows[1]


def test_mentions_alone_have_no_column_of_links() -> None:
    assert "roles" not in shown(PLAIN) and "roles" not in predictions_page([PLAIN], ["Who"])


def test_the_page_shows_names_and_values_as_text() -> None:
    page = predictions_page([LINKED], ["Air raid", "Who"])
    assert "done &lt;u&gt;by: rebels (0.80); how sure: sûr; by: &lt;i&gt;x, y" in page
    assert not re.search("<(u|i|b)>", page)


def test_the_page_has_the_colours_of_the_labelling_page_whatever_labels_were_found() -> None:
    names = ["Air raid", "Town", "Who"]
    ontology = parse_ontology(
        {"name": "o", "version": "1.0.0", "entities": [{"name": name} for name in names]}, place="test"
    )
    of_label = dict(re.findall(r'value="([^"]*)" background="(#\w+)"', label_config(ontology)))
    assert re.findall("--c: ?(#[0-9a-f]{6})", predictions_page([PLAIN], ontology.labels)) == [of_label["Who"]]


def test_mentions_of_low_confidence_are_marked_and_counted() -> None:
    low = PLAIN.mentions[0].model_copy(update={"confidence": 0.0003})
    prediction = PLAIN.model_copy(update={"mentions": (low,)})
    assert "<0.01 low" in shown(prediction) and "0.90 │" in shown(PLAIN)
    page = predictions_page([prediction], ["Who"])
    assert "<td>&lt;0.01 low</td>" in page
    assert (
        "1 mention has a confidence below 0.1 (“low”): often the rest of a mention that a line break cuts. "
        "<code>--min-confidence 0.1</code> leaves them out."
    ) in page
    assert "line break" not in predictions_page([PLAIN], ["Who"])

"""Articles that want to break a page, and systems whose errors are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.runs import Run
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.render.evaluation import eval_page
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.text import stored_form

ODD = "<i>\"odd' & |label"
LABELS = ("Actor", "Place", "Time", ODD)
ONTOLOGY = Ontology(name="t", version="1.0.0", entities=tuple(Label(name=name) for name in LABELS))
LONG = "x" * 5000
Marked = tuple[str, str]

TEXTS: tuple[tuple[str, tuple[Marked, ...]], ...] = (
    ("<script>alert(1)</script> The rebels left Homs on monday.\n\nSecond paragraph, </script>, army.", (("rebels", "Actor"), ("Homs", "Place"), ("monday", "Time"), ("army", "Actor"))),
    ("<img src=x onerror=alert(1)> army in Aleppo", (("<img src=x onerror=alert(1)>", ODD), ("army", "Actor"), ("Aleppo", "Place"))),
    ("قال الجيش إن مدينة حلب تعرضت للقصف يوم الاثنين 🔥🚨 army", (("الجيش", "Actor"), ("حلب", "Place"), ("الاثنين", "Time"), ("army", "Actor"))),
    ("צה״ל הודיע ביום שני על rebels בחומס", (("צה״ל", "Actor"), ("rebels", "Actor"))),
    ("👨‍👩‍👧‍👦 zero\u200bwidth \u202eevil\u202c line\u2028end\u2029 soft\u00adhyphen <!-- ]]> &lt; {{ 7*7 }}", (("zero\u200bwidth", "Actor"), ("evil", "Place"))),
    (f"One word: {LONG} and Homs", ((LONG, "Place"), ("Homs", "Place"))),
    ("Nothing to find here.", ()),
)  # fmt: skip
"""17 mentions: 8 of Actor, 6 of Place, 2 of Time, 1 of the odd label."""


def gold(texts: Sequence[tuple[str, tuple[Marked, ...]]] = TEXTS) -> list[AnnotatedArticle]:
    """Every text as an article with a hostile title."""
    return [
        AnnotatedArticle(
            Article(
                f'a{i}"><b>', stored_form(text).text, title=f"\"'><img src=x onerror=alert({i})> </script> {text[:9]}"
            ),
            tuple(
                Span(str(n), text.index(words), text.index(words) + len(words), label)
                for n, (words, label) in enumerate(marked)
            ),
            LABELS,
        )
        for i, (text, marked) in enumerate(texts)
    ]


def system(
    articles: Iterable[AnnotatedArticle],
    change: Callable[[int, int, str], list[tuple[int, int, str]]],
    *,
    name: str = "m",
    confidence: float = 0.5,
) -> list[Prediction]:
    """Predict what ``change`` makes of every gold span."""
    predictions = []
    for one in articles:
        text = one.article.text
        spans = [new for s in one.spans for new in change(s.start, s.end, s.label)]
        predictions.append(
            Prediction(
                model=ModelName(name=name), id=one.article.id, text_sha256=one.article.text_sha256,
                mentions=tuple(PredictedMention(start=s, end=e, label=label, text=text[s:e], confidence=confidence) for s, e, label in spans),
            )
        )  # fmt: skip
    return predictions


def perfect(start: int, end: int, label: str) -> list[tuple[int, int, str]]:
    return [(start, end, label)]


def empty(start: int, end: int, label: str) -> list[tuple[int, int, str]]:
    return []


def always_actor(start: int, end: int, label: str) -> list[tuple[int, int, str]]:
    return [(start, end, "Actor")]


def shifted(start: int, end: int, label: str) -> list[tuple[int, int, str]]:
    return [(start - 1, end - 1, label)] if start else [(start, end - 1, label)]


def halves(start: int, end: int, label: str) -> list[tuple[int, int, str]]:
    middle = (start + end) // 2
    return [(start, middle, label), (middle, end, label)]


def page_of(articles: Sequence[AnnotatedArticle], predictions: Sequence[Prediction]) -> str:
    """The page of a report with everything that these articles allow."""
    report = evaluate(articles, [Run(predictions)], ONTOLOGY, name="ds <b>", split="test", n_resamples=50)
    return eval_page(report, articles, predictions, ONTOLOGY)

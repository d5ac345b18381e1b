"""How quickly the page of a report opens and filters with 500 articles and 30,000 gold mentions in a real Chromium.

Beside it: the same errors as plain HTML, all at once, with content-visibility. Ends with one line of JSON.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from markupsafe import Markup
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from chromium import FLAGS, find_browser
from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.runs import Run
from eventcorpus.ontology import Label, Ontology, label_colours
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.render.evaluation import error_browser, eval_page
from eventcorpus.render.html import Mark, highlight
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.text import sentences_around

LABELS = tuple(f"Label{i}" for i in range(20))
ONTOLOGY = Ontology(name="bench", version="1.0.0", flat=False, entities=tuple(Label(name=name) for name in LABELS))
N_ARTICLES, N_SENTENCES, N_RUNS = 500, 10, 3
SENTENCE = "rebels of Homs shelled the old market near Aleppo at dawn."
MENTIONS = ((0, 6), (10, 14), (15, 22), (27, 37), (43, 49), (53, 57))
OPENED = "performance.timing.loadEventEnd - performance.timing.navigationStart"
# two frames after a change everything is laid out and painted
FILTER = """async ([id, value]) => {
    const field = document.getElementById(id);
    const start = performance.now();
    field.value = value;
    field.dispatchEvent(new Event(id === "words" ? "input" : "change"));
    document.documentElement.offsetHeight;
    return performance.now() - start;
}"""
HIDE = """() => {
    const start = performance.now();
    for (const one of document.querySelectorAll("article")) one.hidden = one.dataset.label !== "Label3";
    document.documentElement.offsetHeight;
    return performance.now() - start;
}"""


def made_up() -> tuple[list[AnnotatedArticle], list[Prediction]]:
    """Gold of 60 mentions an article, of which a system has half, and moves, mislabels and misses the others."""
    dice = random.Random(0)
    gold, predictions = [], []
    for i in range(N_ARTICLES):
        article = Article(f"a{i:03}", "\n".join([SENTENCE] * N_SENTENCES), title=f"Article {i}")
        spans, mentions = [], []
        for n in range(N_SENTENCES):
            for start, end in MENTIONS:
                start, end, label = start + n * (len(SENTENCE) + 1), end + n * (len(SENTENCE) + 1), dice.choice(LABELS)
                spans.append(Span(str(len(spans)), start, end, label))
                what = dice.random()
                if what < 0.85:
                    moved = 1 if 0.5 < what < 0.65 else 0
                    said = dice.choice(LABELS) if what > 0.65 else label
                    mentions.append(
                        PredictedMention(
                            start=start,
                            end=end - moved,
                            label=said,
                            text=article.text[start : end - moved],
                            confidence=round(dice.random(), 2),
                        )
                    )
        gold.append(AnnotatedArticle(article, tuple(spans), LABELS))
        predictions.append(
            Prediction(
                model=ModelName(name="m"), id=article.id, text_sha256=article.text_sha256, mentions=tuple(mentions)
            )
        )
    return gold, predictions  # fmt: skip


def all_as_html(gold: list[AnnotatedArticle], predictions: list[Prediction]) -> str:
    """Every error as markup, drawn by the browser when it comes into sight."""
    page = error_browser(gold, {p.id: p for p in predictions}, LABELS)
    colours = label_colours(LABELS)
    cards = []
    for item in page.items:
        sides, text = page.mentions[item.article], page.articles[item.article].text
        shown = [sides[side][i] for side, of in enumerate(item.positions) for i in of]
        ((start, end),) = sentences_around(text, shown)
        columns = [
            highlight(text[start:end], [Mark(m.start - start, m.end - start, m.label) for m in side if start <= m.start and m.end <= end], colours)
            for side in sides
        ]  # fmt: skip
        card = Markup('<article data-label="{}"><b>{}</b><p>{}</p><p>{}</p></article>')
        cards.append(card.format(shown[0].label, item.kind, *columns))
    style = "article { content-visibility: auto; contain-intrinsic-size: auto 110px; }"
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{''.join(cards)}"


def measure(browser: Browser, html: str, scripts: dict[str, tuple[str, object]]) -> dict[str, float]:
    """Milliseconds, the median of several fresh pages."""
    found: dict[str, list[float]] = {"open": [], **{name: [] for name in scripts}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(html)
        for _ in range(N_RUNS):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(file.as_uri())
            found["open"].append(page.evaluate(OPENED))
            for name, (script, argument) in scripts.items():
                found[name].append(page.evaluate(script, argument))
            page.close()
    return {name: round(statistics.median(times), 1) for name, times in found.items()}


def main() -> None:
    gold, predictions = made_up()
    report = evaluate(gold, [Run(predictions)], ONTOLOGY, name="bench", split="test", n_resamples=0)
    start = time.perf_counter()
    html = eval_page(report, gold, predictions, ONTOLOGY)
    rendered = time.perf_counter() - start
    plain = all_as_html(gold, predictions)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        ours = measure(
            browser,
            html,
            {
                "by label": (FILTER, ["label", "3"]),
                "all": (FILTER, ["label", ""]),
                "by words": (FILTER, ["words", "market"]),
            },
        )
        theirs = measure(browser, plain, {"by label": (HIDE, None)})
    row = {
        "articles": N_ARTICLES,
        "gold": sum(len(one.spans) for one in gold),
        "characters": sum(len(one.article.text) for one in gold),
        "render_s": round(rendered, 2),
        "page_mb": round(len(html.encode()) / 1e6, 2),
        "page_ms": ours,
        "html_mb": round(len(plain.encode()) / 1e6, 2),
        "html_ms": theirs,
    }
    print(
        f"rendered in {row['render_s']} s; {row['page_mb']} MB, opens in {ours['open']} ms, filters in {ours['by label']} ms"
    )
    print(f"all as HTML: {row['html_mb']} MB, opens in {theirs['open']} ms, filters in {theirs['by label']} ms")
    print(json.dumps(row))


if __name__ == "__main__":
    main()

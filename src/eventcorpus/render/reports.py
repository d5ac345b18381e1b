"""Figures of a corpus, findings, corrections, calibrations and predictions: for a terminal, and as pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from rich.table import Table
from rich.text import Text

from eventcorpus.agreement.corrections import Corrections, MentionFigures
from eventcorpus.corpus.checks.findings import CheckReport, FindingRow
from eventcorpus.corpus.rank import Ranked
from eventcorpus.corpus.stats import MentionCount, Spread, StatsReport
from eventcorpus.inference.checks import BackendChecks
from eventcorpus.models.calibration import Calibration, Threshold
from eventcorpus.ontology import label_colours
from eventcorpus.package_data import fill_template
from eventcorpus.predictions import ModelName, Prediction
from eventcorpus.render.charts import BarRow, bar_chart, histogram
from eventcorpus.render.html import Mark, highlight
from eventcorpus.schema import LOW_CONFIDENCE, Article
from eventcorpus.tables import UNDEFINED, counted, percent, percent_range, titled_table
from eventcorpus.text import one_line, printable

# stats ---------------------------------------------------------------------------------------------------------------

DISTRIBUTIONS = {
    "trigger_labels": "triggers",
    "entity_labels": "entities",
    "roles": "roles",
    "values": "values of attributes",
}
"""Figures that are counted by mention and by article, and what they are called."""
_COUNTS = {"articles": "n_articles", "without event": "n_without_event", "words": "n_words", "spans": "n_spans",
           "triggers": "n_triggers", "roles": "n_roles", "events": "n_events"}  # fmt: skip
_BAR_COLOURS = {"trigger_labels": "--r", "entity_labels": "--p", "roles": "--f", "values": "--p"}
_LONGEST_LIST = 25
_percent = partial(percent, digits=0, unit="%")


def stats_tables(report: StatsReport) -> Iterator[Table]:
    """Articles, words, spans and the like, of all and per split; then one table for each of ``DISTRIBUTIONS``."""
    columns = {"all": report.total, **report.splits}
    figures = columns.values()
    rows = {name: [f"{getattr(f, key):,}" for f in figures] for name, key in _COUNTS.items()}
    rows["without event"] = [f"{f.n_without_event:,} ({_percent(f.share_without_event)})" for f in figures]
    rows["triggers per 1,000 words"] = [_number(f.triggers_per_1000_words.overall) for f in figures]
    rows["  min, median, max"] = [_min_median_max(f.triggers_per_1000_words) for f in figures]
    rows["words an article, min, median, max"] = [_min_median_max(f.words_per_article) for f in figures]
    yield titled_table("", ("", *columns), ((name, *cells) for name, cells in rows.items()))
    for key, title in DISTRIBUTIONS.items():
        of_splits = [getattr(split, key) for split in report.splits.values()]
        total: dict[str, MentionCount] = getattr(report.total, key)
        yield titled_table(
            "",
            (title, "n", "articles", *report.splits),
            (
                (name, f"{count.n:,}", f"{count.articles:,}", *(f"{split[name].n:,}" for split in of_splits))
                for name, count in total.items()
            ),
        )


def originality_lines(report: StatsReport) -> list[str]:
    """The figures of originality, one a line, with the worst example."""
    o = report.originality
    nearest = f" ({o.nearest[0].one} and {o.nearest[0].other})" if o.nearest else ""
    lines = [f"highest Jaccard similarity of five-word shingles: {o.highest_jaccard:.3f}{nearest}"]
    for what, n, examples in _repetitions(report):
        lines.append(f"{what}: {n:,}" + (f" (“{examples[0].words}” in {examples[0].articles:,})" if examples else ""))
    return lines


def _repetitions(report: StatsReport) -> tuple[tuple[str, int, Sequence[Any]], ...]:
    """What is repeated in too many articles, how often that is so, and examples."""
    o = report.originality
    return (
        ("runs of 8 words in more than 2 articles", o.repeated_runs, o.runs),
        ("openings of 4 words in more than 3 articles", o.repeated_openings, o.openings),
        ("runs of 8 with mentions masked in more than 3 articles", o.repeated_masked_runs, o.masked_runs),
    )


def stats_page(report: StatsReport, *, unmet: Sequence[str] = (), required: int = 0) -> str:
    """Render the page; it needs no network and runs no script.

    Args:
        unmet: requirements that are not met, in words.
        required: how many requirements there are.
    """
    total = report.total
    words = histogram(total.word_bars, unit="words", title="articles by their number of words")
    density = histogram(total.density_bars, unit="triggers", title="articles by their triggers per 1,000 words")
    charts = [("Words an article", words), ("Triggers per 1,000 words, articles with events", density)]
    for key, name in DISTRIBUTIONS.items():
        mentions: dict[str, MentionCount] = getattr(total, key)
        rows = [BarRow(label, count.n, f"in {counted(count.articles, 'article')}") for label, count in mentions.items()]
        charts.append((name.capitalize(), bar_chart(rows, title=name, colour=_BAR_COLOURS[key])))
    for key in ("kinds", "years", "outlets", "tags"):
        articles: dict[str, int] = getattr(total, key)
        if set(articles) - {""}:
            more = len(articles) - _LONGEST_LIST
            only = f" (the first {_LONGEST_LIST}, {more:,} more)" if more > 0 else ""
            rows = [BarRow(name or "(none)", n) for name, n in list(articles.items())[:_LONGEST_LIST]]
            charts.append((f"Articles by {key.removesuffix('s')}{only}", bar_chart(rows, title=key, colour="--f")))
    return fill_template(
        "stats.html.j2",
        report=report,
        columns={"all": total, **report.splits},
        counts=_COUNTS,
        repetitions=_repetitions(report),
        charts=charts,
        distributions=DISTRIBUTIONS,
        unmet=unmet,
        required=required,
        number=_number,
        share=_percent,
    )


def _number(value: float | None) -> str:
    """A number without needless decimals; a dash where there is none."""
    return UNDEFINED if value is None else f"{value:,.1f}".removesuffix(".0")


def _min_median_max(spread: Spread) -> str:
    return ", ".join(_number(value) for value in (spread.min, spread.median, spread.max))


# check ---------------------------------------------------------------------------------------------------------------

_ON_PAGE = 100
"""Findings of one kind that a page shows; the JSON has all."""
_CONTEXT = 70
"""Characters of the article that a page shows on either side of a finding."""
_COLOURS = {"error": "#c03d3d", "look": "#b06a00"}
"""By severity."""


def kinds_table(report: CheckReport) -> Table:
    """A row for each kind that was found."""
    table = Table(box=None, header_style="bold")
    table.add_column("kind", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found", justify="right")
    table.add_column("articles", justify="right")
    table.add_column("what")
    for name, kind in report.kinds.items():
        style = "bold red" if kind.severity == "error" else ""
        table.add_row(Text(name, style), Text(kind.severity, style), f"{kind.n:,}", f"{kind.articles:,}", kind.what)
    return table


def finding_lines(report: CheckReport, *, top: int) -> Iterable[str]:
    """The worst findings of each kind, one a line, after a line with the way out."""
    for name, rows in groupby(report.findings, key=lambda row: row.kind):
        kind = report.kinds[name]
        yield ""
        yield f"{name} ({kind.n:,}): {kind.way_out}"
        for row in list(rows)[:top]:
            place = f" [{row.start}, {row.end}) {one_line(row.words, 40)}" if row.start is not None else ""
            yield f"  {printable(row.article or report.corpus)}{place}: {printable(row.message)}"
        if kind.n > top:
            yield f"  ... and {kind.n - top:,} more"


def check_page(report: CheckReport, texts: Mapping[str, str]) -> str:
    """One self-contained page: what was found of each kind, each finding in its context.

    Args:
        texts: by article id.
    """
    groups: list[dict[str, Any]] = []
    for name, rows in groupby(report.findings, key=lambda row: row.kind):
        shown = [_shown(row, texts.get(row.article, "")) for row in list(rows)[:_ON_PAGE]]
        groups.append({"name": name, "kind": report.kinds[name], "rows": shown})
    return fill_template("check.html.j2", report=report, groups=groups)


def _shown(row: FindingRow, text: str) -> dict[str, Any]:
    context = None
    if row.start is not None and row.end is not None and row.end <= len(text):
        begin, end = max(0, row.start - _CONTEXT), min(len(text), row.end + _CONTEXT)
        mark = Mark(row.start - begin, row.end - begin, "", hint=row.kind)
        context = highlight(text[begin:end].replace("\n", " "), [mark], {"": _COLOURS[row.severity]})
    before, after = bool(row.start and row.start > _CONTEXT), bool(row.end and row.end + _CONTEXT < len(text))
    return {"row": row, "context": context, "before": before, "after": after}


# labelstudio rank ----------------------------------------------------------------------------------------------------


def ranking_table(ranked: Sequence[Ranked], articles: Sequence[Article], *, width: int) -> Table:
    """The first of the order; titles take what the terminal's width leaves."""
    title = {article.id: article.title or article.text[:80].split("\n")[0] for article in articles}
    left = max(12, width - 50 - max((len(row.id) for row in ranked), default=0))
    table = Table(title="annotate next", title_justify="left")
    for name in ("rank", "article", "chosen by", "unsure", "new", "title"):
        table.add_column(name, justify="right" if name in ("rank", "unsure", "new") else "left", overflow="fold")
    for row in ranked:
        unsure = "–" if row.uncertainty is None else f"{row.uncertainty:.2f}"
        shown = title[row.id] if len(title[row.id]) <= left else title[row.id][: left - 1] + "…"
        table.add_row(str(row.rank), row.id, row.chosen_by, unsure, f"{row.novelty:.2f}", shown)
    return table


# labelstudio corrections ---------------------------------------------------------------------------------------------

_APART = {
    "not_begun_from_prediction": "begun empty though a prediction was there",
    "without_prediction": "of tasks without a prediction",
    "prediction_gone": "begun from a prediction that is not in the export (a pull takes them along)",
    "skipped": "skipped",
    "older": "replaced by a newer one of the same person",
}
"""Annotations that are in no figure of corrections."""

_MENTIONS = ("predicted", "kept", "moved", "relabelled", "moved_and_relabelled", "removed", "added", "annotated")
_LINKS = ("predicted", "kept", "changed", "removed", "added", "annotated")


def corrections_tables(report: Corrections) -> Iterator[Table]:
    """The report for a terminal: labels, roles and attributes, annotators, models."""
    yield titled_table(
        "what annotators did to the predicted mentions",
        ("label", *(key.replace("moved_and_relabelled", "both") for key in _MENTIONS), "precision", "recall", "F1"),
        ((label, *_mention_cells(row)) for label, row in report.labels.items()),
        last=[("all", *_mention_cells(report.total.mentions))],
    )
    if links := {f"role {name}": link for name, link in report.roles.items()} | dict(report.attributes):
        rows = ((name, *(f"{getattr(link, key):,}" for key in _LINKS)) for name, link in links.items())
        yield titled_table("roles and attributes", ("name", *_LINKS), rows)
    within = f"within {report.within_seconds:g} s"
    columns = ("annotations", "untouched", within, "still prediction", "predicted", "kept", "F1")
    for title, groups in (("annotator", report.annotators), ("model version", report.models)):
        yield titled_table(
            f"by {title}",
            (title, *columns),
            (
                (
                    printable(name, "\ufffd"),  # labels are printable, models any text
                    *(f"{n:,}" for n in (group.annotations, group.untouched, group.untouched_within)),
                    percent(group.still_prediction),
                    *(f"{n:,}" for n in (group.mentions.predicted, group.mentions.kept)),
                    percent(group.mentions.f1),
                )
                for name, group in groups.items()
            ),
        )


def _mention_cells(row: MentionFigures) -> list[str]:
    counts = [f"{getattr(row, key):,}" for key in _MENTIONS]
    return [*counts, percent(row.precision), percent(row.recall), percent(row.f1)]


def corrections_summary(report: Corrections) -> str:
    """How many annotations were submitted as the model made them, and how many are in no figure."""
    total = report.total
    share = percent(total.untouched / total.annotations if total.annotations else None)
    lines = [
        f"{counted(total.annotations, 'annotation')} begun from a prediction: {total.untouched:,} untouched "
        f"({share}%), {total.untouched_within:,} of them within {report.within_seconds:g} s; "
        f"{percent(total.still_prediction)}% of the regions still say that a model drew them"
    ]
    apart = [f"{n:,} {_APART[name]}" for name, n in report.apart.model_dump().items() if n]
    if apart:
        lines.append(f"not in these figures: annotations {', '.join(apart)}")
    return "\n".join(lines)


# calibrate -----------------------------------------------------------------------------------------------------------


def calibration_tables(calibration: Calibration) -> tuple[Table, Table]:
    """The methods with their cross-validated errors, and the labels with their thresholds."""
    on = calibration.fitted_on
    assert on is not None  # whatever was fitted was fitted on something
    errors = titled_table(
        f"Confidences, cross-validated on {counted(on.articles, 'article')}, {counted(on.mentions, 'mention')}, "
        f"{on.correct:,} right",
        ("method", "calibration error", "Brier score", "log loss", ""),
        (
            (
                method,
                *(f"{figure:.3f}" for figure in (error.expected_error, error.brier, error.log_loss)),
                "chosen" if method == calibration.method else "",
            )
            for method, error in calibration.errors.items()
        ),
    )
    thresholds = titled_table(
        f"From which confidence on {100 * (calibration.precision or 0):g}% are right, of at least "
        f"{counted(calibration.least_mentions, 'mention')}",
        ("label", "threshold", "kept", "of", "precision, %", "95% interval"),
        ((label, *_threshold_cells(threshold)) for label, threshold in calibration.thresholds.items()),
    )
    return errors, thresholds


def _threshold_cells(threshold: Threshold) -> tuple[str, ...]:
    if threshold.precision is None or threshold.interval is None:
        return "too few", "", f"{threshold.mentions:,}", "", ""
    shown, best = (f"{threshold.confidence:.4f}", "") if threshold.confidence is not None else ("not reached", "best ")
    interval = percent_range(threshold.interval.low, threshold.interval.high, between=" to ", digits=0)
    return shown, f"{threshold.kept:,}", f"{threshold.mentions:,}", f"{best}{percent(threshold.precision)}", interval


def backend_table(checks: BackendChecks) -> Table:
    """What each backend finds, beside torch in fp32."""
    return titled_table(
        f"Mentions in split {checks.split} of {checks.dataset}, {counted(checks.articles, 'article')}",
        ("backend", "F1, %", "difference", "same mentions, %", "largest difference of a log-probability"),
        (
            ("fp32", percent(checks.f1, digits=2), "", "", ""),
            *(
                (
                    check.name,
                    percent(check.f1, digits=2),
                    percent(check.f1 - checks.f1, digits=2, sign="+"),
                    percent(check.same_mentions, digits=2),
                    f"{check.largest_difference:.3g}",
                )
                for check in checks.backends
            ),
        ),
    )


# extract -------------------------------------------------------------------------------------------------------------


def prediction_tables(predictions: Iterable[Prediction]) -> Iterator[Table]:
    """One table an article, with a row for each mention; what it is linked to beside it, where the model says so."""
    for prediction in predictions:
        linked = linked_words(prediction)
        rows = (
            (
                m.label,
                printable(m.text, " "),
                *((linked[i],) if linked else ()),
                *(str(m.start), str(m.end), shown_confidence(m.confidence)),
            )
            for i, m in enumerate(prediction.mentions)
        )
        title = f"{prediction.id}: {counted(len(prediction.mentions), 'mention')}"
        said = ("label", "text", *(("roles and attributes",) if linked else ()))
        yield titled_table(title, (*said, "start", "end", "confidence"), rows, left=len(said))


def shown_confidence(confidence: float) -> str:
    """A confidence for people, with a mark where it is low.

    >>> shown_confidence(0.873), shown_confidence(0.04), shown_confidence(0.0002)
    ('0.87', '0.04 low', '<0.01 low')
    """
    shown = f"{confidence:.2f}" if confidence >= 0.005 else "<0.01"
    return f"{shown} low" if confidence < LOW_CONFIDENCE else shown


def linked_words(prediction: Prediction) -> list[str]:
    """Of each mention its arguments, the triggers of its event and its attributes; empty where the model has none."""
    if prediction.roles is None and all(m.attributes is None for m in prediction.mentions):
        return []
    text_of = {mention.id: printable(mention.text, " ") for mention in prediction.mentions}
    words: list[list[str]] = [[] for _ in prediction.mentions]
    position = {mention.id: i for i, mention in enumerate(prediction.mentions)}
    for role in prediction.roles or ():
        words[position[role.trigger]].append(f"{role.role}: {text_of[role.argument]} ({role.confidence:.2f})")
    for i, mention in enumerate(prediction.mentions):
        words[i] += [f"{name}: {', '.join(values)}" for name, values in mention.attribute_values.items()]
    return ["; ".join(each) for each in words]


def predictions_page(predictions: Sequence[Prediction], labels: Sequence[str]) -> str:
    """Render the page: every article with its mentions marked.

    Args:
        predictions: with their text; of one model.
        labels: those of the model's ontology, in its order.
    """
    colours = label_colours(labels)
    articles = []
    for p in predictions:
        marks = [Mark(m.start, m.end, m.label, hint=shown_confidence(m.confidence)) for m in p.mentions]
        marked, linked = highlight(p.text or "", marks, colours), linked_words(p)
        articles.append({"id": p.id, "mentions": p.mentions, "marked": marked, "linked": linked})
    model = predictions[0].model if predictions else ModelName(name="none")
    n_low = sum(m.confidence < LOW_CONFIDENCE for p in predictions for m in p.mentions)
    return fill_template(
        "extract.html.j2", articles=articles, model=model, n_low=n_low, low=LOW_CONFIDENCE, shown=shown_confidence
    )

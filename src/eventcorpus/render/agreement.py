"""The agreement report, in hundredths: for a terminal, and as one self-contained HTML page.

The page shows the disagreements side by side in the text. Its one script filters them; without it all are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup
from rich import console
from rich.table import Table
from rich.text import Text

from eventcorpus.agreement.agree import AgreementReport, Figure, PairAgreement, RoleAgreement, SpanAgreement
from eventcorpus.agreement.disagreements import KINDS, Disagreement, Group
from eventcorpus.ontology import Ontology, label_colours
from eventcorpus.package_data import fill_template
from eventcorpus.render.charts import Row, interval_chart
from eventcorpus.render.html import Mark, highlight, page_script
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import UNDEFINED, counted, percent, percent_range, titled_table
from eventcorpus.text import sentences_around

_SERIES = (("exact F1", "var(--p)"), ("overlap F1", "var(--r)"), ("alpha on characters", "var(--f)"))


def pair_name(pair: PairAgreement) -> str:
    """Who is compared."""
    return " and ".join(pair.pairs[0]) if len(pair.pairs) == 1 else f"all {len(pair.pairs)} pairs"


def agreement_tables(report: AgreementReport) -> console.Group:
    """The report for a terminal: labels in ontology order, roles, attributes, events; pairs if there are several."""
    n_resamples, seed, n_units = report.bootstrap.resamples, report.bootstrap.seed, report.all_pairs.units
    units = counted(n_units, "article or cluster", "articles or clusters")
    drawn = f"95% intervals: {counted(n_resamples, 'resample')} of {units} (seed {seed})"
    return console.Group(*_tables(report), Text(drawn))


def _tables(report: AgreementReport) -> Iterator[Table]:
    pair = report.all_pairs
    yield titled_table(
        f"Agreement of {pair_name(pair)} on {counted(pair.articles, 'article')} of {report.dataset.name}, in "
        "hundredths",
        ("label", "spans", "", "exact F1", "95%", "overlap F1", "alpha_characters"),
        _span_rows(pair.labels),
        last=_span_rows({"all labels": pair.all_labels}),
    )
    if pair.roles:
        yield titled_table(
            "Roles",
            ("role", "given", "", "F1", "95%", "F1 given both ends", "95%"),
            _role_rows(pair.roles),
            last=_role_rows({"all roles": pair.all_roles}),
        )
    if pair.attributes:
        yield titled_table(
            "Attributes of spans that both marked",
            ("attribute", "spans", "agreement", "95%", "kappa", "95%"),
            (
                (name, f"{row.spans:,}", *_cells(row.agreement), *_cells(row.kappa))
                for name, row in pair.attributes.items()
            ),
        )
    if events := pair.events:
        shares = {
            "B-cubed F1, triggers of both": events.on_triggers_of_both.f1,
            "B-cubed F1, all triggers": events.on_all_triggers.f1,
            "articles with the same number": events.same_number,
            "alpha of the number": events.alpha_number,
        }
        apart = events.difference
        number = UNDEFINED if apart.value is None else f"{apart.value:.2f}"
        ends = UNDEFINED if apart.low is None or apart.high is None else f"{apart.low:.2f} to {apart.high:.2f}"
        yield titled_table(
            f"Events ({events.first:,} and {events.second:,}; {counted(events.triggers_of_both, 'trigger')} marked by "
            "both)",
            ("figure", "", "95%"),
            [
                *((name, *_cells(figure)) for name, figure in shares.items()),
                ("mean difference of the number (events)", number, ends),
            ],
        )
    if len(report.pairs) > 1:
        columns = ("pair", "articles", "exact F1", "95%", "overlap F1", "alpha_characters")
        rows = ((pair_name(pair), f"{pair.articles:,}", *_span_cells(pair.all_labels)) for pair in report.pairs)
        yield titled_table("Pairs", columns, rows)


def _cells(figure: Figure) -> tuple[str, str]:
    """A figure and its interval, each a dash where it is undefined."""
    return percent(figure.value), percent_range(figure.low, figure.high, between=" to ", undefined=UNDEFINED)


def _span_cells(row: SpanAgreement) -> tuple[str, ...]:
    return (*_cells(row.f1_exact), percent(row.f1_overlap.value), percent(row.alpha_characters.value))


def _span_rows(rows: Mapping[str, SpanAgreement]) -> list[tuple[str, ...]]:
    return [(name, f"{row.first:,}", f"{row.second:,}", *_span_cells(row)) for name, row in rows.items()]


def _role_rows(rows: Mapping[str, RoleAgreement]) -> list[tuple[str, ...]]:
    return [
        (name, f"{row.first:,}", f"{row.second:,}", *_cells(row.f1), *_cells(row.f1_given_ends))
        for name, row in rows.items()
    ]


def agreement_page(
    report: AgreementReport, groups: Sequence[Group], ontology: Ontology, *, examples: int = 20, n_groups: int = 1000
) -> str:
    """Render the page.

    Args:
        examples: how many disagreements of a group are shown in the text; the page says how many are not.
        n_groups: how many groups are shown, the most rewarding; the page says how many are not.
    """
    colours = label_colours(ontology.labels)
    labels = sorted({label for group in groups for label in group.labels}, key=ontology.labels.index)
    counted = Counter[str](group.kind for group in groups for _ in group.disagreements)
    return fill_template(
        "agree.html.j2",
        report=report,
        pair=report.all_pairs,
        pair_name=pair_name,
        figure=lambda figure: dict(zip(("value", "interval"), _cells(figure), strict=True)),
        chart=_chart(report.all_pairs),
        kinds=[(kind, counted[kind]) for kind in KINDS if counted[kind]],
        labels=list(enumerate(labels)),
        n_disagreements=counted.total(),
        groups=[_group(group, labels, colours, examples) for group in groups[:n_groups]],
        more_groups=max(0, len(groups) - n_groups),
        in_more_groups=sum(len(group.disagreements) for group in groups[n_groups:]),
        script=page_script("agree.js"),
    )


def _chart(pair: PairAgreement) -> Markup:
    labels = {label: row for label, row in pair.labels.items() if row.first or row.second}
    rows = [
        Row(
            name, f"{row.first:,} / {counted(row.second, 'span')}", (row.f1_exact, row.f1_overlap, row.alpha_characters)
        )
        for name, row in [("all labels", pair.all_labels), *labels.items()]
    ]
    return interval_chart(rows, _SERIES, description="F1 and alpha per label with 95% intervals")


def _group(group: Group, labels: Sequence[str], colours: dict[str, str], examples: int) -> dict[str, Any]:
    low, high = f"{100 * group.f1_low:+.2f}", f"{100 * group.f1_high:+.2f}"
    gain = low if low == high else f"{low} to {high}"
    return {
        "kind": group.kind,
        "question": group.question,
        "labels": " ".join(str(labels.index(label)) for label in dict.fromkeys(group.labels)),
        "settles": len(group.disagreements),
        "gain": f"exact F1 {gain}" if group.f1_high > 0 else "",
        "sides": group.sides,
        "examples": [_example(disagreement, colours) for disagreement in group.disagreements[:examples]],
        "hidden": max(0, len(group.disagreements) - examples),
    }


def _example(disagreement: Disagreement, colours: dict[str, str]) -> dict[str, Any]:
    double, spans = disagreement.double, disagreement.spans
    article = double.article
    every = [*double.first.spans, *double.second.spans]
    windows = sentences_around(article.text, [*spans[0], *spans[1]], whole=every)
    sides = [
        {
            "annotator": annotated.annotator,
            "says": says,
            "text": Markup(" … ").join(
                _in_window(annotated, {span.id for span in own}, window, colours) for window in windows
            ),
        }
        for annotated, own, says in zip((double.first, double.second), spans, disagreement.values, strict=True)
    ]
    return {"article": article.title or article.id, "id": article.id, "sides": sides}


def _in_window(
    annotated: AnnotatedArticle, at_issue: set[str], window: tuple[int, int], colours: dict[str, str]
) -> Markup:
    """The annotator's marks in a stretch of the article: those at issue stand out, the others are there for context."""
    start, end = window
    marks = [
        Mark(
            max(span.start, start) - start,
            min(span.end, end) - start,
            span.label,
            "issue" if span.id in at_issue else "context",
            ", ".join(value for _, value in span.attributes),
        )
        for span in annotated.spans
        if span.start < end and start < span.end
    ]
    return highlight(annotated.article.text[start:end].rstrip(), marks, colours)

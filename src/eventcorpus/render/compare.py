"""The comparison of two systems: for a terminal, and as one self-contained HTML page of what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil

from rich.table import Table

from eventcorpus.eval.compare import Change, Comparison, Difference, System
from eventcorpus.metrics.align import outcomes
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import fill_template
from eventcorpus.predictions import Prediction
from eventcorpus.render.charts import difference_cell
from eventcorpus.render.html import (
    KINDS,
    BrowserPage,
    Item,
    ItemKind,
    ShownMention,
    browser_json,
    gold_side,
    label_definitions,
    page_script,
    predicted_side,
)
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import UNDEFINED, counted, percent, percent_range, titled_table
from eventcorpus.text import one_line

_LEVEL = 0.05
_N_CHANGES = 5
"""Changes that a terminal shows of each kind."""

# terminal ------------------------------------------------------------------------------------------------------------


def comparison_table(comparison: Comparison) -> Table:
    """Labels in ontology order, averages last; those without gold or predictions are left out."""
    place = f"{comparison.dataset.name}, {comparison.dataset.split}"
    known = {label: row for label, row in comparison.labels.items() if row.first is not None or row.second is not None}
    return titled_table(
        f"{place}: exact F1, %; A: {_name(comparison.first)}, B: {_name(comparison.second)}",
        ("label", "gold", "A", "B", "B - A", "95%", "p", "Holm", "effect", "fixed", "broken"),
        ((label, *_cells(row)) for label, row in known.items()),
        last=[("micro", *_cells(comparison.micro)), ("macro", *_cells(comparison.macro))],
    )


def _name(system: System) -> str:
    if len(system.runs) == 1:
        return system.name
    return f"{', '.join(dict.fromkeys(run.model.name for run in system.runs))} ({len(system.runs)} runs)"


def _cells(row: Difference) -> list[str]:
    interval = row.difference.interval
    return [
        f"{row.support:,}",
        percent(row.first),
        percent(row.second),
        percent(row.difference.value, sign="+"),
        percent_range(interval.low, interval.high, between=" to ", sign="+") if interval else UNDEFINED,
        p_value(row.p_randomisation),
        p_value(row.p_holm),
        UNDEFINED if row.effect_size is None else f"{row.effect_size:+.2f}",
        f"{row.fixed:,}",
        f"{row.broken:,}",
    ]


def p_value(p: float | None) -> str:
    """A p value as people read it; a dash where there is none."""
    return UNDEFINED if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def comparison_lines(comparison: Comparison) -> list[str]:
    """What the table says in words, and the first of what was fixed and what broke."""
    lines = [verdict(comparison)]
    for system, letter in ((comparison.first, "A"), (comparison.second, "B")):
        if len(system.runs) > 1:
            lines.append(f"{letter}: micro F1 of its runs {', '.join(percent(run.micro_f1) for run in system.runs)}")
    for name, row in comparison.links.items():
        if row.difference.value is not None:
            interval = row.difference.interval
            between = f" [{percent_range(interval.low, interval.high, between=' to ', sign='+')}]" if interval else ""
            lines.append(
                f"{name}: F1 {percent(row.first)} and {percent(row.second)}, "
                f"{percent(row.difference.value, sign='+')}{between}, p = {p_value(row.p_randomisation)}"
            )
    for what, changes in (("fixed", comparison.fixed), ("broken", comparison.broken)):
        lines += [
            f"{what}: {c.label} {one_line(c.text)} in {c.article}, {c.start}: {c.first} -> {c.second}"
            for c in changes[:_N_CHANGES]
        ]
        if len(changes) > _N_CHANGES:
            lines.append(f"{what}: {len(changes) - _N_CHANGES:,} more in --json")
    return lines


def verdict(comparison: Comparison) -> str:
    """One sentence: which is better, or what difference this test set could have shown."""
    micro, dataset = comparison.micro, comparison.dataset
    if micro.difference.value is None or micro.p_randomisation is None:
        return "micro F1 is undefined: nothing in gold and nothing predicted"
    units = "articles" if dataset.units == dataset.articles else "clusters of articles"
    exchanges = f"{counted(comparison.randomisation.rounds, 'exchange')} of {dataset.units:,} {units}"
    by = f"p = {p_value(micro.p_randomisation)}, {exchanges}"
    found = f"{percent(abs(micro.difference.value))} points of micro F1 ({by})"
    if micro.smallest_difference is not None:
        smallest = percent(micro.smallest_difference)
        found += f"; the smallest difference that this test set can show between them is {smallest} points"
    if micro.p_randomisation < _LEVEL:
        return f"{'B' if micro.difference.value > 0 else 'A'} is better by {found}"
    return f"no difference shown: {found}"


# page ----------------------------------------------------------------------------------------------------------------

CHANGES = (
    ItemKind("found", "fixed: now right", "better"),
    ItemKind("alarm_gone", "fixed: false alarm gone", "better"),
    ItemKind("lost", "broken: no longer right", "worse"),
    ItemKind("alarm_new", "broken: new false alarm", "worse"),
    ItemKind("wrong_in_both", "wrong in both", "same"),
)
GROUPS = (("better", "what was fixed"), ("worse", "what broke"), ("same", "what neither gets"))
_NAMES = {kind.key: kind.name for kind in KINDS} | {"absent": "not there"}
_KIND = {("fixed", "gold"): "found", ("fixed", "predicted"): "alarm_gone",
         ("broken", "gold"): "lost", ("broken", "predicted"): "alarm_new"}  # fmt: skip


def compare_page(
    comparison: Comparison,
    gold: Sequence[AnnotatedArticle],
    a: Iterable[Prediction],
    b: Iterable[Prediction],
    ontology: Ontology,
) -> str:
    """Render the page.

    Args:
        a: predictions of the first system; of its first run, where it has several. ``b`` of the second likewise.
    """
    one_run_each = len(comparison.first.runs) == len(comparison.second.runs) == 1
    differences = [row.difference for row in (comparison.micro, comparison.macro, *comparison.labels.values())]
    ends = [difference.value or 0.0 for difference in differences]
    ends += [end for d in differences if d.interval for end in (d.interval.low, d.interval.high)]
    return fill_template(
        "compare.html.j2",
        comparison=comparison,
        bar=difference_cell,
        p=p_value,
        about_labels=label_definitions(ontology),
        reach=max(ceil(20 * max(map(abs, ends))), 1) / 20,
        level=_LEVEL,
        one_run_each=one_run_each,
        items=browser_json(_changes(comparison, gold, (a, b), both_wrong=one_run_each)),
        script=page_script("marks.js", "figures.js", "browser.js"),
    )


def _changes(
    comparison: Comparison,
    gold: Sequence[AnnotatedArticle],
    predictions: Sequence[Iterable[Prediction]],
    *,
    both_wrong: bool,
) -> BrowserPage:
    """Every change as an item, and, with ``both_wrong``, every gold mention that both systems have wrong."""
    systems = [{p.id: p for p in of_system} for of_system in predictions]
    by_article: dict[str, list[tuple[str, Change]]] = defaultdict(list)
    for what, changes in (("fixed", comparison.fixed), ("broken", comparison.broken)):
        for change in changes:
            by_article[change.article].append((_KIND[what, change.side], change))
    mentions, items = [], []
    for number, annotated in enumerate(gold):
        id_ = annotated.article.id
        sides = [gold_side(annotated), *(predicted_side(system.get(id_)) for system in systems)]
        mentions.append(sides)
        items += _items(number, sides, by_article[id_], both_wrong=both_wrong)
    order = [kind.key for kind in CHANGES]
    return BrowserPage(
        sides=("gold", comparison.first.name, comparison.second.name),
        labels=tuple(comparison.labels),
        kinds=CHANGES,
        groups=GROUPS,
        articles=[annotated.article for annotated in gold],
        mentions=mentions,
        items=sorted(items, key=lambda item: (order.index(item.kind), item.article)),
    )


def _items(
    number: int, sides: Sequence[Sequence[ShownMention]], changes: Iterable[tuple[str, Change]], *, both_wrong: bool
) -> list[Item]:
    keys = [[(m.start, m.end, m.label) for m in side] for side in sides]
    became: list[dict[int, tuple[str, tuple[int, ...]]]] = [
        {i: (outcome.kind, outcome.predicted) for outcome in outcomes(keys[0], system) for i in outcome.gold}
        for system in keys[1:]
    ]
    items = []

    def add(kind: str, note: str, *positions: tuple[int, ...]) -> None:
        surest = max((sides[side][i].confidence for side, of in enumerate(positions) for i in of), default=-1.0)
        items.append(Item(number, kind, positions, note=note, weight=surest))

    shown: set[int] = set()
    for kind, change in changes:
        key = (change.start, change.end, change.label)
        note = f"{_NAMES[change.first]} → {_NAMES[change.second]}"
        if change.side == "gold":
            at = next((i for i, other in enumerate(keys[0]) if other == key and i not in shown), None)
            if at is not None:
                shown.add(at)
                add(kind, note, (at,), *(of.get(at, ("", ()))[1] for of in became))
        else:
            predicted = [tuple(i for i, other in enumerate(system) if other == key) for system in keys[1:]]
            if any(predicted):
                add(kind, note, (), *predicted)
    for i in range(len(keys[0])) if both_wrong else ():
        (was, before), (now, after) = became[0][i], became[1][i]
        if "correct" not in (was, now):
            add("wrong_in_both", _NAMES[was] + (f" → {_NAMES[now]}" if was != now else ""), (i,), before, after)
    return items

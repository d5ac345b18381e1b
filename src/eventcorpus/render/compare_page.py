"""The comparison of two systems as one self-contained HTML page: differences, what was fixed and what broke."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil

from eventcorpus.eval.compare import Change, Comparison
from eventcorpus.metrics.align import outcomes
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.render.charts import difference_cell
from eventcorpus.render.error_browser import BrowserPage, Item, ItemKind, ShownMention, browser_json
from eventcorpus.render.eval_page import KINDS, gold_side, label_definitions, predicted_side
from eventcorpus.render.html import page_script, render_page
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import percent

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
_LEVEL = 0.05


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
    page = change_browser(comparison, gold, a, b)
    ends = [
        abs(value)
        for row in (comparison.micro, comparison.macro, *comparison.labels.values())
        for value in (
            row.difference.value,
            *(row.difference.interval.model_dump().values() if row.difference.interval else ()),
        )
        if value is not None
    ]
    return render_page(
        "compare.html.j2",
        comparison=comparison,
        bar=difference_cell,
        about_labels=label_definitions(ontology),
        reach=max(ceil(20 * max(ends, default=0)), 1) / 20,
        verdict=verdict(comparison),
        about="Fixed: right in the second and wrong in the first, or a false alarm of the first that the second does "
        "not give; broken: the reverse. "
        + (
            "Wrong in both: gold mentions that neither has exactly."
            if one_run_each
            else "Fixed and broken go by most runs; beside gold stands the first run of each system."
        ),
        items=browser_json(page),
        script=page_script("figures.js", "browser.js"),
    )


def verdict(comparison: Comparison) -> str:
    """The difference of micro F1 in one sentence."""
    micro, first, second = comparison.micro, comparison.first.name, comparison.second.name
    if micro.difference.value is None or micro.p_randomisation is None:
        return "Neither gold nor predictions: there is nothing to compare."
    moved = f"{second} fixes {micro.fixed:,} mentions of {first} and breaks {micro.broken:,}."
    if micro.p_randomisation >= _LEVEL:
        return f"These articles do not tell {first} and {second} apart. {moved}"
    which = "better" if micro.difference.value > 0 else "worse"
    return f"{second} is {which} than {first} by {percent(abs(micro.difference.value))} points of micro F1. {moved}"


def change_browser(
    comparison: Comparison, gold: Sequence[AnnotatedArticle], a: Iterable[Prediction], b: Iterable[Prediction]
) -> BrowserPage:
    """Every change as an item, and, of one run each, every gold mention that both have wrong."""
    systems = [{p.id: p for p in predictions} for predictions in (a, b)]
    by_article: dict[str, list[tuple[str, Change]]] = defaultdict(list)
    for what, changes in (("fixed", comparison.fixed), ("broken", comparison.broken)):
        for change in changes:
            by_article[change.article].append((_KIND[what, change.side], change))
    one_run_each = len(comparison.first.runs) == len(comparison.second.runs) == 1
    mentions, items = [], []
    for number, annotated in enumerate(gold):
        id_ = annotated.article.id
        sides = [gold_side(annotated), *(predicted_side(system.get(id_)) for system in systems)]
        mentions.append(sides)
        items += _items(number, sides, by_article[id_], both_wrong=one_run_each)
    order = {kind.key: i for i, kind in enumerate(CHANGES)}
    return BrowserPage(
        sides=("gold", comparison.first.name, comparison.second.name),
        labels=tuple(comparison.labels),
        kinds=CHANGES,
        groups=GROUPS,
        articles=[annotated.article for annotated in gold],
        mentions=mentions,
        items=sorted(items, key=lambda item: (order[item.kind], item.article)),
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
    shown: set[int] = set()
    for kind, change in changes:
        key = (change.start, change.end, change.label)
        note = f"{_NAMES[change.first]} → {_NAMES[change.second]}"
        if change.side == "gold":
            at = next((i for i, other in enumerate(keys[0]) if other == key and i not in shown), None)
            if at is None:
                continue
            shown.add(at)
            positions = ((at,), *(of.get(at, ("", ()))[1] for of in became))
        else:
            positions = ((), *(tuple(i for i, other in enumerate(system) if other == key) for system in keys[1:]))
        if any(positions):
            items.append(Item(number, kind, positions, note=note, weight=_surest(sides, positions)))
    if both_wrong:
        for i in range(len(keys[0])):
            (was, before), (now, after) = became[0][i], became[1][i]
            if "correct" not in (was, now):
                positions = ((i,), before, after)
                note = f"{_NAMES[was]} → {_NAMES[now]}" if was != now else _NAMES[was]
                items.append(Item(number, "wrong_in_both", positions, note=note, weight=_surest(sides, positions)))
    return items


def _surest(sides: Sequence[Sequence[ShownMention]], positions: Sequence[Sequence[int]]) -> float:
    return max((sides[side][i].confidence for side, of in enumerate(positions) for i in of), default=-1.0)

"""Scores of event rows: which events were found, and which of their cells are right.

Rows of gold and rows of a system are matched one to one within an article: of one label, with as many triggers in
common as possible (two triggers are common if they share a character). A cell is one argument of one role with its
exact ends, the days of the date, the bounds of the count, the id of a place where gold says one, the event that is the
cause, or the value of an attribute. Cells of gold rows without a partner are missed, those of a system's rows without
one spurious.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from eventcorpus import __version__
from eventcorpus.eval.intervals import matching_of, mean_count, mean_figure
from eventcorpus.eval.report import Figure, Matching
from eventcorpus.events.rows import Row, Words
from eventcorpus.files import StrictModel
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import share
from eventcorpus.metrics.resample import LEVEL, Resampled, Resampling, draw_resamples
from eventcorpus.ontology import RowRoles

PLACE_ID = "place id"
Cell = tuple[str, Any]
"""The column, and what stands there."""


class RowReport(StrictModel):
    """How well a system makes rows; of several runs figures are means.

    ``events``: by label, rows that have a partner. ``cells``: by column, over all rows; ``cells_of_matched``: over
    rows that have a partner alone. ``wholly_right``: the share of gold rows of which every cell is right and none is
    too many. ``extra_rows``: rows without a partner, for each gold row. ``false_rows``: rows of actual incidents in
    articles in which gold has no event, for 1,000 of them.
    """

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str = __version__
    gold: str
    systems: tuple[str, ...]
    articles: int
    articles_without_event: int
    rows: int
    predicted: int
    events: Matching
    cells: Matching
    cells_of_matched: Matching
    wholly_right: Figure
    extra_rows: Figure
    false_rows: Figure | None
    bootstrap: Resampled | None = None
    command: str = ""


def score_rows(
    gold: Sequence[Row],
    runs: Sequence[Sequence[Row]],
    *,
    articles: Iterable[str] = (),
    units: Mapping[str, tuple[str, str]] | None = None,
    names: RowRoles | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
    gold_name: str = "",
    systems: Sequence[str] = (),
    command: str = "",
) -> RowReport:
    """Score rows of one or several runs.

    Args:
        articles: ids of all articles that were read, also of those without events; what a system says of other
            articles does not count. None are named: those of the gold.
        units: by article what it is resampled with; articles that are not named are drawn by themselves.
        names: of attributes and their values, for ``false_rows``; None: those of the shipped ontology.
    """
    ids = sorted({*articles} or {row.article for row in gold})
    of_gold, names = _by_article(gold, ids), names or RowRoles()
    attributes = {name for row in gold for name in row.attributes}
    pairs = [[_Pair(of_gold[name], found[name], attributes, names) for found in _runs(runs, ids)] for name in ids]
    given = units or {}
    resampling = (
        draw_resamples([given.get(name, (name, "article")) for name in ids], n_resamples=n_resamples, seed=seed)
        if n_resamples and ids
        else None
    )
    labels = list(dict.fromkeys(row.label for found in (gold, *runs) for row in found))
    columns = list(dict.fromkeys(c for article in pairs for p in article for cells in p.all_cells for c, _ in cells))
    whole = np.array([[pair.whole for pair in article] for article in pairs], dtype=np.float64)
    empty = whole[..., 3].any()
    return RowReport(
        gold=gold_name,
        systems=tuple(systems),
        articles=len(ids),
        articles_without_event=sum(not of_gold[name] for name in ids),
        rows=len(gold),
        predicted=mean_count(sum(len(article[n].predicted) for article in pairs) for n in range(len(runs))),
        events=_matching([[p.events for p in article] for article in pairs], labels, resampling),
        cells=_matching([[p.cells for p in article] for article in pairs], columns, resampling),
        cells_of_matched=_matching([[p.matched_cells for p in article] for article in pairs], columns, resampling),
        wholly_right=mean_figure(whole, lambda x: share(x[..., 0], x[..., 1]), resampling),
        extra_rows=mean_figure(whole, lambda x: share(x[..., 2], x[..., 1]), resampling),
        false_rows=mean_figure(whole, lambda x: share(1000 * x[..., 4], x[..., 3]), resampling) if empty else None,
        bootstrap=Resampled(seed=seed, resamples=n_resamples, level=LEVEL) if resampling else None,
        command=command,
    )


def _runs(runs: Sequence[Sequence[Row]], ids: Sequence[str]) -> list[dict[str, list[Row]]]:
    return [_by_article(run, ids) for run in runs]


def _by_article(rows: Iterable[Row], ids: Sequence[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {name: [] for name in ids}
    for row in rows:
        if row.article in found:
            found[row.article].append(row)
    return found


def _matching(sides: Sequence[Sequence[_Sides]], names: Sequence[str], resampling: Resampling | None) -> Matching:
    """Figures by the first part of what is in both sides.

    Args:
        sides: for every article and run what is in gold, and what is predicted.
    """
    rank = {name: i for i, name in enumerate(names)}
    counts: Numbers = np.zeros((len(sides), len(sides[0]) if sides else 1, len(names), 3))
    for i, runs in enumerate(sides):
        for n, (gold, predicted) in enumerate(runs):
            for column, some in enumerate((gold & predicted, predicted, gold)):
                for name, _ in some:
                    counts[i, n, rank[name], column] += 1
    return matching_of(counts, names, resampling)


_Sides = tuple[set[Cell], set[Cell]]


class _Pair:
    """The rows of one article, in gold and from a system."""

    def __init__(self, gold: Sequence[Row], predicted: Sequence[Row], attributes: set[str], names: RowRoles) -> None:
        self.gold, self.predicted, self.attributes = gold, predicted, attributes
        self.partner = dict(match_rows(gold, predicted))
        of_predicted = {j: i for i, j in self.partner.items()}
        gold_id = {row.id: row.id for row in gold}
        as_gold = {predicted[j].id: gold[i].id for i, j in self.partner.items()}
        in_gold = [self._cells(row, gold_id, row) for row in gold]
        found = [
            self._cells(row, as_gold, gold[of_predicted[j]] if j in of_predicted else None)
            for j, row in enumerate(predicted)
        ]
        self.all_cells = [*in_gold, *found]
        self.events: _Sides = (
            {(row.label, i) for i, row in enumerate(gold)},
            {(row.label, of_predicted.get(j, ("extra", j))) for j, row in enumerate(predicted)},
        )
        self.cells: _Sides = (
            {(column, (i, value)) for i, cells in enumerate(in_gold) for column, value in cells},
            {
                (column, (of_predicted.get(j, ("extra", j)), value))
                for j, cells in enumerate(found)
                for column, value in cells
            },
        )
        matched = set(self.partner)
        self.matched_cells: _Sides = (
            {cell for cell in self.cells[0] if cell[1][0] in matched},
            {cell for cell in self.cells[1] if cell[1][0] in matched},
        )
        n_right = sum(in_gold[i] == found[j] for i, j in self.partner.items())
        n_false = sum(
            row.attributes.get(names.modality, names.actual) == names.actual
            and row.attributes.get(names.scope, names.incident) == names.incident
            for row in predicted
        )
        is_empty = not gold
        self.whole = (
            n_right, len(gold), len(predicted) - len(self.partner), int(is_empty), n_false if is_empty else 0
        )  # fmt: skip

    def _cells(self, row: Row, as_gold: Mapping[str, str], beside: Row | None) -> set[Cell]:
        """The cells of a row; ``beside`` is the gold row that says of which places an id is judged."""
        cells: set[Cell] = set()
        for role, arguments in row.arguments.items():
            judged = _with_id(beside, role) if beside else set()
            for argument in arguments:
                ends = argument.words.start, argument.words.end
                cells.add((role, ends))
                if ends in judged and argument.normalised.get("id"):
                    cells.add((PLACE_ID, (role, ends, argument.normalised["id"])))
        if row.date.start or row.date.end:
            cells.add(("date", (row.date.start, row.date.end)))
        bounds = row.count.low, row.count.best, row.count.high
        if any(bound is not None for bound in bounds):
            cells.add(("count", bounds))
        cells |= {("cause", as_gold.get(cause, f"none of gold: {cause}")) for cause in row.cause}
        return cells | {(name, row.attributes[name]) for name in row.attributes if name in self.attributes}


def _with_id(row: Row, role: str) -> set[tuple[int, int]]:
    """The ends of the arguments of a role of which gold says the id, or that no gazetteer has it."""
    return {(a.words.start, a.words.end) for a in row.arguments.get(role, ()) if "id" in a.normalised}


def match_rows(gold: Sequence[Row], predicted: Sequence[Row]) -> list[tuple[int, int]]:
    """Pairs of positions of rows of one label, such that the sum of their Dice coefficients of triggers is largest."""
    from scipy.optimize import linear_sum_assignment

    pairs: list[tuple[int, int]] = []
    for label in dict.fromkeys(row.label for row in gold):
        left = [i for i, row in enumerate(gold) if row.label == label]
        right = [j for j, row in enumerate(predicted) if row.label == label]
        if not right:
            continue
        dice = np.array([[_dice(gold[i].triggers, predicted[j].triggers) for j in right] for i in left])
        rows, columns = linear_sum_assignment(dice, maximize=True)
        pairs += [(left[i], right[j]) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if dice[i, j] > 0]
    return sorted(pairs)


def _dice(triggers: Sequence[Words], others: Sequence[Words]) -> float:
    n_common = sum(any(t.start < o.end and o.start < t.end for o in others) for t in triggers)
    return 2 * n_common / (len(triggers) + len(others))

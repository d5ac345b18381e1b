"""Event rows for people: a table for a terminal, and a page to sort, filter, and check each cell against its words.

What happened, once, is kept apart from totals, background, plans and denials everywhere: only the former is summed up.
"""

from __future__ import annotations

import json
import math
import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple

from markupsafe import Markup
from rich.box import SIMPLE_HEAD
from rich.table import Table

from eventcorpus.events.arguments import AGENT, TARGET, VICTIM, as_text, places_of, unlisted_words
from eventcorpus.events.incidents import KILLED, OUTCOME
from eventcorpus.events.rows import Argument, CountCell, DateCell, Row
from eventcorpus.ontology import NO_COLOUR, ROW_KEYS, Ontology, RowRoles, attribute_name, label_colours
from eventcorpus.package_data import fill_template
from eventcorpus.render.html import json_in_html, page_script
from eventcorpus.tables import counted
from eventcorpus.text import printable

PEOPLE = (None, "people")
"""Units of counts of people; families and households are not added to them."""
NOT_COUNTED = (
    "Counted: what is actual, and one incident. Totals of several incidents, background, plans and denials are rows, "
    "but in neither figure. Of several tolls of one event in an article the highest lower bound is taken; articles "
    "that tell of the same event are not joined."
)
"""What the sums leave out, for the reader of them."""
_LONE = re.compile("[\ud800-\udfff]")


# what a row says ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cells:
    """A row as it is read: names where words have a meaning, else the words."""

    trigger: str
    who: str
    whom: str
    where: str
    when: str
    how_many: str
    says_who: str
    state: str
    """Values of attributes that are not as those of what happened, once (``planned``, ``aggregate``, ``killed``)."""


def cells_of(row: Row, names: RowRoles) -> Cells:
    """The cells of a row."""
    usual = {(names.modality, names.actual), (names.scope, names.incident)}
    times = row.arguments.get(names.time, ())
    return Cells(
        trigger=_joined(words.text for words in row.triggers),
        who=_named(row.arguments.get(AGENT, ())),
        whom=_named((*row.arguments.get(TARGET, ()), *row.arguments.get(VICTIM, ()))),
        where=_where(row.arguments.get(names.place, ())),
        when=shown_days(row.date) or _joined(f"“{argument.words.text}”" for argument in times),
        how_many=shown_count(row.count),
        says_who=_joined(row.sources),
        state=", ".join(value for name, value in row.attributes.items() if (name, value) not in usual),
    )


def shown_days(date: DateCell) -> str:
    """The days of a cell: a day, a whole month or year, or its ends.

    >>> import datetime as dt
    >>> shown_days(DateCell(start=dt.date(2016, 4, 1), end=dt.date(2016, 4, 30))), shown_days(DateCell())
    ('2016-04', '')
    """
    start, end = date.start, date.end
    if start is None or end is None:
        return f"from {start}" if start else f"until {end}" if end else ""
    if start == end:
        return str(start)
    if start.day == 1 and start.year == end.year and end.day == monthrange(end.year, end.month)[1]:
        if start.month == end.month:
            return start.isoformat()[:7]
        if (start.month, end.month) == (1, 12):
            return start.isoformat()[:4]
    return f"{start} – {end}"


def shown_count(count: CountCell) -> str:
    """The numbers of a cell.

    >>> [shown_count(CountCell(low=low, best=best, high=high)) for low, best, high in ((18, 18, 18), (18, 18, None))]
    ['18', 'at least 18']
    >>> shown_count(CountCell(best=40)), shown_count(CountCell(low=18, best=18, high=21, unit="families"))
    ('about 40', '18 families (18 to 21)')
    """
    low, best, high = count.low, count.best, count.high
    unit = "" if count.unit in PEOPLE else f" {count.unit}"
    if best is None or (low, high) in ((best, None), (None, best), (best, best)):
        return f"{_bounds(low, high)}{unit}" if (low, high) != (None, None) else ""
    return f"about {best:,}{unit}" if (low, high) == (None, None) else f"{best:,}{unit} ({_bounds(low, high)})"


def _bounds(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"at least {low:,}" if low is not None else f"at most {high:,}"


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(texts))


def _named(arguments: Iterable[Argument]) -> str:
    return _joined(as_text(argument.normalised.get("name")) or argument.words.text for argument in arguments)


def _where(arguments: Sequence[Argument]) -> str:
    """The most precise place with its country, after the words that no gazetteer has."""
    places = [
        f"{place.name} ({place.country})" if place.country and place.country != place.name else place.name
        for place in places_of(arguments)[:1]
    ]
    return _joined([*unlisted_words(arguments), *places])


# sums -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over rows. ``killed``: at least so many, by the lower bounds of the ``tolls`` that have one."""

    rows: int
    articles: int
    incidents: int
    killed: int
    tolls: int
    without_bound: int
    """Tolls of which no lower bound is said."""


def is_incident(row: Row, names: RowRoles) -> bool:
    """Whether a row tells of what happened, once."""
    return (
        row.attributes.get(names.modality, names.actual) == names.actual
        and row.attributes.get(names.scope, names.incident) == names.incident
    )


def tolls_of(rows: Iterable[Row], names: RowRoles) -> dict[tuple[str, ...], list[Row]]:
    """The incidents in which people were killed, those of one cause in one article together."""
    tolls: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if is_incident(row, names) and row.attributes.get(OUTCOME) == KILLED and row.count.unit in PEOPLE:
            tolls.setdefault((row.article, *(sorted(row.cause) or [row.id])), []).append(row)
    return tolls


def totals_of(rows: Sequence[Row], names: RowRoles) -> Totals:
    """How many rows, articles and incidents, and how many were killed in these."""
    lows = [[row.count.low for row in of if row.count.low is not None] for of in tolls_of(rows, names).values()]
    return Totals(
        rows=len(rows),
        articles=len({row.article for row in rows}),
        incidents=sum(is_incident(row, names) for row in rows),
        killed=sum(max(of, default=0) for of in lows),
        tolls=len(lows),
        without_bound=sum(not of for of in lows),
    )


def totals_line(totals: Totals) -> str:
    """The sums in words."""
    rows, articles = counted(totals.rows, "row"), counted(totals.articles, "article")
    line = f"{rows} of {articles}: {counted(totals.incidents, 'actual incident')}"
    if not totals.tolls:
        return line
    without = f" ({counted(totals.without_bound, 'toll')} without a lower bound)" if totals.without_bound else ""
    return f"{line}, killed in them at least {totals.killed:,}{without}"


# for a terminal -------------------------------------------------------------------------------------------------------


_COLUMNS = ("article", "event", "trigger", "who → whom", "where", "when", "how many", "says who", "state, flags")
_MOST_WIDTH = {"article": 20, "when": 12}
_LEAST_WIDTH = 10


def row_cells(rows: Sequence[Row], names: RowRoles) -> tuple[list[str], list[tuple[str, ...]]]:
    """Names of columns and a line of printable text for each row; columns that no row has are left out."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        cells = cells_of(row, names)
        parties = f"{cells.who} → {cells.whom}" if cells.whom else cells.who
        line: tuple[str, ...] = (
            *(row.article, row.label, cells.trigger, parties, cells.where, cells.when, cells.how_many),
            *(cells.says_who, "; ".join(filter(None, (cells.state, *row.flags)))),
        )
        lines.append(tuple(printable(cell, " ") for cell in line))
    filled = [i for i in range(len(_COLUMNS)) if i < 2 or any(line[i] for line in lines)]
    return [_COLUMNS[i] for i in filled], [tuple(line[i] for i in filled) for line in lines]


def row_table(rows: Sequence[Row], names: RowRoles | None = None) -> Table:
    """A line for each row, in the order given; columns that no row has are left out, the sums stand below.

    Args:
        names: the section ``rows`` of the ontology, None for its defaults.
    """
    names = names or RowRoles()
    columns, lines = row_cells(rows, names)
    table = Table(
        box=SIMPLE_HEAD,
        expand=True,
        caption=f"{totals_line(totals_of(rows, names))}\n{NOT_COUNTED}",
        caption_justify="left",
    )
    for i, column in enumerate(columns):
        least = min(_LEAST_WIDTH, max((len(line[i]) for line in lines), default=0))
        table.add_column(column, overflow="fold", min_width=least, max_width=_MOST_WIDTH.get(column))
    before = None
    for line in lines:
        if before is not None and line[0] != before:
            table.add_section()
        table.add_row("" if line[0] == before else line[0], *line[1:])  # an article is named once
        before = line[0]
    return table


# the page -------------------------------------------------------------------------------------------------------------


class _Shown(NamedTuple):
    """What the page lists, sorts and filters of a row; the evidence it takes from the row itself.

    ``article``, ``label``, ``place``: positions in lists of the page. ``place`` may also say why there is no point:
    ``area`` (a country, province or water), ``unlisted`` (no gazetteer has it), ``none``. ``toll``: of a row whose dead
    are counted, the number of the event that they belong to; ``at_least`` is their lower bound.
    """

    article: int
    label: int
    trigger: str
    who: str
    whom: str
    where: str
    when: str
    how_many: str
    says_who: str
    state: str
    is_incident: bool
    place: int | str
    countries: tuple[str, ...]
    start: str | None
    end: str | None
    number: int | None
    toll: int | None
    at_least: int | None


def rows_page(rows: Sequence[Row], texts: Mapping[str, str], ontology: Ontology) -> str:
    """One page: rows in a table, on a line of time and on a map, each with the words of its article that prove it.

    It needs no network.

    Args:
        texts: by article id; the words of rows whose text is missing, or another one, are shown alone.
    """
    script = page_script("marks.js", "rows_charts.js", "rows_evidence.js", "rows.js")
    towns = json.loads(files("eventcorpus").joinpath("templates", "towns.json").read_text(encoding="utf-8"))
    return fill_template(
        "rows.html.j2",
        totals=totals_of(rows, ontology.rows),
        not_counted=NOT_COUNTED,
        about=_without_lone(json_in_html(_about(rows, texts, ontology))),
        rows=_without_lone(Markup("\n").join(json_in_html(_finite(row.as_dict())) for row in rows)),
        towns=json_in_html(towns),
        script=script,
    )


def _about(rows: Sequence[Row], texts: Mapping[str, str], ontology: Ontology) -> dict[str, Any]:
    """What the page knows beside the rows: names, colours, articles with their texts, places, and a line a row."""
    names = ontology.rows
    colours = label_colours(ontology.trigger_names)
    labels = [*ontology.trigger_names, *sorted({row.label for row in rows} - set(colours))]
    roles = list(
        dict.fromkeys([*(role.name for role in ontology.roles), *(role for r in rows for role in r.arguments)])
    )
    attributes = dict.fromkeys(
        [*(of.name for of in ontology.attributes), *(name for r in rows for name in r.attributes)]
    )
    of_article = {row.article: row for row in reversed(rows)}
    article_at = {article: i for i, article in enumerate(reversed(of_article))}
    label_at = {label: i for i, label in enumerate(labels)}
    toll_of = {id(row): i for i, of in enumerate(tolls_of(rows, names).values()) for row in of}
    points: dict[tuple[str, float, float], int] = {}
    places: list[tuple[str, str | None, float, float, int | None]] = []
    shown: list[_Shown] = []
    for row in rows:
        found = places_of(row.arguments.get(names.place, ()))
        place: int | str = "area" if found else "unlisted" if row.arguments.get(names.place) else "none"
        best = next((each for each in found if each.latitude is not None and each.longitude is not None), None)
        if best is not None and best.latitude is not None and best.longitude is not None:
            place = points.setdefault((best.id, best.latitude, best.longitude), len(places))
            if place == len(places):
                places.append((best.name, best.country, best.latitude, best.longitude, best.precision))
        cells, count, toll = cells_of(row, names), row.count, toll_of.get(id(row))
        shown.append(
            _Shown(
                article=article_at[row.article],
                label=label_at[row.label],
                trigger=cells.trigger,
                who=cells.who,
                whom=cells.whom,
                where=cells.where,
                when=cells.when,
                how_many=cells.how_many,
                says_who=cells.says_who,
                state=cells.state,
                is_incident=is_incident(row, names),
                place=place,
                countries=tuple(dict.fromkeys(each.country for each in found if each.country)),
                start=row.date.start.isoformat() if row.date.start else None,
                end=row.date.end.isoformat() if row.date.end else None,
                number=next((n for n in (count.best, count.low, count.high) if n is not None), None),
                toll=toll,
                at_least=count.low if toll is not None else None,
            )
        )
    return {
        "labels": labels,
        "colours": [colours.get(label, NO_COLOUR) for label in labels],
        "roles": roles,
        "role_colours": list(label_colours(roles).values()),
        "attributes": [attribute_name(name, ROW_KEYS) for name in attributes],
        "time": names.time,
        "count": names.count,
        "articles": [[name, texts.get(name)] for name in article_at],
        "places": places,
        "columns": _Shown._fields,
        "shown": shown,
    }


def _finite(value: Any) -> Any:
    """The same with null for numbers that JSON does not have: rows of a file may say NaN of a coordinate."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _without_lone(json_text: Markup) -> Markup:
    """JSON that can be written as UTF-8: lone surrogates are escaped."""
    return Markup(_LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text))

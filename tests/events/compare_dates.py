"""How often dates are read rightly: on the case table beside dateparser, and on annotated articles.

    python tests/events/compare_dates.py [--dataset FOLDER [--show 60]] [--articles FILE --rows FILE ...]

The case table is always read. dateparser is compared with where it can be imported. ``--dataset``: a dataset folder
whose train and validation splits have Time mentions linked to triggers; ``--show`` prints so many of them with what was
read. ``--articles`` and ``--rows``: JSON Lines of articles, and of event rows with ``time`` cells and a ``date``.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcorpus.dataset.folder import read_dataset
from eventcorpus.events.dates import DateContext, DateValue, read_time, years_named
from eventcorpus.files import read_json_values

CASES = Path(__file__).parent / "cases" / "dates.csv"
NEAR = 1_000
"""Characters on both sides of a mention in which an article's years count as near."""
BEFORE = 40
"""Characters before a mention in which its preposition is looked for."""
Days = tuple[dt.date | None, dt.date | None]


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    before: str
    words: str
    context: DateContext
    days: Days
    precision: int | None
    kind: str


def read_cases() -> list[Case]:
    """The rows of ``cases/dates.csv``, in their order."""
    with CASES.open(encoding="utf-8", newline="") as file:
        return [
            Case(
                row["before"],
                row["words"],
                DateContext(
                    _day(row["published"]),
                    "future" if row["direction"] == "future" else "past",
                    tuple(int(year) for year in row["years"].split("|") if year),
                ),
                (_day(row["start"]), _day(row["end"])),
                int(row["precision"]) if row["precision"] else None,
                row["kind"],
            )
            for row in csv.DictReader(file)
        ]


def _day(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None


def _ours(case: Case) -> Days:
    value = read_time(case.words, case.context, before=case.before)
    return (value.start, value.end) if value else (None, None)


def _dateparser(prefer: str) -> Callable[[Case], Days]:
    """dateparser's one day, read as a whole month or year where no day is said: it does not tell periods itself."""
    import dateparser  # type: ignore[import-untyped, import-not-found, unused-ignore]

    def read(case: Case) -> Days:
        settings: dict[str, Any] = {"PREFER_DATES_FROM": prefer, "RETURN_TIME_AS_PERIOD": False}
        if case.context.published:
            settings["RELATIVE_BASE"] = dt.datetime.combine(case.context.published, dt.time(12))
        data = dateparser.date.DateDataParser(languages=["en"], settings=settings).get_date_data(case.words or " ")
        if data is None or data.date_obj is None:
            return None, None
        day = data.date_obj.date()
        if data.period == "year":
            return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
        if data.period == "month":
            first = day.replace(day=1)
            return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        return day, day

    return read


def print_cases() -> None:
    """Accuracy of both ends on the case table by kind; and, where something can be known, how often an answer is right."""
    systems: dict[str, Callable[[Case], Days]] = {"ours": _ours}
    try:
        systems |= {f"dateparser {prefer}": _dateparser(prefer) for prefer in ("past", "current_period")}
    except ImportError:
        print("dateparser is not installed: ours alone")
    right: dict[str, Counter[str]] = {name: Counter() for name in systems}
    answers, right_answers, first_days, right_days = (Counter[str]() for _ in range(4))
    cases = read_cases()
    n_days = sum(case.precision == 1 for case in cases)
    of_kind = Counter(case.kind for case in cases)
    for case in cases:
        for name, read in systems.items():
            days = read(case)
            right[name][case.kind] += days == case.days
            answers[name] += days != (None, None)
            right_answers[name] += days != (None, None) and days == case.days
            right_days[name] += case.precision == 1 and days == case.days
            first_days[name] += days[0] == case.days[0]
    print(f"{'kind':<20}{'cases':>6}" + "".join(f"{name:>28}" for name in systems))
    for kind, n in of_kind.items():
        print(f"{kind:<20}{n:>6}" + "".join(f"{right[name][kind] / n:>28.3f}" for name in systems))
    rows = (
        ("all, both ends", len(cases), {name: right[name].total() / len(cases) for name in systems}),
        ("all, start alone", len(cases), {name: first_days[name] / len(cases) for name in systems}),
        ("one day is meant", n_days, {name: right_days[name] / n_days for name in systems}),
        ("answered", len(cases), {name: answers[name] / len(cases) for name in systems}),
        ("of answers right", len(cases), {name: right_answers[name] / (answers[name] or 1) for name in systems}),
    )
    for title, n, figures in rows:
        print(f"{title:<20}{n:>6}" + "".join(f"{figures[name]:>28.3f}" for name in systems))


def value_in(text: str, start: int, end: int, published: dt.date | None, direction: str) -> DateValue | None:
    """What a Time mention of an article says, with the article's years near to it, the nearest first."""
    years = sorted((abs(offset - start), year) for offset, year in years_named(text) if abs(offset - start) <= NEAR)
    before = re.sub(r".*[.!?\n]\s", "", text[max(0, start - BEFORE) : start])
    context = DateContext(published, "future" if direction == "future" else "past", tuple(year for _, year in years))
    return read_time(text[start:end], context, before=before)


def print_dataset(folder: Path, n_shown: int) -> None:
    """How many linked Time mentions get a value, by rule and by whether a value says a day; and some to read by eye."""
    dataset = read_dataset(folder)
    rules: Counter[str] = Counter()
    precisions: Counter[int] = Counter()
    shown: list[str] = []
    unread: Counter[str] = Counter()
    for annotated in [*dataset.split("train"), *dataset.split("validation")]:
        text, published = annotated.article.text, annotated.article.published
        spans = {span.id: span for span in annotated.spans}
        linked = {role.argument: role.trigger for role in annotated.roles if role.role == "time"}
        for argument, trigger in linked.items():
            span, attributes = spans[argument], dict(spans[trigger].attributes)
            direction = "future" if attributes.get("modality") in ("planned", "possible") else "past"
            value = value_in(text, span.start, span.end, _day((published or "")[:10]), direction)
            rules[value.rule if value else "nothing"] += 1
            precisions[value.precision if value else 0] += 1
            words, before = " ".join(text[span.start : span.end].split()), " ".join(text[: span.start].split()[-3:])
            if value is None:
                unread[words.lower()] += 1
            said = f"{value.start} {value.end} {value.precision} {value.rule}" if value else "-"
            shown.append(f"{(published or '')[:10]} {direction:<7}{before} [{words}] {said}")
    print(
        f"\n{folder.name}: {rules.total()} linked Time mentions, {1 - rules['nothing'] / rules.total():.3f} with a value"
    )
    print("by precision (0: nothing):", dict(sorted(precisions.items())))
    for rule, n in rules.most_common():
        print(f"{n:>6} {rule}")
    print("no value:", ", ".join(f"{words} {n}" if n > 1 else words for words, n in unread.most_common()))
    for line in random.Random(1).sample(shown, min(n_shown, len(shown))):
        print(line)


def _length(value: DateValue) -> int:
    return (value.end - value.start).days if value.start and value.end else 1_000_000


def print_rows(articles: Path, rows_files: Iterable[Path]) -> None:
    """Of rows with a date, how many get it from their time cells (the shortest period); of rows without, how many do."""
    texts = {article["id"]: article["text"] for _, article in read_json_values(articles, is_lines=True)}
    for path in rows_files:
        counts: Counter[str] = Counter()
        missed: dict[str, list[str]] = defaultdict(list)
        for _, row in read_json_values(path, is_lines=True):
            direction = "future" if row.get("modality") in ("planned", "possible") else "past"
            values = [
                value
                for cell in row["time"]
                if (value := value_in(texts[row["article"]], cell["start"], cell["end"], None, direction))
            ]
            best = min(values, key=_length, default=None)
            gold = (_day(row["date"]["start"]), _day(row["date"]["end"]))
            got = (best.start, best.end) if best else (None, None)
            if gold == (None, None):
                outcome = "without a date: none read" if got == gold else "without a date: one read"
            elif got == gold:
                outcome = "with a date: right"
            elif got == (None, None):
                outcome = "with a date: none read" if row["time"] else "with a date: no time cell"
            else:
                outcome = "with a date: start right" if got[0] == gold[0] else "with a date: wrong"
            counts[outcome] += 1
            cells = " / ".join(cell["text"] for cell in row["time"])
            if outcome not in ("without a date: none read", "with a date: right"):
                missed[outcome].append(f"{row['article']} [{cells}] said {gold[0]} {gold[1]}, read {got[0]} {got[1]}")
        print(f"\n{path.name}: {counts.total()} rows")
        for outcome, n in sorted(counts.items()):
            print(f"{n:>6} {outcome}")
            for line in missed[outcome]:
                print(f"         {line}")


def main() -> None:
    """Print the comparisons that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--rows", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    print_cases()
    if given.dataset:
        print_dataset(given.dataset, given.show)
    if given.articles:
        print_rows(given.articles, given.rows)


if __name__ == "__main__":
    main()

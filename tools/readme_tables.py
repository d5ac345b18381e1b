"""Tables of the README files, made of the reports in ``eval/reports`` and of the recipe model: ``make tables``.

A table stands in Markdown between ``<!-- table: NAME -->`` and ``<!-- end -->``. A test holds the committed files to
the committed reports.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from eventcorpus.errors import EventCorpusError, InputError, nearest
from eventcorpus.eval.benchmark import HEADER, Benchmark, benchmark_files, read_benchmark, result_row
from eventcorpus.eval.intervals import figure_of, shown
from eventcorpus.eval.report import Figure, Figures, Report
from eventcorpus.files import parse_as, read_json, read_text, write_text
from eventcorpus.mistakes import kind_of
from eventcorpus.tables import percent, percent_range
from eventcorpus.training.recipe import Recipe, is_expert, limits, ordered_keys

DOCUMENTS = ("README.md", "training/README.md", "corpus/README.md")
AGREEMENT = "agreement__pass-1-and-2.json"
SLICES = ("kind", "length", "position", "seen")
_MARKED = re.compile(r"(<!-- table: (\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_OPEN = re.compile(r"<!-- table: (\S+) -->")
Lines = list[str]


class Reports:
    """The reports of a checkout, by benchmark; each must be of the benchmark's version of today, on its own data."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.benchmarks: dict[str, Benchmark] = {
            path.stem: read_benchmark(path) for path in benchmark_files(root / "eval/benchmarks")
        }

    def named(self, system: str, benchmark: str) -> Report:
        """The report ``<system>__<benchmark>.json``.

        Raises:
            InputError: if it is missing, of an older schema, or not of this version of the benchmark; it says how to
                make it.
        """
        path = self.root / "eval/reports" / f"{system}__{benchmark}.json"
        command = f"eventcorpus benchmark {benchmark} --model models/runs/{system}"
        again = f"make it with: {command} --json eval/reports/{path.name}"
        if not path.is_file():
            raise InputError(f"{path}: no such report, a table needs it; {again}")
        report = parse_as(Report, read_json(path), place=str(path), hint=f"; {again}")
        wanted = self.benchmarks[benchmark].key
        if report.benchmark != wanted:
            raise InputError(f"{path}: is of {report.benchmark or 'no benchmark'}, today's is {wanted}; {again}")
        return report

    def every(self) -> list[tuple[Report, Benchmark]]:
        """Every report of a benchmark in the folder, by benchmark, then by system."""
        found = [path.stem.split("__") for path in (self.root / "eval/reports").glob("*__*.json")]
        pairs = sorted((name[1], name[0]) for name in found if len(name) == 2 and name[1] in self.benchmarks)
        return [(self.named(system, benchmark), self.benchmarks[benchmark]) for benchmark, system in pairs]


def results(reports: Reports) -> Lines:
    """One row a report: what, how good, when, how."""
    lines = _head([*HEADER, "date", "commit", "command"], right=(3, 4, 5))
    for report, benchmark in reports.every():
        command = re.sub(r" --(json|gate) \S+", "", report.command)
        when = (report.versions.get(key, "–") for key in ("date", "commit"))
        lines.append(f"{result_row(report, benchmark)} {' | '.join(when)} | `{command}` |")
    return lines


def labels(reports: Reports) -> Lines:
    """Each label of the default model on the shipped test articles, beside what annotators agree to."""
    report = reports.named("default", "shipped-test")
    agreement_of = report.agreement.labels if report.agreement else {}
    overall = report.agreement.all_labels if report.agreement else Figure(value=None)
    head = ("label", "precision", "recall", "F1 [95% interval]", "annotators agree to", "gold")
    lines = _head(head, right=range(1, 6))
    for label, row in report.exact.labels.items():
        agreed = percent(agreement_of[label].value) if label in agreement_of else percent(None)
        lines.append(_row(label, *_figures(row), agreed, f"{row.support:,}"))
    micro = report.exact.micro
    lines.append(_row("**micro**", *_figures(micro), percent(overall.value), f"{micro.support:,}"))
    lines.append(_row("**macro**", *_figures(report.exact.macro), "", ""))
    for name, baseline in (report.floors or {}).items():
        row = baseline.exact.micro
        figures = (percent(share) for share in (row.precision, row.recall, row.f1))
        lines.append(_row(f"baseline: {name}, micro", *figures, "", f"{row.support:,}"))
    return lines


def slices(reports: Reports) -> Lines:
    """Parts of the shipped test articles that are large enough for an interval."""
    report = reports.named("default", "shipped-test")
    lines = _head(("slice", "articles", "gold", "F1 [95% interval]"), right=range(1, 4))
    for attribute in SLICES:
        for value, part in (report.slices or {}).get(attribute, {}).items():
            figure, counts = figure_of(part.micro, "f1"), (f"{part.articles:,}", f"{part.micro.support:,}")
            if figure.interval is not None:
                lines.append(_row(f"{attribute}: {value}", *counts, shown(figure)))
    return lines


def zero_shot(reports: Reports) -> Lines:
    """The default model on documents of re3d, by class."""
    report = reports.named("default", "re3d-documents")
    overlap = report.overlap
    head = ("class", "overlap F1", "exact precision", "exact recall", "exact F1 [95% interval]", "gold")
    lines = _head(head, right=range(1, 6))
    for label, row in [*report.exact.labels.items(), ("**micro**", report.exact.micro)]:
        relaxed = shown(figure_of(overlap.labels.get(label, overlap.micro), "f1")) if overlap else percent(None)
        lines.append(_row(label, relaxed, *_figures(row), f"{row.support:,}"))
    return lines


def re3d_dev(reports: Reports) -> Lines:
    """The runs of the re3d recipe on re3d's CoNLL dev file, and the labels of their mean."""
    report = reports.named("re3d", "re3d-conll-dev")
    if report.seeds is None:
        raise InputError("re3d__re3d-conll-dev.json: one run alone; name three models with --model")
    lines = _head(("run", "exact F1 [95% interval]", "gold"), right=(1, 2))
    for model, value in zip(report.seeds.models, report.seeds.micro_f1, strict=True):
        lines.append(_row(model.name, percent(value), ""))
    spread = "" if report.seeds.deviation is None else f" ± {percent(report.seeds.deviation)}"
    micro = report.exact.micro
    lines.append(_row("**mean**", f"{shown(figure_of(micro, 'f1'))}{spread} over runs", f"{micro.support:,}"))
    for label, row in report.exact.labels.items():
        lines.append(_row(f"mean, {label}", shown(figure_of(row, "f1")), f"{row.support:,}"))
    return lines


def agreement(reports: Reports) -> Lines:
    """Agreement of the two passes of the shipped corpus on spans, by label."""
    path = reports.root / "eval/reports" / AGREEMENT
    if not path.is_file():
        raise InputError(f"{path}: no such report, a table needs it; make it with eventcorpus agree --json")
    spans = read_json(path)["all_pairs"]
    names = ("f1_exact", "f1_overlap", "alpha_characters")
    lines = _head(("label", "spans", "exact F1", "overlap F1", "alpha_characters"), right=range(1, 5))
    for label, row in spans["labels"].items():
        lines.append(_row(label, f"{row['first']:,} / {row['second']:,}", *(_hundredths(row[name]) for name in names)))
    every = spans["all_labels"]
    exact, overlap, alpha = (_hundredths(every[name]) for name in names)
    lines.append(_row("**all**", f"{every['first']:,} / {every['second']:,}", f"**{exact}**", overlap, alpha))
    return lines


def recipe_keys(_: Reports) -> Lines:
    """Every key of a recipe, those that most people set first."""
    lines, keys = _head(("key", "default", "values", "meaning"), right=()), ordered_keys()
    for key in keys:
        field, bounds = Recipe.model_fields[key], limits(key)
        if is_expert(key) and not is_expert(keys[keys.index(key) - 1]):
            lines.append(_row("**for experts**", "", "", ""))
        default = str(field.default).lower() if field.annotation is bool else str(field.default)
        values = kind_of(Recipe, key) + (", {:g} to {:g}".format(*bounds) if bounds else "")
        meaning = " ".join((field.description or "").split()).replace("``", "`")
        lines.append(_row(f"`{key}`", f"`{default}`" if default else "", values, meaning))
    return lines


def _figures(row: Figures) -> tuple[str, str, str]:
    """Precision, recall, and F1 with its interval."""
    return percent(row.precision), percent(row.recall), shown(figure_of(row, "f1"))


def _hundredths(figure: Mapping[str, float | None]) -> str:
    """A figure of ``agree`` in whole hundredths, with its interval."""
    ends = percent_range(figure["low"], figure["high"], between=" to ", digits=0)
    return percent(figure["value"], digits=0) + (f" ({ends})" if ends else "")


TABLES: dict[str, Callable[[Reports], Lines]] = {
    "results": results,
    "labels": labels,
    "slices": slices,
    "zero-shot": zero_shot,
    "re3d-dev": re3d_dev,
    "agreement": agreement,
    "recipe-keys": recipe_keys,
}


def tables_in(text: str) -> list[str]:
    """The names of the tables that a document asks for."""
    return _OPEN.findall(text)


def with_tables(text: str, made: Mapping[str, Lines], *, place: str) -> str:
    """The document with every table between its marks.

    Raises:
        InputError: for a name that no table has, or a mark without its end.
    """
    for name in tables_in(text):
        if name not in made:
            raise InputError(f"{place}: there is no table {name!r}; {nearest(name, made)}")
    if len(_MARKED.findall(text)) != len(tables_in(text)):
        raise InputError(f"{place}: a table has no '<!-- end -->' after it")
    return _MARKED.sub(lambda m: "".join([m[1], *(f"{line}\n" for line in made[m[2]]), m[4]]), text)


def rewritten(root: Path) -> dict[Path, tuple[str, str]]:
    """Each document of a checkout as it is and as it should be."""
    reports = Reports(root)
    found = {}
    for document in (root / name for name in DOCUMENTS):
        text = read_text(document)
        made = {name: TABLES[name](reports) for name in tables_in(text) if name in TABLES}
        found[document] = (text, with_tables(text, {name: made.get(name, []) for name in TABLES}, place=str(document)))
    return found


def main() -> int:
    """Write the tables of the checkout in the working directory."""
    try:
        for document, (before, after) in rewritten(Path()).items():
            if before != after:
                write_text(document, after)
            print(f"{document}: {'written' if before != after else 'as it was'}")
    except EventCorpusError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def _head(names: Iterable[str], *, right: Iterable[int]) -> Lines:
    columns, numbers = list(names), set(right)
    return [_row(*columns), _row(*("---:" if i in numbers else "---" for i in range(len(columns))))]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())

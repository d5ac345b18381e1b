import io

from made_up import LABELS, ONTOLOGY, corpus, system
from rich.console import Console

from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.report import Agreement, Figure, Report
from eventcorpus.render.evaluation import report_lines, report_table


def full_report() -> Report:
    articles = corpus(12)
    report = evaluate(articles, [system(articles, 0.7)], ONTOLOGY, name="d[/b]", split="test", n_resamples=100)
    people = Agreement(
        articles=12,
        all_labels=Figure(value=0.9),
        labels={label: Figure(value=0.8) for label in LABELS},
        source="a1 and a2 on 12 articles",
    )
    return report.model_copy(update={"agreement": people})


def printed(report: Report, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False)
    console.print(report_table(report))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_the_table_fits_80_columns_with_every_column_in_it() -> None:
    wide, narrow = printed(full_report(), 120), printed(full_report(), 80)
    assert [line.split() for line in wide] == [line.split() for line in narrow]
    assert max(map(len, narrow)) <= 80
    assert "d[/b]" in narrow[0]


def test_a_row_has_f1_its_interval_overlap_and_annotators() -> None:
    report = full_report()
    row = next(line.split() for line in printed(report, 100) if line.strip().startswith("Actor"))
    figures = report.exact.labels["Actor"]
    assert report.overlap is not None and figures.intervals is not None and figures.intervals.f1 is not None
    low, high = figures.intervals.f1.low, figures.intervals.f1.high
    assert row[3:7] == [
        f"{100 * (figures.f1 or 0):.1f}",
        f"{100 * low:.1f}–{100 * high:.1f}",
        f"{100 * (report.overlap.labels['Actor'].f1 or 0):.1f}",
        "80.0",
    ]


def test_what_the_figures_mean_stands_below() -> None:
    said = "\n".join(report_lines(full_report()))
    assert "overlap: its ends may differ" in said
    assert "95%: interval of F1, 100 resamples of 12 articles" in said
    assert "annotators: exact F1 between a1 and a2 on 12 articles" in said
    assert "points of micro F1 for this test set to show it" in said

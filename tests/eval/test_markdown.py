import doctest

from made_up import ONTOLOGY, corpus, system
from test_score import gold, predicted, run

from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.report import Agreement, Baseline, Figure, Interval
from eventcorpus.render import evaluation
from eventcorpus.render.evaluation import report_markdown


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    lines = text.partition(f"{heading}\n")[2].splitlines()
    table = [line for line in lines if line.startswith("|")]
    n = next((i for i, line in enumerate(lines[lines.index(table[0]) :]) if not line.startswith("|")), len(table))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:n]]


def test_every_label_has_a_row_with_its_figures() -> None:
    article = gold("rebels left homs on monday", (0, 6, "Actor"), (12, 16, "Place"))
    text = report_markdown(run([article], [predicted(article, (0, 6, "Actor"))]))
    assert text.startswith("# m on ds, test\n\n1 article, 2 gold mentions.")
    assert rows(text, "## Per label")[0][:8] == ["Actor", "100.0", "", "100.0", "100.0", "1", "1", "1"]
    assert rows(text, "## Per label")[1][:8] == ["Place", "0.0", "", "0.0", "0.0", "1", "0", "0"]
    assert rows(text, "## Per label")[2][:2] == ["Time", "–"]
    assert rows(text, "## Summary")[0][:2] == ["micro", "66.7"]


def test_names_do_not_become_markup() -> None:
    article = gold("rebels left homs", (0, 6, "Actor"))
    text = report_markdown(run([article], [predicted(article, (0, 6, "a|b\n<script>[x](y)"))]))
    assert "<script>" not in text and r"a\|b &lt;script&gt;\[x\](y)" in text
    assert doctest.testmod(evaluation).attempted > 0 and doctest.testmod(evaluation).failed == 0


def test_intervals_baselines_and_agreement_stand_beside_the_score() -> None:
    articles = corpus(12)
    report = evaluate(articles, [system(articles, 0.7)], ONTOLOGY, name="d", split="test", n_resamples=100)
    people = Agreement(
        articles=12,
        all_labels=Figure(value=0.9, interval=Interval(low=0.85, high=0.95)),
        labels={"Actor": Figure(value=0.8)},
        source="a1 and a2",
    )
    report = report.model_copy(
        update={"agreement": people, "floors": {"dictionary": Baseline(description="d", exact=report.exact)}}
    )
    text = report_markdown(report)
    summary = {row[0]: row[1:3] for row in rows(text, "## Summary")}
    assert summary["between annotators, micro"] == ["90.0", "85.0–95.0"]
    assert set(summary) == {"micro", "macro", "baseline: dictionary, micro", "between annotators, micro"}
    assert "–" in summary["micro"][1] and "from 100 resamples of 12 articles" in text
    assert [row[-1] for row in rows(text, "## Per label")] == ["80.0", "", ""]
    assert "## By kind" in text and "## Confidence" in text

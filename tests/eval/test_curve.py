"""What learning curves say of more articles, and when they say that it cannot be said."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from eventcorpus.eval.curve import CurveReport, CurveRun, MoreArticles, curve_report, said_of_more
from eventcorpus.eval.intervals import shown
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import AnnotatedArticle, Mention
from learning_curves import LAW, N_MENTIONS, ONTOLOGY, gold, report_of


def test_the_number_of_articles_for_two_points_is_that_of_the_law() -> None:
    report = report_of(LAW)
    law = report.micro.law
    assert law is not None
    assert (round(law.a, 4), round(law.b, 3), round(law.c, 4), law.highest) == (0.9, 2.0, 0.5, 1.0)
    assert report.micro.more == MoreArticles(gain=0.02, verdict="articles", articles=2844, low=2844, high=2844)
    assert [round(each.f1.value or 0, 4) for each in report.micro.expected][::2] == [
        0.5,
        0.7,
        0.8,
        0.85,
        0.8592,
        0.8646,
    ]
    assert round(report.micro.gain_of_double.value or 0, 4) == 0.0146
    assert report.most_for == ("Place",)
    assert (
        said_of_more(report)
        == "about 2,844 more articles (95%: 2,844 to 2,844) for 2 points of micro F1, most for Place"
    )


def test_sizes_are_means_over_seeds_and_runs_stand_beside_them() -> None:
    report = report_of({25: (49, 50, 51), 100: (70, 70, 70), 400: (79, 81, 80), 1600: (85, 84, 86)})
    assert report.seeds == (13, 14, 15)
    assert report.micro.runs == ((0.49, 0.5, 0.51), (0.7, 0.7, 0.7), (0.79, 0.81, 0.8), (0.85, 0.84, 0.86))
    assert [shown(figure) for figure in report.micro.sizes] == [
        "50.0 [49.0, 51.0]", "70.0 [70.0, 70.0]", "80.0 [79.0, 81.0]", "85.0 [84.0, 86.0]",
    ]  # fmt: skip
    assert [(size.share, size.articles, size.mean_articles) for size in report.sizes] == [
        (1.5625, (25, 25, 25), 25.0), (6.25, (100, 100, 100), 100.0), (25.0, (400, 400, 400), 400.0),
        (100.0, (1600, 1600, 1600), 1600.0),
    ]  # fmt: skip


def test_the_first_sizes_forecast_the_last() -> None:
    forecast = report_of({**LAW, 6400: 87}).micro.forecast
    assert forecast is not None
    assert (forecast.sizes, forecast.from_articles, forecast.is_right) == (3, 400.0, False)
    assert (round(forecast.f1.value or 0, 4), forecast.measured.value) == (0.875, 0.87)
    assert round(forecast.difference.value or 0, 4) == -0.005


def test_a_forecast_is_right_if_seeds_alone_could_make_the_difference() -> None:
    forecast = report_of({**LAW, 6400: (86, 87, 88)}).micro.forecast
    assert forecast is not None
    assert (round(forecast.difference.value or 0, 4), forecast.is_right) == (-0.005, True)


def test_what_comes_after_the_first_sizes_is_not_looked_at() -> None:
    one, other = (report_of({**LAW, 6400: last}).micro.forecast for last in (87, 60))
    assert one is not None and other is not None
    assert (one.law, one.f1) == (other.law, other.f1)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (
            {25: 50, 100: 70, 400: 80},
            "cannot say how many more articles give 2 points of micro F1: 3 sizes, too few for a curve; take at least 4, such as --shares 10,20,40,70,100",
        ),
        (
            {25: 60, 50: 60, 100: 60, 200: 60},
            "no gain: by the curve even 10 times the 200 articles do not give 2 points of micro F1; twice the articles give 0.0 points (95%: 0.0 to 0.0)",
        ),
        (
            {25: 70, 50: 60, 100: 55, 200: 50},
            "no gain: by the curve even 10 times the 200 articles do not give 2 points of micro F1; twice the articles give 0.0 points (95%: 0.0 to 0.0)",
        ),
        (
            {25: (45, 55), 50: (52, 62), 100: (56, 66), 200: (58, 68)},
            "cannot say how many more articles give 2 points of micro F1: the 95% interval is too wide, 64 to more than 1,800; twice the articles give 1.2 points (95%: 0.0 to 4.8); more seeds, more sizes or a larger validation split make it narrower",
        ),
    ],
    ids=["too few sizes", "flat", "falling", "seeds far apart"],
)
def test_it_says_when_it_cannot_say(scores: dict[int, int | Sequence[int]], said: str) -> None:
    report = report_of(scores)
    assert said_of_more(report) == said
    assert report.micro.more.articles is None


def annotated_twice(n_other: int) -> list[list[AnnotatedArticle]]:
    """Of the same articles: the second annotator has another label in ``n_other`` of 100 places."""
    return [
        [
            replace(first, annotator="a1"),
            replace(
                first,
                annotator="a2",
                spans=tuple(replace(s, label="Time") if i < n_other else s for i, s in enumerate(first.spans)),
            ),
        ]
        for first in gold(4)
    ]


def law_at_most(report: CurveReport) -> float:
    assert report.micro.law is not None
    return report.micro.law.highest


def test_the_agreement_of_annotators_bounds_the_law_unless_models_are_above_it() -> None:
    bounded = report_of(LAW, annotations=annotated_twice(13))
    assert bounded.agreement is not None and bounded.agreement.all_labels.value == pytest.approx(0.87)
    assert law_at_most(bounded) == pytest.approx(0.87)
    assert bounded.micro.law.a == pytest.approx(0.87)
    assert law_at_most(report_of(LAW, annotations=annotated_twice(20))) == 1.0


def test_the_order_of_the_runs_changes_nothing_and_labels_without_gold_are_left_out() -> None:
    report = report_of(LAW)
    assert report == report_of(dict(reversed(LAW.items())))
    assert list(report.labels) == ["Place"]
    assert (report.micro.support, report.labels["Place"].support) == (1000, 1000)


def test_labels_that_surely_gain_are_named_and_those_that_stay_as_they_are_are_not() -> None:
    half = N_MENTIONS // 2
    articles = [
        replace(a, spans=tuple(replace(s, label="Place" if i < half else "Time") for i, s in enumerate(a.spans)))
        for a in gold()
    ]
    runs = []
    for n_train, n_places in {25: 10, 100: 25, 400: 33, 1600: 37}.items():
        found = [Mention(5 * i, 5 * i + 4, "Place", "homs", 1.0) for i in range(n_places)]
        found += [Mention(5 * i, 5 * i + 4, "Time", "homs", 1.0) for i in range(half, half + 30)]
        predictions = [prediction_of(a.article, found, ModelName(name=f"m{n_train}")) for a in articles]
        runs.append(CurveRun(n_train / 16, 13, n_train, predictions))
    report = curve_report(articles, runs, ONTOLOGY, name="made up", encoder="bundled", n_resamples=50)
    gains = {
        label: round(curve.gain_of_double.value or 0, 3)
        for label, curve in report.labels.items()
        if curve.gain_of_double
    }
    assert gains == {"Place": 0.013, "Time": 0.0}
    assert report.most_for == ("Place",)

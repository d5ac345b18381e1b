import json
from typing import Any

import pytest

from eventcorpus.errors import PredictionsError
from eventcorpus.eval.evaluate import score
from eventcorpus.eval.report import Report
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, Prediction, prediction_line, prediction_of, read_predictions
from eventcorpus.render.evaluation import report_table
from eventcorpus.schema import AnnotatedArticle, Article, Mention, Span

ONTOLOGY = Ontology(
    name="t", version="1.0.0", flat=False, entities=(Label(name="Actor"), Label(name="Place"), Label(name="Time"))
)


def gold(text: str, *spans: tuple[int, int, str], id_: str = "a") -> AnnotatedArticle:
    return AnnotatedArticle(Article(id_, text), tuple(Span(str(i), *s) for i, s in enumerate(spans)), ONTOLOGY.labels)


def predicted(article: AnnotatedArticle, *spans: tuple[int, int, str]) -> Prediction:
    text = article.article.text
    return prediction_of(
        article.article, [Mention(s, e, label, text[s:e], 0.5) for s, e, label in spans], ModelName(name="m")
    )


ONE = gold("rebels left homs on monday", (0, 6, "Actor"), (12, 16, "Place"))


def run(articles: list[AnnotatedArticle], predictions: list[Prediction]) -> Report:
    return score(articles, predictions, ONTOLOGY, name="ds", split="test")


def test_a_perfect_system_scores_one_and_absent_labels_are_undefined() -> None:
    report = run([ONE], [predicted(ONE, (0, 6, "Actor"), (12, 16, "Place"))])
    assert report.exact.micro.f1 == report.exact.macro.f1 == 1.0
    assert json.loads(report.model_dump_json())["exact"]["labels"]["Time"]["f1"] is None


def test_an_empty_system_scores_zero() -> None:
    report = run([ONE], [predicted(ONE)])
    assert (report.exact.micro.precision, report.exact.micro.recall, report.exact.micro.f1) == (0.0, 0.0, 0.0)


def test_a_boundary_off_by_one_is_wrong_twice() -> None:
    row = run([ONE], [predicted(ONE, (0, 5, "Actor"), (12, 16, "Place"))]).exact.labels["Actor"]
    assert (row.correct, row.predicted, row.support) == (0, 1, 1)


def test_an_article_without_prediction_counts_as_missed() -> None:
    other = gold("the army", (4, 8, "Actor"), id_="b")
    report = run([ONE, other], [predicted(ONE, (0, 6, "Actor"), (12, 16, "Place"))])
    assert report.dataset.articles_without_prediction == 1
    assert report.exact.micro.recall == pytest.approx(2 / 3)


def test_gold_beyond_one_layer_stays_in_the_denominator() -> None:
    nested = gold("army of homs", (0, 12, "Actor"), (8, 12, "Place"))
    report = run([nested], [predicted(nested, (0, 12, "Actor"))])
    assert report.not_in_one_layer == 1
    assert report.exact.micro.recall == 0.5


def test_the_order_of_predictions_changes_nothing() -> None:
    spans = [(0, 6, "Actor"), (12, 16, "Place"), (12, 16, "Actor"), (20, 26, "Time")]
    assert run([ONE], [predicted(ONE, *spans)]).exact == run([ONE], [predicted(ONE, *reversed(spans))]).exact


def test_a_label_the_ontology_lacks_is_spurious() -> None:
    report = run([ONE], [predicted(ONE, (0, 6, "Group"))])
    assert report.exact.labels["Group"].predicted == 1
    assert report.exact.micro.precision == 0.0


def test_predictions_of_another_text_are_refused() -> None:
    wrong = predicted(gold("rebels left homs on friday"))
    with pytest.raises(PredictionsError, match="predicted on a text with sha256"):
        run([ONE], [wrong])


def test_predictions_of_other_articles_only_are_refused() -> None:
    with pytest.raises(PredictionsError, match="not one of the 1 article of split 'test' is in it"):
        run([ONE], [predicted(gold("rebels", id_="zz"))])


def test_an_offset_that_does_not_cut_out_its_text_is_refused() -> None:
    wrong = predicted(ONE, (0, 6, "Actor")).model_dump(by_alias=True)
    wrong["mentions"][0]["text"] = "troops"
    with pytest.raises(PredictionsError, match=r"the mention \[0, 6\) is 'rebels'"):
        run([ONE], [Prediction.model_validate(wrong)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "p: line 1: schema is 2, it must be 1"),
        ({"text_sha256": None}, "p: line 1: text_sha256 is None, it must be text"),
        ({"extra": 1}, "p: line 1: unknown key 'extra'; did you mean 'text'"),
        (
            {"mentions": [{"start": "0", "end": 1, "label": "A", "text": "r"}]},
            "p: line 1: mentions.0.start is '0', it must be a whole number",
        ),
    ],
)
def test_a_predictions_file_is_checked(change: dict[str, Any], message: str) -> None:
    row = json.loads(prediction_line(predicted(ONE))) | change
    with pytest.raises(PredictionsError) as raised:
        list(read_predictions([json.dumps(row)], place="p"))
    assert str(raised.value) == message


def test_an_article_twice_in_a_predictions_file_is_refused() -> None:
    line = prediction_line(predicted(ONE))
    with pytest.raises(PredictionsError, match="line 2: article 'a' stands on line 1 already"):
        list(read_predictions([line, line], place="p"))


def test_a_line_reads_back_as_itself() -> None:
    prediction = predicted(ONE, (0, 6, "Actor"))
    assert list(read_predictions([prediction_line(prediction)], place="p")) == [prediction]


def test_the_table_shows_every_label_and_a_dash_where_undefined() -> None:
    table = report_table(run([ONE], [predicted(ONE, (0, 6, "Actor"))]))
    assert list(table.columns[0].cells) == ["Actor", "Place", "Time", "micro", "macro"]
    assert list(table.columns[3].cells) == ["100.0", "0.0", "–", "66.7", "50.0"]

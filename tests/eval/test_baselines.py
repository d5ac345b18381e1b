"""The two baselines that every model is shown beside."""

from pathlib import Path

import pytest

from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.splits import read_splits
from eventcorpus.eval.baselines import (
    BASELINES,
    fit_lexicon,
    fit_linear,
    line_features,
    lines_of,
    predict_by_lexicon,
    predict_by_linear,
    score_baselines,
    tagged_lines,
)
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.ontology import read_ontology_yaml
from eventcorpus.predictions import Prediction, check_prediction
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.tags import viterbi

ROOT = Path(__file__).parents[2]


def annotated(text: str, *mentions: tuple[str, str], id_: str = "a") -> AnnotatedArticle:
    """The first place of each string is a mention."""
    spans = tuple(
        Span(f"{n}", text.index(words), text.index(words) + len(words), label)
        for n, (words, label) in enumerate(mentions)
    )
    return AnnotatedArticle(Article(id_, text), spans, ())


def found(prediction: Prediction) -> list[tuple[str, str]]:
    return [(m.text, m.label) for m in prediction.mentions]


TRAIN = [
    annotated("Rebels of the Free Army attacked Homs.", ("Rebels", "Actor"), ("Free Army", "Actor"), ("Homs", "Place")),
    annotated("An army left Homs and Free Town; free speech, free press.", ("Homs", "Place"), ("Free Town", "Place")),
]


def remember(text: str, **settings: float) -> list[tuple[str, str]]:
    (prediction,) = predict_by_lexicon(TRAIN, [Article("x", text)], **settings)
    return found(prediction)


def test_a_string_that_was_a_mention_is_one_again_whatever_its_case() -> None:
    assert remember("REBELS are in homs and in Damascus.") == [("REBELS", "Actor"), ("homs", "Place")]


def test_the_longest_string_wins_and_words_are_whole() -> None:
    assert remember("The Free Army, Homsi and Free Town-hall") == [("Free Army", "Actor"), ("Free Town", "Place")]


def test_a_string_does_not_cross_a_line() -> None:
    assert remember("Free\nArmy") == []


def test_a_string_that_is_seldom_labelled_is_left_out() -> None:
    train = [annotated("May came. They may, they may, and may again.", ("May", "Time"))]
    assert found(predict_by_lexicon(train, [Article("x", "In May")])[0]) == []
    (prediction,) = predict_by_lexicon(train, [Article("x", "In May")], threshold=0.25)
    assert [(m.text, m.label, m.confidence) for m in prediction.mentions] == [("May", "Time", 0.25)]


def test_a_part_of_a_longer_mention_counts_as_an_occurrence() -> None:
    found_lexicon = fit_lexicon(
        [annotated("Army of Army", ("Army of Army", "Actor")), annotated("Army", ("Army", "Unit"))]
    )
    assert found_lexicon.entries == {("army", "of", "army"): ("Actor", 1.0)}  # army is a Unit at one of three places


def test_of_labels_as_frequent_the_first_in_the_alphabet_stays() -> None:
    both = [annotated("Homs", ("Homs", "Place")), annotated("Homs", ("Homs", "Actor"))]
    assert fit_lexicon(both).entries == fit_lexicon(both[::-1]).entries == {("homs",): ("Actor", 0.5)}


def test_nothing_remembered_predicts_nothing() -> None:
    for predict, _ in BASELINES.values():
        (prediction,) = predict([annotated("No mention here.")], [Article("x", "Homs fell.")])
        assert prediction.mentions == ()


def test_an_article_without_words_has_a_prediction_too() -> None:
    for predict, _ in BASELINES.values():
        assert [p.mentions for p in predict(TRAIN, [Article("x", ""), Article("y", " \n\n ")])] == [(), ()]


def test_the_linear_baseline_finds_names_that_it_has_not_seen_by_what_stands_around_them() -> None:
    train = [
        annotated(f"Troops shelled {name} on {day}.", (name, "Place"), (day, "Time"))
        for name, day in (("Homs", "Monday"), ("Aleppo", "Friday"), ("Raqqa", "Sunday"), ("Idlib", "Tuesday"))
    ]
    (prediction,) = predict_by_linear(train, [Article("x", "Troops shelled Kobani on Thursday.")])
    assert found(prediction) == [("Kobani", "Place"), ("Thursday", "Time")]


def test_the_linear_baseline_never_continues_what_was_not_begun() -> None:
    tagger = fit_linear(TRAIN, n_epochs=2)
    for words in (["Army"], ["Town", "Army", "Homs"], ["Free"] * 5):
        tags = viterbi(tagger.log_probabilities(words))
        for before, tag in zip([0, *tags], tags, strict=False):
            assert tag % 2 == 1 or tag == 0 or before in (tag, tag - 1)


def test_every_word_has_as_many_features() -> None:
    assert {len(row) for row in line_features(["A", "10,000", "ʼ", "ß", "McDonald"])} == {27}
    assert len(line_features(["A"])[0]) == 27


def test_lines_have_their_tags_and_of_mentions_that_overlap_the_longest_stays() -> None:
    article = annotated("Free Army.\n\nIn Homs", ("Army", "Unit"), ("Free Army", "Actor"), ("Homs", "Place"))
    labels = ["Actor", "Place", "Unit"]
    assert [(line.words, tags) for line, tags in tagged_lines(article, labels)] == [
        (["Free", "Army", "."], [1, 2, 0]),
        (["In", "Homs"], [0, 3]),
    ]
    assert [line.offsets for line in lines_of("a b\r\nc")] == [[(0, 1), (2, 3)], [(5, 6)]]


@pytest.fixture(scope="module")
def shipped() -> tuple[list[AnnotatedArticle], list[AnnotatedArticle]]:
    """A quarter of the articles for training, and those for validation."""
    ontology = read_ontology_yaml(ROOT / "corpus/ontology.yaml")
    split_of = read_splits(ROOT / "corpus/splits")
    every = read_exports([ROOT / "corpus/annotations/pass-1.json"], ontology, ConversionReport())
    by_split = {split: [a for a in every if split_of[a.article.id] == split] for split in ("train", "validation")}
    return by_split["train"][::4], by_split["validation"]


def test_on_the_shipped_corpus_the_linear_baseline_is_above_memory_and_both_fit_their_articles(
    shipped: tuple[list[AnnotatedArticle], list[AnnotatedArticle]],
) -> None:
    train, gold = shipped
    assert len(train) > 50 and len(gold) > 20
    scores = score_baselines(train, gold, ["Actor"])
    linear_f1, remembered_f1 = scores["linear"].exact.micro.f1, scores["remembered"].exact.micro.f1
    assert linear_f1 is not None and remembered_f1 is not None
    assert linear_f1 > remembered_f1 + 0.05 and remembered_f1 > 0.2
    assert next(iter(scores["linear"].exact.labels)) == "Actor"


def test_both_baselines_say_the_same_every_time_on_the_texts_they_were_given(
    shipped: tuple[list[AnnotatedArticle], list[AnnotatedArticle]],
) -> None:
    train, gold = shipped[0][:12], shipped[1][:4]
    for name, (predict, _) in BASELINES.items():
        articles = [one.article for one in gold]
        predictions = predict(train, articles)
        assert predict(train, iter(articles)) == predictions and any(p.mentions for p in predictions)
        assert {p.model.name for p in predictions} == {f"floor {name}"}
        for prediction, article in zip(predictions, articles, strict=True):
            check_prediction(prediction, article, place=name)

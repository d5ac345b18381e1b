"""The dataset card: what load_dataset reads at its head, and the counts that people read."""

import pytest
import yaml

from eventcorpus.dataset.card import DatasetCounts, dataset_card
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Event, Span
from eventcorpus.text import words

ONTOLOGY = parse_ontology(
    {
        "name": "mini",
        "version": "1.0.0",
        "triggers": [{"name": "Attack"}],
        "entities": [{"name": "Actor"}, {"name": "Place"}],
        "attributes": [
            {"name": "modality", "of": "triggers", "default": "actual", "values": [{"name": "actual"}, {"name": "no"}]}
        ],
    },
    place="test",
)
SPANS = (Span("1", 0, 6, "Actor"), Span("2", 7, 15, "Attack"))
ONE = AnnotatedArticle(
    Article("x", "Rebels attacked.", language="en", licence="CC-BY-4.0", invented=True),
    SPANS,
    ONTOLOGY.labels,
    events=(Event("e1", "Attack", ("2",)),),
)
NONE = AnnotatedArticle(Article("y", "All quiet in Zürn.", language="de"), (), ONTOLOGY.labels)


def counted(ontology: Ontology = ONTOLOGY, **splits: list[AnnotatedArticle]) -> DatasetCounts:
    counts = DatasetCounts(ontology)
    for split, articles in splits.items():
        for one in articles:
            n_words = len(words(one.article.text))
            counts.add(split, one, n_words=n_words, withheld=one.article.id == "secret")
    return counts


GOLD = counted(train=[ONE, NONE], test=[NONE])
NAMES = ("default/train.parquet", "default/test.parquet", "annotations/train.parquet")
FILES = {name: {"sha256": str(n) * 64} for n, name in enumerate(NAMES)}


@pytest.fixture
def card() -> str:
    return dataset_card(GOLD, FILES, gold_policy="the only annotator's", summary="3 of 3 articles")


def test_the_head_names_exactly_the_files_that_are_there(card: str) -> None:
    head = yaml.safe_load(card.split("---")[1])
    assert [len(config.pop("description")) for config in head["configs"]] == [len("content ") + 16] * 2
    assert head["configs"] == [
        {
            "config_name": "default",
            "default": True,
            "data_files": [
                {"split": "train", "path": "default/train.parquet"},
                {"split": "test", "path": "default/test.parquet"},
            ],
        },
        {
            "config_name": "annotations",
            "default": False,
            "data_files": [{"split": "train", "path": "annotations/train.parquet"}],
        },
    ]
    assert head["language"] == ["de", "en"]


def test_splits_are_counted(card: str) -> None:
    assert "| train | 2 | 1 | 8 | 2 | 1 |" in card.splitlines()
    assert "| test | 1 | 1 | 5 | 0 | 0 |" in card.splitlines()
    assert "| validation" not in card


def test_labels_are_counted_those_without_spans_too(card: str) -> None:
    rows = card.splitlines()
    assert rows[rows.index("| label | spans |") + 2 :][:3] == ["| Attack | 1 |", "| Actor | 1 |", "| Place | 0 |"]


def test_attributes_are_counted_with_their_defaults(card: str) -> None:
    rows = card.splitlines()
    assert rows[rows.index("| attribute | value | spans |") + 2 :] == [
        "| modality | actual | 1 |",
        "| modality | no | 0 |",
    ]


def test_policy_licences_and_invention_are_stated(card: str) -> None:
    assert "- Gold: the only annotator's." in card
    assert "- Licences of the articles: CC-BY-4.0; none stated for 2 articles: do not publish their text." in card
    assert "- Articles marked as invented: 1 of 3." in card


def test_text_without_a_licence_is_not_for_publishing() -> None:
    card = dataset_card(counted(train=[NONE]), FILES, gold_policy="", summary="")
    assert "- Licences of the articles: none stated; do not publish the text." in card


@pytest.mark.parametrize(("flat", "said"), [(True, "Spans may not overlap."), (False, "Spans may overlap;")])
def test_the_card_says_whether_spans_overlap(flat: bool, said: str) -> None:
    ontology = ONTOLOGY.model_copy(update={"flat": flat})
    assert said in dataset_card(counted(ontology, train=[ONE]), FILES, gold_policy="", summary="")


def test_other_content_changes_the_head_by_which_load_dataset_caches(card: str) -> None:
    changed = FILES | {"default/train.parquet": {"sha256": "9" * 64}}
    other = dataset_card(GOLD, changed, gold_policy="the only annotator's", summary="3 of 3 articles")
    assert other.split("---")[1] != card.split("---")[1]

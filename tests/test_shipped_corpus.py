"""The shipped corpus keeps its promises: complete, consistent, invented, and split without leaks."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from eventcorpus.annotation.rules import violations
from eventcorpus.articles.read import read_articles
from eventcorpus.cli.main import main
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.corpus.folder import read_corpus
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.dataset.splits import check_splits, read_splits
from eventcorpus.formats.inline import read_inline, write_inline
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.ontology import Ontology
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle

CORPUS = Path(__file__).parent.parent / "corpus"
HITS = ("Battle", "Explosion", "AttackOnCivilians", "Riot")
"""Triggers whose target can be a building or a place."""


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return read_ontology(CORPUS / "ontology.yaml")


@pytest.fixture(scope="module")
def every(ontology: Ontology) -> list[AnnotatedArticle]:
    report = ConversionReport()
    articles = read_exports(sorted((CORPUS / "annotations").glob("*.json")), ontology, report)
    report.check_strict()
    return articles


@pytest.fixture(scope="module")
def annotated(every: list[AnnotatedArticle]) -> list[AnnotatedArticle]:
    """The first pass: every article."""
    return [one for one in every if one.annotator == "a1"]


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> list[AnnotatedArticle]:
    """What trains: the dataset that convert makes of the exports."""
    out = tmp_path_factory.mktemp("shipped") / "dataset"
    options = ["--splits", str(CORPUS / "splits"), "--out", str(out), "--strict"]
    done = CliRunner().invoke(main, ["convert", str(CORPUS / "annotations"), *options])
    assert done.exit_code == 0, done.output
    return [one for articles in read_dataset(out).splits.values() for one in articles]


def said(one: AnnotatedArticle) -> tuple[set[tuple[int, int, str]], set[tuple[str, int, int]]]:
    """Spans and roles of an annotation, by offsets."""
    start = {span.id: span.start for span in one.spans}
    roles = {(role.role, start[role.trigger], start[role.argument]) for role in one.roles}
    return {(span.start, span.end, span.label) for span in one.spans}, roles


def test_exports_and_articles_have_the_same_texts(annotated: list[AnnotatedArticle]) -> None:
    articles = {a.id: a for a in read_articles([CORPUS / "articles"])}
    assert {a.article.id: a.article for a in annotated} == articles


def test_there_are_at_least_300_articles_all_marked_as_invented(annotated: list[AnnotatedArticle]) -> None:
    assert len(annotated) >= 300
    assert sum(len(a.article.text.split()) for a in annotated) >= 54_000
    assert all(a.article.invented and a.article.licence == "CC-BY-4.0" and a.article.published for a in annotated)


def test_articles_have_40_to_900_words(annotated: list[AnnotatedArticle]) -> None:
    lengths = {a.article.id: len(a.article.text.split()) for a in annotated}
    assert {i: n for i, n in lengths.items() if not 40 <= n <= 900} == {}


def test_some_articles_are_long(annotated: list[AnnotatedArticle]) -> None:
    assert sum(len(a.article.text.split()) >= 700 for a in annotated) >= 3


def test_one_in_six_has_no_event(annotated: list[AnnotatedArticle]) -> None:
    assert 1 / 7 <= sum(not a.events for a in annotated) / len(annotated) <= 1 / 5


def test_articles_with_events_are_not_packed_with_them(annotated: list[AnnotatedArticle], ontology: Ontology) -> None:
    with_events = [a for a in annotated if a.events]
    n_triggers = sum(span.label in ontology.trigger_names for a in with_events for span in a.spans)
    assert 35 <= 1000 * n_triggers / sum(len(a.article.text.split()) for a in with_events) <= 55


def test_no_annotation_breaks_a_rule_of_the_ontology(annotated: list[AnnotatedArticle], ontology: Ontology) -> None:
    assert [(a.article.id, fault) for a in annotated for fault in violations(a, ontology)] == []


def test_the_whole_test_split_is_annotated_twice(every: list[AnnotatedArticle], ontology: Ontology) -> None:
    second = [one for one in every if one.annotator == "a2"]
    test = {name for name, split in read_splits(CORPUS / "splits").items() if split == "test"}
    assert len(second) >= 80 and test <= {one.article.id for one in second}
    assert [(a.article.id, fault) for a in second for fault in violations(a, ontology)] == []


def test_every_label_role_and_value_is_used(annotated: list[AnnotatedArticle], ontology: Ontology) -> None:
    labels = {span.label for a in annotated for span in a.spans}
    roles = {role.role for a in annotated for role in a.roles}
    values = {pair for a in annotated for span in a.spans for pair in span.attributes}
    assert labels == set(ontology.labels)
    assert roles == {role.name for role in ontology.roles}
    defaults = {(a.name, a.default) for a in ontology.attributes}
    assert {(a.name, v.name) for a in ontology.attributes for v in a.values} - defaults <= values


def test_rare_labels_roles_and_values_have_enough_examples(
    annotated: list[AnnotatedArticle], ontology: Ontology
) -> None:
    labels = Counter(span.label for a in annotated for span in a.spans)
    assert {name: n for name, n in labels.items() if n < (80 if name in ontology.trigger_names else 250)} == {}
    assert {name: n for name, n in Counter(r.role for a in annotated for r in a.roles).items() if n < 100} == {}
    pairs = Counter(pair for a in annotated for span in a.spans for pair in span.attributes)
    articles = Counter(pair for a in annotated for pair in {pair for span in a.spans for pair in span.attributes})
    assert {pair: n for pair, n in pairs.items() if n < 50 or articles[pair] < 25} == {}


def test_who_moves_or_gives_up_is_the_agent_alone(gold: list[AnnotatedArticle]) -> None:
    others = {"Movement": "victim", "Surrender": "target"}
    for one in gold:
        label = {span.id: span.label for span in one.spans}
        filled = {(role.trigger, role.role, role.argument) for role in one.roles}
        both = [x for x in filled if x[1] == "agent" and (x[0], others.get(label[x[0]]), x[2]) in filled]
        assert (one.article.id, both) == (one.article.id, [])


def test_what_is_hit_is_a_place_too_unless_the_text_names_one_around_it(gold: list[AnnotatedArticle]) -> None:
    for one in gold:
        label = {span.id: span.label for span in one.spans}
        filled = {(role.trigger, role.role, role.argument) for role in one.roles}
        for trigger, role, hit in filled:
            if role != "target" or label[hit] not in ("Place", "Facility") or label[trigger] not in HITS:
                continue
            kinds = {label[place] for by, other, place in filled if (by, other) == (trigger, "place")}
            assert (trigger, "place", hit) in filled or label[hit] in kinds, (one.article.id, trigger, hit)


def test_check_looks_at_the_gold_that_trains(gold: list[AnnotatedArticle], every: list[AnnotatedArticle]) -> None:
    checked = read_corpus(CORPUS, gold=None).gold
    assert {one.article.id: said(one) for one in gold} == {name: said(one) for name, one in checked.items()}
    decided = {one.article.id: one for one in every if one.annotator == ADJUDICATED}
    assert decided.keys() == {one.article.id for one in every if one.annotator == "a2"}
    assert {name: said(checked[name]) for name in decided} == {name: said(one) for name, one in decided.items()}


def test_the_inline_notation_holds_every_article(annotated: list[AnnotatedArticle], ontology: Ontology) -> None:
    assert read_inline(write_inline(annotated), ontology, place="corpus") == annotated


def test_every_article_is_in_one_split(annotated: list[AnnotatedArticle]) -> None:
    split_of = read_splits(CORPUS / "splits")
    assert check_splits(split_of, (a.article.id for a in annotated), place="splits") == []


def test_no_run_of_eight_words_stands_in_more_than_two_articles(annotated: list[AnnotatedArticle]) -> None:
    where: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for a in annotated:
        tokens = re.findall(r"\w+", a.article.text.lower())
        for i in range(len(tokens) - 7):
            where[tuple(tokens[i : i + 8])].add(a.article.id)
    assert {run: ids for run, ids in where.items() if len(ids) > 2} == {}


def test_no_opening_stands_in_more_than_three_articles(annotated: list[AnnotatedArticle]) -> None:
    openings = Counter(tuple(a.article.text.lower().split()[:4]) for a in annotated)
    assert [opening for opening, n in openings.items() if n > 3] == []

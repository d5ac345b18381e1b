"""Findings about a whole corpus: its articles, splits and predictions, and what reading it found."""

from dataclasses import replace
from pathlib import Path

import pytest
from annotated import ONTOLOGY, article, articles

from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.corpus.checks.corpus import (
    article_findings,
    duplicate_findings,
    find_all,
    report_findings,
    split_findings,
)
from eventcorpus.corpus.checks.findings import KIND_OF, KINDS, Finding, check_report, finding_order
from eventcorpus.corpus.checks.labels import never_predicted, only_predicted
from eventcorpus.corpus.folder import CorpusFolder
from eventcorpus.corpus.near_duplicates import Clusters, find_clusters
from eventcorpus.predictions import ModelName, Prediction, prediction_of
from eventcorpus.render.reports import check_page, finding_lines
from eventcorpus.schema import AnnotatedArticle, Article, Mention

STORY = (
    "Rebels shelled the harbour of Kalo on Monday and at least nine fishermen were killed, the mayor told reporters."
)


def predicted(one: AnnotatedArticle, *mentions: tuple[int, int, str, float]) -> dict[str, Prediction]:
    found = [Mention(s, e, label, one.article.text[s:e], sure) for s, e, label, sure in mentions]
    return {one.article.id: prediction_of(one.article, found, ModelName(name="m"))}


def write_splits(folder: Path, **ids: str) -> Path:
    for split in ("train", "validation", "test"):
        (folder / f"{split}.txt").write_text("".join(f"{one}\n" for one in ids.get(split, "").split()))
    return folder


def test_every_kind_has_a_way_out_and_errors_come_first() -> None:
    severities = [kind.severity for kind in KINDS]
    assert severities == sorted(severities) and set(severities) == {"error", "look"}
    assert all(kind.what and kind.way_out for kind in KINDS) and len(KIND_OF) == len(KINDS)


def test_articles_without_annotation_and_annotations_without_article() -> None:
    here = {"a": Article("a", "one"), "b": Article("b", "two"), "broken": Article("broken", "x")}
    there = {"b": Article("b", "two"), "c": Article("c", "three")}
    found = list(article_findings(here, there, unreadable={"broken"}))
    assert [(f.kind, f.article, f.message) for f in found] == [
        ("no-annotation", "a", "3 characters, not annotated"),
        ("no-article", "c", "annotated, and not in articles/"),
    ]


def test_texts_that_differ_are_shown_where_they_part() -> None:
    (found,) = article_findings(
        {"a": Article("a", "The army left.")}, {"a": Article("a", "The navy left.")}, unreadable=()
    )
    assert (found.kind, found.start, found.words) == ("text-differs", 4, "army left.")
    assert (
        found.message == "sha256 6d8c82a33e13... in articles/, 0d03b72ee782... in the export; they part at character 4"
    )


def test_a_text_that_was_cut_short_differs_too() -> None:
    (found,) = article_findings({"a": Article("a", "The army")}, {"a": Article("a", "The army left")}, unreadable=())
    assert (found.kind, found.start, found.words) == ("text-differs", 8, "")


def test_fields_that_differ_are_named() -> None:
    (found,) = article_findings(
        {"a": Article("a", "x", title="A")}, {"a": Article("a", "x", kind="wire")}, unreadable=()
    )
    assert (found.kind, found.message) == ("fields-differ", "title, kind: not the same in articles/ and in the export")


def test_splits_with_unknown_double_and_missing_articles(tmp_path: Path) -> None:
    folder = write_splits(tmp_path, train="a b gone", test="b a2")
    every = {one: Article(one, one) for one in ("a", "a2", "b", "c")}
    found = split_findings(folder, every, find_clusters([]))
    assert [(f.kind, f.article, f.message) for f in found] == [
        ("split-unknown", "gone", f"{tmp_path}/train.txt: line 3: no such article"),
        ("split-twice", "b", f"{tmp_path}/test.txt: line 1: in train already"),
        ("split-missing", "c", "in none of train.txt, validation.txt, test.txt"),
    ]


def test_clusters_on_two_sides(tmp_path: Path) -> None:
    every = [
        Article("a", STORY, cluster="harbour"),
        Article("b", STORY.replace("nine", "ten")),
        Article("c", "Something else.", cluster="harbour"),
        Article("d", "Nothing of the kind."),
    ]
    folder = write_splits(tmp_path, train="a d", test="b c")
    (found,) = split_findings(folder, {one.id: one for one in every}, find_clusters(every))
    assert (found.kind, found.article) == ("split-leak", "a")
    assert found.message == "one cluster (similarity 0.50): a (train), b (test), c (test)"
    assert found.score == 0.5


def test_near_duplicates_that_name_no_common_cluster() -> None:
    every = {one.id: one for one in (Article("a", STORY), Article("b", STORY), Article("c", "Else."))}
    (found,) = duplicate_findings(every, find_clusters(every.values()))
    assert found.message == "repeats a (Jaccard similarity of five-word shingles 1.00); no cluster names both"
    together = {one: Article(one, STORY, cluster="k") for one in ("a", "b")}
    assert list(duplicate_findings(together, find_clusters(together.values()))) == []


def test_splits_that_were_changed_by_hand(tmp_path: Path) -> None:
    from eventcorpus.corpus.splitting import SplitOptions, split_articles
    from eventcorpus.corpus.splitting import write_splits as write

    every = [Article(f"a{n}", f"text {n}") for n in range(5)]
    options = SplitOptions()
    write(tmp_path / "splits", split_articles(every, {}, ONTOLOGY, options), options, {}, ONTOLOGY)
    by_id = {one.id: one for one in every}
    clusters = find_clusters(every)
    assert list(split_findings(tmp_path / "splits", by_id, clusters)) == []
    path = tmp_path / "splits" / "train.txt"
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    (found,) = split_findings(tmp_path / "splits", by_id, clusters)
    assert (found.kind, found.message) == ("split-changed", f"{path}: missing, or not the file that was written")


def test_predictions_that_gold_lacks_with_their_confidence() -> None:
    one = article("[Rebels](Actor) left Kalo on [Monday](When) at dawn")
    found = only_predicted([one], predicted(one, (0, 6, "Actor", 1), (12, 16, "Place", 0.97), (17, 26, "When", 0.9), (27, 34, "When", 0.79)), place="p")  # fmt: skip
    assert [(f.words, f.score, f.message) for f in found] == [
        ("Kalo", 0.97, "predicted Place (0.97); gold has nothing there"),
        ("on Monday", 0.9, "predicted When (0.90); gold has When 'Monday'"),
    ]


def test_gold_of_which_the_model_finds_no_mention() -> None:
    one = article("[Rebels](Actor) met [rebels](Actor); [Kalo](Place) and [Kalo](Place)")
    found = never_predicted([one], predicted(one, (19, 23, "Place", 0.5)))
    assert [(f.start, f.words, f.score, f.message) for f in found] == [
        (0, "Rebels", 2.0, "Actor, 2 mentions, none of them predicted")
    ]


def test_articles_without_a_prediction_are_not_compared() -> None:
    assert list(never_predicted([article("[Rebels](Actor)")], {})) == []


def test_what_reading_refused_and_repaired_by_kind() -> None:
    report = ConversionReport()
    report.refuse("spans", "a", "region r1 Actor [0, 6)", Code.TEXT_DIFFERS, place=(0, 6))
    report.refuse("spans", "a", "region r2 Actor [0, 99)", Code.OFFSET_RANGE, place=(0, 99))
    report.refuse("spans", "a", "region r3 Aktor [0, 6)", Code.UNKNOWN_LABEL, place=(0, 6))
    report.refuse("spans", "a", "Actor 'Reb' [0, 3)", Reason(Code.OVERLAP, ("Actor",)), place=(0, 3))
    report.refuse("roles", "a", "by x -> y", Reason(Code.UNKNOWN_ROLE_NAMED, ("by",)))
    report.refuse("roles", "a", "agent x -> y", Code.DRAWN_TWICE)
    report.refuse("spans", "a", "region r1 of annotation 1", Code.ANNOTATION_SKIPPED)
    report.repair("spans", "a", "region r4 Actor [0, 7)", Code.EDGE_BLANKS, place=(0, 7))
    report.repair("spans", "a", "region r5 Actor [0, 7)", Code.UTF16, place=(0, 7))
    report.flag("roles", "a", "agent(...)", Code.AGAINST_SIGNATURES)
    report.refuse("articles", "b", "the article", Code.NOT_ANNOTATED)
    found = [(f.kind, f.words) for f in report_findings(report, {"a": "Rebels left"})]
    assert found == [
        ("offsets", "Rebels"), ("offsets", ""), ("not-in-ontology", "Rebels"), ("overlap", "Reb"), ("not-in-ontology", ""),
        ("not-read", ""), ("not-counted", ""), ("edge-blank", "Rebels "), ("repaired", "Rebels "),
    ]  # fmt: skip


def test_what_could_not_be_read() -> None:
    found = find_all(replace(folder([]), unreadable=[("a", "no text")]), find_clusters([]), predictions={})
    assert found == [Finding("unreadable", "a", "no text")]


def test_the_worst_kind_comes_first_and_in_it_the_highest_score() -> None:
    found = [Finding("determiner", "a", ""), Finding("labelled-differently", "a", "", score=2), Finding("offsets", "z", ""),
             Finding("labelled-differently", "b", "", score=40)]  # fmt: skip
    assert [(f.kind, f.article) for f in sorted(found, key=finding_order)] == [
        ("offsets", "z"), ("labelled-differently", "b"), ("labelled-differently", "a"), ("determiner", "a"),
    ]  # fmt: skip


def folder(gold: list[AnnotatedArticle], *, path: Path = Path("nowhere"), second: bool = False) -> CorpusFolder:
    return CorpusFolder(
        path=path,
        ontology=ONTOLOGY,
        articles={one.article.id: one.article for one in gold},
        passes={one.article.id: [one, replace(one, annotator="a2")] if second else [one] for one in gold},
        gold={one.article.id: one for one in gold},
        policy="a1",
        report=ConversionReport(),
    )


@pytest.mark.parametrize(
    ("second", "message"),
    [(False, "Toll without outcome (killed, injured)"), (True, "Toll without outcome (killed, injured) (a1, a2)")],
)
def test_the_same_fault_of_two_annotators_is_found_once(second: bool, message: str, tmp_path: Path) -> None:
    gold = articles("=== a\n\n[Rebels](Actor#a) [killed](Toll agent=a) [9](Number)\n")
    (tmp_path / "labelling").mkdir()
    (tmp_path / "labelling" / "config.xml").write_text("<View/>")
    alone = Clusters({"a": "a"}, [])
    found = find_all(folder(gold, path=tmp_path, second=second), alone, predictions={})
    assert [f.kind for f in found] == ["attribute-missing", "config-outdated", "expected-role"]
    assert found[0].message == message


def test_what_no_file_can_hold_is_replaced() -> None:
    faults = [Finding("unreadable", "a\ud800", "region \ud800\x1b[2J")]
    report = check_report(faults, folder([]))
    assert (report.findings[0].article, report.findings[0].message) == ("a\ufffd", "region \ufffd\ufffd[2J")


def test_a_report_counts_and_its_lines_and_page_show_the_place() -> None:
    gold = articles("=== a\n\n[the <b>men](Actor#a) [hit](Attack agent=a)\n")
    found = find_all(folder(gold), find_clusters([]), predictions={})
    report = check_report(found, folder(gold))
    assert (report.errors, report.looks, report.kinds["determiner"].n) == (0, 1, 1)
    assert list(finding_lines(report, top=3)) == [
        "",
        "determiner (1): draw the span without it, or leave it",
        "  a [0, 10) 'the <b>men': Actor: begins with 'the'",
    ]
    page = check_page(report, {"a": gold[0].article.text})
    assert "the &lt;b&gt;men" in page and "<b>men" not in page

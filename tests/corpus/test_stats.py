"""The figures of a corpus, how much its articles repeat each other, and what it promises."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from annotated import ONTOLOGY, article, articles
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.corpus.folder import GoldArticles
from eventcorpus.corpus.near_duplicates import jaccard, shingles
from eventcorpus.corpus.originality import masked_words, originality_of
from eventcorpus.corpus.stats import Bar, MentionCount, figures_of, read_requirements, stats_report, unmet
from eventcorpus.errors import InputError
from eventcorpus.render.reports import originality_lines, stats_page
from eventcorpus.schema import AnnotatedArticle, Article

CORPUS = Path(__file__).parents[2] / "corpus"
TWO = """=== a
kind: wire
outlet: X
published: 2020-05-01
tags: quote, short

[Rebels](Actor#a) [shelled](Attack#t agent=a modality=denied) [Kalo](Place). The [shelling](Attack same=t) ended.

=== b
kind: wire
outlet: Y
published: 2019-05-01

Quiet in [Kalo](Place) today.
"""


def plain(*texts: str, clusters: tuple[str | None, ...] = ()) -> list[AnnotatedArticle]:
    named = clusters or (None,) * len(texts)
    return [
        AnnotatedArticle(Article(f"a{n}", text, cluster=cluster), (), ONTOLOGY.labels)
        for n, (text, cluster) in enumerate(zip(texts, named, strict=True))
    ]


def test_figures_of_two_articles() -> None:
    f = figures_of(articles(TWO), ONTOLOGY)
    assert (f.n_articles, f.n_without_event, f.share_without_event, f.n_words) == (2, 1, 0.5, 10)
    assert (f.n_spans, f.n_triggers, f.n_roles, f.n_events) == (5, 2, 2, 1)
    assert f.trigger_labels == {"Attack": MentionCount(n=2, articles=1), "Toll": MentionCount(n=0, articles=0)}
    assert f.entity_labels["Place"] == MentionCount(n=2, articles=2)
    assert f.roles["agent"] == MentionCount(n=1, articles=1)
    assert f.values["modality=denied"] == MentionCount(n=1, articles=1)
    assert f.values["modality=actual"] == MentionCount(n=1, articles=1)  # the default of the second trigger
    assert (f.kinds, f.outlets, f.years, f.tags) == (
        {"wire": 2},
        {"X": 1, "Y": 1},
        {"2019": 1, "2020": 1},
        {"quote": 1, "short": 1},
    )
    density = f.triggers_per_1000_words
    assert (density.overall, density.min, density.median, density.max) == (333.33, 333.33, 333.33, 333.33)
    assert (f.words_per_article.min, f.words_per_article.median, f.words_per_article.max) == (4, 5, 6)
    assert f.word_bars == (
        Bar(start=4, end=5, articles=1),
        Bar(start=5, end=6, articles=0),
        Bar(start=6, end=7, articles=1),
    )


def test_figures_of_nothing_are_undefined_rather_than_wrong() -> None:
    f = figures_of([], ONTOLOGY)
    assert (f.n_articles, f.share_without_event, f.triggers_per_1000_words.overall, f.word_bars) == (0, None, None, ())


def test_runs_that_stand_in_more_than_two_articles() -> None:
    run = "one two three four five six seven eight"
    o = originality_of(plain(f"{run} a", f"b {run.upper()}", f"{run}, c", "else"), ONTOLOGY)
    assert o.repeated_runs == 1
    assert [(r.words, r.articles, r.first) for r in o.runs] == [(run, 3, "a0")]
    assert originality_of(plain(f"{run} a", f"b {run} {run}", "else"), ONTOLOGY).repeated_runs == 0


def test_a_cluster_counts_as_one_article() -> None:
    run = "one two three four five six seven eight nine"
    several = plain(f"{run} a", f"{run} b", f"{run} c", clusters=("k", "k", None))
    o = originality_of(several, ONTOLOGY)
    assert (o.repeated_runs, o.repeated_openings) == (0, 0)
    assert {(pair.one, pair.other) for pair in o.nearest} == {("a0", "a2"), ("a1", "a2")}


def test_openings_that_more_than_three_articles_share() -> None:
    several = plain(
        *(f"The army said that {n}" for n in range(4)), *(f"On Monday a man {n}" for n in range(3)), "The army"
    )
    o = originality_of(several, ONTOLOGY)
    assert (o.repeated_openings, [(r.words, r.articles) for r in o.openings]) == (1, [("the army said that", 4)])


def test_masked_runs_count_what_differs_in_its_names_alone() -> None:
    content = "".join(
        f"=== a{n}\n\n[{name}](Actor) took the town of [{place}](Place) on [{day}](When) after\n\n"
        for n, (name, place, day) in enumerate(zip("ABCD", "EFGH", ("Sunday", "Monday", "4 May", "dawn"), strict=True))
    )
    several = articles(content)
    assert masked_words(several[2], ONTOLOGY) == [
        "[Actor]",
        "took",
        "the",
        "town",
        "of",
        "[Place]",
        "on",
        "[When]",
        "after",
    ]
    o = originality_of(several, ONTOLOGY)
    assert (o.repeated_masked_runs, o.repeated_runs) == (2, 0)
    assert originality_of(several[:3], ONTOLOGY).repeated_masked_runs == 0


def test_the_highest_jaccard_is_that_of_all_pairs() -> None:
    several = plain("a b c d e f g h", "a b c d e f x y", "q r s t u", "")
    o = originality_of(several, ONTOLOGY)
    assert o.highest_jaccard == 0.3333  # two of six shingles
    assert [(p.one, p.other) for p in o.nearest] == [("a0", "a1")]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=5, max_size=14).map(" ".join), min_size=2, max_size=8))
def test_the_highest_jaccard_agrees_with_comparing_all_pairs_by_hand(texts: list[str]) -> None:
    sets = [shingles(text) for text in texts]
    best = max(jaccard(one, other) for i, one in enumerate(sets) for other in sets[:i])
    assert originality_of(plain(*texts), ONTOLOGY).highest_jaccard == round(best, 4)


def report() -> Any:
    gold = articles(TWO)
    return stats_report(GoldArticles(gold, {"a": "test", "b": "train"}, ONTOLOGY, "a1", n_not_annotated=3), corpus="c")


def test_splits_have_figures_of_their_own_in_their_order() -> None:
    r = report()
    assert list(r.splits) == ["train", "test"]
    assert (r.splits["test"].n_triggers, r.splits["train"].n_triggers) == (2, 0)
    assert originality_lines(r)[1] == "runs of 8 words in more than 2 articles: 0"


def test_the_page_has_plots_and_escapes_what_articles_say() -> None:
    gold = [article("[x](Actor)", "outlet: <script>alert(1)</script>\nkind: wire\n")]
    r = stats_report(GoldArticles(gold, {}, ONTOLOGY, "a1", n_not_annotated=0), corpus="<c>")
    page = stats_page(r, unmet=["total.n_articles is 1, at least 2 is required"], required=1)
    assert page.count("<svg") == 8 and "<script>" not in page and "&lt;c&gt; in figures" in page
    assert "<li>total.n_articles is 1, at least 2 is required</li>" in page


def requirements(folder: Path, text: str) -> Path:
    (folder / "r.yaml").write_text(text)
    return folder / "r.yaml"


def test_each_number_that_is_not_met_is_named(tmp_path: Path) -> None:
    path = requirements(
        tmp_path,
        "schema: 1\nrequire:\n  total.n_articles: {min: 2, max: 2}\n  total.trigger_labels.*.n: {min: 2}\n"
        "  originality.highest_jaccard: {max: 0.15}\n  total.n_words: {max: 9}\n  splits.train.triggers_per_1000_words.overall: {min: 1}\n",
    )  # fmt: skip
    assert unmet(read_requirements(path), report().model_dump(by_alias=True), place="r.yaml") == [
        "total.trigger_labels.Toll.n is 0, at least 2 is required",
        "total.n_words is 10, at most 9 is allowed",
        "splits.train.triggers_per_1000_words.overall is undefined, at least 1 is required",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("schema: 1\nrequire:\n  total.n_article: {min: 1}\n", "no 'n_article' under total; there is n_articles, "),
        ("schema: 1\nrequire:\n  total.kinds: {min: 1}\n", "total.kinds holds wire; name a figure"),
        ("schema: 1\nrequire:\n  corpus: {min: 1}\n", "corpus is no number; name a figure"),
        (
            "schema: 1\nrequire:\n  total.n_articles: {}\n",
            "total.n_articles has neither min nor max; give one, such as {min: 100}",
        ),
        (
            "schema: 1\nrequire:\n  total.n_articles: {least: 1}\n",
            "line 3: unknown key 'require.total.n_articles.least'; there are min, max",
        ),
        ("schema: 2\nrequire: {}\n", "line 1: schema is 2, it must be 1"),
        ("[", "not valid YAML"),
    ],
)
def test_requirements_that_lead_nowhere(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        unmet(read_requirements(requirements(tmp_path, content)), report().model_dump(by_alias=True), place="r.yaml")
    assert message in str(error.value)


def test_the_shipped_requirements_name_figures_that_there_are(tmp_path: Path) -> None:
    promised = yaml.safe_load((CORPUS / "requirements.yaml").read_text())["require"]
    found = unmet(read_requirements(CORPUS / "requirements.yaml"), report().model_dump(by_alias=True), place="r")
    at_least = promised["total.n_articles"]["min"]
    assert len(promised) >= 12 and found[0] == f"total.n_articles is 2, at least {at_least} is required"

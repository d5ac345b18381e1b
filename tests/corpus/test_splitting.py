"""Splits: nothing is cut, nothing moves that has a place, and what is rare is everywhere."""

import json
from collections import Counter
from pathlib import Path

import pytest
from annotated import ONTOLOGY, articles
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.corpus.near_duplicates import Clusters, find_clusters
from eventcorpus.corpus.splitting import (
    SplitOptions,
    changed_files,
    features_of,
    is_split_folder,
    read_manifest,
    split_articles,
    write_splits,
)
from eventcorpus.corpus.stratify import Group, stratify
from eventcorpus.dataset.splits import SPLITS, read_splits
from eventcorpus.errors import InputError
from eventcorpus.schema import Article

STORY = (
    "Rebels shelled the harbour of Kalo on Monday and at least nine fishermen were killed, the mayor told reporters."
)
SHARES = {"train": 0.65, "validation": 0.15, "test": 0.2}


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[Article], Clusters]:
    """Articles with kinds, outlets and dates, and clusters among them."""
    n = draw(st.integers(3, 40))
    several = [
        Article(
            f"a{i:02d}",
            f"text {i}",
            kind=draw(st.sampled_from(["wire", "local", None])),
            outlet=draw(st.sampled_from(["X", "Y", "Z", None])),
            published=draw(st.dates()).isoformat(),
        )
        for i in range(n)
    ]
    cluster_of = {one.id: one.id for one in several}
    for one in several:
        cluster_of[one.id] = cluster_of[draw(st.sampled_from([x.id for x in several if x.id <= one.id]))]
    return several, Clusters(cluster_of, [])


OPTIONS = st.builds(
    SplitOptions,
    validation=st.sampled_from([0.0, 0.1, 0.15]),
    test=st.sampled_from([0.0, 0.2, 0.5]),
    group_by=st.sampled_from([None, "outlet"]),
    by_date=st.booleans(),
    seed=st.integers(0, 3),
)


@settings(max_examples=60, deadline=None)
@given(corpora(), OPTIONS)
def test_every_article_gets_one_split_and_no_group_is_cut(
    corpus: tuple[list[Article], Clusters], options: SplitOptions
) -> None:
    several, clusters = corpus
    split_of = split_articles(several, {}, ONTOLOGY, options, clusters=clusters).split_of
    assert sorted(split_of) == sorted(one.id for one in several)
    assert set(split_of.values()) <= {split for split, share in options.shares.items() if share}
    for ids in clusters.members().values():
        assert len({split_of[one] for one in ids}) == 1
    if options.group_by:
        outlets = {one.outlet for one in several if one.outlet}
        assert all(len({split_of[one.id] for one in several if one.outlet == outlet}) == 1 for outlet in outlets)


@settings(max_examples=30, deadline=None)
@given(corpora(), OPTIONS, st.randoms())
def test_the_same_corpus_gives_the_same_splits_in_any_order(corpus, options, random) -> None:  # type: ignore[no-untyped-def]
    several, clusters = corpus
    first = split_articles(several, {}, ONTOLOGY, options, clusters=clusters)
    shuffled = random.sample(several, len(several))
    assert split_articles(shuffled, {}, ONTOLOGY, options, clusters=clusters) == first


@settings(max_examples=40, deadline=None)
@given(corpora(), OPTIONS, st.data())
def test_what_has_a_place_keeps_it(
    corpus: tuple[list[Article], Clusters], options: SplitOptions, data: st.DataObject
) -> None:
    several, clusters = corpus
    keep = {one.id: data.draw(st.sampled_from(SPLITS)) for one in several if data.draw(st.booleans())}
    found = split_articles(several, {}, ONTOLOGY, options, keep=keep, clusters=clusters)
    assert {one: found.split_of[one] for one in keep} == keep
    assert found.n_kept == len(keep)
    assert sorted(found.split_of) == sorted(one.id for one in several)


@settings(max_examples=40, deadline=None)
@given(corpora())
def test_nothing_in_test_is_older_than_what_validation_and_train_have(corpus: tuple[list[Article], Clusters]) -> None:
    several, _ = corpus
    alone = Clusters({one.id: one.id for one in several}, [])
    split_of = split_articles(several, {}, ONTOLOGY, SplitOptions(by_date=True), clusters=alone).split_of
    dates = {split: [one.published for one in several if split_of[one.id] == split] for split in SPLITS}
    for earlier, later in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not dates[earlier] or not dates[later] or max(dates[earlier]) <= min(dates[later])  # type: ignore[type-var]


def test_sizes_are_the_shares_that_were_asked_for() -> None:
    several = [Article(f"a{n:03d}", f"text {n}") for n in range(100)]
    clusters = Clusters({one.id: one.id for one in several}, [])
    split_of = split_articles(several, {}, ONTOLOGY, SplitOptions(), clusters=clusters).split_of
    assert Counter(split_of.values()) == {"train": 65, "validation": 15, "test": 20}


def test_what_is_rare_is_in_every_split() -> None:
    groups = [Group(f"g{n:02d}", 1, Counter({"rare": 1} if n < 3 else {"common": 1})) for n in range(40)]
    found = stratify(groups, shares=SHARES, given={}, seed=0)
    assert sorted(found[f"g{n:02d}"] for n in range(3)) == ["test", "train", "validation"]


def test_features_are_spread_in_proportion() -> None:
    """Half of the articles have x, a fifth y, a tenth both; each split should have its share within one article."""
    groups = []
    for n in range(100):
        features = Counter({"x": n % 2, "y": int(n % 5 == 0), "no event": int(n % 7 == 0)})
        groups.append(Group(f"g{n:03d}", 1, +features))
    found = stratify(groups, shares=SHARES, given={}, seed=0)
    totals = Counter[str]()
    per_split: dict[str, Counter[str]] = {split: Counter() for split in SHARES}
    for group in groups:
        totals.update(group.features)
        per_split[found[group.id]].update(group.features)
    for feature, total in totals.items():
        for split, share in SHARES.items():
            assert abs(per_split[split][feature] - share * total) <= 1.01, (feature, split)


def test_a_large_cluster_goes_to_one_split_and_leaves_room_for_the_rest() -> None:
    groups = [Group("big", 20, Counter({"x": 20})), *(Group(f"g{n:02d}", 1, Counter({"x": 1})) for n in range(80))]
    found = stratify(groups, shares=SHARES, given={}, seed=0)
    sizes = Counter({split: sum(g.n_articles for g in groups if found[g.id] == split) for split in SHARES})
    assert sizes == {"train": 65, "validation": 15, "test": 20}


def test_features_are_labels_roles_values_kind_and_no_event() -> None:
    one, two = articles("=== a\nkind: wire\n\n[men](Actor#a) [hit](Attack agent=a modality=denied)\n\n=== b\n\nquiet\n")
    assert features_of(one.article, one, ONTOLOGY) == {
        "kind wire", "label Actor", "label Attack", "role agent", "value modality=denied",
    }  # fmt: skip
    assert features_of(two.article, two, ONTOLOGY) == {"no event"}
    assert features_of(one.article, None, ONTOLOGY) == {"kind wire"}


def test_near_duplicates_and_a_common_cluster_join_transitively() -> None:
    found = find_clusters([
        Article("c", STORY, cluster="k"),
        Article("b", STORY.replace("nine", "ten")),
        Article("a", "Nothing of the kind.", cluster="k"),
        Article("d", "Else."),
    ])  # fmt: skip
    assert found.cluster_of == {"a": "a", "b": "a", "c": "a", "d": "d"}
    assert found.pairs == [("b", "c", 0.5)]


def test_an_article_that_repeats_two_others_joins_both() -> None:
    said = [f"word{n}" for n in range(21)]
    texts = {"a": said[:15], "b": said[6:], "c": said[3:18]}  # a and b share 5 of 17 shingles, c 8 of 14 with each
    found = find_clusters(Article(one, " ".join(words)) for one, words in texts.items())
    assert [pair[:2] for pair in found.pairs] == [("c", "a"), ("c", "b")]
    assert found.members() == {"a": ["a", "b", "c"]}


def test_copies_are_compared_with_the_first_of_them_alone() -> None:
    found = find_clusters(Article(one, STORY) for one in "abc")
    assert found.pairs == [("b", "a", 1.0), ("c", "a", 1.0)]


def test_new_articles_of_a_kept_cluster_go_where_it_is() -> None:
    several = [Article(f"a{n}", f"text {n}", cluster="k" if n < 4 else None) for n in range(10)]
    found = split_articles(several, {}, ONTOLOGY, SplitOptions(), keep={"a1": "test"})
    assert {found.split_of[f"a{n}"] for n in range(4)} == {"test"}


def test_a_cluster_that_was_cut_before_is_told() -> None:
    several = [Article(f"a{n}", f"text {n}", cluster="k" if n < 3 else None) for n in range(10)]
    found = split_articles(several, {}, ONTOLOGY, SplitOptions(), keep={"a0": "test", "a1": "train"})
    assert found.cut == [["a0", "a1"]]
    assert (found.split_of["a0"], found.split_of["a1"], found.split_of["a2"]) == ("test", "train", "train")


def test_new_articles_follow_the_dates_of_the_splits_that_are_kept() -> None:
    several = [Article(f"a{n}", f"text {n}", published=f"2020-01-{n + 10}") for n in range(9)]
    keep = {"a0": "train", "a2": "train", "a3": "validation", "a5": "test", "a6": "test"}
    found = split_articles(several, {}, ONTOLOGY, SplitOptions(by_date=True), keep=keep)
    assert [found.split_of[f"a{n}"] for n in (1, 4, 7, 8)] == ["train", "validation", "test", "test"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            SplitOptions(validation=0.5, test=0.5),
            "validation 0.5 and test 0.5 leave nothing for train; together less than 1",
        ),
        (SplitOptions(by_date=True), "article a has no date (1 have none); add published, or split without --by-date"),
    ],
)
def test_what_cannot_be_split(options: SplitOptions, message: str) -> None:
    with pytest.raises(InputError) as error:
        split_articles([Article("a", "x"), Article("b", "y", published="2020-01-01")], {}, ONTOLOGY, options)
    assert str(error.value) == message


def test_the_folder_holds_sorted_lists_and_a_manifest_with_their_hashes(tmp_path: Path) -> None:
    gold = {
        one.article.id: one
        for one in articles("=== b\n\n[men](Actor#a) [hit](Attack agent=a)\n\n=== a\n\nquiet\n\n=== c\n\nx\n")
    }
    several = [one.article for one in gold.values()]
    options = SplitOptions(validation=0, test=0)
    written = write_splits(tmp_path / "s", split_articles(several, gold, ONTOLOGY, options), options, gold, ONTOLOGY)
    assert (tmp_path / "s/train.txt").read_text() == "a\nb\nc\n"
    assert read_splits(tmp_path / "s") == dict.fromkeys("abc", "train")
    train = written.splits["train"]
    assert (train.articles, train.without_event, train.labels["Attack"], train.roles["agent"]) == (3, 2, 1, 1)
    assert train.values == {"modality=actual": 1, "modality=denied": 0, "outcome=killed": 0, "outcome=injured": 0}
    assert read_manifest(tmp_path / "s") == written and is_split_folder(tmp_path / "s")
    assert changed_files(tmp_path / "s", written) == []
    (tmp_path / "s/test.txt").write_text("a\n")
    assert changed_files(tmp_path / "s", written) == ["test.txt"]


def test_a_manifest_that_is_not_ours_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": 2}))
    with pytest.raises(
        InputError, match=r"manifest\.json: schema is 2, it must be 1; write it again with: eventcorpus split"
    ):
        read_manifest(tmp_path)

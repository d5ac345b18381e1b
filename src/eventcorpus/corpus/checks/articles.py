"""Articles against their annotations and their splits: what is missing, differs, or stands on two sides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from eventcorpus.corpus.checks.findings import Finding
from eventcorpus.corpus.near_duplicates import Clusters
from eventcorpus.corpus.split_folder import changed_files, read_manifest
from eventcorpus.dataset.splits import SPLITS, split_entries
from eventcorpus.schema import Article


def article_findings(
    articles: Mapping[str, Article], annotated: Mapping[str, Article], *, unreadable: Collection[str]
) -> Iterator[Finding]:
    """Articles without annotation, annotations without article, and texts or fields that differ.

    Args:
        articles: by id, from ``articles/``.
        annotated: by id, as they came with the exports.
        unreadable: ids of articles that could not be read, of which nothing more is said.
    """
    for one in sorted(set(articles) - set(annotated) - set(unreadable)):
        yield Finding("no-annotation", one, f"{len(articles[one].text):,} characters, not annotated")
    for one in sorted(set(annotated) - set(articles) - set(unreadable)):
        yield Finding("no-article", one, "annotated, and not in articles/")
    for one in sorted(set(annotated) & set(articles)):
        here, there = articles[one], annotated[one]
        if here.text_sha256 != there.text_sha256:
            start = next((i for i, (a, b) in enumerate(zip(here.text, there.text, strict=False)) if a != b), None)
            start = min(len(here.text), len(there.text)) if start is None else start
            message = (
                f"sha256 {here.text_sha256[:12]}... in articles/, {there.text_sha256[:12]}... in the export; they part "
                f"at character {start}"
            )
            yield Finding(
                "text-differs", one, message, start, min(start + 30, len(here.text)), here.text[start : start + 30]
            )
        other = [
            f.name for f in fields(Article) if f.name != "text" and getattr(here, f.name) != getattr(there, f.name)
        ]
        if other:
            yield Finding("fields-differ", one, f"{', '.join(other)}: not the same in articles/ and in the export")


def split_findings(folder: Path, articles: Mapping[str, Article], clusters: Clusters) -> Iterator[Finding]:
    """Articles in no split or two, lines without article, clusters on two sides, files that were changed by hand.

    Raises:
        InputError: if the folder has none of the three files, or a manifest that is not ours.
    """
    split_of: dict[str, str] = {}
    for split, place, one in split_entries(folder):
        if one in split_of:
            yield Finding("split-twice", one, f"{place}: in {split_of[one]} already")
            continue
        split_of[one] = split
        if one not in articles:
            yield Finding("split-unknown", one, f"{place}: no such article")
    for one in sorted(set(articles) - set(split_of)):
        yield Finding("split-missing", one, f"in none of {', '.join(f'{split}.txt' for split in SPLITS)}")
    similarity: dict[str, float] = {}
    for later, _, value in clusters.pairs:
        leader = clusters.cluster_of[later]
        similarity[leader] = max(value, similarity.get(leader, 0.0))
    for leader, ids in clusters.members().items():
        sides = {split_of[one] for one in ids if one in split_of}
        if len(sides) > 1:
            listed = ", ".join(f"{one} ({split_of.get(one, 'no split')})" for one in ids[:6])
            score = similarity.get(leader, 1.0)
            message = f"one cluster (similarity {score:.2f}): {listed}" + (" ..." if len(ids) > 6 else "")
            yield Finding("split-leak", leader, message, score=round(score, 3))
    manifest = read_manifest(folder)
    for name in changed_files(folder, manifest) if manifest else ():
        yield Finding("split-changed", "", f"{folder / name}: missing, or not the file that was written")


def duplicate_findings(articles: Mapping[str, Article], clusters: Clusters) -> Iterator[Finding]:
    """Near-duplicates that do not name the same cluster; the score is their similarity."""
    for later, earlier, similarity in clusters.pairs:
        first, second = articles[earlier].cluster, articles[later].cluster
        if first is None or first != second:
            named = f"clusters {first} and {second}" if first and second else "no cluster names both"
            message = f"repeats {earlier} (Jaccard similarity of five-word shingles {similarity:.2f}); {named}"
            yield Finding("near-duplicate", later, message, score=round(similarity, 3))

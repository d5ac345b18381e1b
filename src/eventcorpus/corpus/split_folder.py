"""A folder of splits on disk: train.txt, validation.txt, test.txt, and a manifest that says how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from pydantic import Field

from eventcorpus import __version__
from eventcorpus.corpus.splitting import SplitOptions, Splitting
from eventcorpus.dataset.card import AnnotationCounts
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.files import StrictModel, atomic_folder, parse_as, read_json, sha256_of_file, to_json
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle

MANIFEST = "manifest.json"
_FILES = tuple(f"{split}.txt" for split in SPLITS)


class SplitCounts(StrictModel):
    """What one split holds: articles, those without an event, and mentions per label, role and ``attribute=value``."""

    articles: int = 0
    without_event: int = 0
    labels: dict[str, int] = Field(default_factory=dict)
    roles: dict[str, int] = Field(default_factory=dict)
    values: dict[str, int] = Field(default_factory=dict)


class SplitManifest(StrictModel):
    """``manifest.json``: how a folder of splits was made, and the sha256 of each of its files.

    ``kept``: articles that had a place already; ``clusters``: those of two or more articles, ``clustered`` the articles
    in them; ``groups``: what was placed as one, clusters and single articles.
    """

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    options: dict[str, float | str | bool | None]
    kept: int
    groups: int
    clusters: int
    clustered: int
    splits: dict[str, SplitCounts]
    files: dict[str, str]


def is_split_folder(path: Path) -> bool:
    """Whether a folder holds splits and nothing else."""
    names = {entry.name for entry in path.iterdir()}
    return bool(names & set(_FILES)) and names <= {*_FILES, MANIFEST}


def write_splits(
    out: Path,
    splitting: Splitting,
    options: SplitOptions,
    gold: Mapping[str, AnnotatedArticle],
    ontology: Ontology,
) -> SplitManifest:
    """Write the three lists and the manifest, all or nothing; splits that are there already are replaced.

    Raises:
        OutputError: if the place holds something else, or the disk refuses.
    """
    with atomic_folder(out, is_ours=is_split_folder) as folder:
        for split in SPLITS:
            ids = sorted(article_id for article_id, place in splitting.split_of.items() if place == split)
            (folder / f"{split}.txt").write_text("".join(f"{article_id}\n" for article_id in ids), encoding="utf-8")
        together = [ids for ids in splitting.clusters.members().values() if len(ids) > 1]
        manifest = SplitManifest(
            eventcorpus=__version__,
            options=asdict(options),
            kept=splitting.n_kept,
            groups=splitting.n_groups,
            clusters=len(together),
            clustered=sum(map(len, together)),
            splits={split: split_counts(splitting.split_of, split, gold, ontology) for split in SPLITS},
            files={name: sha256_of_file(folder / name) for name in _FILES},
        )
        content = to_json(manifest.model_dump(by_alias=True), indent=2) + "\n"
        (folder / MANIFEST).write_text(content, encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> SplitManifest | None:
    """The manifest of a folder of splits; None where there is none.

    Raises:
        InputError: if it is not one of ours.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    hint = "; write it again with: eventcorpus split"
    return parse_as(SplitManifest, read_json(path), place=str(path), hint=hint)


def changed_files(folder: Path, manifest: SplitManifest) -> list[str]:
    """Files that are not what the manifest says, by name."""
    return [
        name
        for name, sha256 in manifest.files.items()
        if not (folder / name).is_file() or sha256_of_file(folder / name) != sha256
    ]


def split_counts(
    split_of: Mapping[str, str], split: str, gold: Mapping[str, AnnotatedArticle], ontology: Ontology
) -> SplitCounts:
    """Count one split; labels, roles and values in ontology order, also those that it has none of."""
    ids = [article_id for article_id, place in split_of.items() if place == split]
    counts = AnnotationCounts.of([gold[article_id] for article_id in ids if article_id in gold], ontology)
    return SplitCounts(
        articles=len(ids),
        without_event=counts.n_without_event,
        labels={label: counts.labels[label] for label in ontology.labels},
        roles={role.name: counts.roles[role.name] for role in ontology.roles},
        values={f"{a.name}={v.name}": counts.values[a.name, v.name] for a in ontology.attributes for v in a.values},
    )

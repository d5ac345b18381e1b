"""Check a corpus folder: read it as far as it can be read, run every check, report.

Here are also the checks of the whole corpus: what reading it found, its articles, their annotations and their splits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from itertools import chain
from pathlib import Path

from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.corpus.checks import labels
from eventcorpus.corpus.checks.annotation import edge_findings, role_findings, rule_findings
from eventcorpus.corpus.checks.findings import CheckReport, Finding, check_report, finding_order, kinds_left_out
from eventcorpus.corpus.folder import CorpusFolder, read_corpus, splits_folder
from eventcorpus.corpus.near_duplicates import Clusters, find_clusters
from eventcorpus.corpus.splitting import changed_files, read_manifest
from eventcorpus.dataset.splits import SPLITS, split_entries
from eventcorpus.files import read_text
from eventcorpus.labelstudio.config import shows
from eventcorpus.predictions import Prediction
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.schema import Article
from eventcorpus.tables import counted
from eventcorpus.text import cut_out

_KIND_OF_CODE = {
    Code.UNKNOWN_LABEL: "not-in-ontology",
    Code.UNKNOWN_ATTRIBUTE: "not-in-ontology",
    Code.UNKNOWN_VALUE: "not-in-ontology",
    Code.LABEL_WITHOUT_ATTRIBUTE: "not-in-ontology",
    Code.UNKNOWN_ROLE_NAMED: "not-in-ontology",
    Code.OVERLAP: "overlap",
    Code.OFFSET_NO_NUMBER: "offsets",
    Code.OFFSET_RANGE: "offsets",
    Code.TEXT_DIFFERS: "offsets",
    Code.ONLY_BLANKS: "offsets",
    Code.EDGE_BLANKS: "edge-blank",
    Code.ANNOTATION_SKIPPED: "not-counted",
    Code.NEWER_ANNOTATION: "not-counted",
    Code.NOT_EVERY_PART: "not-counted",
}
"""The kind of finding that a reason makes; any other repair is ``repaired``, any other refusal ``not-read``."""


def check_corpus(
    path: Path,
    *,
    splits: Path | None = None,
    gold: str | None = None,
    predictions: Mapping[str, Prediction] | None = None,
    predictions_place: str = "predictions",
    fields: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    on_progress: OnProgress | None = None,
) -> tuple[CheckReport, CorpusFolder]:
    """Find everything that can be wrong with a corpus folder.

    Args:
        splits: folder of splits; None: the corpus's own, if it has one.
        gold: see ``dataset.convert.convert``.
        predictions: by article id, to compare with gold; None: nothing is compared.
        fields: from our field names to the columns of the articles.
        without: kinds that are not looked for, beside those of the ontology's ``checks: {without: [...]}``.
        on_progress: called while articles are compared with each other.

    Returns:
        the findings, and the corpus as far as it could be read.

    Raises:
        InputError: if the corpus lacks a part, the splits cannot be read, a prediction was made from another text, or
            there is no kind of ``without``.
    """
    corpus = read_corpus(path, gold=gold, raises=False, fields=fields)
    left_out = kinds_left_out(corpus, without)
    clusters = find_clusters(tracked(corpus.articles.values(), len(corpus.articles), on_progress))
    splits = splits or splits_folder(path)
    found = find_all(corpus, clusters, splits=splits, predictions=predictions or {}, place=predictions_place)
    return check_report(found, corpus, left_out), corpus


def find_all(
    corpus: CorpusFolder,
    clusters: Clusters,
    *,
    splits: Path | None = None,
    predictions: Mapping[str, Prediction],
    place: str = "predictions",
) -> list[Finding]:
    """Check everything: the worst kind first, in it the highest score.

    Rules of the ontology are checked in every annotation; what is only worth a look in gold.

    Args:
        predictions: by article id, from ``place``.
    """
    ontology, gold = corpus.ontology, list(corpus.gold.values())
    unreadable = {where for where, _ in corpus.unreadable}
    checks: list[Iterable[Finding]] = [
        (Finding("unreadable", where, why) for where, why in corpus.unreadable),
        report_findings(corpus.report, corpus.texts),
        article_findings(corpus.articles, corpus.exported, unreadable=unreadable),
        _config_findings(corpus),
        split_findings(splits, corpus.articles, clusters) if splits is not None else (),
        duplicate_findings(corpus.articles, clusters),
        _rules_in_every_annotation(corpus),
        *(role_findings(annotated, ontology) for annotated in gold),
        *(edge_findings(annotated, ontology) for annotated in gold),
        labels.labelled_differently(gold, ontology),
        labels.unlabelled_repeats(gold, ontology),
        labels.unlabelled_patterns(gold, ontology),
        labels.only_predicted(gold, predictions, place=place),
        labels.never_predicted(gold, predictions),
    ]
    return sorted(chain.from_iterable(checks), key=finding_order)


def report_findings(report: ConversionReport, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Findings from a conversion report; roles that were only flagged are left to ``rules``.

    Args:
        texts: the text of every article by id, to show the words.
    """
    for item in report.items:
        if item.kind == "articles" or item.verdict == "flagged":
            continue
        kind = _KIND_OF_CODE.get(item.reason.code, "repaired" if item.verdict == "repaired" else "not-read")
        message = f"{item.name}: {item.reason}"
        text = texts.get(item.article, "")
        if item.place and (words := cut_out(text, *item.place)) is not None:
            yield Finding(kind, item.article, message, *item.place, words)
        else:
            yield Finding(kind, item.article, message)


def article_findings(
    articles: Mapping[str, Article], annotated: Mapping[str, Article], *, unreadable: Collection[str]
) -> Iterator[Finding]:
    """Articles without annotation, annotations without article, and texts or fields that differ.

    Args:
        articles: by id, from ``articles/``.
        annotated: by id, as they came with the exports.
        unreadable: ids of articles that could not be read, which have a finding already.
    """
    for article_id in sorted(set(articles) - set(annotated) - set(unreadable)):
        yield Finding(
            "no-annotation", article_id, f"{counted(len(articles[article_id].text), 'character')}, not annotated"
        )
    for article_id in sorted(set(annotated) - set(articles) - set(unreadable)):
        yield Finding("no-article", article_id, "annotated, and not in articles/")
    for article_id in sorted(set(annotated) & set(articles)):
        article, exported = articles[article_id], annotated[article_id]
        if article.text_sha256 != exported.text_sha256:
            pairs = zip(article.text, exported.text, strict=False)
            shorter = min(len(article.text), len(exported.text))
            start = next((i for i, (a, b) in enumerate(pairs) if a != b), shorter)
            message = (
                f"sha256 {article.text_sha256[:12]}... in articles/, {exported.text_sha256[:12]}... in the export; "
                f"they part at character {start}"
            )
            end = min(start + 30, len(article.text))
            yield Finding("text-differs", article_id, message, start, end, article.text[start:end])
        names = [f.name for f in fields(Article) if f.name != "text"]
        different = [name for name in names if getattr(article, name) != getattr(exported, name)]
        if different:
            message = f"{', '.join(different)}: not the same in articles/ and in the export"
            yield Finding("fields-differ", article_id, message)


def split_findings(folder: Path, articles: Mapping[str, Article], clusters: Clusters) -> Iterator[Finding]:
    """Articles in no split or two, lines without article, clusters on two sides, files that were changed by hand.

    Raises:
        InputError: if the folder has none of the three files, or a manifest that is not ours.
    """
    split_of: dict[str, str] = {}
    for split, place, article_id in split_entries(folder):
        if article_id in split_of:
            yield Finding("split-twice", article_id, f"{place}: in {split_of[article_id]} already")
            continue
        split_of[article_id] = split
        if article_id not in articles:
            yield Finding("split-unknown", article_id, f"{place}: no such article")
    for article_id in sorted(set(articles) - set(split_of)):
        yield Finding("split-missing", article_id, f"in none of {', '.join(f'{split}.txt' for split in SPLITS)}")
    similarity: dict[str, float] = {}
    for later, _, value in clusters.pairs:
        first = clusters.cluster_of[later]
        similarity[first] = max(value, similarity.get(first, 0.0))
    for first, ids in clusters.members().items():
        if len({split_of[article_id] for article_id in ids if article_id in split_of}) > 1:
            listed = ", ".join(f"{article_id} ({split_of.get(article_id, 'no split')})" for article_id in ids[:6])
            score = similarity.get(first, 1.0)
            message = f"one cluster (similarity {score:.2f}): {listed}" + (" ..." if len(ids) > 6 else "")
            yield Finding("split-leak", first, message, score=round(score, 3))
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


def _config_findings(corpus: CorpusFolder) -> Iterator[Finding]:
    """Whether the labelling page that the corpus ships, if it ships one, is that of its ontology."""
    path = corpus.path / "labelling" / "config.xml"
    if path.is_file() and not shows(corpus.ontology, read_text(path)):
        yield Finding("config-outdated", "", f"{path}: not what {corpus.ontology.key} gives")


def _rules_in_every_annotation(corpus: CorpusFolder) -> Iterator[Finding]:
    """Rules broken in any annotation, once for all who break them there; with their names, if there are several."""
    broken_by: dict[Finding, list[str]] = {}
    every = list(chain.from_iterable(corpus.passes.values()))
    for annotated in every:
        for finding in rule_findings(annotated, corpus.ontology):
            broken_by.setdefault(finding, []).append(annotated.annotator)
    has_several = len({annotated.annotator for annotated in every}) > 1
    for finding, names in broken_by.items():
        yield replace(finding, message=f"{finding.message} ({', '.join(names)})") if has_several else finding

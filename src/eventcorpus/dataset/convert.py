"""Annotations in any format to a dataset folder.

``convert`` is the whole way; ``read_annotations_of`` reads a format by its name, all with the same result.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from itertools import groupby
from pathlib import Path

from eventcorpus.annotation.assemble import assemble
from eventcorpus.annotation.document import Found
from eventcorpus.annotation.label_map import Mapper, mapped
from eventcorpus.annotation.merge import default_policy, gold_of, gold_policy
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import (
    REPORT,
    Entry,
    TextPolicy,
    Written,
    data_of,
    is_dataset_folder,
    manifest_hash,
    read_annotations,
    write_dataset,
)
from eventcorpus.dataset.formats import COMMON, FORMATS, OPTIONS, Format, check_extra, format_of, refuse_unread
from eventcorpus.dataset.splits import Shares, check_splits, read_splits, shares_of
from eventcorpus.errors import InputError, nearest
from eventcorpus.files import check_folder, paths_of, sha256_of_file
from eventcorpus.formats.sample import sample_of
from eventcorpus.labelstudio.annotations import gold_articles
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.labelstudio.exports import open_exports
from eventcorpus.ontology import Ontology
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted, percent
from eventcorpus.text import sha256_of

logger = logging.getLogger(__name__)
ALL_IN_TRAIN = "no --splits: all articles are in train"


@dataclass(frozen=True)
class Conversion:
    """A dataset, or the files of an export, that was written.

    Args:
        out: the folder.
        sizes: articles per split.
        notices: what people should know, a line each.
    """

    out: Path
    report: ConversionReport
    sizes: Mapping[str, int]
    notices: Sequence[str]


def convert(
    inputs: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    format: str | None = None,
    ontology: str | Path | None = None,
    splits: str | Path | None = None,
    gold: str | None = None,
    scheme: str | None = None,
    columns: str | None = None,
    tag_names: str | None = None,
    min_confidence: float = 0.0,
    label_map: str | Path | None = None,
    text: TextPolicy = "all",
    refuse: bool = False,
    strict: bool = False,
    on_progress: OnProgress | None = None,
) -> Conversion:
    """Convert annotations to a dataset folder, which plain ``datasets.load_dataset`` opens.

    Args:
        inputs: exports of Label Studio or folders of them; of another format its file or folder.
        format: one of ``dataset.formats.FORMATS``; None: told from the inputs, which a notice says.
        ontology: our YAML or a config.xml; None: of exports by the rule of ``package_data.find_ontology_path``, of
            other formats made of the labels in the files.
        splits: folder with train.txt, validation.txt, test.txt (one article id a line), or percents of the articles for
            these, such as ``70/15/15``, near-duplicates in one split; None: as the format says, else
            all articles are in ``train``.
        gold: adjudicated, agreed, union or an annotator such as a1, of articles that several annotated; None:
            adjudicated if there are decisions, else a1.
        scheme: of the tags of CoNLL files and Hugging Face datasets, one of ``formats.schemes.SCHEMES``; None: told
            from the tags.
        columns: of CoNLL files, such as ``word=2,tag=3,tag=4``, and of Hugging Face datasets, such as
            ``word=tokens,tag=ner_tags``; None: told from what stands in them.
        tag_names: of Hugging Face datasets: what numbers are called, in their order, such as ``O,B-Actor,I-Actor``, or
            a file with these; None: as the dataset or a file beside it says.
        min_confidence: of re3d: entities and relations below it are left out.
        label_map: YAML or JSON that says which label and role becomes which, or null to leave it out.
        text: whose text is written: of all articles, of those with a licence, or of none (standoff).
        refuse: leave spans that cannot be right out and count them, instead of raising.
        strict: raise if anything was repaired, refused or flagged; nothing is written then.

    Raises:
        InputError: if something cannot be read, or is wrong and not to be refused.
        StrictError: if ``strict`` and the conversion lost or changed anything.
        OutputError: if ``out`` holds something else, or the disk refuses.
    """
    out, paths = Path(out), paths_of(inputs)
    check_folder(out, is_ours=is_dataset_folder)
    before = data_of(out)
    told = format is None
    shares = shares_of(str(splits)) if splits else None
    format = format or format_of(paths)
    annotations = read_annotations_of(
        Request(
            paths,
            ontology=Path(ontology) if ontology else None,
            splits=Path(splits) if splits and not shares else None,
            shares=shares,
            gold=gold,
            scheme=scheme,
            columns=columns,
            tag_names=tag_names,
            min_confidence=min_confidence,
            refuse=refuse,
            on_progress=on_progress,
        ),
        format,
    )
    named = annotations.names
    files = [(named.get(file) or _manifest_name(file, paths, format), file) for file in annotations.files]
    if label_map is not None:
        label_map = Path(label_map)
        annotations = with_label_map(annotations, label_map)
        files.append((f"map:{label_map.name}", label_map))
    written = write_dataset(
        out,
        annotations.entries,
        annotations.ontology,
        annotations.report,
        gold_policy=annotations.gold_policy,
        inputs={name: sha256_of_file(file) for name, file in files},
        splits=f"{splits} by --splits, near-duplicates in one split, seed 0" if shares else "",
        text=text,
        strict=strict,
    )
    notices = [f"read as {FORMATS[format].title} (--from names another format)"] if told else []
    if format != "labelstudio" and ontology is None and label_map is None:
        notices.append("ontology: made of the labels in the files (--ontology names another)")
    notices += [*annotations.notices, *_notices(annotations.report, written, out)]
    if before and before != data_of(out):
        notices.append(f"the dataset that was in {out} was another one; it is replaced")
    return Conversion(out, annotations.report, written.sizes, notices)


def read_annotations_of(request: Request, format: str) -> Annotations:
    """Read annotations in a format.

    Raises:
        InputError: if there is no such format, it takes no such option, or the inputs are not in it.
    """
    if format not in FORMATS:
        raise InputError(f"there is no format {format!r}; {nearest(format, FORMATS)}")
    check_extra(f"--from {format}", FORMATS[format].extra)
    for option in fields(Request):
        given = getattr(request, option.name)
        if option.name in OPTIONS - FORMATS[format].options and given != option.default:
            takers = ", ".join(name for name, other in FORMATS.items() if option.name in other.options)
            raise InputError(f"the format {format} takes no {option.name}; it is for {takers}")
    read = FORMATS[format].read
    try:
        return _of_exports(request) if read is None else _of_documents(request, FORMATS[format], read)
    except InputError:
        if not request.inputs[0].is_dir():  # it may be something that no reader takes, which says more
            refuse_unread(sample_of(request.inputs))
        raise


def read_every_annotator(
    paths: Sequence[Path], *, ontology: Path | None = None
) -> tuple[list[list[AnnotatedArticle]], Ontology, str]:
    """Every annotator's view of the articles of a dataset folder, or of files in any format that ``convert`` reads.

    Of files, spans that cannot be right are left out, and what people should know is logged.

    Returns:
        per article the annotations, a1 first; their ontology; the hash of the dataset's manifest, or over the files'.

    Raises:
        InputError: as ``read_annotations_of`` and ``dataset.folder.read_annotations``.
    """
    if len(paths) == 1 and (is_dataset_folder(paths[0]) or not paths[0].exists()):
        labels, articles = read_annotations(paths[0])
        return articles, labels, manifest_hash(paths[0])
    found = read_annotations_of(Request(paths, ontology=ontology, refuse=True), format_of(paths))
    articles = [list(entry.annotations) for entry in found.entries]
    for line in (*(line for line in found.notices if line != ALL_IN_TRAIN), found.report.summary()):
        logger.info("%s", line)
    hashes = "".join(sha256_of_file(file) for file in found.files)
    return articles, found.ontology, sha256_of(hashes)


@dataclass(frozen=True)
class Request:
    """What is to be read, and how; see ``convert``."""

    inputs: Sequence[Path]
    ontology: Path | None = None
    splits: Path | None = None
    shares: Shares | None = None
    gold: str | None = None
    scheme: str | None = None
    columns: str | None = None
    tag_names: str | None = None
    min_confidence: float = 0.0
    refuse: bool = False
    on_progress: OnProgress | None = None


@dataclass
class Annotations:
    """What was read; ``report`` and ``notices`` may still grow while ``entries`` are taken."""

    entries: Iterable[Entry]
    ontology: Ontology
    report: ConversionReport
    gold_policy: str
    files: Sequence[Path]
    notices: list[str] = field(default_factory=list)
    names: Mapping[Path, str] = field(default_factory=dict)
    """What the manifest calls files, where not by their own names."""
    one_a_name: bool = False
    """All values of one attribute of a span count once in the report."""


def _of_exports(request: Request) -> Annotations:
    index, ontology = open_exports(request.inputs, request.ontology, refuses=request.refuse)
    report = ConversionReport(request.refuse)
    policy, articles = gold_articles(index, ontology, report, request.gold)
    articles = tracked(articles, len(index.n_tasks), request.on_progress)
    entries = (Entry("train", gold, annotations) for gold, annotations in articles)
    found = Annotations(entries, ontology, report, policy, index.paths, [*index.notices], one_a_name=True)
    return _in_splits(found, request, is_divided=False)


def _of_documents(request: Request, format: Format, read: Callable[..., Found]) -> Annotations:
    report = ConversionReport(request.refuse)
    given = read_ontology(request.ontology) if request.ontology else None
    own_options = {name: getattr(request, name) for name in format.options - COMMON - {"gold"}}
    documents = read(request.inputs, **own_options)
    gold, policy = request.gold or default_policy(documents.annotators), format.gold
    if documents.annotators:
        policy = gold_policy(documents.annotators, gold)
    reading = assemble(documents, given, report)
    articles = tracked(reading.articles, reading.n_documents, request.on_progress)
    entries = _entries(articles, gold, reading.ontology, report)
    found = Annotations(entries, reading.ontology, report, policy, documents.files, [*documents.notices])
    found = replace(found, names=documents.names)
    return _in_splits(found, request, is_divided=documents.has_splits)


def _entries(
    articles: Iterable[tuple[str, AnnotatedArticle]], gold: str, ontology: Ontology, report: ConversionReport
) -> Iterator[Entry]:
    """Each article with its gold and all its annotators, who come one after another."""
    for _, of_article in groupby(articles, key=lambda pair: pair[1].article.id):
        splits, every = zip(*of_article, strict=True)
        yield Entry(splits[0], gold_of(every, gold, ontology, report), every)


def _in_splits(found: Annotations, request: Request, *, is_divided: bool) -> Annotations:
    """The annotations with each article in the split that the request's folder gives it, else in the one it has."""
    if request.shares is not None:
        return replace(found, entries=_split(found, request.shares))
    if request.splits is not None:
        return replace(found, entries=_moved(found.entries, request.splits, found.notices))
    if not is_divided:
        found.notices.append(ALL_IN_TRAIN)
    return found


def _split(found: Annotations, shares: Shares) -> Iterator[Entry]:
    """Each article in the split that it is given by ``corpus.splitting``; all are in memory.

    Raises:
        InputError: if a split would be empty.
    """
    from eventcorpus.corpus.splitting import (  # above this layer; only where it is wanted
        SplitOptions,
        check_not_empty,
        split_articles,
    )

    every = list(found.entries)
    gold = {entry.gold.article.id: entry.gold for entry in every}
    options = SplitOptions(validation=shares[1] / 100, test=shares[2] / 100)
    splitting = split_articles([entry.gold.article for entry in every], gold, found.ontology, options)
    check_not_empty(splitting, options)
    yield from (replace(entry, split=splitting.split_of[entry.gold.article.id]) for entry in every)


def _moved(entries: Iterable[Entry], splits: Path, notices: list[str]) -> Iterator[Entry]:
    """Each article in its split of a folder.

    Raises:
        InputError: at the end, if an article is in no split.
    """
    split_of = read_splits(splits)
    seen: list[str] = []
    for entry in entries:
        seen.append(entry.gold.article.id)
        if split := split_of.get(seen[-1]):
            yield replace(entry, split=split)
    if absent := check_splits(split_of, seen, place=str(splits)):
        notices.append(
            f"{splits}: {counted(len(absent), 'article')} in a split, but not among the annotated, the first: "
            f"{absent[0]}"
        )


def with_label_map(annotations: Annotations, path: Path) -> Annotations:
    """The annotations with the labels and roles that a map gives them.

    Raises:
        InputError: if a label or role is not in the map.
    """
    mapper = Mapper.of(path, annotations.ontology)
    take = partial(mapped, mapper=mapper, report=annotations.report, one_a_name=annotations.one_a_name)

    def entries() -> Iterator[Entry]:
        for entry in annotations.entries:
            every = [take(annotated) for annotated in entry.annotations]
            same = next((i for i, annotated in enumerate(entry.annotations) if annotated is entry.gold), None)
            # gold that was made of several annotations is not in the report: they are
            gold = every[same] if same is not None else mapped(entry.gold, mapper, ConversionReport())
            yield Entry(entry.split, gold, every)

    policy = f"{annotations.gold_policy}, mapped by {path.name}"
    return replace(annotations, entries=entries(), ontology=mapper.target, gold_policy=policy)


def _manifest_name(file: Path, inputs: Sequence[Path], format: str) -> str:
    """A file in the manifest: by its name, or by its path in the input where names come twice."""
    if format == "labelstudio":
        return file.name
    above = next((path for path in inputs if file.is_relative_to(path) and file != path), file.parent)
    return file.relative_to(above if len(inputs) == 1 else above.parent).as_posix()


def _notices(report: ConversionReport, written: Written, out: Path) -> Iterator[str]:
    yield report.summary()
    for item in [item for item in report.items if item.verdict != "repaired"][:5]:
        yield f"{item.verdict}: article {item.article}: {item.name} ({item.reason})"
    if report.items:
        yield f"every item with its reason: {out / REPORT}"
    share = f" ({percent(written.n_beyond_layer / written.n_spans)} %)" if written.n_spans else ""
    yield (
        f"beyond one layer of BIO tags: {written.n_beyond_layer:,} of "
        f"{counted(written.n_spans, 'gold span')}{share}; spans hold all of them"
    )
    if written.duplicates:
        n_leaks = sum(leaks for _, _, leaks in written.duplicates)
        yield (
            f"{counted(len(written.duplicates), 'article')} with exactly the text of another, {n_leaks} of them of "
            f"one in another split; the first: {written.duplicates[0][1]} and {written.duplicates[0][0]}"
        )

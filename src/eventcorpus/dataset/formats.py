"""The formats of annotations that ``convert`` reads: how each is told, read and described; those that it refuses.

docs/formats.md is made of this table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from eventcorpus.annotation.document import Found
from eventcorpus.dataset.folder import is_dataset_folder
from eventcorpus.errors import InputError
from eventcorpus.formats.brat import is_brat, read_brat
from eventcorpus.formats.conll import is_conll, read_conll
from eventcorpus.formats.doccano import is_doccano, read_doccano
from eventcorpus.formats.huggingface import is_huggingface, read_huggingface
from eventcorpus.formats.muc4 import is_muc4, read_muc4
from eventcorpus.formats.prodigy import is_prodigy, read_prodigy
from eventcorpus.formats.re3d import is_re3d, read_re3d
from eventcorpus.formats.sample import Certainty, Recogniser, Sample, sample_of
from eventcorpus.formats.spacy import is_spacy, read_spacy
from eventcorpus.formats.uima import is_uima, read_uima
from eventcorpus.formats.unread import UNREAD
from eventcorpus.formats.wikievents import is_wikievents, read_wikievents
from eventcorpus.labelstudio.exports import is_export

COMMON = frozenset({"ontology", "splits", "refuse"})
"""The options that mean something to most formats; see ``dataset.convert.Request``."""


@dataclass(frozen=True)
class Format:
    """A format of documents, or exports of Label Studio.

    Attributes:
        title: what people call it.
        read: its reader, called with the inputs and the options beyond ``COMMON``; None: exports of Label Studio, which
            are read task by task.
        is_it: how surely a sample is in it.
        files: what is named on the command line.
        kept: what of it goes into a dataset.
        lost: what does not, and is counted or noted.
        example: a command that works.
        gold: what gold is, in words; of exports the policy says it.
        options: the fields of ``Request`` that mean something to it.
        extra: the extra of this package that its library comes with, and the module that is then there.
    """

    title: str
    read: Callable[..., Found] | None
    is_it: Recogniser
    files: str
    kept: str
    lost: str
    example: str
    gold: str = ""
    options: frozenset[str] = COMMON
    extra: tuple[str, str] | None = None


FORMATS: dict[str, Format] = {
    "labelstudio": Format(
        "a Label Studio export",
        None,
        is_export,
        files="JSON exports of a project, JSON Lines, pages of the API, files of a storage; a folder of them",
        kept="regions, relations, attributes of regions, every annotator, empty annotations, other columns as metadata",
        lost="drafts, predictions, notes, scores and parents of regions, answers about the whole task",
        example="eventcorpus convert corpus/annotations --splits corpus/splits --out dataset",
        options=COMMON | {"gold"},
    ),
    "conll": Format(
        "CoNLL columns",
        read_conll,
        is_conll,
        files="files of words and tags, or a folder with train, dev and test; any scheme of tags, CoNLL-U, CoNLL-2012",
        kept="words, sentences, documents, mentions of every tag column and of several labels in a cell",
        lost="other columns, comments, white space of the text before it was cut into words (SpaceAfter=No is read)",
        example="eventcorpus convert train.txt --from conll --out dataset",
        gold="the tags of the CoNLL files",
        options=COMMON | {"scheme", "columns"},
    ),
    "huggingface": Format(
        "a Hugging Face dataset of tokens and tags",
        read_huggingface,
        is_huggingface,
        files="JSON Lines, Parquet, Arrow, a folder of these named after splits, or what save_to_disk wrote",
        kept="tokens, sentences, mentions of every tag column, ids, columns with one value a row",
        lost="other lists (pos_tags, ...), white space between tokens, unless a column has their text",
        example="eventcorpus convert train.jsonl --from huggingface --out dataset",
        gold="the tags of the dataset",
        options=COMMON | {"scheme", "columns", "tag_names"},
    ),
    "doccano": Format(
        "doccano JSON Lines",
        read_doccano,
        is_doccano,
        files="exported JSON Lines, both forms; a folder of one file an annotator, or with train, dev and test",
        kept="labelled spans, relations, ids, comments, categories and metadata, every annotator",
        lost="names of annotators and of who approved",
        example="eventcorpus convert admin.jsonl --from doccano --out dataset",
        gold="the annotation of the doccano files",
        options=COMMON | {"gold"},
    ),
    "spacy": Format(
        "spaCy training data",
        read_spacy,
        is_spacy,
        files="JSON or JSON Lines of texts with entities, the JSON of spaCy 2, displaCy and tecoholic; .spacy (DocBin, "
        "with the extra spacy)",
        kept="entities, span groups, knowledge base ids, categories, blanks between words",
        lost="tags, lemmas, dependencies, sentences, links, user data",
        example="eventcorpus convert train.spacy --from spacy --out dataset",
        gold="the entities of the spaCy files",
    ),
    "prodigy": Format(
        "Prodigy JSON Lines",
        read_prodigy,
        is_prodigy,
        files="what prodigy db-out wrote, or a folder with train, dev and test",
        kept="accepted spans and relations, metadata, every annotator",
        lost="what was rejected or ignored (counted), answers to other questions, names of annotators",
        example="eventcorpus convert annotations.jsonl --from prodigy --out dataset",
        gold="the annotation of the Prodigy files",
        options=COMMON | {"gold"},
    ),
    "re3d": Format(
        "re3d",
        read_re3d,
        is_re3d,
        files="its folder, or one source folder in it",
        kept="entities with their confidence, relations, source and licence",
        lost="nothing",
        example="eventcorpus convert re3d --from re3d --out dataset",
        gold="the annotation of re3d",
        options=COMMON | {"min_confidence"},
    ),
    "brat": Format(
        "brat standoff",
        read_brat,
        is_brat,
        files="a folder with .txt and .ann files, or folders of them",
        kept="entities, events, relations, attributes, normalisations and notes of spans",
        lost="notes of what is no span; of a discontinuous span the gaps (its pieces are an attribute)",
        example="eventcorpus convert annotated --from brat --out dataset",
        gold="the annotation of the brat files",
    ),
    "uima": Format(
        "UIMA CAS (INCEpTION, WebAnno)",
        read_uima,
        is_uima,
        files="XMI files with their TypeSystem.xml, CAS JSON files, a folder of them, or the zip archive of an export",
        kept="named entities, layers that people made, relations, slots, features, every annotator and the curator",
        lost="words, sentences and grammar; metadata of documents; features that lead to no annotation",
        example="eventcorpus convert export.zip --from uima --out dataset",
        gold="the annotation of the CAS files",
        options=COMMON | {"gold"},
        extra=("uima", "cassis"),
    ),
    "muc4": Format(
        "MUC-4 in the JSON lines of GTT",
        read_muc4,
        is_muc4,
        files="a JSON Lines file, or a folder with train, dev and test",
        kept="mentions that fill a slot; templates, in metadata",
        lost="nothing",
        example="eventcorpus convert muc4 --from muc4 --out dataset",
        gold="the annotation of MUC-4",
    ),
    "wikievents": Format(
        "WikiEvents",
        read_wikievents,
        is_wikievents,
        files="a JSON Lines file, or a folder with train, dev and test",
        kept="entity mentions, event triggers, arguments",
        lost="relations, coreference (files of its own)",
        example="eventcorpus convert wikievents --from wikievents --out dataset",
        gold="the annotation of the event files",
    ),
}
"""What ``convert`` reads, by name."""
OPTIONS = frozenset().union(*(format_.options for format_ in FORMATS.values()))
"""The options that some formats take and others do not."""


def format_of(inputs: Sequence[Path]) -> str:
    """Tell the format of inputs from their names and the beginning of the first.

    Raises:
        InputError: if it is a format that is not read, naming the way out; if no format is surely it, or several,
            naming the two likeliest.
    """
    if is_dataset_folder(inputs[0]):
        raise InputError(f"{inputs[0]}: this is a dataset folder already; train, eval and agree take it as it is")
    sample = sample_of(inputs)
    certainty: dict[str, Certainty] = {name: format_.is_it(sample) for name, format_ in FORMATS.items()}
    likeliest = sorted(FORMATS, key=lambda name: -certainty[name])[:2]
    if not sample.path.is_dir() or certainty[likeliest[0]] < 2:  # a folder may hold what is not read beside what is
        refuse_unread(sample)
    if certainty[likeliest[0]] > certainty[likeliest[1]]:
        return likeliest[0]
    place = sample.file or sample.path
    if certainty[likeliest[0]] == 0:
        raise InputError(f"{place}: in no format that convert reads; --from names one: {', '.join(FORMATS)}")
    titles = " or ".join(f"{FORMATS[name].title} (--from {name})" for name in likeliest)
    raise InputError(f"{place}: this may be {titles}; say which")


def refuse_unread(sample: Sample) -> None:
    """Refuse what is in a format that is recognised and not read.

    Raises:
        InputError: naming the format and the way out.
    """
    for title, is_it, way_out in UNREAD:
        if is_it(sample) == 2:
            raise InputError(f"{sample.file or sample.path}: this is {title}, which is not read; {way_out}")


def check_extra(what: str, extra: tuple[str, str] | None) -> None:
    """See that the library that something needs is installed.

    Raises:
        InputError: naming the extra to install.
    """
    if extra is not None and find_spec(extra[1]) is None:
        raise InputError(f"{what} needs the library {extra[1]}: pip install 'eventcorpus[{extra[0]}]'")

"""Training data of spaCy: texts with entities in JSON or JSON Lines, the training format of spaCy 2, DocBin.

JSON: ``[text, {"entities": [[start, end, label]]}]``, alone, in a list, or under ``annotations`` as the NER Annotator
of tecoholic writes it; ``Doc.to_json()`` and the input of displaCy (``ents``); ``paragraphs`` with BILUO tags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from eventcorpus.annotation.document import Document, Found, Mark
from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.files import read_json_values
from eventcorpus.formats.docbin import MAIN_GROUP, merged, rows_of_docbin
from eventcorpus.formats.files import files_by_split, has_splits, not_read
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.formats.schemes import BadTag, Tagging, chunks_of
from eventcorpus.formats.sentences import places_in
from eventcorpus.formats.spans_in_json import (
    Keys,
    NotTheFormat,
    Row,
    document_of,
    id_in,
    is_triple,
    listed,
    lists_in,
    mark_of,
    objects,
    row_of,
    rows_in,
)
from eventcorpus.tables import counted

SUFFIXES = (".spacy", ".json", ".jsonl", ".ndjson")
_OF_TOKENS = ("tag", "pos", "morph", "lemma", "head", "dep")
_KEYS = Keys(
    ("entities", "ents", "ner"),
    read=("spans", "tokens", "words", "spaces"),
    lost=("links", "tags", "pos", "morphs", "lemmas", "heads", "deps", "sent_starts", "sents"),
)
_KEYS_OF_2 = replace(_KEYS, lost=("links", "brackets", *_OF_TOKENS))
_UNKNOWN = ("-", "", None)
"""Tags of tokens of which it is not known whether they are part of an entity."""


def read_spacy(inputs: Sequence[Path]) -> Found:
    """Read a file, or files and folders whose names say their split.

    Raises:
        InputError: if there is no file; while reading, for what does not fit, unless the report refuses.
    """
    files = files_by_split(inputs, SUFFIXES, without_names=True)

    def documents(report: ConversionReport) -> Iterator[Document]:
        seen = FirstSeen()
        n_in: Counter[str] = Counter()
        for split, path in files:
            is_binary = path.suffix.lower() == ".spacy"
            for row in rows_of_docbin(path) if is_binary else rows_in(path, _row, report, values_of=_values):
                n_in[split] += 1
                own = id_in(row.about)
                name = own if own is not None and len(files) == 1 else f"{split}-{own}"
                is_new = own is not None and seen.add(name.encode()) is None
                article_id = name if is_new else f"{split}-{n_in[split]:05d}"
                if row.is_annotated:
                    yield document_of(replace(row, article_id=article_id, split=split), report)
                else:
                    report.refuse("articles", article_id, f"{path.name}: {row.place}", Code.NOT_ANNOTATED)

    paths = [path for _, path in files]
    return Found("spacy", documents, paths, has_splits=has_splits(files), notices=not_read(inputs, paths))


def _values(path: Path) -> Iterator[tuple[str, Any]]:
    """The texts of a file, those of a list in an object one by one, and documents paragraph by paragraph."""
    for place, value in read_json_values(path):
        if isinstance(value, dict) and isinstance(value.get("annotations"), list) and "text" not in value:
            yield from ((f"annotations.{n}", item) for n, item in enumerate(value["annotations"]))
        elif isinstance(value, dict) and isinstance(value.get("paragraphs"), list):
            own, several = id_in(value), len(value["paragraphs"]) > 1
            for n, paragraph in enumerate(value["paragraphs"], start=1):
                if isinstance(paragraph, dict):
                    more = {} if own is None else {"id": f"{own}-{n}" if several else own}
                    paragraph = {"sentences": None, **paragraph, **more}
                yield f"{place}, paragraph {n}", paragraph
        else:
            yield place, value


def _row(place: str, value: Any) -> Row:
    if value is None:  # the NER Annotator of tecoholic writes it for a text that was skipped
        return Row(place, "", is_annotated=False)
    if isinstance(value, list):
        if len(value) < 2 or not isinstance(value[0], str) or not isinstance(value[1], dict | list):
            raise NotTheFormat('neither [text, {"entities": [[start, end, label]]}] nor an object with a text')
        says = value[1] if isinstance(value[1], dict) else {"entities": value[1]}
        about = value[2] if len(value) > 2 and isinstance(value[2], dict) else {}
        value = {**about, **says, "text": value[0]}
    keys = _KEYS
    if isinstance(value, dict) and "sentences" in value:
        value, keys = _of_paragraph(value), _KEYS_OF_2
    tags = {key: value[key] for key in _KEYS.spans if isinstance(value, dict) and _are_tags(value.get(key))}
    row = row_of(place, {key: item for key, item in value.items() if key not in tags} if tags else value, keys)
    lost, named = [*row.lost], value.get("spans") or {}
    if not isinstance(named, dict | list):
        raise NotTheFormat(f"spans is {type(named).__name__}, neither an object nor a list")
    groups = [[*row.marks, *(mark for key in tags for mark in _tagged(row.text, value.get("words"), tags[key], key))]]
    for name, items in named.items() if isinstance(named, dict) else [(MAIN_GROUP, named)]:
        group = () if name == MAIN_GROUP else (("group", name),)
        marks = (mark_of(item, f"spans.{name}.{n}", lost) for n, item in enumerate(listed(items, f"spans.{name}")))
        groups.append([mark._replace(attributes=(*mark.attributes, *group)) for mark in marks])
    return replace(
        row,
        marks=merged(groups),
        lost=lost,
        is_annotated=any(isinstance(value.get(key), list | dict) for key in (*_KEYS.spans, "spans")),
        counts_characters=bool(tags) or _counts_characters(value.get("tokens"), row.text),
    )


def _of_paragraph(value: Mapping[str, Any]) -> dict[str, Any]:
    """A paragraph of the training format of spaCy 2 as an object with words and a tag for each."""
    sentences = listed(value["sentences"], "sentences")
    if not all(isinstance(sentence, dict) for sentence in sentences):
        raise NotTheFormat("a sentence is no object")
    tokens = [token for sentence in sentences for token in listed(sentence.get("tokens"), "tokens")]
    if not all(isinstance(token, dict) and isinstance(token.get("orth"), str) for token in tokens):
        raise NotTheFormat("a token is no object with orth")
    words = [token["orth"] for token in tokens]
    blanks = [token["space"] if isinstance(token.get("space"), str) else " " for token in tokens]
    text = value["raw"] if isinstance(value.get("raw"), str) else "".join(map(str.__add__, words, blanks)).rstrip(" ")
    tags = [token.get("ner") for token in tokens]
    is_known = any(tag not in _UNKNOWN for tag in tags)
    cats = [cat for cat in listed(value.get("cats"), "cats") if isinstance(cat, dict) and "label" in cat]
    return {
        **{key: item for key, item in value.items() if key not in ("raw", "sentences")},
        **{key: any(token.get(key) not in (None, "") for token in tokens) or None for key in _OF_TOKENS},
        "brackets": any(sentence.get("brackets") for sentence in sentences) or None,
        "cats": {str(cat["label"]): cat.get("value") for cat in cats},
        "text": text,
        "words": words,
        "ner": tags if is_known else None,
        "entities": (not is_known and value.get("entities")) or None,
    }


def _are_tags(items: Any) -> bool:
    return isinstance(items, list) and bool(items) and all(isinstance(item, str | None) for item in items)


def _tagged(text: str, given: Any, tags: Sequence[str | None], key: str) -> list[Mark]:
    """The entities that BILUO tags (or IOB, which spaCy takes too) say of the words of a text."""
    words = [str(word) for word in listed(given, "words")]
    if len(words) != len(tags):
        raise NotTheFormat(f"{counted(len(tags), 'tag')} in {key} for {counted(len(words), 'word')}")
    places = places_in(text, [words])
    if places is None:
        raise NotTheFormat("its words do not follow one another in its text")
    known = ["O" if tag in _UNKNOWN else tag for tag in tags]
    letters = {tag[0] for tag in known}
    tagging = Tagging("bilou" if letters & {"L", "U"} else "iobes" if letters & {"E", "S"} else "iob2")
    try:
        chunks = chunks_of([tagging.read(tag) for tag in known], tagging.scheme)
    except BadTag as fault:
        raise NotTheFormat(f"{key}: {fault}") from None
    return [chunk.mark(text, places[0]) for chunk in chunks]


def _counts_characters(tokens: Any, text: str) -> bool:
    """Whether tokens with offsets, as ``Doc.to_json`` writes them, end where the text does."""
    last = tokens[-1] if isinstance(tokens, list) and tokens else None
    return isinstance(last, dict) and last.get("end") in (len(text), len(text.rstrip()))


def is_spacy(sample: Sample) -> Certainty:
    """Whether a sample has a DocBin, or texts with entities as spaCy writes them."""
    if sample.file is not None and sample.file.suffix.lower() == ".spacy":
        return 2 if re.match(rb"\x78[\x01\x5e\x9c\xda]", sample.head) else 0
    rows = sample.rows
    if len(rows) == 1 and isinstance(rows[0], dict) and isinstance(rows[0].get("annotations"), list):
        rows = tuple(item for item in rows[0]["annotations"][:20] if item is not None)
    pairs = [row for row in rows if isinstance(row, list) and len(row) in (2, 3) and isinstance(row[0], str)]
    if pairs and len(pairs) == len(rows):
        says = [row[1] for row in pairs]
        keys = {*_KEYS.spans, "spans", "cats", "words"}
        is_object = all(isinstance(item, dict) and (not item or item.keys() & keys) for item in says)
        return 2 if is_object or all(isinstance(item, list) and all(map(is_triple, item)) for item in says) else 0
    paragraphs = lists_in(objects(sample), "paragraphs")
    if paragraphs and len(paragraphs) == len(rows):
        return 2 if all(isinstance(part, dict) and "sentences" in part for part in chain(*paragraphs)) else 0
    texts = objects(sample, "text")
    ents = lists_in(texts, "ents")
    if texts and len(ents) == len(texts) and all(isinstance(x, dict) and "label" in x for of in ents for x in of):
        return 2
    items = [*chain(*lists_in(texts, "entities"))]
    return 2 if items and all(map(is_triple, items)) and not lists_in(texts, "cats") else 0

"""Training data of spaCy: texts with entities in JSON or JSON Lines, the training format of spaCy 2, DocBin.

JSON: ``[text, {"entities": [[start, end, label]]}]``, alone, in a list, or under ``annotations`` as the NER Annotator
of tecoholic writes it; ``Doc.to_json()`` and the input of displaCy (``ents``); ``paragraphs`` with BILUO tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eventcorpus.annotation.document import Document, Found
from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.formats.docbin import MAIN_GROUP, merged, rows_of_docbin
from eventcorpus.formats.files import files_by_split, has_splits, not_read
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.formats.schemes import BadTag, Tagging, chunks_of
from eventcorpus.formats.sentences import places_in
from eventcorpus.formats.spans_in_json import (
    NotTheFormat,
    RawSpan,
    Row,
    about_of,
    document_of,
    id_in,
    is_triple,
    listed,
    objects,
    rows_in,
    span_of,
    text_in,
    values_of,
)

SUFFIXES = (".spacy", ".json", ".jsonl", ".ndjson")
_SPANS = ("entities", "ents", "ner", "spans")
_NOT_KEPT = ("links", "tags", "pos", "morphs", "lemmas", "heads", "deps", "sent_starts", "sents")
_WORDS = ("tokens", "words", "spaces")
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
        n_in = dict.fromkeys((split for split, _ in files), 0)
        for split, path in files:
            is_binary = path.suffix.lower() == ".spacy"
            rows = rows_of_docbin(path) if is_binary else rows_in(path, _row, report, values=_values(path))
            for row in rows:
                n_in[split] += 1
                own = id_in(row.about)
                name = own if own is not None and len(files) == 1 else f"{split}-{own}"
                article_id = f"{split}-{n_in[split]:05d}" if own is None or seen.add(_key(name)) is not None else name
                if row.is_annotated:
                    yield document_of(row, article_id, split, report)
                else:
                    report.refuse("articles", article_id, f"{path.name}: {row.place}", Code.NOT_ANNOTATED)

    paths = [path for _, path in files]
    return Found("spacy", documents, paths, has_splits=has_splits(files), notices=not_read(inputs, paths))


def _values(path: Path) -> Iterator[tuple[str, Any]]:
    """The texts of a file, those of a list in an object one by one, and documents paragraph by paragraph."""
    for place, value in values_of(path):
        if isinstance(value, dict) and isinstance(value.get("annotations"), list) and "text" not in value:
            yield from ((f"annotations.{n}", item) for n, item in enumerate(value["annotations"]))
        elif isinstance(value, dict) and isinstance(value.get("paragraphs"), list):
            paragraphs = value["paragraphs"]
            for n, paragraph in enumerate(paragraphs, start=1):
                own = id_in(value)
                more = {} if own is None else {"id": own if len(paragraphs) == 1 else f"{own}-{n}"}
                is_object = isinstance(paragraph, dict)
                yield f"{place}, paragraph {n}", {"sentences": None, **paragraph, **more} if is_object else paragraph
        else:
            yield place, value


def _row(place: str, value: Any) -> Row | None:
    if value is None:  # the NER Annotator of tecoholic writes it for a text that was skipped
        return Row(place, "", is_annotated=False)
    if isinstance(value, dict) and "sentences" in value:
        return _paragraph(place, value)
    if isinstance(value, list):
        if len(value) < 2 or not isinstance(value[0], str) or not isinstance(value[1], dict | list):
            raise NotTheFormat('neither [text, {"entities": [[start, end, label]]}] nor an object with a text')
        says = value[1] if isinstance(value[1], dict) else {"entities": value[1]}
        about = value[2] if len(value) > 2 and isinstance(value[2], dict) else {}
        value = {**about, **says, "text": value[0]}
    if not isinstance(value, dict):
        raise NotTheFormat(f"{type(value).__name__}, neither a list nor an object")
    text = text_in(value, "text")
    groups: list[list[RawSpan]] = [[]]
    is_by_words = _counts_characters(value.get("tokens"), text)
    for key in ("entities", "ents", "ner"):
        items = listed(value.get(key), key)
        if items and all(isinstance(item, str | None) for item in items):
            words, is_by_words = listed(value.get("words"), "words"), True
            groups[0] += _tagged(text, [str(word) for word in words], items, key)
        else:
            groups[0] += [_without_id(span_of(item, f"{key}.{n}")) for n, item in enumerate(items)]
    named = value.get("spans") or {}
    if not isinstance(named, dict | list):
        raise NotTheFormat(f"spans is {type(named).__name__}, neither an object nor a list")
    for key, items in named.items() if isinstance(named, dict) else [(MAIN_GROUP, named)]:
        groups.append([])
        more = () if key == MAIN_GROUP else (("group", key),)
        for n, item in enumerate(listed(items, f"spans.{key}")):
            span = _without_id(span_of(item, f"spans.{key}.{n}"))
            groups[-1].append(span._replace(attributes=(*span.attributes, *more)))
    about = about_of(value, without=("text", "cats", *_SPANS, *_NOT_KEPT, *_WORDS))
    about |= {"categories": value["cats"]} if value.get("cats") else {}
    lost = tuple(key for key in _NOT_KEPT if value.get(key) not in (None, [], {}))
    is_annotated = any(isinstance(value.get(key), list | dict) for key in _SPANS)
    spans = merged(groups)
    return Row(place, text, spans, about=about, is_annotated=is_annotated, lost=lost, is_by_words=is_by_words)


def _paragraph(place: str, value: Mapping[str, Any]) -> Row:
    """A paragraph of the training format of spaCy 2."""
    tokens = [
        token
        for sentence in listed(value.get("sentences"), "sentences")
        for token in (listed(sentence.get("tokens"), "tokens") if isinstance(sentence, dict) else [sentence])
    ]
    if not all(isinstance(token, dict) and isinstance(token.get("orth"), str) for token in tokens):
        raise NotTheFormat("a token is no object with orth")
    words = [token["orth"] for token in tokens]
    blanks = [token["space"] if isinstance(token.get("space"), str) else " " for token in tokens]
    text = value["raw"] if isinstance(value.get("raw"), str) else "".join(map(str.__add__, words, blanks)).rstrip(" ")
    tags = [token.get("ner") for token in tokens]
    is_known = any(tag not in _UNKNOWN for tag in tags)
    spans = _tagged(text, words, tags, "ner") if is_known else []
    if not is_known and listed(value.get("entities"), "entities"):
        spans = [_without_id(span_of(item, f"entities.{n}")) for n, item in enumerate(value["entities"])]
    cats = {str(cat["label"]): cat.get("value") for cat in listed(value.get("cats"), "cats")
            if isinstance(cat, dict) and "label" in cat}  # fmt: skip
    about = about_of(value, without=("raw", "sentences", "cats", "entities", "links"))
    about |= {"categories": cats} if cats else {}
    keys = ("tag", "pos", "morph", "lemma", "head", "dep")
    lost = [key for key in keys if any(token.get(key) not in (None, "") for token in tokens)]
    lost += ["links"] if value.get("links") else []
    lost += ["brackets"] if any(isinstance(s, dict) and s.get("brackets") for s in value["sentences"] or ()) else []
    is_annotated = is_known or bool(spans)
    return Row(place, text, spans, about=about, is_annotated=is_annotated, lost=lost, is_by_words=is_known)


def _tagged(text: str, words: Sequence[str], tags: Sequence[Any], key: str) -> list[RawSpan]:
    """The entities that BILUO tags (or IOB, which spaCy takes too) say of the words of a text."""
    if len(words) != len(tags):
        raise NotTheFormat(f"{len(tags)} tags in {key} for {len(words)} words")
    if not all(tag is None or isinstance(tag, str) for tag in tags):
        raise NotTheFormat(f"{key} has a tag that is no text")
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
    return [RawSpan(places[0][c.start][0], places[0][c.end - 1][1], c.label, repair=c.fault) for c in chunks]


def _counts_characters(tokens: Any, text: str) -> bool:
    """Whether tokens with offsets, as ``Doc.to_json`` writes them, end where the text does."""
    ends = [token.get("end") for token in tokens if isinstance(token, dict)] if isinstance(tokens, list) else []
    return bool(ends) and ends[-1] in (len(text), len(text.rstrip()))


def _key(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _without_id(span: RawSpan) -> RawSpan:
    return span._replace(id="")


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
        keys = {*_SPANS, "cats", "words"}
        is_object = all(isinstance(item, dict) and (not item or item.keys() & keys) for item in says)
        return 2 if is_object or all(isinstance(item, list) and all(map(is_triple, item)) for item in says) else 0
    found = [row for row in objects(sample) if isinstance(row.get("paragraphs"), list)]
    if found and len(found) == len(rows):
        parts = [part for row in found for part in row["paragraphs"]]
        return 2 if all(isinstance(part, dict) and "sentences" in part for part in parts) else 0
    texts = [row for row in objects(sample) if isinstance(row.get("text"), str)]
    if not texts or len(texts) < len(rows):
        return 0
    ents = [row["ents"] for row in texts if isinstance(row.get("ents"), list)]
    if len(ents) == len(texts) and all(isinstance(item, dict) and "label" in item for of in ents for item in of):
        return 2
    items = [item for row in texts if isinstance(row.get("entities"), list) for item in row["entities"]]
    has_lists = any(isinstance(row.get("cats"), list) for row in texts)
    return 2 if items and all(map(is_triple, items)) and not has_lists else 0

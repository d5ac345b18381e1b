"""Predictions as other libraries write them: transformers' pipeline, GLiNER, spaCy, and lists of mentions like theirs.

Comes in: a file that lists the mentions of each text. Goes out: predictions of the articles of the gold. What belongs
to which article is told by ids, else by the texts, else by the order; every mention is checked against its article.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError, PredictionsError
from eventcorpus.files import read_json_values
from eventcorpus.formats.docbin import docs_of
from eventcorpus.formats.sample import Sample
from eventcorpus.formats.schemes import Cell, chunks_of
from eventcorpus.formats.spans_in_json import NotTheFormat, is_triple
from eventcorpus.predictions import ModelName, Prediction, prediction_of
from eventcorpus.schema import Article, Mention
from eventcorpus.tables import counted
from eventcorpus.text import StoredText, cut_out, one_line, stored_form, trim

DOCBIN = "spaCy's DocBin"
_LISTS = ("entities", "ents", "predictions", "spans", "label", "labels", "ner")
"""The keys under which the mentions of a text stand, where they stand beside its id or text."""
_IDS = ("id", "article_id", "doc_id")
_KNOWN = {*_LISTS, *_IDS, "text"}
"""The keys of an object about one text; the keys of one with other keys alone are ids."""
_NOT_THEIRS = frozenset({"data", "annotations", "completions", "text_sha256", "mentions"})
"""Keys of tasks of Label Studio and of our own predictions."""
_TAG = re.compile("([BIESLUM])-(.+)", re.DOTALL)
_PIECE = re.compile("##|[▁Ġ]")
"""What tokenizers write into the pieces of words."""


@dataclass(frozen=True)
class Listed:
    """The mentions of one text as a file lists them, where, and what may tell its article."""

    place: str
    mentions: Sequence[Any]
    id: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class LibraryPredictions:
    """Predictions, what wrote them, how they were tied to articles, and how many texts are of no article."""

    predictions: list[Prediction]
    title: str
    tied_by: str
    n_other: int

    def line(self) -> str:
        """What was read, in words."""
        n_mentions = sum(len(prediction.mentions) for prediction in self.predictions)
        other = f"; {self.n_other:,} more of no article of the gold" if self.n_other else ""
        return (
            f"read as {self.title}: {counted(n_mentions, 'mention')} in {counted(len(self.predictions), 'text')}, "
            f"tied to articles by {self.tied_by}{other}"
        )


def library_of(sample: Sample) -> str | None:
    """What wrote a file of mentions, or None if it is no such file."""
    if sample.path.suffix.lower() == ".spacy":
        return DOCBIN
    try:
        listed = list(_listed(("", row) for row in sample.rows))
    except NotTheFormat:
        return None
    return _title(listed, sample.rows[0]) if listed else None


def _title(listed: Sequence[Listed], first: Any) -> str:
    mention = next((one.mentions[0] for one in listed if one.mentions), None)
    if isinstance(first, dict) and "ents" in first:
        return "spaCy's JSON"
    if isinstance(first, list) and first and isinstance(first[0], str):
        return "spaCy's tuples"
    if not isinstance(mention, dict):
        return "lists of mentions"
    if "entity_group" in mention:
        return "transformers' pipeline"
    if "entity" in mention:
        return "transformers' pipeline without aggregation, whose tokens are put together"
    return "GLiNER" if "score" in mention else "lists of mentions"


def read_library_predictions(path: Path, sample: Sample, articles: Sequence[Article]) -> LibraryPredictions:
    """Read such a file as predictions of these articles.

    Raises:
        InputError: if a line or item is no list of mentions, or spaCy is needed and not installed.
        PredictionsError: if the lists cannot be tied to the articles, or a mention does not fit its article.
    """
    title = library_of(sample) or "lists of mentions"
    if title == DOCBIN:
        listed = [replace(one, place=f"document {n}") for n, one in enumerate(docs_of(path, _of_doc), start=1)]
    else:
        try:
            listed = list(_listed(read_json_values(path, is_lines=sample.shape == "lines")))
        except NotTheFormat as place:
            raise InputError(
                f"{path}: {place} lists no mentions as the first does; a list of mentions a text is needed, each with "
                "start, end and label"
            ) from None
    tied, tied_by = _tied(path, listed, articles)
    model = ModelName(name=path.stem)
    predictions = [
        prediction_of(article, _mentions(one, article, place=f"{path}: {one.place}: article {article.id}"), model)
        for one, article in tied
    ]
    return LibraryPredictions(predictions, title, tied_by, len(listed) - len(tied))


# what a file lists ---------------------------------------------------------------------------------------------------


def _listed(rows: Iterable[tuple[str, Any]]) -> Iterator[Listed]:
    """The mentions of each text; mentions alone are those of one text.

    Raises:
        NotTheFormat: at what lists no mentions, with its place.
    """
    alone: list[Any] = []
    for place, row in rows:
        if isinstance(row, dict) and _is_mention(row):
            alone.append(row)
        elif alone:
            raise NotTheFormat(place)
        elif isinstance(row, dict) and row and not row.keys() & _KNOWN and all(map(_are_mentions, row.values())):
            yield from (Listed(f"key {one_line(key)}", mentions, id=key) for key, mentions in row.items())
        else:
            yield _of_row(row, place)
    if alone:
        yield Listed("item 1", alone)


def _of_row(row: Any, place: str) -> Listed:
    if _are_mentions(row):
        return Listed(place, row)
    if isinstance(row, list) and len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict):
        row = {**row[1], "text": row[0]}
    if not isinstance(row, dict) or row.keys() & _NOT_THEIRS:
        raise NotTheFormat(place)
    key = next((key for key in _LISTS if _are_mentions(row.get(key))), None)
    if key is None:
        raise NotTheFormat(place)
    own = next((str(row[name]) for name in _IDS if isinstance(row.get(name), str | int)), None)
    text = row.get("text")
    return Listed(place, row[key], own, text if isinstance(text, str) else None)


def _are_mentions(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mention, value))


def _is_mention(value: Any) -> bool:
    if isinstance(value, dict):
        return {"start", "end"} <= value.keys() and bool(value.keys() & {"label", "entity", "entity_group"})
    return is_triple(value)


def _of_doc(doc: Any) -> Listed:
    """The entities of a ``Doc`` of spaCy, which has no id."""
    return Listed("", [[entity.start_char, entity.end_char, entity.label_] for entity in doc.ents], text=doc.text)


# which article -------------------------------------------------------------------------------------------------------


def _tied(
    path: Path, listed: Sequence[Listed], articles: Sequence[Article]
) -> tuple[list[tuple[Listed, Article]], str]:
    """Each list with its article, and by what it was told."""
    if all(one.id is not None for one in listed):
        by_id = {article.id: article for article in articles}
        seen: dict[str, str] = {}
        for one in listed:
            if one.id in by_id and seen.setdefault(one.id, one.place) != one.place:
                raise PredictionsError(
                    f"{path}: {one.place}: article {one_line(one.id)} stands in {seen[one.id]} already; one list an "
                    "article"
                )
        if seen:
            return [(one, by_id[one.id]) for one in listed if one.id in by_id], "id"
    if all(one.text is not None for one in listed):
        waiting: dict[str, list[Article]] = defaultdict(list)
        for article in articles:
            waiting[article.text].append(article)
        texts = [stored_form(one.text or "").text for one in listed]
        tied = [(one, waiting[text].pop(0)) for one, text in zip(listed, texts, strict=True) if waiting.get(text)]
        if tied:
            return tied, "text"
        raise PredictionsError(
            f"{path}: not one of its {counted(len(listed), 'text')} is that of an article of the gold, the first is "
            f"{one_line(texts[0])}; predict the texts of the gold, or give each list its article's id"
        )
    if any(one.id is not None or one.text is not None for one in listed):
        first = next((one.id for one in listed if one.id is not None), "none")
        raise PredictionsError(
            f"{path}: its ids are those of no article of the gold, the first is {one_line(first)}; give each list the "
            f"id of its article ({one_line(articles[0].id)}, ...)"
        )
    if len(listed) != len(articles):
        raise PredictionsError(
            f"{path}: mentions of {counted(len(listed), 'text')}, the gold has {counted(len(articles), 'article')}; "
            "list every article "
            'in the order of the gold, or give each list its article\'s id: {"id": ..., "entities": [...]}'
        )
    return list(zip(listed, articles, strict=True)), "order"


# its mentions --------------------------------------------------------------------------------------------------------


def _mentions(listed: Listed, article: Article, *, place: str) -> Iterator[Mention]:
    stored = stored_form(listed.text if listed.text is not None else article.text)
    if stored.text != article.text:
        raise PredictionsError(f"{place}: the file's text is another, it begins with {one_line(stored.text[:60])}")
    whole: list[Mention] = []
    tokens: list[tuple[Mention, Any]] = []
    for item in listed.mentions:
        mention = _mention(item, stored, place=place)
        if mention.label == "O":
            continue
        if isinstance(item, dict) and "entity" in item and "entity_group" not in item:
            tokens.append((mention, item.get("index")))
        else:
            whole.append(mention)
    for mention in (*whole, *_put_together(tokens, stored.text)):
        start, end = trim(stored.text, mention.start, mention.end)
        yield replace(mention, start=start, end=end, text=stored.text[start:end])


def _mention(item: Any, stored: StoredText, *, place: str) -> Mention:
    """A mention, or a token of one, as the file has it: in the text, which there is what the file says, if it does."""
    given = dict(zip(("start", "end", "label"), item, strict=False)) if isinstance(item, list) else item
    start, end = given["start"], given["end"]
    if start is None or end is None:
        raise PredictionsError(
            f"{place}: a mention without offsets ({one_line(str(given.get('word', '')))}); predict with a fast "
            "tokenizer, which gives start and end"
        )
    if type(start) is not int or type(end) is not int:
        raise PredictionsError(
            f"{place}: the mention [{start!r}, {end!r}): offsets must be whole numbers (code points)"
        )
    label = str(given.get("entity_group") or given.get("entity") or given.get("label") or "")
    if not label:
        raise PredictionsError(f"{place}: the mention [{start}, {end}) has no label")
    try:
        score = float(given.get("score", 1.0))
    except (TypeError, ValueError):
        score = -1.0
    if not 0 <= score <= 1.0001:
        raise PredictionsError(
            f"{place}: the mention [{start}, {end}) has the score {given.get('score')!r}; it must lie between 0 and 1"
        )
    start, end = stored.from_original(start), stored.from_original(end)
    found = cut_out(stored.text, start, end)
    if found is None or not found.strip():
        raise PredictionsError(
            f"{place}: the mention [{start}, {end}) does not lie in its text of "
            f"{counted(len(stored.text), 'character')}; offsets are code points, end exclusive"
        )
    is_exact = "word" not in given
    word = given.get("text") if is_exact else given["word"]
    if isinstance(word, str) and not _is_said(found, word, is_exact=is_exact):
        raise PredictionsError(
            f"{place}: the mention [{start}, {end}) is {one_line(found)}, the file says {one_line(word)}; was another "
            "text predicted, or are the lists in another order than the articles? Give each list its article's id"
        )
    return Mention(start, end, label, found, min(score, 1.0))


def _is_said(found: str, word: str, *, is_exact: bool) -> bool:
    """Whether the file says what stands there; pieces of words in lower case, without accents, or as bytes."""
    if is_exact:
        return stored_form(word).text == found
    said = _letters(word)
    return not said.isascii() or said in _letters(found) or "unk" in word.lower()


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", _PIECE.sub("", text)).casefold()
    return "".join(character for character in plain if character.isalnum())


def _put_together(tokens: Sequence[tuple[Mention, Any]], text: str) -> Iterator[Mention]:
    """Mentions of tokens with their numbers: those of one label that follow each other, unless a tag begins anew.

    A mention's score is the mean of its tokens' (as transformers' ``aggregation_strategy="simple"`` has it).
    """
    tags = [_TAG.fullmatch(token.label) for token, _ in tokens]
    cells: list[Cell] = []
    of_cell: list[Mention] = []
    for i, ((token, number), tag) in enumerate(zip(tokens, tags, strict=True)):
        if i:
            before, number_before = tokens[i - 1]
            has_numbers = isinstance(number, int) and isinstance(number_before, int)
            if number != number_before + 1 if has_numbers else text[before.end : token.start].strip():
                cells.append(())
                of_cell.append(before)
        cells.append(((tag[1], tag[2]) if tag and all(tags) else ("I", token.label),))
        of_cell.append(token)
    for start, end, label, _ in chunks_of(cells, "iob2"):
        group = of_cell[start:end]
        score = sum(mention.confidence for mention in group) / len(group)
        yield replace(group[0], end=group[-1].end, label=label, confidence=score)

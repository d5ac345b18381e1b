"""Predictions as other libraries write them: transformers' pipeline, GLiNER, spaCy, and lists of mentions like theirs.

Comes in: a file that lists the mentions of each text. Goes out: predictions of the articles of the gold. What belongs
to which article is told by ids, else by the texts, else by the order; every mention is checked against its article.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError, PredictionsError
from eventcorpus.files import read_json, read_json_list, read_lines
from eventcorpus.formats.sample import Sample
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.schema import Article
from eventcorpus.text import StoredText, cut_out, one_line, stored_form, trim

DOCBIN = "spaCy's DocBin"
_LISTS = ("entities", "ents", "predictions", "spans", "label", "labels", "ner")
"""The keys under which the mentions of a text stand, where they stand beside its id or text."""
_IDS = ("id", "article_id", "doc_id")
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
        other = f"; {self.n_other:,} more are of no article of the gold" if self.n_other else ""
        return (
            f"read as {self.title}: {n_mentions:,} mentions in {len(self.predictions):,} texts, tied to articles by "
            f"{self.tied_by}{other}"
        )


def library_of(sample: Sample) -> str | None:
    """What wrote a file of mentions, or None if it is no such file."""
    if sample.path.suffix.lower() == ".spacy":
        return DOCBIN
    if not sample.shape:
        return None
    listed = list(_listed(sample.rows, sample.shape))
    if not listed or any(one is None for one in listed):
        return None
    return _title([one for one in listed if one is not None], sample.rows[0])


def read_library_predictions(path: Path, sample: Sample, articles: Sequence[Article]) -> LibraryPredictions:
    """Read such a file as predictions of these articles.

    Raises:
        InputError: if a line or item is no list of mentions, or spaCy is needed and not installed.
        PredictionsError: if the lists cannot be tied to the articles, or a mention does not fit its article.
    """
    title = library_of(sample) or "lists of mentions"
    listed = list(_docs(path) if title == DOCBIN else _whole(path, sample))
    tied, tied_by = _tied(path, listed, articles)
    model = ModelName(name=path.stem)
    predictions = [
        Prediction(
            model=model,
            id=article.id,
            text_sha256=article.text_sha256,
            published=article.published,
            mentions=tuple(_mentions(one, article, place=f"{path}: {one.place}: article {article.id}")),
        )
        for one, article in tied
    ]
    return LibraryPredictions(predictions, title, tied_by, len(listed) - len(tied))


# what a file lists ---------------------------------------------------------------------------------------------------


def _whole(path: Path, sample: Sample) -> Iterator[Listed]:
    rows: Iterable[Any]
    if sample.shape == "lines":
        rows = _rows_of_lines(path)
    else:
        rows = read_json_list(path) if sample.shape == "list" else [read_json(path)]
    unit = "line" if sample.shape == "lines" else "item"
    for number, one in enumerate(_listed(rows, sample.shape), start=1):
        if one is None:
            raise InputError(
                f"{path}: {unit} {number} lists no mentions as the first does; a list of mentions a text is needed, "
                "each with start, end and label"
            )
        yield one


def _rows_of_lines(path: Path) -> Iterator[Any]:
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}: line {number} is not valid JSON ({error})") from None


def _listed(rows: Iterable[Any], shape: str) -> Iterator[Listed | None]:
    """The mentions of each text; None for what lists no mentions.

    A list of mentions alone is one text; an object whose every value is such a list has ids for keys.
    """
    unit = "line" if shape == "lines" else "item"
    alone: list[Any] = []
    for number, row in enumerate(rows, start=1):
        if shape == "list" and _is_mention(row) and isinstance(row, dict):
            alone.append(row)
            continue
        is_by_id = shape == "value" and isinstance(row, dict) and row and not row.keys() & {*_LISTS, *_IDS, "text"}
        if is_by_id and all(map(_are_mentions, row.values())):
            yield from (Listed(f"key {one_line(key)}", mentions, id=key) for key, mentions in row.items())
            continue
        yield _of_row(row, f"{unit} {number}") if not alone else None
    if alone:
        yield Listed("item 1", alone)


def _of_row(row: Any, place: str) -> Listed | None:
    if isinstance(row, list):
        if len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict):
            inner = _of_row(row[1], place)
            return inner and Listed(place, inner.mentions, inner.id, row[0])
        return Listed(place, row) if _are_mentions(row) else None
    if not isinstance(row, dict) or row.keys() & _NOT_THEIRS:
        return None
    key = next((key for key in _LISTS if _are_mentions(row.get(key))), None)
    if key is None:
        return None
    id_ = next((row[name] for name in _IDS if isinstance(row.get(name), str | int)), None)
    text = row.get("text")
    return Listed(place, row[key], None if id_ is None else str(id_), text if isinstance(text, str) else None)


def _are_mentions(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mention, value))


def _is_mention(value: Any) -> bool:
    if isinstance(value, dict):
        return {"start", "end"} <= value.keys() and bool(value.keys() & {"label", "entity", "entity_group"})
    is_triple = isinstance(value, list) and len(value) >= 3 and isinstance(value[2], str)
    return is_triple and all(isinstance(offset, int) for offset in value[:2])


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


def _docs(path: Path) -> Iterator[Listed]:
    """The documents of a DocBin, which have no ids.

    Raises:
        InputError: if spaCy is not installed, or cannot read the file.
    """
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError:
        raise InputError(
            f"{path}: {DOCBIN} needs spaCy: pip install 'eventcorpus[spacy]'; or write doc.to_json(), a line each"
        ) from None
    try:
        docs = list(DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))
    except Exception as error:  # what bytes that are no DocBin raise depends on where they go wrong
        raise InputError(f"{path}: spaCy cannot read it ({type(error).__name__}); is it a DocBin?") from None
    for number, doc in enumerate(docs, start=1):
        mentions = [{"start": e.start_char, "end": e.end_char, "label": e.label_, "text": e.text} for e in doc.ents]
        yield Listed(f"document {number}", mentions, text=doc.text)


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
            f"{path}: not one of its {len(listed):,} texts is that of an article of the gold, the first is "
            f"{one_line(texts[0])}; predict the texts of the gold, or give each list its article's id"
        )
    if any(one.id is not None or one.text is not None for one in listed):
        raise PredictionsError(
            f"{path}: its ids are those of no article of the gold, the first is {one_line(_first_id(listed))}; give "
            f"each list the id of its article ({one_line(articles[0].id)}, ...)"
        )
    if len(listed) != len(articles):
        raise PredictionsError(
            f"{path}: mentions of {len(listed):,} texts, the gold has {len(articles):,} articles; list every article "
            'in the order of the gold, or give each list its article\'s id: {"id": ..., "entities": [...]}'
        )
    return list(zip(listed, articles, strict=True)), "order"


def _first_id(listed: Sequence[Listed]) -> str:
    return next((one.id for one in listed if one.id is not None), "none")


# its mentions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    """A mention, or one token of it (with ``index``), as the file has it; ``word`` is what it says stands there."""

    start: int
    end: int
    label: str
    score: float
    word: str | None
    is_exact: bool
    index: int | None = None


def _mentions(listed: Listed, article: Article, *, place: str) -> Iterator[PredictedMention]:
    stored = stored_form(listed.text if listed.text is not None else article.text)
    if listed.text is not None and stored.text != article.text:
        raise PredictionsError(f"{place}: the file's text is another, it begins with {one_line(stored.text[:60])}")
    pieces = [_piece(mention, stored, place=place) for mention in listed.mentions]
    for piece in pieces:
        _check(piece, article, place=place)
    for start, end, label, score in _put_together(pieces, article.text):
        start, end = trim(article.text, start, end)
        yield PredictedMention(start=start, end=end, label=label, text=article.text[start:end], confidence=score)


def _piece(mention: Any, stored: StoredText, *, place: str) -> _Piece:
    if isinstance(mention, list):
        mention = {"start": mention[0], "end": mention[1], "label": mention[2]}
    start, end = mention["start"], mention["end"]
    if start is None or end is None:
        raise PredictionsError(
            f"{place}: a mention without offsets ({one_line(str(mention.get('word', '')))}); predict with a fast "
            "tokenizer, which gives start and end"
        )
    if not all(isinstance(offset, int) and not isinstance(offset, bool) for offset in (start, end)):
        raise PredictionsError(
            f"{place}: the mention [{start!r}, {end!r}): offsets must be whole numbers (code points)"
        )
    label = str(mention.get("entity_group") or mention.get("entity") or mention.get("label") or "")
    if not label:
        raise PredictionsError(f"{place}: the mention [{start}, {end}) has no label")
    try:
        score = float(mention.get("score", 1.0))
    except (TypeError, ValueError):
        score = -1.0
    if not 0 <= score <= 1.0001:
        raise PredictionsError(
            f"{place}: the mention [{start}, {end}) has the score {mention.get('score')!r}; it must lie between 0 and 1"
        )
    word, is_exact = (mention["word"], False) if "word" in mention else (mention.get("text"), True)
    index = mention.get("index") if "entity" in mention and "entity_group" not in mention else None
    return _Piece(
        stored.from_original(start),
        stored.from_original(end),
        label,
        min(score, 1.0),
        word if isinstance(word, str) else None,
        is_exact,
        index if isinstance(index, int) else (-1 if "entity" in mention and "entity_group" not in mention else None),
    )


def _check(piece: _Piece, article: Article, *, place: str) -> None:
    """See that the mention lies in the text, and that the text there is what the file says, as far as it says it."""
    found = cut_out(article.text, piece.start, piece.end)
    if found is None or not found.strip():
        raise PredictionsError(
            f"{place}: the mention [{piece.start}, {piece.end}) does not lie in its text of {len(article.text):,} "
            "characters; offsets are code points, end exclusive"
        )
    if piece.word is None or (piece.is_exact and stored_form(piece.word).text == found):
        return
    said = _letters(piece.word)
    if not piece.is_exact and (not said.isascii() or said in _letters(found) or "unk" in piece.word.lower()):
        return  # pieces of words, in lower case, without accents, or as bytes
    raise PredictionsError(
        f"{place}: the mention [{piece.start}, {piece.end}) is {one_line(found)}, the file says "
        f"{one_line(piece.word)}; was another text predicted, or are the lists in another order than the articles? "
        "Give each list its article's id"
    )


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", _PIECE.sub("", text)).casefold()
    return "".join(character for character in plain if character.isalnum())


def _put_together(pieces: Sequence[_Piece], text: str) -> Iterator[tuple[int, int, str, float]]:
    """Mentions of pieces: tokens of one label that follow each other are one, unless a tag begins anew.

    A mention's score is the mean of its tokens' (as transformers' ``aggregation_strategy="simple"`` has it).
    """
    tokens = [piece for piece in pieces if piece.index is not None and piece.label != "O"]
    yield from ((p.start, p.end, p.label, p.score) for p in pieces if p.index is None and p.label != "O")
    tags = [_TAG.fullmatch(token.label) for token in tokens]
    has_tags = bool(tags) and all(tags)
    group: list[_Piece] = []
    before = ("", "")
    for token, tag in zip(tokens, tags, strict=True):
        prefix, label = (tag[1], tag[2]) if has_tags and tag else ("", token.label)
        goes_on = (
            bool(group)
            and label == before[1]
            and prefix not in ("B", "S", "U")
            and before[0] not in ("E", "L", "S", "U")
            and _follows(token, group[-1], text)
        )
        if group and not goes_on:
            yield _joined(group, before[1])
            group = []
        group.append(token)
        before = (prefix, label)
    if group:
        yield _joined(group, before[1])


def _follows(token: _Piece, before: _Piece, text: str) -> bool:
    if token.index is not None and before.index is not None and min(token.index, before.index) >= 0:
        return token.index == before.index + 1
    return not text[before.end : token.start].strip()


def _joined(group: Sequence[_Piece], label: str) -> tuple[int, int, str, float]:
    return group[0].start, group[-1].end, label, sum(token.score for token in group) / len(group)

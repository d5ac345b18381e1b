"""The predictions file: one JSON object per article and line. One format, one reader, one writer.

Every command that wants a model's opinion takes this file, whichever system wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eventcorpus.errors import PredictionsError
from eventcorpus.files import read_json_lines
from eventcorpus.schema import Article, Mention
from eventcorpus.text import one_line


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelName(_Part):
    """Which model spoke; ``hash`` is over its files (``models.folder.model_hash``)."""

    name: str
    hash: str = ""

    @property
    def version(self) -> str:
        """``name@hash12``, as Label Studio's ``model_version`` says it; the name alone where no hash is known."""
        return f"{self.name}@{self.hash[:12]}" if self.hash else self.name


class PredictedMention(_Part):
    """A predicted span; offsets are code points of the stored text, end exclusive."""

    start: Annotated[int, Field(ge=0, strict=True)]
    end: Annotated[int, Field(ge=1, strict=True)]
    label: str
    text: str
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0


class Prediction(_Part):
    """One line: what one model found in one article. ``text`` is there if it was asked for."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    model: ModelName
    id: str
    text_sha256: str
    published: str | None = None
    mentions: tuple[PredictedMention, ...]
    warnings: tuple[str, ...] = ()
    text: str | None = None


def prediction_of(
    article: Article,
    mentions: Iterable[Mention],
    model: ModelName,
    *,
    warnings: Iterable[str] = (),
    with_text: bool = False,
) -> Prediction:
    """Put mentions of one article into the form of the file."""
    return Prediction(
        model=model,
        id=article.id,
        text_sha256=article.text_sha256,
        published=article.published,
        mentions=tuple(
            PredictedMention(start=m.start, end=m.end, label=m.label, text=m.text, confidence=round(m.confidence, 4))
            for m in mentions
        ),
        warnings=tuple(warnings),
        text=article.text if with_text else None,
    )


def prediction_line(prediction: Prediction) -> str:
    """One line of the file, without its line feed. Keys without a value are left out."""
    return prediction.model_dump_json(by_alias=True, exclude_none=True)


def read_predictions(lines: Iterable[str], *, place: str) -> Iterator[Prediction]:
    """Read a predictions file.

    Raises:
        PredictionsError: naming the line, the key and the value that does not fit.
    """
    seen: dict[str, int] = {}
    for number, row in read_json_lines(lines, place=place):
        try:
            prediction = Prediction.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise PredictionsError(f"{place}: line {number}: {where}: {first['msg']}") from None
        if prediction.id in seen:
            raise PredictionsError(
                f"{place}: line {number}: article {prediction.id!r} stands on line {seen[prediction.id]} "
                "already; one line an article"
            )
        seen[prediction.id] = number
        yield prediction


def check_prediction(prediction: Prediction, article: Article, *, place: str) -> None:
    """Check a prediction against the article that it speaks of.

    Raises:
        PredictionsError: if it was made from another text, or an offset does not cut out its text.
    """
    if prediction.text_sha256 != article.text_sha256:
        raise PredictionsError(
            f"{place}: article {article.id}: predicted on a text with sha256 {prediction.text_sha256[:12]}..., "
            f"the article has {article.text_sha256[:12]}...; extract again from this text"
        )
    for m in prediction.mentions:
        found = article.text[m.start : m.end]
        if not 0 <= m.start < m.end <= len(article.text) or found != m.text:
            raise PredictionsError(
                f"{place}: article {article.id}: the mention [{m.start}, {m.end}) is {one_line(found)} in a text of "
                f"{len(article.text)} characters, the file says {one_line(m.text)}; offsets are code "
                "points, end exclusive"
            )

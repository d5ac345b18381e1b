"""The predictions file: one JSON object per line and article, whichever system wrote it.

Commands that check, rank or show predictions read this file and load no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from eventcorpus.errors import PredictionsError
from eventcorpus.files import StrictModel, parse_as, read_json_lines, read_text
from eventcorpus.schema import LOW_CONFIDENCE, Article, Mention
from eventcorpus.tables import counted
from eventcorpus.text import cut_out, one_line, sha256_of


class WarningCode(StrEnum):
    """What a warning of a prediction is about: the word before its colon.

    All but ``TEXT`` say that the model may be unable to read the article.
    """

    TEXT = "text"
    SCRIPT = "script"
    TOKENS = "unknown tokens"
    LANGUAGE = "language"
    WORDS = "words"


TEXT_CHANGED = (
    f"{WarningCode.TEXT}: line ends, control characters or lone surrogates were replaced; "
    "offsets refer to the stored text"
)
"""The warning on an article whose text is not the one that came in."""


class ModelName(StrictModel):
    """The model that made a prediction; ``hash`` is over its files (``models.folder.model_hash``).

    ``backend``: what ran it, where that was not torch in fp32 (``inference.backends``).
    """

    name: str
    hash: str = ""
    backend: str | None = None

    @property
    def version(self) -> str:
        """``name@hash12``, as Label Studio's ``model_version`` says it; the name alone where no hash is known."""
        return f"{self.name}@{self.hash[:12]}" if self.hash else self.name


class PredictedMention(StrictModel):
    """A predicted span; offsets are code points of the stored text, end exclusive.

    ``id`` is what roles call it, unique in its article. ``attributes``: name to value, or to values where the attribute
    takes more than one.
    """

    start: Annotated[int, Field(ge=0, strict=True)]
    end: Annotated[int, Field(ge=1, strict=True)]
    label: str
    text: str
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    id: Annotated[str, Field(min_length=1)] | None = None
    attributes: dict[str, str | tuple[str, ...]] | None = None
    attribute_confidences: dict[str, Annotated[float, Field(ge=0, le=1)]] | None = None

    @property
    def attribute_values(self) -> dict[str, tuple[str, ...]]:
        """The values of each attribute, in the order of the file."""
        given = self.attributes or {}
        return {name: (value,) if isinstance(value, str) else value for name, value in given.items()}


class PredictedRole(StrictModel):
    """A predicted link from a trigger to its argument, both ids of mentions of the same article."""

    role: str
    trigger: str
    argument: str
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0


class Prediction(StrictModel):
    """One line: what one model found in one article. ``text`` is there if it was asked for.

    Each of ``warnings`` begins with a code and a colon: ``text`` (characters were replaced), and where the model may be
    unable to read the article ``script``, ``unknown tokens``, ``language`` or ``words``.

    Ids, attributes and roles are left out by systems that find mentions alone.
    """

    schema_: Literal[1] = Field(alias="schema", default=1)
    model: ModelName
    id: str
    text_sha256: str
    published: str | None = None
    mentions: tuple[PredictedMention, ...]
    warnings: tuple[str, ...] = ()
    text: str | None = None
    roles: tuple[PredictedRole, ...] | None = None

    @property
    def unreadable(self) -> list[str]:
        """The warnings that the model may be unable to read the article."""
        codes = set(WarningCode) - {WarningCode.TEXT}
        return [warning for warning in self.warnings if warning.partition(":")[0] in codes]


def prediction_of(
    article: Article,
    mentions: Iterable[Mention],
    model: ModelName,
    *,
    warnings: Iterable[str] = (),
    with_text: bool = False,
) -> Prediction:
    """Put mentions of one article into the form of the file."""
    mentions = list(mentions)
    roles = tuple(
        PredictedRole(role=link.role, trigger=m.id, argument=link.argument, confidence=round(link.confidence, 4))
        for m in mentions
        for link in m.links
    )
    return Prediction(
        model=model,
        id=article.id,
        text_sha256=article.text_sha256,
        published=article.published,
        mentions=tuple(
            PredictedMention(
                start=m.start,
                end=m.end,
                label=m.label,
                text=m.text,
                confidence=round(m.confidence, 4),
                id=m.id or None,
                attributes={a.attribute: a.value for a in m.attributes} if m.id else None,
                attribute_confidences={a.attribute: round(a.confidence, 4) for a in m.attributes} if m.id else None,
            )
            for m in mentions
        ),
        roles=roles if any(m.id for m in mentions) else None,
        warnings=tuple(warnings),
        text=article.text if with_text else None,
    )


def prediction_line(prediction: Prediction) -> str:
    """One line of the file, without its line feed. Keys without a value are left out."""
    return prediction.model_dump_json(by_alias=True, exclude_none=True)


def read_prediction_file(path: Path) -> dict[str, Prediction]:
    """The predictions of a file by article id, in its order; raises as ``read_predictions``."""
    return {p.id: p for p in read_predictions(read_text(path).split("\n"), place=str(path))}


def read_predictions(lines: Iterable[str], *, place: str) -> Iterator[Prediction]:
    """Read a predictions file.

    Raises:
        PredictionsError: naming the line, the key and the value that does not fit; ids that are doubled, and roles
            that link what is not there, a mention to itself, or twice the same.
    """
    seen: dict[str, int] = {}
    for number, row in read_json_lines(lines, place=place):
        hint = "; a mention's score is called confidence here" if _has_scores(row) else ""
        prediction = parse_as(Prediction, row, place=f"{place}: line {number}", hint=hint, error=PredictionsError)
        if prediction.id in seen:
            raise PredictionsError(
                f"{place}: line {number}: article {prediction.id!r} stands on line {seen[prediction.id]} "
                "already; one line an article"
            )
        seen[prediction.id] = number
        if broken := _broken_link(prediction):
            raise PredictionsError(f"{place}: line {number}: article {prediction.id!r}: {broken}")
        yield prediction


def _has_scores(row: dict[str, Any]) -> bool:
    mentions = row.get("mentions")
    return isinstance(mentions, list) and any(isinstance(mention, dict) and "score" in mention for mention in mentions)


def _broken_link(prediction: Prediction) -> str | None:
    """What is wrong with the ids of an article's mentions or with its roles, and the way out."""
    ids = Counter(m.id for m in prediction.mentions if m.id is not None)
    doubled = [name for name, n in ids.items() if n > 1]
    if doubled:
        return f"the id {one_line(doubled[0])} stands at {ids[doubled[0]]} mentions; ids are unique in their article"
    seen: set[tuple[str, str, str]] = set()
    for role in prediction.roles or ():
        name = f"the role {one_line(role.role)} {one_line(role.trigger)} -> {one_line(role.argument)}"
        unknown = [end for end in (role.trigger, role.argument) if end not in ids]
        if unknown:
            return f"{name}: no mention has the id {one_line(unknown[0])}; roles link mentions by their ids"
        if role.trigger == role.argument:
            return f"{name} links a mention to itself; a role links two"
        if (role.role, role.trigger, role.argument) in seen:
            return f"{name} stands twice; say it once"
        seen.add((role.role, role.trigger, role.argument))
    return None


def check_prediction(prediction: Prediction, article: Article, *, place: str) -> None:
    """Check a prediction against the article that it speaks of.

    Raises:
        PredictionsError: if it was made from another text, an offset does not cut out its text, or a role links what
            is not there.
    """
    why = prediction_mismatch(prediction, article.text, sha256=article.text_sha256) or _broken_link(prediction)
    if why:
        raise PredictionsError(f"{place}: article {article.id}: {why}")


def prediction_mismatch(prediction: Prediction, text: str, *, sha256: str | None = None) -> str | None:
    """Why a prediction does not fit a stored text, or None; ``sha256`` is the text's, if it is known."""
    sha256 = sha256 or sha256_of(text)
    if prediction.text_sha256 != sha256:
        return (
            f"predicted on a text with sha256 {prediction.text_sha256[:12]}..., the article has {sha256[:12]}...; "
            "extract again from this text"
        )
    for m in prediction.mentions:
        found = text[m.start : m.end]
        if cut_out(text, m.start, m.end) != m.text:
            return (
                f"the mention [{m.start}, {m.end}) is {one_line(found)} in a text of "
                f"{counted(len(text), 'character')}, the file says {one_line(m.text)}; offsets are code points, end "
                "exclusive"
            )
    return None


@dataclass
class LowConfidenceCount:
    """Counts mentions that are less sure than ``LOW_CONFIDENCE``."""

    n_mentions: int = 0
    n_low: int = 0
    first: str = ""

    def add(self, prediction: Prediction) -> Prediction:
        """Count those of one article, and give it back."""
        low = [mention for mention in prediction.mentions if mention.confidence < LOW_CONFIDENCE]
        self.n_mentions += len(prediction.mentions)
        self.n_low += len(low)
        if low and not self.first:
            self.first = f"{one_line(prediction.id)}, {low[0].label} {one_line(low[0].text, 40)}"
        return prediction

    def notices(self) -> Iterator[str]:
        """One line, if there are any."""
        if self.n_low:
            yield (
                f"mentions of a confidence below {LOW_CONFIDENCE:g}: {self.n_low:,} of {self.n_mentions:,}, such as "
                f"the rest of a mention that a line break cuts; --min-confidence {LOW_CONFIDENCE:g} leaves them out; "
                f"the first: {self.first}"
            )


@dataclass
class UnreadableCount:
    """Counts articles that a model may have been unable to read, by what their warnings are about."""

    n_articles: int = 0
    n_unreadable: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    first: str = ""

    @classmethod
    def of(cls, predictions: Iterable[Prediction]) -> UnreadableCount:
        """Count all of them."""
        count = cls()
        for prediction in predictions:
            count.add(prediction)
        return count

    def add(self, prediction: Prediction) -> Prediction:
        """Count one, and give it back."""
        warnings = prediction.unreadable
        self.n_articles += 1
        self.n_unreadable += bool(warnings)
        self.codes.update({warning.partition(":")[0] for warning in warnings})
        if warnings and not self.first:
            self.first = f"{one_line(prediction.id)}, {warnings[0]}"
        return prediction

    def notices(self) -> Iterator[str]:
        """One line, if there are any."""
        if self.n_unreadable:
            listed = ", ".join(f"{code} {self.codes[code]:,}" for code in WarningCode if self.codes[code])
            yield (
                f"the model may be unable to read {self.n_unreadable:,} of {counted(self.n_articles, 'article')} "
                f"({listed}), do not rely on its mentions there; the first: {self.first}"
            )

"""The conversion report: what came in, went out, was repaired or refused, and why. Nothing is lost in silence.

Reasons are codes. Their words, which ``loss_report.json`` and messages show, are made when they are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, get_args

from eventcorpus.errors import InputError, StrictError
from eventcorpus.schema import AnnotatedArticle, Role
from eventcorpus.tables import counted

Kind = Literal["articles", "spans", "roles", "attributes"]
Verdict = Literal["repaired", "refused", "flagged"]
KINDS: tuple[Kind, ...] = get_args(Kind)
REPLACED = "texts with control characters or lone surrogates, which are U+FFFD now"
"""A note."""
Place = tuple[int, int]
"""(start, end) of a span in its article."""


class Code(StrEnum):
    """Why an item was repaired, refused, flagged or left out; the value is what people read, ``{}`` a detail."""

    # whole articles and documents
    NOT_ANNOTATED = "not annotated"
    NOT_ANNOTATED_IN_EVERY_PART = "not annotated in every part"
    SKIPPED_BY_ALL = "skipped by its annotators"
    ANSWERED = "its annotator answered {}"
    PART_MISSING = "a part is not in the export"
    NO_TEXT = "no text"
    NO_TXT = "no .txt beside it"
    NO_ANN = "no .ann beside it: not annotated"
    TOKENS_NOT_IN_TEXT = "tokens do not follow one another in the text"
    NOT_ADJUDICATED = "annotators differ, nobody adjudicated: the first annotator's"
    NO_ARTICLE_WITH_TEXT = "no article with this text"
    OTHER_TEXT_UNDER_ID = "another text stands under its id"
    # items of an annotation or article that does not count
    ARTICLE_PART_MISSING = "a part of its article is not in the export"
    NEWER_ANNOTATION = "a newer annotation by the same person"
    NOT_EVERY_PART = "its annotator did not do every part"
    ANNOTATION_SKIPPED = "its annotation was skipped"
    ARTICLE_REFUSED = "its article was refused"
    ARTICLE_MISSING = "its article is not there"
    DOCUMENT_MISSING = "of a document that is not there"
    # the form of an item
    NO_OBJECT = "not a JSON object"
    FORMAT = "does not follow the format"
    ID_TWICE = "the id stands twice"
    OTHER_OBJECT = "drawn on another object than the article's text"
    # places of spans
    OFFSET_NO_NUMBER = "offset is not a whole number"
    OFFSET_RANGE = "offset out of range"
    NO_CHARACTER = "covers no character"
    TOKEN_OFFSETS_RANGE = "token offsets {} out of range"
    TEXT_DIFFERS = "text does not match"
    ONLY_BLANKS = "nothing but blanks"
    UTF16 = "offsets were UTF-16 units"
    BYTES = "offsets were bytes of UTF-8"
    CRLF_AS_ONE = "offsets counted CR LF as one character"
    LF_AS_TWO = "offsets counted a line feed as two characters"
    MARK_COUNTED = "offsets counted the byte order mark"
    COUNTED_OTHERWISE = "offsets {}"
    TWO_COUNTINGS = "offsets either {} or {}: its texts fit both ways, in different places"
    EDGE_BLANKS = "blanks at the edges"
    OTHER_BLANKS_OR_QUOTES = "its text has other blanks or quotation marks than the article"
    SEVERAL_PIECES = "in several pieces: one span from the first to the last"
    # labels of spans
    NO_LABEL = "region without a label"
    SEVERAL_LABELS = "several labels: one span each"
    UNKNOWN_LABEL = "label not in the ontology"
    LABEL_TOO_LONG = "the label is too long"
    NAME_SPLIT = "{} was split into {} in {}: annotate it again"
    NAME_REMOVED = "{} was removed in {}"
    SAME_REGION_TWICE = "the same region twice"
    SAME_SPAN_TWICE = "the same span twice"
    OVERLAP = "overlaps {}, and the ontology is flat"
    TRIGGER_TYPE_DIFFERS = "its trigger is of type {}"
    TRIGGER_MISSING = "its trigger {} is not there"
    TAG_OPENS_SPAN = "{}- opens a span"
    TAG_ENDS_NO_SPAN = "span without an end tag"
    PART_OF_WORD = "a part of what is written as one word: the whole of it"
    # attributes
    UNKNOWN_ATTRIBUTE = "attribute not in the ontology"
    UNKNOWN_VALUE = "not one of the attribute's values"
    LABEL_WITHOUT_ATTRIBUTE = "{} does not carry it"
    SAID_TWICE = "said twice"
    EMPTY_NOTE = "an empty note"
    OF_NO_SPAN = "of something that is no span"
    SPAN_REFUSED = "its span was refused"
    REGION_REFUSED = "its region is missing or was refused"
    # roles
    NO_ROLE = "relation without a label"
    UNKNOWN_ROLE = "role not in the ontology"
    UNKNOWN_ROLE_NAMED = "role {} not in the ontology"
    END_MISSING = "a {} it links is missing or was refused"
    LINKS_ITSELF = "links a {} to itself"
    GIVEN_TWICE = "given twice"
    DRAWN_TWICE = "drawn twice"
    TURNED_ROUND = "drawn from the argument to the trigger: turned round"
    DRAWN_BOTH_WAYS = "drawn in both directions: read from the trigger"
    DRAWN_RIGHT_TO_LEFT = "drawn right to left"
    SHARED_TRIGGER = "{} is the trigger of several events: said of the first of them, {}"
    NOT_FROM_TRIGGER = "role does not start at a trigger"
    AGAINST_SIGNATURES = "role against the ontology's signatures"
    LINK_TO_LATER_TRIGGER = "same event links to a later trigger"
    END_OF_SEVERAL_TYPES = "an end has several types: the one with the highest confidence"
    ENTITY_MISSING = "its entity is not there"
    ENTITY_TEXT_DIFFERS = "its text is not its entity's"
    RELATIONS_NOT_READ = "relations are not read"
    # what an export cannot hold
    WITHOUT = "without {}"
    NOT_IN_FORMAT = "the format has no {}"
    BEYOND_LAYER = "overlaps {}, and one layer of tags holds one of them"
    NO_WORD_OF_ITS_OWN = "every word of it is another span's"
    WHOLE_WORDS = "begins or ends inside a word: the whole of it"
    ON_ONE_LINE = "blanks for its line breaks and at its edges"
    # what the user asked to leave out
    CONFIDENCE = "confidence below {}"
    CONFIDENCE_OF_END = "an end has confidence below {}"
    MAPPED_TO_NULL = "{} is mapped to null"
    SAME_SPAN_MAPPED = "the same span is {} already"
    SPAN_LEFT_OUT = "its span is left out"
    NO_SUCH_ATTRIBUTE = "{} has no such attribute or value"
    END_LEFT_OUT = "a span it links is left out or was refused"
    SAME_ROLE_MAPPED = "links one span to itself, or the same two again, under the new labels"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with the details that its words need."""

    code: Code
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return _writable(self.code.value.format(*self.details))


@dataclass(frozen=True, slots=True)
class Item:
    """One item that was repaired, refused or flagged.

    ``name`` is what messages call it. ``place`` is where it starts and ends as its file has it, if that is known.
    """

    kind: Kind
    verdict: Verdict
    article: str
    name: str
    reason: Reason
    place: Place | None = None

    def as_json(self) -> dict[str, str]:
        """The item as ``loss_report.json`` holds it."""
        return {
            "kind": self.kind, "verdict": self.verdict, "article": self.article, "item": self.name,
            "reason": str(self.reason),
        }  # fmt: skip


@dataclass
class ConversionReport:
    """Counts per kind, with in = kept + repaired + refused and out = kept + repaired.

    A *flagged* item is kept, but breaks a rule that Label Studio cannot enforce; ``--strict`` refuses it. What the user
    asked to leave out counts as refused, by kind and reason, and breaks no rule: ``--strict`` passes.

    ``refuses``: items that cannot be right are refused and counted (``--refuse``), instead of being an error.
    """

    refuses: bool = False
    kept: Counter[Kind] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[Kind, Reason]] = field(default_factory=Counter)
    _items: list[Item | None] = field(default_factory=list)
    """What was met; None is a repair that was taken back."""
    _repaired: dict[tuple[Kind, str, str | Role], list[int]] = field(default_factory=dict, repr=False)
    """Which of the items are repairs of the span or role with this key."""

    @property
    def items(self) -> list[Item]:
        """The items that were not simply kept, in the order in which they were met."""
        return [item for item in self._items if item is not None]

    def keep(self, kind: Kind, n: int = 1) -> None:
        """Count ``n`` items that go out as they came in."""
        self.kept[kind] += n

    def keep_article(self, annotated: AnnotatedArticle) -> None:
        """Count an article whose spans, roles and attributes go out as they came in."""
        self.keep("articles")
        self.keep("spans", len(annotated.spans))
        self.keep("roles", len(annotated.roles))
        self.keep("attributes", sum(len(span.attributes) for span in annotated.spans))

    def repair(
        self, kind: Kind, article: str, name: str, reason: Code | Reason, *,
        key: str | Role | None = None, place: Place | None = None,
    ) -> None:  # fmt: skip
        """Count an item that goes out changed, as the span or role ``key``."""
        if key is not None:
            self._repaired.setdefault((kind, article, key), []).append(len(self._items))
        self._items.append(Item(kind, "repaired", article, _writable(name), _reason(reason), place))

    def refuse(
        self, kind: Kind, article: str, name: str, reason: Code | Reason, *, n: int = 1, place: Place | None = None
    ) -> None:
        """Count ``n`` items of one name that do not go out."""
        self._items += [Item(kind, "refused", article, _writable(name), _reason(reason), place)] * n

    def fault(
        self, kind: Kind, article: str, name: str, reason: Code | Reason, *,
        detail: str = "", error: type[InputError] = InputError, place: Place | None = None,
    ) -> None:  # fmt: skip
        """Refuse an item that cannot be right, or stop.

        Raises:
            InputError: of the class ``error``, with the detail, unless the report refuses.
        """
        if not self.refuses:
            words = f"{reason}: {detail}" if detail else str(reason)
            if reason is not Code.UNKNOWN_LABEL:  # its way out keeps the items
                words += " (--refuse leaves such items out and counts them)"
            raise error(f"article {article}: {name}: {words}")
        self.refuse(kind, article, name, reason, place=place)

    def flag(self, kind: Kind, article: str, name: str, reason: Code | Reason) -> None:
        """Note an item that is counted as kept elsewhere but breaks a rule."""
        self._items.append(Item(kind, "flagged", article, _writable(name), _reason(reason)))

    def leave_out(self, kind: Kind, reason: Code | Reason, n: int = 1) -> None:
        """Count ``n`` items that do not go out because the user asked for it."""
        if n:
            self.left_out[kind, _reason(reason)] += n

    def take_back(self, kind: Kind, article: str, key: str | Role | None = None, *, n: int = 1) -> None:
        """Uncount what was kept or repaired and will not go out after all; refuse it or leave it out then.

        Args:
            key: the id of its span, or the role, of one item; without one ``n`` items were kept.
        """
        numbers = self._repaired.get((kind, article, key)) if key is not None else None
        if numbers:
            self._items[numbers.pop(0)] = None
        else:
            self.kept[kind] -= n

    def note(self, what: str, n: int = 1) -> None:
        """Count something worth knowing that is no loss."""
        self.notes[what] += n

    def counts(self, kind: Kind) -> dict[str, int]:
        """What came in, was kept, repaired and refused, went out, and how much of it is flagged."""
        met = Counter(item.verdict for item in self.items if item.kind == kind)
        met["refused"] += sum(n for (of, _), n in self.left_out.items() if of == kind)
        kept, repaired, refused = self.kept[kind], met["repaired"], met["refused"]
        return {
            "in": kept + repaired + refused,
            "kept": kept,
            "repaired": repaired,
            "refused": refused,
            "out": kept + repaired,
            "flagged": met["flagged"],
        }

    def reasons(self, kind: Kind) -> dict[str, int]:
        """How often each reason was met, in words, in alphabetical order."""
        reasons = Counter(f"{item.verdict}: {item.reason}" for item in self.items if item.kind == kind)
        reasons.update({f"left out: {reason}": n for (of, reason), n in self.left_out.items() if of == kind})
        return dict(sorted(reasons.items()))

    def as_json(self) -> dict[str, Any]:
        """The report as ``loss_report.json`` holds it."""
        kinds: dict[str, Any] = {kind: self.counts(kind) | {"reasons": self.reasons(kind)} for kind in KINDS}
        items = [item.as_json() for item in self.items]
        return {"schema": 1, **kinds, "notes": dict(sorted(self.notes.items())), "items": items}

    def summary(self) -> str:
        """One line: what came in and went out, per kind."""
        return summary_of({kind: self.counts(kind) for kind in KINDS})

    def check_strict(self) -> None:
        """Raise StrictError if anything was repaired, refused or flagged."""
        if self.items:
            first = self.items[0]
            raise StrictError(
                f"--strict: {self.summary()}; the first: article {first.article}: {first.name} {first.verdict} "
                f"({first.reason}); nothing was written; run without --strict and read loss_report.json"
            )


def summary_of(counts: Mapping[str, Any]) -> str:
    """One line of what came in and went out: per kind its ``counts``, as ``loss_report.json`` has them."""
    parts = []
    for kind in KINDS:
        of_kind = counts[kind]
        changed = ", ".join(f"{of_kind[v]} {v}" for v in ("repaired", "refused", "flagged") if of_kind[v])
        came = counted(of_kind["in"], kind.removesuffix("s"))
        parts.append(f"{of_kind['out']:,} of {came}" + (f" ({changed})" if changed else ""))
    return ", ".join(parts)


def _reason(reason: Code | Reason) -> Reason:
    return reason if isinstance(reason, Reason) else Reason(reason)


def _writable(words: str) -> str:
    """Words as UTF-8 has them: without the lone surrogates that JSON may have."""
    return words if words.isascii() else words.encode("utf-8", errors="replace").decode()

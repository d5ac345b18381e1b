"""Where the text of an article stands in a task: in one field, in several (title and body), or in turns of a dialogue.

Comes in: a configuration, and the ``data`` of a task. Goes out: one text, and where in it each object's stretches lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from eventcorpus.annotation.document import Fault
from eventcorpus.conversion_report import Code
from eventcorpus.errors import OntologyError
from eventcorpus.labelstudio.config import TEXT_OBJECT, targets
from eventcorpus.tables import counted
from eventcorpus.text import from_utf16, one_line

SEPARATOR = "\n\n"
"""Stands between the texts of several objects, and between the turns of a dialogue, in the article's text."""
_LABEL_CONTROLS = ("labels", "paragraphlabels", "hypertextlabels")


@dataclass(frozen=True)
class TextObject:
    """An object of a configuration that labels are drawn on.

    Attributes:
        key: where its text stands in a task's ``data``.
        name: the ``to_name`` of regions on it; None: any.
        turn_key: of a dialogue (Paragraphs): where the text stands in each of its turns.
    """

    key: str = TEXT_OBJECT
    name: str | None = None
    turn_key: str | None = None


PLAIN = (TextObject(),)
"""Where no configuration says anything: the text is ``text``."""


class Located(NamedTuple):
    """Where a region stands in the text of its task with its text, or why it cannot, and what was mended."""

    pieces: tuple[tuple[int, int], ...]
    said: str | None = None
    fault: Fault | None = None
    repair: Code | None = None


class TaskText(NamedTuple):
    """The text of a task as the server has it.

    Attributes:
        original: the texts of all its objects, in their order, joined by ``SEPARATOR``.
        name: the ``to_name`` of regions on the only object; None: any.
        stretches: by object, where its text, or each turn of it, lies; empty where one field is the text.
    """

    original: str
    name: str | None = None
    stretches: Mapping[str | None, Sequence[tuple[int, int]]] = MappingProxyType({})

    def located(self, to_name: Any, value: Mapping[str, Any]) -> Located:
        """Where a region is; in one of several objects offsets begin anew in each object and turn."""
        text, start, end = value.get("text"), value.get("start"), value.get("end")
        said = text if isinstance(text, str) else None
        stretches = self.stretches.get(to_name) if isinstance(to_name, str) else None
        if (self.stretches and stretches is None) or self.name not in (None, to_name):
            return Located((), fault=Fault(Code.OTHER_OBJECT, stops=False))
        turns = (0, 0)
        if self.stretches and "startOffset" in value:
            turns, start, end = (_turn(start), _turn(end)), value.get("startOffset"), value.get("endOffset")
        if type(start) is not int or type(end) is not int or -1 in turns:
            return Located((), fault=Fault(Code.OFFSET_NO_NUMBER, "start and end must be whole numbers (code points)"))
        if stretches is None:
            return Located(((start, end),), said)
        if max(turns) >= len(stretches):
            return Located((), fault=Fault(Code.OFFSET_RANGE, f"the dialogue has {counted(len(stretches), 'turn')}"))
        ends = stretches[turns[0]], stretches[turns[1]]
        plain = self._piece(ends, start, end)
        if plain is not None and (said is None or self._fits(plain, ends, said)):
            return Located((plain,), said and self.original[slice(*plain)])
        moved = self._piece(ends, self._code_points(ends[0], start), self._code_points(ends[1], end))
        if moved is not None and said is not None and self._fits(moved, ends, said):
            return Located((moved,), self.original[slice(*moved)], repair=Code.UTF16)
        if plain is None:
            length = ends[1][1] - ends[1][0]
            return Located(
                (), fault=Fault(Code.OFFSET_RANGE, f"{one_line(str(to_name))} has {counted(length, 'character')} there")
            )
        return Located((plain,), said)

    def _fits(self, piece: tuple[int, int], ends: tuple[tuple[int, int], tuple[int, int]], said: str) -> bool:
        """Whether this is the text of a region; of one over several turns how it begins and ends is enough."""
        if same_but_line_ends(self.original[slice(*piece)], said):
            return True
        first, last = self.original[piece[0] : ends[0][1]], self.original[ends[1][0] : piece[1]]
        given = _without_blanks(said)
        return ends[0] != ends[1] and given.startswith(_without_blanks(first)) and given.endswith(_without_blanks(last))

    def _piece(self, ends: tuple[tuple[int, int], tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
        (first, first_end), (last, last_end) = ends
        is_inside = 0 <= start <= first_end - first and 0 <= end <= last_end - last and first + start < last + end
        return (first + start, last + end) if is_inside else None

    def _code_points(self, stretch: tuple[int, int], offset: int) -> int:
        """An offset in UTF-16 units into a stretch, in code points; -1 if it cannot be."""
        found = from_utf16(self.original[slice(*stretch)], 0, offset) if offset >= 0 else None
        return -1 if found is None else found[1]


def _without_blanks(text: str) -> str:
    return "".join(text.replace("\\n", " ").split())


def same_but_line_ends(found: str, given: str) -> bool:
    r"""Whether Label Studio's ``value.text`` is this stretch: it writes each CR and LF as a backslash and an n."""
    as_written = found.replace("\r", "\\n").replace("\n", "\\n")
    return given in (found, as_written) or found.split() == given.replace("\\n", " ").split()


def is_resized(text: str, start: int, end: int, given: str) -> bool:
    """Whether a region has the text that it had before it was resized, which the server does not write anew.

    The text given is a part of what the offsets cut out, which is whole words (selections may snap to them); or the
    other way round, and all of it stands around them.
    """
    found, given = text[start:end], given.strip()
    if given and given in found:
        return not (_splits_word(text, start) or _splits_word(text, end))
    before = given.find(found)
    return before >= 0 and start >= before and text.startswith(given, start - before)


def _splits_word(text: str, offset: int) -> bool:
    return offset > 0 and text[offset - 1 : offset].isalnum() and text[offset : offset + 1].isalnum()


def text_of(data: Mapping[str, Any], objects: Sequence[TextObject]) -> TaskText | None:
    """The text of a task, or None if it has none."""
    first = objects[0]
    if len(objects) == 1 and first.turn_key is None:
        text = data.get(first.key)
        return TaskText(text, first.name) if isinstance(text, str) and text.strip() else None
    joined = ""
    stretches: dict[str | None, list[tuple[int, int]]] = {}
    for shown in objects:
        for part in _parts(data.get(shown.key), shown.turn_key):
            joined += SEPARATOR if joined and part else ""
            stretches.setdefault(shown.name, []).append((len(joined), len(joined) + len(part)))
            joined += part
    return TaskText(joined, None, stretches) if joined.strip() else None


def turns_of(data: Mapping[str, Any], shown: TextObject, text: TaskText) -> list[dict[str, Any]]:
    """The turns of a dialogue without their text, with where it stands in the article's."""
    turns = data.get(shown.key)
    places = text.stretches.get(shown.name, ())
    return [
        {key: value for key, value in (turn if isinstance(turn, dict) else {}).items() if key != shown.turn_key}
        | {"text_start": start, "text_end": end}
        for turn, (start, end) in zip(turns if isinstance(turns, list) else [], places, strict=False)
    ]


def _parts(value: Any, turn_key: str | None) -> Iterator[str]:
    """The text of a field, or of each turn of a dialogue."""
    if turn_key is None:
        yield value if isinstance(value, str) else ""
        return
    for turn in value if isinstance(value, list) else []:
        text = turn.get(turn_key) if isinstance(turn, dict) else turn
        yield text if isinstance(text, str) else ""


def _turn(value: Any) -> int:
    """The number of a turn, which the server writes as a string; -1 if it is none."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if type(value) is int and value >= 0 else -1


def text_objects_of(root: Element, place: str) -> tuple[TextObject, ...]:
    """Which objects of a configuration show the article, in their order: those that labels are drawn on.

    Raises:
        OntologyError: if labels are drawn on hypertext alone (its offsets are paths in HTML), or a text is not itself
            in one field of the task.
    """
    labelled = {name for e in root.iter() if e.tag in _LABEL_CONTROLS for name in targets(e)}
    found = [e for e in root.iter() if e.tag in ("text", "paragraphs") and e.get("name") in labelled]
    if not found and (hypertext := root.find(".//hypertext")) is not None:
        raise OntologyError(
            f"{place}: labels are drawn on HyperText {hypertext.get('name')}, whose offsets are paths in HTML; "
            "annotate the plain text in a project with <Text> (eventcorpus labelstudio push makes one)"
        )
    return tuple(_text_object(element, place) for element in found) or PLAIN


def _text_object(element: Element, place: str) -> TextObject:
    name, value = element.get("name"), element.get("value") or ""
    if element.get("valuetype") == "url" or "$" in value[1:] or not (value.startswith("$") or not value):
        tag = "Text" if element.tag == "text" else "Paragraphs"
        raise OntologyError(
            f'{place}: the text {name!r} does not come from one field of the task; it needs <{tag} value="$text"> and '
            "the text itself in the task"
        )
    turn_key = None if element.tag == "text" else element.get("textkey") or "text"
    return TextObject(value.removeprefix("$") or TEXT_OBJECT, name, turn_key)

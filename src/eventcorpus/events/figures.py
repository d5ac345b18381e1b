"""Which of several figures stand for how many: parts of a sum, a part of a whole, a figure of before, a conflict.

The words that say so stand between two figures of one sentence, before the first or behind the second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from eventcorpus.events.counts import CountValue, add_counts
from eventcorpus.schema import Mention

_REACH = 16
"""Characters before a figure and behind it in which such words are looked for."""
_WHOLE_AHEAD = re.compile(r"\b(?:among|of)(?: the| those| these)?\s*$")
"""Before the first figure: what follows it are parts of it ("Among the 18 who died were five children")."""
_PART_FIRST = re.compile(r"^\s*of(?: the| those| these| all| its| their)?\s*$|\bamong(?: the| those| these)?\s*$")
"""Between two figures: the first is a part of the second ("five of the 18", "five were among the 18")."""
_PART_NEXT = re.compile(r"\binclud|\bamong\b|\bof (?:them|whom|which|these|those)\b")
"""Between two figures: the second is a part of the first ("18, among them five children")."""
_PART_BEHIND = re.compile(r"^\s*(?:of|among) (?:them|whom|these|those)\b")
"""Behind a figure: it is a part of the one before ("18 people, five of them children")."""
_NOT_HELD = re.compile(r"(?:\bfrom|\bnot|\bor|\binstead of|\brather than|\bup on|\bearlier)(?: the| an| a)?\s*$")
"""Between two figures: the second is of before, is rejected, or another possibility ("18, up from 12")."""
_HELD_NOW = re.compile(r"\b(?:now|later|since|then)\s*$")
"""Between two figures: the first held before ("first given as 12, is now 18"); so does one between "from" and "to"."""
_PARTS_END = re.compile(r",\s*and(?: another| a further)?\s*$|;")
"""Between a part and the next figure: that one is a part of the sum again ("eight, including two guards, and four")."""


@dataclass(frozen=True)
class Statement:
    """A figure as one sentence gives it: its words, and the triggers that it is linked to."""

    value: CountValue
    words: tuple[Mention, ...]
    triggers: tuple[Mention, ...]


@dataclass(frozen=True)
class Count:
    """One figure out of several; ``agreeing``: the statements that leave room for it. ``low`` and ``high`` span all
    statements where they disagree.
    """

    low: int | None
    high: int | None
    chosen: Statement
    agreeing: tuple[Statement, ...]
    disagree: bool


def summed(figures: Sequence[tuple[CountValue, Mention]], text: str) -> tuple[CountValue, tuple[Mention, ...]]:
    """The sum of the figures that one trigger has in one sentence, and the words of those that were added.

    Parts of a whole that is there too, and figures that no longer hold, are left out.

    Args:
        figures: at least one, in text order.
    """
    added: list[tuple[CountValue, Mention]] = []
    before: Mention | None = None
    are_parts = False
    for value, mention in figures:
        if before is None:
            are_parts = bool(_WHOLE_AHEAD.search(text[max(0, mention.start - _REACH) : mention.start].lower()))
            added.append((value, mention))
        else:
            between = text[before.end : mention.start].lower()
            behind = text[mention.end : mention.end + _REACH].lower()
            lead = text[max(0, before.start - _REACH) : before.start].lower()
            is_rise = between.strip() == "to" and lead.rstrip().endswith("from")
            if _PART_FIRST.search(between) or _HELD_NOW.search(between) or is_rise:
                added[-1] = (value, mention)
            elif _NOT_HELD.search(between):
                pass
            elif _PART_NEXT.search(between) or _PART_BEHIND.search(behind):
                are_parts = True
            elif not are_parts or _PARTS_END.search(between):
                are_parts = False
                added.append((value, mention))
        before = mention
    values = [value for value, _ in added]
    return values[0] if len(values) == 1 else add_counts(values), tuple(mention for _, mention in added)


def distinct(statements: Sequence[Statement]) -> list[Statement]:
    """Statements in text order; those with the same words are one, of all their triggers."""
    found: dict[tuple[str, ...], Statement] = {}
    for one in sorted(statements, key=lambda statement: statement.words[0].start):
        key = tuple(mention.id for mention in one.words)
        triggers = (*found[key].triggers, *one.triggers) if key in found else one.triggers
        found[key] = Statement(one.value, one.words, triggers)
    return list(found.values())


def chosen_count(statements: Sequence[Statement]) -> Count:
    """An exact figure before a hedged one, and of those the first that is told.

    Args:
        statements: at least one, as ``distinct`` gives them.
    """
    chosen = min(statements, key=lambda statement: not _is_exact(statement.value))
    agreeing = tuple(s for s in statements if leaves_room(s.value, chosen.value))
    if len(agreeing) == len(statements):
        return Count(chosen.value.low, chosen.value.high, chosen, agreeing, disagree=False)
    lows = [bound for s in statements for bound in (s.value.low, s.value.best) if bound is not None]
    highs = [bound for s in statements for bound in (s.value.high, s.value.best) if bound is not None]
    high = max(highs, default=None)
    if any(_is_open(s.value) and s.value.best == high for s in statements):  # "at least 21" says no upper bound
        high = None
    return Count(min(lows, default=None), high, chosen, agreeing, disagree=True)


def leaves_room(value: CountValue, chosen: CountValue) -> bool:
    """Whether a figure leaves room for the chosen one: "more than 300" for 320, "about 40" for 43 (a tenth)."""
    if value.best is not None and chosen.best is not None and value.best != chosen.best:
        is_lower_bound = value.high is None and value.low is not None and value.low <= chosen.best
        is_upper_bound = value.low is None and value.high is not None and value.high >= chosen.best
        is_near = not _is_exact(value) and abs(value.best - chosen.best) * 10 <= chosen.best
        return is_lower_bound or is_upper_bound or is_near
    if value.low is not None and chosen.high is not None and value.low > chosen.high:
        return False
    return not (value.high is not None and chosen.low is not None and value.high < chosen.low)


def _is_open(value: CountValue) -> bool:
    return value.low is not None and value.high is None


def _is_exact(value: CountValue) -> bool:
    return value.best is not None and value.low == value.best == value.high

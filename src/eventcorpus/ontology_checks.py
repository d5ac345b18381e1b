"""What an ontology says for ``eventcorpus check``: what its annotators should look at again.

Nothing here changes what may be annotated: these are expectations, as data, so that no label name stands in code.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

EnglishPattern = Literal["weekday", "month", "people"]
ENGLISH_PATTERNS: tuple[str, ...] = get_args(EnglishPattern)
"""Patterns that ``check`` knows by name (``corpus.checks.patterns``)."""


class Checks(BaseModel):
    """The section ``checks`` of an ontology.

    ``expects``: by trigger label, roles of which every trigger of it should have at least one.
    ``patterns``: by label, what in a text should be labelled at all: names of patterns that ``check`` knows, or regular
    expressions between slashes (``/\\bRamadan\\b/``; a group, if there is one, is what should be labelled).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    expects: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    patterns: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def faults(self, *, triggers: Collection[str], labels: Collection[str], roles: Collection[str]) -> list[str]:
        """What in the section names nothing, in words."""
        found = [f"expects names {x!r}, which is no trigger" for x in self.expects if x not in triggers]
        for label, expected in self.expects.items():
            found += [f"expects of {label} names {x!r}, which is no role" for x in expected if x not in roles]
            found += [] if expected else [f"expects of {label} is empty; list the roles of which one should be there"]
        found += [f"patterns names {x!r}, which is no label" for x in self.patterns if x not in labels]
        return found + [fault for named in self.patterns.values() for x in named if (fault := _pattern_fault(x))]


def expression_of(pattern: str) -> str | None:
    """The regular expression between the slashes, or None for the name of a pattern."""
    return pattern[1:-1] if len(pattern) > 2 and pattern[0] == pattern[-1] == "/" else None


def _pattern_fault(pattern: str) -> str | None:
    expression = expression_of(pattern)
    if expression is None:
        known = ", ".join(ENGLISH_PATTERNS)
        return (
            None if pattern in ENGLISH_PATTERNS else f"the pattern {pattern!r} is neither one of {known} nor a /regex/"
        )
    try:
        re.compile(expression)
    except re.error as error:
        return f"the pattern {pattern!r} is no regular expression ({error})"
    return None

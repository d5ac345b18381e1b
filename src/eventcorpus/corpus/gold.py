"""Which annotation of an article is gold, by a policy that the dataset card states."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from eventcorpus.errors import InputError
from eventcorpus.schema import AnnotatedArticle


def gold_of(several: Sequence[AnnotatedArticle], preferred: str) -> AnnotatedArticle:
    """Of one article's annotations the preferred annotator's, else the first."""
    return next((one for one in several if one.annotator == preferred), several[0])


def gold_policy(annotators: Collection[str], preferred: str) -> str:
    """The policy in words.

    Raises:
        InputError: if the preferred annotator annotated nothing.
    """
    if annotators and preferred not in annotators:
        there = ", ".join(sorted(annotators, key=lambda name: int(name[1:])))
        raise InputError(f"--gold {preferred}: no such annotator; there are {there}")
    if len(annotators) < 2:
        return "the only annotator's"
    return f"{preferred}'s annotation where there is one, else that of the first annotator"

"""Which annotation of an article is gold, by a policy that the dataset card states."""

from __future__ import annotations

from collections.abc import Sequence

from eventcorpus.errors import InputError
from eventcorpus.schema import AnnotatedArticle


def choose_gold(annotated: Sequence[AnnotatedArticle], preferred: str) -> tuple[list[AnnotatedArticle], str]:
    """One annotation an article: the preferred annotator's where there is one, else the first annotator's.

    Returns:
        gold in the order of the articles, and the policy in words.

    Raises:
        InputError: if the preferred annotator annotated nothing.
    """
    annotators = sorted({a.annotator for a in annotated}, key=lambda name: int(name[1:]))
    if annotated and preferred not in annotators:
        raise InputError(f"--gold {preferred}: no such annotator; there are {', '.join(annotators)}")
    by_article: dict[str, list[AnnotatedArticle]] = {}
    for one in annotated:
        by_article.setdefault(one.article.id, []).append(one)
    gold = [next((a for a in several if a.annotator == preferred), several[0]) for several in by_article.values()]
    if len(annotators) < 2:
        return gold, "the only annotator's"
    return gold, f"{preferred}'s annotation where there is one, else that of the first annotator"

"""Rank articles for annotation (active learning): those that a model is unsure of and that say something new first.

A share of the order is drawn at random, before the model is asked, so that what is annotated of it stays a fair sample
to test on. The rest is ranked by uncertainty (Lewis and Gale 1994; per character, so that neither long articles win nor
those with hardly a mention) and novelty. Near-duplicates come last: they cost as much to annotate and teach a model
little.
"""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eventcorpus.corpus.near_duplicates import NearDuplicates
from eventcorpus.errors import InputError
from eventcorpus.predictions import Prediction, check_prediction
from eventcorpus.schema import Article
from eventcorpus.text import words

ChosenBy = Literal["model", "random", "no prediction", "near-duplicate"]
RANDOM_SHARE = 0.2
_SHORTEST_WORD = 4


@dataclass(frozen=True, slots=True)
class Ranked:
    """One article and why it stands where it does.

    ``uncertainty``: predicted mentions that are wrong, per 1,000 characters, as their confidences say; None without a
    prediction or mention. ``novelty``: share of its different words (of four letters or more) that no annotated article
    has, nor one that the model ranked above it, in [0, 1]. ``score``: the mean of novelty and of the share of articles
    in which the model is not less sure.
    """

    rank: int
    id: str
    chosen_by: ChosenBy
    score: float
    uncertainty: float | None
    novelty: float
    near_duplicate_of: str | None = None


def rank_articles(
    articles: Sequence[Article],
    predictions: Mapping[str, Prediction],
    *,
    annotated: Iterable[Article] = (),
    random_share: float = RANDOM_SHARE,
    seed: int = 0,
) -> list[Ranked]:
    """Put articles in the order in which to annotate them.

    Args:
        predictions: by article id, checked against the text.
        annotated: what is annotated already; an article of ``articles`` with the id of one is left out.
        random_share: of every stretch of the order, in [0, 1].

    Raises:
        InputError: if an id comes twice, or no article has a prediction.
        PredictionsError: if a prediction was made from another text.
    """
    done = list(annotated)
    twice = [article_id for article_id, n in Counter(article.id for article in articles).items() if n > 1]
    if twice:
        raise InputError(f"article {twice[0]!r} comes twice; ids are unique, rename one of them")
    done_ids = {article.id for article in done}
    remaining = [article for article in articles if article.id not in done_ids]
    for article in remaining:
        if article.id in predictions:
            check_prediction(predictions[article.id], article, place="predictions")
    duplicate_of = _near_duplicates(done, remaining)
    known_words = {word for article in done for word in _vocabulary(article.text)}
    uncertainty_of = {a.id: uncertainty(predictions[a.id], len(a.text)) for a in remaining if a.id in predictions}
    if remaining and not uncertainty_of:
        raise InputError("not one of the articles has a prediction; predict them with: eventcorpus extract")
    fresh = [article for article in remaining if article.id not in duplicate_of]
    shuffled = sorted(fresh, key=lambda article: article.id)
    random.Random(seed).shuffle(shuffled)
    drawn = {article.id for article in shuffled[: round(random_share * len(fresh))]}
    known = sorted(value for value in uncertainty_of.values() if value is not None)
    level = {  # the share of known values that are not higher, in (0, 1]; without a mention 0
        article_id: 0.0 if value is None else bisect_right(known, value) / len(known)
        for article_id, value in uncertainty_of.items()
    }
    by_model = _greedy([a for a in fresh if a.id in uncertainty_of and a.id not in drawn], level, known_words)
    by_chance = [(a.id, _novelty(_vocabulary(a.text), known_words)) for a in shuffled if a.id in drawn]
    novelty = dict(by_model) | dict(by_chance)
    order = _interleaved([i for i, _ in by_model], [i for i, _ in by_chance], random_share)
    placed = {article_id for article_id, _ in order}
    order += [(a.id, "no prediction") for a in fresh if a.id not in placed]
    order += [(a.id, "near-duplicate") for a in remaining if a.id in duplicate_of]
    return [
        Ranked(
            rank=n,
            id=article_id,
            chosen_by=chosen_by,
            score=round((novelty.get(article_id, 0.0) + level.get(article_id, 0.0)) / 2, 4),
            uncertainty=None if (value := uncertainty_of.get(article_id)) is None else round(value, 4),
            novelty=round(novelty.get(article_id, 0.0), 4),
            near_duplicate_of=duplicate_of.get(article_id),
        )
        for n, (article_id, chosen_by) in enumerate(order, start=1)
    ]


def uncertainty(prediction: Prediction, n_characters: int) -> float | None:
    """How many of the mentions are wrong per 1,000 characters, as the confidences say; None where there is none."""
    if not prediction.mentions:
        return None
    return 1000 * sum(1 - mention.confidence for mention in prediction.mentions) / n_characters


def _near_duplicates(annotated: Iterable[Article], remaining: Iterable[Article]) -> dict[str, str]:
    """Of the articles that nearly repeat an annotated or an earlier one: the id of the most similar."""
    index = NearDuplicates()
    for article in annotated:
        index.add(article.id, article.text)
    found = {article.id: index.add(article.id, article.text) for article in remaining}
    return {article_id: repeated[0][0] for article_id, repeated in found.items() if repeated}


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(text[s:e].casefold() for s, e in words(text) if e - s >= _SHORTEST_WORD)


def _novelty(vocabulary: frozenset[str], known: set[str]) -> float:
    return len(vocabulary - known) / len(vocabulary) if vocabulary else 0.0


def _greedy(articles: Sequence[Article], level: Mapping[str, float], known_words: set[str]) -> list[tuple[str, float]]:
    """Take the best article again and again, what it says being known from then on; with its novelty when taken.

    Novelty only falls, so that an article whose fresh score still leads the others' old ones is the best (the lazy
    evaluation of Minoux 1978).
    """
    known = set(known_words)
    vocabulary = {article.id: _vocabulary(article.text) for article in articles}
    waiting = [(-(level[i] + _novelty(v, known)), i) for i, v in vocabulary.items()]
    heapq.heapify(waiting)
    order: list[tuple[str, float]] = []
    while waiting:
        _, article_id = heapq.heappop(waiting)
        novelty = _novelty(vocabulary[article_id], known)
        score = (-(level[article_id] + novelty), article_id)
        if waiting and score > waiting[0]:
            heapq.heappush(waiting, score)
            continue
        order.append((article_id, novelty))
        known |= vocabulary[article_id]
    return order


def _interleaved(by_model: Sequence[str], by_chance: Sequence[str], share: float) -> list[tuple[str, ChosenBy]]:
    """Both in one order, so that every stretch of it has about ``share`` of the random ones."""
    order: list[tuple[str, ChosenBy]] = []
    n_model = n_random = 0
    while n_model < len(by_model) or n_random < len(by_chance):
        is_due = n_random < share * (n_model + n_random + 1)
        if n_random < len(by_chance) and (n_model == len(by_model) or is_due):
            order.append((by_chance[n_random], "random"))
            n_random += 1
        else:
            order.append((by_model[n_model], "model"))
            n_model += 1
    return order

"""What there is to learn: articles encoded into examples, windows with one target tag per token, and all checks."""

from __future__ import annotations

import logging
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.errors import InputError, RecipeError
from eventcorpus.models.encoders import check_length, find_encoder, load_encoder, load_tokenizer
from eventcorpus.models.heads import EventHeads, load_heads
from eventcorpus.models.windows import EncodedText, TextEncoder
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Mention, Span
from eventcorpus.tables import counted
from eventcorpus.tags import OUTSIDE, tag_names, tags_from_spans
from eventcorpus.training.augmentation import Names, collect_names, geo_names, replace_mentions
from eventcorpus.training.head_targets import IGNORED, HeadExample, HeadExamples, HeadLoss, heads_for
from eventcorpus.training.noise import damaged, lower_cased, with_headline, with_lists
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.unlabelled import unlabelled_articles

logger = logging.getLogger(__name__)

_MAX_NAMED = 5
"""Spans that a message names; it counts them all."""


@dataclass(frozen=True, slots=True)
class Example:
    """One window: ``input_ids`` and ``targets``, both of shape (seq_len,), special tokens included.

    ``soft_targets``: target probabilities of tags, shape (seq_len, n_tags), in a distillation. ``head``: what the heads
    learn from the article, the same object for all of its windows; the tokens [first, past) of the article are those
    that this window owns, from ``column`` on.
    """

    input_ids: list[int]
    targets: list[int]
    soft_targets: torch.Tensor | None = None
    head: HeadExample | None = None
    first: int = 0
    past: int = 0
    column: int = 0

    @property
    def n_labelled(self) -> int:
        """The number of tokens with a target."""
        return len(self.targets) - self.targets.count(IGNORED)


ExamplesOf = Callable[[int], Sequence[Example]]
"""From an epoch, counted from 0, to its examples; the same ones whenever it is called with the same epoch."""


@dataclass
class EncodedArticles:
    """Examples, and counts of what they were made of.

    ``article_of``: the position of the article of each example. ``lost`` names the spans that no tag can express,
    ``cut`` those that no window holds whole. ``n_tokens`` are sub-words, special tokens included, padding and repeated
    overlap excluded. ``labels`` counts the spans from which each label is learned.
    """

    examples: list[Example] = field(default_factory=list)
    article_of: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    n_spans: int = 0
    cut: list[str] = field(default_factory=list)
    n_tokens: int = 0
    labels: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Preparation:
    """What a run learns from.

    ``source``: the encoder, as transformers loads it. ``encoder``: its tokenizer, with the recipe's windows.
    ``encoded``: the articles as ``encode`` encodes them. ``unlabelled``: the articles of the recipe's ``unlabelled``.
    ``heads``: what the heads beside the tagger learn, if there are any.
    """

    articles: Sequence[AnnotatedArticle]
    ontology: Ontology
    recipe: Recipe
    source: str
    encoder: TextEncoder
    encoded: EncodedArticles
    unlabelled: Sequence[Article] = ()
    heads: HeadExamples | None = None

    def load_model(self, *, attention: str = "sdpa") -> Any:
        """The encoder with a head for the tags of the ontology, in fp32; see ``load_encoder``, which raises."""
        recipe, tags = self.recipe, tag_names(self.ontology.labels)
        return load_encoder(
            self.source, tags=tags, dropout=recipe.dropout, attention_dropout=recipe.attention_dropout,
            attention=attention,
        )  # fmt: skip

    def new_heads(self) -> EventHeads | None:
        """Heads in fp32, those of the encoder's folder or with new weights; None if there are to be none."""
        if not self.heads:
            return None
        if self.heads.go_on:
            return load_heads(Path(self.source), self.ontology)
        return EventHeads(self.heads.about, self.ontology)

    def head_loss(self) -> HeadLoss | None:
        """What the heads learn by, the values of attributes weighted as often as they are in the articles."""
        if not self.heads:
            return None
        examples = {id(e.head): e.head for e in self.encoded.examples if e.head}
        recipe = self.recipe
        weights = (recipe.roles_weight, recipe.attributes_weight, recipe.events_weight)
        return HeadLoss(self.heads.about, list(examples.values()), weights=weights, balanced=recipe.balanced_attributes)

    def encode(self, articles: Sequence[AnnotatedArticle], *, for_heads: bool = True) -> list[Example]:
        """The examples of other articles; ``for_heads``: whether the heads learn from them too, where there are any."""
        return encode_articles(articles, self.ontology, self.encoder, heads=self.heads if for_heads else None).examples


def prepare(articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe) -> Preparation:
    """Find the encoder, check that it reads the recipe's windows, and encode the articles.

    Raises:
        ModelError: if the encoder cannot be found, has no fast tokenizer, or reads fewer tokens than ``max_length``.
        InputError: if there is not one span, or a path of the recipe's ``unlabelled`` is missing or has no articles.
    """
    source = find_encoder(recipe.encoder)
    check_length(source, recipe.encoder, max_length=recipe.max_length)
    encoder = TextEncoder(load_tokenizer(source), max_length=recipe.max_length, stride=recipe.stride)
    heads = heads_for(articles, ontology, recipe, source)
    encoded = encode_articles(articles, ontology, encoder, heads=heads)
    if not encoded.n_spans:
        raise InputError(
            f"nothing to learn: {counted(len(articles), 'article')} and not one span in them; check the split and the "
            "labels"
        )
    return Preparation(articles, ontology, recipe, source, encoder, encoded, unlabelled_articles(recipe), heads)


def check_validation(recipe: Recipe, validation: Sequence[AnnotatedArticle]) -> None:
    """Check that there is a validation split where the recipe lets it decide.

    Raises:
        RecipeError: naming the key that needs one.
    """
    keys = [key for key in ("early_stopping_patience", "load_best_model_at_end") if getattr(recipe, key)]
    if not keys:
        return
    if recipe.eval_strategy == "no":
        raise RecipeError(f"{keys[0]} needs scores and eval_strategy is no; set it to epoch or steps")
    if not any(annotated.spans for annotated in validation):
        raise RecipeError(
            f"{keys[0]} needs a validation split with spans and there are {counted(len(validation), 'article')} with "
            "none; make one with eventcorpus split, or leave the key out"
        )


def log_encoded(prepared: Preparation) -> None:
    """Log what there is to learn, and warn of what cannot be learned: spans, labels without examples, cut mentions."""
    encoded, labels, recipe = prepared.encoded, prepared.ontology.labels, prepared.recipe
    logger.info(
        "encoded %s into %s, %s; %s of %s cannot be learned (%.1f%%)", counted(len(prepared.articles), "article"),
        counted(len(encoded.examples), "window"), counted(encoded.n_tokens, "token"), f"{len(encoded.lost):,}",
        counted(encoded.n_spans, "span"), 100 * len(encoded.lost) / encoded.n_spans,
    )  # fmt: skip
    for line in encoded.lost[:_MAX_NAMED]:
        logger.info("cannot be learned: %s", line)
    if recipe.heads:
        for line in _not_linked(prepared):
            logger.info("%s", line)
    unseen = [label for label in labels if not encoded.labels[label]]
    if unseen:
        logger.warning(
            "without an example to learn from, and never to be predicted: %s of %s: %s",
            len(unseen), counted(len(labels), "label"), ", ".join(unseen),
        )  # fmt: skip
    if encoded.cut:
        named = "; ".join(encoded.cut[:_MAX_NAMED]) + ("; ..." if len(encoded.cut) > _MAX_NAMED else "")
        logger.warning(
            "%s whole in no window of max_length %s and stride %s, learned in parts; raise stride above the length in "
            "tokens: %s",
            counted(len(encoded.cut), "mention"), recipe.max_length, recipe.stride, named,
        )  # fmt: skip


def _not_linked(prepared: Preparation) -> Iterator[str]:
    """What heads do not learn of the articles, a line each."""
    ontology, heads = prepared.ontology, prepared.heads
    taught = heads.taught.names if heads else set()
    named = [role.name for role in ontology.roles] + [attribute.name for attribute in ontology.attributes]
    if missing := [name for name in named if name not in taught]:
        yield f"not learned (in no article, of a kind that heads cannot give, or of weight 0): {', '.join(missing)}"
    targets = [head.targets for head in {id(e.head): e.head for e in prepared.encoded.examples if e.head}.values()]
    if n_lost := sum(found.n_lost for found in targets):
        n = sum(int((found.roles > 0).sum()) for found in targets) + n_lost
        yield f"{n_lost:,} of {counted(n, 'role')} cannot be learned: too many mentions of one label between both ends"


def encode_articles(
    articles: Sequence[AnnotatedArticle], ontology: Ontology, encoder: TextEncoder, *, heads: HeadExamples | None = None
) -> EncodedArticles:
    """Encode articles for training.

    Each token has a target in one window only, the one in which it has most context; elsewhere, and on special
    tokens, it is ``IGNORED``. Where an annotator could not use every label, a token outside all spans may belong to
    one of the missing labels, and is ignored too.

    Raises:
        ModelError: if windows leave no room for text.
    """
    encoding = EncodedArticles()
    for position, annotated in enumerate(articles):
        spans, overlapped = resolve_overlaps(annotated.spans, ontology)
        encoded = encoder.encode(annotated.article.text)
        tags, unreached = tags_from_spans(spans, encoded.offsets, ontology.rank)
        if not set(ontology.labels) <= set(annotated.labels_annotated):
            tags = [IGNORED if tag == OUTSIDE else tag for tag in tags]
        head = heads.of(annotated, spans, encoded) if heads else None
        examples = _examples(encoded, tags, encoder, head)
        encoding.examples += examples
        encoding.article_of += [position] * len(examples)
        encoding.lost += [_named(annotated, span) for span in [*(loser for loser, _ in overlapped), *unreached]]
        encoding.cut += [_named(annotated, span) for span in _cut_spans(spans, encoded)]
        encoding.labels += Counter(span.label for span in spans)
        encoding.labels -= Counter(span.label for span in unreached)
        encoding.n_spans += len(annotated.spans)
        encoding.n_tokens += len(encoded.input_ids) + encoder.n_special_tokens
    return encoding


def _examples(
    encoded: EncodedText, tags: Sequence[int], encoder: TextEncoder, head: HeadExample | None
) -> list[Example]:
    """The windows of one text in which a token has a target."""
    examples = []
    for window in encoded.windows:
        targets = [
            tag if window.own_start <= i < window.own_end else IGNORED
            for i, tag in enumerate(tags[window.start : window.end], start=window.start)
        ]
        if any(target != IGNORED for target in targets):
            input_ids = encoder.around(encoded.input_ids[window.start : window.end])
            before, after = ([IGNORED] * len(part) for part in (encoder.prefix, encoder.suffix))
            column = len(before) + window.own_start - window.start
            examples.append(
                Example(input_ids, before + targets + after, None, head, window.own_start, window.own_end, column)
            )
    return examples


def _cut_spans(spans: Sequence[Span], encoded: EncodedText) -> list[Span]:
    """The spans that no window holds whole."""
    reach = [(encoded.offsets[w.start][0], encoded.offsets[w.end - 1][1]) for w in encoded.windows if w.end > w.start]
    return [s for s in spans if not any(start <= s.start and s.end <= end for start, end in reach)]


def _named(annotated: AnnotatedArticle, span: Span) -> str:
    return f"{annotated.article.id}: {span.label} [{span.start}, {span.end})"


def augmented_examples(prepared: Preparation) -> ExamplesOf:
    """Examples of an epoch in which shares of the articles are changed as the recipe says; seed and epoch decide which.

    Raises:
        RecipeError: if names are to be replaced and none of the recipe's labels is in the ontology.
        ModelError: if the names of real places are needed and not installed.
    """
    recipe = prepared.recipe
    changes: list[tuple[str, float, Callable[[AnnotatedArticle, random.Random], AnnotatedArticle]]] = []
    if recipe.swap_names or recipe.extend_lists:
        names = _names(prepared)
        changes += [
            ("names", recipe.swap_names, lambda annotated, rng: replace_mentions(annotated, names, rng)),
            ("lists", recipe.extend_lists, lambda annotated, rng: with_lists(annotated, names, rng)),
        ]
    changes += [
        ("headlines", recipe.add_headlines, with_headline),
        ("damage", recipe.damage_text, damaged),
        ("case", recipe.lower_case, lambda annotated, _: lower_cased(annotated)),
    ]
    unchanged: dict[int, list[Example]] = defaultdict(list)  # by position: an article is encoded again if it changes
    for position, example in zip(prepared.encoded.article_of, prepared.encoded.examples, strict=True):
        unchanged[position].append(example)

    def augmented(annotated: AnnotatedArticle, epoch: int) -> AnnotatedArticle:
        for name, share, change in changes:  # each with numbers of its own: one switched off leaves the others alike
            rng = random.Random(f"{recipe.seed}-{name}-{epoch}-{annotated.article.id}")
            if rng.random() < share:
                annotated = change(annotated, rng)
        return annotated

    def examples_of(epoch: int) -> list[Example]:
        examples: list[Example] = []
        for position, annotated in enumerate(prepared.articles):
            other = augmented(annotated, epoch)
            examples += unchanged[position] if other is annotated else prepared.encode([other])
        return examples

    return examples_of


def examples_with_found_mentions(
    prepared: Preparation, examples: Sequence[Example], found: Sequence[Sequence[Mention]]
) -> ExamplesOf:
    """Examples of an epoch in which, of a share of the articles, heads read mentions that a model found.

    Args:
        examples: of all articles, in the order of ``prepared.encoded``, and others after them.
        found: of each article, by a model that was not trained on it.
    """
    assert prepared.heads is not None
    heads = [
        prepared.heads.of_found(annotated, mentions, prepared.encoder.encode(annotated.article.text))
        for annotated, mentions in zip(prepared.articles, found, strict=True)
    ]

    def examples_of(epoch: int) -> list[Example]:
        chosen = list(examples)
        for i, position in enumerate(prepared.encoded.article_of):
            article = prepared.articles[position].article
            rng = random.Random(f"{prepared.recipe.seed}-found-{epoch}-{article.id}")
            if rng.random() < prepared.recipe.found_mentions:
                chosen[i] = replace(chosen[i], head=heads[position])
        return chosen

    return examples_of


def _names(prepared: Preparation) -> Names:
    recipe, labels = prepared.recipe, prepared.ontology.labels
    places, parties = frozenset(recipe.items_of("swap_places")), frozenset(recipe.items_of("swap_parties"))
    if not (places | parties) & set(labels):
        key = "swap_names" if recipe.swap_names else "extend_lists"
        raise RecipeError(
            f"{key}: the dataset has none of the labels {', '.join(sorted(places | parties))}; name its labels in "
            f"swap_places and swap_parties (it has {', '.join(labels)})"
        )
    return collect_names(
        prepared.articles, place_labels=places, party_labels=parties, places=geo_names() if places else ()
    )

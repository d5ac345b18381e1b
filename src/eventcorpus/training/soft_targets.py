"""Soft targets as a file: the tag probabilities of a trained model on articles without labels, kept for students.

Comes in: a model and articles. Goes out: a safetensors file with, for each token, the tags other than O of at least
the probability ``LEAST``, and their probabilities in 255ths; and, from such a file, the examples that a student learns
from. The model itself is not needed then. A token's probabilities are those of the window in which it has most context.
"""

from __future__ import annotations

import json
import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from eventcorpus.errors import InputError, OutputError, first_line
from eventcorpus.files import StrictModel, parse_as, to_json, write_bytes
from eventcorpus.inference.extractor import Extractor
from eventcorpus.models.windows import EncodedText
from eventcorpus.package_data import package_path
from eventcorpus.predictions import ModelName
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.schema import Article
from eventcorpus.tables import counted
from eventcorpus.tags import OUTSIDE, tag_names
from eventcorpus.text import sha256_of
from eventcorpus.training.distillation import with_soft_targets
from eventcorpus.training.examples import Example, Preparation
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.soft_links import LINK_TENSORS, LinkNames, SoftLinks, split_links
from eventcorpus.training.unlabelled import unlabelled_texts

logger = logging.getLogger(__name__)

LEAST = 0.01
"""Probability below which a tag is left out; O gets what is left out."""
_WHOLE = 255
"""The stored value of probability 1."""
_ABOUT = "eventcorpus"
"""The key of the metadata: a single one, since safetensors does not keep the order of several."""


@dataclass(frozen=True)
class ArticleTargets:
    """The tag probabilities of one article's tokens, sparse, and what the model's heads say, if it has any.

    ``n_entries``, shape (n_tokens,), counts the entries of each token. ``tags`` and ``values``, both of shape (sum of
    n_entries,), are the positions of tags other than O, and their probabilities in 255ths. ``offsets_sha256`` is
    ``offsets_hash`` of the tokens.
    """

    id: str
    text_sha256: str
    offsets_sha256: str
    n_entries: NDArray[np.uint8]
    tags: NDArray[Any]
    values: NDArray[np.uint8]
    links: SoftLinks | None = None

    @classmethod
    def of(
        cls,
        article: Article,
        encoded: EncodedText,
        probabilities: NDArray[np.float32],
        links: SoftLinks | None = None,
    ) -> ArticleTargets:
        """Leave out what is improbable, and round; ``probabilities`` has shape (n_tokens, n_tags)."""
        kept = probabilities >= LEAST
        kept[:, OUTSIDE] = False
        return cls(
            article.id,
            article.text_sha256,
            offsets_hash(encoded),
            n_entries=kept.sum(axis=1).astype(np.uint8),
            tags=np.nonzero(kept)[1].astype(np.uint8 if kept.shape[1] <= 256 else np.uint16),
            values=np.rint(probabilities[kept] * _WHOLE).astype(np.uint8),
            links=links,
        )

    def probabilities(self, n_tags: int) -> NDArray[np.float32]:
        """Shape (n_tokens, n_tags), rows that add up to 1: O has what the other tags leave."""
        dense = np.zeros((len(self.n_entries), n_tags), dtype=np.float32)
        dense[np.repeat(np.arange(len(dense)), self.n_entries), self.tags] = self.values
        dense[:, OUTSIDE] = np.maximum(_WHOLE - dense.sum(axis=1), 0)
        dense /= dense.sum(axis=1, keepdims=True)
        return dense


@dataclass(frozen=True)
class SoftTargets:
    """The content of a file: by which model, in the order of which tags, and the articles as they were read.

    ``link_names``: what the links of the articles stand for, where the model has heads.
    """

    model: ModelName
    tags: tuple[str, ...]
    articles: tuple[ArticleTargets, ...]
    link_names: LinkNames | None = None

    @property
    def n_tokens(self) -> int:
        """Tokens of all articles, without special ones."""
        return sum(len(article.n_entries) for article in self.articles)


class _ArticleAbout(StrictModel):
    """``n_links``: mentions, roles and antecedents."""

    id: str
    text_sha256: str
    offsets_sha256: str
    n_tokens: int = Field(ge=0)
    n_links: tuple[int, int, int] = (0, 0, 0)


class _About(StrictModel):
    """The metadata of a file."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    model: ModelName
    tags: tuple[str, ...]
    articles: tuple[_ArticleAbout, ...]
    links: LinkNames | None = None


def offsets_hash(encoded: EncodedText) -> str:
    """SHA-256 of the character offsets of the tokens, 64 hex digits: another one where words are cut otherwise."""
    return sha256_of(to_json(encoded.offsets))


def soft_targets_of(
    extractor: Extractor, articles: Sequence[Article], *, on_progress: OnProgress | None = None
) -> SoftTargets:
    """Read articles with a trained model; probabilities are those before any calibration.

    Args:
        on_progress: called after each article.
    """
    heads, ontology = extractor.heads, extractor.about.ontology
    found = (
        ArticleTargets.of(
            article,
            scored.encoded,
            np.exp(scored.log_probabilities),
            SoftLinks.of(extractor, scored) if heads else None,
        )
        for article, scored in zip(articles, extractor.scored(a.text for a in articles), strict=True)
    )
    names = LinkNames.of(heads.about.learned, ontology.labels) if heads else None
    articles_read = tuple(tracked(found, len(articles), on_progress))
    return SoftTargets(extractor.name, tuple(tag_names(ontology.labels)), articles_read, names)


def check_unused(path: Path, *, overwrite: bool) -> None:
    """Check before the work begins that no file would be lost.

    Raises:
        OutputError: if a file is there and is not to be overwritten, or is none of soft targets.
    """
    if not path.exists():
        return
    try:
        read_soft_targets(path)
    except InputError:
        raise OutputError(f"{path}: exists and holds no soft targets; choose another --out or remove it") from None
    if not overwrite:
        raise OutputError(
            f"{path}: soft targets are there already; --overwrite replaces them, --out names another file"
        )


def write_soft_targets(path: Path, targets: SoftTargets) -> None:
    """Write a file, all or nothing; the same targets give the same bytes.

    Raises:
        OutputError: if the folder or disk refuses.
    """
    about = _About(
        model=targets.model,
        tags=targets.tags,
        articles=tuple(
            _ArticleAbout(
                id=article.id,
                text_sha256=article.text_sha256,
                offsets_sha256=article.offsets_sha256,
                n_tokens=len(article.n_entries),
                n_links=(len(links.mentions), len(links.links), len(links.antecedents))
                if (links := article.links)
                else (0, 0, 0),
            )
            for article in targets.articles
        ),
        links=targets.link_names,
    )
    names = ("n_entries", "tags", "values")
    tensors = {name: np.concatenate([getattr(article, name) for article in targets.articles]) for name in names}
    if all_links := [article.links for article in targets.articles if article.links]:
        tensors |= {name: np.concatenate([getattr(links, name) for links in all_links]) for name in LINK_TENSORS}
    write_bytes(path, save(tensors, {_ABOUT: to_json(about.model_dump(mode="json", by_alias=True))}))


def read_soft_targets(path: Path) -> SoftTargets:
    """Read a file that ``write_soft_targets`` wrote.

    Raises:
        InputError: if it is missing, damaged, or another kind of file.
    """
    way_out = "make it with: eventcorpus soft-targets MODEL ARTICLES --out FILE"
    try:
        with safe_open(path, framework="numpy") as file:
            described = (file.metadata() or {}).get(_ABOUT)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no dictionary)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read ({first_line(error)}); {way_out}") from None
    if described is None:
        raise InputError(f"{path}: these tensors are no soft targets; {way_out}")
    try:
        about = parse_as(_About, json.loads(described), place=str(path), hint=f"; {way_out}")
        n_entries, tags, values = (tensors[name] for name in ("n_entries", "tags", "values"))
        if any(tensor.ndim != 1 or tensor.dtype.kind != "u" for tensor in (n_entries, tags, values)):
            raise ValueError("a tensor that is no list of counts")
        per_article = _split(n_entries, [article.n_tokens for article in about.articles])
        n_of_articles = [int(counts.sum()) for counts in per_article]
        parts = zip(
            about.articles, per_article, _split(tags, n_of_articles), _split(values, n_of_articles), strict=True
        )
        articles = tuple(
            ArticleTargets(a.id, a.text_sha256, a.offsets_sha256, counts, own_tags, own_values)
            for a, counts, own_tags, own_values in parts
        )
        if about.links and articles:
            links = split_links(tensors, [article.n_links for article in about.articles], about.links)
            articles = tuple(replace(article, links=own) for article, own in zip(articles, links, strict=True))
        if not ((tags > OUTSIDE) & (tags < len(about.tags))).all():
            raise ValueError("a tag that is not listed")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: soft targets are damaged ({error}); {way_out}") from None
    return SoftTargets(about.model, about.tags, articles, about.links)


def _split(values: NDArray[Any], sizes: Sequence[int]) -> list[NDArray[Any]]:
    if sum(sizes) != len(values):
        raise ValueError(f"{len(values)} values for {sum(sizes)}")
    return np.split(values, np.cumsum(sizes)[:-1])


# the student ---------------------------------------------------------------------------------------------------------


def soft_targets_path(recipe: Recipe) -> Path:
    """Where the file of the recipe's ``soft_targets`` lies.

    Raises:
        InputError: if there is none, with the command that makes it.
    """
    try:
        return package_path(recipe.soft_targets)
    except InputError:
        raise InputError(f"{recipe.soft_targets}: no such file (soft_targets); {_command(recipe)}") from None


def soft_target_examples(prepared: Preparation) -> list[Example]:
    """The windows of the articles of the recipe's ``unlabelled``, with the probabilities of ``soft_targets``.

    Raises:
        InputError: if the file cannot be read, its tags are not those of the ontology, or an article is not in it, was
            read with another text, or was cut into other word pieces than the student's.
    """
    recipe, path = prepared.recipe, soft_targets_path(prepared.recipe)
    targets = read_soft_targets(path)
    tags = tag_names(prepared.ontology.labels)
    for i, (theirs, ours) in enumerate(zip_longest(targets.tags, tags, fillvalue="none")):
        if theirs != ours:
            raise InputError(
                f"{path}: its tags are not those of the dataset's ontology: tag {i} is {theirs} in the file and {ours} "
                f"in the ontology; {_command(recipe)}, where MODEL has the labels of the dataset"
            )
    heads = prepared.heads if targets.link_names else None
    if prepared.heads and not heads:
        logger.info("%s has tags alone: heads learn nothing from it, since its model has none", path)
    target_of = {article.id: article for article in targets.articles}
    examples: list[Example] = []
    for annotated in unlabelled_texts(prepared.unlabelled, prepared.ontology.labels, recipe):
        article, found = annotated.article, target_of.get(annotated.article.id)
        if found is None or found.text_sha256 != article.text_sha256:
            what = "is not in the file" if found is None else "has another text than the one that the model read"
            raise InputError(f"{path}: article {article.id} of unlabelled {what}; {_command(recipe)}")
        encoded = prepared.encoder.encode(article.text)
        if offsets_hash(encoded) != found.offsets_sha256:
            raise InputError(
                f"{path}: article {article.id} was cut into other word pieces than by {recipe.encoder}; "
                f"{_command(recipe)}, where MODEL has an encoder with the same pieces, such as bundled-base for bundled"
            )
        probabilities = torch.from_numpy(found.probabilities(len(tags)))
        windows = [window for window in encoded.windows if window.own_start < window.own_end]
        head = None
        if heads and targets.link_names and found.links:
            if found.links.end > len(article.text):
                raise InputError(f"{path}: a mention of article {article.id} ends after its text; {_command(recipe)}")
            head = found.links.example(article.text, encoded, targets.link_names, heads)
        for example, window in zip(prepared.encode([annotated], for_heads=False), windows, strict=True):
            first = len(prepared.encoder.prefix)
            soft = torch.zeros(len(example.input_ids), len(tags))  # special tokens have no target
            soft[first : first + window.end - window.start] = probabilities[window.start : window.end]
            examples.append(replace(with_soft_targets(example, soft), head=head))
    logger.info("soft targets of %s for %s without labels", targets.model.version, counted(len(examples), "window"))
    return examples


def _command(recipe: Recipe) -> str:
    """The way out of a file that does not fit a recipe, or is missing: the command that makes it."""
    articles, out = shlex.join(recipe.items_of("unlabelled")), shlex.quote(recipe.soft_targets)
    return f"make it anew with: eventcorpus soft-targets MODEL {articles} --out {out} --overwrite"

"""Finding mentions, roles and events with a trained model.

Comes in: a model folder and articles in the stored form. Goes out: mentions with offsets, labels and confidences, and
what links them, found in the whole article however long it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, tee
from pathlib import Path
from typing import Any

import torch

from eventcorpus.events.candidates import Candidates
from eventcorpus.events.linking import LinkCalibration, LinkScores, linked_mentions
from eventcorpus.inference.backends import Backend, load_backend
from eventcorpus.inference.engine import Engine, ScoredText
from eventcorpus.models.decode import decode_mentions
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, model_hash, read_about
from eventcorpus.models.heads import EventHeads, load_heads
from eventcorpus.models.languages import reading_warnings
from eventcorpus.models.windows import TextEncoder, even_windows
from eventcorpus.predictions import TEXT_CHANGED, ModelName, Prediction, prediction_of
from eventcorpus.schema import Article, Mention
from eventcorpus.tables import counted
from eventcorpus.text import sentence_starts, stored_form

OVERLAP = 24
"""Tokens that neighbouring windows share at most, whatever the stride of training: fewer are read twice."""
PART = 100_000
"""Characters of an article that are read at once; of a longer one the parts are linked each on its own."""
SECTION, _MARGIN = 400, 60
"""Mentions of an article that are linked together, and those at either end of them that another such run decides."""


class Extractor:
    """A loaded model, for one thread at a time. Make one with ``Extractor.from_pretrained``."""

    def __init__(
        self, backend: Backend, tokenizer: Any, about: ModelAbout, *, name: ModelName, heads: EventHeads | None = None
    ) -> None:
        self.tokenizer, self.about = tokenizer, about
        self.name = name if backend.name == "fp32" else name.model_copy(update={"backend": backend.name})
        stride = min(about.stride, OVERLAP)
        encoder = TextEncoder(tokenizer, max_length=about.max_length, stride=stride, cut=even_windows)
        self.engine = Engine(backend, encoder, heads=heads.eval() if heads is not None else None)

    @classmethod
    def from_pretrained(cls, folder: str | Path, *, device: str | None = None, backend: str = "fp32") -> Extractor:
        """Load a folder that ``eventcorpus train`` wrote.

        Args:
            device: ``cpu``, ``cuda``, ...; by default a GPU where there is one.
            backend: what runs the model: ``fp32``, which figures are made with, ``bf16``, ``int8``, ``onnx``,
                ``onnx-int8``, or ``auto``, the fastest one that is checked; see ``inference.backends``.

        Raises:
            ModelError: if the folder is not a whole model of ours, or lacks what the backend needs.
        """
        path = Path(folder)
        about = read_about(path)
        tokenizer = load_tokenizer(str(path))
        loaded = load_backend(path, backend, device=device)
        heads = load_heads(path, about.ontology)
        if heads is not None:
            heads.to(loaded.device)
        name = ModelName(name=path.resolve().name, hash=model_hash(path))
        return cls(loaded, tokenizer, about, name=name, heads=heads)

    @property
    def heads(self) -> EventHeads | None:
        """What finds roles, attributes and events; None of models that find mentions alone."""
        return self.engine.heads

    def without_heads(self) -> Extractor:
        """The same model, which finds mentions alone."""
        return Extractor(self.engine.backend, self.tokenizer, self.about, name=self.name)

    def extract(self, articles: Iterable[Article | str]) -> Iterator[list[Mention]]:
        """Find the mentions of each article, in order; a string is brought into the stored form first.

        Yields:
            one list an article, in text order; offsets refer to ``article.text`` (of a string: to its stored form).
        """
        texts = (article.text if isinstance(article, Article) else stored_form(article).text for article in articles)
        for _, mentions in self._read(texts):
            yield mentions

    def extract_with_warnings(self, articles: Iterable[Article]) -> Iterator[tuple[Article, list[Mention], list[str]]]:
        """Find the mentions of each article, in order, and say why the model may be unable to read it.

        Yields:
            the article, its mentions as ``extract`` finds them, and warnings (``predictions.WarningCode``), which of a
            long article are those of its first part.
        """
        shown, read = tee(articles)
        for article, (scored, mentions) in zip(shown, self._read(a.text for a in read), strict=True):
            warnings = reading_warnings(
                article if scored.text == article.text else replace(article, text=scored.text),
                scored.encoded,
                learned=self.about.training_texts,
                languages=self.about.languages,
                unknown_id=self.tokenizer.unk_token_id,
            )
            yield article, mentions, list(warnings)

    def link(
        self, scored: ScoredText, mentions: Sequence[Mention], *, is_given: bool = False, first_id: int = 1
    ) -> list[Mention]:
        """Give mentions of a text, in text order, their roles, attributes and events; as they are without heads.

        Args:
            is_given: whether the mentions are right, and not what a model found.
            first_id: the number in the id of the first.
        """
        if self.heads is None or scored.states is None or not mentions:
            return list(mentions)
        calibration = self.about.calibration.links or LinkCalibration()
        confidences = calibration.given if is_given else calibration.found
        linked: list[Mention] = []
        for section, own in sections(len(mentions)):
            part = mentions[section]
            pairs, scores = self.link_scores(scored, part)
            first = section.start + first_id
            found = linked_mentions(part, pairs, scores, self.heads.about.learned, confidences, first_id=first)
            linked += found[own]
        return linked

    def link_scores(self, scored: ScoredText, mentions: Sequence[Mention]) -> tuple[Candidates, LinkScores]:
        """What the heads say of the mentions of a text, before any calibration; the model must have heads."""
        assert self.heads is not None and scored.states is not None
        inputs = self.heads.inputs(scored.text, scored.encoded, mentions)
        with torch.inference_mode():
            return inputs.candidates, self.heads(scored.states, inputs).probabilities()

    def link_given(self, given: Iterable[tuple[Article, Sequence[Mention]]]) -> Iterator[list[Mention]]:
        """Give the mentions of each article, in text order, their roles, attributes and events.

        Yields:
            one list an article, in order; without heads the mentions as they are.
        """
        shown, read = tee(given)
        for (_, mentions), scored in zip(shown, self.scored(article.text for article, _ in read), strict=True):
            yield self.link(scored, mentions, is_given=True)

    def scored(self, texts: Iterable[str]) -> Iterator[ScoredText]:
        """Score texts in the stored form, each as a whole; see ``Engine.scored``."""
        return self.engine.scored(texts)

    def _read(self, texts: Iterable[str]) -> Iterator[tuple[ScoredText, list[Mention]]]:
        """The first part of each text, scored, and the mentions of all its parts."""
        all_parts, read = tee(map(parts, texts))
        scored_parts = self.engine.scored(part for text_parts in read for part in text_parts)
        for text_parts in all_parts:
            first = next(scored_parts)
            mentions = self._mentions(first, start=0, n_before=0)
            start = len(first.text)
            for scored in islice(scored_parts, len(text_parts) - 1):
                mentions += self._mentions(scored, start=start, n_before=len(mentions))
                start += len(scored.text)
            yield first, mentions

    def _mentions(self, scored: ScoredText, *, start: int, n_before: int) -> list[Mention]:
        found = decode_mentions(scored.text, scored.encoded, scored.log_probabilities, self.about)
        linked = self.link(scored, found, first_id=n_before + 1)
        return [replace(m, start=m.start + start, end=m.end + start) for m in linked] if start else linked


def parts(text: str) -> list[str]:
    """A text, or if it is longer than ``PART`` what is left when it is cut at ends of lines, sentences or words.

    >>> parts("It rained.")
    ['It rained.']
    """
    found = []
    begin = 0
    while len(text) - begin > PART:
        part = text[begin : begin + PART]
        cut = part.rfind("\n") + 1 or sentence_starts(part)[-1] or part.rfind(" ") + 1 or PART
        found.append(part[:cut])
        begin += cut
    return [*found, text[begin:]]


def sections(n_mentions: int) -> Iterator[tuple[slice, slice]]:
    """Runs of the mentions of an article that are linked together, and which of each run are its own.

    They overlap, and each mention is the own one of the run in which it has most neighbours; memory grows with the
    square of a run, and an article may be long.

    >>> list(sections(3))
    [(slice(0, 3, None), slice(0, 3, None))]
    """
    step = SECTION - 2 * _MARGIN
    n_sections = max(1, -(-(n_mentions - 2 * _MARGIN) // step))
    for n in range(n_sections):
        begin, end = n * step, min(n * step + SECTION, n_mentions)
        first = _MARGIN if n else 0
        past = end - begin if n == n_sections - 1 else SECTION - _MARGIN
        yield slice(begin, end), slice(first, past)


@dataclass
class ConfidenceFilter:
    """Keeps mentions of enough confidence, and counts those that it left out; their links go with them.

    Args:
        minimum: by label; above 1: no confidence is enough.
        of_all: the minimum of all labels, in [0, 1].
    """

    minimum: Mapping[str, float] = field(default_factory=dict)
    of_all: float = 0.0
    n_seen: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    n_links_left_out: int = 0

    def __call__(self, mentions: list[Mention]) -> list[Mention]:
        kept = [m for m in mentions if m.confidence >= max(self.minimum.get(m.label, 0.0), self.of_all)]
        ids = {mention.id for mention in kept}
        kept = [replace(m, links=tuple(link for link in m.links if link.argument in ids)) for m in kept]
        self.n_links_left_out += sum(len(m.links) for m in mentions) - sum(len(m.links) for m in kept)
        self.n_seen += len(mentions)
        self.left_out += Counter(m.label for m in mentions) - Counter(m.label for m in kept)
        return kept

    def notices(self) -> Iterator[str]:
        """What was left out, labels that never reach their precision named."""
        if not (self.minimum or self.of_all):
            return
        never = [label for label, minimum in self.minimum.items() if minimum > 1 and self.left_out[label]]
        whole = (
            f"; all of {', '.join(never)}, which do not reach the precision asked for or are too few to tell"
            if never
            else ""
        )
        links = f" with {counted(self.n_links_left_out, 'link')}" if self.n_links_left_out else ""
        n_left_out = self.left_out.total()
        yield f"{n_left_out:,} of {counted(self.n_seen, 'mention')}{links} left out for low confidence{whole}"


def predict(
    articles: Iterable[Article],
    extractor: Extractor,
    keep: ConfidenceFilter | None = None,
    *,
    changed: Collection[str] = (),
) -> Iterator[Prediction]:
    """Predict articles, in their order; each prediction has the text, and warnings.

    Args:
        keep: which mentions to keep; None: all.
        changed: ids of articles whose text was changed when it was read; may grow while articles are taken.
    """
    for article, mentions, warnings in extractor.extract_with_warnings(articles):
        kept = mentions if keep is None else keep(mentions)
        first = [TEXT_CHANGED] if article.id in changed else []
        yield prediction_of(article, kept, extractor.name, warnings=[*first, *warnings], with_text=True)

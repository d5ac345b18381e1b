"""Finding mentions with a trained model: text, windows, log-probabilities, tags, mentions with calibrated confidences.

Comes in: a model folder and articles in the stored form. Goes out: mentions with offsets, labels and confidences,
found in the whole article however long it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, tee
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from eventcorpus.errors import ModelError, first_line
from eventcorpus.events.candidates import Candidates
from eventcorpus.events.linking import LinkCalibration, LinkScores, linked_mentions
from eventcorpus.models.calibration import apply_logistic, apply_temperature
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, model_hash, read_about
from eventcorpus.models.heads import EventHeads, load_heads
from eventcorpus.models.languages import reading_warnings
from eventcorpus.models.windows import EncodedText, TextEncoder, pad_windows
from eventcorpus.predictions import TEXT_CHANGED, ModelName, Prediction, prediction_of
from eventcorpus.schema import Article, Mention
from eventcorpus.tags import DECODERS, spans_from_tags
from eventcorpus.text import stored_form, whole_words, without_unpaired_marks

BATCH_SIZE = 16
"""Windows that the model reads together."""
SECTION, _MARGIN = 400, 60
"""Mentions of an article that are linked together, and those at either end of them that another such run decides."""
_ARTICLES_AT_ONCE = 64
"""Articles whose windows are sorted by length together."""


class Extractor:
    """A loaded model. Make one with ``Extractor.from_pretrained``."""

    def __init__(
        self, model: Any, tokenizer: Any, about: ModelAbout, *, name: ModelName, heads: EventHeads | None = None
    ) -> None:
        self.model = model.eval()
        self.heads = heads.eval() if heads is not None else None
        self.tokenizer = tokenizer
        self.about = about
        self.name = name
        self._encoder = TextEncoder(tokenizer, max_length=about.max_length, stride=about.stride)

    @classmethod
    def from_pretrained(cls, folder: str | Path, *, device: str | None = None) -> Extractor:
        """Load a folder that ``eventcorpus train`` wrote.

        Args:
            device: ``cpu``, ``cuda``, ...; by default a GPU where there is one.

        Raises:
            ModelError: if the folder is not a whole model of ours.
        """
        from transformers import AutoModelForTokenClassification

        path = Path(folder)
        about = read_about(path)
        tokenizer = load_tokenizer(str(path))
        try:
            model = AutoModelForTokenClassification.from_pretrained(path, dtype=torch.float32)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise ModelError(f"{path}: the model cannot be loaded ({first_line(error)}); train it again") from None
        heads = load_heads(path, about.ontology)
        for module in (model, heads) if heads is not None else (model,):
            module.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        name = ModelName(name=path.resolve().name, hash=model_hash(path))
        return cls(model, tokenizer, about, name=name, heads=heads)

    def extract(self, articles: Iterable[Article | str]) -> Iterator[list[Mention]]:
        """Find the mentions of each article, in order; a string is brought into the stored form first.

        Yields:
            one list an article, in text order; offsets refer to ``article.text`` (of a string: to its stored form).
        """
        texts = (article.text if isinstance(article, Article) else stored_form(article).text for article in articles)
        for scored in self.scored(texts):
            yield self._decoded(scored)

    def extract_with_warnings(self, articles: Iterable[Article]) -> Iterator[tuple[Article, list[Mention], list[str]]]:
        """Find the mentions of each article, in order, and say why the model may be unable to read it.

        Yields:
            the article, its mentions as ``extract`` finds them, and warnings (``predictions.WarningCode``).
        """
        shown, read = tee(articles)
        for article, scored in zip(shown, self.scored(a.text for a in read), strict=True):
            warnings = reading_warnings(
                article,
                scored.encoded,
                learned=self.about.training_texts,
                languages=self.about.languages,
                unknown_id=self.tokenizer.unk_token_id,
            )
            yield article, self._decoded(scored), list(warnings)

    def link(self, scored: ScoredText, mentions: Sequence[Mention], *, is_given: bool = False) -> list[Mention]:
        """Give mentions of a text, in text order, their roles, attributes and events; as they are without heads.

        Args:
            is_given: whether the mentions are right, and not what a model found.
        """
        if self.heads is None or scored.states is None or not mentions:
            return list(mentions)
        calibration = self.about.calibration.links or LinkCalibration()
        confidences = calibration.given if is_given else calibration.found
        linked: list[Mention] = []
        for section, own in sections(len(mentions)):
            part = mentions[section]
            pairs, scores = self.link_scores(scored, part)
            first_id = section.start + 1
            found = linked_mentions(part, pairs, scores, self.heads.about.learned, confidences, first_id=first_id)
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

    def _decoded(self, scored: ScoredText) -> list[Mention]:
        mentions = decode_mentions(scored.text, scored.encoded, scored.log_probabilities, self.about)
        return self.link(scored, mentions)

    def scored(self, texts: Iterable[str]) -> Iterator[ScoredText]:
        """Score texts, as ``score`` does; many at once, and in memory no more than those."""
        texts = iter(texts)
        while batch := list(islice(texts, _ARTICLES_AT_ONCE)):
            yield from self.score(batch)

    def score(self, texts: Sequence[str]) -> list[ScoredText]:
        """Encode texts in the stored form and score their tokens, as the model does before any calibration."""
        encoded = [self._encoder.encode(text) for text in texts]
        n_tags, device = self.model.config.num_labels, self.model.device
        scores = [np.zeros((len(text.input_ids), n_tags), dtype=np.float32) for text in encoded]
        states = (
            [torch.zeros(len(t.input_ids), 2 * self.heads.about.size, device=device) for t in encoded]
            if self.heads
            else []
        )
        windows = [
            (i, window) for i, text in enumerate(encoded) for window in text.windows if window.end > window.start
        ]
        windows.sort(key=lambda window: window[1].end - window[1].start, reverse=True)  # so that little is padding
        n_before = len(self._encoder.prefix)
        for at in range(0, len(windows), BATCH_SIZE):
            batch = windows[at : at + BATCH_SIZE]
            ids = [self._encoder.around(encoded[i].input_ids[window.start : window.end]) for i, window in batch]
            outputs = self._run(ids)
            found: NDArray[np.float32] = outputs.logits.float().log_softmax(dim=-1).cpu().numpy()
            projected = self._projected(outputs)
            for n, (i, window) in enumerate(batch):
                own = slice(window.own_start, window.own_end)
                columns = slice(n_before + window.own_start - window.start, n_before + window.own_end - window.start)
                scores[i][own] = found[n, columns]
                if projected is not None:
                    states[i][own] = projected[n, columns]
        return [ScoredText(text, encoded[i], scores[i], states[i] if states else None) for i, text in enumerate(texts)]

    def window_logits(self, windows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Run the model on a batch of windows, which have their special tokens.

        Returns:
            logits, shape (n_windows, seq_len, n_tags), fp32, with the rows of special tokens and padding.
        """
        return self._run(windows).logits.float()  # type: ignore[no-any-return]

    def _run(self, windows: Sequence[Sequence[int]]) -> Any:
        batch = pad_windows(windows, pad_id=self._encoder.pad_id)
        tensors = {name: tensor.to(self.model.device) for name, tensor in batch.items()}
        with torch.inference_mode():
            return self.model(**tensors, output_hidden_states=self.heads is not None)

    def _projected(self, outputs: Any) -> torch.Tensor | None:
        """What the heads keep of the hidden states: shape (n_windows, seq_len, size)."""
        if self.heads is None:
            return None
        with torch.inference_mode():
            return self.heads.project(outputs.hidden_states)


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text in the stored form and what the model says of its tokens, each in the window that owns it.

    ``log_probabilities``: of tags, shape (n_tokens, n_tags). ``states``: what the heads read of each token, shape
    (n_tokens, 2 * size); None without heads.
    """

    text: str
    encoded: EncodedText
    log_probabilities: NDArray[np.float32]
    states: torch.Tensor | None


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


def decode_mentions(
    text: str, encoded: EncodedText, log_probabilities: NDArray[np.float32], about: ModelAbout
) -> list[Mention]:
    """Turn scores of tags into mentions, in text order.

    The ends of a mention are moved out to whole words, then in over unpaired quotation marks and brackets. None runs
    over a line break: a headline and the sentence below it are apart. Where two mentions meet in one
    word, the more confident one has it. Confidence is the geometric mean of the probabilities of the decoded tags,
    calibrated as ``about`` says.

    Args:
        log_probabilities: shape (n_tokens, n_tags).
    """
    visible = [i for i, (start, end) in enumerate(encoded.offsets) if start < end]
    calibration = about.calibration
    scores = apply_temperature(log_probabilities[visible], calibration.temperature)
    ends = [0, *(encoded.offsets[i][1] for i in visible)]
    begins_line = ["\n" in text[end : encoded.offsets[i][0]] for end, i in zip(ends, visible, strict=False)]
    scores[np.flatnonzero(begins_line), 2::2] = -np.inf  # the tags I-
    tags = DECODERS[about.decoder](scores)
    spans = spans_from_tags(tags)
    of_tags = scores[np.arange(len(tags)), tags]
    means = np.array([of_tags[first:past].mean() for first, past, _ in spans], dtype=np.float64)
    confidences = apply_logistic(np.exp(means), slope=calibration.slope, intercept=calibration.intercept).tolist()

    word_at = {character: word for word in whole_words(text) for character in range(*word)}
    mentions = []
    for (first, past, label), confidence in zip(spans, confidences, strict=True):
        start, _ = word_at[encoded.offsets[visible[first]][0]]
        _, end = word_at[encoded.offsets[visible[past - 1]][1] - 1]
        start, end = without_unpaired_marks(text, start, end)
        mentions.append(Mention(start, end, about.ontology.labels[label], text[start:end], confidence))
    return _without_overlaps(mentions)


def _without_overlaps(mentions: Iterable[Mention]) -> list[Mention]:
    """Of mentions that overlap the most confident one, of equal ones the first; in text order."""
    kept: list[Mention] = []  # in text order, so that only the neighbours can be in the way
    for mention in sorted(mentions, key=lambda m: (-m.confidence, m.start)):
        at = bisect_left(kept, mention.start, key=lambda m: m.start)
        before, after = kept[max(at - 1, 0) : at], kept[at : at + 1]
        if all(other.end <= mention.start for other in before) and all(mention.end <= other.start for other in after):
            kept.insert(at, mention)
    return kept


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
        links = f" with {self.n_links_left_out:,} links" if self.n_links_left_out else ""
        yield f"{self.left_out.total():,} of {self.n_seen:,} mentions{links} left out for their confidence{whole}"


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

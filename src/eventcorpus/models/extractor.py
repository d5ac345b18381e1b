"""A trained model at work: articles in, mentions out.

Comes in: a model folder and articles in the stored form. Goes out: mentions with offsets, labels and confidences,
read from the whole article however long it is.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from eventcorpus.calibration.apply import apply_logistic, apply_temperature
from eventcorpus.errors import ModelError
from eventcorpus.models.encode import EncodedText, Window, encode_text, special_tokens_of
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, model_hash, read_about
from eventcorpus.models.tags import DECODERS, spans_from_tags
from eventcorpus.predictions import ModelName
from eventcorpus.schema import Article, Mention
from eventcorpus.text import stored_form, words

logger = logging.getLogger(__name__)

BATCH_SIZE = 16
"""Windows a batch."""
ARTICLES_AT_ONCE = 64
"""Articles whose windows are sorted by length together."""


class Extractor:
    """A loaded model. Make one with ``Extractor.from_pretrained``."""

    def __init__(self, model: Any, tokenizer: Any, about: ModelAbout, *, name: ModelName) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.about = about
        self.name = name
        self._special_tokens = special_tokens_of(tokenizer)

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
            raise ModelError(
                f"{path}: the model cannot be loaded ({str(error).splitlines()[0][:200]}); train it again"
            ) from None
        model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        return cls(model, tokenizer, about, name=ModelName(name=path.resolve().name, hash=model_hash(path)))

    def extract(self, articles: Iterable[Article | str]) -> Iterator[list[Mention]]:
        """Find the mentions of each article, in order; texts are brought into the stored form first.

        Yields:
            one list an article, in text order; offsets refer to ``article.text`` (of a string: to its stored form).
        """
        waiting: list[str] = []
        for article in articles:
            waiting.append(article.text if isinstance(article, Article) else stored_form(article).text)
            if len(waiting) == ARTICLES_AT_ONCE:
                yield from self._extract(waiting)
                waiting = []
        yield from self._extract(waiting)

    def score(self, texts: Sequence[str]) -> list[tuple[EncodedText, NDArray[np.float32]]]:
        """Encode texts in the stored form and score their tokens, as the model does before any calibration.

        Returns:
            per text its tokens, and their log-probabilities of tags, shape (n_tokens, n_tags).
        """
        encoded = [
            encode_text(
                text,
                self.tokenizer,
                max_length=self.about.max_length,
                stride=self.about.stride,
                special_tokens=self._special_tokens,
            )
            for text in texts
        ]
        return list(zip(encoded, self._log_probabilities(encoded), strict=True))

    def _extract(self, texts: Sequence[str]) -> Iterator[list[Mention]]:
        for text, (encoded, log_probabilities) in zip(texts, self.score(texts), strict=True):
            yield decode_mentions(text, encoded, log_probabilities, self.about)

    def _log_probabilities(self, encoded: Sequence[EncodedText]) -> list[NDArray[np.float32]]:
        """Log-probabilities of tags, shape (n_tokens, n_tags) per text, each token's from the window that owns it."""
        n_tags = self.model.config.num_labels
        out = [np.zeros((len(one.input_ids), n_tags), dtype=np.float32) for one in encoded]
        jobs: list[tuple[int, Window]] = [
            (i, w) for i, one in enumerate(encoded) for w in one.windows if w.end > w.start
        ]
        jobs.sort(key=lambda job: job[1].end - job[1].start, reverse=True)
        for at in range(0, len(jobs), BATCH_SIZE):
            batch = jobs[at : at + BATCH_SIZE]
            rows = [self._special_tokens.around(encoded[i].input_ids[w.start : w.end]) for i, w in batch]
            longest = len(rows[0])
            ids = torch.full((len(rows), longest), self.tokenizer.pad_token_id or 0, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, values in enumerate(rows):
                ids[row, : len(values)] = torch.tensor(values)
                mask[row, : len(values)] = 1
            with torch.inference_mode():
                device = self.model.device
                logits = self.model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
                scores = logits.float().log_softmax(dim=-1).cpu().numpy()
            first = len(self._special_tokens.prefix)
            for row, (i, w) in enumerate(batch):
                own = slice(first + w.own_start - w.start, first + w.own_end - w.start)
                out[i][w.own_start : w.own_end] = scores[row, own]
        return out


def decode_mentions(
    text: str, encoded: EncodedText, log_probabilities: NDArray[np.float32], about: ModelAbout
) -> list[Mention]:
    """Turn tag scores into mentions, their ends moved out to whole words.

    Where two mentions meet in one word, the more confident one has it. Confidence is the geometric mean of the
    probabilities of the decoded tags, calibrated as ``about`` says.

    Args:
        log_probabilities: shape (n_tokens, n_tags).
    """
    visible = [i for i, (start, end) in enumerate(encoded.offsets) if start < end]
    calibration = about.calibration
    scores = apply_temperature(log_probabilities[visible], calibration.temperature)
    tags = DECODERS[about.decoder](scores)
    starts, ends = {}, {}
    for start, end in words(text):
        for character in range(start, end):
            starts[character], ends[character] = start, end
    runs = spans_from_tags(tags)
    means = [np.mean([scores[i, tags[i]] for i in range(first, past)]) for first, past, _ in runs]
    confidences = apply_logistic(
        np.exp(np.array(means, dtype=np.float64)), slope=calibration.slope, intercept=calibration.intercept
    )
    found: list[Mention] = []
    for (first, past, label), confidence in zip(runs, confidences.tolist(), strict=True):
        start = starts[encoded.offsets[visible[first]][0]]
        end = ends[encoded.offsets[visible[past - 1]][1] - 1]
        found.append(Mention(start, end, about.ontology.labels[label], text[start:end], confidence))
    kept: list[Mention] = []  # in text order, so that only the neighbours can be in the way
    for mention in sorted(found, key=lambda m: (-m.confidence, m.start)):
        at = bisect_left(kept, mention.start, key=lambda m: m.start)
        before, after = kept[max(at - 1, 0) : at], kept[at : at + 1]
        if all(other.end <= mention.start for other in before) and all(mention.end <= other.start for other in after):
            kept.insert(at, mention)
    return kept

"""What calibration on validation is worth on test: calibration error before and after, and what thresholds keep.

    python tests/bench/calibrate.py MODEL DATASET

Nothing is written. The last line is one JSON object.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from eventcorpus.dataset.folder import read_dataset
from eventcorpus.inference.extractor import Extractor
from eventcorpus.models.calibration import (
    Calibration,
    ScoredMentions,
    calibration_error,
    minimum_confidences,
    wilson_interval,
)
from eventcorpus.models.fit_calibration import calibrate


def score(extractor: Extractor, articles: list, calibration: Calibration) -> tuple[list, ScoredMentions]:
    """Every mention of the articles as (article, start, end, label), and how right they are."""
    extractor.about = extractor.about.model_copy(update={"calibration": calibration})
    keys, said, right = [], [], []
    for one, mentions in zip(articles, extractor.extract(a.article for a in articles), strict=True):
        gold = {(s.start, s.end, s.label) for s in one.spans}
        keys += [(one.article.id, m.start, m.end, m.label) for m in mentions]
        said += [m.confidence for m in mentions]
        right += [(m.start, m.end, m.label) in gold for m in mentions]
    return keys, ScoredMentions(tuple(key[3] for key in keys), np.array(said), np.array(right))


def main() -> None:
    """Print a table and the JSON line."""
    extractor, dataset = Extractor.from_pretrained(sys.argv[1]), read_dataset(Path(sys.argv[2]))
    began = time.perf_counter()
    calibration = calibrate(extractor, dataset.split("validation"))
    seconds = time.perf_counter() - began
    test = dataset.split("test")
    keys_before, before = score(extractor, test, Calibration())
    keys_after, after = score(extractor, test, calibration)
    on = calibration.fitted_on
    print(f"validation: {on.articles} articles, {on.mentions} mentions, {on.correct} right; {seconds:.1f} s")
    for name, one in calibration.errors.items():
        chosen = " (chosen)" if name == calibration.method else ""
        print(f"  {name}{chosen}, cross-validated: error {one.expected_error:.3f}, Brier {one.brier:.3f}")
    for name, one in (("before", before), ("after", after)):
        print(
            f"test, {name}: error {calibration_error(one).expected_error:.3f}, Brier {calibration_error(one).brier:.3f}"
        )
    minimum = minimum_confidences(calibration)
    kept = np.array([c >= minimum[label] for label, c in zip(after.labels, after.confidences, strict=True)], dtype=bool)
    listed = np.array([np.isfinite(minimum[label]) for label in after.labels], dtype=bool)
    n_kept, n_right = int(kept.sum()), int((after.correct & kept).sum())
    print(f"test, thresholds for 0.9: {sum(np.isfinite(list(minimum.values())))} of {len(minimum)} labels have one; "
          f"{n_kept} of their {int(listed.sum())} mentions kept, {n_right} right")  # fmt: skip
    low, high = wilson_interval(n_right, n_kept) if n_kept else (0.0, 1.0)
    print(
        json.dumps(
            {
                "method": calibration.method,
                "parameters": [calibration.temperature, calibration.slope, calibration.intercept],
                "validation": {name: one.model_dump() for name, one in calibration.errors.items()},
                "test_mentions": len(keys_before),
                "test_mentions_that_differ": len(set(keys_before) ^ set(keys_after)),
                "test_before": calibration_error(before).model_dump(),
                "test_after": calibration_error(after).model_dump(),
                "labels_with_threshold": int(sum(np.isfinite(list(minimum.values())))),
                "test_kept": n_kept,
                "test_precision_of_these_labels": round(float(after.correct[listed].mean()), 4)
                if listed.any()
                else None,
                "test_precision_kept": round(n_right / n_kept, 4) if n_kept else None,
                "test_precision_kept_interval": [round(low, 3), round(high, 3)],
            }
        )
    )


if __name__ == "__main__":
    main()

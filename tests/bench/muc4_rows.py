"""Event rows beside the answer keys of MUC-4: `make bench-muc4-rows DATA=folder MODEL=folder HEADERS=file`.

DATA has the texts as JSON Lines (``docid``, ``doctext``) and the keys in ``keys/key-*``. Their texts lack the headers,
on which most dates of the keys rest ("on or before the day of the header"): ``--headers`` names the distributed files
of texts, or a file with a line a message (``TST1-MUC3-0001 LIMA, 4 FEB 90``). Rows become templates by the tables of
``muc4_templates``. What is right, half right, missed and spurious is decided as in 1992 (``muc4_keys``), but by the
program alone: nobody gives credit by hand. The last line is JSON.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kept_rows import rows_of_articles
from muc4_keys import SLOTS, Answer, Template, read_headers, read_keys, score_message
from muc4_templates import Document, answers_of

from eventcorpus.files import read_lines
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.resample import draw_resamples
from eventcorpus.models.folder import model_hash
from eventcorpus.provenance import provenance
from eventcorpus.schema import Article
from eventcorpus.text import stored_form

PUBLISHED = {
    "GE, TST3": {"date": (61, 57), "location": (63, 59), "stage": (76, 71), "number": (66, 56), "effect": (62, 52)},
    "UMass, TST3": {"date": (55, 63), "location": (53, 60), "stage": (72, 82), "number": (54, 54), "effect": (53, 54)},
}
"""Recall and precision of the best systems of 1992 on their own test, which is another part."""


def read_texts(folder: Path) -> dict[str, str]:
    """The texts of all files of JSON Lines, by message."""
    rows = (json.loads(line) for path in sorted(folder.glob("*.json")) for line in read_lines(path) if line.strip())
    return {row["docid"]: row["doctext"] for row in rows}


def read_templates(folder: Path) -> dict[str, list[Template]]:
    """The templates of all key files, by message."""
    found: dict[str, list[Template]] = {}
    for path in sorted((folder / "keys").glob("key-*")):
        for message, template in read_keys(path.read_text(encoding="latin-1")):
            found.setdefault(message, []).extend([template] if template else [])
    return found


def main() -> None:
    """Print a table of slots, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--headers", type=Path, nargs="*", default=[])
    parser.add_argument("--part", nargs="+", default=["DEV"], help="DEV, TST1, ... : the first letters of messages")
    parser.add_argument("--sample", type=int, help="so many messages, always the same ones")
    parser.add_argument("--predictions", type=Path, help="keep there what the model finds, and take it from there")
    parser.add_argument("--misses", type=int, default=0, help="print so many messages with what is wrong")
    args = parser.parse_args()
    began = time.perf_counter()
    texts, templates = read_texts(args.data), read_templates(args.data)
    headers = {name: h for path in args.headers for name, h in read_headers(path.read_text("latin-1")).items()}
    names = sorted(name for name in texts if name.startswith(tuple(args.part)))
    if args.sample and args.sample < len(names):
        names = sorted(random.Random(0).sample(names, args.sample))
    published = {name: headers[name].published for name in names if name in headers and headers[name].published}
    articles = [
        Article(
            name, stored_form(texts[name]).text, published=day.isoformat() if (day := published.get(name)) else None
        )
        for name in names
    ]
    counts = np.zeros((len(names), len(SLOTS) + 1, 3))
    n_rows = 0
    for n, (article, mentions, rows) in enumerate(rows_of_articles(articles, args.model, args.predictions)):
        document = Document(article.text, headers.get(article.id), {(m.start, m.end): m.label for m in mentions})
        answers = answers_of(rows, document)
        counts[n] = score_message(answers, templates.get(article.id, []))
        n_rows += len(rows)
        if n < args.misses:
            show(article.id, answers, templates.get(article.id, []))
    table = figures(counts)
    for slot, row in table.items():
        print(
            f"{slot:10} R {row['recall']:5.1f} P {row['precision']:5.1f} F {row['f1']:5.1f} {row['interval']}  of {row['key']:.0f}"
        )
    print(json.dumps({
        "bench": "muc4-rows", **provenance(Path(__file__).parent), "model": args.model.name,
        "model_hash": model_hash(args.model)[:12], "parts": args.part, "messages": len(names),
        "headers": sum(name in headers for name in names), "dated": len(published), "rows": n_rows,
        "seconds": round(time.perf_counter() - began, 1), "slots": table,
        "published_1992_recall_precision_on_another_part": PUBLISHED,
    }))  # fmt: skip


def figures(counts: Numbers) -> dict[str, dict[str, Any]]:
    """Recall, precision and F1 in per cent of each slot, of all of them, and of templates, with 95% intervals of F1.

    Args:
        counts: shape (n_messages, slots and templates, 3): scores, fillers in the key, in the answers.
    """
    counts = np.concatenate([counts, counts[:, : len(SLOTS)].sum(axis=1, keepdims=True)], axis=1)
    resampled = draw_resamples(range(len(counts))).totals(counts)
    low, high = np.nanpercentile(f1_of(resampled), [2.5, 97.5], axis=0)
    found: dict[str, dict[str, Any]] = {}
    for i, name in enumerate((*SLOTS, "templates", "all slots")):
        score, key, answer = counts.sum(axis=0)[i].tolist()
        found[name] = {
            "recall": round(100 * score / max(key, 1), 1),
            "precision": round(100 * score / max(answer, 1), 1),
            "f1": round(200 * score / max(key + answer, 1), 1),
            "interval": [round(100 * float(low[i]), 1), round(100 * float(high[i]), 1)],
            "key": key,
            "answers": answer,
        }
    return found


def f1_of(sums: Numbers) -> Numbers:
    """2 scores / (fillers of the key + of the answers); NaN without both."""
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * sums[..., 0] / (sums[..., 1] + sums[..., 2]))


def show(message: str, answers: Sequence[Answer], templates: Sequence[Template]) -> None:
    """Print answers above the templates that they should be."""
    print(message)
    for answer in answers:
        print("   answer ", answer.kind, answer.stage, answer.date, answer.location, answer.numbers, answer.effects)
    for template in templates:
        fills = {
            name: [sorted(fill.values) + sorted(fill.tags)[:1] for fill in template.fills[name]]
            for name in ("type", "stage", "number", "effect")
        }
        print("   key    ", "optional" if template.is_optional else "", fills, template.dates, template.locations)


if __name__ == "__main__":
    main()

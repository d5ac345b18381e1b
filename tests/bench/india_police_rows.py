"""Event rows beside IndiaPoliceEvents: `make bench-india-police-rows DATA=folder MODEL=folder`.

DATA has ``train.tsv`` and ``dev.tsv`` (Halterman et al. 2021): a text in small letters, and whether it says that police
killed somebody, arrested somebody, did anything, failed to act, or used other force. An article is answered with yes
where it has a row that says so, by the table below; for failures to act rows have no label, so FAIL is left out. Beside
it stands what words alone give: a word for police and one for the deed in one sentence. Intervals are over resampled
articles. The last line is JSON.
"""

import argparse
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from kept_rows import rows_of_articles

from eventcorpus.articles.dates import read_date
from eventcorpus.events.rows import Argument, Row
from eventcorpus.files import read_lines
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import precision_recall_f1
from eventcorpus.metrics.resample import draw_resamples
from eventcorpus.models.folder import model_hash
from eventcorpus.provenance import provenance
from eventcorpus.schema import Article
from eventcorpus.text import sentence_starts, stored_form

COLUMNS = ("KILL", "ARREST", "ANY", "FAIL", "FORCE")
PUBLISHED = {"KILL": (0.90, 0.98), "ARREST": (0.88, 0.92), "FAIL": (0.59, 0.71)}
"""Recall and precision of a language model asked about each document, zero-shot, on the whole corpus (2026)."""

POLICE = re.compile(
    r"\b(?:police\w*|cops?|constables?|inspectors?|crime branch|special (?:cell|task force|branch)|stf|srpf?|crpf|r[ap]f|"
    r"rapid action force|reserve police|cbi|anti[- ]terrorist squad|ats|law[- ]enforc\w+|security forces|jawans?)\b"
)
"""Who is police in Indian news, in small letters."""
NOT_POLICE = re.compile(r"\bpolice (?:station|post|chowki|outpost|headquarters|lines|van|jeep|vehicle)s?\b")
FORCE_LABELS = ("Battle", "Explosion", "AttackOnCivilians", "Riot")
WORDS = {
    "KILL": r"kill\w*|shot dead|gunned down|died|dead|deaths?|encounter",
    "ARREST": r"arrest\w*|detain\w*|custody|nabbed|rounded up|apprehend\w*|held",
    "ANY": r"\w+ed",
    "FORCE": r"lathi\w*|tear ?gas\w*|fir(?:ed|ing)|baton\w*|cane[- ]?charge\w*|opened fire|shell\w*",
}
"""What the comparison looks for beside a word for police."""


def is_police(argument: Argument) -> bool:
    """Whether a mention is police, and no building or vehicle of theirs.

    >>> from eventcorpus.events.rows import Words
    >>> [is_police(Argument(Words(start=0, end=9, text=text))) for text in ("city police", "police station", "mob")]
    [True, False, False]
    """
    words = NOT_POLICE.sub("", argument.words.text.lower())
    return bool(POLICE.search(words)) or str(argument.normalised.get("name", "")).startswith("Police Forces")


def has_police(row: Row) -> bool:
    """Whether police are an agent of a row, or those who move."""
    roles = ("agent", "victim") if row.label == "Movement" else ("agent",)
    return any(is_police(argument) for role in roles for argument in row.arguments.get(role, ()))


def happened(row: Row) -> bool:
    """Whether a row tells what took place."""
    return row.attributes.get("modality", "actual") == "actual"


def answers_of(rows: Sequence[Row]) -> dict[str, bool]:
    """What the rows of an article answer to each question that they can answer."""
    by_id = {row.id: row for row in rows}

    def by_police(row: Row) -> bool:
        return has_police(row) or any(has_police(by_id[cause]) for cause in row.cause if cause in by_id)

    told = [row for row in rows if happened(row)]
    harmed = [row for row in told if row.label == "Casualties" and by_police(row)]
    arrests = [row for row in told if row.label == "Arrest" and (has_police(row) or not row.arguments.get("agent"))]
    force = [row for row in told if row.label in FORCE_LABELS and has_police(row)]
    outcomes = {row.attributes.get("outcome") for row in harmed}
    return {
        "KILL": "killed" in outcomes,
        "ARREST": bool(arrests),
        "ANY": bool(harmed or arrests or force) or any(has_police(row) for row in told),
        "FORCE": bool(force) or "injured" in outcomes,
    }


def answers_of_words(text: str) -> dict[str, bool]:
    """What words alone answer: police and the deed in one sentence."""
    starts = [*sentence_starts(text), len(text)]
    sentences = [text[a:b].lower() for a, b in pairwise(starts)]
    with_police = [sentence for sentence in sentences if POLICE.search(NOT_POLICE.sub("", sentence))]
    return {name: any(re.search(rf"\b(?:{words})\b", s) for s in with_police) for name, words in WORDS.items()}


def read_gold(path: Path) -> Iterator[tuple[Article, dict[str, bool]]]:
    """The articles of a file and their labels; the day of publication is in the first words of some."""
    for number, line in enumerate(read_lines(path), start=1):
        text, *labels = line.split("\t")
        found = re.match(r"This story is from (\w+ \d{1,2}, \d{4})", text)
        day = read_date(found[1]) if found else None
        article = Article(f"{path.stem}-{number:04}", stored_form(text).text, published=day)
        yield article, {name: label.strip() == "1" for name, label in zip(COLUMNS, labels, strict=True)}


def figures(gold: Sequence[Mapping[str, bool]], answers: Sequence[Mapping[str, bool]]) -> dict[str, dict[str, Any]]:
    """Precision, recall and F1 of each question in per cent, with 95% intervals over resampled articles."""
    resampling = draw_resamples(range(len(gold)))
    found: dict[str, dict[str, Any]] = {}
    for name in answers[0]:
        pairs = [(wanted[name], given[name]) for wanted, given in zip(gold, answers, strict=True)]
        counts: Numbers = np.array([(w and g, g, w) for w, g in pairs], dtype=np.float64)
        values = 100 * precision_recall_f1(counts.sum(axis=0))
        ends = np.nanpercentile(100 * precision_recall_f1(resampling.totals(counts)), [2.5, 97.5], axis=0)
        found[name] = {"yes": int(counts[:, 2].sum()), "said": int(counts[:, 1].sum())}
        for i, figure in enumerate(("precision", "recall", "f1")):
            found[name][figure] = [round(float(x), 1) for x in (values[i], *ends[:, i])]
    return found


def main() -> None:
    """Print a line a question, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--part", nargs="+", default=["train", "dev"], choices=("train", "dev", "test"))
    parser.add_argument("--predictions", type=Path, help="keep there what the model finds, and take it from there")
    parser.add_argument("--misses", action="store_true", help="print the ids of wrong answers")
    args = parser.parse_args()
    began = time.perf_counter()
    articles, gold = zip(*(item for part in args.part for item in read_gold(args.data / f"{part}.tsv")), strict=True)
    answers, n_rows = [], 0
    for _, _, rows in rows_of_articles(articles, args.model, args.predictions):
        answers.append(answers_of(rows))
        n_rows += len(rows)
    systems = {"rows": figures(gold, answers), "words": figures(gold, [answers_of_words(a.text) for a in articles])}
    for system, table in systems.items():
        for name, row in table.items():
            shown = (
                f"{figure[0].upper()} {row[figure][0]} [{row[figure][1]}, {row[figure][2]}]"
                for figure in ("precision", "recall", "f1")
            )
            print(f"{system:6} {name:7} {'  '.join(shown)}  yes {row['yes']}, said {row['said']}")
    if args.misses:
        for article, wanted, given in zip(articles, gold, answers, strict=True):
            if wrong := [
                f"{name}: {'missed' if wanted[name] else 'spurious'}" for name in given if wanted[name] != given[name]
            ]:
                print(article.id, ", ".join(wrong))
    print(json.dumps({
        "bench": "india-police-rows", **provenance(Path(__file__).parent), "model": args.model.name,
        "model_hash": model_hash(args.model)[:12], "parts": args.part, "articles": len(articles), "rows": n_rows,
        "seconds": round(time.perf_counter() - began, 1), **systems,
        "published_recall_precision_on_the_whole_corpus": PUBLISHED,
    }))  # fmt: skip


if __name__ == "__main__":
    main()

"""Articles as Label Studio tasks: as a folder of files that its import page takes, or as a server would export them.

Comes in: articles, annotated or not, and perhaps predictions. Goes out: tasks, the configuration and a manifest.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from eventcorpus import __version__
from eventcorpus.articles.rows import article_row
from eventcorpus.errors import InputError
from eventcorpus.files import atomic_folder, read_text, sha256_of_file, to_json, write_json, write_text
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.controls import ontology_controls
from eventcorpus.labelstudio.exports import N_WORDS
from eventcorpus.labelstudio.results import results_of, results_of_prediction
from eventcorpus.ontology import Ontology, ontology_yaml
from eventcorpus.predictions import Prediction, check_prediction
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.tables import counted
from eventcorpus.text import one_line, sha256_of, words

TASKS_PER_FILE = 1000
MANIFEST = "manifest.json"
ANNOTATORS = "annotators.tsv"
"""Beside exports: the numbers of people and their names, a line each."""
SERVER_TIME = "2026-11-24T00:00:00.000000Z"
"""Stands where a server would write its clock, so that the same corpus gives the same bytes."""


def write_tasks(tasks: Iterable[dict[str, Any]], ontology: Ontology, out: Path) -> int:
    """Write ``tasks-00001.json``, ... of 1,000 tasks each, ``config.xml``, ``ontology.yaml`` and ``manifest.json``.

    Returns:
        the number of tasks.

    Raises:
        InputError: if there are no tasks.
    """
    n_tasks = 0
    files: dict[str, dict[str, Any]] = {}
    with atomic_folder(out, is_ours=is_tasks_folder) as folder:
        remaining = iter(tasks)
        for number, chunk in enumerate(iter(lambda: list(islice(remaining, TASKS_PER_FILE)), []), start=1):
            path = folder / f"tasks-{number:05d}.json"
            path.write_text(one_task_a_line(chunk), encoding="utf-8")
            files[path.name] = {"tasks": len(chunk), "sha256": sha256_of_file(path)}
            n_tasks += len(chunk)
        if not n_tasks:
            raise InputError("no articles to export")
        (folder / "config.xml").write_text(label_config(ontology), encoding="utf-8")
        (folder / "ontology.yaml").write_text(ontology_yaml(ontology), encoding="utf-8")
        manifest = {"schema": 1, "eventcorpus": __version__, "ontology": ontology.key, "tasks": n_tasks, "files": files}
        write_json(folder / MANIFEST, manifest)
    return n_tasks


def is_tasks_folder(path: Path) -> bool:
    """Whether a folder was written by ``write_tasks``."""
    return (path / MANIFEST).is_file() and (path / "config.xml").is_file()


def one_task_a_line(tasks: Sequence[dict[str, Any]]) -> str:
    """Tasks as a JSON list with one task in each line."""
    return "[" + ",\n".join(to_json(task) for task in tasks) + "]\n"


def tasks_of(
    article: Article,
    ontology: Ontology,
    *,
    prediction: Prediction | None = None,
    annotated: AnnotatedArticle | None = None,
    max_chars: int | None = None,
) -> Iterator[dict[str, Any]]:
    """The tasks of one article: one, or one a part if it is longer than ``max_chars``.

    A mention that a cut goes through is left out of the pre-annotations of both parts, and so is a role across a cut.
    Predicted values that are the ontology's default are left unset, as annotators leave them.

    Raises:
        InputError: if an annotated article would have to be cut (its roles may cross the cut), or the prediction has
            a label, role, attribute or value that is not in the ontology.
        PredictionsError: if the prediction was made from another text.
    """
    data = task_data(article, ontology)
    controls = ontology_controls(ontology)
    if prediction is not None:
        check_prediction(prediction, article, place="predictions")
        fault = controls.fault(prediction)
        if fault:
            raise InputError(f"predictions: article {article.id}: {fault}")
        prediction = controls.shown(prediction).prediction
    parts = [(0, len(article.text))] if max_chars is None else cut_parts(article.text, max_chars)
    if len(parts) > 1 and annotated is not None:
        raise InputError(
            f"article {article.id}: {counted(len(article.text), 'character')} and annotated: not cut; leave "
            "--max-chars out"
        )
    for n, (start, end) in enumerate(parts, start=1):
        task: dict[str, Any] = {"data": dict(data)}
        if len(parts) > 1:
            task["data"] |= {"text": article.text[start:end], "part": n, "n_parts": len(parts), "offset": start}
        task["data"][N_WORDS] = len(words(task["data"]["text"]))
        if annotated is not None:
            task["annotations"] = [
                {"result": results_of(annotated, ontology), "was_cancelled": False, "ground_truth": False}
            ]
        if prediction is not None:
            task["predictions"] = [results_of_prediction(prediction, controls, start=start, end=end).as_json()]
        yield task


def task_data(article: Article, ontology: Ontology) -> dict[str, Any]:
    """What a task carries in ``data``: the text, what identifies it, and the article's other fields."""
    row = article_row(article)
    known = {"article_id": row.pop("id"), "text": row.pop("text"), "text_sha256": row.pop("text_sha256")}
    return known | {"ontology": ontology.key} | row


def cut_parts(text: str, max_chars: int) -> list[tuple[int, int]]:
    """Cut a long text at paragraphs into parts of at most ``max_chars`` characters; together they are the text.

    A paragraph longer than that is cut after a sentence, else after a word, else where it must be.
    """
    parts: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > max_chars:
        window = text[start : start + max_chars]
        ends = (_last_end(pattern, window) for pattern in (r"\n\s*", r"[.!?]['\"”’)]*\s+", r"\s+"))
        end = start + next((end for end in ends if end), max_chars)
        parts.append((start, end))
        start = end
    return [*parts, (start, len(text))]


def _last_end(pattern: str, text: str) -> int:
    """Where the last match ends that has text after it and more than blanks before; 0 if there is none."""
    ends = [match.end() for match in re.finditer(pattern, text) if match.end() < len(text)]
    return next((end for end in reversed(ends) if not text[:end].isspace()), 0)


def simulated_export(articles: Sequence[AnnotatedArticle], ontology: Ontology, *, user: int | None = None) -> str:
    """The articles in the shape of the server's own JSON export, one task a line, all of one project.

    Ids count from 1, and times are ``SERVER_TIME``: what a server would make up has no meaning here.

    Args:
        user: the number of the person who annotated all of them; None: that of their annotator, 1 for a1.
    """
    tasks = [_exported_task(annotated, ontology, n, user) for n, annotated in enumerate(articles, start=1)]
    return one_task_a_line(tasks)


def user_number(name: str) -> int:
    """The number by which exports tell the person of this name from others: the same in every folder, nine digits.

    >>> user_number("Ana  Lima") == user_number("ana lima") != user_number("Ben")
    True
    """
    same = unicodedata.normalize("NFC", " ".join(name.split())).casefold()
    return 10**8 + int(sha256_of(same)[:15], 16) % (9 * 10**8)


def keep_name(name: str, folder: Path) -> int:
    """Write beside exports, in ``annotators.tsv``, who the person with a number is: no dataset ever has names.

    Returns:
        the number.

    Raises:
        InputError: if it is no name, or another name has its number.
    """
    shown, path = " ".join(name.split()), folder / ANNOTATORS
    if not shown or not shown.isprintable():
        raise InputError(f"--annotator {one_line(name)}: a name has letters, and nothing that cannot be printed")
    number = user_number(shown)
    lines = read_text(path).splitlines() if path.is_file() else []
    names = dict(line.split("\t", 1) for line in lines if "\t" in line)
    known = names.setdefault(str(number), shown)
    if user_number(known) != number or known.casefold() != shown.casefold():
        raise InputError(f"{path}: {known!r} has the number {number} of {shown!r}; call one of them differently")
    write_text(path, "".join(f"{key}\t{names[key]}\n" for key in sorted(names)))
    return number


def _exported_task(
    annotated: AnnotatedArticle, ontology: Ontology, number: int, user: int | None = None
) -> dict[str, Any]:
    result, by = results_of(annotated, ontology), annotated.annotator if user is None else user
    user = int(annotated.annotator.removeprefix("a")) if user is None else user
    annotation = {
        "id": number,
        "completed_by": user,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": SERVER_TIME,
        "updated_at": SERVER_TIME,
        "draft_created_at": None,
        "lead_time": None,
        "prediction": {},
        "result_count": len({item.get("id") for item in result}),
        "unique_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"eventcorpus/{by}/{annotated.article.id}")),
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": number,
        "project": 1,
        "updated_by": user,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    }
    return {
        "id": number,
        "annotations": [annotation],
        "drafts": [],
        "predictions": [],
        "data": task_data(annotated.article, ontology),
        "meta": {},
        "created_at": SERVER_TIME,
        "updated_at": SERVER_TIME,
        "allow_skip": True,
        "inner_id": number,
        "total_annotations": 1,
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 1,
        "updated_by": user,
        "comment_authors": [],
    }

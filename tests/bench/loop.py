"""A study of pre-annotation with a real server and a simulated annotator: `make bench-loop`.

A model trained on half of the shipped corpus pre-annotates the other half on a real Label Studio. The annotator knows the
gold annotation and works through the server's API as the page does (annotations begun from a prediction, with its region
ids), by the error model below. What was planted is counted while it is done; then the project is pulled, and
`eventcorpus corrections` must report it, figure by figure. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
sys.path.insert(0, str(Path(__file__).parents[1]))

from eventcorpus.articles.rows import article_row
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.files import to_json
from eventcorpus.inference.extractor import Extractor
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.metrics.align import match_overlapping
from eventcorpus.metrics.match import exact_counts, sum_counts
from eventcorpus.ontology import read_ontology_yaml
from eventcorpus.predictions import prediction_line, prediction_of
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import read_recipe
from live.server import LabelStudioServer

PROGRAM = str(Path(sys.executable).with_name("eventcorpus"))
ERROR_MODEL = {
    "sees a wrong mention": 0.8,
    "sees a missed mention": 0.6,
    "submits at a glance": 0.1,
}
"""Probabilities: that a mention with a wrong label or border is put right, or a spurious one removed; that a mention
which the model missed is added; that a whole article is submitted untouched after 3 to 8 seconds."""
Item = dict[str, Any]
Place = tuple[int, int, str]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    ontology = read_ontology_yaml(Path("corpus/ontology.yaml"))
    every = read_exports([Path("corpus/annotations/pass-1.json")], ontology, ConversionReport())
    random.Random(seed).shuffle(every)
    half = len(every) // 2
    train, rest = every[:half], every[half:]
    recipe = read_recipe(Path("training/recipes/demo.yaml")).replace(seed=seed)
    with tempfile.TemporaryDirectory(prefix="eventcorpus-bench-") as name:
        folder = Path(name)
        model = folder / "model"
        fit(train, ontology, recipe, model)
        predict(Extractor.from_pretrained(model), rest, folder / "predictions.jsonl")
        (folder / "articles.jsonl").write_text("".join(to_json(article_row(one.article)) + "\n" for one in rest))
        server = LabelStudioServer(folder / "data")
        server.start()
        try:
            run(server, "push", folder / "articles.jsonl", "--project", "study")
            run(server, "preannotate", "--predictions", folder / "predictions.jsonl", "--project", "study")
            planted = annotate(server, {one.article.id: one for one in rest}, random.Random(seed))
            run(server, "pull", "--project", "study", "--out", folder / "labels")
        finally:
            server.kill()
        done = subprocess.run(
            [PROGRAM, "labelstudio", "corrections", folder / "labels", "--json", "-"],
            capture_output=True,
            text=True,
            check=True,
        )
        corrected = read_exports([folder / "labels" / "export.json"], ontology, ConversionReport())
    report = json.loads(done.stdout)
    reported = {name: n for name, n in report["total"]["mentions"].items() if name in planted}
    reported |= {name: report["total"][name] for name in ("annotations", "untouched", "untouched_within")}
    print(f"{len(train)} articles to train on, {len(rest)} pre-annotated; error model {ERROR_MODEL}\n")
    print(f"{'':22}{'planted':>9}{'reported':>10}")
    for what, n in planted.items():
        print(f"{what:22}{n:9,}{reported[what]:10,}")
    left = f1(rest, corrected)
    figures = report["total"]["mentions"]
    print(f"\nF1 of the predictions against what the annotator left: {figures['f1']:.3f}")
    print(
        f"F1 of what the annotator left against gold: {left:.3f} (an annotator without pre-annotation makes other errors)"
    )
    print(json.dumps({
        "bench": "loop", "seed": seed, "train": len(train), "annotated": len(rest), "error_model": ERROR_MODEL, "planted": planted,
        "reported": reported, "equal": planted == reported, "prediction_f1": round(figures["f1"], 4), "annotation_f1": round(left, 4),
    }))  # fmt: skip
    sys.exit(planted != reported)


def run(server: LabelStudioServer, command: str, *arguments: object) -> None:
    """A subcommand of `labelstudio` against the server."""
    environment = os.environ | {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.token}
    words = [PROGRAM, "labelstudio", command, *map(str, arguments)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    print((done.stdout or done.stderr).strip(), flush=True)
    if done.returncode:
        raise SystemExit(done.stderr)


def predict(extractor: Extractor, articles: list[AnnotatedArticle], path: Path) -> None:
    """A predictions file."""
    found = extractor.extract([one.article for one in articles])
    lines = (
        prediction_line(prediction_of(one.article, mentions, extractor.name))
        for one, mentions in zip(articles, found, strict=True)
    )
    path.write_text("".join(f"{line}\n" for line in lines))


def annotate(server: LabelStudioServer, gold: dict[str, AnnotatedArticle], dice: random.Random) -> dict[str, int]:
    """Annotate every task of the project; returns what was done to the predictions."""
    project = server.project_id("study")
    predictions = {
        one["task"]: one for one in server.api("GET", "/api/predictions", params={"project": project}).json()
    }
    planted: Counter[str] = Counter()
    for task in sorted(server.tasks("study"), key=lambda task: str(task["data"])):
        prediction = predictions[task["id"]]
        annotated = gold[task["data"]["article_id"]]  # type: ignore[index]
        glance = dice.random() < ERROR_MODEL["submits at a glance"]
        result, done = ([dict(item) for item in prediction["result"]], Counter({"kept": len(prediction["result"])}))
        if not glance:
            result, done = correct(prediction["result"], annotated, dice)
        untouched = done.total() == done["kept"]
        planted += done
        planted["predicted"] += len(prediction["result"])
        planted.update(annotations=1, untouched=untouched, untouched_within=glance)
        seconds = dice.uniform(3, 8) if glance else dice.uniform(30, 300)
        body = {"result": result, "parent_prediction": prediction["id"], "lead_time": seconds, "was_cancelled": False}
        server.api("POST", f"/api/tasks/{task['id']}/annotations", json=body)
    names = ("predicted", "kept", "moved", "relabelled", "moved_and_relabelled", "removed", "added")
    return {name: planted[name] for name in (*names, "annotations", "untouched", "untouched_within")}


def correct(predicted: list[Item], annotated: AnnotatedArticle, dice: random.Random) -> tuple[list[Item], Counter[str]]:
    """What the annotator makes of one prediction: the items of the annotation, and what was done to the mentions."""
    text, result, done = annotated.article.text, [], Counter[str]()
    places = [(i["value"]["start"], i["value"]["end"], i["value"]["labels"][0]) for i in predicted]
    gold: list[Place] = [(s.start, s.end, s.label) for s in annotated.spans]
    wrong = [n for n, place in enumerate(places) if place not in gold]
    missed = [place for place in gold if place not in places]
    matches = match_overlapping([places[n][:2] for n in wrong], [place[:2] for place in missed])
    partner = {wrong[match.first]: missed[match.second] for match in matches}
    for n, item in enumerate(predicted):
        item, place = json.loads(json.dumps(item)), places[n]
        if n not in wrong or dice.random() > ERROR_MODEL["sees a wrong mention"]:
            done["kept"] += 1
        elif n in partner:
            start, end, label = partner.pop(n)
            moved, relabelled = (start, end) != place[:2], label != place[2]
            done["moved_and_relabelled" if moved and relabelled else "moved" if moved else "relabelled"] += 1
            item["value"] = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
            item["origin"] = "prediction-changed"
            missed.remove((start, end, label))
        else:
            done["removed"] += 1
            continue
        result.append({"origin": "prediction"} | item)
    taken = [(i["value"]["start"], i["value"]["end"]) for i in result]
    for n, (start, end, label) in enumerate(missed):
        free = all(end <= other[0] or other[1] <= start for other in taken)
        if free and dice.random() < ERROR_MODEL["sees a missed mention"]:
            value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
            made = {
                "id": f"new{n}",
                "from_name": "label",
                "to_name": "text",
                "type": "labels",
                "origin": "manual",
                "value": value,
            }
            result.append(made)
            done["added"] += 1
    return result, done


def f1(gold: list[AnnotatedArticle], found: list[AnnotatedArticle]) -> float:
    """Micro-F1 of exact matches."""

    def keys(several: list[AnnotatedArticle]) -> list[tuple[str, int, int, str]]:
        return [(one.article.id, s.start, s.end, s.label) for one in several for s in one.spans]

    return sum_counts(exact_counts(keys(gold), keys(found)).values()).f1 or 0.0


if __name__ == "__main__":
    main()

"""Time of ``eventcorpus labelstudio push`` beside the bare import of the same tasks, on a real server.

    python tests/bench/push.py [--tasks 10000]

Tasks are of 3 kB with a prediction of ten regions. The bare import posts the very tasks that push sends, in requests of
1,000, without looking at what is there. Server: .venv-labelstudio, SQLite, this machine. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.convert import task
from eventcorpus.articles.read import read_articles
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.tasks import tasks_of
from eventcorpus.ontology import read_ontology_yaml
from eventcorpus.predictions import read_predictions
from live.server import LabelStudioServer

PROGRAM = str(Path(sys.executable).with_name("eventcorpus"))


def prediction(number: int) -> str:
    """The ten regions of a task as a line of a predictions file."""
    one = task(number)
    regions = [item["value"] for item in one["annotations"][0]["result"] if "value" in item]
    mentions = [
        {"start": v["start"], "end": v["end"], "label": v["labels"][0], "text": v["text"], "confidence": 0.9}
        for v in regions
    ]
    row = {"schema": 1, "model": {"name": "bench"}, "id": one["data"]["article_id"], "mentions": mentions}
    return json.dumps(row | {"text_sha256": one["data"]["text_sha256"]}) + "\n"


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10_000)
    n_tasks = parser.parse_args().tasks
    ontology = read_ontology_yaml(Path("corpus/ontology.yaml"))
    with tempfile.TemporaryDirectory(prefix="eventcorpus-bench-") as folder:
        articles = Path(folder) / "articles.jsonl"
        with articles.open("w") as file:
            for number in range(n_tasks):
                data = task(number)["data"]
                file.write(json.dumps({"id": data["article_id"], "text": data["text"]}) + "\n")
        predicted = Path(folder) / "predictions.jsonl"
        predicted.write_text("".join(map(prediction, range(n_tasks))))
        predictions = {one.id: one for one in read_predictions(predicted.open(), place="predictions")}
        tasks = [
            one
            for article in read_articles([articles])
            for one in tasks_of(article, ontology, prediction=predictions[article.id])
        ]
        server = LabelStudioServer(Path(folder) / "data")
        server.start()
        try:
            body = {"title": "bare", "label_config": label_config(ontology)}
            project = server.api("POST", "/api/projects", json=body).json()["id"]
            begin = time.perf_counter()
            for at in range(0, n_tasks, 1000):
                server.api("POST", f"/api/projects/{project}/import", json=tasks[at : at + 1000])
            figures: dict[str, object] = {"bench": "push", "tasks": n_tasks}
            figures["bare_import_s"] = round(time.perf_counter() - begin, 1)
            environment = os.environ | {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.token}
            command = [PROGRAM, "labelstudio", "push", str(articles), "--project", "pushed"]
            command += ["--predictions", str(predicted), "--ontology", "corpus/ontology.yaml"]
            for name in ("push", "push_again"):
                begin = time.perf_counter()
                done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                figures[f"{name}_s"] = round(time.perf_counter() - begin, 1)
                figures[f"{name}_said"] = done.stdout.partition(":")[0]
            found = server.api("GET", f"/api/projects/{server.project_id('pushed')}").json()
            figures["tasks_on_server"] = found["task_number"]
        finally:
            server.kill()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

"""Throughput and latency of ``eventcorpus serve`` with 1, 8 and 64 clients, asked over loopback by this process.

Each client sends one article at a time and the next one when the answer is there. Prints a line for each number of
clients, and at the end all figures as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import httpx
import numpy as np

from eventcorpus.articles.read import read_articles

CLIENTS = (1, 8, 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a model folder that train wrote")
    parser.add_argument("--articles", type=Path, nargs="+", default=[Path("corpus/articles/first.jsonl")])
    parser.add_argument("--seconds", type=float, default=20, help="of each number of clients")
    parser.add_argument("--path", default="/extract", choices=("/extract", "/rows"))
    arguments = parser.parse_args()
    articles = [{"id": a.id, "text": a.text, "published": a.published} for a in read_articles(arguments.articles)]
    words = {article["id"]: len(str(article["text"]).split()) for article in articles}
    print(f"{len(articles)} articles, {sum(words.values()) / len(articles):.0f} words each on average", file=sys.stderr)
    with tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "-m", "eventcorpus", "serve", str(arguments.model), "--port", "0"]
        service = subprocess.Popen(command, stderr=log)
        try:
            url = _url(service, log)
            httpx.post(f"{url}{arguments.path}", json=articles[:4], timeout=600).raise_for_status()  # warm
            found = {n: measure(url + arguments.path, articles, words, n, arguments.seconds) for n in CLIENTS}
        finally:
            service.terminate()
            service.wait()
    print(json.dumps({"path": arguments.path, "clients": found}))


def _url(service: subprocess.Popen[bytes], log: object) -> str:
    while service.poll() is None:
        log.seek(0)  # type: ignore[attr-defined]
        if found := re.search(r"at (http://\S+), until", log.read()):  # type: ignore[attr-defined]
            return found[1]
        time.sleep(0.2)
    raise SystemExit("the service did not start")


def measure(
    url: str, articles: list[dict[str, str | None]], words: dict[str | None, int], n_clients: int, seconds: float
) -> dict[str, float]:
    """Figures of so many clients that ask for so long."""
    end = time.perf_counter() + seconds

    def client(number: int) -> list[tuple[float, int]]:
        taken = []
        with httpx.Client(timeout=600) as http:
            for article in islice(cycle(articles), number * 7 % len(articles), None):
                began = time.perf_counter()
                if began > end:
                    return taken
                http.post(url, json=article).raise_for_status()
                taken.append((time.perf_counter() - began, words[article["id"]]))
        return taken

    began = time.perf_counter()
    with ThreadPoolExecutor(n_clients) as clients:
        answers = [answer for of_client in clients.map(client, range(n_clients)) for answer in of_client]
    elapsed = time.perf_counter() - began
    p50, p95, p99 = np.percentile([taken for taken, _ in answers], (50, 95, 99))
    figures = {
        "requests": len(answers),
        "requests_per_second": round(len(answers) / elapsed, 2),
        "words_per_second": round(sum(n for _, n in answers) / elapsed),
        "p50_ms": round(1000 * p50),
        "p95_ms": round(1000 * p95),
        "p99_ms": round(1000 * p99),
    }
    print(f"{n_clients:>3} clients: " + ", ".join(f"{name} {value:g}" for name, value in figures.items()))
    return figures


if __name__ == "__main__":
    main()

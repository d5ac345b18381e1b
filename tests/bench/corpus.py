"""Time and memory of ``stats``, ``split`` and ``check`` on a large corpus.

    python tests/bench/corpus.py CORPUS [--articles 10000]

Makes articles of about 3 kB of the sentences of CORPUS, with their spans and roles, and strange words in between, so that
few articles are alike. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import shutil
import string
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from eventcorpus.articles.rows import article_row
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.tasks import simulated_export
from eventcorpus.ontology import Ontology, read_ontology_yaml
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, role_order, span_order

N_CHARACTERS = 3000
N_STRANGE = 25
Sentence = tuple[str, list[Span], list[Role]]


def sentences_of(annotated: AnnotatedArticle) -> Iterator[Sentence]:
    """The sentences of an article, with the spans and roles inside each."""
    for match in re.finditer(r"[^\n.]+[.\n]+\s*", annotated.article.text):
        spans = [s for s in annotated.spans if match.start() <= s.start and s.end <= match.end()]
        ids = {span.id for span in spans}
        roles = [role for role in annotated.roles if {role.trigger, role.argument} <= ids]
        yield match[0], [span.moved(-match.start()) for span in spans], roles


def made(number: int, sentences: list[Sentence], strange: list[str], ontology: Ontology) -> AnnotatedArticle:
    """One article; the same number gives the same."""
    generator = random.Random(number)
    text, spans, roles = "", list[Span](), list[Role]()
    while len(text) < N_CHARACTERS:
        said, own, links = generator.choice(sentences)
        new = {span.id: f"s{len(spans) + i}" for i, span in enumerate(own)}
        spans += [Span(new[s.id], s.start + len(text), s.end + len(text), s.label, s.attributes) for s in own]
        roles += [Role(role.role, new[role.trigger], new[role.argument]) for role in links]
        text += said + " ".join(generator.choices(strange, k=N_STRANGE)) + ".\n"
    article = Article(
        id=f"article-{number:06d}",
        text=text,
        outlet=f"outlet {number % 40}",
        published=f"20{10 + number % 15}-0{1 + number % 9}-1{number % 7}",
        kind=generator.choice(["wire", "local", "radio"]),
        language="en",
    )
    in_order = tuple(sorted(spans, key=span_order))
    return AnnotatedArticle(article, in_order, ontology.labels, tuple(sorted(roles, key=role_order)))


def write_corpus(folder: Path, shipped: Path, n_articles: int) -> None:
    """A corpus folder with ontology, articles, annotations, page and splits."""
    ontology = read_ontology_yaml(shipped / "ontology.yaml")
    annotated = read_exports(sorted((shipped / "annotations").glob("*.json")), ontology, ConversionReport())
    sentences = [sentence for one in annotated for sentence in sentences_of(one)]
    generator = random.Random(0)
    strange = ["".join(generator.choices(string.ascii_lowercase, k=generator.randint(3, 9))) for _ in range(20_000)]
    several = [made(number, sentences, strange, ontology) for number in range(n_articles)]
    for name in ("articles", "annotations", "labelling", "splits"):
        (folder / name).mkdir(parents=True)
    shutil.copy(shipped / "ontology.yaml", folder)
    (folder / "labelling" / "config.xml").write_text(label_config(ontology))
    (folder / "annotations" / "pass-1.json").write_text(simulated_export(several, ontology))
    with (folder / "articles" / "made.jsonl").open("w") as file:
        file.writelines(json.dumps(article_row(one.article)) + "\n" for one in several)
    for i, split in enumerate(("train", "validation", "test")):
        ids = [one.article.id for n, one in enumerate(several) if (n % 10 >= 7) + (n % 10 >= 8) == i]
        (folder / "splits" / f"{split}.txt").write_text("".join(f"{one}\n" for one in ids))


def measured(command: list[str], out: Path) -> dict[str, float]:
    """Run a command with its output to a file; seconds, seconds of processor, and peak memory."""
    begin = time.perf_counter()
    redirect = [(os.POSIX_SPAWN_OPEN, 1, str(out), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=redirect)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: failed with status {os.waitstatus_to_exitcode(status)}")
    return {
        "seconds": round(time.perf_counter() - begin, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_gb": round(usage.ru_maxrss / 1e6, 2),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    options = parser.parse_args()
    program = str(Path(sys.executable).with_name("eventcorpus"))
    folder = Path(tempfile.mkdtemp(prefix="eventcorpus-bench-"))
    figures: dict[str, object] = {"bench": "corpus", "articles": options.articles}
    try:
        # in a process of its own: what this one holds would count in the peak memory of its children
        maker = multiprocessing.Process(target=write_corpus, args=(folder / "corpus", options.corpus, options.articles))
        maker.start()
        maker.join()
        size = sum(path.stat().st_size for path in (folder / "corpus" / "articles").iterdir())
        figures["kilobytes_an_article"] = round(size / 1000 / options.articles, 2)
        corpus = str(folder / "corpus")
        for name, rest in (
            ("stats", ["--html", str(folder / "stats.html")]),
            ("split", ["--out", str(folder / "splits")]),
            ("check", ["--json", "-"]),
        ):
            figures[name] = measured([program, name, corpus, *rest], folder / "out")
            print(f"{name}: {figures[name]}", file=sys.stderr)
        figures["findings"] = len(json.loads((folder / "out").read_text())["findings"])
    finally:
        shutil.rmtree(folder)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

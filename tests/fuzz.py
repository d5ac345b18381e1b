"""Damaged inputs for every reader, until the time is over: make fuzz MINUTES=20.

Real fixtures are copied, and one file of each copy is damaged: bytes, lines, numbers, and values inside JSON. Whatever
comes of it, a reader ends within ten seconds, with a result or with an error of one line. Of each document it counts
as many spans in as it was given marks, as many out as it gives, and every span stands where the text that its file
gives for it stands. hypothesis makes what fails smaller; the last line is JSON.
"""

import argparse
import gzip
import io
import json
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import cas_files
from eventcorpus import read_articles
from eventcorpus.annotation import assemble, check
from eventcorpus.annotation.document import Document, same_but_blanks_and_quotes
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.convert import Request, read_annotations_of
from eventcorpus.dataset.formats import FORMATS, format_of
from eventcorpus.dataset.splits import read_splits
from eventcorpus.errors import EventCorpusError, InputError
from eventcorpus.eval.sources import Options, read_gold, read_system
from eventcorpus.formats.inline import read_inline_files
from eventcorpus.labelstudio import regions
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import check_prediction
from eventcorpus.text import sha256_of, stored_form

FIXTURES = Path(__file__).parent / "fixtures"
GOLD = FIXTURES / "cases" / "33-eval" / "gold.txt"
CORPUS = Path(__file__).parents[1] / "corpus"
MOST_SECONDS = 10
MOST_SAID = 4_000
"""Characters of an error, which the command line prints in one line."""
MOST_BYTES = 400_000
"""Of a fixture, so that time goes into many damages and not into long files."""
NASTY_TEXT = [
    "",
    " ",
    "\u2028",
    "\x00",
    "\x1b[31m",
    "\ud800",
    "e\u0301",
    "😀",
    "\r\n",
    "\t",
    "\ufeff",
    "=1+1",
    "O",
    "B-",
    "-1",
]
NASTY_TEXT += ["<script>", "../../x", "9" * 400, "NaN", "null", "{", "[" * 300, '"', "\\", "a" * 5000]
NASTY_VALUES: list[Any] = [None, True, -1, 0, 1.5, 1e308, 2**70, "", [], {}, [[]], [None], {"id": None}, "\ud83d", "😀"]


class Wrong(AssertionError):
    """What a reader may not do."""


# damage --------------------------------------------------------------------------------------------------------------


def damaged(content: bytes, random: Random) -> bytes:
    """The content with one to three faults; of archives and compressed files mostly inside."""
    if random.random() < 0.8:
        try:
            if content[:2] == b"\x1f\x8b":
                return gzip.compress(damaged(gzip.decompress(content), random))
            if content[:4] == b"PK\x03\x04":
                return _damaged_archive(content, random)
        except (EOFError, OSError, zipfile.BadZipFile):  # a fixture that is damaged already
            pass
    for _ in range(random.randint(1, 3)):
        content = random.choice([_bytes, _slice, _lines, _number, _text, _json, _json, _json])(content, random)
    return content


def _damaged_archive(content: bytes, random: Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = random.choice(sorted(members))
    members[name] = damaged(members[name], random)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, inside in members.items():
            archive.writestr(name, inside)
    return made.getvalue()


def _bytes(content: bytes, random: Random) -> bytes:
    changed = bytearray(content or b"x")
    for _ in range(random.randint(1, 4)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _slice(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    end = min(len(content), start + random.choice([1, 5, 50, 5000]))
    return random.choice([content[:start] + content[end:], content[:end] + content[start:], content[:start]])


def _lines(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    at, to = random.randrange(len(lines)), random.randrange(len(lines))
    what = random.choice(["swap", "again", "without", "blank", "crlf"])
    if what == "swap":
        lines[at], lines[to] = lines[to], lines[at]
    elif what == "again":
        lines.insert(to, lines[at])
    elif what == "without":
        del lines[at]
    elif what == "blank":
        lines.insert(at, b"")
    else:
        return b"\r\n".join(lines)
    return b"\n".join(lines)


def _number(content: bytes, random: Random) -> bytes:
    numbers = list(re.finditer(rb"\d+", content))
    if not numbers:
        return content
    one = random.choice(numbers)
    n = int(one[0][:15])
    other = random.choice([n + 1, n - 1, n * 2, -n, 0, 10**6, 2**31, 2**63, 10**30])
    return content[: one.start()] + str(other).encode() + content[one.end() :]


def _text(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.choice(NASTY_TEXT).encode("utf-8", "surrogatepass") + content[at:]


def _json(content: bytes, random: Random) -> bytes:
    """One value of JSON, or of one line of JSON Lines, replaced, left out, doubled or wrapped."""
    try:
        return _dumped(_changed(json.loads(content), random))
    except ValueError:
        lines = content.split(b"\n")
        at = random.randrange(len(lines))
        try:
            lines[at] = _dumped(_changed(json.loads(lines[at]), random))
        except ValueError:
            return _text(content, random)
        return b"\n".join(lines)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _changed(value: Any, random: Random) -> Any:
    inside = isinstance(value, dict | list) and len(value) > 0
    if inside and random.random() < 0.9:
        key = random.choice(sorted(value)) if isinstance(value, dict) else random.randrange(len(value))
        what = random.random()
        if what < 0.08:
            del value[key]
        elif what < 0.14 and isinstance(value, dict):
            value[random.choice(["id", "text", "label", "start", "spans", *value])] = value[key]
        elif what < 0.2 and isinstance(value, list):
            value.insert(random.randrange(len(value)), value[key])
        else:
            value[key] = _changed(value[key], random)
        return value
    if isinstance(value, str) and random.random() < 0.5:
        at = random.randrange(len(value) + 1)
        return value[:at] + random.choice(NASTY_TEXT) + value[at:]
    if isinstance(value, int) and random.random() < 0.5:
        return value + random.choice([-1, 1, 7, 10**6])
    return random.choice([*NASTY_VALUES, [value], {"value": value}])


# what must hold --------------------------------------------------------------------------------------------------------


def watched(document: Document, ontology: Ontology, report: ConversionReport) -> check.Checked:
    """``check_document``, and what must hold of what it counts and gives."""
    before, notes = report.counts("spans"), report.notes.total()
    checked = check.check_document(document, ontology, report)
    after = report.counts("spans")
    n_in, n_out = after["in"] - before["in"], after["out"] - before["out"]
    if n_in != len(document.marks):
        raise Wrong(f"{len(document.marks)} marks came in, {n_in} spans are counted")
    if n_out != len(checked.spans):
        raise Wrong(f"{len(checked.spans)} spans go out, {n_out} are counted")
    text = stored_form(document.article.text).text
    says: dict[str, list[str | None]] = {}
    for mark in document.marks:
        says.setdefault(mark.id, []).append(mark.text)
    for span in checked.spans:
        start, end = span.start - document.offset, span.end - document.offset
        if not 0 <= start < end <= len(text):
            raise Wrong(f"span [{start}, {end}) in a text of {len(text)} characters")
        found = text[start:end]
        same = any(one is None or _same(document, found, one) for one in says[span.id])
        if not same and report.notes.total() == notes:  # noted: an earlier place's text, offsets trusted
            raise Wrong(f"the span {span.id} is {found!r}, and its file says {says[span.id]!r}")
    return checked


def _same(document: Document, found: str, says: str) -> bool:
    return same_but_blanks_and_quotes(found, stored_form(says).text) or document.form.same_text(found, says)


def as_annotations(inputs: Sequence[Path], random: Random) -> Counter[str]:
    """Read annotations in the format that is told, or in another; what is counted."""
    format = random.choice(list(FORMATS)) if random.random() < 0.2 else format_of(inputs)
    annotations = read_annotations_of(Request(inputs, refuse=random.random() < 0.9), format)
    n_out: Counter[str] = Counter()
    for entry in annotations.entries:
        n_out["articles"] += 1
        for one in entry.annotations:
            for span in one.spans:
                if not 0 <= span.start < span.end <= len(one.article.text):
                    raise Wrong(f"span {span} in a text of {len(one.article.text)} characters")
    counts = annotations.report.counts("articles")
    if counts["out"] != n_out["articles"]:
        raise Wrong(f"{n_out['articles']} articles go out, {counts['out']} are counted")
    json.dumps(annotations.report.as_json(), ensure_ascii=False).encode()  # no lone surrogates
    return Counter({f"spans {verdict}": n for verdict, n in annotations.report.counts("spans").items()})


def as_articles(inputs: Sequence[Path], random: Random) -> Counter[str]:
    """Read articles; each has a text as it is stored."""
    n: Counter[str] = Counter()
    for article in read_articles(inputs):
        n["articles"] += 1
        if not article.text.strip() or stored_form(article.text).text != article.text:
            raise Wrong(f"the text of {article.id!r} is not in the stored form")
        article.text.encode()
    return n


def as_predictions(inputs: Sequence[Path], random: Random) -> Counter[str]:
    """Read gold, or predictions on the texts of a gold: tag files, ours, those of libraries and of Label Studio."""
    path, options = inputs[0], Options()
    gold = read_gold(path if path.name.startswith("gold") else GOLD, options)
    system = read_system(GOLD.with_name("pred-bio.txt") if path.name.startswith("gold") else path, gold, options)
    articles = {one.article.id: one.article for one in gold.articles}
    for prediction in system:
        if prediction.id not in articles:
            continue  # scoring counts or refuses it
        article = articles[prediction.id]
        check_prediction(prediction, article, place=path.name)  # as scoring does
        for mention in prediction.mentions:
            if article.text[mention.start : mention.end] != mention.text or not mention.text:
                raise Wrong(f"the mention {mention} is not there")
    return Counter({"mentions": sum(len(prediction.mentions) for prediction in system)})


def as_settings(inputs: Sequence[Path], random: Random) -> Counter[str]:
    """Read an ontology, a labelling page, splits or the inline notation."""
    path = inputs[0]
    if path.is_dir():
        read_splits(path)
    elif path.suffix in (".yaml", ".xml"):
        read_ontology(path)
    else:
        read_inline_files([path], read_ontology(CORPUS / "ontology.yaml"))
    return Counter({"read": 1})


# the run ---------------------------------------------------------------------------------------------------------------

Reader = Callable[[Sequence[Path], Random], Counter[str]]
READERS: dict[str, Reader] = {
    "annotations": as_annotations, "articles": as_articles, "predictions": as_predictions, "settings": as_settings,
}  # fmt: skip


def seeds(made: Path) -> dict[str, list[tuple[Path, Path]]]:
    """For each reader (folder to copy, file in it to damage)."""
    _make(made)
    folders = sorted({file.parent for root in (FIXTURES, made) for file in root.rglob("*") if file.is_file()})
    files = [(folder, file) for folder in folders for file in sorted(folder.iterdir()) if _is_small(file)]
    named = {file.parent.name: 1 for _, file in files}
    of_articles = [one for one in files if re.match(r"2[456]|31|dates|mixed|urls", one[0].name)]
    of_settings = [one for one in files if one[1].suffix in (".yaml", ".xml") or "inline" in one[1].name]
    of_settings += [one for one in files if one[0].name == "splits"]
    of_predictions = [
        one for one in files if one[0].name in ("33-eval", "19-doccano", "20-prodigy", "21-spacy", "ours")
    ]
    assert all(name in named for name in ("33-eval", "25-scraped", "23-inception")), named
    of_annotations = [
        one for one in files if not re.match(r"2[4567]|31|dates|mixed|urls|ours|inline|ontology|splits", one[0].name)
    ]
    return {
        "annotations": of_annotations,
        "articles": of_articles,
        "predictions": of_predictions,
        "settings": of_settings,
    }


def _is_small(file: Path) -> bool:
    return file.is_file() and 0 < file.stat().st_size <= MOST_BYTES


def _make(made: Path) -> None:
    """What the fixtures have no file of: the formats of public corpora, archives, DocBin, Parquet, our own files."""
    text = "Rebels shelled Kalo. Karim’s men fled 😀."
    event = {"id": "d1-E1", "event_type": "Attack", "trigger": {"start": 1, "end": 2, "text": "shelled", "sent_idx": 0},
             "arguments": [{"entity_id": "d1-T1", "role": "Attacker", "text": "Rebels"}]}  # fmt: skip
    tokens = [[word, found.start(), found.end()] for found in re.finditer(r"\S+", text) for word in [found[0]]]
    entity = {"id": "d1-T1", "sent_idx": 0, "start": 0, "end": 1, "entity_type": "PER", "text": "Rebels"}
    wikievents = {"doc_id": "d1", "text": text, "tokens": [token[0] for token in tokens], "sentences": [[tokens, text]],
                  "entity_mentions": [entity], "relation_mentions": [], "event_mentions": [event]}  # fmt: skip
    slots = {"PerpInd": [], "PerpOrg": [[["Rebels", 0]]], "Target": [[["Kalo", 15]]], "Victim": [], "Weapon": []}
    muc4 = {"docid": "D1", "doctext": text, "templates": [{"incident_type": "attack"} | slots]}
    document = {"_id": "D1", "title": "t", "text": text, "sourceName": "x", "sourceUrl": "https://e.example", "wordCount": 9,
                "sentenceCount": 2}  # fmt: skip
    of_re3d = {
        "_id": "D1-1",
        "documentId": "D1",
        "begin": 0,
        "end": 6,
        "type": "Organisation",
        "value": "Rebels",
        "confidence": 1,
    }
    relation = {"_id": "D1-r", "documentId": "D1", "begin": 7, "end": 14, "value": "shelled", "type": "IsDefinedAs",
                "sourceBegin": 0, "sourceEnd": 6, "source": "Rebels", "targetBegin": 15, "targetEnd": 19, "target": "Kalo",
                "confidence": 1}  # fmt: skip
    place = of_re3d | {"_id": "D1-2", "begin": 15, "end": 19, "type": "Location", "value": "Kalo"}
    files: dict[str, bytes] = {
        "wikievents/train.jsonl": _rows(wikievents, wikievents | {"doc_id": "d2"}),
        "muc4/train.json": _rows(muc4, muc4 | {"docid": "D2"}),
        "re3d/documents.json": _rows(document),
        "re3d/entities.json": _rows(of_re3d, place),
        "re3d/relations.json": _rows(relation),
        "re3d/LICENSE": b"Licensed under the Open Government Licence v3.0.",
        **_predictions(),
        "inline/inline.txt": b"=== a\n\n[Rebels](Actor#a1) [shelled](Explosion agent=a1) the town of [Kalo](Place).\n",
        "ontology/ontology.yaml": (CORPUS / "ontology.yaml").read_bytes(),
        "splits/train.txt": b"a\nb\n", "splits/validation.txt": b"c\n", "splits/test.txt": b"d\n",
    }  # fmt: skip
    for name, content in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content)
    (made / "uima").mkdir()
    spans = [cas_files.span(5, cas_files.NE, text, "Rebels", value="PER")]
    with zipfile.ZipFile(made / "uima" / "export.zip", "w") as archive:
        archive.writestr("annotation/doc.txt/anna.xmi", cas_files.xmi(text, spans))
        archive.writestr("annotation/doc.txt/TypeSystem.xml", cas_files.type_system())
    _make_with_libraries(made, text)


def _predictions() -> dict[str, bytes]:
    """Predictions on the texts of the gold: ours, and those of transformers, GLiNER, spaCy, doccano and Prodigy."""
    articles = [one.article for one in read_gold(GOLD, Options()).articles]
    places = [(article, 0, len(article.text.split()[0])) for article in articles]
    mentions = [{"start": start, "end": end, "text": a.text[start:end], "label": "Actor"} for a, start, end in places]
    pipeline = [
        [{"entity_group": "Actor", "score": 0.9, "word": m["text"], "start": m["start"], "end": m["end"]}]
        for m in mentions
    ]
    both = list(zip(articles, mentions, strict=True))
    return {
        "ours/ours.jsonl": _rows(*(
            {"schema": 1, "model": {"name": "m"}, "id": a.id, "text_sha256": sha256_of(a.text),
             "mentions": [m | {"confidence": 0.9}]} for a, m in both)),
        "ours/pipeline.json": _dumped(pipeline),
        "ours/gliner.jsonl": _rows(*({"text": a.text, "entities": [m | {"score": 0.8}]} for a, m in both)),
        "ours/spacy.json": _dumped([[a.text, {"entities": [[m["start"], m["end"], "Actor"]]}] for a, m in both]),
        "ours/doccano.jsonl": _rows(*({"id": 1, "text": a.text, "label": [[m["start"], m["end"], "Actor"]]} for a, m in both)),
        "ours/prodigy.jsonl": _rows(*({"text": a.text, "spans": [m], "answer": "accept"} for a, m in both)),
    }  # fmt: skip


def _make_with_libraries(made: Path, text: str) -> None:
    import datasets

    rows = {
        "id": ["1", "2"],
        "tokens": [text.split()] * 2,
        "ner_tags": [["B-PER", *["O"] * (len(text.split()) - 1)]] * 2,
    }
    (made / "parquet").mkdir()
    datasets.Dataset.from_dict(rows).to_parquet(str(made / "parquet" / "train.parquet"))
    datasets.Dataset.from_dict(rows).save_to_disk(str(made / "saved"))
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError:
        return
    doc = spacy.blank("en")(text)
    doc.ents = [doc.char_span(0, 6, label="PER")]
    (made / "docbin").mkdir()
    DocBin(docs=[doc, doc], store_user_data=True).to_disk(made / "docbin" / "train.spacy")


def _rows(*rows: Any) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


class Run:
    """What came of all inputs of one reader."""

    def __init__(self, name: str, pool: Sequence[tuple[Path, Path]], keep: Path) -> None:
        self.name, self.pool, self.keep = name, pool, keep
        self.ends: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.slowest = 0.0
        self.failures: list[str] = []

    def one(self, random: Random) -> None:
        """Damage one fixture, and read it."""
        folder, file = random.choice(self.pool)
        content = damaged(file.read_bytes(), random)
        whole = self.name != "predictions" and (random.random() < 0.5 or folder.name in ("splits", "re3d"))
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as inside:
            copy = Path(inside) / folder.name
            copy.mkdir()
            for beside in folder.iterdir():
                if beside.is_file():
                    shutil.copyfile(beside, copy / beside.name)
            (copy / file.name).write_bytes(content)
            inputs = [copy] if whole else [copy / file.name]
            start = time.monotonic()
            try:
                self.ends[self._end(inputs, random)] += 1
            except Exception:
                kept = self.keep / self.name
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(copy, kept)
                raise
            finally:
                self.slowest = max(self.slowest, time.monotonic() - start)

    def _end(self, inputs: Sequence[Path], random: Random) -> str:
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        try:
            self.counted += READERS[self.name](inputs, random)
        except EventCorpusError as error:
            said = str(error)
            if not said.strip() or len(said) > MOST_SAID:
                raise Wrong(f"an error of {len(said)} characters: {said[:200]!r}") from error
            return "refused" if isinstance(error, InputError) else "stopped"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return "read"

    def round(self, number: int, n: int) -> None:
        """``n`` inputs; the first that fails is made smaller and told."""

        @seed(number)
        @settings(
            max_examples=n, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck), print_blob=False,
        )  # fmt: skip
        @given(st.randoms(use_true_random=False))
        def example(random: Random) -> None:
            self.one(random)

        try:
            example()
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            told = f"{type(error).__name__}: {str(error)[:300]} ({Path(where.filename).name}:{where.lineno})"
            self.failures.append(told)
            shutil.copytree(self.keep / self.name, self.keep / f"{self.name}-{len(self.failures)}", dirs_exist_ok=True)
            print(f"{self.name}, round {number}: {told}", file=sys.stderr, flush=True)


def _too_long(*_: Any) -> None:
    raise Wrong(f"not done in {MOST_SECONDS} s")


def rounds(end: float, runs: Sequence[Run], weights: dict[str, int], first: int) -> Iterator[tuple[int, Run, int]]:
    """Rounds of all readers in turn, until the end."""
    number = first
    while True:
        for run in runs:
            if time.monotonic() > end:
                return
            yield number, run, weights[run.name]
        number += 1


def main() -> int:
    """Run for some minutes; 1 if a reader failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0, help="the number of the first round")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "eventcorpus-fuzz")
    args = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_long)
    for module in (assemble, regions):
        module.check_document = watched  # type: ignore[attr-defined]
    shutil.rmtree(args.keep, ignore_errors=True)
    args.keep.mkdir(parents=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as made:
        runs = [Run(name, pool, args.keep) for name, pool in seeds(Path(made)).items()]
        weights = {"annotations": 600, "articles": 200, "predictions": 100, "settings": 100}
        for number, run, n in rounds(start + 60 * args.minutes, runs, weights, args.seed):
            run.round(number, n)
    figures = {
        run.name: {**run.ends, "slowest_s": round(run.slowest, 2), "failures": len(run.failures), **run.counted}
        for run in runs
    }
    n_inputs = sum(run.ends.total() for run in runs)
    n_failures = sum(len(run.failures) for run in runs)
    if n_failures:
        print(f"what failed lies in {args.keep}", file=sys.stderr)
    minutes = round((time.monotonic() - start) / 60, 1)
    print(
        json.dumps(
            {"bench": "fuzz", "minutes": minutes, "inputs": n_inputs, "failures": n_failures, "readers": figures}
        )
    )
    return 1 if n_failures else 0


if __name__ == "__main__":
    sys.exit(main())

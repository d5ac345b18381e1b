"""Peak memory of ``eventcorpus convert`` on small and on large files of each format that holds many texts in one file.

    python tests/bench/convert_memory.py [--megabytes 20] [--times 10] [--largest 1000] [--only doccano]

The same texts of 3 kB with ten spans, ids of their own and no ontology given, are written as a Label Studio export, CoNLL,
and the JSON Lines of doccano, Prodigy, spaCy and Hugging Face; once of about 20 MB, once of ten times that, and as a Label
Studio export of 1 GB. The last line is JSON; a ratio is the peak of the larger file over that of the smaller.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from convert import measured, task

SUFFIXES = {"labelstudio": "json", "conll": "txt"}


def texts() -> Iterator[tuple[int, str, list[tuple[int, int, str]]]]:
    """(number, text, spans) without end."""
    number = 0
    while True:
        number += 1
        made = task(number)
        values = [item["value"] for item in made["annotations"][0]["result"] if "value" in item]
        yield number, made["data"]["text"], [(v["start"], v["end"], v["labels"][0]) for v in values]


def as_labelstudio(number: int, text: str, spans: list[tuple[int, int, str]]) -> str:
    """A task of an export; the brackets are added when the file is written."""
    return ("[" if number == 1 else ",\n") + json.dumps(task(number))


def as_conll(number: int, text: str, spans: list[tuple[int, int, str]]) -> str:
    """The words of a text as a document of one sentence a line break."""
    lines = ["-DOCSTART- O", ""]
    begins = {start: label for start, _, label in spans}
    for found in re.finditer(r"\S+|\n", text):
        if found[0] == "\n":
            lines.append("")
            continue
        inside = next((label for start, end, label in spans if start < found.start() < end), None)
        tag = f"B-{begins[found.start()]}" if found.start() in begins else f"I-{inside}" if inside else "O"
        lines.append(f"{found[0]} {tag}")
    return "\n".join([*lines, "", ""])


def as_tokens(number: int, text: str, spans: list[tuple[int, int, str]]) -> str:
    """A row of tokens and ner_tags."""
    rows = [line.split(" ") for line in as_conll(number, text, spans).splitlines()[2:] if line]
    return _line({"id": f"article-{number}", "tokens": [row[0] for row in rows], "ner_tags": [row[1] for row in rows]})


def as_doccano(number: int, text: str, spans: list[tuple[int, int, str]]) -> str:
    """A row of doccano's text form."""
    return _line({"id": number, "text": text, "label": [list(span) for span in spans]})


def as_prodigy(number: int, text: str, spans: list[tuple[int, int, str]]) -> str:
    """A task of ``prodigy db-out``."""
    found = [{"start": start, "end": end, "label": label} for start, end, label in spans]
    return _line({"text": text, "spans": found, "answer": "accept", "_input_hash": number, "_task_hash": -number})


def as_spacy(number: int, text: str, spans: list[tuple[int, int, str]]) -> str:
    """A text with its entities."""
    return _line([text, {"entities": [list(span) for span in spans]}])


def _line(value: Any) -> str:
    return json.dumps(value) + "\n"


FORMATS: dict[str, Callable[[int, str, list[tuple[int, int, str]]], str]] = {
    "labelstudio": as_labelstudio, "conll": as_conll, "huggingface": as_tokens, "doccano": as_doccano,
    "prodigy": as_prodigy, "spacy": as_spacy,
}  # fmt: skip


def write(path: Path, format: str, megabytes: int) -> None:
    """A file of about so many megabytes."""
    n_bytes = 0
    with path.open("w", encoding="utf-8") as file:
        for made in texts():
            n_bytes += file.write(FORMATS[format](*made))
            if n_bytes >= megabytes * 1_000_000:
                break
        file.write("]\n" if format == "labelstudio" else "")


def peak(folder: Path, format: str, megabytes: int) -> dict[str, float]:
    """Write a file, convert it, and remove both."""
    path, out = folder / f"train.{SUFFIXES.get(format, 'jsonl')}", folder / "dataset"
    write(path, format, megabytes)
    program = str(Path(sys.executable).with_name("eventcorpus"))
    figures = measured([program, "convert", str(path), "--from", format, "--out", str(out), *ontology(folder, format)])
    report = json.loads((out / "loss_report.json").read_text())
    figures |= {
        "megabytes": megabytes,
        "spans_out": report["spans"]["out"],
        "spans_refused": report["spans"]["refused"],
    }
    shutil.rmtree(out)
    path.unlink()
    print(json.dumps({"format": format, **figures}), file=sys.stderr, flush=True)
    return figures


def ontology(folder: Path, format: str) -> list[str]:
    """The labelling page of the export; other formats make an ontology of what is there, which reads them twice."""
    if format != "labelstudio":
        return []
    values = "".join(f'<Label value="{label}"/>' for label in ("Battle", "Actor", "Place"))
    labels = f'<Labels name="label" toName="text">{values}</Labels><Relations><Relation value="agent"/></Relations>'
    (folder / "config.xml").write_text(f'<View>{labels}<Text name="text" value="$text"/></View>')
    return ["--ontology", str(folder / "config.xml")]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--largest", type=int, default=1000, help="megabytes of one Label Studio export; 0: none")
    parser.add_argument("--only", action="append", choices=list(FORMATS))
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="eventcorpus-bench-"))
    figures: dict[str, Any] = {"bench": "convert-memory"}
    try:
        for format in args.only or FORMATS:
            sizes = [args.megabytes, args.megabytes * args.times]
            if format == "labelstudio" and args.largest:
                sizes.append(args.largest)
            found = [peak(folder, format, size) for size in sizes]
            ratios = [round(each["peak_gb"] / found[0]["peak_gb"], 3) for each in found[1:]]
            figures[format] = {"peak_gb": [each["peak_gb"] for each in found], "ratios": ratios}
    finally:
        shutil.rmtree(folder)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

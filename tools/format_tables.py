"""docs/formats.md, made of the tables of formats that ``convert`` reads and ``export`` writes: ``make tables``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from eventcorpus.dataset.export import EXPORTS, ExportFormat
from eventcorpus.dataset.formats import FORMATS, Format
from eventcorpus.files import write_text
from eventcorpus.formats.unread import UNREAD

PAGE = Path("docs/formats.md")
_EVERY = frozenset({"refuse"})
"""What is said once for all formats."""
_OPTIONS = {"label_map": "--map"}
_HEAD = """\
# Formats

What `eventcorpus convert` reads and `eventcorpus export` writes, made of the code's own tables (`make tables`);
[conversion.md](conversion.md) says item by item what becomes of what is read.
"""
_IN = """
## In: `eventcorpus convert`

    eventcorpus convert FILES --out dataset

tells the format from the files, and says it; where two are equally likely, both are named and `--from` says which.
Every format takes `--map`, `--text`, `--refuse` and `--strict`. What is lost is counted in `loss_report.json`.
"""
_REFUSED = """
### Recognised and not read

| what | way out |
| --- | --- |
"""
_OUT = """
## Out: `eventcorpus export`

    eventcorpus export dataset --to brat --out brat

writes a file (of brat a folder) each for train, validation and test, and `loss_report.json` with every item that the
format cannot hold; `--strict` fails on any. `--split` takes some of the splits, `--annotator a2` one annotator's
annotation instead of gold. The dataset folder itself opens with `datasets.load_dataset` and holds everything:
[its columns](dataset.md). Label Studio takes it as it is: `eventcorpus labelstudio push dataset`.
"""


def page() -> str:
    """The whole page."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    yield _IN
    yield "\n| `--from` | what |\n| --- | --- |\n"
    yield from (f"| [`{name}`](#--from-{name}) | {format_.title} |\n" for name, format_ in FORMATS.items())
    for name, format_ in FORMATS.items():
        yield from _section_in(name, format_)
    yield _REFUSED
    yield from (f"| {title} | {_cell(way_out)} |\n" for title, _, way_out in UNREAD)
    yield _OUT
    yield "\n| `--to` | what |\n| --- | --- |\n"
    yield from (f"| [`{name}`](#--to-{name}) | {format_.title} |\n" for name, format_ in EXPORTS.items())
    for name, out in EXPORTS.items():
        yield from _section_out(name, out)


def _section_in(name: str, format_: Format) -> Iterator[str]:
    options = sorted(_OPTIONS.get(option, f"--{option.replace('_', '-')}") for option in format_.options - _EVERY)
    yield f"\n### `--from {name}`\n\n"
    yield _first_upper(format_.title) + ".\n\n| | |\n| --- | --- |\n"
    yield from _rows(
        {
            "files": format_.files,
            "kept": format_.kept,
            "lost": format_.lost,
            "options": ", ".join(f"`{option}`" for option in options),
            "needs": _needs(format_.extra),
        }
    )
    yield f"\n    {format_.example}\n"


def _section_out(name: str, format_: ExportFormat) -> Iterator[str]:
    yield f"\n### `--to {name}`\n\n"
    yield _first_upper(format_.title) + ".\n\n| | |\n| --- | --- |\n"
    yield from _rows(
        {"files": format_.files, "kept": format_.kept, "lost": format_.lost, "needs": _needs(format_.extra)}
    )
    yield f"\n    {format_.example}\n    {format_.use}\n"


def _rows(cells: dict[str, str]) -> Iterator[str]:
    yield from (f"| {head} | {_cell(text)} |\n" for head, text in cells.items() if text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _first_upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _needs(extra: tuple[str, str] | None) -> str:
    return f"`pip install 'eventcorpus[{extra[0]}]'`" if extra else ""


def main() -> int:
    """Write the page of the checkout in the working directory."""
    before = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    after = page()
    if before != after:
        write_text(PAGE, after)
    print(f"{PAGE}: {'written' if before != after else 'as it was'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Tables as spreadsheets write them, made up by chance: separator, encoding, quotation marks, line ends, empty rows."""

import csv
import io
import random
from pathlib import Path

import pytest

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport

N_TABLES = 500
PIECES = [
    "Rebels left",
    "near Goß",
    "“Camp 4”",
    "12,5",
    "a; b",
    "x|y",
    'he said "no"',
    "\n",
    "\t",
    "café",
    ". ",
    ", ",
    "–",
    "3",
]
EXTRA = ["title", "date", "score", "outlet", "n"]


def text(generator: random.Random) -> str:
    return " ".join(generator.choices(PIECES, k=generator.randint(2, 12))).strip(" \n\t") or "x"


def table(generator: random.Random) -> tuple[bytes, list[dict[str, str]], int]:
    """A table as bytes, its rows, and how many empty rows stand among them."""
    columns = ["id", "text", *generator.sample(EXTRA, generator.randint(0, 3))]
    generator.shuffle(columns)
    rows = [
        {name: text(generator) for name in columns}
        | {"id": f"a{n}"}
        | ({"date": "2021-03-12"} if "date" in columns else {})
        for n in range(generator.randint(1, 6))
    ]
    separator = generator.choice(",;\t|")
    file = io.StringIO()
    if separator == ";" and generator.random() < 0.3:
        file.write("sep=;\r\n")
    writer = csv.DictWriter(
        file, columns, delimiter=separator, lineterminator=generator.choice(["\r\n", "\n"]),
        quoting=generator.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    )  # fmt: skip
    writer.writeheader()
    n_empty = 0
    for row in rows:
        writer.writerow(row)
        if generator.random() < 0.2:
            file.write(separator * (len(columns) - 1) + "\n")
            n_empty += 1
    encoding = generator.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
    return file.getvalue().encode(encoding), rows, n_empty


@pytest.mark.parametrize("part", range(5))
def test_a_table_comes_back_cell_by_cell(tmp_path: Path, part: int) -> None:
    for number in range(part, N_TABLES, 5):
        content, rows, n_empty = table(random.Random(number))
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content)
        report = ReadReport()
        articles = list(read_articles([path], report=report))
        found = [
            {"id": a.id, "text": a.text, "title": a.title, "outlet": a.outlet, "date": a.published, **a.metadata}
            for a in articles
        ]
        assert [{name: cell for name, cell in row.items() if cell is not None} for row in found] == rows, number
        assert len(report.empty_rows) == n_empty, number

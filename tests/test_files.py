"""Everything that is shipped beside the code is what the code says it is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventcorpus.agreement.agree import AgreementReport
from eventcorpus.agreement.corrections import Corrections
from eventcorpus.articles.read import read_articles
from eventcorpus.cli.main import main
from eventcorpus.eval.compare import Comparison
from eventcorpus.eval.curve import CurveReport
from eventcorpus.eval.report import Report
from eventcorpus.eval.rows import RowReport
from eventcorpus.labelstudio.config import label_config, read_ontology
from eventcorpus.predictions import Prediction
from eventcorpus.training.recipe import read_recipe

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(p for d in ("corpus", "docs", "eval", "models", "training") for p in (ROOT / d).rglob("*.md")),
    ]
)


RECIPES = sorted((ROOT / "training").rglob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_reads_and_its_header_says_what_it_needs_how_to_launch_it_and_how_it_did(path: Path) -> None:
    recipe = read_recipe(path)
    header = re.match(r"(#.*\n)+", path.read_text())
    assert header
    what, *lines = header[0].splitlines()
    assert len(what) > 30 and not what.startswith("# Needs")
    needs, launch, score = (
        next(i for i, line in enumerate(lines) if line.startswith(f"# {part}"))
        for part in ("Needs:", "Launch", "Time and score:")
    )
    assert needs < launch < score
    assert f"#   eventcorpus train training/recipes/{path.name}" in lines[launch:score]
    assert re.search(r"\d+ s on|not run by us", lines[score])
    assert recipe.output_dir.startswith("models/runs/")


def test_recipes_write_to_places_of_their_own_and_stand_in_the_table() -> None:
    places = [read_recipe(path).output_dir for path in RECIPES]
    assert len(set(places)) == len(places) >= 10
    table = (ROOT / "training/README.md").read_text()
    assert [path.name for path in RECIPES if f"`recipes/{path.name}`" not in table] == []


def test_the_labelling_configuration_is_that_of_the_ontology() -> None:
    config = (ROOT / "corpus/labelling/config.xml").read_text()
    assert config == label_config(read_ontology(ROOT / "corpus/ontology.yaml"))


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (Report, "eval/report.schema.json"),
        (Prediction, "eval/predictions.schema.json"),
        (AgreementReport, "eval/agreement.schema.json"),
        (Corrections, "eval/corrections.schema.json"),
        (Comparison, "eval/comparison.schema.json"),
        (RowReport, "eval/rows.schema.json"),
        (CurveReport, "eval/curve.schema.json"),
    ],
    ids=["report", "predictions", "agreement", "corrections", "comparison", "rows", "curve"],
)
def test_published_schemas_are_those_of_the_code(model: Any, path: str) -> None:
    assert json.loads((ROOT / path).read_text()) == model.model_json_schema(by_alias=True)


def commands_in(document: Path) -> list[str]:
    text = re.sub(r"\\\n\s*", " ", document.read_text())
    return re.findall(r"^\s*(?:\$ )?eventcorpus ((?!\.)[a-z].*)$", text, re.MULTILINE)


@pytest.mark.parametrize(
    "document", [d for d in DOCUMENTS if commands_in(d)], ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_every_command_in_the_documents_has_options_that_exist(document: Path) -> None:
    for line in commands_in(document):
        words = line.split("#")[0].split()
        assert words[0] in main.list_commands(None), line
        path = words[:2] if words[0] in ("inline", "labelstudio", "hub") else words[:1]
        text = CliRunner().invoke(main, [*path, "--help"]).output
        for option in re.findall(r"(?<!\S)--[a-z-]+", line):
            assert option in text, f"{document}: {line}: {option}"


def test_every_command_is_named_in_a_document_for_people() -> None:
    text = "".join(d.read_text() for d in DOCUMENTS if d.name != "CHANGELOG.md")
    assert [
        name
        for name in main.list_commands(None)
        if not re.search(rf"eventcorpus {name}\b|`{name}\b|\*\*{name}\*\*", text)
    ] == []


def test_examples_are_articles_that_no_split_contains() -> None:
    examples = {a.text_sha256 for a in read_articles([ROOT / "corpus/examples"])}
    corpus = {a.text_sha256 for a in read_articles([ROOT / "corpus/articles"])}
    assert examples and corpus and not examples & corpus


def test_no_document_names_this_machine() -> None:
    for document in DOCUMENTS:
        assert not re.search(r"/(work|root|home)/", document.read_text()), document

"""The model card: metadata that the hub reads, figures of reports, code that runs, and nobody's text as markup."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from huggingface_hub import ModelCard

from eventcorpus.cli.main import main
from eventcorpus.errors import InputError
from eventcorpus.eval.evaluate import score
from eventcorpus.models.calibration import Bin, Calibration, CalibrationError, FittedOn, Interval, Threshold
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, model_hash, read_about, save_model, write_calibration
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.render.model_card import (
    CardFacts,
    calibration_paragraphs,
    escape,
    model_card,
    read_agreement,
    read_card_facts,
    read_scores,
    write_card,
)
from eventcorpus.schema import AnnotatedArticle, Article, Span
from random_model import random_model

ROOT = Path(__file__).parents[2]
ONTOLOGY = Ontology(
    name="mini",
    version="1.2.0",
    triggers=(Label(name="Attack", definition="Use of force | <script>alert(1)</script> [x](http://evil)"),),
    entities=(Label(name="Place"),),
)
DATA = {
    "gold": "a1's", "articles": 2, "invented": 2, "languages": ["en"], "licences": {"CC-BY-4.0": 1, "": 1},
    "spans_by_label": {"Attack": 1200, "Place": 3},
}  # fmt: skip
ABOUT = ModelAbout(
    ontology=ONTOLOGY, max_length=48, stride=16, decoder="viterbi", encoder="FacebookAI/roberta-base",
    training={"n_articles": 2, "n_spans": 1203, "n_steps": 7, "dataset": "my|set", "dataset_sha256": "ab" * 32, "data": DATA},
)  # fmt: skip
CALIBRATION = Calibration(
    method="logistic", slope=0.5, intercept=-1.0, precision=0.9, least_mentions=20,
    fitted_on=FittedOn(dataset="dev", split="validation", articles=9, mentions=90, correct=60),
    errors={
        "none": CalibrationError(expected_error=0.2, brier=0.3, log_loss=0.8),
        "logistic": CalibrationError(expected_error=0.03, brier=0.2, log_loss=0.5),
    },
    before=(Bin(low=0, high=1, mentions=90, confidence=0.9, correct=60),),
    after=(Bin(low=0, high=1, mentions=90, confidence=0.67, correct=60),),
    thresholds={
        "Place": Threshold(confidence=0.75, precision=0.95, interval=Interval(low=0.8, high=0.99), kept=40, correct=38, mentions=60),
        "Attack": Threshold(confidence=None, precision=0.5, interval=Interval(low=0.3, high=0.7), kept=20, correct=10, mentions=30),
    },
)  # fmt: skip


@pytest.fixture
def folder(tiny_encoder: Path, tmp_path: Path) -> Path:
    """A model folder with random weights."""
    model = random_model(tiny_encoder, ONTOLOGY)
    save_model(
        tmp_path / "my model", model, load_tokenizer(str(tiny_encoder)), ABOUT, extra={"recipe.yaml": "seed: 7\n"}
    )
    return tmp_path / "my model"


def report(path: Path, *, model: ModelName, split: str = "test", right: bool = True) -> Path:
    gold = [AnnotatedArticle(Article("x", "They attacked Northtown"), (Span("1", 14, 23, "Place"),), ONTOLOGY.labels)]
    mention = PredictedMention(
        start=14 if right else 0, end=23 if right else 4, label="Place", text="Northtown" if right else "They"
    )
    predictions = [Prediction(model=model, id="x", text_sha256=gold[0].article.text_sha256, mentions=(mention,))]
    made = score(gold, predictions, ONTOLOGY, name="gold set", split=split, dataset_sha256="cd" * 32)
    path.write_text(made.model_dump_json(by_alias=True))
    return path


def run(*arguments: Any) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_head_is_what_the_hub_reads(folder: Path, tmp_path: Path) -> None:
    name = ModelName(name="m", hash=model_hash(folder))
    code, _, err = run("card", folder, "--report", report(tmp_path / "r.json", model=name))
    assert code == 0, err
    data = ModelCard.load(folder / "README.md").data
    assert (data.language, data.license, data.library_name) == (["en"], "mit", "transformers")
    assert (data.pipeline_tag, data.base_model) == ("token-classification", "FacebookAI/roberta-base")
    assert data.metrics == ["precision", "recall", "f1"] and "event-extraction" in data.tags
    assert data.model_name == "my model"
    (f1,) = [r for r in data.eval_results if r.metric_type == "f1"]
    assert (f1.task_type, f1.dataset_type, f1.dataset_name) == ("token-classification", "gold-set", "gold set")
    assert (f1.dataset_split, f1.metric_value) == ("test", 1.0)


def test_the_card_says_what_the_folder_knows(folder: Path) -> None:
    (folder / "run.json").write_text(
        json.dumps(
            {
                "seconds": 1234.5,
                "hardware": {"cpu": "Some CPU", "cores": 2},
                "versions": {"torch": "2.13"},
                "commit": "abc",
            }
        )
    )
    write_calibration(folder, CALIBRATION)
    write_card(folder)
    card = (folder / "README.md").read_text()
    for said in (
        "2 labels of the ontology mini@1.2.0", "| Attack | ", "| 1,200 |", "Trained on 2 articles with 1,203 spans",
        "CC-BY-4.0: 1, none stated: 1", "Every article that it learned from is invented", "1,234 s on Some CPU, 2 cores",
        "torch 2.13", "Commit: abc", "20.0 points before, 3.0 after", "| Place | 0.7500 | 40 of 60 | 95.0 [80.0, 99.0] |",
        "`seed` 7", "None yet: `eventcorpus eval --json`",
    ):  # fmt: skip
        assert said in card, said


def test_reports_add_up_and_a_new_one_replaces_the_old_of_its_split(folder: Path, tmp_path: Path) -> None:
    name = ModelName(name="m", hash=model_hash(folder))
    run("card", folder, "--report", report(tmp_path / "a.json", model=name, right=False))
    run(
        "card",
        folder,
        "--report",
        report(tmp_path / "b.json", model=name, split="validation"),
        "--license",
        "cc-by-4.0",
    )
    run("card", folder, "--report", report(tmp_path / "c.json", model=name))
    facts = read_card_facts(folder)
    assert [(s.split, s.micro.f1.value) for s in facts.scores] == [("validation", 1.0), ("test", 1.0)]
    assert facts.license == "cc-by-4.0"
    assert "| gold set | test | 1 | 1 | 100.0 | 100.0 | 100.0 | 100.0 |" in (folder / "README.md").read_text()


def test_a_report_made_before_calibration_still_speaks_of_this_model_and_another_models_does_not(
    folder: Path, tmp_path: Path
) -> None:
    before = ModelName(name="m", hash=model_hash(folder))
    write_calibration(folder, CALIBRATION)
    assert model_hash(folder) != before.hash
    write_calibration(folder, CALIBRATION.model_copy(update={"slope": 0.4}))  # and calibrated again
    assert run("card", folder, "--report", report(tmp_path / "r.json", model=before))[0] == 0
    other = report(tmp_path / "o.json", model=ModelName(name="m", hash="0" * 64))
    code, _, err = run("card", folder, "--report", other)
    assert code == 1 and "speaks of another model (hash 000000000000) than" in err and "eventcorpus eval --model" in err


def test_intervals_of_later_reports_are_shown(folder: Path, tmp_path: Path) -> None:
    path = report(tmp_path / "r.json", model=ModelName(name="m", hash=model_hash(folder)))
    raw = json.loads(path.read_text())
    raw["exact"]["micro"]["intervals"] = {"precision": None, "recall": None, "f1": {"low": 0.7, "high": 0.8}}
    path.write_text(json.dumps(raw | {"schema": 2, "slices": {"kind": {}}}))
    assert run("card", folder, "--report", path)[0] == 0
    assert "| 100.0 | 100.0 | 100.0 [70.0, 80.0] |" in (folder / "README.md").read_text()


def test_agreement_of_the_shipped_corpus_stands_beside_the_labels() -> None:
    agreement = read_agreement(ROOT / "eval/reports/agreement__pass-1-and-2.json")
    assert agreement.annotators == 2 and 0.5 < (agreement.f1_exact.value or 0) < 1
    about = ABOUT.model_copy(update={"ontology": Ontology(name="c", version="1.0.0", entities=(Label(name="Actor"),))})
    card = model_card("m", about, CardFacts(agreement=agreement), run={}, recipe={})
    value = 100 * (agreement.labels["Actor"].value or 0)
    assert re.search(rf"^\| Actor \| – \| 0 \| {value:.1f} \[", card, re.MULTILINE)


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"exact": {}}')
    with pytest.raises(InputError, match=r"x\.json: not a report of eventcorpus eval --json: eventcorpus is missing"):
        read_scores(tmp_path / "x.json")
    with pytest.raises(InputError, match=r"not a report of eventcorpus agree --json"):
        read_agreement(tmp_path / "x.json")


HOSTILE = "a|b\n# *x* <script>alert('1')</script> [y](http://e) ![z](q) `c` \\ ~~d~~ \u202e"


def test_hostile_names_and_definitions_stay_text(tmp_path: Path) -> None:
    label = Label.model_construct(name=HOSTILE, definition=HOSTILE, examples=(), maps_to={})
    about = ABOUT.model_copy(
        update={
            "ontology": ONTOLOGY.model_copy(update={"entities": (label,)}),
            "training": {
                "dataset": HOSTILE,
                "data": DATA | {"gold": HOSTILE, "licences": {HOSTILE: 1}, "languages": [HOSTILE]},
            },
        }
    )
    card = model_card(HOSTILE, about, CardFacts(license=HOSTILE), run={"commit": HOSTILE}, recipe={})
    head, body = card.split("---\n", 2)[1:]
    assert yaml.safe_load(head)["license"] == HOSTILE and "language" not in yaml.safe_load(head)
    prose = re.sub(r"```.*?```", "", body, flags=re.DOTALL)
    assert "<script" not in prose and "](http" not in prose and "\u202e" not in prose
    assert "](" not in re.sub(r"\\.", "", prose.replace("](reliability.svg)", ""))
    rows = [line for line in prose.splitlines() if line.startswith("| ") and "script" in line]
    assert rows and all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    assert escape("plain words, 12.5%") == "plain words, 12.5%"


def test_the_code_in_the_card_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    write_card(folder)
    blocks = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, {"__name__": "__main__"})


def test_the_card_does_not_change_which_model_it_is(folder: Path) -> None:
    before = model_hash(folder)
    write_card(folder, CardFacts(license="mit"))
    assert model_hash(folder) == before and read_about(folder) == ABOUT


ANEW = "`eventcorpus calibrate MODEL --dataset DIR --split validation`"
NO_THRESHOLDS = "Thresholds: none, so that `extract --thresholds` does not work; `--min-confidence` does."
LISTED = (
    "From these confidences on, at least 90% were right there (`extract --thresholds`); labels that are not listed did "
    "not reach it, or were too few to tell:"
)


def paragraphs(calibration: Calibration, *, schema: int = 3, has_links: bool = False) -> list[str]:
    about = ABOUT.model_copy(update={"calibration": calibration, "schema_": schema})
    return calibration_paragraphs(about, has_links=has_links)


def test_a_model_that_was_never_calibrated_says_so() -> None:
    assert paragraphs(Calibration()) == [
        f"Not calibrated: it was never compared with how often they are right. {ANEW} does it.", NO_THRESHOLDS,
    ]  # fmt: skip


def test_a_model_with_too_few_articles_says_why_it_is_not_calibrated() -> None:
    note = "not calibrated: 3 articles are too few; 5 are needed"
    few = Calibration(fitted_on=FittedOn(articles=3, mentions=4, correct=2), note=note)
    assert paragraphs(few) == [
        "Not calibrated: 3 articles are too few; 5 are needed. Confidences are as the model gives them.", NO_THRESHOLDS,
    ]  # fmt: skip


def test_a_calibrated_model_says_on_what_and_how_far_it_is_from_the_truth() -> None:
    on = CALIBRATION.fitted_on
    assert on is not None
    place = f"{on.dataset}, {on.split}" if on.dataset else "held-out articles"
    first = (
        f"Calibrated. Method: logistic; on {on.articles:,} articles ({place}) with {on.mentions:,} predicted mentions. "
        "Expected calibration error, cross-validated: 20.0 points before, 3.0 after. ![reliability diagram](reliability.svg)"
    )
    assert paragraphs(CALIBRATION) == [first, LISTED]
    links = f"Confidences of roles, attributes and events are not calibrated; {ANEW} does it."
    assert paragraphs(CALIBRATION, has_links=True) == [first, links, LISTED]


def test_a_calibration_of_an_older_version_is_told_as_such() -> None:
    old = CALIBRATION.model_copy(
        update={"errors": {}, "thresholds": {}, "fitted_on": FittedOn(articles=7, mentions=80, correct=60)}
    )
    assert paragraphs(old, schema=2) == [
        "Calibrated (method: logistic) on 7 articles (held-out articles) with 80 predicted mentions, by a version that kept no "
        f"calibration error: how far these confidences are from the truth is not known; {ANEW} measures it.",
        f"An older version calibrated it (schema 2); {ANEW} does it anew.",
        NO_THRESHOLDS,
    ]  # fmt: skip


def test_a_model_whose_confidences_were_good_as_they_were_says_so() -> None:
    kept = CALIBRATION.model_copy(
        update={"method": "none", "before": (), "after": (), "fitted_on": FittedOn(articles=7, mentions=80, correct=60)}
    )
    assert paragraphs(kept)[0] == (
        "Not changed: no method made the confidences clearly better. Their expected calibration error on 7 articles "
        "(held-out articles) with 80 predicted mentions: 20.0 points."
    )


def test_thresholds_that_no_label_reached_leave_out_everything_and_the_card_says_so() -> None:
    missed = Threshold(
        confidence=None, precision=0.5, interval=Interval(low=0.3, high=0.7), kept=20, correct=10, mentions=20
    )
    assert paragraphs(CALIBRATION.model_copy(update={"thresholds": {"Place": missed}}))[-1] == (
        "Thresholds: no label reached 90% with 20 mentions or more, so that `extract --thresholds` leaves out every "
        "mention; a lower `calibrate --target-precision` may find some."
    )

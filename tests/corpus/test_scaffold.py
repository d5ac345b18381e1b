"""A new corpus folder: what is in it, from where its ontology comes, and that nothing there is overwritten."""

import re
from pathlib import Path

import pytest
import yaml

from cli_runner import run
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.ontology import parse_ontology
from eventcorpus.training.recipe import read_recipe

ROOT = Path(__file__).parents[2]
FILES = (
    *("ontology.yaml", "guidelines.md", "recipe.yaml", "README.md", ".gitignore"),
    *("articles/.gitkeep", "annotations/.gitkeep", "splits/.gitkeep"),
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: str) -> dict[str, str]:
    return {str(path): path.read_text() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def test_labels_become_an_ontology_that_people_can_edit() -> None:
    code, stdout, stderr = run("init", "health", "--labels", "Attack, Place,Weapon", "--triggers", "Attack")
    written = ", ".join(f"health/{name}" for name in FILES)
    assert (code, stderr) == (0, "")
    assert stdout == f"written: {written}\nnext:\n  cd health\n  eventcorpus status\n"
    ontology = read_ontology(Path("health/ontology.yaml"))
    assert (ontology.key, ontology.flat) == ("health@1.0.0", True)
    assert (ontology.trigger_names, ontology.entity_names) == (("Attack",), ("Place", "Weapon"))
    text = Path("health/ontology.yaml").read_text()
    assert "  - name: Weapon\n    definition: ''\n    examples: []\n" in text and "&id" not in text
    recipe = read_recipe(Path("health/recipe.yaml"))
    assert (recipe.encoder, recipe.dataset, recipe.output_dir) == ("bundled", "dataset", "model")
    guidelines = Path("health/guidelines.md").read_text()
    assert re.findall(r"^#+ (.*)", guidelines, re.M) == [
        "Annotation guidelines", "Spans", "Triggers", "Attack", "Other labels", "Place", "Weapon", "Decisions",
    ]  # fmt: skip


def test_what_is_commented_out_is_an_ontology_too() -> None:
    run("init", "health", "--labels", "Attack,Place", "--triggers", "Attack")
    text = Path("health/ontology.yaml").read_text().partition("# What became of names")[0]
    sections = re.sub(r"^# (?=roles:|attributes:| )", "", text, flags=re.M)
    ontology = parse_ontology(yaml.safe_load(sections), place="examples")
    assert [role.name for role in ontology.roles] == ["where", "same_event"]
    assert [attribute.name for attribute in ontology.attributes] == ["modality"]


@pytest.mark.parametrize("name", ["Größe: 1, #2 'x'", "[a]", "yes", "1.0", "null", "- x", "a\u2028b"])
def test_a_label_of_any_name_comes_back(name: str) -> None:
    Path("config.xml").write_text(
        '<View><Labels name="l" toName="t"><Label value="{}"/><Label value="B"/></Labels><Text name="t" value="$text"/></View>'.format(
            name.replace("'", "&#39;")
        )
    )
    assert run("init", "own", "--ontology", "config.xml")[0] == 0
    assert read_ontology(Path("own/ontology.yaml")).labels == (name, "B")


def test_the_page_of_a_project_that_was_made_here_brings_its_ontology() -> None:
    config = ROOT / "corpus/labelling/config.xml"
    code, _, stderr = run("init", "own", "--ontology", str(config), "--triggers", "Explosion,Battle")
    assert code == 1 and f"{config}: has triggers of its own (Battle, " in stderr
    assert run("init", "own", "--ontology", str(config))[0] == 0
    assert read_ontology(Path("own/ontology.yaml")) == read_ontology(ROOT / "corpus/ontology.yaml")
    assert "## Roles" in Path("own/guidelines.md").read_text()


def test_the_page_of_another_project_becomes_the_ontology() -> None:
    page = (ROOT / "corpus/labelling/config.xml").read_text()
    Path("config.xml").write_text(re.sub("<!--.*?-->", "", page, flags=re.DOTALL))
    assert run("init", "own", "--ontology", "config.xml", "--triggers", "Explosion,Battle")[0] == 0
    ontology, read = read_ontology(Path("own/ontology.yaml")), read_ontology(Path("config.xml"))
    assert (ontology.key, ontology.flat) == ("own@1.0.0", False)
    assert ontology.trigger_names == ("Battle", "Explosion")
    assert ontology.entity_names == tuple(label for label in read.labels if label not in ("Battle", "Explosion"))
    assert (ontology.roles, ontology.attributes) == (read.roles, read.attributes)


CONFIGS = sorted((ROOT / "tests/fixtures/cases").glob("*ls-*/config*.xml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_configurations_of_other_people_come_over_whole(config: Path) -> None:
    code, _, stderr = run("init", "own", "--ontology", str(config))
    if code:
        assert "its labels come from the tasks" in stderr and not Path("own").exists()
        return
    ontology, read = read_ontology(Path("own/ontology.yaml")), read_ontology(config)
    assert (ontology.key, ontology.flat) == ("own@1.0.0", False)
    assert (ontology.labels, ontology.roles, ontology.attributes) == (read.labels, read.roles, read.attributes)


def test_without_labels_the_shipped_ontology_comes_with_its_guidelines() -> None:
    assert run("init", "own")[0] == 0
    shipped = (ROOT / "corpus/ontology.yaml").read_text()
    assert Path("own/ontology.yaml").read_text().endswith(f"\n\n{shipped}")
    assert read_ontology(Path("own/ontology.yaml")) == read_ontology(ROOT / "corpus/ontology.yaml")
    assert Path("own/guidelines.md").read_text() == (ROOT / "corpus/guidelines.md").read_text()


def test_an_ontology_of_ours_is_copied_with_its_comments() -> None:
    Path("mine.yaml").write_text("# mine\nname: mine\nversion: 2.0.0\nentities: [{name: Place}]\n")
    assert run("init", "own", "--from", "mine.yaml")[0] == 0
    assert Path("own/ontology.yaml").read_text() == Path("mine.yaml").read_text()


def test_a_rerun_changes_nothing_and_says_so() -> None:
    run("init", "health", "--labels", "Attack,Place")
    Path("health/guidelines.md").write_text("ours")
    before = contents("health")
    code, stdout, stderr = run("init", "health", "--labels", "Other")
    kept = ", ".join(f"health/{name}" for name in FILES)
    assert (code, contents("health")) == (0, before)
    assert stdout == f"kept as they were: {kept}\nnext:\n  cd health\n  eventcorpus status\n"
    assert stderr == "health/ontology.yaml was there, so --labels, --triggers and --ontology changed nothing in it\n"


def test_what_is_missing_is_made_for_the_ontology_that_is_there() -> None:
    Path("own").mkdir()
    Path("own/ontology.yaml").write_text("name: mine\nversion: 2.0.0\nentities: [{name: Village}]\n")
    code, stdout, _ = run("init", "own")
    assert code == 0 and stdout.splitlines()[1] == "kept as they were: own/ontology.yaml"
    assert "For `ontology.yaml`, mine 2.0.0." in Path("own/guidelines.md").read_text()
    assert "### Village" in Path("own/guidelines.md").read_text()


MESSAGES = [
    (("own", "--labels", "A,B", "--triggers", "C"), 1, "--triggers: 'C' is no label of --labels; there are A, B"),
    (("own", "--triggers", "C"), 1, "--triggers says which of --labels are triggers; name the labels, too"),
    (("own", "--ontology", "gone.xml"), 1, "gone.xml: no such file; check the path"),
    (("own", "--ontology", "mine.yaml", "--triggers", "A"), 1, "mine.yaml: has triggers of its own (none)"),
    (("mine.yaml",), 1, "mine.yaml: is a file; name a folder, which may be a new one"),
    (("own", "--ontology", "mine.yaml", "--labels", "A"), 2, "give either --labels or --ontology"),
    (
        ("own", "--labels", "A,B,A"),
        1,
        "--labels: the name 'A' is used twice; labels, roles and attributes need names of their own",
    ),
]


@pytest.mark.parametrize(("arguments", "code", "message"), MESSAGES, ids=[message[:20] for *_, message in MESSAGES])
def test_bad_input_gets_one_line_and_leaves_nothing(arguments: tuple[str, ...], code: int, message: str) -> None:
    Path("mine.yaml").write_text("name: mine\nversion: 2.0.0\nentities: [{name: Place}]\n")
    done = run("init", *arguments)
    assert (done[0], done[2].splitlines()[-1]) == (code, f"Error: {message}")
    assert not Path("own").exists()

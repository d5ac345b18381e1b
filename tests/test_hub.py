"""Pushing to the hub: what goes, what stays, and what is there afterwards, with the hub's own client and a hub of ours."""

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from datasets import load_dataset
from huggingface_hub import DatasetCard, ModelCard, constants

from cli_runner import run
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.dataset.folder import Entry, TextPolicy, write_dataset
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, save_model
from eventcorpus.ontology import Label, Ontology
from eventcorpus.render.model_card import write_card
from eventcorpus.schema import AnnotatedArticle, Article, Span
from hub_server import TOKEN, HubServer, Repository, hub_server
from random_model import random_model

ONTOLOGY = Ontology(name="mini", version="1.0.0", triggers=(Label(name="Attack"),), entities=(Label(name="Actor"),))
SPANS = (Span("1", 0, 6, "Actor"), Span("2", 7, 15, "Attack"))
FREE = AnnotatedArticle(
    Article("free", "Rebels attacked.", language="en", licence="CC-BY-4.0"), SPANS, ONTOLOGY.labels
)  # fmt: skip
OWNED = AnnotatedArticle(Article("owned", "Agents attacked.", title="Owned", language="en"), SPANS, ONTOLOGY.labels)
MODEL_FILES = [
    "README.md", "card.json", "config.json", "eventcorpus.json", "model.safetensors", "recipe.yaml", "run.json",
    "tokenizer.json", "tokenizer_config.json",
]  # fmt: skip


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub on this machine, which the client in this process takes for the hub; the token is in HF_TOKEN."""
    with hub_server() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server
        huggingface_hub.close_session()


@pytest.fixture(scope="module")
def made(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights."""
    folder = tmp_path_factory.mktemp("made") / "tagger"
    about = ModelAbout(
        ontology=ONTOLOGY,
        max_length=48,
        stride=16,
        decoder="viterbi",
        encoder="FacebookAI/roberta-base",
        languages=("en",),
    )
    extra = {
        "recipe.yaml": "encoder: bundled\noutput_dir: models/runs/tagger\n",
        "run.json": "{}\n",
        "card.json": '{"schema": 1}\n',
    }
    save_model(folder, random_model(tiny_encoder, ONTOLOGY), load_tokenizer(str(tiny_encoder)), about, extra=extra)
    write_card(folder)
    return folder


@pytest.fixture
def model(made: Path, tmp_path: Path) -> Path:
    """A copy of the model folder, to be changed."""
    folder = tmp_path / "tagger"
    folder.mkdir()
    for path in made.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def dataset(folder: Path, *articles: AnnotatedArticle, text: TextPolicy = "all") -> Path:
    report = ConversionReport(refuses=True)
    for article in articles:
        report.keep_article(article)
        report.refuse("spans", article.article.id, f"Actor: {article.article.text[:6]}", Code.SAME_SPAN_TWICE)
    entries = [Entry("train", article, [article]) for article in articles]
    write_dataset(folder, entries, ONTOLOGY, report, gold_policy="a1's", inputs={"x.json": "0" * 64}, text=text)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(*arguments: str) -> str:
    code, stdout, stderr = run("hub", "push", *arguments)
    assert (code, stdout) == (1, "") and TOKEN not in stderr and "Traceback" not in stderr
    last = stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    return last.removeprefix("Error: ")


# what arrives --------------------------------------------------------------------------------------------------------


def test_a_model_arrives_byte_for_byte_in_one_commit(hub: HubServer, model: Path) -> None:
    code, stdout, stderr = run("hub", "push", str(model), "--to", "me/tagger")
    repository = hub.repositories["model", "me/tagger"]
    assert code == 0 and sorted(repository.files) == MODEL_FILES
    assert repository.files == contents(model)
    assert repository.messages == ["Upload tagger with eventcorpus 0.1.0"] and not repository.private
    assert stdout.startswith(f"{hub.url}/me/tagger (public), commit ")
    assert TOKEN not in stdout + stderr


def test_a_dataset_arrives_and_load_dataset_opens_it(hub: HubServer, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "ds", FREE)
    code, stdout, _ = run("hub", "push", str(folder), "--to", "me/ds", "--private")
    repository = hub.repositories["dataset", "me/ds"]
    assert code == 0 and repository.private and repository.files == contents(folder)
    assert stdout.startswith(f"{hub.url}/datasets/me/ds (private), commit ")
    for name, content in repository.files.items():
        (tmp_path / "back" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "back" / name).write_bytes(content)
    rows = load_dataset(str(tmp_path / "back"), cache_dir=str(tmp_path / "cache"))["train"]
    assert rows["text"][:] == ["Rebels attacked."]


def test_what_is_there_is_not_sent_again(hub: HubServer, model: Path) -> None:
    assert run("hub", "push", str(model), "--to", "me/tagger")[0] == 0
    assert len(hub.uploads()) == 1
    hub.sent.clear()
    code, stdout, _ = run("hub", "push", str(model), "--to", "me/tagger")
    assert code == 0 and "(public), nothing new, still commit " in stdout
    assert hub.uploads() == [] and not any("/commit/" in path for _, path, _ in hub.sent)
    assert len(hub.repositories["model", "me/tagger"].messages) == 1
    (model / "run.json").write_text('{"seed": 2}\n')
    hub.sent.clear()
    assert run("hub", "push", str(model), "--to", "me/tagger")[0] == 0
    commits = [size for _, path, size in hub.sent if "/commit/" in path]
    assert hub.uploads() == [] and len(commits) == 1 and commits[0] < 500
    assert hub.repositories["model", "me/tagger"].files == contents(model)


def test_another_branch_is_made_and_main_stays_as_it_was(hub: HubServer, model: Path) -> None:
    assert run("hub", "push", str(model), "--to", "me/tagger", "--revision", "v0.1")[0] == 0
    assert run("hub", "push", str(model), "--to", "me/tagger", "--revision", "v0.1")[0] == 0
    branches = hub.repositories["model", "me/tagger"].branches
    assert branches["main"] == {} and branches["v0.1"] == contents(model)


def test_what_others_put_there_is_not_removed(hub: HubServer, model: Path) -> None:
    hub.repositories["model", "me/tagger"] = Repository()
    hub.repositories["model", "me/tagger"].files["notes.md"] = b"by hand"
    assert run("hub", "push", str(model), "--to", "me/tagger")[0] == 0
    assert hub.repositories["model", "me/tagger"].files == {**contents(model), "notes.md": b"by hand"}


# what stays ----------------------------------------------------------------------------------------------------------


def test_only_files_of_a_model_folder_go_and_a_dry_run_says_why(
    hub: HubServer, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(model)
    secret = tmp_path / "secret"
    secret.write_text("12345")
    for name in (
        "checkpoint-00000050/tensors.safetensors",
        "teachers/0/model.safetensors",
        ".env",
        "[red]notes.txt",
        "x.pt",
    ):
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_text("secret")
    (model / "heads.json").symlink_to(secret)
    monkeypatch.setenv("HF_TOKEN", "")
    code, stdout, _ = run("hub", "push", str(model), "--to", "me/tagger", "--dry-run")
    lines = [line.split() for line in stdout.splitlines()]
    assert code == 0 and hub.sent == []
    assert [line[0] for line in lines if line[2:3] == ["yes"]] == sorted(before)
    assert {line[0]: " ".join(line[1:]) for line in lines if line[2:3] == ["no"]} == {
        "checkpoint-00000050/tensors.safetensors": "6 no a checkpoint of the training",
        "teachers/0/model.safetensors": "6 no a teacher of the model",
        ".env": "6 no hidden",
        "[red]notes.txt": "6 no no file of a model folder",
        "x.pt": "6 no no file of a model folder",
        "heads.json": f"{len(str(secret))} no a link to another place",
    }
    total = sum(map(len, before.values()))
    assert stdout.endswith(
        f"\n9 of 15 files, {total:,} bytes, would go to the model repository me/tagger; nothing was sent\n"
    )
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert run("hub", "push", str(model), "--to", "me/tagger")[0] == 0
    assert hub.repositories["model", "me/tagger"].files == before


def test_a_recipe_that_names_a_place_of_this_machine_stays(hub: HubServer, model: Path) -> None:
    (model / "recipe.yaml").write_text("encoder: bundled\ndataset: /home/ada/unpublished\n")
    _, stdout, _ = run("hub", "push", str(model), "--to", "me/tagger", "--dry-run")
    assert "no    names a place of this machine (dataset: /home/ada/unpublished)" in stdout
    assert run("hub", "push", str(model), "--to", "me/tagger")[0] == 0
    files = hub.repositories["model", "me/tagger"].files
    assert "recipe.yaml" not in files and not any(b"/home/ada" in content for content in files.values())


def test_a_folder_that_is_neither_is_refused(hub: HubServer, tmp_path: Path) -> None:
    assert refused(str(tmp_path), "--to", "me/x") == (
        f"{tmp_path}: neither a model folder (of train) nor a dataset folder (of convert)"
    )
    assert refused(str(tmp_path / "no"), "--to", "me/x") == f"{tmp_path / 'no'}: no such folder"
    assert hub.sent == []


# texts ---------------------------------------------------------------------------------------------------------------


def test_texts_without_a_licence_do_not_go_unless_they_are_left_out(hub: HubServer, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "ds", FREE, OWNED)
    assert refused(str(folder), "--to", "me/ds") == (
        f"{folder}: 1 of 2 articles with text state no licence, so their text may not be shared (the first: owned); "
        "leave it out with --text licensed, or all texts with --text none"
    )
    assert hub.sent == []


@pytest.mark.parametrize(("text", "n_withheld"), [("licensed", 1), ("none", 2)])
def test_what_goes_is_what_convert_would_have_written_without_the_texts(
    text: Any, n_withheld: int, hub: HubServer, tmp_path: Path
) -> None:
    folder = dataset(tmp_path / "ds", FREE, OWNED)
    before = contents(folder)
    code, _, stderr = run("hub", "push", str(folder), "--to", "me/ds", "--text", text)
    assert code == 0 and f"{n_withheld} articles without their text; eventcorpus join puts it back\n" in stderr
    files = hub.repositories["dataset", "me/ds"].files
    assert files == contents(dataset(tmp_path / "released" / "ds", FREE, OWNED, text=text))
    assert not any(b"Agents" in content or b"Owned" in content for content in files.values())
    assert contents(folder) == before


def test_a_dataset_written_without_its_texts_goes_as_it_is(hub: HubServer, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "ds", FREE, OWNED, text="licensed")
    assert run("hub", "push", str(folder), "--to", "me/ds")[0] == 0
    assert hub.repositories["dataset", "me/ds"].files == contents(folder)
    assert refused(str(folder), "--to", "me/ds", "--text", "none") == (
        f"{folder}: article owned is without its text already; convert again with --text none"
    )


# cards ---------------------------------------------------------------------------------------------------------------


def test_the_cards_have_what_the_hub_shows(model: Path, tmp_path: Path) -> None:
    assert ModelCard.load(model / "README.md").data.to_dict() == {
        "language": ["en"], "license": "mit", "library_name": "transformers", "pipeline_tag": "token-classification",
        "base_model": "FacebookAI/roberta-base",
        "tags": ["token-classification", "named-entity-recognition", "event-extraction", "eventcorpus"],
        "metrics": ["precision", "recall", "f1"],
    }  # fmt: skip
    data = DatasetCard.load(dataset(tmp_path / "ds", FREE) / "README.md").data.to_dict()
    assert [(config.pop("config_name"), config["data_files"]) for config in data.pop("configs")] == [
        ("default", [{"split": "train", "path": "default/train.parquet"}]),
        ("annotations", [{"split": "train", "path": "annotations/train.parquet"}]),
    ]
    assert data == {
        "pretty_name": "Articles annotated with mini@1.0.0", "language": ["en"], "license": "cc-by-4.0",
        "task_categories": ["token-classification"], "size_categories": ["n<1K"],
        "tags": ["named-entity-recognition", "event-extraction", "eventcorpus"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("# tagger\n", "no metadata between --- lines at its head; write the card again with eventcorpus card"),
        (
            "---\nlicense: mit\nmodel-index:\n- name: x\n  results:\n  - task: {}\n---\n",
            "its metadata cannot be read (Invalid model_index in metadata cannot be parsed: <class 'KeyError'> 'type'); "
            "write the card again with eventcorpus card",
        ),
        (
            "---\nlicense: [mit\n---\n",
            "its metadata cannot be read (while parsing a flow sequence); write the card again with eventcorpus card",
        ),
        ("---\nlanguage: [en, no]\n---\n", "language is ['en', False]; a name or a list of names is needed"),
    ],
)  # fmt: skip
def test_a_card_that_the_hub_could_not_read_is_refused_before_anything_is_sent(
    card: str, message: str, hub: HubServer, model: Path
) -> None:
    (model / "README.md").write_text(card)
    assert refused(str(model), "--to", "me/tagger") == f"{model / 'README.md'}: {message}"
    assert hub.sent == []


def test_a_card_that_names_a_file_that_does_not_go_is_refused(hub: HubServer, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "ds", FREE)
    card = (folder / "README.md").read_text()
    (folder / "README.md").write_text(card.replace("path: default/train.parquet", "path: extra/train.parquet"))
    assert refused(str(folder), "--to", "me/ds") == (
        f"{folder / 'README.md'}: configs names extra/train.parquet, which is not among the files; "
        "write the card again with eventcorpus convert"
    )


@pytest.mark.parametrize(
    "files", ["default/*.parquet", ["default/train.parquet"], [{"path": ["default/train.parquet"]}], None]
)
def test_every_form_of_data_files_is_read(files: Any, hub: HubServer, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "ds", FREE)
    head = json.dumps(
        {"license": "mit", "language": "en", "configs": [{"config_name": "default", "data_files": files}]}
    )
    (folder / "README.md").write_text(f"---\n{head}\n---\n")
    assert run("hub", "push", str(folder), "--to", "me/ds", "--dry-run")[0] == 0


def test_a_card_without_a_licence_goes_and_says_so(hub: HubServer, model: Path) -> None:
    card = (model / "README.md").read_text()
    (model / "README.md").write_text(card.replace("license: mit\n", ""))
    code, _, stderr = run("hub", "push", str(model), "--to", "me/tagger")
    assert code == 0
    assert f"the card says no license; say it with: eventcorpus card {model} --license NAME\n" in stderr


def test_the_card_names_the_dataset_on_the_hub(model: Path) -> None:
    assert run("card", str(model), "--hub-dataset", "me/ds")[0] == 0
    assert run("card", str(model), "--license", "apache-2.0")[0] == 0
    data = ModelCard.load(model / "README.md").data
    assert (data.datasets, data.license) == (["me/ds"], "apache-2.0")


# errors --------------------------------------------------------------------------------------------------------------


def test_without_a_token_nothing_is_sent(
    hub: HubServer, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    assert refused(str(model), "--to", "me/tagger") == (
        "there is no token of the Hugging Face hub; put one that may write (from the page of your account, "
        "Access Tokens) into HF_TOKEN, or: hf auth login"
    )
    assert hub.sent == []


def test_the_token_of_the_clients_login_is_used(
    hub: HubServer, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    (tmp_path / "token").write_text(TOKEN)
    assert run("hub", "push", str(model), "--to", "me/tagger")[0] == 0


def test_a_token_that_the_hub_does_not_take(hub: HubServer, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    message = refused(str(model), "--to", "me/tagger")
    assert (
        message.startswith("the hub does not take the token; put one that may write (") and "hf_another" not in message
    )
    assert message.endswith(" (401: Invalid credentials in Authorization header)")


@pytest.mark.parametrize(
    ("route", "status", "message"),
    [
        ("/api/repos/create", 403, "the token may not write to me/tagger; take one that may, or another name (403: no rights)"),
        ("/preupload/", 404, "there is no me/tagger, or no such revision, that this token may see; check the names (404: no rights)"),
        ("/commit/", 409, "somebody else changed me/tagger meanwhile; push again (409: no rights)"),
        ("/commit/", 418, "the hub refuses to write me/tagger (418: no rights)"),
    ],
)  # fmt: skip
def test_what_the_hub_refuses_is_one_line_with_the_way_out(
    route: str, status: int, message: str, hub: HubServer, model: Path
) -> None:
    hub.answers[route] = (status, {"X-Error-Message": "no rights"})
    assert run("hub", "push", str(model), "--to", "me/tagger")[2].splitlines()[-1] == f"Error: {message}"


def test_a_public_repository_is_not_taken_for_a_private_one(hub: HubServer, model: Path) -> None:
    hub.repositories["model", "me/tagger"] = Repository()
    code, _, stderr = run("hub", "push", str(model), "--to", "me/tagger", "--private")
    assert code == 1 and stderr.endswith(
        "Error: me/tagger is there and public; make it private in its settings, or push without --private\n"
    )
    assert hub.repositories["model", "me/tagger"].files == {}


@pytest.mark.parametrize("repo", ["tagger", "a/b/c", "me/ta gger", "me/..", "/x", "me/" + "x" * 97])
def test_a_name_that_is_none_is_refused(repo: str, hub: HubServer, model: Path) -> None:
    assert refused(str(model), "--to", repo) == (
        "--to is not user/name, of letters, digits, '-', '_' and '.', at most 96 characters"
    )
    assert hub.sent == []


def test_without_a_network_it_ends_within_seconds(hub: HubServer, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        assert refused(str(model), "--to", "me/tagger") == (
            f"no answer from {address} ([Errno {errno.ECONNREFUSED}] Connection refused); check the network, or "
            "HF_ENDPOINT if you set it"
        )


def test_a_hub_that_does_not_take_the_connection_is_given_up(
    hub: HubServer, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventcorpus.hub._TIMEOUT", (0.1, 0.1, 0.1, 0.1))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        assert refused(str(model), "--to", "me/tagger") == (
            f"no answer from {address} (timed out); check the network, or HF_ENDPOINT if you set it"
        )


def test_the_command_speaks_to_the_endpoint_of_the_environment(model: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    command = [sys.executable, "-m", "eventcorpus", "hub", "push", str(model), "--to", "me/tagger"]
    with hub_server() as server:
        environment = {**kept, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", "HF_ENDPOINT": server.url}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert server.repositories["model", "me/tagger"].files == contents(model)


def test_offline_nothing_is_sent(model: Path, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    huggingface_hub.close_session()
    _, _, stderr = run("hub", "push", str(model), "--to", "me/tagger")
    assert stderr.splitlines()[-1] == "Error: HF_HUB_OFFLINE is set, so nothing is sent; unset it to push"
    assert hub.sent == []


def test_the_report_of_a_standoff_push_quotes_no_text(tmp_path: Path, hub: HubServer) -> None:
    folder = dataset(tmp_path / "ds", FREE, OWNED)
    assert run("hub", "push", str(folder), "--to", "me/ds", "--text", "licensed")[0] == 0
    report = json.loads(hub.repositories["dataset", "me/ds"].files["loss_report.json"])
    assert [(item["article"], item["item"]) for item in report["items"]] == [("free", "Actor: Rebels"), ("owned", "")]

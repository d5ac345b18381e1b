"""Model and dataset folders on the Hugging Face hub: what of a folder goes, its card, and the way there.

Comes in: a folder that ``train`` or ``convert`` wrote. Goes out: one commit in a repository, with the files that such a
folder is made of and no others. Nothing is sent before the card has been checked, and no text of an article that states
no licence.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from eventcorpus import __version__
from eventcorpus.dataset.folder import (
    MANIFEST,
    REPORT,
    TextPolicy,
    is_dataset_folder,
    licences_of_texts,
    open_dataset,
    withhold_text,
)
from eventcorpus.errors import HubError, InputError, first_line
from eventcorpus.files import read_text, read_yaml
from eventcorpus.models.folder import ABOUT, HEADS, NEEDED, is_model_folder, read_about

Kind = Literal["model", "dataset"]
CARD = "README.md"
_RECIPE = "recipe.yaml"
_MODEL_FILES = {
    CARD: "the card",
    **dict.fromkeys((*NEEDED, "tokenizer_config.json", "special_tokens_map.json"), "the model"),
    **dict.fromkeys(("added_tokens.json", "vocab.txt", "vocab.json", "merges.txt"), "the model"),
    **dict.fromkeys((ABOUT, *HEADS), "the model, as eventcorpus reads it"),
    **dict.fromkeys(("card.json", _RECIPE, "run.json", "metrics.jsonl"), "how it was made"),
    **dict.fromkeys(("training.svg", "reliability.svg"), "a picture of the card or the run"),
    "LICENSE": "the licence",
}
_DATASET_FILES = {
    CARD: "the card",
    MANIFEST: "what the dataset is made of",
    REPORT: "what the conversion lost",
    "ontology.yaml": "the labels",
    "LICENSE": "the licence",
}
_TIMEOUT = (5.0, 120.0, 120.0, 5.0)
"""Seconds to connect, to read, to write, and to wait for a connection; the hub's client waits without end."""
_TOKEN_WAYS = "put one that may write (from the page of your account, Access Tokens) into HF_TOKEN, or: hf auth login"


@dataclass(frozen=True)
class PlannedFile:
    """A file of the folder, by its path there and in the repository: its bytes, and why it goes or stays."""

    path: str
    size: int
    goes: bool
    why: str


@dataclass(frozen=True)
class Plan:
    """What is to be sent; ``notices`` say what the card lacks, a line each."""

    folder: Path
    kind: Kind
    files: tuple[PlannedFile, ...]
    notices: tuple[str, ...]

    @property
    def going(self) -> list[PlannedFile]:
        """The files that go."""
        return [file for file in self.files if file.goes]


@dataclass(frozen=True)
class Pushed:
    """What is in the repository now. ``is_new``: there was a difference, and so a commit; ``warnings``: the hub's."""

    url: str
    commit: str
    is_new: bool
    is_private: bool
    warnings: tuple[str, ...]


@contextmanager
def shareable(folder: Path, *, text: TextPolicy | None = None) -> Iterator[tuple[Path, int]]:
    """The folder as it may be shared, and how many articles are without their text for that.

    A dataset with texts that may not go is written again without them, into a temporary folder.

    Args:
        text: ``licensed``: texts of articles that state no licence are left out; ``none``: all are; ``all`` or None:
            the folder as it is, or not at all.

    Raises:
        InputError: if texts would have to be left out and ``text`` does not say so, or the dataset is damaged.
    """
    if not is_dataset_folder(folder):
        yield folder, 0
        return
    licences = licences_of_texts(folder)
    hidden = [id_ for id_, licence in licences.items() if text == "none" or not licence]
    if not hidden:
        yield folder, 0
        return
    if text not in ("licensed", "none"):
        raise InputError(
            f"{folder}: {len(hidden):,} of {len(licences):,} articles with text state no licence, so their text may "
            f"not be shared (the first: {hidden[0]}); leave it out with --text licensed, or all texts with --text none"
        )
    with tempfile.TemporaryDirectory(prefix="eventcorpus-") as temporary:
        out = Path(temporary) / folder.resolve().name
        yield out, withhold_text(folder, out, text=text).n_withheld


def plan_of(folder: Path) -> Plan:
    """Look through a model or dataset folder and check its card; nothing is sent.

    Raises:
        InputError: if the folder is neither, or the card's metadata are not what the hub reads.
        ModelError: if it is a model folder that is not whole.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    if is_dataset_folder(folder):
        kind: Kind = "dataset"
        data = (path.relative_to(folder).as_posix() for path in open_dataset(folder)[1].values())
        known = {**_DATASET_FILES, **dict.fromkeys(data, "the data")}
    elif is_model_folder(folder):
        kind, known = "model", dict(_MODEL_FILES)
        read_about(folder)
    else:
        raise InputError(f"{folder}: neither a model folder (of train) nor a dataset folder (of convert)")
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    files = tuple(_planned(path, folder, known, kind) for path in paths)
    return Plan(folder, kind, files, tuple(_check_card(folder, kind, {file.path for file in files if file.goes})))


def _planned(path: Path, folder: Path, known: dict[str, str], kind: Kind) -> PlannedFile:
    name = path.relative_to(folder).as_posix()
    parts = PurePosixPath(name).parts
    why, goes = known.get(name, ""), False
    if path.is_symlink() or any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(folder)):
        why = "a link to another place"
    elif any(part.startswith(".") for part in parts):
        why = "hidden"
    elif any(part.startswith("checkpoint-") or part.endswith(".checkpoints") for part in parts):
        why = "a checkpoint of the training"
    elif any(part == "teachers" or part.endswith(".teachers") for part in parts):
        why = "a teacher of the model"
    elif not why:
        why = f"no file of a {kind} folder"
    elif kind == "model" and name == _RECIPE and (place := _absolute_path(path)):
        why = f"names a place of this machine ({place})"
    else:
        goes = True
    return PlannedFile(name, path.lstat().st_size, goes, why)


def _absolute_path(recipe: Path) -> str:
    """The first value of a recipe that is an absolute path or one of the home folder, with its key; else nothing."""
    values = read_yaml(recipe, what="a recipe").items()
    return next((f"{key}: {value}" for key, value in values if str(value).startswith(("/", "~"))), "")


# the card ------------------------------------------------------------------------------------------------------------


def _check_card(folder: Path, kind: Kind, going: set[str]) -> Iterator[str]:
    """What the card lacks, a line each.

    Raises:
        InputError: if there is none, or huggingface_hub or the hub could not read its metadata.
    """
    import yaml
    from huggingface_hub import DatasetCard, ModelCard

    path = folder / CARD
    again = "eventcorpus card" if kind == "model" else "eventcorpus convert"
    if not re.match(r"---\r?\n", read_text(path)):
        raise InputError(f"{path}: no metadata between --- lines at its head; write the card again with {again}")
    try:
        data = (ModelCard if kind == "model" else DatasetCard).load(path).data.to_dict()
    except (ValueError, TypeError, yaml.YAMLError) as error:
        why = first_line(error).replace("`", "").partition(". Pass")[0]
        raise InputError(f"{path}: its metadata cannot be read ({why}); write the card again with {again}") from None
    for key in ("language", "license", "tags", "datasets", "metrics", "task_categories", "size_categories"):
        values = data.get(key, [])
        if not all(isinstance(value, str) and value for value in (values if isinstance(values, list) else [values])):
            raise InputError(f"{path}: {key} is {values!r}; a name or a list of names is needed")
    for wanted in _data_files(data.get("configs")):
        if not any(fnmatch(name, wanted) for name in going):
            missing = f"configs names {wanted}, which is not among the files"
            raise InputError(f"{path}: {missing}; write the card again with {again}")
    needed = {"model": ("pipeline_tag", "license", "language"), "dataset": ("configs", "license", "language")}[kind]
    way = {"license": f"; say it with: eventcorpus card {folder} --license NAME"} if kind == "model" else {}
    yield from (f"the card says no {key}{way.get(key, '')}" for key in needed if not data.get(key))


def _data_files(configs: Any) -> Iterator[str]:
    """The paths and patterns of the configurations of a dataset card, in every form that the hub takes."""
    for config in configs if isinstance(configs, list) else []:
        files = config.get("data_files") if isinstance(config, dict) else None
        for entry in files if isinstance(files, list) else [files]:
            paths = entry.get("path") if isinstance(entry, dict) else entry
            yield from (path for path in (paths if isinstance(paths, list) else [paths]) if isinstance(path, str))


# to the hub ----------------------------------------------------------------------------------------------------------


def check_repo(repo: str) -> None:
    """Check the name of a repository.

    Raises:
        InputError: if it is not ``user/name`` as the hub takes it.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repo)
    except HFValidationError:
        repo = ""
    if repo.count("/") != 1:
        raise InputError("--to is not user/name, of letters, digits, '-', '_' and '.', at most 96 characters")


def push(plan: Plan, repo: str, *, private: bool = False, revision: str | None = None) -> Pushed:
    """Send the files of a plan to a repository, in one commit; it is made if it is not there.

    What is there already with the same hash is not sent again, and without any difference there is no commit. The token
    is huggingface_hub's: ``HF_TOKEN``, else that of its login.

    Args:
        repo: ``user/name``.
        private: make the repository private; one that is there and public is refused.
        revision: branch; it is made if it is not there.

    Raises:
        InputError: if ``repo`` is no name.
        HubError: without a token, without the network, or if the hub refuses.
    """
    from huggingface_hub import CommitOperationAdd, HfApi, get_token

    check_repo(repo)
    token = get_token()
    if not token:
        raise HubError(f"there is no token of the Hugging Face hub; {_TOKEN_WAYS}")
    api = HfApi(token=token, library_name="eventcorpus", library_version=__version__)
    with _errors_in_one_line(repo, api.endpoint, token), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        url = api.create_repo(repo, repo_type=plan.kind, private=private or None, exist_ok=True)
        is_private = bool(api.repo_info(repo, repo_type=plan.kind).private)
        if private and not is_private:
            raise HubError(f"{repo} is there and public; make it private in its settings, or push without --private")
        if revision:
            api.create_branch(repo, branch=revision, repo_type=plan.kind, exist_ok=True)
        before = api.repo_info(repo, repo_type=plan.kind, revision=revision).sha
        operations = [
            CommitOperationAdd(path_in_repo=file.path, path_or_fileobj=plan.folder / file.path) for file in plan.going
        ]
        message = f"Upload {plan.folder.resolve().name} with eventcorpus {__version__}"
        commit = api.create_commit(
            repo, operations, commit_message=message, repo_type=plan.kind, revision=revision
        ).oid  # fmt: skip
    said = tuple(" ".join(str(warning.message).split()) for warning in caught if warning.category is UserWarning)
    return Pushed(str(url), commit, commit != before, is_private, said)


@contextmanager
def _errors_in_one_line(repo: str, endpoint: str, token: str) -> Iterator[None]:
    """Limits of time for the hub's client, and its errors as ours; the token is in none of them."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled
    from huggingface_hub.utils import get_session

    client = get_session()
    usual, client.timeout = client.timeout, _TIMEOUT
    try:
        yield
    except OfflineModeIsEnabled:
        raise HubError("HF_HUB_OFFLINE is set, so nothing is sent; unset it to push") from None
    except HfHubHTTPError as error:
        raise HubError(_refusal(error, repo).replace(token, "...")) from None
    except HTTPError as error:
        why = first_line(error)
        raise HubError(f"no answer from {endpoint} ({why}); check the network, or HF_ENDPOINT if you set it") from None
    except (ValueError, RuntimeError, OSError) as error:
        why = " ".join(str(error.__cause__ or error).split())[:300]
        raise HubError(f"{repo}: not sent: {why}".replace(token, "...")) from None
    finally:
        client.timeout = usual


def _refusal(error: Any, repo: str) -> str:
    """What the hub refuses, by its status, and the way out."""
    status = error.response.status_code
    said = error.response.headers.get("X-Error-Message") or error.server_message or first_line(error)
    said = re.sub(r"\s+", " ", said)[:200]
    ways = {
        401: f"the hub does not take the token; {_TOKEN_WAYS}",
        403: f"the token may not write to {repo}; take one that may, or another name",
        404: f"there is no {repo}, or no such revision, that this token may see; check the names",
        409: f"somebody else changed {repo} meanwhile; push again",
        413: f"a file is too large for {repo}",
        429: "too many requests; wait some minutes and push again",
    }
    return f"{ways.get(status, f'the hub refuses to write {repo}')} ({status}: {said})"

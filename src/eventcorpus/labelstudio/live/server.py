"""The connection to a live Label Studio server: its projects and tasks, and one line for whatever goes wrong there.

The address and the key (a legacy token or a personal access token) come from the environment; neither is ever shown.
The SDK (the extra ``labelstudio``) is imported here alone. Its retries are off: an import that is sent again after a
dropped connection would leave its tasks twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from eventcorpus.errors import InputError, ServerError
from eventcorpus.tables import counted

URL_VARIABLE = "LABEL_STUDIO_URL"
KEY_VARIABLE = "LABEL_STUDIO_API_KEY"
TIMEOUT = 900.0
"""Seconds that one request may take; a snapshot of 100,000 tasks takes about two minutes."""
SETTLE = 2.0
"""Seconds of quiet before anything is sent: the server may still be at work for a run that was killed."""


@dataclass(frozen=True)
class Project:
    """A project as it was when we asked, and the way to it (``client``); as a string, what messages call it.

    ``instruction`` is what annotators read first, ``n_annotators`` how many of them label each task.

    Raises:
        ServerError: from every method, with what was being done, why it failed and the way out.
    """

    id: int
    title: str
    label_config: str
    n_tasks: int
    n_annotations: int
    n_predictions: int = 0
    instruction: str = ""
    n_annotators: int = 1
    client: Any = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"project {self.id} {self.title!r}"

    @classmethod
    def of(cls, raw: Any, client: Any) -> Project:
        """What we need to know of a project of the SDK."""
        return cls(
            id=int(raw.id),
            title=str(raw.title),
            label_config=str(raw.label_config or ""),
            n_tasks=int(raw.task_number or 0),
            n_annotations=int(raw.total_annotations_number or 0),
            n_predictions=int(raw.total_predictions_number or 0),
            instruction=str(raw.expert_instruction or ""),
            n_annotators=int(raw.maximum_annotations or 1),
            client=client,
        )

    def reload(self) -> Project:
        """The project as it is now."""
        with explained(f"reading project {self.id}"):
            return Project.of(self.client.projects.get(id=self.id), self.client)

    def update_config(self, label_config: str) -> None:
        """Give the project another configuration."""
        with explained(f"changing the configuration of project {self.id}"):
            self.client.projects.update(id=self.id, label_config=label_config)

    def update_instruction(self, instruction: str) -> None:
        """Give the project other instructions, which are shown to everybody who begins to label."""
        with explained(f"changing the instructions of project {self.id}"):
            self.client.projects.update(id=self.id, expert_instruction=instruction, show_instruction=True)

    def ask_annotators(self, n: int) -> None:
        """Let a task be finished, for everybody's queue, when ``n`` people have labelled it."""
        with explained(f"letting {counted(n, 'annotator')} label every task of project {self.id}"):
            self.client.projects.update(id=self.id, maximum_annotations=n, overlap_cohort_percentage=100)

    def show_predictions(self, model_version: str) -> str | None:
        """Let the page open a task with this version's prediction in it; it shows those of one version at a time.

        Returns:
            the version that the project showed before (empty if none); None if it shows this one already.
        """
        with explained(f"letting project {self.id} show the predictions of {model_version}"):
            now = self.client.projects.get(id=self.id)
            if now.model_version == model_version and now.show_collab_predictions:
                return None
            self.client.projects.update(id=self.id, model_version=model_version, show_collab_predictions=True)
            return str(now.model_version or "")

    def import_tasks(self, tasks: list[dict[str, Any]]) -> None:
        """Import tasks in one request, with their annotations and predictions; the server stores all or none."""
        with explained(f"importing {counted(len(tasks), 'task')} into project {self.id}"):
            n_made = int(self.client.projects.import_tasks(id=self.id, request=tasks).task_count or 0)
        if n_made != len(tasks):
            raise ServerError(f"the server made {counted(n_made, 'task')} of {len(tasks)}; run the command again")

    def act_on_tasks(self, action: str, task_ids: list[int]) -> None:
        """Let the server do one of its actions (such as ``delete_tasks``) on tasks."""
        with explained(f"{action.replace('_', ' ')} of project {self.id}"):
            chosen = {"all": False, "included": task_ids}
            self.client.actions.create(id=action, project=self.id, selected_items=chosen)

    def tasks(self, *fields: str) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Each task with these fields of it, and its ``data``.

        Args:
            fields: one list for tasks, annotations and drafts alike. What only the task's own row has is listed faster.
        """
        scope = "task_only" if set(fields) <= {"id", "data"} else "all"
        with explained(f"listing the tasks of project {self.id}"):
            for task in self.client.tasks.list(project=self.id, fields=scope, include=",".join(fields), page_size=1000):
                yield task, task.data if isinstance(task.data, dict) else {}


@dataclass(frozen=True)
class Server:
    """One server; ``client`` is its label_studio_sdk.LabelStudio. Its methods raise ServerError as a Project's do."""

    client: Any

    def projects(self) -> list[Project]:
        """All projects that the key may see, each once: the server has been seen to list one twice."""
        with explained("listing the projects"):
            projects = [Project.of(raw, self.client) for raw in self.client.projects.list(page_size=1000)]
        return list({project.id: project for project in projects}.values())

    def find_project(self, wanted: str) -> Project | None:
        """The project of this id or exact title, or None.

        Raises:
            InputError: if several have the title.
        """
        projects = self.projects()
        by_id = [project for project in projects if str(project.id) == wanted]
        titled = by_id or [project for project in projects if project.title == wanted]
        if len(titled) > 1:
            ids = ", ".join(str(project.id) for project in titled)
            raise InputError(f"{len(titled)} projects have the title {wanted!r} (ids {ids}); name one by --project ID")
        return titled[0] if titled else None

    def project(self, wanted: str | None) -> Project:
        """The project of this id or exact title; without either, the only project that there is.

        Raises:
            InputError: if there is none, or more than one.
        """
        found = self.find_project(wanted) if wanted is not None else None
        if found is not None:
            return found
        projects = self.projects()
        if wanted is None and len(projects) == 1:
            return projects[0]
        titles = ", ".join(f"{project.id} {project.title!r}" for project in projects) or "none yet"
        if wanted is None:
            raise InputError(f"which project? name it with --project ID or TITLE; there are: {titles}")
        raise InputError(f"no project {wanted!r} on the server (deleted, perhaps); there are: {titles}")

    def accounts(self) -> dict[int, str]:
        """Everybody who has an account, by user id: the e-mail address."""
        with explained("listing the users"):
            return {int(user.id): str(user.email) for user in self.client.users.list()}

    def invite_path(self) -> str:
        """Where on the server's address others make themselves an account."""
        with explained("asking for the invitation"):
            url = urlsplit(str(self.client.organizations.invites.get_invite_link().invite_url))
        return f"{url.path}?{url.query}"

    def create_project(self, title: str, label_config: str, description: str, instruction: str) -> Project:
        """A new project where tasks may be skipped and empty annotations submitted."""
        with explained(f"creating the project {title!r}"):
            created = self.client.projects.create(
                title=title,
                description=description,
                label_config=label_config,
                show_skip_button=True,
                enable_empty_annotation=True,
                expert_instruction=instruction,
                show_instruction=True,
            )
            return Project.of(self.client.projects.get(id=created.id), self.client)


def connect() -> Server:
    """Connect with what the environment says, and check the key.

    Raises:
        InputError: if a variable is missing or no address.
        ServerError: if the SDK is not installed, nobody answers, or the key is refused.
    """
    url, key = (os.environ.get(name, "").strip() for name in (URL_VARIABLE, KEY_VARIABLE))
    for name, value in ((URL_VARIABLE, url), (KEY_VARIABLE, key)):
        if not value:
            raise InputError(
                f"{name} is not set; export {URL_VARIABLE} (such as http://localhost:8080) and {KEY_VARIABLE} (Label "
                "Studio: Account & Settings, Access Token)"
            )
    if not url.startswith(("http://", "https://")):
        raise InputError(f"{URL_VARIABLE} is no address; it begins with http:// or https://")
    if not (key.isascii() and key.isprintable()):
        raise InputError(f"{KEY_VARIABLE} has characters that no key has; copy it again")
    try:
        from label_studio_sdk import LabelStudio
    except ImportError:
        raise ServerError("label-studio-sdk is not installed; run: pip install 'eventcorpus[labelstudio]'") from None
    with explained("logging in"):
        server = Server(LabelStudio(base_url=url, api_key=key, timeout=TIMEOUT, max_retries=0))
        server.client.users.whoami()
    return server


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn whatever the SDK raises into one line that shows neither address nor key."""
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield
        return
    except ApiError as error:
        why = _refusal(error.status_code, error.body)
    except httpx.ConnectError:
        why = f"no Label Studio server answers at {URL_VARIABLE}; is it running, is the address right?"
    except httpx.TimeoutException:
        why = f"no answer in {TIMEOUT:.0f} s; run the command again, it goes on from there"
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        why = (
            f"the connection broke ({type(error).__name__}); when the server is back, run the command again: "
            "it goes on from what arrived"
        )
    raise ServerError(f"{doing}: {why}")


def _refusal(status: int | None, body: Any) -> str:
    """What a server's refusal says, in one line; a page of HTML says nothing."""
    if isinstance(body, dict):
        body = body.get("validation_errors") or body.get("detail") or body
    if isinstance(body, dict):
        body = "; ".join(f"{key}: {value}" for key, value in body.items())
    text = " ".join(str(body or "").split())
    detail = "" if text.startswith("<") else text[:300]
    if status == 401:
        if "legacy" in detail:
            return f"legacy tokens are switched off on this server; put a personal access token in {KEY_VARIABLE}"
        return f"the server does not know this key (401); copy it again into {KEY_VARIABLE}, or make a new one"
    if status == 403:
        return f"the key's user may not do that (403): {detail}"
    if status == 404:
        return "not there (404): the project was deleted meanwhile, or the address is not that of a Label Studio server"
    if status is not None and status >= 500:
        return f"the server failed ({status}); its log says why. Run the command again: it goes on from what arrived"
    return f"the server refused ({status}): {detail or 'no reason given'}"


def as_dict(value: Any) -> dict[str, Any]:
    """An object of the SDK, which has some as models and some as plain dicts."""
    fields: dict[str, Any] = value if isinstance(value, dict) else value.model_dump()
    return fields

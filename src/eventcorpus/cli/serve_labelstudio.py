"""``eventcorpus serve-labelstudio``: a trained model that Label Studio asks while people annotate."""

from __future__ import annotations

import os
from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.errors import InputError, ModelError

USER_VARIABLE = "EVENTCORPUS_BACKEND_USER"
PASSWORD_VARIABLE = "EVENTCORPUS_BACKEND_PASSWORD"


@click.command("serve-labelstudio")
@click.option("--model", "model_path", required=True, type=options.PATH, help="A model folder that train wrote.")
@click.option("--host", default="127.0.0.1", help="Another address lets other machines ask.")
@click.option("--port", default=9090, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--max-body-mb", default=50, type=click.IntRange(1, 2000), help="Longest request that is read.")
def serve_labelstudio_command(model_path: Path, host: str, port: int, max_body_mb: int) -> None:
    """Let Label Studio show a model's predictions while people annotate.

    Speaks Label Studio's protocol for ML backends until Ctrl-C; in a project, connect it with Settings, Model, Connect
    Model, http://127.0.0.1:9090. The model stays as it is: nothing trains here. Set EVENTCORPUS_BACKEND_USER and
    EVENTCORPUS_BACKEND_PASSWORD to ask for a login (Label Studio: Basic authentication).

    \b
    Example:
      eventcorpus serve-labelstudio --model models/runs/demo
    """
    user, password = os.environ.get(USER_VARIABLE, ""), os.environ.get(PASSWORD_VARIABLE, "")
    if bool(user) != bool(password):
        raise InputError(f"{USER_VARIABLE} and {PASSWORD_VARIABLE} go together; set both, or neither")
    if ":" in user:
        raise InputError(f"{USER_VARIABLE} has a colon, which HTTP basic authentication has no place for")
    try:
        from eventcorpus.labelstudio.backend.app import bound, create_app, is_loopback, listen, serve
        from eventcorpus.labelstudio.backend.requests import Credentials
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if name not in ("starlette", "uvicorn"):
            raise
        raise ModelError(f"{name} is not installed; run: pip install 'eventcorpus[serve]'") from None
    from eventcorpus.inference.extractor import Extractor

    credentials = Credentials(user, password) if user else None
    with bound(host, port) as bound_socket:
        extractor = Extractor.from_pretrained(model_path)
        app = create_app(extractor, max_bytes=max_body_mb * 1_000_000, credentials=credentials)
        address = listen(bound_socket)
        if not is_loopback(bound_socket):
            options.notice(_warning(host, credentials is not None))
        options.notice(f"{extractor.name.version} at {address}, until Ctrl-C")
        serve(app, bound_socket)


def _warning(host: str, has_login: bool) -> str:
    if has_login:
        return f"warning: --host {host}: login and articles cross the network in clear; put a proxy with TLS before it"
    return (
        f"warning: --host {host}: anybody who reaches this port may ask the model; set {USER_VARIABLE} and "
        f"{PASSWORD_VARIABLE}, or let a firewall stand before it"
    )

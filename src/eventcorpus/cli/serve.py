"""``eventcorpus serve``: a trained model as a service over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventcorpus.cli import options
from eventcorpus.errors import InputError, ModelError

if TYPE_CHECKING:
    from eventcorpus.events.counts import NumberWords

KEY_VARIABLE = "EVENTCORPUS_SERVE_KEY"
EXTRA = ("starlette", "uvicorn", "prometheus_client")


@click.command("serve")
@click.argument("model_path", type=options.PATH, metavar="MODEL")
@click.option("--host", default="127.0.0.1", help="Another address lets other machines ask.")
@click.option("--port", default=9090, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--max-body-mb", default=20, type=click.IntRange(1, 2000), help="Longest request that is read.")
@click.option(
    "--max-characters", default=200_000, type=click.IntRange(1, 10_000_000), help="Longest article that is read."
)
@click.option("--max-waiting", default=64, type=click.IntRange(1), help="Requests that may wait for their turn.")
@click.option(
    "--timeout", default=100, type=click.IntRange(1), help="Seconds in which a request must arrive, and be answered."
)
@click.option(
    "--grace", default=30, type=click.IntRange(0), help="Seconds in which accepted requests are answered at the end."
)
@options.normalisers
def serve_command(
    model_path: Path,
    host: str,
    port: int,
    max_body_mb: int,
    max_characters: int,
    max_waiting: int,
    timeout: int,
    grace: int,
    gazetteers: tuple[Path, ...],
    actors: Path | None,
    number_words: NumberWords,
) -> None:
    """Answer requests with a model's mentions and event rows.

    MODEL is a folder that train wrote. POST articles to /extract or /rows, or open the address in a browser and paste
    one. In Label Studio: Settings, Model, Connect Model, http://127.0.0.1:9090/labelstudio. Nothing trains here. Set
    EVENTCORPUS_SERVE_KEY to ask for a key (a bearer token, or the password of Basic authentication).

    \b
    Example:
      eventcorpus serve models/runs/demo
    """
    key = os.environ.get(KEY_VARIABLE)
    if key is not None and (not key or key.strip() != key or not key.isprintable()):
        raise InputError(f"{KEY_VARIABLE} is empty or has blanks at its ends; set a key, or unset it")
    try:
        from eventcorpus.serving.app import create_app
        from eventcorpus.serving.port import bound, is_loopback, listen, serve
        from eventcorpus.serving.requests import Limits
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if name not in EXTRA:
            raise
        raise ModelError(f"{name} is not installed; run: pip install 'eventcorpus[serve]'") from None
    from eventcorpus.events.assembly import Normalisers
    from eventcorpus.inference.extractor import Extractor

    limits = Limits(
        max_bytes=max_body_mb * 1_000_000,
        max_characters=max_characters,
        max_waiting=max_waiting,
        timeout=timeout,
    )
    with bound(host, port) as bound_socket:
        extractor = Extractor.from_pretrained(model_path)
        normalisers = Normalisers.read(gazetteers, actors, number_words)
        app = create_app(extractor, normalisers, limits=limits, key=key)
        address = listen(bound_socket)
        if not is_loopback(bound_socket):
            options.notice(_warning(host, key is not None))
        options.notice(f"{extractor.name.version} at {address}, until Ctrl-C")
        serve(app, bound_socket, timeout=timeout, grace=grace)


def _warning(host: str, has_key: bool) -> str:
    if has_key:
        return f"warning: --host {host}: key and articles cross the network in clear; put a proxy with TLS before it"
    return (
        f"warning: --host {host}: anybody who reaches this port may ask the model; set {KEY_VARIABLE}, or let a "
        "firewall stand before it"
    )

"""``eventcorpus backends``: what runs a model, checked."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus import api
from eventcorpus.cli import options
from eventcorpus.render.reports import backend_table
from eventcorpus.tables import console


@click.command("backends")
@click.argument("model_path", metavar="MODEL", type=options.PATH)
@options.DATASET
@click.option("--split", default="validation", help="Whose articles are read.")
@click.option("--onnx", "with_onnx", is_flag=True, help="Also write ONNX files into MODEL/onnx, and check them.")
@options.json_option("what is put into the model folder")
def backends_command(model_path: Path, dataset: Path, split: str, with_onnx: bool, json_path: Path | None) -> None:
    """Check what MODEL finds with each backend of extract, beside torch in fp32.

    The outcome is kept in the model folder (backends.json): extract --backend auto takes int8 only of a model that was
    checked and loses at most 0.3 points of F1 by it. --onnx needs the extra onnx and writes the model for ONNX Runtime,
    in fp32 and int8.

    \b
    Example:
      eventcorpus backends models/runs/demo --dataset models/runs/demo-dataset
    """
    checks = api.check_backends(model_path, dataset, split=split, with_onnx=with_onnx)
    if not options.put_json(json_path, checks):
        console().print(backend_table(checks))

"""Models for ONNX Runtime: written beside the weights, in fp32 and with int8 linear layers, and run.

The ONNX files hold the encoder and the layer that gives the tags; the heads stay in torch and read the hidden states
that ONNX Runtime gives. Needs the extra ``onnx``.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from eventcorpus.errors import ModelError, first_line
from eventcorpus.files import atomic_folder, sha256_of_file
from eventcorpus.models.folder import read_about
from eventcorpus.models.heads import load_heads

if TYPE_CHECKING:
    from eventcorpus.inference.backends import BackendName, HiddenStates

FOLDER = "onnx"
FILES: Mapping[str, str] = {"onnx": "model.onnx", "onnx-int8": "model-int8.onnx"}
"""By backend, in the folder ``onnx`` of a model folder."""
_WEIGHTS = "eventcorpus.weights"
_INPUTS = ("input_ids", "attention_mask")
_LOGITS = "logits"


class OnnxBackend:
    """A model in ONNX Runtime on the processor."""

    def __init__(self, session: Any, name: BackendName) -> None:
        self.name, self._session = name, session
        self.n_tags: int = session.get_outputs()[0].shape[-1]

    @classmethod
    def load(cls, folder: Path, name: BackendName) -> OnnxBackend:
        """Load what ``write_onnx`` wrote into a model folder, with as many threads as torch has.

        Raises:
            ModelError: if the extra is not installed, or the file is missing, damaged, or of other weights.
        """
        onnxruntime = _library("onnxruntime")
        path = folder / FOLDER / FILES[name]
        if not path.is_file():
            raise ModelError(f"{path}: no such file; write it with: eventcorpus backends {folder} --dataset DIR --onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no base class of their own
            raise ModelError(f"{path}: cannot be loaded ({first_line(error)}); write it again") from None
        if session.get_modelmeta().custom_metadata_map.get(_WEIGHTS) != sha256_of_file(folder / "model.safetensors"):
            raise ModelError(
                f"{path}: made of other weights; write it again: eventcorpus backends {folder} --dataset DIR --onnx"
            )
        return cls(session, name)

    @property
    def device(self) -> torch.device:
        """The processor."""
        return torch.device("cpu")

    def __call__(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None, layers: Sequence[int]
    ) -> tuple[torch.Tensor, HiddenStates]:
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        names = [_LOGITS, *(f"hidden_{layer}" for layer in layers)]
        found = self._session.run(names, {"input_ids": input_ids.numpy(), "attention_mask": mask.numpy()})
        logits, *states = map(torch.from_numpy, found)
        return logits, dict(zip(layers, states, strict=True))


def write_onnx(folder: Path) -> list[Path]:
    """Write the ONNX files of a model folder, all or none.

    Linear layers of the encoder are quantised by ONNX Runtime: weights by output channel, inputs by batch when they
    are there. That is coarser than int8 in torch, which takes each token by itself.

    Returns:
        the files.

    Raises:
        ModelError: if the extra is not installed, or the architecture cannot be exported.
        OutputError: if the disk refuses.
    """
    onnx, _, quantization = _library("onnx"), _library("onnxscript"), _library("onnxruntime.quantization")
    from eventcorpus.inference.backends import load_model

    heads = load_heads(folder, read_about(folder).ontology)
    layers = heads.about.layers if heads is not None else ()
    model = _Outputs(load_model(folder), layers)
    target = folder / FOLDER
    with atomic_folder(target, is_ours=lambda path: (path / FILES["onnx"]).is_file()) as temporary, _quietly():
        exact, coarse = temporary / FILES["onnx"], temporary / FILES["onnx-int8"]
        _export(model, exact, layers)
        written = onnx.load(str(exact))
        written.metadata_props.add(key=_WEIGHTS, value=sha256_of_file(folder / "model.safetensors"))
        onnx.save(written, str(exact))
        quantization.quantize_dynamic(
            exact,
            coarse,
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gemm"],
            nodes_to_exclude=_of_the_tags(written),
            extra_options={"MatMulConstBOnly": True},  # attention multiplies what is no weight
        )
    return [target / FILES["onnx"], target / FILES["onnx-int8"]]


class _Outputs(nn.Module):
    """A model that gives its logits and some hidden states as a tuple."""

    def __init__(self, model: Any, layers: Sequence[int]) -> None:
        super().__init__()
        self.model, self.layers = model, layers

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.model(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        return found.logits, *(found.hidden_states[layer] for layer in self.layers)


def _export(model: nn.Module, path: Path, layers: Sequence[int]) -> None:
    ids = torch.arange(1, 75).view(2, 37)
    mask = torch.ones_like(ids)
    mask[1, 30:] = 0
    shape = {0: torch.export.Dim("n_windows"), 1: torch.export.Dim("seq_len")}
    try:
        torch.onnx.export(
            model.eval(), (ids, mask), str(path), dynamo=True, external_data=False, verbose=False,
            input_names=list(_INPUTS), output_names=[_LOGITS, *(f"hidden_{layer}" for layer in layers)],
            dynamic_shapes={name: shape for name in _INPUTS},
        )  # fmt: skip
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"this architecture cannot be written as ONNX ({first_line(error)}); use bf16 or int8"
        ) from None


def _of_the_tags(written: Any) -> list[str]:
    """The multiplication that gives the logits: it is small, and stays exact."""
    wanted, found = {_LOGITS}, []
    for node in reversed(written.graph.node):
        if wanted & set(node.output):
            if node.op_type in ("MatMul", "Gemm"):
                found.append(node.name)
                break
            wanted |= set(node.input)
    return found


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what the exporter warns of: operators of torchvision, and steps that are for pictures."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _library(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = (error.name or name).split(".")[0]
        raise ModelError(f"{missing} is not installed; run: pip install 'eventcorpus[onnx]'") from None

"""What runs a model: torch in fp32, bf16 or int8, or ONNX Runtime; and which of them is fastest on a machine.

Comes in: token ids of windows. Goes out: logits of tags and the hidden states that the heads read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import torch
from safetensors import SafetensorError

from eventcorpus.errors import ModelError, first_line
from eventcorpus.inference.checks import is_checked
from eventcorpus.inference.int8 import quantise

logger = logging.getLogger(__name__)

BackendName = Literal["fp32", "bf16", "int8", "onnx", "onnx-int8"]
BACKENDS: tuple[BackendName, ...] = get_args(BackendName)
"""In torch: fp32; bf16; int8 linear layers between fp32. In ONNX Runtime: fp32; int8 linear layers."""
AUTO = "auto"

HiddenStates = Mapping[int, torch.Tensor]
"""By layer, 0 that of the embeddings; each of shape (n_windows, seq_len, hidden_size)."""


class Backend(Protocol):
    """Runs windows of one model."""

    name: BackendName
    n_tags: int

    @property
    def device(self) -> torch.device:
        """Where it takes token ids and gives what it finds."""

    def __call__(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None, layers: Sequence[int]
    ) -> tuple[torch.Tensor, HiddenStates]:
        """Run a batch of windows.

        Args:
            input_ids: with special tokens, shape (n_windows, seq_len), int64, on ``device``.
            attention_mask: of the same shape, 1 for tokens and 0 for padding; None without padding.
            layers: whose hidden states are wanted.

        Returns:
            logits, shape (n_windows, seq_len, n_tags), and the hidden states of these layers.
        """


class TorchBackend:
    """A model of transformers as it is."""

    def __init__(self, model: Any, name: BackendName = "fp32") -> None:
        self.name, self.model = name, model.eval()
        self.n_tags: int = model.config.num_labels

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        found: torch.device = self.model.device
        return found

    def __call__(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None, layers: Sequence[int]
    ) -> tuple[torch.Tensor, HiddenStates]:
        outputs = self.model(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=bool(layers))
        return outputs.logits, {layer: outputs.hidden_states[layer] for layer in layers}


def load_model(folder: Path) -> Any:
    """The token classifier of a model folder, fp32, on the processor.

    Raises:
        ModelError: if the weights cannot be read.
    """
    from transformers import AutoModelForTokenClassification

    try:
        return AutoModelForTokenClassification.from_pretrained(folder, dtype=torch.float32).eval()
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder}: the model cannot be loaded ({first_line(error)}); train it again") from None


def load_backend(folder: Path, name: str, *, device: str | None = None) -> Backend:
    """Load a model folder for one backend, or for the fastest (``auto``).

    Args:
        device: ``cpu``, ``cuda``, ...; by default a GPU where there is one; int8 and ONNX Runtime are for processors.

    Raises:
        ModelError: if the folder's weights or ONNX files cannot be loaded, or the backend is not for the device.
    """
    if name not in (AUTO, *BACKENDS):
        raise ModelError(f"backend {name!r}: there are {', '.join((AUTO, *BACKENDS))}")
    is_for_processors = name in ("int8", "onnx", "onnx-int8")
    device = device or ("cuda" if torch.cuda.is_available() and not is_for_processors else "cpu")
    if is_for_processors and device != "cpu":
        raise ModelError(f"backend {name} is for processors, not for {device}; name bf16 or fp32")
    if name in ("onnx", "onnx-int8"):
        from eventcorpus.inference.onnx import OnnxBackend

        return OnnxBackend.load(folder, name)  # type: ignore[arg-type]
    model = load_model(folder)
    if name == AUTO:
        return _fastest(model, folder, device)
    return torch_backend(model, name, device=device)  # type: ignore[arg-type]


def torch_backend(model: Any, name: BackendName, *, device: str = "cpu") -> TorchBackend:
    """Bring an fp32 model to a precision, in place."""
    if name == "bf16":
        model = model.to(torch.bfloat16)
    elif name == "int8":
        quantise(model.base_model)  # the layer that gives the tags is small and stays as it is
    return TorchBackend(model.to(device), name)


def _fastest(model: Any, folder: Path, device: str) -> Backend:
    """The fastest of those in torch that this machine computes in its own instructions, the same at every start.

    int8 only of models that have been checked with it.
    """
    name: BackendName = "fp32"
    if device == "cpu" and is_checked(folder, "int8") and cpu_has("avx512_vnni", "amx_int8"):
        name = "int8"
    elif has_bf16(torch.device(device)):
        name = "bf16"
    if name != "fp32":
        logger.info("the model is run in %s, which this machine computes fastest; --backend fp32 is exact", name)
    return torch_backend(model, name, device=device)


def has_bf16(device: torch.device) -> bool:
    """Whether a device computes bf16 itself, and not by way of fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and cpu_has("avx512_bf16", "amx_bf16")


def cpu_has(*instructions: str) -> bool:
    """Whether the processor has any of these instruction sets, by the names of ``torch.cpu.get_capabilities``."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in instructions)

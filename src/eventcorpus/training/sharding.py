"""Weights spread over processes (FSDP2: ``torch.distributed.fsdp.fully_shard``), for encoders too large for one device.

Sharded weights are fp32 and computed with in bf16 where the recipe says so, so that no master copy is needed.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor, distribute_tensor

from eventcorpus.training.processes import Processes

_LAYER = re.compile(r"(^|\.)(layers?|h|block)\.\d+$")


def shard(model: nn.Module, processes: Processes, *, dtype: torch.dtype) -> None:
    """Spread the weights of a model over all processes, layer by layer, in place."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    mesh = init_device_mesh(processes.device.type, (processes.n,))
    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
    for name, module in model.named_modules():
        if _LAYER.search(name):
            fully_shard(module, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor with the parts of all processes, which must all ask for it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def like(target: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """A whole tensor, placed and spread as ``target`` is."""
    value = value.to(target.device)
    if isinstance(target, DTensor):
        spread: Any = distribute_tensor(value, target.device_mesh, target.placements)
        return spread  # type: ignore[no-any-return]
    return value

"""Several processes that train one model: ranks, collective operations, sharded weights.

They are started by ``torchrun``, or by ``accelerate launch``, which starts torchrun: both set RANK, LOCAL_RANK,
WORLD_SIZE, MASTER_ADDR and MASTER_PORT.

Gradients are added up by hand and not by DistributedDataParallel: the optimiser learns on an fp32 master copy, whose
gradients are no gradients of the wrapped model, and DDP would add up bf16 ones; it also averages, where a loss that
is normalised by the tokens of the global batch wants a sum. The price is that nothing is sent while the backward pass
is still running.

Why not accelerate (1.15, tried): with its PartialState, gather and reduce the tests of training pass, with 28 lines of
code less; sums in buckets, the checks and the sharding stay. But PartialState keeps counting the processes of a group
that was left, and the next collective operation fails; where there is no GPU it does not see a group that the caller
has made, so that each process takes itself for the main one; and it follows the PMI_SIZE of an MPI launcher.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.tensor import DTensor, distribute_tensor

from eventcorpus.errors import ModelError

_BUCKET = 2**23
"""Numbers sent together: 32 MiB in fp32."""


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among ``world_size``: ``rank`` in [0, world_size), ``local_rank`` among those of its machine."""

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0

    @property
    def is_main_process(self) -> bool:
        """Whether this process is the one that writes files and logs."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """The device of this process."""
        return torch.device("cuda", self.local_rank) if torch.cuda.is_available() else torch.device("cpu")

    def all_reduce(self, tensor: torch.Tensor) -> torch.Tensor:
        """Replace a tensor by its sum over all processes, and return it."""
        if self.world_size > 1:
            dist.all_reduce(tensor)
        return tensor

    def all_reduce_gradients(self, tensors: Sequence[torch.Tensor]) -> None:
        """Replace the gradients of ``tensors`` by their sums over all processes."""
        if self.world_size == 1:
            return
        gradients = [tensor.grad for tensor in tensors if tensor.grad is not None]
        while gradients:
            bucket = [gradients.pop()]
            size = bucket[0].numel()
            while gradients and size + gradients[-1].numel() <= _BUCKET:
                bucket.append(gradients.pop())
                size += bucket[-1].numel()
            flat = torch.cat([gradient.flatten() for gradient in bucket])
            dist.all_reduce(flat)
            for gradient, summed in zip(bucket, torch.split(flat, [g.numel() for g in bucket]), strict=True):
                gradient.copy_(summed.view_as(gradient))

    def broadcast(self, tensors: Sequence[torch.Tensor]) -> None:
        """Replace tensors by those of the main process."""
        if self.world_size > 1:
            for tensor in tensors:
                dist.broadcast(tensor, src=0)

    def all_gather(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensors of all processes, shape (world_size, ...), on the CPU."""
        if self.world_size == 1:
            return tensor.cpu()[None]
        parts = [torch.empty_like(tensor) for _ in range(self.world_size)]
        dist.all_gather(parts, tensor.contiguous())
        return torch.stack(parts).cpu()


def current_processes() -> Processes:
    """This process within ``process_group``, or where the caller has set up torch.distributed; otherwise alone."""
    if not (dist.is_available() and dist.is_initialized()):
        return Processes()
    return Processes(dist.get_rank(), dist.get_world_size(), int(os.environ.get("LOCAL_RANK", "0")))


@contextmanager
def process_group() -> Iterator[Processes]:
    """Join the process group for the time of the block, if a launcher started several processes.

    Raises:
        ModelError: if there are fewer GPUs than processes on this machine, or the launcher did not set the ranks.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes()
        return
    missing = [name for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise ModelError(
            f"WORLD_SIZE is {os.environ['WORLD_SIZE']} and {', '.join(missing)} not set; start several processes with "
            "torchrun --nproc-per-node N -m eventcorpus train ..., or unset WORLD_SIZE"
        )
    # Its functions take the group that exists at their import as a default argument. Imported later, while a model is
    # loaded, they would keep a reference to our group: destroying it would not end its threads, and a thread that
    # waits for Python's lock while Python shuts down aborts the process.
    importlib.import_module("torch.distributed.nn.functional")
    local = int(os.environ["LOCAL_RANK"])
    if torch.cuda.is_available():
        if local >= torch.cuda.device_count():
            raise ModelError(
                f"process {local} of this machine has no GPU: there are {torch.cuda.device_count()}; start fewer "
                "processes (--nproc-per-node)"
            )
        torch.cuda.set_device(local)
        dist.init_process_group("cpu:gloo,cuda:nccl")
    else:
        dist.init_process_group("gloo")
    try:
        yield current_processes()
    finally:
        dist.destroy_process_group()


_LAYER = re.compile(r"(^|\.)(layers?|h|block)\.\d+$")


def shard(model: nn.Module, processes: Processes, *, dtype: torch.dtype) -> None:
    """Shard the weights of a model over all processes, layer by layer, in place (FSDP2)."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    mesh = init_device_mesh(processes.device.type, (processes.world_size,))
    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
    for name, module in model.named_modules():
        if _LAYER.search(name):
            fully_shard(module, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)


def full_tensor(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor with the shards of all processes, which must all call this; one that is not sharded as it is."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def distributed_like(target: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """An unsharded tensor, on the device of ``target`` and sharded as it is."""
    value = value.to(target.device)
    if isinstance(target, DTensor):
        sharded: Any = distribute_tensor(value, target.device_mesh, target.placements)
        return sharded  # type: ignore[no-any-return]
    return value

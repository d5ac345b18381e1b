"""Linear layers in int8 on a processor: weights by output channel, inputs by token, nothing to calibrate.

Scales are the greatest absolute values, taken of each token's vector when it is there (ZeroQuant, Yao et al. 2022), so
that one token with large values does not make all others coarse, as a scale for the whole batch does. Products are
summed in int32 without loss; all between the linear layers is fp32, attention too.
"""

from __future__ import annotations

import torch
from torch import nn

_LEVELS = 127
_SMALLEST = 1e-12


class Int8Linear(nn.Module):
    """A linear layer with int8 weights; for inference alone."""

    def __init__(self, linear: nn.Linear, inputs: _Inputs, block: str) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        scales = weight.abs().amax(dim=1).clamp(min=_SMALLEST) / _LEVELS
        quantised = (weight / scales[:, None]).round().to(torch.int8)
        bias = torch.zeros(len(weight)) if linear.bias is None else linear.bias.detach().float()
        self.weight, self.scales, self.bias = quantised.t().contiguous(), scales / _LEVELS, bias
        self._inputs, self._block = inputs, block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (..., n_inputs) to (..., n_outputs), fp32."""
        quantised, largest = self._inputs.quantised(x, self._block)
        out = torch._int_mm(quantised, self.weight).float().mul_(largest)
        return torch.addcmul(self.bias, out, self.scales, out=out).view(*x.shape[:-1], -1)


class _Inputs:
    """The tensor that was quantised last: the layers of query, key and value read the same one.

    Only layers of one block share it, since between blocks a tensor may be changed in place.
    """

    def __init__(self) -> None:
        self._last: tuple[torch.Tensor, str, torch.Tensor, torch.Tensor] | None = None

    def quantised(self, x: torch.Tensor, block: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows in int8, shape (n_rows, n_inputs), and the largest absolute value of each, shape (n_rows, 1)."""
        last = self._last
        if last is not None and last[0] is x and last[1] == block:
            return last[2], last[3]
        rows = x.reshape(-1, x.shape[-1])
        least, most = rows.amin(dim=1, keepdim=True), rows.amax(dim=1, keepdim=True)
        largest = torch.maximum(most, least.neg_()).clamp_(min=_SMALLEST)
        quantised = (rows * (_LEVELS / largest)).round_().to(torch.int8)
        self._last = x, block, quantised, largest
        return quantised, largest


def quantise(model: nn.Module) -> None:
    """Put int8 layers in the place of all linear layers of a model, or of the part of one that is given."""
    inputs = _Inputs()
    for block, parent in list(model.named_modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                setattr(parent, name, Int8Linear(child, inputs, block))

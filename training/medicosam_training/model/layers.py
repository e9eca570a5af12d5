"""Layers that the encoder and the decoder share."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class LayerNorm(nn.LayerNorm):
    """Layer normalisation whose result is as precise as what it is given: with mixed precision PyTorch's
    own widens it, and all that follows has twice as much memory to move."""

    def forward(self, x: Tensor) -> Tensor:
        return normed(x, self.weight, self.bias, self.eps)


def normed(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
    """Layer normalisation over the last axis."""
    with torch.autocast(x.device.type, enabled=False):
        weight, bias = weight.to(x.dtype), bias.to(x.dtype)
        return functional.layer_norm(x, weight.shape, weight, bias, epsilon)


class LayerNorm2d(nn.Module):
    """Layer normalisation over the channels of (B, C, H, W)."""

    def __init__(self, channels: int, epsilon: float = 1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        last = x.permute(0, 2, 3, 1)
        return normed(last, self.weight, self.bias, self.epsilon).permute(0, 3, 1, 2)


class Perceptron(nn.Module):
    """Three linear layers with ReLU between them: SAM's small heads."""

    def __init__(self, inputs: int, hidden: int, outputs: int):
        super().__init__()
        sizes = [inputs, hidden, hidden, outputs]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = functional.relu(layer(x))
        return self.layers[-1](x)

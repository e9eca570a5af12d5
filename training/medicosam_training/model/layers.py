"""Layers that the encoder and the decoder share."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class LayerNorm2d(nn.Module):
    """Layer normalisation over the channels of (B, C, H, W)."""

    def __init__(self, channels: int, epsilon: float = 1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        last = x.permute(0, 2, 3, 1)
        normed = functional.layer_norm(
            last, last.shape[-1:], self.weight, self.bias, self.epsilon
        )
        return normed.permute(0, 3, 1, 2)


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

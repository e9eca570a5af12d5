"""States of a training, on disk."""

import os
from pathlib import Path

import torch


def state_of(model) -> dict[str, torch.Tensor]:
    """A copy of all weights, where they are."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def load_average(model, path: Path, share: float) -> None:
    """Puts the averaged weights of a training into the published network; with a `share` below 1,
    only so much of the way from the published ones, which keeps more of what those could do."""
    published = state_of(model)
    trained = torch.load(path, weights_only=True, map_location="cpu")["average"]
    if set(trained) != set(published):
        raise ValueError(f"not the tensors of a training: {sorted(set(trained) ^ set(published))[:3]}")
    mixed = {
        name: torch.lerp(tensor, trained[name].float(), share) if tensor.is_floating_point() else tensor
        for name, tensor in published.items()
    }
    model.load_state_dict(mixed)


def write(path: Path, state: dict) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)

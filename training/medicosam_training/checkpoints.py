"""States of a training, on disk."""

import os
from pathlib import Path

import torch

# What is trained; the encoder's tensors are the published ones.
TRAINED = ("prompt_encoder.", "mask_decoder.")


def trained_state(model) -> dict[str, torch.Tensor]:
    return {
        name: tensor.detach().clone()
        for name, tensor in model.state_dict().items()
        if name.startswith(TRAINED)
    }


def load_average(model, path: Path, share: float) -> None:
    """Puts the averaged weights of a training into the published network; with a `share` below 1,
    only so much of the way from the published ones, which keeps more of what those could do."""
    published = trained_state(model)
    trained = torch.load(path, weights_only=True)["average"]
    put_into(model, {n: torch.lerp(published[n], trained[n], share) for n in published})


def write(path: Path, state: dict) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def put_into(model, state: dict[str, torch.Tensor]) -> None:
    """Weights of a training into the published network; every trained tensor must be there."""
    expected = {name for name in model.state_dict() if name.startswith(TRAINED)}
    if expected != set(state):
        raise ValueError(f"not the tensors of a training: {sorted(expected ^ set(state))[:3]}")
    model.load_state_dict(state, strict=False)

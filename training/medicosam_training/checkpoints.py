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

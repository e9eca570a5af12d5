"""An item: one slice that is held out, and objects on it."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Item:
    """The picture as the encoder takes it, (256, 256) of 0..1, and masks of objects, (N, H, W) in pixels
    of the slice."""

    name: str
    picture: np.ndarray
    kinds: list[str]
    labels: list[str]
    native: np.ndarray


def save(folder: Path, item: Item) -> None:
    """Whole or not at all."""
    path = folder / f"{item.name}.npz"
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        np.savez_compressed(
            file,
            picture=item.picture.astype(np.float32),
            kinds=np.array(item.kinds),
            labels=np.array(item.labels),
            native=np.packbits(item.native.reshape(len(item.native), -1), axis=1),
            shape=np.array(item.native.shape[1:]),
        )
    os.replace(partial, path)


def load(path: Path) -> Item:
    with np.load(path) as file:
        shape = tuple(file["shape"])
        native = np.unpackbits(file["native"], axis=1)[:, : shape[0] * shape[1]]
        return Item(
            name=path.stem,
            picture=file["picture"],
            kinds=list(file["kinds"]),
            labels=list(file["labels"]),
            native=native.reshape(-1, *shape).astype(bool),
        )

"""An item: one slice as the encoder saw it, its embedding, and objects on it."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .pictures import SIDE

# Kinds of objects: an expert's outline, an atlas' structure, a class of tissue, a shape that was set
# into the picture, a region found without labels.
KINDS = ("expert", "atlas", "tissue", "shape", "region")


@dataclass
class Item:
    """Objects are masks: (N, 256, 256) in pixels of the input, (N, H, W) in those of the slice."""

    name: str
    picture: np.ndarray
    embedding: np.ndarray
    kinds: list[str]
    labels: list[str]
    masks: np.ndarray
    native: np.ndarray


def save(folder: Path, item: Item) -> None:
    """Whole or not at all."""
    path = folder / f"{item.name}.npz"
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        np.savez(
            file,
            picture=(item.picture * 255).round().astype(np.uint8),
            embedding=item.embedding.astype(np.float16),
            kinds=np.array(item.kinds),
            labels=np.array(item.labels),
            masks=np.packbits(item.masks.reshape(len(item.masks), -1), axis=1),
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
            embedding=file["embedding"],
            kinds=list(file["kinds"]),
            labels=list(file["labels"]),
            masks=np.unpackbits(file["masks"], axis=1).reshape(-1, SIDE, SIDE).astype(bool),
            native=native.reshape(-1, *shape).astype(bool),
        )


def kinds_of(path: Path) -> list[str]:
    with np.load(path) as file:
        return list(file["kinds"])


def embedding_and_mask(path: Path, index: int) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        row = np.unpackbits(file["masks"][index]).reshape(SIDE, SIDE)
        return file["embedding"].astype(np.float32), row.astype(bool)

"""An item: one slice that is held out, and objects on it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import files


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
    files.write(
        folder / f"{item.name}.npz",
        picture=item.picture.astype(np.float32),
        kinds=np.array(item.kinds),
        labels=np.array(item.labels),
        native=np.packbits(item.native.reshape(len(item.native), -1), axis=1),
        shape=np.array(item.native.shape[1:]),
    )


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

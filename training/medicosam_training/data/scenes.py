"""A scene: a picture as the encoder takes it, and what can be meant on it."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from . import augment, objects, pictures, regions, synthetic
from .packs import Pack
from .pictures import SIDE

# Scans by how often they are shown; others one.
WEIGHTS = {"brain1": 2.0, "lung2": 3.0, "colin27": 3.0, "macaque": 1.5}
PAINTED = 0.2
SET_IN = 0.45


@dataclass
class Scene:
    """The picture's (256, 256) 0..1; by kind, label maps (256, 256) in which 0 is no object."""

    picture: np.ndarray
    maps: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, kind: str, label_map: np.ndarray) -> None:
        if label_map.any():
            self.maps.setdefault(kind, []).append(label_map)


def draw(packs: list[Pack], rng: np.random.Generator) -> Scene:
    while True:
        scene = painted(packs, rng) if rng.random() < PAINTED else real(packs, rng)
        if (scene.picture > 0.05).mean() > 0.03 and not mere_noise(scene.picture):
            return scene


def mere_noise(picture: np.ndarray) -> bool:
    smooth = cv2.GaussianBlur(picture, (0, 0), 2.0)
    return (picture - smooth).std() > 0.7 * smooth.std()


def real(packs: list[Pack], rng: np.random.Generator) -> Scene:
    """A slice of a scan, with its labels and perhaps shapes set into it."""
    pack = some_pack(packs, rng)
    axis, index = some_slice(pack, rng)
    shown = augment.view(pictures.cut(pack.voxels, axis, index).shape, rng)
    grey = shown.grey(pictures.grey(pictures.cut(pack.voxels, axis, index), limits(pack, rng)))
    set_in = []
    if rng.random() < SET_IN:
        grey, set_in = augment.with_shapes(grey, rng)
    relit = augment.relit(grey, rng) if rng.random() < 0.8 else grey
    scene = Scene(fitted(relit))
    covered = np.zeros(grey.shape, bool)
    for mask in set_in:
        covered |= mask
    for name, label_map in pack.labels.items():
        here = shown.labels(pictures.cut(label_map, axis, index))
        here[covered] = 0
        scene.add(objects.kind_of(name), padded(here))
    shapes = np.zeros(grey.shape, np.uint16)
    for number, mask in enumerate(set_in):
        shapes[mask] = number + 1
    scene.add("shape", padded(shapes))
    return scene


def painted(packs: list[Pack], rng: np.random.Generator) -> Scene:
    """A picture painted from shapes or from the labels of a scan."""
    labels = synthetic.shapes(rng) if rng.random() < 0.5 else labels_of_scan(packs, rng)
    picture = synthetic.painted(labels, rng)
    if rng.random() < 0.7:
        picture = augment.relit(picture, rng)
    scene = Scene(fitted(picture))
    scene.add("shape", padded(labels))
    return scene


def labels_of_scan(packs: list[Pack], rng: np.random.Generator) -> np.ndarray:
    """Two label maps of a slice at once: a number for each pair that there is."""
    pack = some_pack([p for p in packs if len(p.labels) > 2], rng)
    axis, index = some_slice(pack, rng)
    names = rng.permutation(list(pack.labels))[:2]
    maps = [pictures.cut(pack.labels[n], axis, index).astype(np.int32) for n in names]
    _, pairs = np.unique(maps[0] * 4096 + maps[1], return_inverse=True)
    shown = augment.view(maps[0].shape, rng)
    return shown.labels(pairs.reshape(maps[0].shape))


def some_pack(packs: list[Pack], rng: np.random.Generator) -> Pack:
    weights = np.array([WEIGHTS.get(pack.name, 1.0) for pack in packs])
    return packs[rng.choice(len(packs), p=weights / weights.sum())]


def some_slice(pack: Pack, rng: np.random.Generator) -> tuple[int, int]:
    """An axis and an index, often one on which an expert outlined something."""
    axis = int(rng.choice(pack.axes))
    if "tumour" in pack.labels and rng.random() < 0.4:
        other = tuple(a for a in range(3) if a != axis)
        return axis, int(rng.choice(np.flatnonzero(pack.labels["tumour"].any(axis=other))))
    return axis, int(rng.integers(pack.voxels.shape[axis]))


def limits(pack: Pack, rng: np.random.Generator) -> tuple[float, float]:
    """What becomes black and white: a window near those that people use, or about the percentiles of
    the product."""
    if pack.windows:
        level, width = pack.windows[rng.integers(len(pack.windows))]
        level, width = level + rng.normal(0, 0.1) * width, width * np.exp(rng.normal(0, 0.25))
        return level - width / 2, level + width / 2
    shares = rng.uniform(0, 1.5), rng.uniform(98, 100)
    low, high = np.interp(shares, pack.percents, pack.quantiles)
    return min(low, 0.0) if rng.random() < 0.7 else low, high


def fitted(picture: np.ndarray) -> np.ndarray:
    """A picture (H, W), of which one side is 256, stretched to 0..1 and filled up with zeros."""
    low, high = picture.min(), picture.max()
    out = np.zeros((SIDE, SIDE), np.float32)
    out[: picture.shape[0], : picture.shape[1]] = (picture - low) / max(high - low, 1e-8)
    return out


def padded(label_map: np.ndarray) -> np.ndarray:
    out = np.zeros((SIDE, SIDE), np.uint16)
    out[: label_map.shape[0], : label_map.shape[1]] = label_map
    return out


def region(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """Something that could be meant where nothing is labelled."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.0)
    way = rng.random()
    if way < 0.3:
        found = regions.superpixels(picture, rng)
    elif way < 0.45:
        found = regions.merged(picture, rng)
    elif way < 0.75:
        found = regions.intensity_classes(smooth, rng)
    else:
        found = regions.grown(smooth, rng)
    return regions.tidied(found[rng.integers(len(found))]) if found else None

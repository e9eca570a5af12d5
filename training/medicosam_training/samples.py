"""What is shown: pictures, objects on them, and the prompts that training starts from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from torch.utils.data import IterableDataset, get_worker_info

from .data import packs, scenes
from .data.pictures import SIDE
from .data.regions import SMALLEST
from .prompts import bounds, centre, distorted, somewhere

# How often each kind of object is shown, among those that a picture has.
SHARES = {"expert": 0.3, "atlas": 0.25, "tissue": 0.2, "shape": 0.25, "region": 0.2}
# In pixels: nearly all of the picture is no object.
LARGEST = 45000


@dataclass
class Sample:
    """A picture (256, 256) of 0..1 and objects on it: masks (K, 256, 256); the prompts' places (K, 2, 2),
    x before y: two corners of a box, or a point and nothing; and who has a box (K)."""

    picture: np.ndarray
    masks: np.ndarray
    places: np.ndarray
    boxed: np.ndarray


def sample(volumes: list[packs.Pack], count: int, rng: np.random.Generator) -> Sample:
    while True:
        scene = scenes.draw(volumes, rng)
        masks = [m for m in (some_object(scene, rng) for _ in range(count)) if m is not None]
        if len(masks) == count:
            break
    starts = [start(mask, rng) for mask in masks]
    return Sample(
        picture=scene.picture,
        masks=np.stack(masks),
        places=np.array([places for places, _ in starts], np.float32),
        boxed=np.array([boxed for _, boxed in starts]),
    )


def some_object(scene: scenes.Scene, rng: np.random.Generator) -> np.ndarray | None:
    """A connected object of some kind; `None` if what was drawn is too small or too large."""
    kinds = [*scene.maps, "region"]
    shares = np.array([SHARES[kind] for kind in kinds])
    for _ in range(6):
        kind = kinds[rng.choice(len(kinds), p=shares / shares.sum())]
        if kind == "region":
            mask = scenes.region(scene.picture, rng)
        else:
            label_map = scene.maps[kind][rng.integers(len(scene.maps[kind]))]
            mask = some_part(label_map, rng, unions=kind == "atlas")
        if mask is not None and SMALLEST <= mask.sum() <= LARGEST:
            return mask
    return None


def some_part(label_map: np.ndarray, rng: np.random.Generator, unions: bool) -> np.ndarray | None:
    """A connected part of a label; at times with neighbouring ones: a prompt can mean the larger thing."""
    values = np.flatnonzero(np.bincount(label_map.ravel())[1:]) + 1
    mask = label_map == rng.choice(values)
    if unions and rng.random() < 0.2:
        for _ in range(int(rng.integers(1, 4))):
            beside = label_map[ndimage.binary_dilation(mask, iterations=2) & ~mask]
            beside = np.unique(beside[beside > 0])
            if len(beside):
                mask |= label_map == rng.choice(beside)
        mask = ndimage.binary_closing(mask)
    parts, count = ndimage.label(mask)
    areas = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    large = np.flatnonzero(areas >= SMALLEST)
    return parts == 1 + rng.choice(large) if len(large) else None


def start(mask: np.ndarray, rng: np.random.Generator) -> tuple[list, bool]:
    """A point or a box; half of each as the evaluation gives it, half as it comes."""
    if rng.random() < 0.5:
        box = bounds(mask)
        x0, y0, x1, y1 = box if rng.random() < 0.45 else distorted(box, rng)
        return [(x0, y0), (x1, y1)], True
    place = centre(mask) if rng.random() < 0.5 else somewhere(mask, rng)
    return [place, (0.0, 0.0)], False


class Samples(IterableDataset):
    """Batches without end. Each depends on the seed and its number alone."""

    def __init__(self, folder: Path, pictures: int, objects: int, seed: int, first: int):
        self.volumes = packs.load_all(folder)
        self.pictures, self.objects, self.seed, self.first = pictures, objects, seed, first

    def __iter__(self):
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        step = self.first + number
        while True:
            yield self.batch(step)
            step += workers

    def batch(self, step: int) -> dict[str, torch.Tensor]:
        """Pictures (B, 256, 256), and of their objects in turn, N = B · K: masks (N, 256, 256),
        places (N, 2, 2), boxed (N)."""
        rng = np.random.default_rng([self.seed, step])
        drawn = [sample(self.volumes, self.objects, rng) for _ in range(self.pictures)]
        masks = np.concatenate([s.masks for s in drawn])
        pictures = np.stack([s.picture for s in drawn])
        return {
            "pictures": torch.from_numpy((pictures * 255).round().astype(np.uint8)),
            "masks": torch.from_numpy(np.packbits(masks.reshape(len(masks), -1), axis=1)),
            "places": torch.from_numpy(np.concatenate([s.places for s in drawn])),
            "boxed": torch.from_numpy(np.concatenate([s.boxed for s in drawn])),
        }


def unpacked(masks: torch.Tensor) -> torch.Tensor:
    """Masks (N, 256, 256) of what a batch holds, eight pixels a byte."""
    bits = torch.arange(7, -1, -1, device=masks.device, dtype=torch.uint8)
    return ((masks[..., None] >> bits) & 1).view(-1, SIDE, SIDE).bool()

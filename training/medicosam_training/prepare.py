"""Makes packs and held-out items of the fetched scans: `python -m medicosam_training.prepare`."""

import argparse
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np

from .data import items, objects, packs, pictures, plan, regions
from .data.items import Item


def rng_of(name: str, seed: int) -> np.random.Generator:
    """Randomness that depends on the item alone, not on what was made before it."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


@lru_cache(maxsize=None)
def limits_of(volume, window) -> tuple[float, float]:
    return pictures.limits(volume.voxels, window)


def slice_of(volume, cut: plan.Cut) -> np.ndarray:
    """The grey picture of a cut, as it is."""
    voxels = pictures.cut(volume.voxels, cut.axis, cut.index)
    return pictures.grey(voxels, limits_of(volume, cut.window))


def make_packs(root: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for volume, axes in plan.training(root):
        packs.save(folder, packs.of_volume(volume, axes))
        print(f"{volume.name}: {volume.voxels.shape}, labels {', '.join(volume.labels)}")


def make_held_out_items(root: Path, folder: Path, seed: int) -> None:
    for held_out in (*plan.HELD_OUT, plan.TUMOURS):
        into = folder / held_out.name
        into.mkdir(parents=True, exist_ok=True)
        slices = []
        for volume in held_out.load(root):
            count = volume.voxels.shape[held_out.axis]
            step = held_out.step if count > 1 else 1
            for window in volume.windows or (None,):
                for index in range(step // 2, count, step):
                    slices.append((volume, plan.Cut(volume.name, held_out.axis, index, window)))
        chosen = []
        for volume, cut in slices:
            rng = rng_of(cut.name, seed)
            picture = slice_of(volume, cut)
            if (picture > 25).mean() < 0.05:
                continue  # Air.
            found = held_out_objects(volume, picture, cut, held_out.labels, rng)
            chosen += [(cut, picture, f) for f in regions.some(rng, found, held_out.each)]
        order = np.random.default_rng(seed).permutation(len(chosen))[: held_out.objects]
        of_slice: dict = {}
        for number in sorted(order):
            cut, picture, found = chosen[number]
            of_slice.setdefault(cut.name, (picture, []))[1].append(found)
        for name, (picture, found) in of_slice.items():
            kinds, labels, masks = zip(*found)
            fitted = pictures.fit_picture(picture)
            items.save(into, Item(name, fitted, list(kinds), list(labels), np.stack(masks)))
        print(f"{held_out.name}: {len(order)} objects on {len(of_slice)} slices")


def held_out_objects(volume, picture, cut, labels, rng) -> list:
    """The objects of a slice that is held out: (kind, label, mask)."""
    if not labels:
        height, width = pictures.Fit(*picture.shape).fitted
        masks = regions.regions(pictures.fit_picture(picture), rng)
        native = [shrunk(m[:height, :width], picture.shape) for m in masks]
        return [("region", "region", m) for m in native if m.sum() >= objects.SMALLEST_NATIVE]
    scale = pictures.Fit(*picture.shape).scale
    found = []
    for name in labels:
        here = pictures.cut(volume.labels[name], cut.axis, cut.index)
        found += [(objects.kind_of(name), name, m) for m in objects.parts(here, scale)]
    return found


def shrunk(mask: np.ndarray, shape) -> np.ndarray:
    import cv2

    size = (shape[1], shape[0])
    return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=Path, required=True, help="what `fetch` brought")
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=6)
    args = parser.parse_args()
    make_held_out_items(args.scans, args.items / "held-out", args.seed)
    make_packs(args.scans, args.items / "training")


if __name__ == "__main__":
    main()

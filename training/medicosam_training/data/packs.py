"""A pack: what training needs of a volume, in one file that opens quickly."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import files


@dataclass(eq=False)
class Pack:
    """Voxels i, j, k; label maps on their grid; the axes across which it may be cut; windows of a CT
    (level, width), or none, and then the values that the given shares of what is above zero lie under."""

    name: str
    voxels: np.ndarray
    labels: dict[str, np.ndarray]
    axes: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]
    percents: np.ndarray
    quantiles: np.ndarray


PERCENTS = np.array([0.0, 0.25, 0.5, 1.0, 2.0, 97.0, 98.0, 99.0, 99.5, 99.8, 100.0])


def of_volume(volume, axes: tuple[int, ...]) -> Pack:
    voxels = volume.voxels
    if volume.windows:
        voxels = np.clip(voxels, -1024, 2000)
    voxels = voxels.astype(np.uint8 if voxels.min() >= 0 and voxels.max() < 256 else np.int16)
    labels = {name: m.astype(np.uint16) for name, m in volume.labels.items()}
    quantiles = np.percentile(voxels[voxels > 0], PERCENTS)
    return Pack(volume.name, voxels, labels, axes, tuple(volume.windows), PERCENTS, quantiles)


def save(folder: Path, pack: Pack) -> None:
    files.write(
        folder / f"{pack.name}.npz",
        voxels=pack.voxels,
        axes=np.array(pack.axes),
        windows=np.array(pack.windows).reshape(-1, 2),
        percents=pack.percents,
        quantiles=pack.quantiles,
        **{f"label-{name}": m for name, m in pack.labels.items()},
    )


def load(path: Path) -> Pack:
    with np.load(path) as file:
        labels = {n.removeprefix("label-"): file[n] for n in file.files if n.startswith("label-")}
        return Pack(
            name=path.stem,
            voxels=file["voxels"],
            labels=labels,
            axes=tuple(int(a) for a in file["axes"]),
            windows=tuple((int(level), int(width)) for level, width in file["windows"]),
            percents=file["percents"],
            quantiles=file["quantiles"],
        )


def load_all(folder: Path) -> list[Pack]:
    packs = [load(path) for path in sorted(folder.glob("*.npz"))]
    if not packs:
        raise SystemExit(f"looking for packs in {folder}: there are none; run `prepare` first")
    return packs

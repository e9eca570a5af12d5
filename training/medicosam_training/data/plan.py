"""Which slices are trained on, and which are held out.

Held out are whole images: both average brains of the MNI family (so that no atlas of Colin27, which
lies in the same space, is tested where it was learnt: training cuts and turns its slices), ITK's T1
and single slices, InVesalius' CT, dipy's scans. Trained on are Colin27, a macaque, and the two
expert tumours that are not for evaluation, brain1 and lung2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import volumes
from .volumes import Volume


@dataclass(frozen=True)
class Cut:
    """A slice, and how it is altered: variant 0 is the slice as it is."""

    volume: str
    axis: int
    index: int
    window: tuple[int, int] | None
    variant: int

    @property
    def name(self) -> str:
        window = "" if self.window is None else f"-l{self.window[0]}w{self.window[1]}"
        return f"{self.volume}-{'xyz'[self.axis]}{self.index:03}{window}-{self.variant}"


def every(volume: Volume, axis: int, step: int, variants: int, smallest: float = 0.05):
    """Every so manyth slice on which there is something to see."""
    present = volume.voxels > np.percentile(volume.voxels, 60)
    for index in range(step // 2, volume.voxels.shape[axis], step):
        if np.take(present, index, axis=axis).mean() > smallest:
            for window in volume.windows or (None,):
                for variant in range(variants):
                    yield Cut(volume.name, axis, index, window, variant)


def with_label(volume: Volume, axis: int, label: str, variants: int):
    """Every slice with an object."""
    other = tuple(a for a in range(3) if a != axis)
    for index in np.flatnonzero(volume.labels[label].any(axis=other)):
        for window in volume.windows or (None,):
            for variant in range(variants):
                yield Cut(volume.name, axis, int(index), window, variant)


def training(root: Path) -> list[tuple[Volume, list[Cut]]]:
    brain1 = volumes.pyradiomics(root, "brain1")
    lung2 = volumes.pyradiomics(
        root, "lung2", (volumes.LUNG, volumes.SOFT, volumes.BONE, volumes.WIDE)
    )
    colin, macaque = volumes.colin27(root), volumes.macaque(root)

    def unique(*cuts) -> list[Cut]:
        return list(dict.fromkeys(cut for group in cuts for cut in group))

    return [
        (brain1, unique(with_label(brain1, 2, "tumour", 8), every(brain1, 2, 1, 2))),
        (lung2, unique(with_label(lung2, 2, "tumour", 3), every(lung2, 2, 4, 2))),
        (colin, unique(every(colin, 2, 5, 2), every(colin, 1, 8, 2), every(colin, 0, 8, 2))),
        (macaque, unique(every(macaque, 2, 8, 2), every(macaque, 1, 12, 2), every(macaque, 0, 12, 2))),
    ]


@dataclass(frozen=True)
class HeldOut:
    """A set of the evaluation: up to `objects` objects, at most `each` of a slice."""

    name: str
    load: Callable[[Path], list[Volume]]
    # Per volume: axis, step.
    axis: int
    step: int
    # Labels to take; none: regions found without labels.
    labels: tuple[str, ...]
    objects: int = 60
    each: int = 4


HELD_OUT = (
    HeldOut("mni152", lambda r: [volumes.mni152(r)], 2, 9, ("neuromorphometrics",)),
    HeldOut("icbm152", lambda r: [volumes.icbm152(r)], 2, 9, ("tissue", "brain")),
    HeldOut("itk-t1", lambda r: [volumes.itk_t1(r)], 1, 3, ("k-means", "brain")),
    HeldOut("skull-ct", lambda r: [volumes.skull_ct(r)], 2, 5, ("bone", "head", "within-skull")),
    HeldOut("dipy-regions", volumes.dipy_volumes, 2, 2, ()),
    HeldOut("itk-regions", volumes.itk_pictures, 2, 1, (), each=15),
)

# The expert tumours that training must not see: looked at only for figures to report, never to
# choose between trainings.
TUMOURS = HeldOut(
    "tumours",
    lambda r: [
        volumes.pyradiomics(r, "brain2"),
        volumes.pyradiomics(r, "breast1"),
        volumes.pyradiomics(r, "lung1", (volumes.LUNG,)),
    ],
    2,
    1,
    ("tumour",),
)

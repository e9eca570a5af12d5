"""Which slices are trained on, and which are held out.

Held out are whole images: both average brains of the MNI family (so that no atlas of Colin27, which
lies in the same space, is tested where it was learnt: training cuts and turns its slices), ITK's T1
and single slices, InVesalius' CT, dipy's scans. Trained on are Colin27, a macaque, and the two
expert tumours that are not for evaluation, brain1 and lung2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import volumes
from .volumes import Volume


@dataclass(frozen=True)
class Cut:
    """A slice that is held out."""

    volume: str
    axis: int
    index: int
    window: tuple[int, int] | None

    @property
    def name(self) -> str:
        window = "" if self.window is None else f"-l{self.window[0]}w{self.window[1]}"
        return f"{self.volume}-{'xyz'[self.axis]}{self.index:03}{window}"


def training(root: Path) -> list[tuple[Volume, tuple[int, ...]]]:
    """The volumes that are trained on, and the axes across which they are cut: slices thicker than
    they are fine are not cut across."""
    return [
        (volumes.brain1(root), (2,)),
        (volumes.lung2(root), (2,)),
        (volumes.colin27(root), (0, 1, 2)),
        (volumes.macaque(root), (0, 1, 2)),
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

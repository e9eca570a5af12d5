"""The labelled objects of a slice."""

import numpy as np
from scipy import ndimage

from .regions import SMALLEST

EXPERT = {"tumour"}
TISSUE = {
    "tissue",
    "k-means",
    "brain",
    "bone",
    "head",
    "within-skull",
    "body",
    "lungs",
    "vessels",
}
# In pixels of the slice, as in MedicoSAM's evaluation.
SMALLEST_NATIVE = 20


def kind_of(label: str) -> str:
    return "expert" if label in EXPERT else "tissue" if label in TISSUE else "atlas"


def parts(label_map: np.ndarray, scale: float) -> list[np.ndarray]:
    """The connected parts of every label on a slice that are large enough to be prompted."""
    smallest = max(SMALLEST_NATIVE, SMALLEST / scale**2)
    found = []
    for value in np.unique(label_map):
        if value == 0:
            continue
        labels, count = ndimage.label(label_map == value)
        areas = np.bincount(labels.ravel(), minlength=count + 1)
        found += [labels == n for n in range(1, count + 1) if areas[n] >= smallest]
    return found

"""The labelled objects of a slice."""

import numpy as np
from scipy import ndimage

from .regions import LARGEST, SMALLEST

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


def unions(label_map: np.ndarray, rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Neighbouring structures as one object: a prompt can mean the larger thing too."""
    values = np.unique(label_map[label_map > 0])
    found = []
    for _ in range(count if len(values) > 1 else 0):
        mask = label_map == rng.choice(values)
        for _ in range(int(rng.integers(1, 4))):
            beside = label_map[ndimage.binary_dilation(mask, iterations=2) & ~mask]
            beside = np.unique(beside[beside > 0])
            if len(beside):
                mask = mask | (label_map == rng.choice(beside))
        labels, n = ndimage.label(ndimage.binary_closing(mask, iterations=1))
        if n:
            largest = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
            if SMALLEST <= largest.sum() <= LARGEST:
                found.append(largest)
    return found

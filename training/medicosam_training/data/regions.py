"""Regions of a picture, found without labels: what else a prompt could mean."""

import numpy as np
from scipy import ndimage, sparse
from skimage import filters, measure, segmentation

# In pixels of the encoder's input.
SMALLEST, LARGEST = 40, 22000


def components(mask: np.ndarray, smallest: int = SMALLEST) -> list[np.ndarray]:
    """Connected parts that are neither specks nor nearly all of the picture."""
    labels, count = ndimage.label(mask)
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    return [labels == n for n in range(1, count + 1) if smallest <= areas[n] <= LARGEST]


def some(rng: np.random.Generator, masks: list, most: int) -> list:
    chosen = rng.permutation(len(masks))[:most]
    return [masks[n] for n in chosen]


def regions(picture: np.ndarray, rng: np.random.Generator, each: int = 4) -> list[np.ndarray]:
    """Masks (256, 256) of a picture with values 0..1: up to `each` of every kind."""
    smooth = ndimage.gaussian_filter(picture, 1.0)
    found = []
    found += some(rng, superpixels(picture, rng), each)
    found += some(rng, merged(picture, rng), each)
    found += some(rng, intensity_classes(smooth, rng), each)
    found += some(rng, grown(smooth, rng), each)
    return [tidy for tidy in map(tidied, found) if tidy is not None]


def tidied(mask: np.ndarray) -> np.ndarray | None:
    """Without pinholes and threads; `None` if little is left."""
    opened = ndimage.binary_opening(ndimage.binary_closing(mask, iterations=1), iterations=1)
    labels, count = ndimage.label(opened)
    if count == 0:
        return None
    areas = np.bincount(labels.ravel())[1:]
    largest = labels == 1 + areas.argmax()
    return largest if SMALLEST <= areas.max() <= LARGEST else None


def dark(picture: np.ndarray, mask: np.ndarray) -> bool:
    """Air around the patient: no object."""
    return picture[mask].mean() < 0.04


def of_labels(picture: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    parts = []
    for region in measure.regionprops(labels):
        if SMALLEST <= region.area <= LARGEST:
            mask = labels == region.label
            if not dark(picture, mask):
                parts.append(mask)
    return parts


def superpixels(picture: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    scale = float(rng.choice([60, 150, 400]))
    labels = segmentation.felzenszwalb(picture, scale=scale, sigma=0.8, min_size=SMALLEST)
    return of_labels(picture, labels + 1)


def merged(picture: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Superpixels of like brightness beside one another, as one."""
    labels = segmentation.slic(
        picture, n_segments=int(rng.integers(60, 250)), compactness=0.08, channel_axis=None
    )
    labels -= labels.min()
    areas = np.bincount(labels.ravel())
    means = np.bincount(labels.ravel(), weights=picture.ravel()) / np.maximum(areas, 1)
    across = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()])
    below = np.stack([labels[:-1].ravel(), labels[1:].ravel()])
    pairs = np.concatenate([across, below], axis=1)
    pairs = pairs[:, pairs[0] != pairs[1]]
    alike = pairs[:, np.abs(np.diff(means[pairs], axis=0)[0]) < rng.uniform(0.05, 0.15)]
    size = len(areas)
    graph = sparse.coo_matrix((np.ones(alike.shape[1]), alike), shape=(size, size))
    _, joined = sparse.csgraph.connected_components(graph, directed=False)
    return of_labels(picture, joined[labels] + 1)


def intensity_classes(smooth: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    values = smooth[::2, ::2][smooth[::2, ::2] > 0.02]
    if len(np.unique(values)) < 16:
        return []
    limits = filters.threshold_multiotsu(values, int(rng.integers(3, 5)))
    classes = np.digitize(smooth, limits)
    parts = [p for c in range(1, len(limits) + 1) for p in components(classes == c)]
    return parts + components(classes >= 1)


def grown(smooth: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """What is as bright as a random place and touches it."""
    inside = np.argwhere(smooth > 0.08)
    parts = []
    for _ in range(6 if len(inside) else 0):
        seed = tuple(inside[rng.integers(len(inside))])
        mask = segmentation.flood(smooth, seed, tolerance=float(rng.uniform(0.04, 0.12)))
        if SMALLEST <= mask.sum() <= LARGEST:
            parts.append(ndimage.binary_fill_holes(mask))
    return parts

"""Altered copies of slices: other sizes, places, brightness; and shapes set into them.

An altered copy has to be embedded anew, so each is made once, when items are prepared.
"""

import cv2
import numpy as np
from scipy import ndimage


def turned_and_cropped(picture, masks, rng):
    """A quarter turn, a mirror image and a square out of it, the same for picture and masks."""
    turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
    height, width = picture.shape
    side = int(max(height, width) * rng.uniform(0.5, 1.0))
    y = int(rng.integers(0, max(height - side, 0) + 1))
    x = int(rng.integers(0, max(width - side, 0) + 1))

    def same(image):
        image = np.rot90(image[y : y + side, x : x + side], turns)
        return np.ascontiguousarray(image[:, ::-1] if mirrored else image)

    return same(picture), [same(mask) for mask in masks]


def blob(shape, rng) -> np.ndarray:
    """A random smooth shape somewhere in a picture, as a mask."""
    height, width = shape
    size = max(height, width)
    radius = size * float(np.exp(rng.uniform(np.log(0.025), np.log(0.16))))
    cy, cx = rng.uniform(0.15, 0.85, 2) * (height, width)
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(0.5, 1.0)
    y, x = np.mgrid[:height, :width]
    dy, dx = y - cy, x - cx
    u = (dx * np.cos(angle) + dy * np.sin(angle)) / radius
    v = (dy * np.cos(angle) - dx * np.sin(angle)) / (radius * stretch)
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), radius * rng.uniform(0.25, 0.6))
    noise /= noise.std() + 1e-8
    mask = np.hypot(u, v) + rng.uniform(0.05, 0.35) * noise < 1
    labels, count = ndimage.label(mask)
    if count == 0:
        return mask
    areas = np.bincount(labels.ravel())[1:]
    return labels == 1 + areas.argmax()


def with_shapes(picture, masks, rng):
    """One to three shapes set into a picture, brighter or darker than what is there.

    Masks lose what a shape covers. Gives the picture, the masks, and the shapes.
    """
    out = picture.astype(np.float32)
    shapes = []
    for _ in range(int(rng.integers(1, 4))):
        mask = blob(picture.shape, rng)
        if mask.sum() < 0.0006 * picture.size or picture[mask].mean() < 12:
            continue
        soft = ndimage.gaussian_filter(mask.astype(np.float32), rng.uniform(0.3, 1.5))
        step = rng.uniform(25, 90) * rng.choice([-1, 1])
        texture = ndimage.gaussian_filter(rng.standard_normal(picture.shape), rng.uniform(0.5, 3))
        texture *= rng.uniform(0, 12) / (texture.std() + 1e-8)
        # Some shapes shade what is there, others replace it.
        base = out if rng.random() < 0.6 else np.full_like(out, out[mask].mean())
        out = out * (1 - soft) + np.clip(base + step + texture, 0, 255) * soft
        shapes = [s & ~mask for s in shapes] + [mask]
        masks = [m & ~mask for m in masks]
    return np.clip(out, 0, 255).astype(np.uint8), masks, shapes


def relit(picture, rng) -> np.ndarray:
    """Another brightness curve, shading, blur, noise; now and then a negative."""
    x = picture.astype(np.float32) / 255
    if rng.random() < 0.15:
        x = 1 - x
    x = x ** float(np.exp(rng.uniform(-0.5, 0.5)))
    if rng.random() < 0.4:
        coarse = rng.uniform(0.6, 1.2, (3, 3)).astype(np.float32)
        x = x * cv2.resize(coarse, x.shape[::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.3:
        x = ndimage.gaussian_filter(x, rng.uniform(0.4, 1.4))
    if rng.random() < 0.5:
        x = x + rng.standard_normal(x.shape).astype(np.float32) * rng.uniform(0.005, 0.06)
    low, high = np.percentile(x, [rng.uniform(0, 1), rng.uniform(99, 100)])
    return (np.clip((x - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)

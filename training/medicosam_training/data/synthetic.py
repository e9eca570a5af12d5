"""Pictures painted from label maps: every label a random brightness and grain.

After Billot et al., "SynthSeg" (Medical Image Analysis 86, 2023), and Hoffmann et al., "SynthMorph" (IEEE
TMI 41, 2022), who learn from such pictures what holds for any contrast.
"""

import cv2
import numpy as np

from .augment import smooth_noise
from .pictures import SIDE


def shapes(rng: np.random.Generator) -> np.ndarray:
    """A label map (256, 256) of random smooth shapes: each pixel the largest of some noises."""
    count = int(rng.integers(3, 14))
    sigma = float(np.exp(rng.uniform(np.log(7), np.log(40))))
    noises = [smooth_noise((SIDE, SIDE), sigma, rng) for _ in range(count)]
    return np.argmax(noises, axis=0).astype(np.uint16) + 1


def painted(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture (H, W) of 0..255 of a label map; 0 is mostly black."""
    count = int(labels.max()) + 1
    means = rng.uniform(0, 1, count)
    if rng.random() < 0.4:
        # Few kinds of tissue: neighbours may be alike.
        means = rng.choice(rng.uniform(0, 1, int(rng.integers(3, 8))), count)
    grains = rng.uniform(0, 1, count) * rng.uniform(0, 0.12)
    if rng.random() < 0.7:
        means[0] = grains[0] = 0.0
    fine = smooth_noise(labels.shape, rng.uniform(0.5, 2.5), rng)
    picture = (means[labels] + grains[labels] * fine).astype(np.float32)
    if rng.random() < 0.8:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.6))
    low, high = picture.min(), picture.max()
    return (picture - low) / max(high - low, 1e-6) * 255

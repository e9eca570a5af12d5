"""Slices as the product prepares them for LiteMedSAM."""

from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 256


def cut(voxels: np.ndarray, axis: int, index: int) -> np.ndarray:
    """A slice across an axis, (H, W): of the two other axes the lower runs along its rows."""
    return np.ascontiguousarray(np.moveaxis(voxels, axis, 0)[index].T)


def limits(voxels: np.ndarray, window: tuple[int, int] | None) -> tuple[float, float]:
    """What becomes black and white: a window (level, width), or percentiles of what is above zero."""
    if window is not None:
        return window[0] - window[1] / 2, window[0] + window[1] / 2
    low, high = np.percentile(voxels[voxels > 0], [0.5, 99.5])
    return min(low, 0.0), high


def grey(voxels: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """8-bit grey between the limits."""
    low, high = limits
    scaled = (np.clip(voxels.astype(np.float32), low, high) - low) / max(high - low, 1e-8)
    return (scaled * 255).astype(np.uint8)


@dataclass(frozen=True)
class Fit:
    """How a slice of a size lies in the encoder's input: its longest side is 256."""

    height: int
    width: int

    @property
    def scale(self) -> float:
        return SIDE / max(self.height, self.width)

    @property
    def fitted(self) -> tuple[int, int]:
        """Height and width within the input."""
        return tuple(max(int(side * self.scale + 0.5), 1) for side in (self.height, self.width))


def fit_picture(picture: np.ndarray) -> np.ndarray:
    """The input's one channel, (256, 256) of 0..1: resized, stretched, zeros right and below."""
    height, width = Fit(*picture.shape).fitted
    resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.float64)
    low, high = resized.min(), resized.max()
    out = np.zeros((SIDE, SIDE), np.float32)
    out[:height, :width] = (resized - low) / max(high - low, 1e-8)
    return out

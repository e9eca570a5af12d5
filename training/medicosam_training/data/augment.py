"""What changes a slice from one time it is shown to the next: where it is cut, how it is lit, and shapes
set into it."""

from dataclasses import dataclass

import cv2
import numpy as np

from .pictures import SIDE


@dataclass(frozen=True)
class View:
    """Where a picture's pixels lie on a slice: (x, y) of the slice = matrix · (x, y, 1)."""

    matrix: np.ndarray
    height: int
    width: int
    # Pixels of the slice along one of the picture.
    step: float

    def grey(self, image: np.ndarray) -> np.ndarray:
        """A slice seen so, (height, width) float32; beyond it, black."""
        image = image.astype(np.float32)
        if self.step > 1.2:
            # So that nothing finer than a pixel is picked at random.
            image = cv2.GaussianBlur(image, (0, 0), 0.4 * self.step)
        return self._warped(image, cv2.INTER_LINEAR)

    def labels(self, label_map: np.ndarray) -> np.ndarray:
        return self._warped(label_map.astype(np.uint16), cv2.INTER_NEAREST)

    def _warped(self, image, interpolation):
        flags = interpolation | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(image, self.matrix, (self.width, self.height), flags=flags)


def view(shape: tuple[int, int], rng: np.random.Generator) -> View:
    """A look at a slice of (H, W): at times all of it, at times a part of any size, turned and mirrored."""
    height, width = shape
    longest = max(height, width)
    whole = rng.random() < 0.35
    side = longest * (1.0 if whole else float(np.exp(rng.uniform(np.log(0.4), np.log(1.1)))))
    angle = np.pi / 2 * rng.integers(4)
    if not whole:
        angle += rng.normal(0, 0.06) if rng.random() < 0.6 else rng.uniform(0, np.pi / 2)
    stretch = 1.0 if whole else float(np.exp(rng.normal(0, 0.07)))
    mirrored = rng.choice([-1.0, 1.0])
    step = side / SIDE
    out = [SIDE, SIDE]
    if whole:
        short = max(int(SIDE * min(height, width) / longest + 0.5), 1)
        turned = (height < width) != (int(round(angle / (np.pi / 2))) % 2 == 1)
        out[0 if turned else 1] = short
    elif rng.random() < 0.5:
        out[rng.integers(2)] = int(SIDE * rng.uniform(0.6, 1.0))
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]]) @ np.diag([mirrored * stretch, 1 / stretch]) * step
    free = np.array([width, height]) - side
    centre = np.array([width, height]) / 2 + rng.uniform(-0.5, 0.5, 2) * np.maximum(free, 0.0)
    middle = turn @ (np.array([out[1], out[0]]) / 2 - 0.5)
    matrix = np.column_stack([turn, centre - 0.5 - middle])
    return View(matrix, out[0], out[1], step)


def blob(shape, rng) -> np.ndarray:
    """A random smooth shape somewhere in a picture, as a mask."""
    height, width = shape
    size = max(height, width)
    radius = size * float(np.exp(rng.uniform(np.log(0.015), np.log(0.16))))
    cy, cx = rng.uniform(0.1, 0.9, 2) * (height, width)
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(0.4, 1.0)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    dy, dx = y - cy, x - cx
    u = (dx * np.cos(angle) + dy * np.sin(angle)) / radius
    v = (dy * np.cos(angle) - dx * np.sin(angle)) / (radius * stretch)
    noise = smooth_noise(shape, radius * rng.uniform(0.25, 0.6), rng)
    return np.hypot(u, v) + rng.uniform(0.05, 0.35) * noise < 1


def smooth_noise(shape, sigma: float, rng) -> np.ndarray:
    """Noise of unit deviation whose grain is about `sigma` pixels."""
    height, width = shape
    coarse = max(1, int(sigma / 2))
    small = (height // coarse + 2, width // coarse + 2)
    noise = rng.standard_normal(small).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigma / coarse)
    noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
    return noise / (noise.std() + 1e-8)


def with_shapes(picture, rng) -> tuple[np.ndarray, list[np.ndarray]]:
    """One to three shapes set into a picture, brighter or darker than what is there; and their masks."""
    out = picture.astype(np.float32)
    shapes: list[np.ndarray] = []
    for _ in range(int(rng.integers(1, 4))):
        mask = blob(picture.shape, rng)
        if mask.sum() < 0.0006 * picture.size or picture[mask].mean() < 12:
            continue
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(0.3, 2.0))
        step = rng.uniform(20, 90) * rng.choice([-1, 1])
        texture = smooth_noise(picture.shape, rng.uniform(0.5, 3), rng) * rng.uniform(0, 12)
        # Some shapes shade what is there, others replace it.
        base = out if rng.random() < 0.6 else np.full_like(out, out[mask].mean())
        out = out * (1 - soft) + np.clip(base + step + texture, 0, 255) * soft
        shapes = [s & ~mask for s in shapes] + [mask]
    return np.clip(out, 0, 255), shapes


def relit(picture, rng) -> np.ndarray:
    """Another brightness curve, shading, blur, noise; now and then a negative. Values 0..255."""
    x = np.clip(picture.astype(np.float32) / 255, 0, 1)
    if rng.random() < 0.15:
        x = 1 - x
    x = x ** float(np.exp(rng.uniform(-0.5, 0.5)))
    if rng.random() < 0.1:
        # Any curve that rises or falls, as between scanners and sequences.
        curve = np.clip(np.linspace(0, 1, 6) + rng.normal(0, 0.18, 6), 0, 1).astype(np.float32)
        x = np.interp(x, np.linspace(0, 1, 6), curve).astype(np.float32)
    if rng.random() < 0.4:
        coarse = rng.uniform(0.6, 1.2, (3, 3)).astype(np.float32)
        x = x * cv2.resize(coarse, x.shape[::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.5:
        grain = rng.uniform(0.005, 0.06)
        noise = rng.standard_normal(x.shape).astype(np.float32)
        if rng.random() < 0.3:
            noise = smooth_noise(x.shape, rng.uniform(0.5, 1.5), rng)
        x = x + noise * grain * (4 * x if rng.random() < 0.15 else 1)
    low, high = np.percentile(x[::3, ::3], [rng.uniform(0, 1), rng.uniform(99, 100)])
    return np.clip((x - low) / max(high - low, 1e-6), 0, 1) * 255

"""Prompts as a person gives them: a start, then corrections where the mask is wrong.

All in pixels of the encoder's input. MedicoSAM's protocol (`medico_sam/evaluation/inference.py`,
`micro_sam/evaluation/inference.py`): each round adds a positive point where the object is missed and
a negative one where the mask is beyond it; points accumulate, a box stays.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from scipy import ndimage

from .model.prompt_encoder import BOX_FIRST, BOX_LAST, NEGATIVE, NOTHING, POSITIVE

# How far around the object's box a negative point is looked for, where nothing is wrong outside.
AROUND = 3


@dataclass
class Prompt:
    """What was said of one object so far."""

    box: tuple[int, int, int, int] | None = None
    points: list[tuple[float, float, int]] = field(default_factory=list)

    def tokens(self) -> tuple[list, list]:
        """Places and kinds: points, then the box's corners or one token that says nothing."""
        places = [(x, y) for x, y, _ in self.points]
        kinds = [kind for _, _, kind in self.points]
        if self.box is None:
            return places + [(0.0, 0.0)], kinds + [NOTHING]
        x0, y0, x1, y1 = self.box
        return places + [(x0, y0), (x1, y1)], kinds + [BOX_FIRST, BOX_LAST]


def batch(prompts: list[Prompt]) -> tuple[torch.Tensor, torch.Tensor]:
    """Places (B, N, 2) and kinds (B, N) of prompts with as many tokens each."""
    places, kinds = zip(*(prompt.tokens() for prompt in prompts))
    return torch.tensor(places, dtype=torch.float32), torch.tensor(kinds)


def bounds(mask: np.ndarray) -> tuple[int, int, int, int]:
    """First and last column and row of a mask: x0, y0, x1, y1."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def distorted(box, rng: np.random.Generator):
    """A box as a hand draws it, each side off by some pixels, rather outwards; or, half of the time, as
    it is configured once for many scans or runs through slices, farther off."""
    x0, y0, x1, y1 = box
    share = rng.choice([0.06, 0.25, 0.7], p=[0.5, 0.35, 0.15])
    reach = np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0]) * share + 1.5
    outward = rng.uniform(-0.4, 1.0, 4) * reach * (-1, -1, 1, 1)
    moved = np.clip(np.round(np.array(box) + outward), 0, 255).astype(int)
    if moved[2] <= moved[0] or moved[3] <= moved[1]:
        return box
    return tuple(int(v) for v in moved)


def centre(mask: np.ndarray) -> tuple[int, int]:
    """The pixel farthest from the border of a mask, x before y."""
    padded = np.pad(mask, 1)
    inside = ndimage.distance_transform_edt(padded)[1:-1, 1:-1]
    y, x = np.unravel_index(inside.argmax(), mask.shape)
    return int(x), int(y)


def somewhere(mask: np.ndarray, rng: np.random.Generator) -> tuple[int, int] | None:
    """A random pixel of a mask, x before y."""
    found = np.flatnonzero(mask)
    if len(found) == 0:
        return None
    y, x = np.unravel_index(found[rng.integers(len(found))], mask.shape)
    return int(x), int(y)


def missed_point(mask: np.ndarray, said: np.ndarray, rng: np.random.Generator):
    """A positive point: where the object is missed, otherwise where it was found."""
    place = somewhere(mask & ~said, rng) or somewhere(mask, rng)
    return (*place, POSITIVE)


def beyond_point(mask: np.ndarray, said: np.ndarray, rng: np.random.Generator):
    """A negative point: where the mask is beyond the object, otherwise just around the object."""
    place = somewhere(said & ~mask, rng)
    if place is None:
        x0, y0, x1, y1 = bounds(mask)
        around = np.zeros_like(mask)
        around[max(y0 - AROUND, 0) : y1 + AROUND + 1, max(x0 - AROUND, 0) : x1 + AROUND + 1] = True
        place = somewhere(around & ~mask, rng) or somewhere(~mask, rng)
    return (*place, NEGATIVE)

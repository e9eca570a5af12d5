"""Which object is shown next, and with which prompt training starts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .data import items
from .prompts import Prompt, bounds, centre, distorted, somewhere
from .model.prompt_encoder import POSITIVE

# How often each kind of object is shown. Labels are few, so regions and shapes make up half.
SHARES = {"expert": 0.2, "atlas": 0.25, "tissue": 0.1, "shape": 0.15, "region": 0.3}


@dataclass
class Sample:
    embedding: np.ndarray
    mask: np.ndarray
    prompt: Prompt


class Pool:
    """The items of a folder by the kinds of their objects."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.known: set[str] = set()
        self.by_kind: dict[str, list[tuple[Path, list[int]]]] = {kind: [] for kind in SHARES}
        self.refresh()

    def refresh(self) -> None:
        """Takes up items that were made since."""
        for path in sorted(self.folder.glob("*.npz")):
            if path.name in self.known:
                continue
            self.known.add(path.name)
            kinds = items.kinds_of(path)
            for kind in self.by_kind:
                numbers = [n for n, k in enumerate(kinds) if k == kind]
                if numbers:
                    self.by_kind[kind].append((path, numbers))

    def draw(self, rng: np.random.Generator) -> Sample:
        kinds = [kind for kind in SHARES if self.by_kind[kind]]
        shares = np.array([SHARES[kind] for kind in kinds])
        kind = kinds[rng.choice(len(kinds), p=shares / shares.sum())]
        path, numbers = self.by_kind[kind][rng.integers(len(self.by_kind[kind]))]
        embedding, mask = items.embedding_and_mask(path, int(rng.choice(numbers)))
        return Sample(embedding, mask, start(mask, rng))


def start(mask: np.ndarray, rng: np.random.Generator) -> Prompt:
    """A point or a box; half of each as the evaluation gives it, half as it comes."""
    if rng.random() < 0.5:
        box = bounds(mask)
        return Prompt(box=box if rng.random() < 0.5 else distorted(box, rng))
    place = centre(mask) if rng.random() < 0.5 else somewhere(mask, rng)
    return Prompt(points=[(*place, POSITIVE)])

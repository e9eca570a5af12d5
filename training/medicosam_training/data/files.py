"""Files of arrays."""

import os
from pathlib import Path

import numpy as np


def write(path: Path, **arrays) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)
    os.replace(partial, path)

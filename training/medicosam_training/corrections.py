"""Corrections of many masks at once, where they are computed: what `prompts` does for one."""

import torch
from torch import Tensor
from torch.nn import functional

from .model.prompt_encoder import NEGATIVE, POSITIVE
from .prompts import AROUND


def somewhere(masks: Tensor) -> tuple[Tensor, Tensor]:
    """A random pixel of each mask (N, H, W): places (N, 2), x before y, and whether there is one (N)."""
    flat = masks.flatten(1)
    chance, place = torch.where(flat, torch.rand(flat.shape, device=flat.device), -1.0).max(1)
    width = masks.shape[2]
    return torch.stack([place % width, place // width], dim=1).float(), chance >= 0


def first_that_is(*masks: Tensor) -> Tensor:
    """A random pixel of the first of several masks that is not empty."""
    places, found = somewhere(masks[0])
    for others in masks[1:]:
        if found.all():
            break
        more, there = somewhere(others)
        places = torch.where(found[:, None], places, more)
        found = found | there
    return places


def around(masks: Tensor) -> Tensor:
    """The boxes about masks (N, H, W), a little larger than they are."""

    def within(line: Tensor) -> Tensor:
        spread = functional.max_pool1d(line.float(), 2 * AROUND + 1, 1, AROUND) > 0
        return spread.cummax(1).values & spread.flip(1).cummax(1).values.flip(1)

    rows, columns = within(masks.any(2)), within(masks.any(1))
    return rows[:, :, None] & columns[:, None, :]


def points(masks: Tensor, said: Tensor, both: bool) -> tuple[Tensor, Tensor]:
    """Corrections of what was said, (N, H, W): a positive point where the object is missed, a negative
    one where the mask is beyond it, otherwise one that confirms; or only that of the larger mistake.

    Places (N, 2, 2) and kinds (N, 2), or one of each.
    """
    missed, beyond = masks & ~said, said & ~masks
    positive = first_that_is(missed, masks)
    negative = first_that_is(beyond, around(masks) & ~masks, ~masks)
    kinds = torch.tensor([POSITIVE, NEGATIVE], device=masks.device).expand(len(masks), 2)
    places = torch.stack([positive, negative], dim=1)
    if both:
        return places, kinds
    one = (beyond.sum((1, 2)) > missed.sum((1, 2))).long()[:, None]
    return places.gather(1, one[..., None].expand(-1, 1, 2)), kinds.gather(1, one)

"""What training makes small."""

import torch
from torch import Tensor
from torch.nn import functional


def mask_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Dice and cross-entropy of each mask: (B, K, H, W) logits against (B, H, W), as (B, K)."""
    truth = masks[:, None].expand_as(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    share = logits.sigmoid()
    both = (share * truth).sum((2, 3))
    dice = 1 - (2 * both + 1) / (share.sum((2, 3)) + truth.sum((2, 3)) + 1)
    return dice + entropy.mean((2, 3))


@torch.no_grad()
def true_iou(logits: Tensor, masks: Tensor) -> Tensor:
    """Intersection over union of each mask, (B, K)."""
    said, truth = logits > 0, masks[:, None] > 0.5
    both = (said & truth).sum((2, 3)).float()
    either = (said | truth).sum((2, 3)).float()
    return both / either.clamp(min=1)


# The predicted IoU is one number; held as loosely as a mask it would learn slower than the masks change.
IOU_WEIGHT = 2.0


def round_loss(logits: Tensor, iou: Tensor, masks: Tensor, alone: Tensor) -> Tensor:
    """The loss of an answer, averaged over the batch.

    The first mask answers every prompt. Where a prompt is a single point (`alone`), which may mean
    several things, the three others answer too, and only the best of them is held to the object.
    The predicted IoU is regressed on the true one of all masks that answer.
    """
    logits, iou = logits.float(), iou.float()
    first = mask_loss(logits[:, :1], masks)[:, 0]
    error = (iou[:, 0] - true_iou(logits[:, :1], masks)[:, 0]) ** 2
    loss = (first + IOU_WEIGHT * error).sum()
    if alone.any():
        others, of_others = logits[alone, 1:], masks[alone]
        best = mask_loss(others, of_others).min(dim=1).values
        errors = ((iou[alone, 1:] - true_iou(others, of_others)) ** 2).mean(dim=1)
        loss = loss + (best + IOU_WEIGHT * errors).sum()
    return loss / len(logits)

"""What training makes small is small where the answer is right."""

import pytest
import torch

from medicosam_training.losses import mask_loss, round_loss, true_iou


def quarter():
    mask = torch.zeros(1, 256, 256)
    mask[:, :128, :128] = 1
    return mask


def sure(mask):
    return (mask * 2 - 1) * 20


def test_a_mask_that_is_right_costs_nothing_and_one_that_is_wrong_much():
    mask = quarter()
    logits = torch.stack([sure(mask), sure(1 - mask)], dim=1)
    right, wrong = mask_loss(logits, mask)[0]
    assert right < 1e-3 and wrong > 10


def test_the_true_iou_counts_pixels():
    mask = quarter()
    half = mask.clone()
    half[:, :, :64] = 0
    logits = torch.stack([sure(mask), sure(half), sure(1 - mask)], dim=1)
    assert true_iou(logits, mask)[0].tolist() == pytest.approx([1.0, 0.5, 0.0])


@pytest.mark.parametrize("alone", [True, False])
def test_only_after_a_single_point_do_the_other_masks_answer(alone):
    mask = quarter()
    logits = torch.stack([sure(mask), sure(mask), sure(1 - mask), sure(1 - mask)], dim=1)
    logits.requires_grad_()
    iou = torch.tensor([[1.0, 1.0, 0.0, 0.0]], requires_grad=True)
    round_loss(logits * 0.1, iou + 0.5, mask, torch.tensor([alone])).backward()
    moved = [bool(g.abs().sum() > 0) for g in logits.grad[0]]
    # Of the other masks the best alone is held to the object; all are told their IoU.
    assert moved == [True, alone, False, False]
    assert [bool(g) for g in iou.grad[0] != 0] == [True, alone, alone, alone]

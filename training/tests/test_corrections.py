"""Corrections of many masks at once say what those of one do."""

import torch

from medicosam_training import corrections
from medicosam_training.model.prompt_encoder import NEGATIVE, POSITIVE


def square(x0, y0, x1, y1):
    mask = torch.zeros(256, 256, dtype=torch.bool)
    mask[y0 : y1 + 1, x0 : x1 + 1] = True
    return mask


def kept(points, number):
    places, kinds = points
    return [(int(x), int(y), int(k)) for (x, y), k in zip(places[number], kinds[number])]


def test_a_point_where_it_is_missed_and_one_where_it_is_beyond():
    masks = torch.stack([square(10, 10, 29, 29), square(100, 50, 119, 69)])
    said = torch.stack([square(10, 10, 19, 59), square(100, 50, 149, 59)])
    for seed in range(10):
        torch.manual_seed(seed)
        points = corrections.points(masks, said, both=True)
        (px, py, plus), (nx, ny, minus) = kept(points, 0)
        assert (plus, minus) == (POSITIVE, NEGATIVE)
        assert 20 <= px <= 29 and 10 <= py <= 29 and 10 <= nx <= 19 and 30 <= ny <= 59
        (px, py, _), (nx, ny, _) = kept(points, 1)
        assert 100 <= px <= 119 and 60 <= py <= 69 and 120 <= nx <= 149 and 50 <= ny <= 59


def test_what_is_right_is_confirmed_inside_and_just_around():
    mask = square(10, 10, 29, 29)
    for seed in range(20):
        torch.manual_seed(seed)
        (px, py, _), (nx, ny, _) = kept(corrections.points(mask[None], mask[None], both=True), 0)
        assert mask[py, px] and not mask[ny, nx]
        assert 7 <= nx <= 32 and 7 <= ny <= 32


def test_an_object_that_fills_the_picture_still_gets_a_negative_point_if_there_is_room():
    mask = square(0, 0, 255, 254)
    _, (x, y, kind) = kept(corrections.points(mask[None], mask[None], both=True), 0)
    assert (y, kind) == (255, NEGATIVE)


def test_one_point_corrects_the_larger_mistake():
    masks = torch.stack([square(10, 10, 29, 29)] * 2)
    said = torch.stack([square(10, 10, 12, 29), square(10, 10, 99, 99)])
    places, kinds = corrections.points(masks, said, both=False)
    assert places.shape == (2, 1, 2) and kinds.tolist() == [[POSITIVE], [NEGATIVE]]

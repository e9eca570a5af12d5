"""Prompts say what a person would say of a mask that is wrong."""

import numpy as np

from medicosam_training.model.prompt_encoder import (
    BOX_FIRST,
    BOX_LAST,
    NEGATIVE,
    NOTHING,
    POSITIVE,
)
from medicosam_training.prompts import (
    Prompt,
    beyond_point,
    bounds,
    centre,
    distorted,
    missed_point,
)


def square(x0, y0, x1, y1):
    mask = np.zeros((256, 256), bool)
    mask[y0 : y1 + 1, x0 : x1 + 1] = True
    return mask


def rng():
    return np.random.default_rng(1)


def test_points_come_before_the_corners_of_a_box_and_end_in_nothing_without_one():
    point = (5.0, 6.0, POSITIVE)
    assert Prompt(points=[point]).tokens() == ([(5.0, 6.0), (0.0, 0.0)], [POSITIVE, NOTHING])
    places, kinds = Prompt(box=(1, 2, 3, 4), points=[point]).tokens()
    assert places == [(5.0, 6.0), (1, 2), (3, 4)]
    assert kinds == [POSITIVE, BOX_FIRST, BOX_LAST]


def test_a_box_names_its_first_and_last_pixel():
    assert bounds(square(10, 20, 30, 50)) == (10, 20, 30, 50)


def test_the_centre_is_farthest_from_the_border():
    assert centre(square(10, 20, 30, 40)) == (20, 30)
    # At the picture's edge, outside is border too.
    assert centre(square(0, 0, 20, 20)) == (10, 10)


def test_a_missed_part_gets_the_positive_point():
    mask = square(10, 10, 29, 29)
    for _ in range(20):
        x, y, kind = missed_point(mask, square(10, 10, 19, 29), rng())
        assert kind == POSITIVE and 20 <= x <= 29 and 10 <= y <= 29


def test_nothing_missed_confirms_what_was_found():
    mask = square(10, 10, 29, 29)
    x, y, kind = missed_point(mask, mask, rng())
    assert kind == POSITIVE and mask[y, x]


def test_a_part_beyond_gets_the_negative_point():
    mask = square(10, 10, 29, 29)
    x, y, kind = beyond_point(mask, square(10, 10, 59, 29), rng())
    assert kind == NEGATIVE and x >= 30


def test_nothing_beyond_says_where_the_object_ends():
    mask = square(10, 10, 29, 29)
    random = rng()
    for _ in range(50):
        x, y, kind = beyond_point(mask, mask, random)
        assert kind == NEGATIVE and not mask[y, x] and 7 <= x <= 32 and 7 <= y <= 32


def test_an_object_that_fills_the_picture_still_gets_a_negative_point_if_there_is_room():
    mask = square(0, 0, 255, 254)
    x, y, kind = beyond_point(mask, mask, rng())
    assert (y, kind) == (255, NEGATIVE)


def test_a_distorted_box_stays_in_the_picture_and_never_turns_over():
    random = rng()
    for box in [(0, 0, 255, 255), (3, 4, 5, 6), (100, 100, 180, 120)]:
        for _ in range(200):
            x0, y0, x1, y1 = distorted(box, random)
            assert 0 <= x0 < x1 <= 255 and 0 <= y0 < y1 <= 255

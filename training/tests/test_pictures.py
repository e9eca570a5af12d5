"""Slices lie in the encoder's input as the product lays them."""

import numpy as np
import pytest

from medicosam_training.data.pictures import Fit, cut, fit_picture
from medicosam_training.data.regions import LARGEST, SMALLEST, regions


@pytest.mark.parametrize(
    "shape, fitted", [((512, 512), (256, 256)), ((511, 512), (256, 256)), ((37, 100), (95, 256))]
)
def test_the_longest_side_is_fitted_and_the_other_rounded_half_up(shape, fitted):
    assert Fit(*shape).fitted == fitted


def test_of_the_two_other_axes_the_lower_runs_along_the_rows():
    voxels = np.arange(24).reshape(2, 3, 4)
    assert (cut(voxels, 0, 1) == voxels[1].T).all()
    assert cut(voxels, 2, 3).shape == (3, 2)


def test_a_picture_is_stretched_to_one_and_padded_right_and_below():
    picture = np.full((256, 128), 50, np.uint8)
    picture[:, 64:] = 150
    fitted = fit_picture(picture)
    assert (fitted[0, 0], fitted[0, 127], fitted[0, 128]) == (0, 1, 0)


def test_regions_are_neither_specks_nor_nearly_everything():
    y, x = np.mgrid[:256, :256]
    picture = 0.2 + 0.6 * (np.hypot(x - 100, y - 120) < 40) + 0.1 * (x > 180)
    found = regions(picture.astype(np.float32), np.random.default_rng(1))
    assert found and all(SMALLEST <= mask.sum() <= LARGEST for mask in found)

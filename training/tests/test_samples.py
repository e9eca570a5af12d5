"""Training is shown what a person would show, and masks stay on their objects."""

from types import SimpleNamespace

import numpy as np
import torch

from medicosam_training.data import packs, regions, scenes, synthetic
from medicosam_training.data.augment import view, with_shapes
from medicosam_training.data.items import Item, load, save
from medicosam_training.prompts import bounds
from medicosam_training.samples import Samples, sample, some_part, start, unpacked


def disc(x, y, radius, side=256):
    rows, columns = np.mgrid[:side, :side]
    return np.hypot(columns - x, rows - y) < radius


def ball(side=64):
    i, j, k = np.mgrid[:side, :side, :side]
    inside = np.hypot(np.hypot(i - 30, j - 34), k - 32) < 16
    voxels = (40 + 60 * inside + (i * 3 + j * 5 + k * 7) % 11).astype(np.int16)
    labels = {"tumour": inside.astype(np.int32), "aal": (inside + (i > 40) * 2).astype(np.int32)}
    return SimpleNamespace(name="ball", voxels=voxels, labels=labels, windows=())


def test_an_item_comes_back_as_it_was_kept(tmp_path):
    native = np.stack([disc(60 + 20 * n, 80, 9)[:200, :230] for n in range(2)])
    picture = np.linspace(0, 1, 256 * 256, dtype=np.float32).reshape(256, 256)
    save(tmp_path, Item("a", picture, ["atlas", "region"], ["x", "y"], native))
    back = load(tmp_path / "a.npz")
    assert (back.native == native).all() and (back.picture == picture).all()
    assert back.kinds == ["atlas", "region"]
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_a_pack_comes_back_as_it_was_kept(tmp_path):
    packs.save(tmp_path, packs.of_volume(ball(), (0, 2)))
    (back,) = packs.load_all(tmp_path)
    assert (back.voxels == ball().voxels).all() and (back.labels["aal"] == ball().labels["aal"]).all()
    assert (back.name, back.axes, back.windows) == ("ball", (0, 2), ())


def test_the_same_number_shows_the_same(tmp_path):
    packs.save(tmp_path, packs.of_volume(ball(), (0, 1, 2)))
    one, other = (Samples(tmp_path, 2, 3, seed=3, first=0).batch(7) for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert unpacked(one["masks"]).shape == (6, 256, 256)
    further = Samples(tmp_path, 2, 3, seed=3, first=0).batch(8)
    assert not torch.equal(one["pictures"], further["pictures"])


def test_prompts_lie_on_their_objects():
    volumes = [packs.of_volume(ball(), (0, 1, 2))]
    rng = np.random.default_rng(5)
    for _ in range(12):
        shown = sample(volumes, 3, rng)
        assert shown.picture.shape == (256, 256) and np.isfinite(shown.picture).all()
        for mask, places, boxed in zip(shown.masks, shown.places.astype(int), shown.boxed):
            assert regions.SMALLEST <= mask.sum()
            if not boxed:
                assert mask[places[0][1], places[0][0]]


def test_half_start_from_a_point_on_the_object_and_half_from_a_box():
    mask = disc(100, 120, 30)
    starts = [start(mask, np.random.default_rng(n)) for n in range(200)]
    boxes = [tuple(c for corner in places for c in corner) for places, boxed in starts if boxed]
    assert 70 < len(boxes) < 130 and bounds(mask) in boxes
    assert all(mask[places[0][1], places[0][0]] for places, boxed in starts if not boxed)


def test_an_object_is_one_connected_part():
    label_map = (disc(60, 60, 20) | disc(180, 180, 20)).astype(np.uint16)
    for seed in range(10):
        part = some_part(label_map, np.random.default_rng(seed), unions=False)
        assert abs(part.sum() - disc(60, 60, 20).sum()) < 5


def test_a_view_takes_picture_and_labels_alike():
    mask = disc(100, 120, 30)[:200]
    for seed in range(40):
        shown = view(mask.shape, np.random.default_rng(seed))
        seen = shown.grey(mask * np.float32(200)) > 100
        labels = shown.labels(mask) > 0
        assert seen.shape == (shown.height, shown.width) and max(seen.shape) == 256
        assert (seen != labels).sum() <= 0.03 * labels.sum() + 30


def test_all_of_a_slice_fills_the_picture():
    whole = [v for v in (view((200, 100), np.random.default_rng(n)) for n in range(60)) if v.step == 200 / 256]
    assert {(v.height, v.width) for v in whole} == {(256, 128), (128, 256)}
    for shown in whole:
        assert (shown.labels(np.ones((200, 100), bool)) > 0).mean() > 0.98


def test_shapes_that_are_set_in_change_the_picture_there():
    picture = np.full((256, 256), 120, np.float32)
    for seed in range(10):
        altered, shapes = with_shapes(picture, np.random.default_rng(seed))
        for shape in shapes:
            if shape.sum() > 100:
                assert abs(altered[shape].mean() - 120.0) > 8


def test_painted_labels_can_be_told_apart():
    rng = np.random.default_rng(2)
    labels = synthetic.shapes(rng)
    picture = synthetic.painted(labels, rng)
    assert 0 <= picture.min() and picture.max() <= 255
    means = [picture[labels == value].mean() for value in np.unique(labels)]
    assert np.ptp(means) > 40


def test_mere_noise_is_not_shown():
    rng = np.random.default_rng(1)
    assert scenes.mere_noise(rng.random((256, 256), np.float32))
    assert not scenes.mere_noise(disc(128, 128, 60).astype(np.float32))

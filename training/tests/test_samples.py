"""Training is shown what a person would show, and altered copies keep masks on their objects."""

import numpy as np

from medicosam_training.data.augment import turned_and_cropped, with_shapes
from medicosam_training.data.items import Item, embedding_and_mask, load, save
from medicosam_training.prompts import bounds
from medicosam_training.samples import Pool, start


def disc(x, y, radius, side=256):
    rows, columns = np.mgrid[:side, :side]
    return np.hypot(columns - x, rows - y) < radius


def item(name, kinds):
    masks = np.stack([disc(60 + 20 * n, 80, 9) for n in range(len(kinds))])
    return Item(
        name=name,
        picture=np.zeros((256, 256), np.float32),
        embedding=np.full((256, 64, 64), 0.25, np.float32),
        kinds=kinds,
        labels=["x"] * len(kinds),
        masks=masks,
        native=masks[:, :200, :230],
    )


def test_an_item_comes_back_as_it_was_kept(tmp_path):
    kept = item("a", ["atlas", "region"])
    save(tmp_path, kept)
    back = load(tmp_path / "a.npz")
    assert (back.masks == kept.masks).all() and (back.native == kept.native).all()
    assert back.kinds == ["atlas", "region"]
    embedding, mask = embedding_and_mask(tmp_path / "a.npz", 1)
    assert (embedding == 0.25).all() and (mask == kept.masks[1]).all()
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_items_made_later_are_taken_up(tmp_path):
    save(tmp_path, item("a", ["region"]))
    pool = Pool(tmp_path)
    assert not pool.by_kind["expert"]
    save(tmp_path, item("b", ["expert", "region"]))
    pool.refresh()
    assert [(p.name, n) for p, n in pool.by_kind["expert"]] == [("b.npz", [0])]
    assert len(pool.by_kind["region"]) == 2


def test_the_same_seed_draws_the_same(tmp_path):
    save(tmp_path, item("a", ["region", "region", "atlas"]))
    pool = Pool(tmp_path)
    one, other = (pool.draw(np.random.default_rng(3)) for _ in range(2))
    assert one.prompt == other.prompt and (one.mask == other.mask).all()


def test_half_start_from_a_point_on_the_object_and_half_from_a_box():
    mask = disc(100, 120, 30)
    prompts = [start(mask, np.random.default_rng(n)) for n in range(200)]
    boxes = [p.box for p in prompts if p.box]
    assert 70 < len(boxes) < 130 and bounds(mask) in boxes
    assert all(mask[y, x] for p in prompts for x, y, _ in p.points)


def test_a_crop_takes_picture_and_masks_alike():
    mask = disc(100, 120, 30)
    picture = mask.astype(np.uint8) * 200
    for seed in range(20):
        cropped, (same,) = turned_and_cropped(picture, [mask], np.random.default_rng(seed))
        assert ((cropped > 0) == same).all()


def test_shapes_that_are_set_in_cover_what_was_there():
    mask = disc(128, 128, 100)
    picture = np.full((256, 256), 120, np.uint8)
    for seed in range(10):
        altered, (left,), shapes = with_shapes(picture, [mask], np.random.default_rng(seed))
        for shape in shapes:
            assert not (left & shape).any()
            if shape.any():
                assert abs(altered[shape].mean() - 120.0) > 10

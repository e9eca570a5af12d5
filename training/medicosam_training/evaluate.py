"""Measures a model on the slices that are held out: `python -m medicosam_training.evaluate`.

MedicoSAM's protocol: each object is segmented from the point at its centre and from its box, then
corrected seven times by a positive and a negative point. As in the product, the first of the four
masks is the answer, and a correction comes with the logits of the mask that it corrects. Masks are
compared at the slice's own resolution; Dice and IoU are means over objects.
"""

import argparse
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torch.nn import functional

from . import checkpoints
from .data import items, plan
from .data.pictures import Fit
from .model import LiteMedSam, load_checkpoint
from .model.prompt_encoder import POSITIVE
from .prompts import Prompt, batch, beyond_point, bounds, centre, missed_point

ROUNDS = 8
BATCH = 8


@dataclass
class Case:
    """An object, from one start, at one time of its correction."""

    mask: np.ndarray
    embedding: torch.Tensor
    fit: Fit
    rng: np.random.Generator
    prompt: Prompt
    previous: torch.Tensor | None = None

    def place(self, point):
        x, y, kind = point
        return float(np.float32(x * self.fit.scale)), float(np.float32(y * self.fit.scale)), kind

    def answered(self, logits: torch.Tensor, given: bool) -> np.ndarray:
        """The mask on the slice, from which the next prompt is made."""
        said = on_slice(logits, self.fit)
        points = missed_point(self.mask, said, self.rng), beyond_point(self.mask, said, self.rng)
        self.prompt.points += [self.place(point) for point in points]
        self.previous = logits if given else None
        return said


def on_slice(logits: torch.Tensor, fit: Fit) -> np.ndarray:
    """Logits (256, 256) as a mask at the slice's resolution."""
    height, width = fit.fitted
    part = logits[None, None, :height, :width]
    size = (fit.height, fit.width)
    full = functional.interpolate(part, size=size, mode="bilinear", align_corners=False)
    return (full[0, 0] > 0).numpy()


def start(mask: np.ndarray, fit: Fit, from_box: bool) -> Prompt:
    if from_box:
        return Prompt(box=tuple(int(v * fit.scale) for v in bounds(mask)))
    x, y = centre(mask)
    return Prompt(points=[(x * fit.scale, y * fit.scale, POSITIVE)])


def cases_of(path: Path, from_box: bool, seed: int) -> list[Case]:
    item = items.load(path)
    embedding = torch.from_numpy(item.embedding.astype(np.float32))
    found = []
    for number, mask in enumerate(item.native):
        fit = Fit(*mask.shape)
        rng = np.random.default_rng([seed, zlib.crc32(item.name.encode()), number, from_box])
        found.append(Case(mask, embedding, fit, rng, start(mask, fit, from_box)))
    return found


def overlap(said: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """Dice and IoU."""
    both, total = int((said & mask).sum()), int(said.sum() + mask.sum())
    return 2 * both / total, both / (total - both)


@torch.inference_mode()
def run(model: LiteMedSam, cases: list[Case], masks: bool) -> dict[str, np.ndarray]:
    """Figures of (objects, rounds): Dice, IoU and predicted IoU of the first mask; and the Dice of
    the mask that the model itself thinks best, of all four, at the start (objects)."""
    names = ("dice", "iou", "predicted")
    figures = {name: np.zeros((len(cases), ROUNDS)) for name in names}
    best = np.zeros(len(cases))
    for first in range(0, len(cases), BATCH):
        some = cases[first : first + BATCH]
        embeddings = torch.stack([case.embedding for case in some])
        for number in range(ROUNDS):
            places, kinds = batch([case.prompt for case in some])
            none = torch.zeros(256, 256)
            previous = torch.stack([none if c.previous is None else c.previous for c in some])
            given = torch.tensor([c.previous is not None for c in some])
            logits, iou = model.answer(embeddings, places, kinds, previous[:, None], given)
            for n, case in enumerate(some):
                if number == 0:
                    choice = on_slice(logits[n, int(iou[n].argmax())], case.fit)
                    best[first + n] = overlap(choice, case.mask)[0]
                said = case.answered(logits[n, 0], masks)
                values = (*overlap(said, case.mask), float(iou[n, 0]))
                for name, value in zip(names, values):
                    figures[name][first + n, number] = value
    return {**figures, "best": best}


def measure(model, folder: Path, objects: int | None, masks: bool, seed: int) -> dict:
    """A set's figures."""
    figures = {}
    for start_name, from_box in (("point", False), ("box", True)):
        cases = [c for p in sorted(folder.glob("*.npz")) for c in cases_of(p, from_box, seed)]
        if objects is not None and len(cases) > objects:
            # The same objects for every model and both starts.
            order = np.random.default_rng(seed).permutation(len(cases))[:objects]
            cases = [cases[n] for n in sorted(order)]
        figures[start_name] = run(model, cases, masks)
    predicted = np.concatenate([figures[s]["predicted"].ravel() for s in figures])
    true = np.concatenate([figures[s]["iou"].ravel() for s in figures])
    return {
        "objects": len(figures["box"]["best"]),
        "point": figures["point"]["dice"].mean(0).round(4).tolist(),
        "point_best": round(float(figures["point"]["best"].mean()), 4),
        "box": figures["box"]["dice"].mean(0).round(4).tolist(),
        "spearman": round(float(spearmanr(predicted, true).statistic), 4),
    }


def table(results: dict) -> str:
    lines = [
        "| set | objects | Point | best of 4 | I_P 1 | I_P 3 | I_P 7 | Box | I_B 1 | I_B 3 | I_B 7 | Spearman |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, r in results.items():
        p, b = r["point"], r["box"]
        values = [p[0], r["point_best"], p[1], p[3], p[7], b[0], b[1], b[3], b[7], r["spearman"]]
        row = " | ".join(f"{v:.3f}" for v in values)
        lines.append(f"| {name} | {r['objects']} | {row} |")
    return "\n".join(lines)


def mean_of(results: dict) -> dict:
    """The mean over sets, each counting the same."""

    def mean(key):
        return np.mean([r[key] for r in results.values()], axis=0).tolist()

    keys = ("point", "point_best", "box", "spearman")
    return {"objects": sum(r["objects"] for r in results.values()), **{k: mean(k) for k in keys}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True, help="lite_medsam.pth")
    parser.add_argument("--weights", type=Path, help="a training's; none: as published")
    parser.add_argument("--share", type=float, default=1.0, help="of the way from the published ones")
    parser.add_argument("--objects", type=int, help="at most so many of a set")
    parser.add_argument("--without-masks", action="store_true", help="points alone correct")
    parser.add_argument("--tumours", action="store_true", help="the expert tumours instead")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = load_checkpoint(args.checkpoint)
    if args.weights:
        checkpoints.load_average(model, args.weights, args.share)
    sets = [plan.TUMOURS] if args.tumours else plan.HELD_OUT
    results = {}
    for held_out in sets:
        folder = args.items / "held-out" / held_out.name
        results[held_out.name] = measure(
            model, folder, args.objects, not args.without_masks, args.seed
        )
    if len(results) > 1:
        results["mean"] = mean_of(results)
    print(table(results))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

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
# By how much of a box's side its sides are too far out, beside the exact box.
LOOSE = (0.06, 0.125, 0.25)


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


def cases_of(item: items.Item, embedding: torch.Tensor, from_box: bool, seed: int) -> list[Case]:
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
    device = cases[0].embedding.device
    for first in range(0, len(cases), BATCH):
        some = cases[first : first + BATCH]
        embeddings = torch.stack([case.embedding for case in some])
        for number in range(ROUNDS):
            places, kinds = batch([case.prompt for case in some])
            none = torch.zeros(256, 256)
            previous = torch.stack([none if c.previous is None else c.previous for c in some])
            given = torch.tensor([c.previous is not None for c in some])
            given = given.to(device)
            logits, iou = model.answer(
                embeddings, places.to(device), kinds.to(device), previous[:, None].to(device), given
            )
            logits, iou = logits.cpu(), iou.cpu()
            for n, case in enumerate(some):
                if number == 0:
                    choice = on_slice(logits[n, int(iou[n].argmax())], case.fit)
                    best[first + n] = overlap(choice, case.mask)[0]
                said = case.answered(logits[n, 0], masks)
                values = (*overlap(said, case.mask), float(iou[n, 0]))
                for name, value in zip(names, values):
                    figures[name][first + n, number] = value
    return {**figures, "best": best}


@torch.inference_mode()
def embedded(model: LiteMedSam, folder: Path) -> list[tuple[items.Item, torch.Tensor]]:
    device = next(model.parameters()).device
    found = []
    for path in sorted(folder.glob("*.npz")):
        item = items.load(path)
        picture = torch.from_numpy(item.picture).to(device).expand(1, 3, -1, -1)
        found.append((item, model.image_encoder(picture)[0]))
    return found


@torch.inference_mode()
def loose(model: LiteMedSam, cases: list[Case], share: float) -> float:
    """Mean Dice from boxes each side of which is too far out by a share of the box's own."""
    found = []
    for case in cases:
        x0, y0, x1, y1 = bounds(case.mask)
        height, width = case.mask.shape
        dx, dy = (x1 - x0) * share, (y1 - y0) * share
        box = max(0, x0 - dx), max(0, y0 - dy), min(width - 1, x1 + dx), min(height - 1, y1 + dy)
        prompt = Prompt(box=tuple(int(v * case.fit.scale) for v in box))
        places, kinds = (t.to(case.embedding.device) for t in batch([prompt]))
        none = torch.zeros(1, 1, 256, 256, device=places.device)
        given = torch.zeros(1, dtype=torch.bool, device=places.device)
        logits, _ = model.answer(case.embedding[None], places, kinds, none, given)
        found.append(overlap(on_slice(logits[0, 0].cpu(), case.fit), case.mask)[0])
    return float(np.mean(found))


def measure(model, folder: Path, objects: int | None, masks: bool, seed: int) -> dict:
    """A set's figures."""
    figures, too_large = {}, {}
    slices = embedded(model, folder)
    for start_name, from_box in (("point", False), ("box", True)):
        cases = [c for item, e in slices for c in cases_of(item, e, from_box, seed)]
        if objects is not None and len(cases) > objects:
            # The same objects for every model and both starts.
            order = np.random.default_rng(seed).permutation(len(cases))[:objects]
            cases = [cases[n] for n in sorted(order)]
        if from_box:
            too_large = {share: loose(model, cases, share) for share in LOOSE}
        figures[start_name] = run(model, cases, masks)
    predicted = np.concatenate([figures[s]["predicted"].ravel() for s in figures])
    true = np.concatenate([figures[s]["iou"].ravel() for s in figures])
    return {
        "objects": len(figures["box"]["best"]),
        "point": figures["point"]["dice"].mean(0).round(4).tolist(),
        "point_best": round(float(figures["point"]["best"].mean()), 4),
        "box": figures["box"]["dice"].mean(0).round(4).tolist(),
        "loose": [round(too_large[share], 4) for share in LOOSE],
        "spearman": round(float(spearmanr(predicted, true).statistic), 4),
    }


def table(results: dict) -> str:
    lines = [
        "| set | objects | Point | best of 4 | I_P 1 | I_P 3 | I_P 7 | Box | I_B 1 | I_B 3 | I_B 7 | Box 6 % | 12.5 % | 25 % | Spearman |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, r in results.items():
        p, b = r["point"], r["box"]
        values = [p[0], r["point_best"], p[1], p[3], p[7], b[0], b[1], b[3], b[7], *r["loose"], r["spearman"]]
        row = " | ".join(f"{v:.3f}" for v in values)
        lines.append(f"| {name} | {r['objects']} | {row} |")
    return "\n".join(lines)


def mean_of(results: dict) -> dict:
    """The mean over sets, each counting the same."""

    def mean(key):
        return np.mean([r[key] for r in results.values()], axis=0).tolist()

    keys = ("point", "point_best", "box", "loose", "spearman")
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
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = load_checkpoint(args.checkpoint)
    if args.weights:
        checkpoints.load_average(model, args.weights, args.share)
    model.to(args.device)
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

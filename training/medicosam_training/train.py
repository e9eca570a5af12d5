"""Fine-tunes LiteMedSAM: `python -m medicosam_training.train`.

Goes on from the latest checkpoint of `--run`. What a step shows depends on the seed and its number
alone, so a training that was interrupted shows the same objects as one that was not.
"""

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from . import checkpoints, corrections
from .losses import round_loss
from .model import LiteMedSam, load_checkpoint
from .model.prompt_encoder import BOX_FIRST, BOX_LAST, NOTHING, POSITIVE
from .samples import Samples, unpacked

# How likely a step has so many rounds: many short ones, which are cheap, and some to the end.
ROUNDS = {1: 0.15, 2: 0.2, 3: 0.2, 4: 0.15, 5: 0.1, 6: 0.05, 7: 0.05, 8: 0.1}
# How often a correction comes with the logits that it corrects. MedicoSAM: half of the time; in the
# product always.
MASK_GIVEN = 0.7
BOTH_POINTS = 0.7
WARM_UP = 200
AVERAGE = 0.999
SAVE_EVERY_SECONDS = 240
LOG_EVERY = 20
# How many pictures of a step tell how far the encoder went.
COMPARED = 4


def learning_rate(step: int, first: int, args) -> float:
    """The share of the full rate at a step, for weights that are trained from step `first` on."""
    if step < first:
        return 0.0
    warm = min(1.0, (step - first + 1) / WARM_UP)
    gone = (step - args.decay_from) / max(args.steps - args.decay_from, 1)
    return warm * 0.5 * (1 + math.cos(math.pi * min(max(gone, 0.0), 1.0)))


class Training:
    def __init__(self, args):
        self.args = args
        self.device = torch.device(args.device)
        self.latest = args.run / "latest.pt"
        # In the mode of evaluation, so that batch normalisation keeps the statistics it has.
        self.model: LiteMedSam = load_checkpoint(args.checkpoint).float().to(self.device)
        self.model.image_encoder.to(memory_format=torch.channels_last)
        self.precision = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        self.published = copy.deepcopy(self.model.image_encoder).requires_grad_(False)
        encoder = learning(self.model.image_encoder)
        decoder = [
            *self.model.prompt_encoder.parameters(),
            *self.model.mask_decoder.parameters(),
        ]
        groups = [
            {"params": decoder, "full": args.rate, "first": 0},
            {"params": encoder, "full": args.encoder_rate, "first": args.encoder_from},
        ]
        fused = self.device.type == "cuda"
        self.optimiser = torch.optim.AdamW(groups, weight_decay=args.weight_decay, fused=fused)
        self.average = checkpoints.state_of(self.model)
        self.step, self.seconds = 0, 0.0
        if self.latest.exists():
            state = torch.load(self.latest, weights_only=True, map_location=self.device)
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.average = state["average"]
            self.step, self.seconds = state["step"], state["seconds"]

    def save(self) -> None:
        state = {
            "model": checkpoints.state_of(self.model),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        checkpoints.write(self.latest, state)

    @property
    def encoder_learns(self) -> bool:
        return self.step >= self.args.encoder_from

    def autocast(self):
        return torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32)

    def embed(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Embeddings of pictures (B, 3, 256, 256); and, while the encoder learns, how far those of some
        are from the published encoder's, as a share of those's variance."""
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with self.autocast():
            if not self.encoder_learns:
                with torch.no_grad():
                    return self.published(pictures).float(), None
            with torch.no_grad():
                before = self.published(pictures[:COMPARED]).float()
            after = self.model.image_encoder(pictures).float()
            return after, ((after[:COMPARED] - before) ** 2).mean() / before.var()

    def gradients(self, batch: dict[str, Tensor], rng: np.random.Generator) -> list[float]:
        """Adds the gradients of a batch to the weights'; gives its losses by round."""
        rounds = int(rng.choice(list(ROUNDS), p=list(ROUNDS.values())))
        pictures, distance = self.embed(in_colour(batch["pictures"], rng))
        # Of all rounds at once, the encoder's gradient is that of what it made.
        embeddings = pictures.detach().requires_grad_(self.encoder_learns)
        masks = unpacked(batch["masks"])
        each = len(masks) // len(pictures)
        places, boxed = batch["places"], batch["boxed"]
        corners = torch.tensor([BOX_FIRST, BOX_LAST], device=self.device)
        point = torch.tensor([POSITIVE, NOTHING], device=self.device)
        kinds = torch.where(boxed[:, None], corners, point)
        previous = torch.zeros(len(masks), 1, 256, 256, device=self.device)
        given = torch.zeros(len(masks), dtype=torch.bool, device=self.device)
        losses = []
        for number in range(rounds):
            with self.autocast():
                shown = embeddings.to(self.precision).repeat_interleave(each, dim=0)
                logits, iou = self.model.answer(shown, places, kinds, previous, given)
            alone = ~boxed if number == 0 else torch.zeros_like(boxed)
            loss = round_loss(logits, iou, masks.float(), alone)
            (loss / rounds).backward()
            losses.append(loss.detach())
            if number + 1 < rounds:
                previous = logits.detach()[:, :1].float()
                more = corrections.points(masks, previous[:, 0] > 0, rng.random() < BOTH_POINTS)
                places, kinds = torch.cat([places, more[0]], 1), torch.cat([kinds, more[1]], 1)
                given = torch.rand(len(masks), device=self.device) < MASK_GIVEN
        if self.encoder_learns:
            kept = self.args.keep_encoder * distance
            torch.autograd.backward([pictures, kept], [embeddings.grad, torch.ones_like(kept)])
        return losses

    def update(self) -> None:
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        if not torch.isfinite(norm):
            # Nothing of a picture that cannot be computed with gets into the weights.
            self.optimiser.zero_grad(set_to_none=True)
            return
        for group in self.optimiser.param_groups:
            group["lr"] = group["full"] * learning_rate(self.step, group["first"], self.args)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        # Early on, the average follows quickly.
        keep = min(AVERAGE, (self.step + 1) / (self.step + 10))
        now = self.model.state_dict()
        names = [n for n, t in now.items() if t.is_floating_point()]
        torch._foreach_lerp_([self.average[n] for n in names], [now[n] for n in names], 1 - keep)

    def go(self) -> None:
        args = self.args
        samples = Samples(args.items / "training", args.pictures, args.objects, args.seed, self.step)
        loader = DataLoader(
            samples,
            batch_size=None,
            num_workers=args.workers,
            worker_init_fn=one_thread,
            prefetch_factor=4 if args.workers else None,
            pin_memory=self.device.type == "cuda",
        )
        torch.manual_seed(args.seed + self.step)
        logged = saved = time.monotonic()
        with open(args.run / "log.jsonl", "a") as log:
            for batch in loader:
                batch = {n: t.to(self.device, non_blocking=True) for n, t in batch.items()}
                losses = self.gradients(batch, np.random.default_rng([args.seed, 1, self.step]))
                self.update()
                self.step += 1
                if self.step % LOG_EVERY == 0:
                    now = time.monotonic()
                    self.seconds += now - logged
                    each = round((now - logged) / LOG_EVERY, 4)
                    logged = now
                    shown = [round(float(loss), 4) for loss in losses]
                    log.write(json.dumps({"step": self.step, "took": each, "losses": shown}) + "\n")
                    log.flush()
                if self.step % args.keep_every == 0:
                    weights = {"average": self.average, "step": self.step}
                    checkpoints.write(args.run / f"step-{self.step:06}.pt", weights)
                if time.monotonic() - saved > SAVE_EVERY_SECONDS or self.step == args.steps:
                    self.save()
                    saved = time.monotonic()
                if self.step == args.steps:
                    break


def learning(encoder: nn.Module) -> list[nn.Parameter]:
    """The encoder's weights that learn: not those that look at single pixels, which take half of its time
    and know as much as they need; nor the distances within windows."""
    found = []
    for name, parameter in encoder.named_parameters():
        early = name.startswith(("patch_embed.", "layers.0.")) or name.endswith("attention_biases")
        parameter.requires_grad_(not early)
        if not early:
            found.append(parameter)
    return found


def in_colour(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Grey pictures (B, 256, 256) of bytes as the encoder takes them, (B, 3, 256, 256) of 0..1; one in
    eight tinted, so that the encoder does not forget that there are colours."""
    grey = (pictures.float() / 255)[:, None].expand(-1, 3, -1, -1)
    powers = np.where(rng.random((len(pictures), 1)) < 1 / 8, rng.uniform(0.4, 2.5, (len(pictures), 3)), 1)
    return grey ** torch.tensor(powers, dtype=torch.float32, device=grey.device)[..., None, None]


def one_thread(_worker: int) -> None:
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoints and log")
    parser.add_argument("--checkpoint", type=Path, required=True, help="lite_medsam.pth")
    parser.add_argument("--device", default="cpu", help="cuda, or cpu, where a step takes minutes")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--pictures", type=int, default=16, help="a step")
    parser.add_argument("--objects", type=int, default=4, help="on a picture")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--encoder-rate", type=float, default=5e-5)
    parser.add_argument("--encoder-from", type=int, default=10**9, help="step from which it learns too")
    parser.add_argument("--keep-encoder", type=float, default=0.1, help="how much it costs to change it")
    parser.add_argument("--weight-decay", type=float, default=1e-3)
    parser.add_argument("--decay-from", type=int, default=6000, help="step from which the rate falls")
    parser.add_argument("--keep-every", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2, help="processes that make pictures")
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    Training(args).go()


if __name__ == "__main__":
    main()

"""Fine-tunes prompt encoder and mask decoder: `python -m medicosam_training.train`.

Goes on from the latest checkpoint of `--run`. Each step depends on the seed, its number and the
items alone, so a training that was interrupted shows the same objects as one that was not.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from . import checkpoints
from .losses import round_loss
from .model import load_checkpoint
from .prompts import batch, beyond_point, missed_point
from .samples import Pool, Sample

# How likely a step has so many rounds: many short ones, which are cheap, and some to the end.
ROUNDS = {1: 0.15, 2: 0.2, 3: 0.2, 4: 0.15, 5: 0.1, 6: 0.05, 7: 0.05, 8: 0.1}
WARM_UP = 100
AVERAGE = 0.998
SAVE_EVERY_SECONDS = 240


def learning_rate(step: int, args) -> float:
    warm = min(1.0, (step + 1) / WARM_UP)
    gone = (step - args.decay_from) / max(args.steps - args.decay_from, 1)
    return args.rate * warm * (1 - 0.95 * min(max(gone, 0.0), 1.0))


def correct(samples: list[Sample], logits: torch.Tensor, rng: np.random.Generator) -> None:
    """Adds to each prompt a point where the mask misses and one where it is beyond; at times only
    the one of the larger mistake."""
    both = rng.random() < 0.7
    for sample, said in zip(samples, (logits[:, 0] > 0).numpy()):
        missed = missed_point(sample.mask, said, rng)
        beyond = beyond_point(sample.mask, said, rng)
        if both:
            sample.prompt.points += [missed, beyond]
        else:
            more_missed = (sample.mask & ~said).sum() >= (said & ~sample.mask).sum()
            sample.prompt.points.append(missed if more_missed else beyond)


def accumulate(model, pool: Pool, rng: np.random.Generator, objects: int, rounds: int, share: float):
    """Adds `share` of the gradients of some objects to the weights'; gives their losses by round."""
    samples = [pool.draw(rng) for _ in range(objects)]
    embeddings = torch.from_numpy(np.stack([s.embedding for s in samples]))
    masks = torch.from_numpy(np.stack([s.mask for s in samples])).float()
    previous = torch.zeros(objects, 1, 256, 256)
    given = torch.zeros(objects, dtype=torch.bool)
    losses = {}
    for number in range(rounds):
        places, kinds = batch([s.prompt for s in samples])
        logits, iou = model.answer(embeddings, places, kinds, previous, given)
        alone = torch.tensor([number == 0 and s.prompt.box is None for s in samples])
        loss = round_loss(logits, iou, masks, alone)
        (loss * share / rounds).backward()
        losses[str(number)] = round(float(loss.detach()), 4)
        if number + 1 < rounds:
            said = logits.detach()
            correct(samples, said, rng)
            # MedicoSAM gives the previous logits half of the time.
            given = torch.from_numpy(rng.random(objects) < 0.5)
            previous = said[:, :1]
    return losses


class Training:
    def __init__(self, args):
        self.args = args
        self.latest = args.run / "latest.pt"
        self.model = load_checkpoint(args.checkpoint)
        self.model.image_encoder = torch.nn.Identity()
        self.parameters = [
            p
            for n, p in self.model.named_parameters()
            if n.startswith(checkpoints.TRAINED)
        ]
        self.optimiser = torch.optim.AdamW(self.parameters, lr=args.rate, weight_decay=1e-4)
        self.average = checkpoints.trained_state(self.model)
        self.step, self.seconds = 0, 0.0
        self.workers = ThreadPoolExecutor(args.threads)
        if self.latest.exists():
            state = torch.load(self.latest, weights_only=True)
            checkpoints.put_into(self.model, state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.average = state["average"]
            self.step, self.seconds = state["step"], state["seconds"]

    def save(self) -> None:
        state = {
            "model": checkpoints.trained_state(self.model),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        checkpoints.write(self.latest, state)

    def update(self) -> None:
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, self.args)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        # Early on, the average follows quickly.
        keep = min(AVERAGE, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for name, tensor in self.model.state_dict().items():
                if name.startswith(checkpoints.TRAINED):
                    self.average[name].lerp_(tensor, 1 - keep)

    def gradients(self, pool: Pool) -> list[dict]:
        """The objects of a step, shared among threads that wait for each other only at its end:
        where other programs want the processors too, that is far quicker than to share each
        operator."""
        threads = self.args.threads
        objects, share = self.args.objects // threads, 1 / threads
        rng = np.random.default_rng([self.args.seed, self.step])
        rounds = int(rng.choice(list(ROUNDS), p=list(ROUNDS.values())))

        def work(number: int) -> dict:
            torch.set_num_threads(1)
            rng = np.random.default_rng([self.args.seed, self.step, number])
            return accumulate(self.model, pool, rng, objects, rounds, share)

        return list(self.workers.map(work, range(threads)))

    def go(self) -> None:
        pool = Pool(self.args.items / "training")
        saved = time.monotonic()
        with open(self.args.run / "log.jsonl", "a") as log:
            while self.step < self.args.steps:
                began = time.monotonic()
                losses = self.gradients(pool)
                self.update()
                self.step += 1
                took = time.monotonic() - began
                self.seconds += took
                entry = {"step": self.step, "took": round(took, 2), "losses": losses}
                log.write(json.dumps(entry) + "\n")
                if self.step % self.args.keep_every == 0:
                    weights = {"average": self.average, "step": self.step}
                    checkpoints.write(self.args.run / f"step-{self.step:06}.pt", weights)
                if time.monotonic() - saved > SAVE_EVERY_SECONDS or self.step == self.args.steps:
                    self.save()
                    log.flush()
                    pool.refresh()
                    saved = time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoints and log")
    parser.add_argument("--checkpoint", type=Path, required=True, help="lite_medsam.pth")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--objects", type=int, default=4, help="a step; a multiple of --threads")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--decay-from", type=int, default=6000, help="step from which it falls")
    parser.add_argument("--keep-every", type=int, default=500)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    Training(args).go()


if __name__ == "__main__":
    main()

"""Writes a training's weights as a checkpoint: `python -m medicosam_training.export`.

A flat state dict with the names of the published one, which `medicosamd model import` takes.
"""

import argparse
from pathlib import Path

from . import checkpoints
from .model import load_checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True, help="lite_medsam.pth")
    parser.add_argument("--weights", type=Path, required=True, help="a training's checkpoint")
    parser.add_argument("--share", type=float, default=1.0, help="of the way from the published ones")
    parser.add_argument("--half", action="store_true", help="in half precision")
    parser.add_argument("--to", type=Path, required=True)
    args = parser.parse_args()
    model = load_checkpoint(args.checkpoint)
    checkpoints.load_average(model, args.weights, args.share)
    state = model.state_dict()
    if args.half:
        state = {n: t.half() if t.is_floating_point() else t for n, t in state.items()}
    checkpoints.write(args.to, state)
    print(f"{args.to}: {args.to.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

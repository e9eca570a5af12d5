#!/usr/bin/env python3
"""SAM's ViT-B image encoder in plain PyTorch, to be compared with medicosam's on the same card.

    sam_vit_b.py parity CHECKPOINT ENCODER.onnx     largest differences between the two encoders
    sam_vit_b.py bench CHECKPOINT [--seconds S]     slices a second, as JSON

CHECKPOINT is a state_dict with SAM's names. Written from the architecture in "Segment Anything"
(Kirillov et al., 2023) and "Exploring Plain Vision Transformer Backbones" (Li et al., 2022): 12 blocks
of width 768 with 12 heads over 64 x 64 patches of 16 pixels, attention in windows of 14 patches but for
the blocks 2, 5, 8 and 11, relative positions added to the attention by row and by column, and a neck of
two convolutions to 256 channels.
"""

import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

SIDE, PATCH, WIDTH, HEADS, DEPTH, WINDOW, CHANNELS = 1024, 16, 768, 12, 12, 14, 256
GLOBAL = (2, 5, 8, 11)
GRID = SIDE // PATCH


class Attention(nn.Module):
    """Attention over side x side patches: (B, side, side, WIDTH) in and out."""

    def __init__(self, side):
        super().__init__()
        head = WIDTH // HEADS
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * side - 1, head))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * side - 1, head))
        places = torch.arange(side)
        # Row i, column k: how far the query's place i lies behind the key's place k, from 0 on.
        self.register_buffer("offset", places[:, None] - places[None, :] + side - 1, persistent=False)

    def forward(self, x):
        batch, side, _, _ = x.shape
        qkv = self.qkv(x).reshape(batch, side * side, 3, HEADS, WIDTH // HEADS)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        placed = query.reshape(batch, HEADS, side, side, WIDTH // HEADS)
        rows = torch.einsum("bnhwd,hkd->bnhwk", placed, self.rel_pos_h[self.offset])
        columns = torch.einsum("bnhwd,wkd->bnhwk", placed, self.rel_pos_w[self.offset])
        bias = (rows[..., :, None] + columns[..., None, :]).reshape(batch, HEADS, side**2, side**2)
        out = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return self.proj(out.transpose(1, 2).reshape(batch, side, side, WIDTH))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.lin2 = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        return self.lin2(F.gelu(self.lin1(x)))


class Block(nn.Module):
    def __init__(self, window):
        super().__init__()
        self.window = window
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = Attention(window or GRID)
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.mlp = Mlp()

    def forward(self, x):
        attended = self.norm1(x)
        if self.window:
            attended = self.in_windows(attended)
        else:
            attended = self.attn(attended)
        x = x + attended
        return x + self.mlp(self.norm2(x))

    def in_windows(self, x):
        """Zeros at the right and at the lower edge fill the last windows."""
        batch, window = x.shape[0], self.window
        count = -(-GRID // window)
        more = count * window - GRID
        x = F.pad(x, (0, 0, 0, more, 0, more))
        x = x.reshape(batch, count, window, count, window, WIDTH).transpose(2, 3)
        x = self.attn(x.reshape(-1, window, window, WIDTH))
        x = x.reshape(batch, count, count, window, window, WIDTH).transpose(2, 3)
        x = x.reshape(batch, count * window, count * window, WIDTH)
        return x[:, :GRID, :GRID]


class ChannelNorm(nn.Module):
    """Normalises over the channels of (B, C, H, W)."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(CHANNELS))
        self.bias = nn.Parameter(torch.zeros(CHANNELS))

    def forward(self, x):
        x = F.layer_norm(x.permute(0, 2, 3, 1), (CHANNELS,), self.weight, self.bias, 1e-6)
        return x.permute(0, 3, 1, 2)


class PatchEmbed(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Conv2d(3, WIDTH, PATCH, stride=PATCH)

    def forward(self, x):
        return self.proj(x).permute(0, 2, 3, 1)


class ImageEncoder(nn.Module):
    """(B, 3, 1024, 1024) to (B, 256, 64, 64)."""

    def __init__(self):
        super().__init__()
        self.patch_embed = PatchEmbed()
        self.pos_embed = nn.Parameter(torch.zeros(1, GRID, GRID, WIDTH))
        self.blocks = nn.ModuleList(Block(0 if n in GLOBAL else WINDOW) for n in range(DEPTH))
        self.neck = nn.Sequential(
            nn.Conv2d(WIDTH, CHANNELS, 1, bias=False),
            ChannelNorm(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False),
            ChannelNorm(),
        )

    def forward(self, x):
        x = self.patch_embed(x) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.neck(x.permute(0, 3, 1, 2))


def encoder(checkpoint):
    """The encoder with the weights of a checkpoint; every one must be there, and no other."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    prefix = "image_encoder."
    own = {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}
    model = ImageEncoder().eval()
    model.load_state_dict(own, strict=True)
    return model


def picture(batch):
    """The same numbers everywhere, of the size of a normalised slice."""
    numbers = torch.Generator().manual_seed(7)
    return torch.randn(batch, 3, SIDE, SIDE, generator=numbers)


@torch.inference_mode()
def parity(checkpoint, graph):
    import numpy
    import onnxruntime

    image = picture(1)
    expected = encoder(checkpoint)(image).numpy()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
    report = {
        "difference": float(numpy.abs(expected - found).max()),
        "largest": float(numpy.abs(expected).max()),
    }
    if torch.cuda.is_available():
        on_card = encoder(checkpoint).cuda()(image.cuda()).cpu().numpy()
        report["pytorch_on_card"] = float(numpy.abs(expected - on_card).max())
    print(json.dumps(report))
    return 0 if report["difference"] < 1e-3 else 1


@torch.inference_mode()
def rate(model, image, seconds):
    """Slices a second: the best of five stretches, after two runs that do not count."""
    for _ in range(2):
        model(image)
    torch.cuda.synchronize()
    best = 0.0
    for _ in range(5):
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < seconds / 5:
            model(image)
            torch.cuda.synchronize()
            done += len(image)
        best = max(best, done / (time.perf_counter() - started))
    return best


def bench(checkpoint, seconds):
    if not torch.cuda.is_available():
        print("PyTorch finds no GPU: torch.cuda.is_available() is false", file=sys.stderr)
        return 3
    report = {"card": torch.cuda.get_device_name(), "torch": torch.__version__, "rates": []}
    for precision in (torch.float32, torch.float16):
        for compiled in (False, True):
            model = encoder(checkpoint).cuda().to(precision)
            model = torch.compile(model) if compiled else model
            for batch in (1, 8):
                image = picture(batch).cuda().to(precision)
                entry = {
                    "precision": str(precision).removeprefix("torch."),
                    "compiled": compiled,
                    "batch": batch,
                }
                try:
                    entry["slices_a_second"] = round(rate(model, image, seconds), 2)
                except RuntimeError as error:
                    entry["error"] = str(error).splitlines()[0]
                report["rates"].append(entry)
                print(json.dumps(entry), file=sys.stderr, flush=True)
    print(json.dumps(report))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("parity", help="largest difference between the two encoders")
    verb.add_argument("checkpoint")
    verb.add_argument("graph")
    verb = verbs.add_parser("bench", help="slices a second")
    verb.add_argument("checkpoint")
    verb.add_argument("--seconds", type=float, default=5.0, help="for each entry")
    asked = parser.parse_args()
    if asked.verb == "parity":
        return parity(asked.checkpoint, asked.graph)
    return bench(asked.checkpoint, asked.seconds)


if __name__ == "__main__":
    sys.exit(main())

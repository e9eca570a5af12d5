"""SAM's prompt encoder at LiteMedSAM's sizes: 256 × 256 pixels, a grid of 64 × 64."""

import math

import torch
from torch import Tensor, nn

from .layers import LayerNorm2d

DIM = 256
SIDE = 256
GRID = 64

# What a point says of its place. A prompt without a box ends with one that says nothing.
NOTHING, NEGATIVE, POSITIVE, BOX_FIRST, BOX_LAST = -1, 0, 1, 2, 3


class PositionEncoding(nn.Module):
    """Random Fourier features of a place in 0..1."""

    def __init__(self):
        super().__init__()
        self.register_buffer("positional_encoding_gaussian_matrix", torch.randn(2, DIM // 2))

    def forward(self, places: Tensor) -> Tensor:
        """`places`: (…, 2), x before y."""
        # Half precision would move places by pixels.
        with torch.autocast(places.device.type, enabled=False):
            phase = (2 * places - 1) @ self.positional_encoding_gaussian_matrix * (2 * math.pi)
            return torch.cat([phase.sin(), phase.cos()], dim=-1)


class PromptEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.pe_layer = PositionEncoding()
        self.point_embeddings = nn.ModuleList(nn.Embedding(1, DIM) for _ in range(4))
        self.not_a_point_embed = nn.Embedding(1, DIM)
        self.mask_downscaling = nn.Sequential(
            nn.Conv2d(1, 4, 2, 2),
            LayerNorm2d(4),
            nn.GELU(),
            nn.Conv2d(4, 16, 2, 2),
            LayerNorm2d(16),
            nn.GELU(),
            nn.Conv2d(16, DIM, 1),
        )
        self.no_mask_embed = nn.Embedding(1, DIM)

    def tokens(self, places: Tensor, kinds: Tensor) -> Tensor:
        """Tokens (B, N, 256) of points and box corners: (B, N, 2) pixels, (B, N) kinds."""
        encoded = self.pe_layer((places + 0.5) / SIDE)
        encoded = encoded * (kinds != NOTHING).unsqueeze(-1)
        rows = [self.not_a_point_embed.weight] + [e.weight for e in self.point_embeddings]
        return encoded + torch.cat(rows)[kinds + 1]

    def dense(self, logits: Tensor, given: Tensor) -> Tensor:
        """The mask prompt on the grid, (B, 256, 64, 64); `given` (B) says who has one."""
        none = self.no_mask_embed.weight.view(1, DIM, 1, 1)
        if not given.any():
            return none.expand(len(given), DIM, GRID, GRID)
        return torch.where(given.view(-1, 1, 1, 1), self.mask_downscaling(logits), none)

    def grid_positions(self) -> Tensor:
        """Position encodings of the grid's cells, (4096, 256)."""
        line = (torch.arange(GRID, device=self.no_mask_embed.weight.device) + 0.5) / GRID
        y, x = torch.meshgrid(line, line, indexing="ij")
        return self.pe_layer(torch.stack([x, y], dim=-1)).flatten(0, 1)

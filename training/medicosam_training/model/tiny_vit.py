"""LiteMedSAM's image encoder: TinyViT on 256 × 256 with a patch embedding that keeps every pixel.

Wu et al., "TinyViT: Fast Pretraining Distillation for Small Vision Transformers", ECCV 2022. Stage 0
is convolutional, the others attend within windows.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .layers import LayerNorm, LayerNorm2d

DIMS = (64, 128, 160, 320)
DEPTHS = (2, 2, 6, 2)
HEADS = (2, 4, 5, 10)
WINDOWS = (7, 7, 14, 7)
MERGE_STRIDES = (2, 2, 1)
EXPANSION = 4


class ConvNorm(nn.Module):
    """A convolution without bias, then batch normalisation."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1):
        super().__init__()
        self.c = nn.Conv2d(
            inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False
        )
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.c(x))


class PatchEmbedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.seq = nn.Sequential(ConvNorm(3, DIMS[0] // 2), nn.GELU(), ConvNorm(DIMS[0] // 2, DIMS[0]))

    def forward(self, x: Tensor) -> Tensor:
        return self.seq(x)


class Bottleneck(nn.Module):
    """An inverted bottleneck: a stage's block with a residual, its merging without."""

    def __init__(self, inputs: int, hidden: int, outputs: int, stride: int, residual: bool):
        super().__init__()
        self.conv1 = ConvNorm(inputs, hidden)
        self.conv2 = ConvNorm(hidden, hidden, 3, stride, groups=hidden)
        self.conv3 = ConvNorm(hidden, outputs)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = functional.gelu(self.conv1(x))
        y = functional.gelu(self.conv2(y))
        y = self.conv3(y)
        return functional.gelu(x + y) if self.residual else y


class WindowAttention(nn.Module):
    """Attention within windows, with a learnt bias for each distance (|Δrow|, |Δcolumn|)."""

    def __init__(self, dim: int, heads: int, window: int):
        super().__init__()
        self.heads, self.window = heads, window
        self.norm = LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.attention_biases = nn.Parameter(torch.zeros(heads, window * window))
        place = torch.arange(window * window)
        rows, columns = place // window, place % window
        distance = (rows[:, None] - rows).abs() * window + (columns[:, None] - columns).abs()
        self.register_buffer("distance", distance, persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        """`windows`: (windows, window², channels)."""
        count, tokens, dim = windows.shape
        # Queries, keys and values lie side by side within each head.
        qkv = self.qkv(self.norm(windows)).view(count, tokens, self.heads, 3, -1)
        q, k, v = qkv.permute(3, 0, 2, 1, 4)
        bias = self.attention_biases[:, self.distance]
        out = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.proj(out.transpose(1, 2).reshape(count, tokens, dim))


class Mlp(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.norm = LayerNorm(dim)
        self.fc1 = nn.Linear(dim, EXPANSION * dim)
        self.fc2 = nn.Linear(EXPANSION * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(self.norm(x))))


class TransformerBlock(nn.Module):
    """Attention within windows, a local convolution, an MLP; on (B, C, H, W)."""

    def __init__(self, dim: int, heads: int, window: int):
        super().__init__()
        self.attn = WindowAttention(dim, heads, window)
        self.local_conv = ConvNorm(dim, dim, 3, groups=dim)
        self.mlp = Mlp(dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self._attend(x)
        x = self.local_conv(x).permute(0, 2, 3, 1)
        x = x + self.mlp(x)
        return x.permute(0, 3, 1, 2)

    def _attend(self, x: Tensor) -> Tensor:
        batch, dim, height, width = x.shape
        w = self.attn.window
        # Windows beyond the border are filled with zeros, which take part as tokens.
        padded = functional.pad(x, (0, -width % w, 0, -height % w))
        rows, columns = padded.shape[2] // w, padded.shape[3] // w
        windows = padded.view(batch, dim, rows, w, columns, w).permute(0, 2, 4, 3, 5, 1)
        out = self.attn(windows.reshape(-1, w * w, dim))
        out = out.view(batch, rows, columns, w, w, dim).permute(0, 5, 1, 3, 2, 4)
        return out.reshape(batch, dim, rows * w, columns * w)[:, :, :height, :width]


class Stage(nn.Module):
    def __init__(self, index: int):
        super().__init__()
        dim = DIMS[index]
        if index == 0:
            blocks = [Bottleneck(dim, EXPANSION * dim, dim, 1, True) for _ in range(DEPTHS[0])]
        else:
            heads, window = HEADS[index], WINDOWS[index]
            blocks = [TransformerBlock(dim, heads, window) for _ in range(DEPTHS[index])]
        self.blocks = nn.ModuleList(blocks)
        self.downsample = None
        if index < len(MERGE_STRIDES):
            following = DIMS[index + 1]
            self.downsample = Bottleneck(dim, following, following, MERGE_STRIDES[index], False)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x if self.downsample is None else self.downsample(x)


class TinyVit(nn.Module):
    """Pictures (B, 3, 256, 256) with values 0..1 become embeddings (B, 256, 64, 64)."""

    def __init__(self):
        super().__init__()
        self.patch_embed = PatchEmbedding()
        self.layers = nn.ModuleList(Stage(index) for index in range(len(DIMS)))
        self.neck = nn.Sequential(
            nn.Conv2d(DIMS[-1], 256, 1, bias=False),
            LayerNorm2d(256),
            nn.Conv2d(256, 256, 3, padding=1, bias=False),
            LayerNorm2d(256),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.patch_embed(pictures)
        for layer in self.layers:
            x = layer(x)
        return self.neck(x)

"""SAM's mask decoder: a two-way transformer between prompt tokens and the image's grid."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .layers import LayerNorm, LayerNorm2d, Perceptron, normed

DIM = 256
GRID = 64
MASKS = 4
HEADS = 8


class Attention(nn.Module):
    """Multi-head attention, within `inner` channels.

    Between a few tokens and the many cells of the grid, the projections of the grid are multiplied
    into the tokens' side first: (x Wq) k' = x (Wq k'). It is the same sum in another order, with
    nothing of the grid's size but the scores and what comes out: half the time forwards and back.
    """

    def __init__(self, inner: int):
        super().__init__()
        self.q_proj = nn.Linear(DIM, inner)
        self.k_proj = nn.Linear(DIM, inner)
        self.v_proj = nn.Linear(DIM, inner)
        self.out_proj = nn.Linear(inner, DIM)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Tokens that look at tokens: each (B, N, 256)."""
        q, k, v = heads(self.q_proj(q)), heads(self.k_proj(k)), heads(self.v_proj(v))
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        out = scores.softmax(dim=-1) @ v
        return self.out_proj(out.transpose(1, 2).flatten(2))

    def of_grid(self, tokens: Tensor, placed: Tensor, grid: Tensor) -> Tensor:
        """Tokens (B, N, 256) that look at the grid: `placed` as keys, `grid` as values, both
        (B, 4096, 256)."""
        q = heads(self.q_proj(tokens))
        by_head = self.k_proj.weight.unflatten(0, (HEADS, -1))
        # The keys' bias adds the same to all scores of a token, which softmax takes out again.
        asked = torch.einsum("bhnd,hdc->bhnc", q * q.shape[-1] ** -0.5, by_head)
        scores = asked.flatten(1, 2) @ placed.transpose(1, 2)
        mixed = (scores.softmax(dim=-1) @ grid).unflatten(1, (HEADS, -1))
        by_head = self.v_proj.weight.unflatten(0, (HEADS, -1))
        out = torch.einsum("bhnc,hdc->bnhd", mixed, by_head).flatten(2) + self.v_proj.bias
        return self.out_proj(out)

    def of_tokens(self, placed: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """The grid's cells `placed` (B, 4096, 256) that look at tokens, (B, N, 256) each."""
        k, v = heads(self.k_proj(keys)), heads(self.v_proj(values))
        k = k * k.shape[-1] ** -0.5
        by_head = self.q_proj.weight.unflatten(0, (HEADS, -1))
        asked = torch.einsum("bhnd,hdc->bhnc", k, by_head).flatten(1, 2)
        bias = torch.einsum("bhnd,hd->bhn", k, self.q_proj.bias.unflatten(0, (HEADS, -1)))
        scores = torch.baddbmm(bias.flatten(1)[:, None], placed, asked.transpose(1, 2))
        shares = scores.unflatten(2, (HEADS, -1)).softmax(dim=-1).flatten(2)
        by_head = self.out_proj.weight.unflatten(1, (HEADS, -1))
        answers = torch.einsum("bhnd,chd->bhnc", v, by_head).flatten(1, 2)
        return torch.baddbmm(self.out_proj.bias, shares, answers)


def heads(x: Tensor) -> Tensor:
    """(B, N, channels) as (B, heads, N, channels of one)."""
    return x.unflatten(-1, (HEADS, -1)).transpose(1, 2)


class TwoWayMlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(DIM, 2048)
        self.lin2 = nn.Linear(2048, DIM)

    def forward(self, x: Tensor) -> Tensor:
        return self.lin2(functional.relu(self.lin1(x)))


class TwoWayBlock(nn.Module):
    def __init__(self, first: bool):
        super().__init__()
        self.first = first
        self.self_attn = Attention(DIM)
        self.norm1 = LayerNorm(DIM)
        self.cross_attn_token_to_image = Attention(DIM // 2)
        self.norm2 = LayerNorm(DIM)
        self.mlp = TwoWayMlp()
        self.norm3 = LayerNorm(DIM)
        self.norm4 = LayerNorm(DIM)
        self.cross_attn_image_to_token = Attention(DIM // 2)

    def forward(self, tokens, image, token_places, image_places):
        if self.first:
            # Upstream's first layer: no positions, nothing added.
            tokens = self.self_attn(tokens, tokens, tokens)
        else:
            q = tokens + token_places
            tokens = tokens + self.self_attn(q, q, tokens)
        tokens = self.norm1(tokens)
        placed = image + image_places.to(image.dtype)
        q = tokens + token_places
        tokens = self.norm2(tokens + self.cross_attn_token_to_image.of_grid(q, placed, image))
        tokens = self.norm3(tokens + self.mlp(tokens))
        q = tokens + token_places
        image = self.norm4(image + self.cross_attn_image_to_token.of_tokens(placed, q, tokens))
        return tokens, image


class TwoWayTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([TwoWayBlock(True), TwoWayBlock(False)])
        self.final_attn_token_to_image = Attention(DIM // 2)
        self.norm_final_attn = LayerNorm(DIM)

    def forward(self, image: Tensor, image_places: Tensor, prompts: Tensor):
        tokens = prompts
        for layer in self.layers:
            tokens, image = layer(tokens, image, prompts, image_places)
        placed = image + image_places.to(image.dtype)
        attended = self.final_attn_token_to_image.of_grid(tokens + prompts, placed, image)
        return self.norm_final_attn(tokens + attended), image


class MaskDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.transformer = TwoWayTransformer()
        self.iou_token = nn.Embedding(1, DIM)
        self.mask_tokens = nn.Embedding(MASKS, DIM)
        self.output_upscaling = nn.Sequential(
            nn.ConvTranspose2d(DIM, DIM // 4, 2, 2),
            LayerNorm2d(DIM // 4),
            nn.GELU(),
            nn.ConvTranspose2d(DIM // 4, DIM // 8, 2, 2),
            nn.GELU(),
        )
        self.output_hypernetworks_mlps = nn.ModuleList(
            Perceptron(DIM, DIM, DIM // 8) for _ in range(MASKS)
        )
        self.iou_prediction_head = Perceptron(DIM, DIM, MASKS)

    def forward(self, embeddings: Tensor, places: Tensor, prompts: Tensor, dense: Tensor):
        """Logits (B, 4, 256, 256) and predicted IoU (B, 4).

        `embeddings`: (B, 256, 64, 64), `places`: (4096, 256), `prompts`: (B, N, 256), `dense`:
        (B, 256, 64, 64).
        """
        batch = len(prompts)
        own = torch.cat([self.iou_token.weight, self.mask_tokens.weight])
        tokens = torch.cat([own.expand(batch, -1, -1), prompts], dim=1)
        image = (embeddings + dense).to(embeddings.dtype).flatten(2).transpose(1, 2)
        tokens, image = self.transformer(image, places, tokens)
        pixels = self._upscale(image)
        of_masks = tokens[:, 1 : 1 + MASKS].unbind(1)
        weights = [mlp(t) for mlp, t in zip(self.output_hypernetworks_mlps, of_masks)]
        logits = pixels.flatten(1, 3) @ torch.stack(weights, dim=2)
        # (B, row, column, 2, 2 and once more 2, 2 within the cell, mask)
        logits = logits.view(batch, GRID, GRID, 2, 2, 2, 2, MASKS)
        logits = logits.permute(0, 7, 1, 3, 5, 2, 4, 6)
        side = 4 * GRID
        return logits.reshape(batch, MASKS, side, side), self.iou_prediction_head(tokens[:, 0])

    def _upscale(self, image: Tensor) -> Tensor:
        """`output_upscaling` of the grid's cells (B, 4096, 256): (B, 4096, 4, 4, 32).

        A transposed convolution of 2 × 2 with step 2 is a linear layer for each cell, whose results
        are its four quarters. The channels stay last and nothing is moved about until the masks,
        which have far fewer of them.
        """
        first, norm, _, second, _ = self.output_upscaling
        x = normed(_quarters(image, first), norm.weight, norm.bias, norm.epsilon)
        x = functional.gelu(x)
        return functional.gelu(_quarters(x, second))


def _quarters(x: Tensor, conv: nn.ConvTranspose2d) -> Tensor:
    """(…, channels) becomes (…, 4, channels of the convolution)."""
    weight = conv.weight.permute(2, 3, 1, 0).flatten(0, 2)
    return functional.linear(x, weight, conv.bias.repeat(4)).unflatten(-1, (4, -1))

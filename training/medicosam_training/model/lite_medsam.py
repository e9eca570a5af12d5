"""The whole network, and its checkpoint."""

from pathlib import Path

import torch
from torch import Tensor, nn

from .mask_decoder import MaskDecoder
from .prompt_encoder import PromptEncoder
from .tiny_vit import TinyVit


class LiteMedSam(nn.Module):
    """LiteMedSAM: 435 tensors, 9,791,300 parameters, of which the encoder has 5,726,740."""

    def __init__(self):
        super().__init__()
        self.image_encoder = TinyVit()
        self.prompt_encoder = PromptEncoder()
        self.mask_decoder = MaskDecoder()

    def answer(
        self,
        embeddings: Tensor,
        places: Tensor,
        kinds: Tensor,
        previous: Tensor,
        given: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, 4, 256, 256) and predicted IoU (B, 4) of the four masks.

        Embeddings (B, 256, 64, 64); places (B, N, 2) in pixels of the encoder's input and their
        kinds (B, N); previous logits (B, 1, 256, 256), and (B) who has them as a prompt.
        """
        tokens = self.prompt_encoder.tokens(places, kinds)
        dense = self.prompt_encoder.dense(previous, given)
        grid = self.prompt_encoder.grid_positions()
        return self.mask_decoder(embeddings, grid, tokens, dense)


def load_checkpoint(path: Path) -> LiteMedSam:
    """The network with the weights of a flat state dict; every tensor must be there, and no other."""
    model = LiteMedSam()
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
    return model.eval()

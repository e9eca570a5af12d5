"""LiteMedSAM in PyTorch, with the names of tensors that its checkpoint has."""

from .lite_medsam import LiteMedSam, load_checkpoint

__all__ = ["LiteMedSam", "load_checkpoint"]

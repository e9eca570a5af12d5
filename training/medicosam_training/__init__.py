"""Fine-tunes LiteMedSAM's prompt encoder and mask decoder so that points work."""

"""Embedding slices with the frozen encoder."""

from pathlib import Path

import numpy as np
import torch

from .model import load_checkpoint


class Encoder:
    """The published encoder: in PyTorch, or, five times faster, its ONNX graph in ONNX Runtime.

    `medicosamd setup` leaves the graph at `models/litemedsam/encoder.onnx` in the data folder.
    """

    def __init__(self, checkpoint: Path, graph: Path | None, threads: int):
        self.session = self.network = None
        if graph is None:
            self.network = load_checkpoint(checkpoint).image_encoder
            return
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(graph, options)

    def embed(self, picture: np.ndarray) -> np.ndarray:
        """The embedding (256, 64, 64) of a picture (256, 256) with values 0..1."""
        pixels = np.repeat(picture[None, None], 3, axis=1).astype(np.float32)
        if self.session is not None:
            (embedding,) = self.session.run(None, {"image": pixels})
            return embedding[0]
        with torch.inference_mode():
            return self.network(torch.from_numpy(pixels))[0].numpy()

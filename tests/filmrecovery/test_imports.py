"""What Gaffer's own interpreter imports must need no more than it has, or can have, there."""

import subprocess
import sys

import pytest

# Gaffer brings its own OpenImageIO and OpenColorIO; two in one process do not go together.
PACKAGES = ["OpenImageIO", "PyOpenColorIO", "scipy", "skimage", "PIL", "onnx"]


FOR_GAFFER = [
    "filmrecovery.base.declared_settings",
    "filmrecovery.training.train_settings",
    "filmrecovery.base.recovery_modes",
    "filmrecovery.film.pair_roles",
    "filmrecovery.model.model_header",
    "filmrecovery.picture.aces",
    "filmrecovery.film.frame_encoding",
    "filmrecovery.base.atomic",
    "filmrecovery.reference.matching.match_settings",
    "filmrecovery.reference.registration.align_settings",
    "filmrecovery.reference.curation.shared_crop",
    "filmrecovery.reference.curation.selection_settings",
    "filmrecovery.reference.curation.selection_file",
    "filmrecovery.reference.matching.frame_match",
    "filmrecovery.base.records",
    "filmrecovery.provenance.header_keys",
    "filmrecovery.provenance.provenance_text",
    "filmrecovery.provenance.hash_list",
    "filmrecovery.validation.validate_settings",
    "filmrecovery.validation.validation_record",
    "filmrecovery.painting.painting_settings",
    "filmrecovery.film.scope",
    "filmrecovery.matchgrade.match_grade_settings",
    "filmrecovery.matchgrade.grade_record",
    "filmrecovery.validation.criteria",
]
WITH_TORCH = [
    "filmrecovery.model.model_file",
    "filmrecovery.model.inference",
    "filmrecovery.model.device",
    "filmrecovery.picture.warp",
    "filmrecovery.reference.alignment.alignment_file",
]


@pytest.mark.parametrize(
    ("modules", "forbidden"),
    [
        (FOR_GAFFER, ["torch", "numpy", *PACKAGES]),
        (WITH_TORCH, [*PACKAGES, "cv2"]),
        (["filmrecovery.model.source_preparation"], ["torch", *PACKAGES, "cv2"]),
        (["filmrecovery.cli"], ["torch"]),
    ],
)
def test_modules_import_no_more_than_they_may(modules: list[str], forbidden: list[str]) -> None:
    script = f"import {', '.join(modules)}, sys; print(' '.join(name for name in {forbidden} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

"""What import-linter cannot see: see [tool.importlinter] of pyproject.toml for what it can.

What Gaffer's own interpreter imports must need no more than it has, or can have, there.
"""

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

# Gaffer brings its own OpenImageIO and OpenColorIO; two in one process do not go together.
PACKAGES = ["OpenImageIO", "PyOpenColorIO", "scipy", "skimage", "PIL", "onnx"]

FOR_GAFFER = [
    "filmrecovery.base.declared_settings",
    "filmrecovery.training.runs.train_settings",
    "filmrecovery.base.recovery_modes",
    "filmrecovery.film.elements.pair_roles",
    "filmrecovery.model.model_header",
    "filmrecovery.model.balance_settings",
    "filmrecovery.model.clean_settings",
    "filmrecovery.picture.aces",
    "filmrecovery.film.frames.frame_encoding",
    "filmrecovery.film.frames.frame_seal",
    "filmrecovery.base.atomic",
    "filmrecovery.base.message_lines",
    "filmrecovery.reference.matching.match_settings",
    "filmrecovery.reference.registration.align_settings",
    "filmrecovery.reference.curation.shared_crop",
    "filmrecovery.reference.curation.selection_settings",
    "filmrecovery.reference.curation.selection_file",
    "filmrecovery.reference.matching.frame_match",
    "filmrecovery.base.records",
    "filmrecovery.provenance.header_keys",
    "filmrecovery.provenance.provenance_text",
    "filmrecovery.film.checks.hash_list",
    "filmrecovery.validation.validate_settings",
    "filmrecovery.validation.validation_record",
    "filmrecovery.painting.painting_settings",
    "filmrecovery.assets.held_versions",
    "filmrecovery.assets.connection",
    "filmrecovery.publishing.publish_settings",
    "filmrecovery.film.elements.scope",
    "filmrecovery.film.headers.dpx_layout",
    "filmrecovery.film.frames.file_kind",
    "filmrecovery.film.frames.colour_model",
    "filmrecovery.film.movies.movie_record",
    "filmrecovery.film.movies.unpack_settings",
    "filmrecovery.film.elements.spread_frames",
    "filmrecovery.matchgrade.match_grade_settings",
    "filmrecovery.matchgrade.grade_record",
    "filmrecovery.validation.criteria",
    "filmrecovery.validation.criteria_table",
    "filmrecovery.validation.report_folder",
    "filmrecovery.training.pairs.outlier_record",
    "filmrecovery.training.runs.run_progress",
    "filmrecovery.reference.curation.shot_list",
    "filmrecovery.farm.submit",
]
WITH_NUMPY = [
    "filmrecovery.film.headers.dpx_picture",
    "filmrecovery.film.frames.orientation",
    "filmrecovery.model.source_preparation",
    "filmrecovery.reference.alignment.alignment_file",
    "filmrecovery.training.pairs.pair_manifest",
]
WITH_TORCH = [
    "filmrecovery.model.model_file",
    "filmrecovery.model.inference",
    "filmrecovery.model.device",
    "filmrecovery.picture.warp",
    *WITH_NUMPY,
]


@pytest.mark.parametrize(
    ("modules", "forbidden"),
    [
        (FOR_GAFFER, ["torch", "numpy", "opentimelineio", *PACKAGES]),
        (WITH_TORCH, [*PACKAGES, "cv2"]),
        (WITH_NUMPY, ["torch", *PACKAGES, "cv2"]),
        (["filmrecovery.cli"], ["torch", "werkzeug"]),
    ],
)
def test_modules_import_no_more_than_they_may(modules: list[str], forbidden: list[str]) -> None:
    script = f"import {', '.join(modules)}, sys; print(' '.join(name for name in {forbidden} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_verb_is_found_without_the_packages_of_the_others() -> None:
    forbidden = {"numpy", "OpenImageIO", "PyOpenColorIO", "PIL", "scipy", "torch"}
    script = "import sys; from filmrecovery.cli import main\n"
    script += f"try: main(['check', '--help'])\nfinally: print(*{forbidden} & {{*sys.modules}}, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "usage:" in done.stdout
    assert done.stderr.split() == []


@pytest.mark.parametrize(
    ("room", "packages"),
    # onnxruntime is the ONNX export's, a contract holds the other modules back from it.
    [("base", {"tqdm"}), ("model", {"numpy", "torch", "safetensors", "onnxruntime"})],
)
def test_rooms_for_gaffer_import_no_package_that_nobody_thought_of(room: str, packages: set[str]) -> None:
    graph = grimp.build_graph("filmrecovery", include_external_packages=True)
    modules = {f"filmrecovery.{room}", *graph.find_descendants(f"filmrecovery.{room}")}
    imported = {name.split(".")[0] for module in modules for name in graph.find_modules_directly_imported_by(module)}
    assert imported - set(sys.stdlib_module_names) - {"filmrecovery"} <= packages


def test_startup_scripts_leave_everything_to_the_interface() -> None:
    scripts = list((CHECKOUT / "startup").rglob("*.py"))
    assert scripts
    for script in scripts:
        nodes = list(ast.walk(ast.parse(script.read_text(encoding="utf-8"))))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        packages = {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names)
        assert packages <= {"GafferRecovery", "GafferRecoveryUI"}, script

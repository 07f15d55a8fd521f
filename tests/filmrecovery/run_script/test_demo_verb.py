"""`run demo` leaves the recovery to Gaffer where there is one."""

import pytest
from run_checkout import call, calls_of, needs_posix

from filmrecovery.trials.demo import PROJECT


@pytest.fixture
def engine(tmp_path):
    """A folder with an engine that writes down its calls, leaves the demo's project and ends with its status."""

    def make(status=0):
        (tmp_path / "filmrecovery.py").write_text(
            "import pathlib, sys\n"
            "folder = pathlib.Path(sys.argv[sys.argv.index('--folder') + 1])\n"
            "folder.mkdir(exist_ok=True)\n"
            f"(folder / 'project.toml').write_text({PROJECT!r}, encoding='utf-8')\n"
            "print(sys.argv[1:])\n"
            f"sys.exit({status})\n"
        )
        return tmp_path

    return make


def test_demo_without_gaffer_is_the_engines(root, variables, engine):
    folder = engine(7)
    result = call(root, "demo", "--folder", "here", cwd=folder, env=variables)
    assert result.stdout.splitlines() == [str(["demo", "--folder", str(folder / "here")])]
    assert result.returncode == 7
    assert "The engine recovers the film" in result.stderr
    assert "no Gaffer on PATH" in result.stderr


@needs_posix
def test_demo_with_gaffer_is_recovered_by_the_graph(root, variables, installation, engine):
    folder = engine()
    result = call(root, "demo", cwd=folder, env={**variables, "GAFFER_ROOT": str(installation)})
    assert result.returncode == 0, result.stderr
    assert str(installation / "bin" / "gaffer") in result.stderr
    demo = folder / "demo"
    recovered = str(demo / "gaffer" / "demo" / "delivery" / "demo_recovered.####.exr")
    assert result.stdout.splitlines() == [
        str(["demo", "--folder", str(demo), "--film-only"]),
        str(["demo", "--folder", str(demo), "--recovered", recovered]),
    ]

    ((arguments, _, seen),) = calls_of(installation)
    script = str(root / "graphs" / "combinedRecovery.gfr")
    assert arguments[:8] == ["dispatch", "-script", script, "-tasks", "Validate", "-dispatcher", "Local", "-settings"]
    assert seen["GAFFER_EXTENSION_PATHS"] == str(root)
    names, expressions = arguments[8::2], arguments[9::2]
    assert dict(zip(names, map(eval, expressions), strict=True)) == {
        "-dispatcher.framesMode": 2,
        "-dispatcher.frameRange": "1-48",
        "-dispatcher.jobsDirectory": f"{demo}/gaffer/jobs",
        "-Settings.folder": f"{demo}/gaffer",
        "-Settings.shot": "demo",
        "-Settings.film": "Demo film",
        "-Settings.sourceFiles": f"{demo}/elements/faded/faded.####.exr",
        "-Settings.spatialReferenceFiles": f"{demo}/elements/internegative/internegative.####.exr",
        "-Settings.chromaReferenceFiles": f"{demo}/elements/video/video.####.exr",
        "-Settings.sourceSpace": "srgb_tx",
        "-Settings.spatialReferenceSpace": "srgb_tx",
        "-Settings.chromaReferenceSpace": "srgb_tx",
        "-Settings.severalShots": True,
        "-ChromaGroundTruth.median": 4,
        "-SpatialTrain.size": "small",
        "-SpatialTrain.steps": 2000,
        "-SpatialTrain.patchSize": 256,
        "-SpatialTrain.batchSize": 2,
        "-SpatialTrain.learningRate": 0.02,
        "-ChromaTrain.size": "small",
        "-ChromaTrain.steps": 200,
        "-ChromaTrain.patchSize": 256,
        "-ChromaTrain.batchSize": 2,
        "-ChromaTrain.learningRate": 0.02,
        "-Settings.restorationist": "Film Recovery",
        "-Settings.institution": "Film Recovery, the demo",
        "-Settings.sourceElement": "16 mm print, simulated",
        "-Settings.referenceSource": "35 mm internegative and video, simulated",
    }
    assert "report, chroma" in result.stderr


@needs_posix
def test_demo_ends_where_gaffer_fails(root, variables, installation, engine):
    (installation / "status").write_text("4")
    result = call(root, "demo", cwd=engine(), env={**variables, "GAFFER_ROOT": str(installation)})
    assert result.returncode == 4
    assert "Gaffer's dispatch ended with status 4" in result.stderr
    assert len(result.stdout.splitlines()) == 1

"""The benchmark of a film of several shots, on pictures whose fading is known."""

import json

import numpy as np
import pytest
from scipy.ndimage import zoom
from scipy.stats import spearmanr

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.inference import doubt_of
from filmrecovery.model.model_file import load_model
from filmrecovery.picture.luma import luma
from filmrecovery.picture.measures import psnr
from filmrecovery.training.runs.train_settings import TrainSettings
from filmrecovery.trials.sequence_benchmark import COLUMNS, STEADY_COLUMNS, benchmark_sequence
from filmrecovery.validation.flicker import mean_fields
from filmrecovery.validation.steadiness import steadiness

FADINGS = {"warm": (1.0, 0.8, 0.6), "cool": (0.6, 0.8, 1.0)}
ROWS = [("train", 1, "warm"), ("train", 2, "warm"), ("train", 3, "cool"), ("train", 4, "cool")]
# The warm shot has three pictures in a row, the cool one three of two sizes.
TESTS = [("test", frame, shot) for frame, shot in enumerate(["warm", "cool"] * 3, start=1)]


def write(folder, frame, shot, rows):
    random = np.random.default_rng([frame, folder.name == "test"])
    truth = np.kron(random.random((rows, 12, 3)), np.ones((8, 8, 1))).astype(np.float32) * 0.6 + 0.2
    for kind, picture in (("input", truth * np.array(FADINGS[shot], np.float32)), ("target", truth)):
        write_frame(folder / f"{kind}.{frame:04d}.exr", frame_from_rgb(picture), "float")


@pytest.fixture
def film(tmp_path):
    for part, frame, shot in ROWS + TESTS:
        write(tmp_path / "film" / part, frame, shot, rows=11 if (part, frame) == ("test", 6) else 10)
    lines = ["part,frame,shot", *(",".join(map(str, row)) for row in ROWS + TESTS)]
    (tmp_path / "film" / "shots.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "film"


def test_it_tells_of_each_unseen_picture_how_far_every_result_is_from_its_target(film, tmp_path, capsys):
    options = ["--mode", "plain", "--size", "small", "--steps", "6", "--patch-size", "64", "--device", "cpu"]
    assert main(["benchmark", str(film), str(tmp_path / "out"), *options]) == 0
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert [one["shot"] for one in figures["pictures"].values()] == ["warm", "cool"] * 3
    mean = figures["mean"]
    assert tuple(mean)[: len(COLUMNS)] == COLUMNS
    # The two shots faded in opposite ways: one gain or LUT cannot serve both, and a shot's own can.
    assert mean["shot_lut"] > mean["film_lut"] + 3
    assert mean["pooled"] > mean["film_lut"] + 2
    assert mean["film_lut"] > mean["input"]
    for frame, one in figures["pictures"].items():
        recovered = read_frame(tmp_path / "out" / "result" / f"recovered.{int(frame):04d}.exr").rgb
        truth = read_frame(film / "test" / f"target.{int(frame):04d}.exr").rgb
        assert one["model"] == pytest.approx(psnr(np.clip(recovered, 0, 1), truth), abs=1e-3)
        assert one["model"] != one["input"]
    table = (tmp_path / "out" / "figures.md").read_text()
    assert table in capsys.readouterr().out
    assert f"| 2 | cool | {figures['pictures']['2']['input']:.2f} |" in table

    # Pictures of two sizes are not whole frames of a shot, and tell nothing of what its colour does over time.
    (steady,) = figures["steadiness"].values()
    assert list(figures["steadiness"]) == ["warm"]
    frames = (1, 3, 5)
    pictures = {
        "model": [tmp_path / "out" / "result" / f"recovered.{frame:04d}.exr" for frame in frames],
        "input": [film / "test" / f"input.{frame:04d}.exr" for frame in frames],
        "target": [film / "test" / f"target.{frame:04d}.exr" for frame in frames],
    }
    fields = {
        name: {frame: mean_fields(read_frame(path).rgb.clip(0, 1)) for frame, path in zip(frames, paths, strict=True)}
        for name, paths in pictures.items()
    }
    for what in ("flicker", "drift"):
        assert tuple(steady[what]) == STEADY_COLUMNS
        for name in ("model", "input"):
            expected = getattr(steadiness(fields[name], fields["target"]), what)
            assert steady[what][name] == pytest.approx(expected, abs=1e-6)
            # The shot's own LUT has hardly an error that could come and go with what is in the picture.
            assert steady[what]["shot_lut"] < 0.01 * steady[what][name]
        assert f"| {what} | warm | {steady[what]['input']:.4f} |" in table


def test_where_detail_alone_is_recovered_colours_that_are_off_do_not_count(film, tmp_path):
    options = ["--mode", "spatial", "--steps", "2", "--patch-size", "64", "--device", "cpu"]
    assert main(["benchmark", str(film), str(tmp_path / "out"), *options]) == 0
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    # Of all channels the model would flicker like the input, whose colours it leaves as they are.
    flicker = figures["steadiness"]["warm"]["flicker"]
    assert flicker["model"] < 0.5 * flicker["input"]
    for frame, one in figures["pictures"].items():
        recovered = read_frame(tmp_path / "out" / "result" / f"recovered.{int(frame):04d}.exr").rgb.clip(0, 1)
        truth = read_frame(film / "test" / f"target.{int(frame):04d}.exr").rgb
        assert one["model"] == pytest.approx(psnr(luma(recovered), luma(truth)), abs=1e-3)
        assert one["model"] > psnr(recovered, truth) + 1


def test_each_picture_counts_as_a_shot_where_a_quarter_of_it_is_kept_out(tmp_path, capsys):
    random = np.random.default_rng(1)
    for frame, fading in enumerate((*FADINGS.values(), (1.0, 0.6, 0.8)), start=1):
        truth = zoom(random.random((12, 12, 3)), (16, 16, 1), order=1).astype(np.float32) * 0.6 + 0.2
        for kind, picture in (("input", truth * np.array(fading, np.float32)), ("target", truth)):
            write_frame(tmp_path / "crops" / f"{kind}.{frame:04d}.exr", frame_from_rgb(picture), "float")
    options = ["--mode", "chroma", "--steps", "3", "--patch-size", "64", "--device", "cpu", "--unseen-quadrant"]
    assert main(["benchmark", str(tmp_path / "crops"), str(tmp_path / "out"), *options]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("crops, unseen quadrant: ")]
    errors = {line[24:32].strip(): float(line.split("chroma rms ")[1].split(",")[0]) for line in lines}
    assert list(errors) == ["input", "LUT", "shot LUT", "result"]
    assert errors["shot LUT"] < 0.3 * errors["LUT"]
    assert errors["result"] < 0.5 * errors["LUT"]


def means_of_blocks(values):
    rows, columns = (range(0, side, 16) for side in values.shape)
    return np.array([[values[row : row + 16, column : column + 16].mean() for column in columns] for row in rows])


def test_it_tells_whether_the_doubt_of_the_model_is_right(film, tmp_path):
    options = ["--mode", "plain", "--members", "2", "--steps", "2", "--patch-size", "64", "--device", "cpu"]
    assert main(["benchmark", str(film), str(tmp_path / "out"), *options]) == 0
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    network, description = load_model(tmp_path / "out" / "run" / "model.safetensors")
    squares = []
    for frame, one in figures["pictures"].items():
        frame, shot = int(frame), one["shot"]
        source, truth = (read_frame(film / "test" / f"{kind}.{frame:04d}.exr").rgb for kind in ("input", "target"))
        recovered = read_frame(tmp_path / "out" / "result" / f"recovered.{frame:04d}.exr").rgb
        told = doubt_of(network, source, description.shot_number(shot))
        blocks = [
            means_of_blocks(values).ravel() for values in (told**2, np.square(np.clip(recovered, 0, 1) - truth).mean(2))
        ]
        assert one["doubt_rank"] == pytest.approx(spearmanr(*blocks).statistic, abs=1e-3)
        squares.append(blocks)
    mean, pooled = figures["mean"], np.concatenate(squares, axis=1)
    ranks = [one["doubt_rank"] for one in figures["pictures"].values()]
    assert mean["doubt_rank"] == pytest.approx(np.mean(ranks))
    assert mean["pooled_doubt_rank"] == pytest.approx(spearmanr(*pooled).statistic, abs=1e-3)
    expected, error = np.sqrt(pooled.mean(1))
    assert mean["expected_over_true_error"] == pytest.approx(expected / error, rel=1e-3)
    table = (tmp_path / "out" / "figures.md").read_text()
    assert f"| {ranks[1]:.2f} |" in table
    assert f"rank correlation {mean['pooled_doubt_rank']:.2f}, expected over true error" in table


def test_a_picture_that_the_list_names_and_the_folder_lacks_is_told(film, tmp_path):
    (film / "train" / "target.0003.exr").unlink()
    with pytest.raises(ElementError, match=r"train: 0 pictures are named target\.0003"):
        benchmark_sequence(TrainSettings(), film, tmp_path / "out", "chroma")


def test_a_quarter_is_not_kept_out_where_there_are_pictures_to_measure(film, tmp_path, capsys):
    assert main(["benchmark", str(film), str(tmp_path / "out"), "--mode", "plain", "--unseen-quadrant"]) != 0
    assert "leave it out" in capsys.readouterr().err


def test_a_list_without_its_columns_is_refused(film, tmp_path):
    (film / "shots.csv").write_text("frame,shot\n1,warm\n")
    with pytest.raises(FileError, match=r"shots\.csv: not a list of shots"):
        benchmark_sequence(TrainSettings(), film, tmp_path / "out", "chroma")


@pytest.mark.parametrize("line", ["train,1", "train,1,", "train,1,..", "train,1,../warm"])
def test_a_line_without_a_shot_is_refused(film, tmp_path, line):
    with open(film / "shots.csv", "a") as file:
        file.write(f"{line}\n")
    with pytest.raises(FileError, match=r"shots\.csv: not a list of shots"):
        benchmark_sequence(TrainSettings(), film, tmp_path / "out", "chroma")


def test_pictures_of_another_film_are_not_trained_on(film, tmp_path, capsys):
    write(tmp_path / "out" / "pairs", 9, "cool", rows=10)
    options = ["--mode", "plain", "--size", "small", "--steps", "1", "--patch-size", "64", "--device", "cpu"]
    assert main(["benchmark", str(film / "train"), str(tmp_path / "out"), *options]) == 1
    assert "input.0009.exr: is none of the pictures of" in capsys.readouterr().err


def test_a_folder_without_pictures_is_named(tmp_path, capsys):
    assert main(["benchmark", str(tmp_path / "film"), str(tmp_path / "out"), "--mode", "plain"]) == 1
    assert f"{tmp_path / 'film'}: holds no input.####" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

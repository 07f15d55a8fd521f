"""Damages a sample of every file that the engine reads, and reads it: success, or one named error, in time and memory.

    python tests/filmrecovery/campaigns/fuzz_readers.py --count 100000 --seed 1
    python tests/filmrecovery/campaigns/fuzz_readers.py --reader model --only 4711

The second call does one input again, in this process. Linux alone.
"""

import argparse
import collections
import functools
import json
import os
import random
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import OpenImageIO
import opentimelineio as otio
import torch
from forked import Ending, endings
from mutations import mutated
from PIL import Image, ImageCms, PngImagePlugin
from tiny_recovery import STAGES, write_elements

sys.path.append(str(Path(__file__).resolve().parents[1]))
from timecode_scan import scan

from filmrecovery.assets.held_versions import HeldVersion, read_held, write_held
from filmrecovery.cli import main
from filmrecovery.delivering.delivery_folder import read_delivery
from filmrecovery.farm.task_tree import FRAMES, Needs, Task, TaskTree, read_tree, write_tree
from filmrecovery.film.checks.content_hash import picture_hashes
from filmrecovery.film.checks.hash_list import CHAIN_NAME, FOLDER_NAME, hash_file
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.elements.scope import read_scopes
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.frame_header import with_texts
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.headers.png_orientation import hidden_orientation_problem
from filmrecovery.film.headers.stated_codes import stated_bits
from filmrecovery.film.headers.stated_colour import stated_colour
from filmrecovery.film.headers.tiff_strips import deflate_problem
from filmrecovery.film.movies.movie_record import read_movie_record
from filmrecovery.film.movies.survey import survey
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.film.products.freshness import is_current
from filmrecovery.matchgrade.grade_record import read_grade_record
from filmrecovery.matchgrade.lut_file import load_lut
from filmrecovery.model.balance import read_balance
from filmrecovery.model.model_file import load_model
from filmrecovery.model.model_header import read_model_header
from filmrecovery.painting.painted_file import read_painted
from filmrecovery.painting.painting_record import read_painting
from filmrecovery.project.load_project import load_project
from filmrecovery.provenance.provenance_settings import read_provenance
from filmrecovery.provenance.provenance_text import provenance_text
from filmrecovery.provenance.seal import verify
from filmrecovery.provenance.sidecars import read_sidecar
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.curation.selection_file import read_selection
from filmrecovery.reference.curation.shared_crop import read_crop
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.reference.matching.frame_match import read_matches
from filmrecovery.report.training_plots import training_plots
from filmrecovery.training.learning.train import train_for
from filmrecovery.training.pairs.outlier_record import read_rounds
from filmrecovery.training.pairs.pair_manifest import read_manifest
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.run_overview import read_run
from filmrecovery.training.runs.run_requests import ask_for_steps, read_request
from filmrecovery.training.runs.train_settings import TrainSettings
from filmrecovery.validation.validation_record import read_validation

SECONDS, MEMORY = 10, 1 << 30
"""What reading one file may take: seconds of a processor, and bytes."""

_PROJECT = Path(__file__).resolve().parents[3] / "python" / "filmrecovery" / "project" / "project.example.toml"


@dataclass(frozen=True)
class Reader:
    """A kind of file: a sample of it in the folder of samples, and what reads it."""

    name: str
    sample: str
    read: Callable[[Path], object]
    weight: float = 1.0
    """How often it is drawn."""
    folder: str | None = None
    """What is copied with it, for readers of a folder."""


@dataclass(frozen=True)
class Case:
    reader: str
    number: int
    ending: Ending

    def __str__(self) -> str:
        return f"--reader {self.reader} --only {self.number}: {self.ending.kind}\n{self.ending.text}"


def _picture(path: Path) -> None:
    read_header(path)
    picture_hashes([path])
    read_frame(path)


def _statements(path: Path) -> None:
    """What is read of a header besides the picture."""
    stated_colour(path)
    stated_bits(path)
    hidden_orientation_problem(path)
    deflate_problem(path)


def _model(path: Path) -> None:
    read_model_header(path)
    load_model(path)


def _shots(path: Path) -> None:
    read_shots(path, find_element("source.####.exr"))


def _shots_by_timecode(path: Path) -> None:
    read_shots(path, find_element("timecode/print.####.exr"))


def _lut(path: Path) -> None:
    load_lut(path)(np.linspace(0, 1, 96, dtype=np.float32).reshape(4, 8, 3))


def _run(path: Path) -> None:
    run = RunFolder(path.parent)
    training_plots(run.entries(), "chroma")
    read_run(path.parent)
    run.rewind(4)
    run.claim_identity({"steps": 3})


def _resume(path: Path) -> None:
    train_for(_TRAINING, [Path("pairs")], path.parent.parent / "model.safetensors")


# What decides the training is as in the stage; it need not report.
_TRAINING = TrainSettings(steps=6, patch_size=64, members=1, report_interval=1000, device="cpu")


def _hash_list(path: Path) -> None:
    chain = path.parent / CHAIN_NAME
    if path != chain:
        # As whoever changes a list on purpose does.
        text = chain.read_text(encoding="utf-8")
        begin, end = text.index("<c4>"), text.index("</c4>")
        chain.write_text(text[: begin + 4] + hash_file(path, ["c4"])["c4"] + text[end:], encoding="utf-8")
    verify(path.parent.parent)


def _sidecar(path: Path) -> None:
    provenance_text(read_sidecar(path))


def _record(path: Path) -> None:
    is_current(path, "delivery 1; settings a; content b")
    read_delivery(path.parent)


def _movie(path: Path) -> None:
    survey(UnpackSettings(), path, "")


_TRAINED = "run/run-*"
_MOVIES = {"mkv": ("ffv1", "gbrp10le"), "mov": ("prores_ks", "yuv422p10le"), "mpg": ("mpeg2video", "yuv420p")}
_DELIVERY = "deliveries/Film_S1_v001"

READERS = (
    *(Reader(f"exr-{name}", f"pictures/{name}.0001.exr", _picture) for name in ("zip", "dwaa", "aces", "float")),
    *(Reader(name, f"pictures/frame.0001.{name}", _picture, 2.0) for name in ("dpx", "tif", "png", "jpg")),
    *(Reader(f"{name}-header", f"headers/frame.0001.{name}", _statements) for name in ("tif", "png")),
    Reader("dpx-user-data", "pictures/userdata.0001.dpx", _picture, 2.0),
    *(Reader(f"movie-{name}", f"movies/film.{name}", _movie) for name in _MOVIES),
    Reader("movie-record", "movies/film.movie.json", read_movie_record),
    Reader("painted", "painting/paint.0002.tif*", lambda path: read_painted(path, "srgb_tx")),
    Reader("model", "run/model.safetensors", _model, 2.0),
    Reader("checkpoint", f"{_TRAINED}/checkpoint.safetensors", _resume, 0.2, "run"),
    Reader("metrics", f"{_TRAINED}/metrics.jsonl", _run, 1.0, _TRAINED),
    Reader("training", f"{_TRAINED}/training.json", _run, 1.0, _TRAINED),
    Reader("run-status", f"{_TRAINED}/status.json", lambda path: read_run(path.parent), 1.0, _TRAINED),
    Reader("run-request", f"{_TRAINED}/request.json", lambda path: read_request(path.parent), 1.0, _TRAINED),
    Reader("project", "project.toml", load_project, 2.0),
    Reader("tasks", "tasks.json", read_tree),
    Reader("matches", "matches.json", read_matches),
    Reader("shots", "shots.json", lambda path: (_shots(path), read_scopes(path))),
    Reader("timeline", "shots.otio", _shots),
    Reader("edit-list", "shots.edl", _shots_by_timecode),
    Reader("final-cut", "shots.xml", _shots_by_timecode, 2.0),
    Reader("alignment", "alignment.json", read_alignment),
    Reader("crop", "crop.json", read_crop),
    Reader("selection", "selection.json", read_selection),
    Reader("balance", "balance.json", read_balance),
    Reader("outliers", "outliers.json", read_rounds),
    Reader("assets", "assets.json", read_held),
    Reader("manifest", "pairs/manifest.json", lambda path: read_manifest(path.parent), 1.0, "pairs"),
    Reader("validation", "report/report.json", read_validation),
    Reader("grade", "grade.json", read_grade_record),
    Reader("lut-clf", "grade.clf", _lut, 0.5),
    Reader("lut-cube", "grade.cube", _lut, 0.5),
    Reader("painting", "painting/painting.json", lambda path: read_painting(path.parent)),
    Reader("provenance-toml", "provenance.toml", read_provenance),
    Reader("provenance-json", "provenance.json", read_provenance),
    Reader("sidecar", f"{_DELIVERY}/masters/zip/*.provenance.json", _sidecar),
    Reader("delivery", f"{_DELIVERY}/delivery.json", _record),
    Reader("hash-list", f"{_DELIVERY}/{FOLDER_NAME}/*.mhl", _hash_list, 1.0, _DELIVERY),
    Reader("hash-chain", f"{_DELIVERY}/{FOLDER_NAME}/{CHAIN_NAME}", _hash_list, 1.0, _DELIVERY),
)


def write_samples(folder: Path) -> None:
    """Writes a whole file of every kind, most of them by a recovery of a tiny film. Changes the current folder."""
    write_elements(folder)
    os.chdir(folder)
    for stage in STAGES:
        if stage.name not in ("export", "merge", "grade") and main(list(stage.arguments)) != 0:
            raise RuntimeError(f"{stage.name} failed")
    rgb = read_frame(folder / "source.0001.exr").rgb[:24, :32]
    frame = frame_from_rgb(rgb)
    for encoding in ("zip", "dwaa", "aces", "float"):
        write_frame(folder / "pictures" / f"{encoding}.0001.exr", frame, encoding)
    for suffix in ("dpx", "tif", "png", "jpg"):
        write_frame(folder / "pictures" / f"frame.0001.{suffix}", frame)
    _write_headers(folder / "headers")
    _write_user_data(folder / "pictures" / "userdata.0001.dpx", frame)
    (folder / "timecode").mkdir()
    scan(folder / "timecode", range(101, 151))
    _write_timelines(folder)
    for suffix, (codec, pixel_format) in _MOVIES.items():
        _write_movie(folder / "movies" / f"film.{suffix}", codec, pixel_format)
    unpack(UnpackSettings(), folder / "movies" / "film.mkv", str(folder / "movies" / "film.####.exr"))
    shutil.copy(_PROJECT, folder / "project.toml")
    (folder / "provenance.toml").write_text('film_title = "Film"\nshot = "S1"\nconstructed_reference = false\n')
    (folder / "provenance.json").write_text('{"film_title": "Film", "shot": "S1", "constructed_reference": false}')
    round_ = {"frames": "1,2", "validated": "0" * 64, "start_from": "model.safetensors"}
    ask_for_steps(next(folder.glob(_TRAINED)), 7)
    tasks = (
        Task("Write", ("engine", FRAMES), ("1-4", "5")),
        Task("Train", ("engine",), (), ("Write",), Needs(4, 8000, 1)),
    )
    write_tree(folder / "tasks.json", TaskTree("Film", "/film", tasks, {"OCIO": "config.ocio"}))
    write_held(folder / "assets.json", [HeldVersion("bal:///print", "bal:///print?v=1")])
    (folder / "outliers.json").write_text(json.dumps({"version": 1, "rounds": [round_]}), encoding="utf-8")


def _write_headers(folder: Path) -> None:
    """A TIFF and a PNG that say much of themselves, also where libraries do not look."""
    folder.mkdir()
    exif = Image.Exif()
    exif[274] = 6
    content = exif.tobytes().removeprefix(b"Exif\0\0")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    text = b"\nexif\n" + str(len(content)).encode() + b"\n" + content.hex().encode()
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"sBIT", bytes((8, 8, 8)))
    chunks.add(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    chunks.add(b"eXIf", content, after_idat=True)
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8))
    picture.save(folder / "frame.0001.png", icc_profile=profile, pnginfo=chunks)
    tags = {281: (255, 255, 255), 319: (0.64, 0.33, 0.3, 0.6, 0.15, 0.06)}
    picture.save(folder / "frame.0001.tif", compression="tiff_adobe_deflate", icc_profile=profile, tiffinfo=tags)


def _write_user_data(path: Path, frame: Frame) -> None:
    """A DPX that says the film and what it was made of in its user data, and keeps those of the scan."""
    of_scan = np.frombuffer(b"SCANLOG".ljust(32, b"\0") + bytes(range(256)), np.uint8)
    texts = {"FilmTitle": "Rebelión", "filmrecovery:weights": "0123", "reelName": "A001"}
    described = with_texts(frame, texts)
    described.spec.attribute("dpx:UserData", OpenImageIO.TypeDesc(f"uint8[{len(of_scan)}]"), of_scan)
    write_frame(path, described)


def _write_timelines(folder: Path) -> None:
    """The shots of a scan of 24 frames a second from 01:00:00:00 on, as an edit decision list and as XML."""
    event = "{:03}  PRINT  V  C  01:00:00:{:02} 01:00:00:{:02} 01:00:00:{:02} 01:00:00:{:02}\n* FROM CLIP NAME: {}\n"
    events = [event.format(1, 0, 8, 0, 8, "roof"), event.format(2, 8, 20, 8, 20, "street")]
    (folder / "shots.edl").write_text("TITLE: reel\nFCM: NON-DROP FRAME\n" + "".join(events), encoding="utf-8")
    timeline = otio.schema.Timeline("cut", global_start_time=otio.opentime.RationalTime(0, 24))
    timeline.tracks.append(otio.schema.Track("V1", kind="Video"))
    for name, first, count in (("roof", 0, 8), ("street", 8, 12)):
        media = otio.schema.ExternalReference("file:///scans/reel.mov", _span(0, 50))
        media.name = "reel.mov"
        timeline.tracks[0].append(otio.schema.Clip(name, media, _span(first, count)))
    otio.adapters.write_to_file(timeline, str(folder / "shots.xml"))


def _span(first: int, count: int) -> otio.opentime.TimeRange:
    time = otio.opentime.RationalTime
    return otio.opentime.TimeRange(time(86400 + first, 24), time(count, 24))


def _write_movie(path: Path, codec: str, pixel_format: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        for index in range(6):
            codes = np.random.default_rng(index).integers(0, 256, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(codes).reformat(format=pixel_format)))
        container.mux(stream.encode())


def fuzz(samples: Path, numbers: Sequence[int], seed: int, names: Collection[str] = ()) -> Iterator[Case]:
    """Reads damaged samples, one for each number, and yields how that ended."""
    readers = [reader for reader in READERS if not names or reader.name in names]
    draws = [
        random.Random(f"{seed} {number}").choices(readers, [reader.weight for reader in readers])[0]
        for number in numbers
    ]

    def read(reader: Reader, number: int) -> None:
        os.chdir(samples)
        with tempfile.TemporaryDirectory(prefix="read.", dir=samples) as work:
            reader.read(_damaged(samples, reader, Path(work), f"{seed} {number}"))

    works = [functools.partial(read, *draw) for draw in zip(draws, numbers, strict=True)]
    for reader, number, ending in zip(draws, numbers, endings(works, SECONDS, MEMORY), strict=True):
        yield Case(reader.name, number, ending)


def _damaged(samples: Path, reader: Reader, work: Path, key: str) -> Path:
    """Writes a damaged copy of a reader's sample, with what has to lie beside it, and returns its path."""
    (sample,) = samples.glob(reader.sample)
    folder = sample.parent
    if reader.folder:
        (folder,) = samples.glob(reader.folder)
        shutil.copytree(folder, work / folder.name)
    path = work / folder.name / sample.relative_to(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(mutated(sample.read_bytes(), key))
    return path


def _run_command(arguments: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    began, kinds, faults = time.monotonic(), collections.Counter[str](), 0
    by_reader: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory(prefix="fuzz.samples.") as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        (made,) = endings([lambda: write_samples(Path(folder))], 600, 4 << 30)
        if made.kind != "success":
            raise RuntimeError(f"the samples cannot be made: {made.text}")
        numbers = range(arguments.count) if arguments.only is None else [arguments.only]
        for done, case in enumerate(fuzz(Path(folder), numbers, arguments.seed, arguments.reader), start=1):
            kinds[case.ending.kind] += 1
            by_reader[case.reader][case.ending.kind] += 1
            if case.ending.is_fault:
                faults += 1
                print(case, flush=True)
            elif arguments.only is not None:
                print(case)
            if done % 1000 == 0:
                print(f"{done}: {dict(kinds)}, {time.monotonic() - began:.0f} s", flush=True)
    print("| reader | read | refused by name | faults |\n|---|---|---|---|")
    for reader, ended in sorted(by_reader.items()):
        rest = ended.total() - ended["success"] - ended["error"]
        print(f"| {reader} | {ended['success']} | {ended['error']} | {rest} |")
    print(f"{len(numbers)} inputs, {faults} faults: {dict(kinds)}, {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="inputs (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed damages the same (default: 1)")
    parser.add_argument(
        "--reader", nargs="+", default=(), metavar="NAME", help=", ".join(each.name for each in READERS)
    )
    parser.add_argument("--only", type=int, metavar="NUMBER", help="this input alone")
    sys.exit(_run_command(parser.parse_args()))

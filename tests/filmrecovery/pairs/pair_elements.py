"""What tests of pairs do to the frames of elements and of pairs."""

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.training.pairs.pair_settings import PairSettings

SETTINGS = PairSettings(mode="chroma", frames="1,3", hold_out_frames="2", preview_frames="4", label="A012", median=3)


def rewrite(path, change):
    write_frame(path, frame_from_rgb(change(read_frame(path).rgb)), "float")


def modified(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.suffix == ".exr"}

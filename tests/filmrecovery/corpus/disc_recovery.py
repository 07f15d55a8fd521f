"""A film recovered with a DVD of it as the reference, beside the same with clean frames. Prints figures of the guide.

    python tests/filmrecovery/corpus/disc_recovery.py [steps]

The demo film, faded as a print is, lies as DPX. The reference is a DVD of it (MPEG-2 of 4:2:0, pixels of 8:9, 2:3
pulldown, a cut in the fields; see `simulated_disc`), or the clean frames as EXR. Both go the same way: a project.toml
with `align`, one chroma stage. What is recovered is compared with the film.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from simulated_disc import fields_of, stored_frame, write_disc

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.colour import converter
from filmrecovery.picture.measures import ciede2000
from filmrecovery.project.load_project import load_project
from filmrecovery.project.raw_reference import MATCHES_NAME
from filmrecovery.project.run_project import run_project
from filmrecovery.reference.matching.frame_match import read_matches
from filmrecovery.trials.simulation.demo_film import CUT, film_frame
from filmrecovery.trials.simulation.simulated_elements import faded_print
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

COUNT, WIDTH, HEIGHT = 40, 480, 360
LOST_FIELDS = range(72, 75)
SPACE = "srgb_tx"
FILM = SimulationSettings(uneven=1.0, shot_starts=(CUT,))
REFERENCES = {
    "the disc": 'movie = "disc.vob"\nframes = "1-{last}"',
    "clean frames": 'pattern = "clean.####.exr"\nframes = "1-{last}"',
}
PROJECT = """
title = "Demo film"
shot = "{shot}"
output = "{shot}"
working_space = "srgb_tx"

[elements.print]
pattern = "print.####.dpx"
frames = "1-{count}"
space = "srgb_tx"

[elements.video]
{reference}
space = "srgb_tx"

[[stages]]
name = "chroma"
mode = "chroma"
source = "print"
reference = "video"
align = {{}}
shots = {{}}
train = {{ size = "small", steps = {steps}, patch_size = 128, batch_size = 2 }}

[validate]
enabled = false
"""


def chroma_rms(found: Picture, truth: Picture) -> float:
    """The rms of R'G'B' less luma (BT.709), of values within 0..1."""
    off = np.clip(found, 0, 1) - truth
    off -= (off @ np.array([0.2126, 0.7152, 0.0722]))[..., np.newaxis]
    return float(np.sqrt(np.mean(off**2)))


def main() -> int:
    """Prints the table."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    truths = [np.asarray(film_frame(number, WIDTH, HEIGHT), np.float32) for number in range(1, COUNT + 1)]
    order = fields_of(range(COUNT), LOST_FIELDS)
    kept = sorted(set(order))
    to_shown = converter("lin_ap0", SPACE)
    print("| reference | frames matched | chroma rms | CIEDE2000 |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faded = [np.clip(faded_print(truth, number, FILM), 0, 1) for number, truth in enumerate(truths, start=1)]
        for number, (truth, old) in enumerate(zip(truths, faded, strict=True), start=1):
            write_frame(folder / f"print.{number:04d}.dpx", frame_from_rgb(old))
            write_frame(folder / f"clean.{number:04d}.exr", frame_from_rgb(truth), "float")
        stored = [stored_frame(number, WIDTH, HEIGHT * 8 // 9) for number in range(1, COUNT + 1)]
        write_disc(folder / "disc.vob", stored, order, 4_000_000)
        inner = np.s_[16:-16, 16:-16]
        before = [chroma_rms(old[inner], truth[inner]) for old, truth in zip(faded, truths, strict=True)]
        print(f"| none: the faded print | | {np.mean(before):.4f} | |", flush=True)
        for reference, element in REFERENCES.items():
            shown = list(range(COUNT)) if reference == "clean frames" else kept
            shot = reference.replace(" ", "_")
            text = element.format(last=len(shown))
            path = folder / f"{shot}.toml"
            path.write_text(PROJECT.format(shot=shot, count=COUNT, reference=text, steps=steps))
            project = load_project(path)
            delivered = run_project(path)
            right = {frame + 1: place for place, frame in enumerate(shown, start=1)}
            matches = read_matches(project.folder(project.stages[0]) / "reference" / MATCHES_NAME)
            found = sum(match.reference == right.get(match.source) for match in matches)
            errors, colours = [], []
            for number, truth in enumerate(truths, start=1):
                picture = to_shown(read_frame(delivered.path(number)).rgb)
                errors.append(chroma_rms(picture[inner], truth[inner]))
                if number % 8 == 0:
                    colours.append(ciede2000(picture[inner], truth[inner]))
            line = f"{np.mean(errors):.4f} | {np.mean(colours):.2f}"
            print(f"| {reference} | {found} of {COUNT} | {line} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

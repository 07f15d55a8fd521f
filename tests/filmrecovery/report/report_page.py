"""A validation of simple pictures, and its page as a browser would read it."""

import base64
import io
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from filmrecovery.validation.validation_figures import (
    HoldOut,
    HoldOutFigures,
    Look,
    PairFit,
    ShotFigures,
    ShotFrame,
    Validation,
)
from filmrecovery.validation.verdict import Verdict

FRAMES = range(1, 13)
SPACE = "srgb_tx"
VOID = {"meta", "img", "input", "link", "br", "hr"}
LOOK = {
    "clipped": 0.0,
    "out_of_range": 0.0,
    "grain": 1.0,
    "sharpness": 1.0,
    "halos": 0.01,
    "blotches": 0.001,
    "displacement": 0.0,
}


class Page(HTMLParser):
    """Elements with their attributes, the text, and whether every element is closed in its order."""

    verdict: Verdict

    def __init__(self, path):
        super().__init__()
        self.elements, self.text, self._open = [], "", []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), tag
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] not in ("style", "script"):
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def content(self, tag):
        return self.source.split(f"<{tag}>")[1].split(f"</{tag}>")[0]

    def picture(self, alt):
        (found,) = (attributes for attributes in self.all("img") if attributes["alt"] == alt)
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(found["src"].partition(",")[2]))))


def shot_figures(**changes):
    zero = dict.fromkeys(
        ("luma_rms", "luma_max", "chroma_rms", "chroma_max", "shift_luma", "shift_cb", "shift_cr", "flicker"), 0.0
    )
    return ShotFigures(**LOOK | zero | {"added_flicker": 0.0} | changes)


def hold_out_figures(ciede2000, psnr):
    return HoldOutFigures(
        **LOOK,
        psnr=psnr,
        ssim=0.9,
        ciede2000=ciede2000,
        ciede2000_p95=2 * ciede2000,
        delta_itp=3 * ciede2000,
        delta_itp_p95=6 * ciede2000,
        luma_rms=0.0,
        chroma_rms=ciede2000 / 100,
    )


def validation(elements, frames=FRAMES, fails=(), hold_out=4, model="of no model"):
    """A validation of good figures, but for frames that flicker and leave the source's luma."""

    def figures(frame):
        return shot_figures(luma_rms=0.02, added_flicker=0.01) if frame in fails else shot_figures(chroma_rms=0.05)

    graded = "baseline" in elements
    hold_outs = HoldOut(
        hold_out,
        "shot",
        hold_out_figures(9.0, 20.0),
        hold_out_figures(4.0, 28.5) if graded else None,
        hold_out_figures(1.5, 33.25),
        Look(**LOOK),
    )
    return Validation(
        mode="chroma",
        working_space=SPACE,
        model=model,
        own_pairs=True,
        training_frames="1,12",
        source=elements["source"],
        recovered=elements["recovered"],
        baseline=elements.get("baseline"),
        crop=None,
        pairs=(PairFit(1, "train", "shot", 0.0, 0.0), PairFit(hold_out, "hold-out", "shot", 0.0, 0.0)),
        shots_without_pairs=(),
        hold_outs=(hold_outs,) if hold_out else (),
        steadiness=(),
        frames=tuple(
            ShotFrame(frame, 0.0, shot_figures(), shot_figures(luma_rms=0.03) if graded else None, figures(frame))
            for frame in frames
        ),
    )

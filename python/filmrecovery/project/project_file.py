"""The project file: the whole recovery of a shot in one TOML file, and where its results lie.

`project.example.toml` beside this file shows the format. Paths are relative to the folder of the file. The results
have their fixed places under the output folder:

    movies/<element>/<element>.####.exr           frames of an element that is a movie, and a record beside them
    <stage>/balance.json                          balance of the source, where the stage has one
    <stage>/pairs/                                training pairs
    <stage>/run/model.safetensors                 its model; beside it a folder for each training that was asked for
    <stage>/frames/<shot>_<stage>.####.exr        result that a later stage or the merge takes up, in the working space
    <stage>/report/                               validation of the result, and its outliers
    <stage>/outliers.json                         outliers that were added to the frames to train on
    assets.json                                   versions of the assets that the file refers to
    delivery/<shot>_recovered.####.exr            the recovered shot
    delivery/<shot>_recovered.toml                the project file that it was made by
    delivery/<shot>_recovered.provenance.json     what made it of what, and the same as text
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import MOST_FRAMES, WIDEST_MEDIAN
from filmrecovery.base.mask_texts import MASK_BOXES_HELP, MASK_FILES_HELP
from filmrecovery.base.recovery_modes import MERGE_HELP, MERGE_OPERATIONS, MODES, PARTS
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame_encoding import ENCODINGS
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.project.project_assets import HELD_NAME
from filmrecovery.project.project_element import ProjectElement
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.reference.curation.shared_crop import CropSettings
from filmrecovery.reference.curation.shot_settings import ShotSettings
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.training.runs.train_settings import TrainSettings
from filmrecovery.validation.criteria import Criteria

DELIVERY_FOLDER = "delivery"


@dataclass(frozen=True)
class StageShots(ShotSettings):
    """Where the shots of a stage's source come from: a file or, without one, its pictures."""

    file: str | None = setting(
        None,
        'file that names the shots, "shots.json" or a timeline such as "scene.otio" or "scene.edl" '
        "(default: they are found)",
    )


@dataclass(frozen=True)
class StageParts:
    """What the ground truth takes of further elements, in place of the reference's, each by the name of an element.

    Each may be several names with commas between: then it is the median of these elements, pixel by pixel.
    """

    luma: str | None = setting(None, 'whose luma is taken: an element, or several, such as "print_b, print_c, print_d"')
    chroma: str | None = setting(None, "whose chroma is taken, likewise")
    red: str | None = setting(None, "whose red is taken, likewise: the donor of a channel that is lost elsewhere")
    green: str | None = setting(None, "whose green is taken, likewise")
    blue: str | None = setting(None, "whose blue is taken, likewise")

    def names(self) -> tuple[tuple[str, str], ...]:
        """Each part with the name of an element that gives it, in order."""
        texts = ((part, getattr(self, part) or "") for part in PARTS)
        return tuple((part, name.strip()) for part, text in texts for name in text.split(",") if name.strip())


@dataclass(frozen=True)
class StageMask:
    """What is not of the film, such as subtitles: nothing is learnt there, and nothing measured."""

    files: str | None = setting(None, MASK_FILES_HELP)
    boxes: str | None = setting(None, MASK_BOXES_HELP)
    keep: bool = setting(False, "leave it in the result as the source has it; if off, it is recovered like the rest")


@dataclass(frozen=True)
class StageBalance:
    """How the source of a stage is balanced before it is trained on and recovered."""

    reference: bool = setting(False, "match the levels of the stage's reference, which need not be aligned")
    keep_luma: bool = setting(True, "keep the BT.709 luma of the source, and balance only its chroma")


@dataclass(frozen=True)
class Stage:
    """One recovery of the whole source, by a model trained on a few of its frames or by an earlier model.

    A stage with `model` has none of the keys about training, a stage without has `mode`, `reference` and
    `training_frames`, or `align` and frames that are chosen by themselves. Colour spaces of `align`, `shots`, `crop`
    and `select` come from the elements.
    """

    name: str = setting(dataclasses.MISSING, 'name of the stage, such as "spatial"')
    source: str = setting(dataclasses.MISSING, "the element to recover, or the stage whose result is recovered further")
    model: str | None = setting(None, "model file to apply instead of training one")
    mode: str | None = setting(None, "chroma: colour; spatial: detail; plain: everything", choices=MODES)
    reference: str | None = setting(None, "the element to learn from, or the stage whose result to learn from")
    parts: StageParts | None = setting(
        None, "what the ground truth takes of further elements, or stages, in place of the reference's; a table"
    )
    training_frames: str | None = setting(None, 'frames to train on, such as "1,24,48"')
    hold_out_frames: str = setting("", "frames that are never trained on, to measure the training with")
    preview_frames: str = setting("", "frames without a reference that are shown during training")
    median: int | None = setting(
        None, "width of the reference's median in pixels, chroma mode only", minimum=0, maximum=WIDEST_MEDIAN
    )
    align: AlignSettings | None = setting(
        None, "match and align a reference with other numbers and framing to the source; a table, which may be empty"
    )
    shots: StageShots | None = setting(
        None,
        "the source holds several shots, which may differ in framing; a table, which may be empty, with align only",
    )
    crop: CropSettings | None = setting(None, "corrections of the crop that was found; a table, with align only")
    select: SelectSettings | None = setting(
        None, "how frames are chosen where no training_frames are given; a table, which may be empty"
    )
    balance: StageBalance | None = setting(
        None, "balance the source by its levels before the training; a table, which may be empty"
    )
    mask: StageMask = setting(StageMask(), "what is not of the film, such as subtitles, and not learnt from; a table")
    clean: CleanSettings = setting(CleanSettings(), "cleaning of the source for the network, chroma mode only; a table")
    train: TrainSettings = setting(TrainSettings(), "settings of the training")
    doubt: bool = setting(False, "write how far the result is to be doubted as its channel recovery.doubt")

    @property
    def part_names(self) -> tuple[tuple[str, str], ...]:
        """Each part that does not come from the reference, with the name of what gives it."""
        return self.parts.names() if self.parts else ()

    @property
    def learnt_from(self) -> tuple[str, ...]:
        """The names of all that is learnt from, the reference first; the source itself is none of them."""
        names = (self.reference, *(name for _, name in self.part_names if name != self.source))
        return tuple(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True)
class Merge:
    """The final merge of the last stage's result with an original plate."""

    operation: str = setting(dataclasses.MISSING, MERGE_HELP, choices=MERGE_OPERATIONS)
    original: str = setting(dataclasses.MISSING, "the element, or the stage with the result, to merge with")


@dataclass(frozen=True)
class Delivery:
    """The files of the recovered shot."""

    space: str = setting(DELIVERY_SPACE, "OCIO colour space of the recovered shot")
    encoding: str = setting("zip", "EXR encoding of the recovered shot", choices=ENCODINGS)


@dataclass(frozen=True)
class ProjectValidation(Criteria):
    """Whether the results of the stages are validated in the end, and the limits of the criteria."""

    enabled: bool = setting(True, "validate what each stage that trains a model recovers")
    most_frames: int | None = setting(
        None,
        "measure at most this many frames of the shot, in runs of three that are spread over it (default: every frame)",
        minimum=3,
        maximum=MOST_FRAMES,
    )

    @property
    def criteria(self) -> Criteria:
        """The criteria alone."""
        return Criteria(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Criteria)})


@dataclass(frozen=True)
class Project:
    """A project file, its paths absolute. `source`, `reference` and `original` name elements and earlier stages."""

    title: str = setting(dataclasses.MISSING, "title of the film")
    shot: str = setting(dataclasses.MISSING, 'name of the shot, such as "MK_010"')
    working_space: str = setting(
        dataclasses.MISSING,
        'display-referred Rec.709 OCIO colour space to work in: "g24_rec709", or "srgb_tx" as the published graphs do',
    )
    elements: dict[str, ProjectElement] = setting(
        dataclasses.MISSING, "the copies of the film, each a table [elements.name]"
    )
    stages: tuple[Stage, ...] = setting(dataclasses.MISSING, "the recoveries in their order, each a table [[stages]]")
    output: str = setting("recovered", "folder of the results")
    merge: Merge | None = setting(None, "the final merge")
    delivery: Delivery = setting(Delivery(), "the files of the recovered shot")
    validate: ProjectValidation = setting(ProjectValidation(), "limits of the criteria that judge the recovery")
    provenance: ProvenanceSettings = setting(ProvenanceSettings(), "who recovers what, for the headers and sidecars")

    def element(self, name: str) -> Element:
        """The element, or the result of the stage, of that name."""
        if name in self.elements:
            return self.elements[name].as_frames()
        stage = self._stage(name)
        if self.is_delivered(stage):
            return self.recovered
        pattern = self.folder(stage) / "frames" / f"{self.shot}_{name}.####.exr"
        return Element(str(pattern), self.element(stage.source).frames, self.working_space, name)

    def reference(self, stage: Stage) -> Element:
        """What a stage that trains a model learns from: an element, or the result of an earlier stage."""
        assert stage.reference is not None  # as `load_project` checks
        return self.element(stage.reference)

    def further_references(self, stage: Stage) -> dict[str, Element]:
        """The elements that give parts and are neither the stage's reference nor its source, by their names."""
        names = dict.fromkeys(name for _, name in stage.part_names)
        return {name: self.element(name) for name in names if name not in (stage.reference, stage.source)}

    def scanned_name(self, name: str) -> str:
        """That name of an element, or the name of the one that the stage's result goes back to."""
        return name if name in self.elements else self.scanned_name(self._stage(name).source)

    def scanned_element(self, name: str) -> Element:
        """The element of that name, or the one that the stage's result goes back to, whose frames are of its size."""
        return self.elements[self.scanned_name(name)].as_frames()

    def provenance_of(self, stages: Iterable[Stage]) -> ProvenanceSettings:
        """What the headers say of a result of these stages: elements that are not described go by their names."""
        sources = dict.fromkeys(self.scanned_name(stage.source) for stage in stages)
        references = dict.fromkeys(self.scanned_name(name) for stage in stages for name in stage.learnt_from)
        return dataclasses.replace(
            self.provenance,
            film_title=self.title,
            shot=self.shot,
            source_element=self.provenance.source_element or "; ".join(sources),
            reference_source=self.provenance.reference_source or "; ".join(references),
        )

    def folder(self, stage: Stage) -> Path:
        """Folder of a stage's pairs, run and frames."""
        return Path(self.output) / stage.name

    def model(self, stage: Stage) -> Path:
        """The model of a stage: the one that it names, or the one that it trains."""
        return Path(stage.model) if stage.model else self.folder(stage) / "run" / "model.safetensors"

    def shots_file(self, stage: Stage) -> str | None:
        """The file that names the shots of a stage's source; none where all of it is one shot."""
        if not stage.shots:
            return None
        return stage.shots.file or str(self.folder(stage) / "reference" / "shots.json")

    @property
    def trained_stages(self) -> tuple[Stage, ...]:
        """The stages that train a model of their own."""
        return tuple(stage for stage in self.stages if not stage.model)

    def is_delivered(self, stage: Stage) -> bool:
        """Whether the result of a stage is the recovered shot: it is for the last stage, unless a merge follows."""
        return stage == self.stages[-1] and self.merge is None

    @property
    def recovered(self) -> Element:
        """The recovered shot, as it is delivered."""
        pattern = Path(self.output) / DELIVERY_FOLDER / f"{self.shot}_recovered.####.exr"
        return Element(str(pattern), self.element(self.stages[-1].source).frames, self.delivery.space, "recovered")

    @property
    def copy_path(self) -> Path:
        """The copy of the project file beside the recovered shot."""
        return Path(self.output) / DELIVERY_FOLDER / f"{self.shot}_recovered.toml"

    @property
    def held_path(self) -> Path:
        """The versions of the assets that the recovery is made of."""
        return Path(self.output) / HELD_NAME

    def _stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

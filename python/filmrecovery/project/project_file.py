"""The project file: the whole recovery of a shot in one TOML file, and every check that can be made before the work.

`resources/project.example.toml` shows the format. Paths are relative to the folder of the file. The results have their
fixed places under the output folder:

    <stage>/balance.json                          balance of the source, where the stage has one
    <stage>/pairs/                                training pairs
    <stage>/run/model.safetensors                 its model; beside it a folder for each training that was asked for
    <stage>/frames/<shot>_<stage>.####.exr        result that a later stage or the merge takes up, in the working space
    <stage>/report/                               validation of the result, and its outliers
    <stage>/outliers.json                         outliers that were added to the frames to train on
    delivery/<shot>_recovered.####.exr            the recovered shot
    delivery/<shot>_recovered.toml                the project file that it was made by
    delivery/<shot>_recovered.provenance.json     what made it of what, and the same as text
"""

import contextlib
import dataclasses
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmrecovery.base.declared_settings import from_mapping, setting
from filmrecovery.base.errors import RecoveryError, SettingsError
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.film.frame_encoding import ENCODINGS, check_encoding
from filmrecovery.film.parity import check_element, check_parity
from filmrecovery.film.sequences import Sequence, format_frames, parse_frames, refuse_overwriting
from filmrecovery.model.clean import CleanSettings, check_clean
from filmrecovery.model.model_file import load_model
from filmrecovery.picture import colour
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.picture.ground_truth import check_mode
from filmrecovery.picture.merge import OPERATIONS
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.reference.curation.shared_crop import CropSettings
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.reference.curation.shot_settings import ShotSettings
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.training.train_settings import TrainSettings
from filmrecovery.validation.criteria import Criteria

DELIVERY_FOLDER = "delivery"

# Names become parts of file names, in which "#" and "%" would be placeholders of frame numbers.
_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True)
class Element:
    """A physical copy of the film, or the result of a stage."""

    pattern: str = setting(dataclasses.MISSING, 'its files, such as "scans/print.####.exr"')
    frames: str = setting(dataclasses.MISSING, 'its frames, such as "1-48"')
    space: str = setting(dataclasses.MISSING, 'OCIO colour space of its files, such as "lin_ap0"')

    def sequence(self) -> Sequence:
        """The element as a sequence. Raises SettingsError for a bad pattern or range."""
        return Sequence(self.pattern, parse_frames(self.frames))


@dataclass(frozen=True)
class StageShots(ShotSettings):
    """Where the shots of a stage's source come from: a file, or else its pictures."""

    file: str | None = setting(
        None, 'file that names the shots, "shots.json" or a timeline such as "scene.otio" (default: they are found)'
    )


@dataclass(frozen=True)
class StageBalance:
    """How the source of a stage is balanced before it is trained on and recovered."""

    reference: bool = setting(False, "match the levels of the stage's reference, which need not be aligned to it")
    keep_luma: bool = setting(True, "keep the BT.709 luma of the source, and balance its chroma alone")


@dataclass(frozen=True)
class Stage:
    """One recovery of the whole source, by a model trained on a few of its frames or by an earlier model.

    A stage with `model` has none of the keys about training, a stage without has `mode`, `reference` and
    `training_frames`, or `align` and frames that are chosen by themselves. Colour spaces of `align`, `shots`, `crop`
    and `select` are those of the elements.
    """

    name: str = setting(dataclasses.MISSING, 'name of the stage, such as "spatial"')
    source: str = setting(dataclasses.MISSING, "what is recovered: an element, or the stage whose result goes on here")
    model: str | None = setting(None, "model file to apply instead of training one")
    mode: str | None = setting(None, "what is recovered", choices=MODES)
    reference: str | None = setting(None, "the element to learn from, or the stage with that result")
    training_frames: str | None = setting(None, 'frames to train on, such as "1,24,48"')
    hold_out_frames: str = setting("", "frames kept out of training, to measure it against")
    preview_frames: str = setting("", "frames without reference, shown during training")
    median: int | None = setting(None, "width of the reference's median in pixels, chroma mode only", minimum=0)
    align: AlignSettings | None = setting(
        None, "match and align the reference, of other numbers and framing, to the source; a table, which may be empty"
    )
    shots: StageShots | None = setting(
        None,
        "the source is more than one shot, each framed in its own way; a table, which may be empty, with align only",
    )
    crop: CropSettings | None = setting(None, "what the user knows better of the crop; a table, with align only")
    select: SelectSettings | None = setting(
        None, "how frames are chosen where no training_frames are given; a table, which may be empty"
    )
    balance: StageBalance | None = setting(
        None, "balance the source by its levels before anything is learnt of it; a table, which may be empty"
    )
    clean: CleanSettings = setting(CleanSettings(), "cleaning of the source for the network, chroma mode only; a table")
    train: TrainSettings = setting(TrainSettings(), "settings of the training")


@dataclass(frozen=True)
class Merge:
    """The final merge of the last stage's result with an original plate."""

    operation: str = setting(
        dataclasses.MISSING,
        "color: the recovered chroma onto the original's luma; luminosity: the recovered luma onto its chroma",
        choices=OPERATIONS,
    )
    original: str = setting(dataclasses.MISSING, "the element, or the stage with the result, to merge with")


@dataclass(frozen=True)
class Delivery:
    """The files of the recovered shot."""

    space: str = setting(DELIVERY_SPACE, "OCIO colour space of the recovered shot")
    encoding: str = setting("zip", "EXR encoding of the recovered shot", choices=ENCODINGS)


@dataclass(frozen=True)
class ProjectValidation(Criteria):
    """Whether the results of the stages are validated in the end, and the criteria that they have to keep to."""

    enabled: bool = setting(True, "validate what each stage that trains a model recovers")

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
    elements: dict[str, Element] = setting(dataclasses.MISSING, "the copies of the film, each a table [elements.name]")
    stages: tuple[Stage, ...] = setting(dataclasses.MISSING, "the recoveries in their order, each a table [[stages]]")
    output: str = setting("recovered", "folder of the results")
    merge: Merge | None = setting(None, "the final merge")
    delivery: Delivery = setting(Delivery(), "the files of the recovered shot")
    validate: ProjectValidation = setting(ProjectValidation(), "criteria of the recovery")
    provenance: ProvenanceSettings = setting(ProvenanceSettings(), "who recovers what, for the headers and sidecars")

    def element(self, name: str) -> Element:
        """The element, or the result of the stage, of that name."""
        if name in self.elements:
            return self.elements[name]
        stage = self._stage(name)
        if self.is_delivered(stage):
            return self.recovered
        pattern = self.folder(stage) / "frames" / f"{self.shot}_{name}.####.exr"
        return Element(str(pattern), self.element(stage.source).frames, self.working_space)

    def scanned_name(self, name: str) -> str:
        """That name of an element, or the name of the one that the stage's result goes back to."""
        return name if name in self.elements else self.scanned_name(self._stage(name).source)

    def scanned_element(self, name: str) -> Element:
        """The element of that name, or the one that the stage's result goes back to, whose frames are of its size."""
        return self.elements[self.scanned_name(name)]

    def provenance_of(self, stages: Iterable[Stage]) -> ProvenanceSettings:
        """What the headers say of a result of these stages: elements that are not described go by their names."""
        sources = dict.fromkeys(self.scanned_name(stage.source) for stage in stages)
        references = dict.fromkeys(self.scanned_name(stage.reference) for stage in stages if stage.reference)
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

    @property
    def trained_stages(self) -> tuple[Stage, ...]:
        """The stages that train a model of their own."""
        return tuple(stage for stage in self.stages if not stage.model)

    def is_delivered(self, stage: Stage) -> bool:
        """Whether the result of a stage is the recovered shot: that of the last one is, unless a merge follows."""
        return stage == self.stages[-1] and self.merge is None

    @property
    def recovered(self) -> Element:
        """The recovered shot, as it is delivered."""
        pattern = Path(self.output) / DELIVERY_FOLDER / f"{self.shot}_recovered.####.exr"
        return Element(str(pattern), self.element(self.stages[-1].source).frames, self.delivery.space)

    @property
    def copy_path(self) -> Path:
        """The copy of the project file beside the recovered shot."""
        return Path(self.output) / DELIVERY_FOLDER / f"{self.shot}_recovered.toml"

    def _stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)


def load_project(path: str | Path) -> Project:
    """Reads a project file and checks all that can be told without the elements.

    Raises SettingsError that names the file and the key (the line, where the file is not TOML): unknown and missing
    keys, wrong types and values, names that lead nowhere, frames that an element does not have, unknown colour spaces.
    """
    path = Path(path).absolute()
    project = _with_absolute_paths(from_mapping(Project, _read(path), str(path)), path.parent)
    with _named(str(path)):
        _check_names(project)
        _check_provenance(project)
        for name, element in project.elements.items():
            with _named(f"element '{name}'"):
                element.sequence()
                colour.converter(element.space, project.working_space)
        known = set(project.elements)
        for stage in project.stages:
            with _named(f"stage '{stage.name}'"):
                _check_stage(project, stage, known)
            known.add(stage.name)
        _check_delivery(project)
    return project


def check_project(project: Project) -> None:
    """Checks what lies on disk: every frame of every element, whether elements fit together, and models.

    Raises ElementError for frames that are missing, damaged or do not fit, ModelError for models, and OutputError where
    a result would overwrite an element.
    """
    results = [project.recovered, *(project.element(stage.name) for stage in project.stages)]
    refuse_overwriting(_paths(results), _paths(project.elements.values()))
    for stage in project.stages:
        with _named(f"stage '{stage.name}'"):
            _check_models(project, stage)
    for name, element in project.elements.items():
        with _named(f"element '{name}'"):
            check_element(element.sequence())
    for stage in project.stages:
        if stage.reference and not stage.align:
            _check_fit(project, stage.source, stage.reference, parse_frames(stage.training_frames)[0])
        if stage.shots and stage.shots.file:
            with _named(f"stage '{stage.name}', key 'shots'"):
                read_shots(stage.shots.file, project.element(stage.source).sequence())
    if project.merge:
        last = project.stages[-1].name
        _check_fit(project, last, project.merge.original, project.element(last).sequence().frames[0])


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); expected a project file") from error
    except ValueError as error:
        raise SettingsError(f"{path}: not a TOML file in UTF-8: {error}") from error


@contextlib.contextmanager
def _named(where: str) -> Iterator[None]:
    """Puts the place in the project before the message of an error."""
    try:
        yield
    except RecoveryError as error:
        raise type(error)(f"{where}: {error}") from error


def _with_absolute_paths(project: Project, folder: Path) -> Project:
    def absolute(path: str | None) -> str | None:
        return str(folder / path) if path else None

    return dataclasses.replace(
        project,
        output=absolute(project.output),
        elements={
            name: dataclasses.replace(element, pattern=absolute(element.pattern))
            for name, element in project.elements.items()
        },
        stages=tuple(
            dataclasses.replace(
                stage,
                model=absolute(stage.model),
                shots=stage.shots and dataclasses.replace(stage.shots, file=absolute(stage.shots.file)),
                train=dataclasses.replace(stage.train, start_from=absolute(stage.train.start_from)),
            )
            for stage in project.stages
        ),
    )


def _check_names(project: Project) -> None:
    if not (project.elements and project.stages):
        raise SettingsError("expected at least one element and one stage")
    for name in (project.shot, *project.elements, *(stage.name for stage in project.stages)):
        if not _NAME.fullmatch(name):
            raise SettingsError(f"'{name}' is not a name; expected letters, digits, '_', '-' and '.'")
    taken = {DELIVERY_FOLDER, *project.elements}
    for stage in project.stages:
        if stage.name in taken:
            raise SettingsError(f"stage '{stage.name}': the name is taken; choose another")
        taken.add(stage.name)


def _check_provenance(project: Project) -> None:
    for key, own in (("film_title", "title"), ("shot", "shot")):
        if getattr(project.provenance, key):
            raise SettingsError(f"provenance, key '{key}': the project's '{own}' is taken; leave it out")


def _check_stage(project: Project, stage: Stage, known: set[str]) -> None:
    """Checks the keys of a stage; `known` are the elements and earlier stages that it can take up."""
    _check_known("source", stage.source, known)
    if stage.model:
        for field in dataclasses.fields(stage):
            if field.name not in ("name", "source", "model") and getattr(stage, field.name) != field.default:
                raise SettingsError(f"key '{field.name}' is for training, which key 'model' replaces; leave one out")
        return
    for key in ("mode", "reference"):
        if not getattr(stage, key):
            raise SettingsError(f"key '{key}' is missing; give mode, reference and training_frames, or a model")
    _check_alignment(stage)
    _check_known("reference", stage.reference, known)
    check_mode(stage.mode, stage.median or 0)
    check_clean(stage.clean, stage.mode)
    _check_frames(project, stage)


def _check_alignment(stage: Stage) -> None:
    """Checks the keys about a reference that has to be made ready, and that there are frames to train on."""
    if not stage.align:
        if not stage.training_frames:
            raise SettingsError("key 'training_frames' is missing; name frames, or let them be chosen by 'align'")
        for key in ("shots", "crop", "select"):
            if getattr(stage, key):
                raise SettingsError(f"key '{key}' goes with 'align' alone; add that, or leave it out")
    if stage.training_frames and stage.select:
        raise SettingsError("key 'select' chooses frames, which 'training_frames' names already; leave one out")
    for key in ("align", "shots", "crop", "select"):
        table = getattr(stage, key)
        for field in dataclasses.fields(table) if table else ():
            if field.name.endswith("space") and getattr(table, field.name) != field.default:
                raise SettingsError(f"key '{key}': '{field.name}' is that of the element; leave it out")
    if stage.shots and stage.shots.file and stage.shots != StageShots(file=stage.shots.file):
        raise SettingsError("key 'shots': 'file' names the shots, so that none are found; leave the rest out")


def _check_known(key: str, name: str, known: set[str]) -> None:
    if name not in known:
        raise SettingsError(f"key '{key}': '{name}' is no element or earlier stage; known: {', '.join(sorted(known))}")


def _check_frames(project: Project, stage: Stage) -> None:
    """Checks that the frames of the pairs have one role each, and that the elements have them."""
    # A reference that is to be aligned has numbers of its own.
    both = (stage.source,) if stage.align else (stage.source, stage.reference)
    elements = {"training_frames": both, "hold_out_frames": both, "preview_frames": (stage.source,)}
    roles: dict[int, str] = {}
    for key, names in elements.items():
        text = getattr(stage, key)
        with _named(f"key '{key}'"):
            frames = parse_frames(text) if text else ()
            for name in names:
                _check_has_frames(project, name, frames)
            if taken := sorted(roles.keys() & set(frames)):
                raise SettingsError(f"frame {taken[0]} is one of {roles[taken[0]]} already; leave one out")
        roles.update(dict.fromkeys(frames, key))


def _check_has_frames(project: Project, name: str, frames: tuple[int, ...]) -> None:
    element = project.element(name)
    if lacking := set(frames).difference(element.sequence().frames):
        raise SettingsError(f"'{name}' has the frames {element.frames}, and not {format_frames(lacking)}")


def _check_delivery(project: Project) -> None:
    """Checks the merge, the files, and that every stage leads to them."""
    used = {name for stage in project.stages for name in (stage.source, stage.reference)}
    last = project.stages[-1].name
    if project.merge:
        used.add(project.merge.original)
        with _named("merge"):
            earlier = {*project.elements, *(stage.name for stage in project.stages[:-1])}
            _check_known("original", project.merge.original, earlier)
            _check_has_frames(project, project.merge.original, project.element(last).sequence().frames)
    for stage in project.stages[:-1]:
        if stage.name not in used:
            raise SettingsError(
                f"stage '{stage.name}': no later stage takes up its result; name it there, or leave it out"
            )
    with _named("delivery"):
        colour.converter(project.working_space, project.delivery.space)
        check_encoding(project.delivery.encoding, project.delivery.space)


def _check_models(project: Project, stage: Stage) -> None:
    if stage.model:
        _, description = load_model(Path(stage.model))
        for space in (project.element(stage.source).space, project.element(stage.name).space):
            colour.converter(space, description.working_space)
    if stage.train.start_from:
        load_model(Path(stage.train.start_from))


def _check_fit(project: Project, name: str, other: str, frame: int) -> None:
    # Each element is of one kind throughout, so that one frame tells whether two fit together.
    check_parity(*(Sequence(project.scanned_element(each).pattern, (frame,)) for each in (name, other)))


def _paths(elements: Iterable[Element]) -> list[Path]:
    sequences = [element.sequence() for element in elements]
    return [sequence.path(frame) for sequence in sequences for frame in sequence.frames]

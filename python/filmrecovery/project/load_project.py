"""Reads a project file, and checks all that can be told without the elements."""

import dataclasses
import re
from pathlib import Path

from filmrecovery.assets.held_versions import HeldVersion
from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import SettingsError, named
from filmrecovery.base.read_file import MOST_BYTES_BY_HAND, parse_toml, read_text, shown
from filmrecovery.film.elements.filtered_reference import check_filtered
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.elements.picture_masks import PictureMasks
from filmrecovery.film.frames.frame_encoding import check_encoding, holds_other_channels
from filmrecovery.film.movies.reference_filter import filters_of
from filmrecovery.model.clean_settings import check_clean
from filmrecovery.picture import colour
from filmrecovery.picture.ground_truth import check_mode
from filmrecovery.project.project_assets import with_files
from filmrecovery.project.project_element import MOVIES_FOLDER, frames_of_movie
from filmrecovery.project.project_file import DELIVERY_FOLDER, Project, Stage, StageShots

# Names become parts of file names, in which "#" and "%" would be placeholders of frame numbers.
_NAME = re.compile(r"\w[\w.-]{0,63}")

_WITH_A_MODEL = ("name", "source", "model", "doubt", "mask")
"""The keys of a stage that applies a model instead of training one."""


def load_project(path: str | Path) -> Project:
    """Reads a project file and checks all that can be told without the elements.

    Raises FileError where the file cannot be read (which names the line, where it is not TOML), and SettingsError that
    names the file and the key: unknown and missing keys, wrong types and values, names that lead nowhere, frames that
    an element does not have, unknown colour spaces. Raises AssetError where a reference to an asset leads nowhere.
    """
    return read_project(path)[0]


def read_project(path: str | Path) -> tuple[Project, tuple[HeldVersion, ...], str]:
    """Reads and checks a project file, as `load_project`; returns the versions of the assets in it, and its text, too.

    The file is read once: somebody may edit it for the next call.
    """
    path = Path(path).absolute()
    what, remedy = "a project file in TOML", "correct it"
    text = read_text(path, what, remedy, MOST_BYTES_BY_HAND)
    content = parse_toml(text, path, what, remedy)
    with named(str(path)):
        content, held = with_files(content, path.parent)
    project = from_mapping(Project, content, str(path))
    with named(str(path)):
        _check_elements(project)
    project = _with_absolute_paths(project, path.parent)
    with named(str(path)):
        _check_names(project)
        _check_provenance(project)
        for name, element in project.elements.items():
            with named(f"element '{name}'"):
                colour.converter(element.space, project.working_space)
        known = set(project.elements)
        for stage in project.stages:
            with named(f"stage '{stage.name}'"):
                _check_stage(project, stage, known)
            known.add(stage.name)
        _check_delivery(project)
    return project, held, text


def _check_elements(project: Project) -> None:
    for name, element in project.elements.items():
        if element.name:
            raise SettingsError(f"element '{name}', key 'name': the table's own name is the element's; leave it out")
        with named(f"element '{name}'"):
            element.check_files()


def _with_absolute_paths(project: Project, folder: Path) -> Project:
    def absolute(path: str | None) -> str | None:
        return str(folder / path) if path else None

    return dataclasses.replace(
        project,
        output=str(folder / project.output),
        elements={
            name: dataclasses.replace(
                element,
                pattern=absolute(element.pattern) or frames_of_movie(str(folder / project.output), name),
                movie=absolute(element.movie),
                name=name,
            )
            for name, element in project.elements.items()
        },
        stages=tuple(
            dataclasses.replace(
                stage,
                model=absolute(stage.model),
                shots=stage.shots and dataclasses.replace(stage.shots, file=absolute(stage.shots.file)),
                mask=dataclasses.replace(stage.mask, files=absolute(stage.mask.files)),
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
            raise SettingsError(f"{shown(name)} is not a name; expected at most 64 letters, digits, '_', '-' and '.'")
    taken = {DELIVERY_FOLDER, MOVIES_FOLDER, *project.elements}
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
    with named("key 'mask'"):
        PictureMasks(stage.mask.files, stage.mask.boxes)
    if stage.model:
        for field in dataclasses.fields(stage):
            if field.name not in _WITH_A_MODEL and getattr(stage, field.name) != field.default:
                raise SettingsError(f"key '{field.name}' is for training, which key 'model' replaces; leave one out")
        return
    if not stage.mode or not stage.reference:
        key = "reference" if stage.mode else "mode"
        raise SettingsError(f"key '{key}' is missing; give mode, reference and training_frames, or a model")
    _check_alignment(stage)
    _check_known("reference", stage.reference, known)
    for part, name in stage.part_names:
        _check_known(f"parts.{part}", name, known)
    check_mode(stage.mode, stage.median or 0)
    check_clean(stage.clean, stage.mode)
    for key, name in (("reference", stage.reference), *((f"parts.{part}", name) for part, name in stage.part_names)):
        element = project.elements.get(name)
        if element and element.movie:
            with named(f"key '{key}': '{name}'"):
                check_filtered(filters_of(element.unpack), stage.mode)
    _check_frames(project, stage)


def _check_alignment(stage: Stage) -> None:
    """Checks the keys about a reference that has to be made ready, and that there are frames to train on."""
    if not stage.align:
        if not stage.training_frames:
            raise SettingsError("key 'training_frames' is missing; name frames, or let them be chosen by 'align'")
        for key in ("shots", "crop", "select"):
            if getattr(stage, key):
                raise SettingsError(f"key '{key}' works only with 'align'; add 'align', or leave '{key}' out")
    if stage.training_frames and stage.select:
        raise SettingsError("key 'select' chooses frames, but 'training_frames' names them already; leave one out")
    for key in ("align", "shots", "crop", "select"):
        table = getattr(stage, key)
        if table and table.working_space != type(table)().working_space:
            raise SettingsError(f"key '{key}': the project's 'working_space' is taken; leave it out here")
    if stage.shots and stage.shots.file and stage.shots != StageShots(file=stage.shots.file):
        raise SettingsError("key 'shots': 'file' names the shots already; leave the other keys out")


def _check_known(key: str, name: str, known: set[str]) -> None:
    if name not in known:
        raise SettingsError(f"key '{key}': '{name}' is no element or earlier stage; known: {', '.join(sorted(known))}")


def _check_frames(project: Project, stage: Stage) -> None:
    """Checks that the frames of the pairs have one role each, and that the elements have them."""
    # A reference that is to be aligned has numbers of its own.
    both = (stage.source,) if stage.align else (stage.source, *stage.learnt_from)
    elements = {"training_frames": both, "hold_out_frames": both, "preview_frames": (stage.source,)}
    roles: dict[int, str] = {}
    for key, names in elements.items():
        text = getattr(stage, key)
        with named(f"key '{key}'"):
            frames = parse_frames(text) if text else ()
            for name in names:
                _check_has_frames(project, name, frames)
            if taken := sorted(roles.keys() & set(frames)):
                raise SettingsError(f"frame {taken[0]} is one of {roles[taken[0]]} already; leave one out")
        roles.update(dict.fromkeys(frames, key))


def _check_has_frames(project: Project, name: str, frames: tuple[int, ...]) -> None:
    element = project.element(name)
    if lacking := set(frames).difference(element.frames):
        had = format_frames(element.frames)
        raise SettingsError(f"'{name}' has the frames {had}, but not {format_frames(lacking)}; correct one of them")


def _check_delivery(project: Project) -> None:
    """Checks the merge, the files, and that every stage leads to them."""
    used = {name for stage in project.stages for name in (stage.source, *stage.learnt_from)}
    last = project.stages[-1].name
    if project.merge:
        used.add(project.merge.original)
        with named("merge"):
            earlier = {*project.elements, *(stage.name for stage in project.stages[:-1])}
            _check_known("original", project.merge.original, earlier)
            _check_has_frames(project, project.merge.original, project.element(last).frames)
    for stage in project.stages[:-1]:
        if stage.name not in used:
            raise SettingsError(
                f"stage '{stage.name}': no later stage takes up its result; name it there, or leave it out"
            )
    with named("delivery"):
        colour.converter(project.working_space, project.delivery.space)
        check_encoding(project.delivery.encoding, project.delivery.space)
        doubted = [stage.name for stage in project.stages if stage.doubt]
        if doubted and not holds_other_channels(project.recovered.path(0), project.delivery.encoding):
            raise SettingsError(
                f"key 'encoding': '{project.delivery.encoding}' holds the channels R, G, B and A alone, and not the "
                f"doubt of the stage '{doubted[0]}'; choose zip or dwaa, from which `filmrecovery deliver` makes ACES "
                "containers"
            )

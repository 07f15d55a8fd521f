"""The stage: a recovered shot with all that belongs to it in one sealed folder."""

import dataclasses
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from filmrecovery.base.atomic import copy_file, is_leftover
from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.interruption import sigterm_as_interrupt
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.delivering.bagged_delivery import make_bag
from filmrecovery.delivering.deliver_settings import (
    BAG,
    CODE_MASTERS,
    DPX_MASTER,
    EXR_MASTERS,
    MOVIE_MASTERS,
    DeliverSettings,
)
from filmrecovery.delivering.delivery_folder import (
    VERSION,
    DeliveryFolder,
    claim_version,
    delivery_name,
    models_name,
)
from filmrecovery.delivering.dpx_master import write_dpx_master
from filmrecovery.delivering.masters import write_masters
from filmrecovery.delivering.movie_labels import VIDEO_SPACE, movie_labels
from filmrecovery.delivering.movie_master import write_movie_master
from filmrecovery.delivering.review import check_review, write_review
from filmrecovery.film.checks.hash_list import CHAIN_NAME, FOLDER_NAME
from filmrecovery.film.checks.parity import check_headers, raise_problems
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame_seal import SEAL_NAME, is_changed
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.movies.movie_file import av_package
from filmrecovery.film.products.folder_lock import locked
from filmrecovery.film.products.freshness import made_from
from filmrecovery.model.model_header import read_model_header
from filmrecovery.picture import colour
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.provenance.delivered_movie import Delivered, DeliveredMovie
from filmrecovery.provenance.header_keys import MERGE_NAME, SEPARATOR, WEIGHTS_NAME
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.provenance.seal import Differences, seal, verify
from filmrecovery.provenance.sidecars import write_sidecars
from filmrecovery.training.pairs.pair_manifest import pairs_hash, read_manifest

_LOG = logging.getLogger(__name__)


def deliver(
    settings: DeliverSettings,
    recovered: Element,
    folder: Path,
    models: Sequence[Path],
    elements: Mapping[str, Collection[Element]] | None = None,
    pair_folders: Collection[Path] = (),
    reports: Sequence[Path] = (),
    provenance: ProvenanceSettings | None = None,
) -> Path:
    """Delivers recovered frames into `folder/<film>_<shot>_v<NNN>`, and returns that.

    It holds `delivery.json` (what is delivered), `masters/<encoding>` (EXR of ACES2065-1 with the frames' own metadata,
    DPX, or a movie; sidecars beside them), `review`, `report` (a copy of the files in the folder of a validation; of
    several, each in a folder with its number), and the hash list `ascmhl`, which comes last: a folder that is sealed is
    whole. Of a bag, all but `delivery.json` lies in `data`, and `metadata/premis.xml` says what happened. `models` and
    `reports` are in the order in which the models worked; `provenance` gets its film and shot from the settings.

    The same call, with the same files, goes on with the version that it began, frame by frame, or finds it whole and
    as it was sealed; files of an element are the same where their content is. Any other call gets the next
    version. Nothing that lies there is ever overwritten.

    Raises SettingsError for settings, and for models other than those that the frames name; ElementError for frames,
    pairs and reports that are missing or damaged, and where a sealed delivery was changed; ModelError for models;
    RunError where another process delivers the same; OutputError where something cannot be written, or would overwrite
    something else. KeyboardInterrupt, which SIGTERM raises too, leaves finished files alone.
    """
    name = delivery_name(settings.film, settings.shot)
    provenance = dataclasses.replace(provenance or ProvenanceSettings(), film_title=settings.film, shot=settings.shot)
    elements = elements or {}
    descriptions = [read_model_header(path) for path in models]
    _check(settings, recovered, descriptions)
    report_files = _report_files(reports)
    line = made_from(
        "delivery",
        VERSION,
        dataclasses.replace(settings, version=None),
        provenance,
        # Byte by byte, for the masters keep what the headers say.
        recovered.paths(),
        elements,
        list(models),
        [pairs_hash(read_manifest(path)) for path in pair_folders],
        report_files,
    )
    content = {
        "settings": to_mapping(settings),
        "recovered": to_mapping(recovered),
        "models": [description["weights_hash"] for description in descriptions],
    }
    with sigterm_as_interrupt(), locked(folder, f"delivering {name} into", f".{name}.lock"):
        path = claim_version(folder, name, settings.version, line, content)
        if (path / FOLDER_NAME / CHAIN_NAME).exists():
            _check_seal(path)
            return path
        delivery = DeliveryFolder(path, models_name(descriptions), settings.package == BAG)
        _check_frames(recovered)
        delivered = _write_masters(settings, recovered, delivery)
        if settings.review != "none":
            write_review(settings, recovered, delivery.review(settings.review))
        header = read_header(recovered.path(recovered.frames[0]))
        merge = header.get_string_attribute(MERGE_NAME) or None
        for master in delivered:
            write_sidecars(provenance, master, elements, models, pair_folders, merge)
        for relative, file in report_files.items():
            _copy(file, delivery.report / relative)
        _clear(path)
        if delivery.is_bag:
            make_bag(path, settings, provenance, header, descriptions)
        seal(path)
    return path


def _write_masters(
    settings: DeliverSettings,
    recovered: Element,
    delivery: DeliveryFolder,
) -> list[Delivered]:
    """Writes the masters that are asked for, and returns them."""
    masters: list[Delivered] = []
    of_exr = {
        preset: Element(delivery.master(preset), recovered.frames, DELIVERY_SPACE)
        for preset in settings.presets
        if preset in EXR_MASTERS
    }
    if of_exr:
        write_masters(recovered, of_exr)
        masters += of_exr.values()
    for preset in settings.presets:
        if preset == DPX_MASTER:
            frames = Element(delivery.master(preset), recovered.frames, _space(settings, preset))
            write_dpx_master(recovered, frames)
            masters.append(frames)
        elif preset in MOVIE_MASTERS:
            path = Path(delivery.master(preset))
            write_movie_master(preset, recovered, path, _space(settings, preset), settings.rate)
            masters.append(DeliveredMovie(path, recovered))
    return masters


def _space(settings: DeliverSettings, preset: str) -> str:
    """The colour space of a master in whole numbers. Raises SettingsError where nothing says it."""
    if preset not in CODE_MASTERS:
        return VIDEO_SPACE
    if not settings.code_space:
        raise SettingsError(
            f"masters '{preset}': give the colour space of its codes (--code-space): that of the scan, to have it as "
            "scanned, or ADX10 for 10-bit log"
        )
    return settings.code_space


def _check(
    settings: DeliverSettings,
    recovered: Element,
    models: Sequence[Mapping[str, Any]],
) -> None:
    """Finds what is wrong before anything is written."""
    if not models:
        raise SettingsError(
            "no model is named; name those that recovered the frames, in the order in which they worked"
        )
    check_headers(recovered)
    for preset in settings.presets:
        if preset in EXR_MASTERS:
            colour.converter(recovered.space, DELIVERY_SPACE)
            continue
        space = _space(settings, preset)
        colour.converter(recovered.space, space)
        if preset in MOVIE_MASTERS:
            av_package()
            movie_labels(recovered, space, settings.rate)
    if settings.review != "none":
        check_review(settings, recovered)
    given = SEPARATOR.join(model["weights_hash"] for model in models)
    for frame in recovered.frames:
        path = recovered.path(frame)
        stated = read_header(path).get_string_attribute(WEIGHTS_NAME)
        if stated and stated != given:
            raise SettingsError(
                f"{path}: was made by models with the weights {stated}, but the models that you named have {given}; "
                "name the models that made it, in the order in which they worked"
            )


def _check_frames(recovered: Element) -> None:
    """Raises ElementError for recovered frames that are not, to the last bit, as they were written."""

    def problems(number: int) -> tuple[str, ...]:
        path = recovered.path(number)
        return (f"{path}: is damaged, or was changed since it was written",) if is_changed(path) else ()

    found = [line for lines in on_all_cores(problems, recovered.frames, "Seals") for line in lines]
    raise_problems(
        "Recovered frames are not as they were written; make them again, or write what another program made of them "
        f"without the attribute {SEAL_NAME}",
        found,
    )


def _report_files(reports: Sequence[Path]) -> dict[str, Path]:
    """The files of validations by their paths in the folder of reports. Raises ElementError where there are none."""
    by_name = {}
    for number, report in enumerate(reports, start=1):
        files = [path for path in sorted(report.rglob("*")) if path.is_file()]
        if not files:
            raise ElementError(f"{report}: holds no report; name the folder that validate wrote")
        inner = f"{number}/" if len(reports) > 1 else ""
        by_name |= {f"{inner}{path.relative_to(report).as_posix()}": path for path in files}
    return by_name


def _copy(file: Path, target: Path) -> None:
    if target.exists():
        if file_sha256(target) != file_sha256(file):
            raise OutputError(f"{target}: is no copy of {file}, and nothing is overwritten; remove it")
        return
    copy_file(file, target)


def _clear(folder: Path) -> None:
    """Removes what an earlier call of this delivery left when it was killed: it would be sealed with the rest."""
    leftovers = [path for path in folder.rglob(".*") if is_leftover(path)]
    # Without a chain, a seal was begun and not ended.
    for path in [*leftovers, *folder.glob(f"{FOLDER_NAME}/*.mhl")]:
        path.unlink()


def _check_seal(folder: Path) -> None:
    differences = verify(folder)
    raise_problems(
        f"{folder}: is not as it was sealed; restore these files, or deliver another version",
        Differences(differences.changed, differences.missing).lines(),
    )
    _LOG.info("%s: is whole, and as it was sealed; nothing is done again", folder)

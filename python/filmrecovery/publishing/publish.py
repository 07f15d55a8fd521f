"""The stage: registers a delivery with the asset manager, once it is sealed and its recovery has passed."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from filmrecovery.assets.connection import Connection, connect
from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.delivering.delivery_folder import DeliveryFolder, DeliveryRecord, models_name, read_delivery
from filmrecovery.film.checks.parity import raise_problems
from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.provenance.seal import verify
from filmrecovery.provenance.sidecars import JSON_SUFFIX, read_sidecar
from filmrecovery.publishing.publish_settings import PublishSettings
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validation_record import read_outcome

_LOG = logging.getLogger(__name__)
_SAFETENSORS = "application/octet-stream"


def publish(settings: PublishSettings, folder: Path) -> list[str]:
    """Publishes what is named of a delivery, and returns the references of the new versions.

    Models come first, then the frames, which are made of the elements and the models, then movie and report, which are
    made of the frames. What an asset's newest version is already is left alone. A manager that has places of its own
    gets copies there; all else stays where the delivery has it.

    Raises ElementError where the folder is not, file by file, as it was sealed, or has not what is to be published;
    SettingsError where a recovery did not pass, or was not validated, and nobody said that this is meant; AssetError
    where the asset manager does not take it; OutputError where files cannot be put where it wants them.
    """
    if not settings.is_asked_for:
        raise SettingsError("nothing is named to be published; name the asset of the frames with --as")
    # Before every file is hashed, which takes longer.
    connection = connect()
    raise_problems(f"{folder}: is not as it was sealed, and is not published; restore it", verify(folder).lines())
    record = read_delivery(folder)
    _check_passed(settings, folder)
    products = _Products(settings, folder, record)
    from filmrecovery.assets.library_file import kept

    with kept(connection):
        models = _register(connection, products.models())
        frames = _register(connection, products.frames(models))
        others = _register(connection, products.others(frames or models))
    return [*models, *frames, *others]


def _check_passed(settings: PublishSettings, folder: Path) -> None:
    if settings.publish_not_passed:
        return
    yes = "or say --not-passed, where that is meant"
    reports = sorted((folder / "report").glob("**/report.json"))
    if not reports:
        raise SettingsError(f"{folder}: was delivered without a validation; deliver it with its report, {yes}")
    for report in reports:
        outcome = read_outcome(report)
        if not outcome.passed:
            raise SettingsError(f"{report}: did not pass ({', '.join(outcome.failed)}); improve the recovery, {yes}")


def _register(connection: Connection, publications: Sequence[Any]) -> list[str]:
    from filmrecovery.assets.register import register, stands_already

    standing = stands_already(connection, publications)
    new = [publication for publication, reference in zip(publications, standing, strict=True) if not reference]
    registered = iter(register(connection, new))
    for publication, reference in zip(publications, standing, strict=True):
        if reference:
            _LOG.info("%s: is %s already, nothing is published again", publication.path, reference)
    return [reference or next(registered) for reference in standing]


class _Products:
    """What is published of a delivery, with what the manager gets to know of it."""

    def __init__(self, settings: PublishSettings, folder: Path, record: DeliveryRecord) -> None:
        self._settings = settings
        self._record = record
        encoding = record.settings.presets[0]
        sidecars = sorted((folder / "masters" / encoding).glob(f"*{JSON_SUFFIX}"))
        if not sidecars:
            raise ElementError(f"{folder}: has no record of provenance beside its masters; deliver it again")
        self._provenance = read_sidecar(sidecars[0])
        self._folder = DeliveryFolder(folder.absolute(), models_name(self._provenance["models"]))
        self._masters = find_element(self._folder.master(encoding))

    def models(self) -> list[Any]:
        """The models, made of the references that they learnt from and of the sources."""
        references = (self._settings.publish_models_as or "").split()
        models = self._provenance["models"]
        if references and len(references) != len(models):
            raise SettingsError(
                f"{len(references)} references are named for the {len(models)} models of {self._folder.path}; name one "
                "for each, in the order in which they worked"
            )
        for model in models if references else ():
            path = Path(model["file"])
            if not path.is_file():
                raise ElementError(
                    f"{path.absolute()}: there is no such file; publish from the folder that the delivery was made in, "
                    "or restore the model"
                )
            if file_sha256(path) != model["sha256"]:
                raise ElementError(f"{path}: is not the model that the delivery was made with; restore it")
        return [
            self._publication(reference, "model", str(Path(model["file"]).absolute()), _SAFETENSORS, self._sources())
            for reference, model in zip(references, models, strict=False)
        ]

    def frames(self, models: Sequence[str]) -> list[Any]:
        """The master frames, made of the elements and of the models as they were published."""
        reference = self._settings.publish_as
        if not reference:
            return []
        of = (*self._sources(), *models)
        return [self._publication(reference, "frames", self._masters.pattern, "image/x-exr", of, self._masters)]

    def others(self, frames: Sequence[str]) -> list[Any]:
        """Movie and report, made of the frames."""
        publications = []
        if reference := self._settings.publish_movie_as:
            path = self._present(Path(self._folder.review("mp4")), "movie")
            publications.append(self._publication(reference, "movie", path, "video/mp4", tuple(frames), self._masters))
        if reference := self._settings.publish_report_as:
            pages = sorted(self._folder.report.glob(f"**/{ReportFolder(Path()).page.name}"))
            path = self._present(pages[-1] if pages else self._folder.report, "report")
            publications.append(self._publication(reference, "report", path, "text/html", tuple(frames)))
        return publications

    def _sources(self) -> tuple[str, ...]:
        return tuple(
            element["entity"]["reference"] for element in self._provenance["elements"] if element.get("entity")
        )

    def _present(self, path: Path, what: str) -> str:
        if not path.is_file():
            raise ElementError(f"{path}: this delivery has no {what}; deliver it with one, or do not publish it")
        return str(path)

    def _publication(
        self,
        reference: str,
        kind: str,
        path: str,
        mime_type: str,
        made_of: tuple[str, ...],
        frames: Element | None = None,
    ) -> Any:
        from filmrecovery.assets.register import Publication

        is_sequence = frames is not None and path == frames.pattern
        settings = self._record.settings
        return Publication(
            reference,
            f"{settings.film} {settings.shot}, {kind}",
            path,
            mime_type,
            (frames.frames[0], frames.frames[-1]) if frames else None,
            settings.rate if frames else None,
            DELIVERY_SPACE if is_sequence else None,
            made_of,
        )

"""What people know of a recovery and no file tells. Standard library alone, so that plugs can follow from it."""

from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import from_mapping, setting
from filmrecovery.base.read_file import MOST_BYTES_BY_HAND, read_json, read_toml
from filmrecovery.provenance.digital_source_type import COMPOSITE, POLICIES


@dataclass(frozen=True)
class ProvenanceSettings:
    """The film, its copies, and who is responsible for the recovery. What is left empty is not written."""

    film_title: str = setting("", "title of the film")
    shot: str = setting("", 'name of the shot, such as "MK_010"')
    restorationist: str = setting("", "who does the recovery")
    institution: str = setting("", "the archive or company that is responsible for it")
    source_element: str = setting("", 'what is recovered, such as "16 mm print, reel 2, scanned in 2024"')
    reference_source: str = setting("", 'what is learnt from, such as "35 mm internegative, reel 2"')
    constructed_reference: bool = setting(False, "the reference was painted or composed; it is not a copy of the film")
    digital_source_type: str = setting(
        COMPOSITE, "IPTC digital source type; a constructed reference makes it a composite", choices=POLICIES
    )


def read_provenance(path: str | Path) -> ProvenanceSettings:
    """The settings in a TOML file, or in a JSON file by its suffix, with a key for each.

    Raises SettingsError that names the file and the key, and FileError where the file cannot be read.
    """
    what, remedy = "TOML, or JSON where its name ends in .json", "correct it"
    if Path(path).suffix.lower() == ".json":
        content = read_json(path, what, remedy, MOST_BYTES_BY_HAND)
    else:
        content = read_toml(path, what, remedy)
    return from_mapping(ProvenanceSettings, content, str(path))

"""A library of assets for tests: a file of OpenAssetIO's Basic Asset Library, and the configuration that names it."""

import json
from pathlib import Path

from openassetio_mediacreation.traits.color import OCIOColorManagedTrait_v1
from openassetio_mediacreation.traits.content import LocatableContentTrait_v1
from openassetio_mediacreation.traits.managementPolicy import ManagedTrait_v1
from openassetio_mediacreation.traits.timeDomain import FrameRangedTrait_v1

from filmrecovery.assets.location import location_of

BASIC_ASSET_LIBRARY = "org.openassetio.examples.manager.bal"

_MANAGED = {"default": {ManagedTrait_v1.kId: {}}}


def traits_of(path, frames=None, space=None, in_out=None):
    """The traits of a file or pattern, as a library holds them."""
    location, is_templated = location_of(str(path))
    traits = {LocatableContentTrait_v1.kId: {"location": location, "isTemplated": is_templated}}
    if frames:
        traits[FrameRangedTrait_v1.kId] = {"startFrame": frames[0], "endFrame": frames[1]}
    if in_out:
        traits[FrameRangedTrait_v1.kId] |= {"inFrame": in_out[0], "outFrame": in_out[1]}
    if space:
        traits[OCIOColorManagedTrait_v1.kId] = {"colorspace": space}
    return traits


class Library:
    """The library in a folder."""

    def __init__(self, folder: Path, latency: float = 0):
        """An empty library; the manager waits for so many milliseconds in each call."""
        self.path = folder / "library.json"
        self.config = folder / "openassetio.toml"
        self.path.write_text(json.dumps({"managementPolicy": {"read": _MANAGED, "write": _MANAGED}, "entities": {}}))
        self.config.write_text(
            f'[manager]\nidentifier = "{BASIC_ASSET_LIBRARY}"\n\n[manager.settings]\n'
            f'library_path = "${{config_dir}}/library.json"\nsimulated_query_latency_ms = {latency}\n'
        )

    def add(self, name, traits):
        """Adds a version of an entity, and returns its reference."""
        self.add_all({name: traits})
        return f"bal:///{name}"

    def add_all(self, versions):
        """Adds a version of each entity, by their names."""
        content = self.content()
        for name, traits in versions.items():
            content["entities"].setdefault(name, {"versions": []})["versions"].append({"traits": traits})
        self.path.write_text(json.dumps(content))

    def content(self):
        return json.loads(self.path.read_text())

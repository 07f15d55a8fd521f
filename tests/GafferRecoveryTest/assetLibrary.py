"""A library of assets: a file of OpenAssetIO's Basic Asset Library, and the configuration that names it."""

import json
import os
from urllib.parse import quote

from GafferRecovery.engine import assetManager

_CONFIG = """[manager]
identifier = "org.openassetio.examples.manager.bal"

[manager.settings]
library_path = "${config_dir}/library.json"
simulated_query_latency_ms = 0
"""
_VARIABLE = "OPENASSETIO_DEFAULT_CONFIG"
_TRAIT = "openassetio-mediacreation:"
_MANAGED = {"default": {f"{_TRAIT}managementPolicy.Managed": {}}}


class Library:
    """The library in a folder. It is the manager of this process and its children until the test ends."""

    def __init__(self, test, folder):
        self._folder = folder
        self._entities = {}
        self.config = folder / "openassetio.toml"
        self.config.write_text(_CONFIG)
        self._write()
        os.environ[_VARIABLE] = str(self.config)
        test.addCleanup(os.environ.pop, _VARIABLE, None)
        assetManager.forget()

    def publish(self, name, files, frames, space):
        """Adds a version of an asset: the pattern of its files, with `####`, its first and last frame, and space."""
        pattern = quote(str(files).replace("####", "{frame:04d}"), safe="/:")
        traits = {
            f"{_TRAIT}content.LocatableContent": {"location": f"file://{pattern}", "isTemplated": True},
            f"{_TRAIT}timeDomain.FrameRanged": {"startFrame": frames[0], "endFrame": frames[1]},
            f"{_TRAIT}color.OCIOColorManaged": {"colorspace": space},
        }
        self._entities.setdefault(name, {"versions": []})["versions"].append({"traits": traits})
        self._write()

    def _write(self):
        library = {"managementPolicy": {"read": _MANAGED, "write": _MANAGED}, "entities": self._entities}
        (self._folder / "library.json").write_text(json.dumps(library))

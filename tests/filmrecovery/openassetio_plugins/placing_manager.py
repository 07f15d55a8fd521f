"""A manager of OpenAssetIO that has a place of its own for each version: the Basic Asset Library, with such places.

It is a plug-in like any other, found by $OPENASSETIO_PLUGIN_PATH.
"""

# OpenAssetIO's base classes only raise, which is taken for their type.
# pyright: reportIncompatibleMethodOverride=false, reportPrivateImportUsage=false

import json
from pathlib import Path

from openassetio.access import PolicyAccess, ResolveAccess
from openassetio.pluginSystem import PythonPluginSystemManagerPlugin
from openassetio.trait import TraitsData
from openassetio_manager_bal.BasicAssetLibraryInterface import BasicAssetLibraryInterface
from openassetio_mediacreation.traits.content import LocatableContentTrait_v1

IDENTIFIER = "org.filmrecovery.tests.placing"
_SUFFIXES = {"image/x-exr": ".{frame:04d}.exr", "video/mp4": ".mp4", "text/html": ".html"}


class PlacingManager(BasicAssetLibraryInterface):
    """Places files at `placed/<name>/v<version>/`, beside the library. It knows no place for models."""

    def __init__(self):
        super().__init__()
        self._suffixes = {}

    def identifier(self):
        return IDENTIFIER

    def managementPolicy(self, trait_sets, access, context, host_session):  # noqa: N802 (OpenAssetIO's name)
        if access != PolicyAccess.kManagerDriven:
            return super().managementPolicy(trait_sets, access, context, host_session)
        return [TraitsData({LocatableContentTrait_v1.kId}) for _ in trait_sets]

    def preflight(self, refs, traits, access, context, host_session, success, failure):
        def accepted(index, reference):
            suffix = _SUFFIXES.get(LocatableContentTrait_v1(traits[index]).getMimeType())
            self._suffixes[reference.toString()] = suffix
            success(index, reference)

        super().preflight(refs, traits, access, context, host_session, accepted, failure)

    def resolve(self, refs, trait_set, access, context, host_session, success, failure):
        if access != ResolveAccess.kManagerDriven:
            super().resolve(refs, trait_set, access, context, host_session, success, failure)
            return
        settings = self.settings(host_session)
        entities = json.loads(settings["library_json"])["entities"]
        for index, reference in enumerate(refs):
            name = reference.toString().removeprefix("bal:///")
            version = len(entities.get(name, {"versions": []})["versions"]) + 1
            suffix = self._suffixes[reference.toString()]
            place = Path(settings["library_path"]).parent / "placed" / name / f"v{version}"
            traits = TraitsData()
            if suffix:
                LocatableContentTrait_v1(traits).setLocation(f"{place.as_uri()}/{Path(name).name}{suffix}")
                LocatableContentTrait_v1(traits).setIsTemplated("{" in suffix)
            success(index, traits)


class PlacingManagerPlugin(PythonPluginSystemManagerPlugin):
    @staticmethod
    def identifier():
        return IDENTIFIER

    @classmethod
    def interface(cls):
        return PlacingManager()


openassetioPlugin = PlacingManagerPlugin  # noqa: N816 (OpenAssetIO's name)

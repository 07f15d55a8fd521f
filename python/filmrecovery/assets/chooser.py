"""What the asset manager itself offers for choosing an asset: the "UI delegate" of OpenAssetIO.

It fills a widget of the host, and tells what is chosen there. Nothing here knows of which toolkit the widget is.
"""

from collections.abc import Callable
from typing import Any

from openassetio.errors import InputValidationException
from openassetio.trait import TraitsData
from openassetio.ui.access import UIAccess
from openassetio.ui.hostApi import UIDelegateRequestInterface
from openassetio_mediacreation.traits.ui import (
    BrowserTrait_v1,
    EntityProviderTrait_v1,
    InPlaceTrait_v1,
    SingularTrait_v1,
)
from openassetio_mediacreation.traits.uiPolicy import ManagedTrait_v1

from filmrecovery.assets.connection import Connection
from filmrecovery.assets.host import start_ui_delegate
from filmrecovery.base.errors import AssetError

_WANTED = {BrowserTrait_v1.kId, EntityProviderTrait_v1.kId, InPlaceTrait_v1.kId, SingularTrait_v1.kId}
"""A browser in a widget of the host, for one entity."""


class _Request(UIDelegateRequestInterface):
    def __init__(self, container: Any, entities: list[Any], chosen: Callable[[str], None]) -> None:
        super().__init__()
        self._container = container
        self._entities = entities
        self._chosen = chosen

    def nativeData(self) -> Any:  # noqa: N802 (OpenAssetIO's name, as below)
        return self._container

    def entityReferences(self) -> list[Any]:  # noqa: N802
        return self._entities

    def entityTraitsDatas(self) -> list[Any]:  # noqa: N802
        return []

    def stateChangedCallback(self) -> Callable[[Any], None]:  # noqa: N802
        def changed(state: Any) -> None:
            references = state.entityReferences()
            self._chosen(references[0].toString() if references else "")

        return changed


class Chooser:
    """The manager's own browser. It is shown as long as this lives."""

    def __init__(self, connection: Connection, container: Any, reference: str, chosen: Callable[[str], None]) -> None:
        """Fills the widget. `chosen` is called with each reference that is chosen there, empty where it is none.

        `reference` is where it begins, where that is one of the manager's. Raises AssetError where the manager offers
        no browser, or it fails.
        """
        none = AssetError(
            f"The asset manager '{connection.name}' offers nothing to choose assets in; type the reference"
        )
        with connection.asked():
            try:
                self._delegate = start_ui_delegate()
            except InputValidationException as error:
                raise none from error
            policy = self._delegate.uiPolicy(_WANTED, UIAccess.kRead, connection.context)
            if not ManagedTrait_v1.isImbuedTo(policy):
                raise none
            entities = [connection.entity(reference)] if connection.is_reference(reference) else []
            self._request = _Request(container, entities, chosen)
            self._state = self._delegate.populateUI(
                TraitsData(_WANTED), UIAccess.kRead, self._request, connection.context
            )
            if self._state is None:
                raise none

    def close(self) -> None:
        """Has the manager let go of the widget."""
        self._delegate.close()

"""What OpenAssetIO's Basic Asset Library would offer for choosing an asset: a button for each of two.

It is a plug-in like any other, found by $OPENASSETIO_UI_PLUGIN_PATH.
"""

# OpenAssetIO's base classes only raise, which is taken for their type.
# pyright: reportIncompatibleMethodOverride=false, reportPrivateImportUsage=false

from openassetio import EntityReference
from openassetio.trait import TraitsData
from openassetio.ui.managerApi import UIDelegateInterface, UIDelegateStateInterface
from openassetio.ui.pluginSystem import PythonPluginSystemUIDelegatePlugin
from openassetio_mediacreation.traits.uiPolicy import ManagedTrait_v1
from Qt import QtWidgets

IDENTIFIER = "org.openassetio.examples.manager.bal"


class State(UIDelegateStateInterface):
    def __init__(self, references):
        super().__init__()
        self._references = [EntityReference(reference) for reference in references]

    def nativeData(self):
        return None

    def entityReferences(self):
        return self._references

    def entityTraitsDatas(self):
        return []

    def updateRequestCallback(self):
        return None


class ChoosingDelegate(UIDelegateInterface):
    def identifier(self):
        return IDENTIFIER

    def displayName(self):
        return "Two buttons"

    def uiPolicy(self, traitSet, access, context, hostSession):
        return TraitsData({ManagedTrait_v1.kId})

    def populateUI(self, traits, access, request, context, hostSession):
        layout = QtWidgets.QVBoxLayout(request.nativeData())
        begun = [reference.toString() for reference in request.entityReferences()]
        layout.addWidget(QtWidgets.QLabel(f"begun at {begun}"))
        changed = request.stateChangedCallback()
        for reference in ("bal:///print", "bal:///video"):
            button = QtWidgets.QPushButton(reference)
            button.clicked.connect(lambda *_, reference=reference: changed(State([reference])))
            layout.addWidget(button)
        return State([])


class ChoosingDelegatePlugin(PythonPluginSystemUIDelegatePlugin):
    @staticmethod
    def identifier():
        return IDENTIFIER

    @classmethod
    def interface(cls):
        return ChoosingDelegate()


openassetioUIPlugin = ChoosingDelegatePlugin

from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.model.balance_settings import BalanceSettings
from GafferRecovery.engine import enginePackages
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

_CORRECTION = {"layout:section": "Settings.Correction", "nodule:type": ""}

Gaffer.Metadata.registerNode(
    GafferRecovery.Balance,
    "description",
    """
    Balances a faded source, so that its channels are as light and as dark as each other again: by slope, offset and
    power of each, as an ASC CDL without clamps has them. Dispatch it once, for any range of frames. Then `out` shows
    the balanced source.

    Connect `out` to `source` of a GroundTruth node, and to `preview` of TrainingPairs. The pairs and the model carry
    the balance, and Inference does it by itself: connect Inference to the source before this node, or it would be done
    twice.
    """,
    "layout:activator:matchesReference",
    lambda node: node["matchReference"].getValue(),
    plugs={
        "enabled": {
            "description": """
            Turn this off to leave the source as it is.
            """,
        },
        "in": plugMetadata.image("""
            The source, in the script's working space, which must be display-referred.
            """),
        **plugMetadata.element("source"),
        "sourceFrames": plugMetadata.SOURCE_FRAMES,
        "matchReference": {
            "description": """
            Give each channel the levels that it has in the reference. The reference has to show the same scenes, but
            need not be matched or aligned. If this is off, the levels of the source alone are balanced: each channel
            becomes as light and as dark as the one that faded least.
            """,
        },
        **{
            name: metadata | {"layout:activator": "matchesReference"}
            for name, metadata in plugMetadata.element("reference").items()
        },
        **plugMetadata.settings(BalanceSettings),
        "fileName": plugMetadata.record("the balance"),
        "slope": {
            "description": """
            Corrects the slope that was estimated for each channel: multiplies it.
            """,
            **_CORRECTION,
        },
        "offset": {
            "description": """
            Corrects the offset that was estimated for each channel: is added to it.
            """,
            **_CORRECTION,
        },
        "power": {
            "description": """
            Corrects the power that was estimated for each channel: multiplies it. More than 1 makes the middle tones
            darker.
            """,
            **_CORRECTION,
        },
        "balance": plugMetadata.path("""
            The path of the balance. Empty where the node is not enabled.
            """)
        | {
            "noduleLayout:section": "right",
            "plugValueWidget:type": "GafferRecoveryUI.BalanceUI._BalanceTable",
        },
        "out": plugMetadata.image("""
            The balanced source, of the same windows and channels. Its metadata say what was done.
            """),
    },
)


class _BalanceTable(RecordTable):
    def table(self, path: Path) -> Table:
        balance = enginePackages.module("filmrecovery.model.balance").read_balance(path)
        rows = [
            Row((name, f"{channel.slope:.4f}", f"{channel.offset:.4f}", f"{channel.power:.4f}"))
            for name, channel in balance.channels.items()
        ]
        luma = "luma kept" if balance.keep_luma else "luma balanced too"
        levels = f"levels of {balance.reference}" if balance.reference else "levels of the source alone"
        frames = f", of frames {balance.source_frames}" if balance.source_frames else ""
        return Table(f"{levels}{frames}; {luma}".capitalize(), ("Channel", "Slope", "Offset", "Power"), rows)

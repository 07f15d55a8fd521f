"""The nodes that write the recovered frames, say in them what was done, and hand them over."""

import Gaffer
import GafferDispatch
import GafferImage
from graphLinks import annotate, hidePaths
from recoveryNodes import SHOT_FOLDER, Element, Stage
from settingsNode import PEOPLE
from validationNodes import Validation

import GafferRecovery


def addProvenance(
    script: Gaffer.ScriptNode, settings: Gaffer.Node, node: GafferImage.ImageNode, *stages: Stage
) -> GafferRecovery.Provenance:
    provenance = script["Provenance"] = GafferRecovery.Provenance()
    provenance["in"].setInput(node["out"])
    for index, stage in enumerate(stages):
        provenance["models"][index].setInput(stage.train["model"])
    if isinstance(node, GafferRecovery.Merge):
        provenance["merge"].setInput(node["operation"])
    provenance["filmTitle"].setInput(settings["film"])
    provenance["shot"].setInput(settings["shot"])
    for plug in PEOPLE:
        provenance[plug].setInput(settings[plug])
    hidePaths(provenance, "models")
    annotate(provenance, "Says in each header what was\ndone, and by whom: see Settings.")
    return provenance


def addWriter(
    script: Gaffer.ScriptNode, name: str, node: GafferImage.ImageNode, file: str, trained: Gaffer.Dot
) -> GafferRecovery.RecoveryWriter:
    writer = script[name] = GafferRecovery.RecoveryWriter()
    writer["in"].setInput(node["out"])
    writer["fileName"].setValue(f"{SHOT_FOLDER}/{file}")
    # Each batch loads the model once.
    writer["dispatcher"]["batchSize"].setValue(100)
    writer["preTasks"][0].setInput(trained["out"])
    return writer


def addDelivery(
    script: Gaffer.ScriptNode, node: GafferImage.ImageNode, trained: Gaffer.Dot
) -> GafferRecovery.RecoveryWriter:
    delivery = addWriter(script, "Delivery", node, f"delivery/{frameFiles('recovered')}", trained)
    annotate(delivery, "The frames, as EXR.")
    return delivery


def addDeliverFolder(
    script: Gaffer.ScriptNode,
    settings: Gaffer.Node,
    elements: list[Element],
    stages: list[tuple[Stage, Validation]],
    report: GafferDispatch.TaskNode,
) -> GafferRecovery.DeliverFolder:
    """Adds what hands over the frames of `Delivery` with all that belongs to them. The source is the first element."""
    delivered, provenance = script["Delivery"], script["Provenance"]
    folder = script["DeliverFolder"] = GafferRecovery.DeliverFolder()
    folder["preTasks"][0].setInput(report["task"])
    folder["recoveredFiles"].setInput(delivered["fileName"])
    folder["recoveredSpace"].setInput(delivered["colorSpace"])
    folder["recoveredFrames"].setValue("${frameRange:start}-${frameRange:end}")
    for index, (stage, validation) in enumerate(stages):
        folder["models"][index].setInput(stage.train["model"])
        folder["pairs"][index].setInput(stage.pairs["pairs"])
        folder["reports"][index].setInput(validation.validate["report"])
    source, *references = elements
    folder["sources"][0].setInput(source.asset["entity"])
    for index, reference in enumerate(references):
        folder["references"][index].setInput(reference.asset["entity"])
    for plug in ("film", "shot", *PEOPLE):
        folder[plug].setInput(settings[plug])
    for plug in ("constructedReference", "digitalSourceType"):
        folder[plug].setInput(provenance[plug])
    hidePaths(folder, "models", "pairs", "reports")
    annotate(folder, "Masters, movie, sidecars, reports,\nsealed, in one folder to hand over.")
    return folder


def frameFiles(name: str) -> str:
    return f"${{film:shot}}_{name}.####.exr"

"""The recovery graphs, and what they have in common."""

from collections.abc import Sequence

import Gaffer
import GafferDispatch
from deliveryNodes import addDeliverFolder, addDelivery, addProvenance, addWriter, frameFiles
from dispatcherNodes import Dispatchers, addDispatchers
from graphLayout import REFERENCE, RENDER, SETTINGS, TRAINING, VALIDATION, Band, Place, arrange
from graphLinks import annotate, awaitTask
from recoveryNodes import (
    Alignment,
    Element,
    Preparation,
    Recovery,
    Stage,
    addAlignment,
    addElement,
    addGoodFrames,
    addMerge,
    addPreparation,
    addRecovery,
    addShots,
    addStage,
    newScript,
    useAlignment,
    useShots,
)
from settingsNode import ElementText, addSettings
from validationNodes import Validation, addValidation, gradePrepared, useSource

import GafferRecovery

_PAINTED_FRAMES = ("1,24,48", "", "12")

# What stands for the elements in the sample film. Frames of its truth stand for painted ones.
_PRINT = "elements/faded/faded.####.exr"
_SHARP = "elements/internegative/internegative.####.exr"
_VIDEO = "elements/video/video.####.exr"
_PAINTED = "elements/truth/truth.####.exr"

_START = "Set the files on Settings, then dispatch from top to bottom. Over the Viewer, the keys 1, 2, 3 and 4 show \
source, reference, recovered picture and alignment; K compares with the source."
_ALIGN = "The reference is matched with the source and aligned. Frames to train on are chosen."
_PREPARE = "The channels are brought back into one range before the training; the key 5 shows it. The model carries it."
_TRAIN = "A network is trained on a few pairs of frames of this film, and on nothing else."
_RECOVER = "The model on every frame, merged onto the plate."
_REPORT = "Every frame is measured and judged, beside a baseline; then all of the shot goes into one folder."


def chromaRecovery() -> Gaffer.ScriptNode:
    return singleStage(
        "chroma",
        ElementText("Faded Scan", "The faded scan. Its luma stays.", "lin_ap0", _PRINT),
        ElementText("Colour Reference", "What has kept its colour: a video, or another print.", "srgb_tx", _VIDEO),
    )


def balancedChromaRecovery() -> Gaffer.ScriptNode:
    return singleStage(
        "chroma",
        ElementText("Faded Scan", "The scan as it is, with its cast. Its luma stays.", "lin_ap0", _PRINT),
        ElementText("Colour Reference", "What has kept its colour: a video, or another print.", "srgb_tx", _VIDEO),
        balanced=True,
    )


def spatialRecovery() -> Gaffer.ScriptNode:
    return singleStage(
        "spatial",
        ElementText("Poorer Element", "The poorer element. Its chroma stays.", "lin_ap0", _PRINT),
        ElementText("Sharper Element", "The sharper element.", "lin_ap0", _SHARP),
    )


def twoStepSpatialRecovery() -> Gaffer.ScriptNode:
    script = singleStage(
        "spatial",
        ElementText("Whole Element", "The whole element, with all its damage.", "lin_ap0", _PRINT),
        ElementText(
            "Sharper Element", "The sharper element. Frames of the good section are enough.", "lin_ap0", _SHARP
        ),
        goodFrames=True,
    )
    annotate(script["GroundTruth"], "Step one: pairs of the good section.")
    annotate(script["Inference"], "Step two: what was learnt there, on\nevery frame.")
    return script


def nonReferenceChroma() -> Gaffer.ScriptNode:
    script = newScript()
    elements = {
        "source": ElementText("Faded Scan", "The faded scan. Its luma stays.", "lin_ap0", _PRINT),
        "reference": ElementText(
            "Painted Frames",
            "A few frames of the source, painted by hand. All others are an error here.",
            "srgb_tx",
            _PAINTED,
        ),
    }
    settings = addSettings(script, elements, _PAINTED_FRAMES)
    source, reference = (addElement(script, settings, role) for role in elements)
    stage = addStage(script, "chroma", (source.reader["out"], "Source"), (reference.reader["out"], "Reference"))
    for plug, setting in (
        ("frames", "trainingFrames"),
        ("holdOutFrames", "holdOutFrames"),
        ("previewFrame", "previewFrame"),
    ):
        stage.pairs[plug].setInput(settings[setting])
    stage.groundTruth["median"].setValue(0)
    annotate(stage.groundTruth, "Has an image at painted frames only.\nmedian is 0: paint has no noise.")
    find = addShots(script, settings, source)
    stage.pairs["preTasks"][0].setInput(find["task"])
    recovery = addRecovery(script, stage, (source.reader["out"], "Source"))
    recover = _recoverBand(script, settings, 3, stage, recovery)
    script["Provenance"]["constructedReference"].setValue(True)
    validation = addValidation(script, stage, recovery, script["Delivery"])
    useSource(validation, settings, source)
    useShots(find, stage.pairs, recovery.inference, validation.validate, validation.early)
    folder = addDeliverFolder(script, settings, [source, reference], [(stage, validation)], validation.validate)
    dispatchers = addDispatchers(script, [], [validation.early], script["Delivery"], validation.validate, folder)
    _number(source.reader, reference.reader, script["Provenance"])
    arrange(
        script,
        _settingsBand(settings, [source, reference], dispatchers),
        ([_trainBand(2, stage, before=[find])], [recover, _reportBand(4, validation, folder)]),
        [],
    )
    return script


def combinedRecovery() -> Gaffer.ScriptNode:
    script = newScript()
    elements = {
        "source": ElementText("Faded, Poorer Element", "What is recovered.", "lin_ap0", _PRINT),
        "spatialReference": ElementText("Sharper Element", "What has kept the detail.", "lin_ap0", _SHARP),
        "chromaReference": ElementText(
            "Colour Reference", "What has kept its colour: a video, or another print.", "srgb_tx", _VIDEO
        ),
    }
    settings = addSettings(script, elements)
    source, spatialReference, chromaReference = (addElement(script, settings, role) for role in elements)

    find = addShots(script, settings, source)
    spatialAlignment = addAlignment(script, settings, find, "spatial", source, spatialReference, prefix="Spatial")
    spatial = addStage(
        script,
        "spatial",
        (source.reader["out"], "Source"),
        (spatialAlignment.align["out"], "SpatialAlign"),
        prefix="Spatial",
    )
    spatialChosen = awaitTask(script, "SpatialChosen", spatial.pairs, spatialAlignment.select)
    spatialRecovery = addRecovery(script, spatial, (source.reader["out"], "Source"), prefix="Spatial")
    useAlignment(spatial, spatialRecovery, spatialAlignment)
    writer = addWriter(
        script,
        "SpatialWriter",
        spatialRecovery.inference,
        f"spatial/frames/{frameFiles('spatial')}",
        spatialRecovery.trained,
    )
    writer["colorSpace"].setValue("${ocio:workingSpace}")
    annotate(writer, "The source with its new detail,\nfor the second stage.")

    result = script["SpatialResult"] = GafferRecovery.ElementReader()
    result["fileName"].setInput(writer["fileName"])
    result["colorSpace"].setInput(writer["colorSpace"])
    annotate(result, "These frames, as they lie on disk.")

    # With the source, which has the framing of the result and can be seen before any training.
    chromaAlignment = addAlignment(
        script, settings, find, "chroma", source, chromaReference, prefix="Chroma", inAnotherStep=True
    )
    detailed = (result["out"], "SpatialResult")
    chroma = addStage(script, "chroma", detailed, (chromaAlignment.align["out"], "ChromaAlign"), prefix="Chroma")
    chromaChosen = awaitTask(script, "ChromaAwaits", chroma.pairs, chromaAlignment.select, writer)
    chromaRecovery = addRecovery(script, chroma, detailed, prefix="Chroma")
    useAlignment(chroma, chromaRecovery, chromaAlignment)
    provenance = addProvenance(script, settings, chromaRecovery.inference, spatial, chroma)
    delivery = addDelivery(script, provenance, chromaRecovery.trained)
    (written,) = awaitTask(script, "DeliveryAwaits", delivery, writer)

    spatialValidation = addValidation(script, spatial, spatialRecovery, writer, spatialAlignment, prefix="Spatial")
    useSource(spatialValidation, settings, source)
    chromaValidation = addValidation(script, chroma, chromaRecovery, delivery, chromaAlignment, prefix="Chroma")
    for stage, recovery, validation in (
        (spatial, spatialRecovery, spatialValidation),
        (chroma, chromaRecovery, chromaValidation),
    ):
        useShots(find, stage.pairs, recovery.inference, validation.validate, validation.early)
    for one in (chromaValidation.validate, chromaValidation.early):
        one["sourceFiles"].setInput(writer["fileName"])
        one["sourceSpace"].setInput(writer["colorSpace"])
    validate = script["Validate"] = GafferDispatch.TaskList()
    for index, validation in enumerate((spatialValidation, chromaValidation)):
        validate["preTasks"][index].setInput(validation.validate["task"])
    annotate(validate, "Both reports.")
    looks = [spatialAlignment.select, chromaAlignment.select]
    elementsOfGraph = [source, spatialReference, chromaReference]
    validated = [(spatial, spatialValidation), (chroma, chromaValidation)]
    folder = addDeliverFolder(script, settings, elementsOfGraph, validated, validate)
    dispatchers = addDispatchers(
        script, looks, [spatialValidation.early, chromaValidation.early], delivery, validate, folder
    )
    _number(source.reader, chromaAlignment.align, provenance, chromaAlignment.view, spatialAlignment.align)

    columns = (
        [
            _alignBand(2, spatialAlignment, "Detail: match and align"),
            _trainBand(3, spatial, "Detail: train", spatialChosen),
            Band(
                RENDER,
                "4 Detail: recover",
                "The model on every frame, written for the second stage.",
                [
                    *_recoveryNodes(spatialRecovery),
                    (writer, Place(50, 2)),
                    (result, Place(18, 3)),
                ],
            ),
        ],
        [
            _alignBand(5, chromaAlignment, "Colour: match and align"),
            _trainBand(6, chroma, "Colour: train", chromaChosen),
            Band(
                RENDER,
                "7 Colour: recover and deliver",
                "Both recoveries, for delivery.",
                [
                    *_recoveryNodes(chromaRecovery),
                    (provenance, Place(18, 2)),
                    (written, Place(60, 1)),
                    (delivery, Place(50, 3)),
                ],
            ),
        ],
    )
    left, right = (_validationNodes(one, x) for one, x in ((spatialValidation, 0), (chromaValidation, 83)))
    report = Band(
        VALIDATION,
        "8 Report and hand over",
        _REPORT,
        [*left, *right, (validate, Place(81, 3)), (folder, Place(81, 4))],
    )
    arrange(script, _settingsBand(settings, elementsOfGraph, dispatchers), columns, [report])
    return script


def singleStage(
    mode: str,
    sourceText: ElementText,
    referenceText: ElementText,
    goodFrames: bool = False,
    balanced: bool = False,
) -> Gaffer.ScriptNode:
    """A graph with one stage. Its result is merged onto the original plate.

    With `goodFrames` only a section of the source is matched and trained on, and all of it recovered. With `balanced`
    the source is balanced before the training, and can be cleaned.
    """
    script = newScript()
    elements = {"source": sourceText, "reference": referenceText}
    settings = addSettings(script, elements)
    source, reference = (addElement(script, settings, role) for role in elements)
    find = addShots(script, settings, source)
    alignment = addAlignment(script, settings, find, mode, source, reference)
    if goodFrames:
        section = addGoodFrames(settings)
        # All frames have shots, for their grades.
        for node in (alignment.match, alignment.crop, alignment.select):
            node["sourceFrames"].setInput(section)
    preparation = addPreparation(script, settings, mode, source, reference) if balanced else None
    learntFrom = (preparation.clean["out"], "Clean") if preparation else (source.reader["out"], "Source")
    stage = addStage(script, mode, learntFrom, (alignment.align["out"], "Align"))
    chosen = awaitTask(script, "Chosen", stage.pairs, alignment.select)
    if preparation:
        chosen += awaitTask(script, "Balanced", stage.pairs, preparation.balance)
    recovery = addRecovery(script, stage, (source.reader["out"], "Source"))
    useAlignment(stage, recovery, alignment)
    recover = _recoverBand(script, settings, 4 + balanced, stage, recovery)
    if preparation:
        annotate(recovery.inference, "Balances as the model was trained,\nand recovers. Gets the source itself.")
    validation = addValidation(script, stage, recovery, script["Delivery"], alignment)
    if preparation:
        gradePrepared(validation, *learntFrom)
    useSource(validation, settings, source)
    useShots(find, stage.pairs, recovery.inference, validation.validate, validation.early)
    folder = addDeliverFolder(script, settings, [source, reference], [(stage, validation)], validation.validate)
    looks = [alignment.select, preparation.balance] if preparation else [alignment.select]
    dispatchers = addDispatchers(script, looks, [validation.early], script["Delivery"], validation.validate, folder)
    prepared = [preparation.clean] if preparation else []
    _number(source.reader, alignment.align, script["Provenance"], alignment.view, *prepared)
    before = [_alignBand(2, alignment), *([_prepareBand(3, preparation)] if preparation else [])]
    arrange(
        script,
        _settingsBand(settings, [source, reference], dispatchers),
        (
            [*before, _trainBand(2 + len(before), stage, before=chosen)],
            [recover, _reportBand(4 + len(before), validation, folder)],
        ),
        [],
    )
    return script


def _number(*nodes: Gaffer.Node) -> None:
    """Gives the nodes to look at their numbers: the key that shows a node in the Viewer."""
    for number, node in enumerate(nodes, start=1):
        Gaffer.MetadataAlgo.setNumericBookmark(node.scriptNode(), number, node)


def _settingsBand(settings: Gaffer.Node, elements: list[Element], dispatchers: Dispatchers) -> Band:
    nodes: list[tuple[Gaffer.Node, Place]] = [(settings, Place(10, 0))]
    for index, element in enumerate(elements):
        nodes.append((element.reader, Place(36 + 26 * index, 0)))
    found = [node for node in dispatchers if node is not None]
    nodes += [(node, Place(122, row)) for row, node in enumerate(found)]
    return Band(SETTINGS, "1 Settings, and what to press", _START, nodes)


def _alignBand(number: int, alignment: Alignment, title: str = "Match and align") -> Band:
    return Band(
        REFERENCE,
        f"{number} {title}",
        _ALIGN,
        [
            (alignment.source, Place(10, 0)),
            (alignment.reference, Place(26, 0)),
            (alignment.shots, Place(50, 0)),
            (alignment.match, Place(50, 1)),
            (alignment.align, Place(18, 2)),
            (alignment.view, Place(18, 3)),
            (alignment.crop, Place(50, 3)),
            (alignment.select, Place(50, 4)),
        ],
    )


def _prepareBand(number: int, preparation: Preparation) -> Band:
    return Band(
        REFERENCE,
        f"{number} Balance",
        _PREPARE,
        [
            (preparation.source, Place(18, 0)),
            (preparation.balance, Place(18, 1)),
            (preparation.clean, Place(18, 2)),
        ],
    )


def _trainBand(number: int, stage: Stage, title: str = "Train", before: Sequence[Gaffer.Node] = ()) -> Band:
    """`before` are the tasks, or the dots that stand for them, that the pairs wait for."""
    waitedFor = [(node, Place(54 + 16 * index, 0)) for index, node in enumerate(before)]
    return Band(
        TRAINING,
        f"{number} {title}",
        _TRAIN,
        [
            (stage.source, Place(10, 0)),
            (stage.reference, Place(26, 0)),
            *waitedFor,
            (stage.groundTruth, Place(18, 1)),
            (stage.trainingInput, Place(8, 2)),
            (stage.pairs, Place(50, 2)),
            (stage.train, Place(50, 3)),
        ],
    )


def _recoveryNodes(recovery: Recovery) -> list[tuple[Gaffer.Node, Place]]:
    return [
        (recovery.source, Place(18, 0)),
        (recovery.model, Place(3, 0)),
        (recovery.trained, Place(50, 0)),
        (recovery.inference, Place(18, 1)),
    ]


def _recoverBand(
    script: Gaffer.ScriptNode, settings: Gaffer.Node, number: int, stage: Stage, recovery: Recovery
) -> Band:
    """Adds what merges, names and writes the recovered frames of a graph with one stage."""
    merge = addMerge(script, stage, recovery)
    provenance = addProvenance(script, settings, merge, stage)
    delivery = addDelivery(script, provenance, recovery.trained)
    return Band(
        RENDER,
        f"{number} Recover and deliver",
        _RECOVER,
        [*_recoveryNodes(recovery), (merge, Place(18, 2)), (provenance, Place(18, 3)), (delivery, Place(50, 3))],
    )


def _validationNodes(validation: Validation, left: float = 0) -> list[tuple[Gaffer.Node, Place]]:
    return [
        (validation.source, Place(left + 10, 0)),
        (validation.pairs, Place(left + 26, 0)),
        (validation.frames, Place(left + 50, 0)),
        (validation.grade, Place(left + 18, 1)),
        (validation.validate, Place(left + 50, 2)),
        (validation.earlyFrames, Place(left + 28, 2)),
        (validation.early, Place(left + 18, 3)),
    ]


def _reportBand(number: int, validation: Validation, folder: GafferRecovery.DeliverFolder) -> Band:
    nodes = [*_validationNodes(validation), (folder, Place(50, 3))]
    return Band(VALIDATION, f"{number} Report and hand over", _REPORT, nodes)

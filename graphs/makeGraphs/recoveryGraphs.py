"""The recovery graphs, and what they have in common."""

import Gaffer
import GafferDispatch
from deliveryNodes import addDeliverFolder, addDelivery, addProvenance, addWriter, frameFiles
from dispatcherNodes import addDispatchers
from graphLayout import RENDER, VALIDATION, Band, Place, arrange
from graphLinks import annotate, awaitTask, link
from recoveryNodes import (
    addAlignment,
    addElement,
    addGoodFrames,
    addMovie,
    addPreparation,
    addRecovery,
    addShots,
    addStage,
    newScript,
    useAlignment,
    useFurther,
    useShots,
)
from settingsNode import ElementText, addSettings
from stepBands import (
    REPORT,
    START_PAINTED,
    alignBand,
    placesOfRecovery,
    placesOfValidation,
    prepareBand,
    recoverBand,
    reportBand,
    settingsBand,
    trainBand,
)
from validationNodes import addValidation, gradePrepared, useSource

import GafferRecovery

_PAINTED_FRAMES = ("1,24,48", "", "12")

# What stands for the elements in the sample film. Frames of its truth stand for painted ones.
_PRINT = "elements/faded/faded.####.exr"
_SHARP = "elements/internegative/internegative.####.exr"
_VIDEO = "elements/video/video.####.exr"
_PAINTED = "elements/truth/truth.####.exr"


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
    recover = recoverBand(script, settings, 3, stage, recovery)
    script["Provenance"]["constructedReference"].setValue(True)
    validation = addValidation(script, stage, recovery, script["Delivery"])
    useSource(validation, source)
    useShots(find, stage.pairs, recovery.inference, validation.validate, validation.early)
    folder = addDeliverFolder(script, settings, [source, reference], [(stage, validation)], validation.validate)
    dispatchers = addDispatchers(
        script,
        [stage.pairs],
        [validation.early],
        script["Delivery"],
        validation.validate,
        folder,
        "Press Dispatch: takes the painted\nframes as pairs to learn from.",
    )
    _number(source.reader, reference.reader, script["Provenance"])
    arrange(
        script,
        settingsBand(settings, [source, reference], dispatchers, text=START_PAINTED),
        ([trainBand(2, stage, before=[find])], [recover, reportBand(4, validation, folder)]),
        [],
    )
    return script


def combinedRecovery() -> Gaffer.ScriptNode:
    return twoStages()


def fourElements() -> Gaffer.ScriptNode:
    return twoStages(donor=True)


def twoStages(donor: bool = False) -> Gaffer.ScriptNode:
    """A graph with two stages: detail of one reference, then colour of another.

    With a `donor`, a fourth element gives the blue of the colour reference, whose own is lost.
    """
    script = newScript()
    elements = {
        "source": ElementText("Faded, Poorer Element", "What is recovered.", "lin_ap0", _PRINT),
        "spatialReference": ElementText("Sharper Element", "What has kept the detail.", "lin_ap0", _SHARP),
        "chromaReference": ElementText(
            "Colour Reference", "What has kept its colour: a video, or another print.", "srgb_tx", _VIDEO
        ),
    }
    if donor:
        elements["donor"] = ElementText(
            "Donor of a Channel",
            "What has kept the channel that the colour reference has lost: blue, or what else is connected at "
            "ChromaGroundTruth.",
            "lin_ap0",
            # The video of the sample film has kept its blue.
            _VIDEO,
        )
    settings = addSettings(script, elements)
    source, spatialReference, chromaReference, *donors = (addElement(script, settings, role) for role in elements)

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
    donorAlignments = [
        addAlignment(script, settings, find, "chroma", source, one, prefix="Donor", inAnotherStep=True, further=True)
        for one in donors
    ]
    found = [dot for one in donorAlignments for dot in useFurther(chromaAlignment, one)]
    donorDots = [link(script, "DonorOfChannel", one.align["out"], "DonorAlign") for one in donorAlignments]
    for dot in donorDots:
        chroma.groundTruth["blue"].setInput(dot["out"])
        annotate(chroma.groundTruth, "The source's luma, the colour of the\nreference, its blue of the donor.")
    chromaChosen = awaitTask(script, "ChromaAwaits", chroma.pairs, chromaAlignment.select, writer)
    chromaRecovery = addRecovery(script, chroma, detailed, prefix="Chroma")
    useAlignment(chroma, chromaRecovery, chromaAlignment)
    provenance = addProvenance(script, settings, chromaRecovery.inference, spatial, chroma)
    delivery = addDelivery(script, provenance, chromaRecovery.trained)
    (written,) = awaitTask(script, "DeliveryAwaits", delivery, writer)

    spatialValidation = addValidation(script, spatial, spatialRecovery, writer, spatialAlignment, prefix="Spatial")
    useSource(spatialValidation, source)
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
    elementsOfGraph = [source, spatialReference, chromaReference, *donors]
    validated = [(spatial, spatialValidation), (chroma, chromaValidation)]
    folder = addDeliverFolder(script, settings, elementsOfGraph, validated, validate)
    dispatchers = addDispatchers(
        script, looks, [spatialValidation.early, chromaValidation.early], delivery, validate, folder
    )
    _number(source.reader, chromaAlignment.align, provenance, chromaAlignment.view, spatialAlignment.align)

    donorBands = [alignBand(5, one, "Donor: match and align") for one in donorAlignments]
    next = 5 + len(donorBands)
    columns = (
        [
            alignBand(2, spatialAlignment, "Detail: match and align"),
            trainBand(3, spatial, "Detail: train", spatialChosen),
            Band(
                RENDER,
                "4 Detail: recover",
                "The model on every frame, written for the second stage.",
                [
                    *placesOfRecovery(spatialRecovery),
                    (writer, Place(50, 2)),
                    (result, Place(18, 3)),
                ],
            ),
        ],
        [
            *donorBands,
            alignBand(next, chromaAlignment, "Colour: match and align", found),
            trainBand(next + 1, chroma, "Colour: train", chromaChosen, donorDots),
            Band(
                RENDER,
                f"{next + 2} Colour: recover and deliver",
                "Both recoveries, for delivery.",
                [
                    *placesOfRecovery(chromaRecovery),
                    (provenance, Place(18, 2)),
                    (written, Place(60, 1)),
                    (delivery, Place(50, 3)),
                ],
            ),
        ],
    )
    left, right = (placesOfValidation(one, x) for one, x in ((spatialValidation, 0), (chromaValidation, 83)))
    report = Band(
        VALIDATION,
        f"{next + 3} Report and hand over",
        REPORT,
        # The last two below the findings that stand beside reports which failed, over several lines.
        [*left, *right, (validate, Place(81, 4)), (folder, Place(81, 5))],
    )
    arrange(script, settingsBand(settings, elementsOfGraph, dispatchers), columns, [report])
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
    movie, unpacked = addMovie(script, alignment) if mode == "chroma" else (None, [])
    if goodFrames:
        section = addGoodFrames(settings)
        # All frames have shots, for their grades.
        for node in (alignment.match, alignment.crop, alignment.select):
            node["sourceFrames"].setInput(section)
    preparation = addPreparation(script, mode, source, reference) if balanced else None
    learntFrom = (preparation.clean["out"], "Clean") if preparation else (source.reader["out"], "Source")
    stage = addStage(script, mode, learntFrom, (alignment.align["out"], "Align"))
    chosen = awaitTask(script, "Chosen", stage.pairs, alignment.select)
    if preparation:
        chosen += awaitTask(script, "Balanced", stage.pairs, preparation.balance)
    recovery = addRecovery(script, stage, (source.reader["out"], "Source"))
    useAlignment(stage, recovery, alignment)
    recover = recoverBand(script, settings, 4 + balanced, stage, recovery)
    if preparation:
        annotate(recovery.inference, "Balances as the model was trained,\nand recovers. Gets the source itself.")
    validation = addValidation(script, stage, recovery, script["Delivery"], alignment)
    if preparation:
        gradePrepared(validation, *learntFrom)
    useSource(validation, source)
    useShots(find, stage.pairs, recovery.inference, validation.validate, validation.early)
    folder = addDeliverFolder(script, settings, [source, reference], [(stage, validation)], validation.validate)
    looks = [alignment.select, preparation.balance] if preparation else [alignment.select]
    dispatchers = addDispatchers(script, looks, [validation.early], script["Delivery"], validation.validate, folder)
    prepared = [preparation.clean] if preparation else []
    _number(source.reader, alignment.align, script["Provenance"], alignment.view, *prepared)
    before = [alignBand(2, alignment, unpacked=unpacked), *([prepareBand(3, preparation)] if preparation else [])]
    arrange(
        script,
        settingsBand(settings, [source, reference], dispatchers, movie),
        (
            [*before, trainBand(2 + len(before), stage, before=chosen)],
            [recover, reportBand(4 + len(before), validation, folder)],
        ),
        [],
    )
    return script


def _number(*nodes: Gaffer.Node) -> None:
    """Gives the nodes to look at their numbers: the key that shows a node in the Viewer."""
    for number, node in enumerate(nodes, start=1):
        Gaffer.MetadataAlgo.setNumericBookmark(node.scriptNode(), number, node)

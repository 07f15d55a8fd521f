"""The five recovery graphs, and what they have in common."""

import Gaffer
import GafferDispatch
import GafferImage
from graphLayout import (
    ASIDE,
    ELEMENTS,
    IMAGE,
    PLATE,
    RENDER,
    TASK,
    Band,
    alignmentBand,
    arrange,
    elementRows,
    renderBand,
    stageBands,
    validationBand,
)
from recoveryNodes import (
    CHOSEN,
    FRAMES,
    addAlignment,
    addDelivery,
    addElement,
    addGoodFrames,
    addMerge,
    addProvenance,
    addSettings,
    addStage,
    addValidation,
    addWriter,
    annotate,
    frameFiles,
    newScript,
    useAlignment,
    useSource,
)

_PAINTED_FRAMES = ("1,24,48", "", "12")

_FILES = "Scans as the archive delivers them. Set\ntheir files in File > Settings > Variables."

_VALIDATE = "Dispatch this for the report. Everything\nthat it needs is made first."


def chromaRecovery() -> Gaffer.ScriptNode:
    script = singleStage("chroma", referenceSpace="srgb_tx")
    annotate(script["Source"], "The faded scan. Its luma stays.\nFile: variable element:source")
    annotate(
        script["Reference"],
        "True colour: a video, or another print.\nFile: variable element:reference",
    )
    return script


def spatialRecovery() -> Gaffer.ScriptNode:
    script = singleStage("spatial", referenceSpace="lin_ap0")
    annotate(script["Source"], "The poorer element. Its chroma stays.\nFile: variable element:source")
    annotate(script["Reference"], "The sharper element.\nFile: variable element:reference")
    return script


def twoStepSpatialRecovery() -> Gaffer.ScriptNode:
    script = singleStage("spatial", referenceSpace="lin_ap0")
    # Only the section with little damage is trained on, so only this is compared.
    for node in (script["MatchFrames"], script["SharedCrop"], script["SelectPairs"]):
        node["sourceFrames"].setInput(addGoodFrames(script["Settings"]))
    annotate(
        script["Settings"],
        "goodFrames: the section with little\ndamage. Frames to train on are chosen\nfrom it.",
    )
    annotate(
        script["Source"],
        "The whole element, with all its damage.\nFile: variable element:source",
    )
    annotate(
        script["Reference"],
        "The sharper element. Frames of the\ngood section are enough.\nFile: variable element:reference",
    )
    annotate(script["GroundTruth"], "Step one: pairs of the good section.")
    script["Backdrop5"]["description"].setValue(
        "Step two: the model of the good section\non every frame of the element, merged\nonto the plate."
    )
    return script


def nonReferenceChroma() -> Gaffer.ScriptNode:
    script = newScript("source", "reference")
    settings = addSettings(script, _PAINTED_FRAMES, sourceSpace="lin_ap0", referenceSpace="srgb_tx")
    source = addElement(script, settings, "source")
    reference = addElement(script, settings, "reference")
    stage = addStage(script, "chroma", source.color, reference.color)
    for plug in ("frames", "holdOutFrames", "previewFrame"):
        stage.pairs[plug].setInput(settings["user"][FRAMES[plug]])
    stage.groundTruth["median"].setValue(0)
    merge = addMerge(script, stage)
    provenance = addProvenance(script, merge, stage)
    provenance["constructedReference"].setValue(True)
    delivery = addDelivery(script, provenance)
    delivery["preTasks"][0].setInput(stage.train["task"])
    validation = addValidation(script, stage, delivery)
    useSource(validation, settings, source)
    annotate(validation.validate, _VALIDATE)
    annotate(
        settings,
        "trainingFrames: the painted frames.\nholdOutFrames: a painted frame that is\nnot trained on, or none.",
    )
    annotate(source.reader, "The faded scan. Its luma stays.\nFile: variable element:source")
    annotate(
        reference.reader,
        "A few frames of the source, painted by hand.\nAll other frames are an error here.\n"
        "File: variable element:reference",
    )
    annotate(stage.groundTruth, "Has an image at painted frames only.\nmedian is 0: paint has no noise.")
    files = "Scans, and painted frames. Set\ntheir files in File > Settings >\nVariables."
    arrange(
        script,
        [
            Band(ELEMENTS, "1 Elements", files, elementRows(settings, source, reference)),
            *stageBands(stage, 2),
            renderBand(4, stage, merge, provenance, delivery),
            validationBand(5, validation),
        ],
    )
    return script


def combinedRecovery() -> Gaffer.ScriptNode:
    script = newScript("source", "spatialReference", "chromaReference")
    settings = addSettings(
        script,
        CHOSEN,
        sourceSpace="lin_ap0",
        spatialReferenceSpace="lin_ap0",
        chromaReferenceSpace="srgb_tx",
    )
    source = addElement(script, settings, "source")
    annotate(source.reader, "The faded, poorer element.\nFile: variable element:source")

    spatialReference = addElement(script, settings, "spatialReference")
    annotate(spatialReference.reader, "The sharper element.\nFile: variable element:spatialReference")
    spatialAlignment = addAlignment(script, settings, "spatial", source, spatialReference, prefix="Spatial")
    spatial = addStage(script, "spatial", spatialAlignment.dot, spatialAlignment.align, prefix="Spatial")
    useAlignment(spatial, spatialAlignment)
    writer = addWriter(script, "SpatialWriter", spatial.inference, f"spatial/frames/{frameFiles('spatial')}")
    writer["colorSpace"].setValue("${ocio:workingSpace}")
    writer["preTasks"][0].setInput(spatial.train["task"])

    result = script["SpatialResult"] = GafferImage.ImageReader()
    result["fileName"].setInput(writer["fileName"])
    result["colorSpace"].setInput(writer["colorSpace"])
    annotate(result, "The frames that SpatialWriter wrote.\nPress its Refresh after a dispatch.")

    chromaReference = addElement(script, settings, "chromaReference")
    annotate(
        chromaReference.reader,
        "True colour: a video, or another print.\nFile: variable element:chromaReference",
    )
    # With the source, which has the framing of the result and can be seen before any training.
    chromaAlignment = addAlignment(script, settings, "chroma", source, chromaReference, prefix="Chroma")
    chroma = addStage(script, "chroma", result, chromaAlignment.align, prefix="Chroma")
    useAlignment(chroma, chromaAlignment)
    annotate(chromaAlignment.dot, "The source")
    chroma.pairs["preTasks"][2].setInput(writer["task"])
    provenance = addProvenance(script, chroma.inference, spatial, chroma)
    delivery = addDelivery(script, provenance)
    delivery["preTasks"][0].setInput(chroma.train["task"])
    delivery["preTasks"][1].setInput(writer["task"])
    spatialValidation = addValidation(script, spatial, writer, spatialAlignment.crop, prefix="Spatial")
    useSource(spatialValidation, settings, source)
    chromaValidation = addValidation(script, chroma, delivery, chromaAlignment.crop, prefix="Chroma")
    chromaValidation.validate["sourceFiles"].setInput(writer["fileName"])
    chromaValidation.validate["sourceSpace"].setInput(writer["colorSpace"])
    validate = script["Validate"] = GafferDispatch.TaskList()
    for index, validation in enumerate((spatialValidation, chromaValidation)):
        validate["preTasks"][index].setInput(validation.validate["task"])
    annotate(validate, _VALIDATE)

    arrange(
        script,
        [
            Band(
                ELEMENTS,
                "1 Spatial elements",
                f"Detail comes first.\n\n{_FILES}",
                elementRows(settings, source, spatialReference),
            ),
            alignmentBand(2, spatialAlignment, "Spatial"),
            *stageBands(spatial, 3, "Spatial"),
            Band(
                RENDER,
                "5 Spatial inference and render",
                "The source with its new detail,\nwritten for the second stage.",
                [{PLATE: spatial.inferenceDot}, {IMAGE: spatial.inference}, {TASK: writer}],
            ),
            Band(
                ELEMENTS,
                "6 Chroma elements",
                "Then colour, for the frames\nthat the first stage wrote.",
                [{PLATE: result, IMAGE: chromaReference.reader}, {IMAGE: chromaReference.color}],
            ),
            alignmentBand(7, chromaAlignment, "Chroma", ASIDE),
            *stageBands(chroma, 8, "Chroma"),
            Band(
                RENDER,
                "10 Chroma inference and render",
                "Both recoveries, for delivery.",
                [{PLATE: chroma.inferenceDot}, {IMAGE: chroma.inference}, {IMAGE: provenance}, {TASK: delivery}],
            ),
            validationBand(11, spatialValidation, chromaValidation, last={TASK: validate}),
        ],
    )
    return script


def singleStage(mode: str, referenceSpace: str) -> Gaffer.ScriptNode:
    """A graph with one stage. Its result is merged onto the original plate."""
    script = newScript("source", "reference")
    settings = addSettings(script, CHOSEN, sourceSpace="lin_ap0", referenceSpace=referenceSpace)
    source = addElement(script, settings, "source")
    reference = addElement(script, settings, "reference")
    alignment = addAlignment(script, settings, mode, source, reference)
    stage = addStage(script, mode, alignment.dot, alignment.align)
    useAlignment(stage, alignment)
    merge = addMerge(script, stage)
    provenance = addProvenance(script, merge, stage)
    delivery = addDelivery(script, provenance)
    delivery["preTasks"][0].setInput(stage.train["task"])
    validation = addValidation(script, stage, delivery, alignment.crop)
    useSource(validation, settings, source)
    annotate(validation.validate, _VALIDATE)
    arrange(
        script,
        [
            Band(ELEMENTS, "1 Elements", _FILES, elementRows(settings, source, reference)),
            alignmentBand(2, alignment),
            *stageBands(stage, 3),
            renderBand(5, stage, merge, provenance, delivery),
            validationBand(6, validation),
        ],
    )
    return script

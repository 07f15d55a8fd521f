"""The five recovery graphs, where what they have in common is said once."""

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
    addMerge,
    addProvenance,
    addSettings,
    addSoundFrames,
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

_FILES = "Scans as the archive delivers them. Their\nfiles are set in File > Settings > Variables."

_VALIDATE = "Dispatch this for the report; all that\nit needs is made first."


def chromaRecovery() -> Gaffer.ScriptNode:
    script = singleStage("chroma", referenceSpace="srgb_tx")
    annotate(script["Source"], "The faded scan. Its luma stays.\nFile: variable element:source")
    annotate(
        script["Reference"],
        "Colour as it was: a video, another print.\nFile: variable element:reference",
    )
    return script


def spatialRecovery() -> Gaffer.ScriptNode:
    script = singleStage("spatial", referenceSpace="lin_ap0")
    annotate(script["Source"], "The poorer element. Its chroma stays.\nFile: variable element:source")
    annotate(script["Reference"], "The sharper element.\nFile: variable element:reference")
    return script


def twoStepSpatialRecovery() -> Gaffer.ScriptNode:
    script = singleStage("spatial", referenceSpace="lin_ap0")
    # What is learnt, and so what is compared, is the sound section alone.
    for node in (script["MatchFrames"], script["SharedCrop"], script["SelectPairs"]):
        node["sourceFrames"].setInput(addSoundFrames(script["Settings"]))
    annotate(
        script["Settings"],
        "soundFrames: the section with little\ndamage, from which frames to train on\nare chosen.",
    )
    annotate(
        script["Source"],
        "The whole element, sound and damaged.\nFile: variable element:source",
    )
    annotate(
        script["Reference"],
        "The sharper element; frames of the\nsound section are enough.\nFile: variable element:reference",
    )
    annotate(script["GroundTruth"], "Step one: pairs of the sound section,\nwhich shows what is to be learnt")
    script["Backdrop5"]["description"].setValue(
        "Step two: what was learnt from the\nsound section, on every frame of the\nelement, merged onto the plate."
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
        "Training frames: those that are painted.\nHold-out: one of them that can be\nspared, or none.",
    )
    annotate(source.reader, "The faded scan. Its luma stays.\nFile: variable element:source")
    annotate(
        reference.reader,
        "A few frames of the source, painted by hand.\nOthers do not exist, and are an error here.\n"
        "File: variable element:reference",
    )
    annotate(stage.groundTruth, "To be seen at painted frames alone.\nmedian is 0: paint has no noise")
    files = "Scans, and frames of them that were\npainted. Their files are set in\nFile > Settings > Variables."
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
    annotate(result, "What SpatialWriter wrote. Press its\nRefresh after a dispatch.")

    chromaReference = addElement(script, settings, "chromaReference")
    annotate(
        chromaReference.reader,
        "Colour as it was: a video, another print.\nFile: variable element:chromaReference",
    )
    # Onto the source, whose framing the result has: it can be looked at before anything was trained.
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
                "The source with the new detail,\nwritten for the second stage.",
                [{PLATE: spatial.inferenceDot}, {IMAGE: spatial.inference}, {TASK: writer}],
            ),
            Band(
                ELEMENTS,
                "6 Chroma elements",
                "Then colour, for what the\nfirst stage wrote.",
                [{PLATE: result, IMAGE: chromaReference.reader}, {IMAGE: chromaReference.color}],
            ),
            alignmentBand(7, chromaAlignment, "Chroma", ASIDE),
            *stageBands(chroma, 8, "Chroma"),
            Band(
                RENDER,
                "10 Chroma inference and render",
                "Both recoveries, delivered.",
                [{PLATE: chroma.inferenceDot}, {IMAGE: chroma.inference}, {IMAGE: provenance}, {TASK: delivery}],
            ),
            validationBand(11, spatialValidation, chromaValidation, last={TASK: validate}),
        ],
    )
    return script


def singleStage(mode: str, referenceSpace: str) -> Gaffer.ScriptNode:
    """A graph of one stage, whose result is merged onto the original plate."""
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

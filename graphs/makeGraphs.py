"""Makes the recovery graphs: `./run gaffer env python graphs/makeGraphs.py [FOLDER]`, by default beside this file.

Artists open the .gfr files. They are changed here, where what the five have in common is said once.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import Gaffer
import GafferDispatch
import GafferImage
import IECore
import imath

import GafferRecovery

_SHOT_FOLDER = "${project:rootDirectory}/${film:shot}"
_DYNAMIC = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic

# Training frames, hold-out frames and preview frame; where none are named they are chosen.
_CHOSEN = ("", "", "")
_PAINTED_FRAMES = ("1,24,48", "", "12")
_SOUND_SECTION = "1-20"

_FRAMES = {"frames": "trainingFrames", "holdOutFrames": "holdOutFrames", "previewFrame": "previewFrame"}
"""Names of the nodes' plugs for frames, and of those of Settings."""

_SPACES = {
    "Video, sRGB curve": "srgb_tx",
    "Video, gamma 2.4": "g24_rec709",
    "ACES2065-1": "lin_ap0",
    "ACEScg": "lin_ap1",
}

# Columns and rows, in units of the Graph Editor. Titles are in the middle of the width, where no connection passes.
_TEXT, _PLATE, _ASIDE, _TASK, _IMAGE = -42, 0, 8, 42, 58
_LEFT, _RIGHT = -51, 93
_TOP, _ROW, _BOTTOM, _GAP = 11, 9, 6, 2

_FILES = "Scans as the archive delivers them. Their\nfiles are set in File > Settings > Variables."

_VALIDATE = "Dispatch this for the report; all that\nit needs is made first."

_ELEMENTS = imath.Color3f(0.15, 0.18, 0.22)
_REFERENCE = imath.Color3f(0.14, 0.20, 0.22)
_PAIRS = imath.Color3f(0.15, 0.20, 0.17)
_TRAIN = imath.Color3f(0.22, 0.19, 0.14)
_VALIDATION = imath.Color3f(0.18, 0.20, 0.15)
_RENDER = imath.Color3f(0.20, 0.16, 0.22)


class Element(NamedTuple):
    role: str
    reader: GafferImage.ImageReader
    color: GafferImage.ColorSpace


class Alignment(NamedTuple):
    """What brings a reference into the source's framing and frame numbers, and chooses frames."""

    match: GafferRecovery.MatchFrames
    align: GafferRecovery.Align
    crop: GafferRecovery.SharedCrop
    select: GafferRecovery.SelectPairs
    # The source on its way down the graph.
    dot: Gaffer.Dot


class Stage(NamedTuple):
    groundTruth: GafferRecovery.GroundTruth
    pairs: GafferRecovery.TrainingPairs
    train: GafferRecovery.Train
    inference: GafferRecovery.Inference
    # The source on its way down the graph.
    pairsDot: Gaffer.Dot
    inferenceDot: Gaffer.Dot


class Validation(NamedTuple):
    grade: GafferRecovery.MatchGrade
    validate: GafferRecovery.Validate


class Band(NamedTuple):
    """A backdrop over the whole width of the graph, and the nodes on it, row by row, each in its column."""

    color: imath.Color3f
    title: str
    description: str
    rows: list[dict[int, Gaffer.Node]]


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
        stage.pairs[plug].setInput(settings["user"][_FRAMES[plug]])
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
            Band(_ELEMENTS, "1 Elements", files, elementRows(settings, source, reference)),
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
        _CHOSEN,
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
    writer = addWriter(script, "SpatialWriter", spatial.inference, f"spatial/frames/{_frames('spatial')}")
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
                _ELEMENTS,
                "1 Spatial elements",
                f"Detail comes first.\n\n{_FILES}",
                elementRows(settings, source, spatialReference),
            ),
            alignmentBand(2, spatialAlignment, "Spatial"),
            *stageBands(spatial, 3, "Spatial"),
            Band(
                _RENDER,
                "5 Spatial inference and render",
                "The source with the new detail,\nwritten for the second stage.",
                [{_PLATE: spatial.inferenceDot}, {_IMAGE: spatial.inference}, {_TASK: writer}],
            ),
            Band(
                _ELEMENTS,
                "6 Chroma elements",
                "Then colour, for what the\nfirst stage wrote.",
                [{_PLATE: result, _IMAGE: chromaReference.reader}, {_IMAGE: chromaReference.color}],
            ),
            alignmentBand(7, chromaAlignment, "Chroma", _ASIDE),
            *stageBands(chroma, 8, "Chroma"),
            Band(
                _RENDER,
                "10 Chroma inference and render",
                "Both recoveries, delivered.",
                [{_PLATE: chroma.inferenceDot}, {_IMAGE: chroma.inference}, {_IMAGE: provenance}, {_TASK: delivery}],
            ),
            validationBand(11, spatialValidation, chromaValidation, last={_TASK: validate}),
        ],
    )
    return script


def singleStage(mode: str, referenceSpace: str) -> Gaffer.ScriptNode:
    """A graph of one stage, whose result is merged onto the original plate."""
    script = newScript("source", "reference")
    settings = addSettings(script, _CHOSEN, sourceSpace="lin_ap0", referenceSpace=referenceSpace)
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
            Band(_ELEMENTS, "1 Elements", _FILES, elementRows(settings, source, reference)),
            alignmentBand(2, alignment),
            *stageBands(stage, 3),
            renderBand(5, stage, merge, provenance, delivery),
            validationBand(6, validation),
        ],
    )
    return script


def newScript(*roles: str) -> Gaffer.ScriptNode:
    """A script in a display-referred working space, with variables for the project and the elements of these roles."""
    script = Gaffer.ScriptNode()
    script["frameRange"]["end"].setValue(48)
    color = GafferImage.OpenColorIOConfigPlug.acquireDefaultConfigPlug(script)
    color["workingSpace"].setValue("srgb_tx")
    color["displayTransform"].setValue("sRGB - Display/Un-tone-mapped")
    variables = {
        # As Gaffer itself adds them to new scripts.
        "projectName": ("project:name", "default"),
        "projectRootDirectory": ("project:rootDirectory", "$HOME/gaffer/projects/${project:name}"),
        "film": ("film:title", "Untitled"),
        "shot": ("film:shot", "SHOT_010"),
        **{role: (f"element:{role}", f"${{project:rootDirectory}}/scans/{role}.####.exr") for role in roles},
    }
    for plugName, (name, value) in variables.items():
        plug = Gaffer.NameValuePlug(name, IECore.StringData(value), plugName, flags=_DYNAMIC)
        script["variables"].addChild(plug)
        Gaffer.MetadataAlgo.setReadOnly(plug["name"], True)
    return script


def addSettings(script: Gaffer.ScriptNode, frames: tuple[str, str, str], **spaces: str) -> Gaffer.Node:
    settings = script["Settings"] = Gaffer.Node()
    chosen = " Empty: chosen by SelectPairs." if frames == _CHOSEN else ""
    descriptions = {
        "trainingFrames": "The frames to learn from, such as 1,10,20-30x5: four to nine a shot, spread over what "
        f"happens in it, first and last among them.{chosen}",
        "holdOutFrames": "Frames that are never trained on, by which the training's progress is told. May be empty.",
        "previewFrame": "A frame that is shown as the training recovers it, and needs no reference. May be empty.",
    }
    for (name, description), value in zip(descriptions.items(), frames, strict=True):
        plug = settings["user"][name] = Gaffer.StringPlug(flags=_DYNAMIC)
        plug.setValue(value)
        Gaffer.Metadata.registerValue(plug, "description", description)
        if frames == _CHOSEN:
            Gaffer.Metadata.registerValue(plug, "stringPlugValueWidget:placeholderText", "Chosen")
    if frames == _CHOSEN:
        align = settings["user"]["alignReference"] = Gaffer.BoolPlug(defaultValue=True, flags=_DYNAMIC)
        text = (
            "Whether the reference has to be matched and aligned. Off: it has the source's framing and frame numbers."
        )
        Gaffer.Metadata.registerValue(align, "description", text)
    for name, value in spaces.items():
        plug = settings["user"][name] = Gaffer.StringPlug(flags=_DYNAMIC)
        plug.setValue(value)
        for key, data in {
            "description": "The colour space of the element's files: a preset, or any name of the OpenColorIO config.",
            "plugValueWidget:type": "GafferUI.PresetsPlugValueWidget",
            "presetNames": IECore.StringVectorData(_SPACES.keys()),
            "presetValues": IECore.StringVectorData(_SPACES.values()),
            "presetsPlugValueWidget:allowCustom": True,
        }.items():
            Gaffer.Metadata.registerValue(plug, key, data)
    annotate(settings, "Colour spaces, and frames where they\nare not to be chosen: set them here.")
    return settings


def addSoundFrames(settings: Gaffer.Node) -> Gaffer.StringPlug:
    if "soundFrames" not in settings["user"]:
        plug = settings["user"]["soundFrames"] = Gaffer.StringPlug(flags=_DYNAMIC)
        plug.setValue(_SOUND_SECTION)
        Gaffer.Metadata.registerValue(plug, "description", "The section of the source with little damage.")
    return settings["user"]["soundFrames"]


def addElement(script: Gaffer.ScriptNode, settings: Gaffer.Node, role: str) -> Element:
    name = f"{role[0].upper()}{role[1:]}"
    reader = script[name] = GafferImage.ImageReader()
    reader["fileName"].setValue(f"${{element:{role}}}")
    # Read as it is: the conversion of ImageReader divides by alpha, which in scans may be an infrared or dust channel.
    reader["colorSpace"].setValue("${ocio:workingSpace}")
    color = script[f"{name}Color"] = GafferImage.ColorSpace()
    color["in"].setInput(reader["out"])
    color["inputSpace"].setInput(settings["user"][f"{role}Space"])
    return Element(role, reader, color)


def addAlignment(
    script: Gaffer.ScriptNode, settings: Gaffer.Node, mode: str, source: Element, reference: Element, prefix: str = ""
) -> Alignment:
    """What lays a reference over the source, and chooses frames to train on."""
    folder = f"{_SHOT_FOLDER}/{mode}/reference"
    nodes = (
        GafferRecovery.MatchFrames(),
        GafferRecovery.Align(),
        GafferRecovery.SharedCrop(),
        GafferRecovery.SelectPairs(),
    )
    files = ("matches.json", "alignment.json", "crop.json", "selection.json")
    names = ("MatchFrames", "Align", "SharedCrop", "SelectPairs")
    for node, file, name in zip(nodes, files, names, strict=True):
        script[f"{prefix}{name}"] = node
        node["fileName"].setValue(f"{folder}/{file}")
        for role, element in (("source", source), ("reference", reference)):
            if f"{role}Files" in node:
                # The reader's own file would be that of the current frame.
                node[f"{role}Files"].setValue(f"${{element:{element.role}}}")
                node[f"{role}Space"].setInput(settings["user"][f"{element.role}Space"])
    match, align, crop, select = nodes
    for node in (match, align, crop):
        node["enabled"].setInput(settings["user"]["alignReference"])
    for node, previous in ((align, match), (crop, align), (select, align)):
        node["preTasks"][0].setInput(previous["task"])
    align["matches"].setInput(match["matches"])
    align["in"].setInput(reference.color["out"])
    dot = addDot(script, f"{prefix}ReferenceDot", source.color)
    for node in (align, crop):
        node["source"].setInput(dot["out"])
    crop["alignment"].setInput(align["alignment"])
    select["matches"].setInput(match["matches"])
    select["alignment"].setInput(align["alignment"])
    for plug, setting in _FRAMES.items():
        select[plug].setInput(settings["user"][setting])
    annotate(align, "Look at `comparison`. manual: places frames\nby hand, and can be animated")
    annotate(select, "Its table says why each frame\nwas taken or left")
    return Alignment(*nodes, dot)


def useAlignment(stage: Stage, alignment: Alignment) -> None:
    """Has a stage learn from the part of the picture that both elements show, at the frames that were chosen."""
    stage.groundTruth["crop"].setInput(alignment.crop["crop"])
    stage.inference["crop"].setInput(alignment.crop["sourceCrop"])
    for plug in _FRAMES:
        stage.pairs[plug].setInput(alignment.select[f"selected{plug[0].upper()}{plug[1:]}"])
    stage.pairs["alignment"].setInput(alignment.align["alignment"])
    stage.pairs["preTasks"][0].setInput(alignment.select["task"])
    stage.pairs["preTasks"][1].setInput(alignment.crop["task"])


def useSource(validation: Validation, settings: Gaffer.Node, source: Element) -> None:
    validation.validate["sourceFiles"].setValue(f"${{element:{source.role}}}")
    validation.validate["sourceSpace"].setInput(settings["user"][f"{source.role}Space"])


def addMerge(script: Gaffer.ScriptNode, stage: Stage) -> GafferRecovery.Merge:
    mode = stage.groundTruth["mode"].getValue()
    merge = script["Merge"] = GafferRecovery.Merge()
    merge["operation"].setValue({"chroma": "color", "spatial": "luminosity"}[mode])
    merge["original"].setInput(stage.inferenceDot["out"])
    merge["recovered"].setInput(stage.inference["out"])
    kept = {"chroma": "luma", "spatial": "chroma"}[mode]
    annotate(merge, f"The plate's own {kept}, whatever is\ninserted before Inference")
    return merge


def addStage(
    script: Gaffer.ScriptNode,
    mode: str,
    source: GafferImage.ImageNode | Gaffer.Dot,
    reference: GafferImage.ImageNode,
    prefix: str = "",
) -> Stage:
    """What learns from the two elements, and the inference on the source."""
    pairsDot = addDot(script, f"{prefix}PairsDot", source)
    inferenceDot = addDot(script, f"{prefix}InferenceDot", pairsDot)

    groundTruth = script[f"{prefix}GroundTruth"] = GafferRecovery.GroundTruth()
    groundTruth["source"].setInput(pairsDot["out"])
    groundTruth["reference"].setInput(reference["out"])
    groundTruth["mode"].setValue(mode)
    advice = {
        "chroma": "median: more where the reference is noisy,\nless where its colour is fine",
        "spatial": "crop: what both elements show",
    }
    annotate(groundTruth, advice[mode])

    pairs = script[f"{prefix}Pairs" if prefix else "TrainingPairs"] = GafferRecovery.TrainingPairs()
    pairs["input"].setInput(groundTruth["trainingInput"])
    pairs["target"].setInput(groundTruth["out"])
    # Not the training input: there need not be a reference at that frame.
    pairs["preview"].setInput(pairsDot["out"])
    pairs["mode"].setInput(groundTruth["mode"])
    pairs["directory"].setValue(f"{_SHOT_FOLDER}/{mode}/pairs")
    pairs["label"].setValue("${film:title} ${film:shot}")

    train = script[f"{prefix}Train"] = GafferRecovery.Train()
    train["preTasks"][0].setInput(pairs["task"])
    train["pairs"][0].setInput(pairs["pairs"])
    train["runsDirectory"].setValue(f"{_SHOT_FOLDER}/{mode}/runs")
    annotate(train, "size, and steps or minutes.\npatchSize 256 where frames are small")

    inference = script[f"{prefix}Inference"] = GafferRecovery.Inference()
    inference["in"].setInput(inferenceDot["out"])
    inference["model"].setInput(train["model"])
    return Stage(groundTruth, pairs, train, inference, pairsDot, inferenceDot)


def addDot(script: Gaffer.ScriptNode, name: str, node: GafferImage.ImageNode | Gaffer.Dot) -> Gaffer.Dot:
    dot = script[name] = Gaffer.Dot()
    dot.setup(node["out"])
    dot["in"].setInput(node["out"])
    return dot


def addProvenance(script: Gaffer.ScriptNode, node: GafferImage.ImageNode, *stages: Stage) -> GafferRecovery.Provenance:
    provenance = script["Provenance"] = GafferRecovery.Provenance()
    provenance["in"].setInput(node["out"])
    for index, stage in enumerate(stages):
        provenance["models"][index].setInput(stage.train["model"])
    if isinstance(node, GafferRecovery.Merge):
        provenance["merge"].setInput(node["operation"])
    provenance["filmTitle"].setValue("${film:title}")
    provenance["shot"].setValue("${film:shot}")
    annotate(provenance, "Who, for whom, from which\nelements: say it here.")
    return provenance


def addDelivery(script: Gaffer.ScriptNode, node: GafferImage.ImageNode) -> GafferRecovery.RecoveryWriter:
    delivery = addWriter(script, "Delivery", node, f"delivery/{_frames('recovered')}")
    annotate(delivery, "Dispatch this: what it needs and what is\nnot there yet is made first.")
    return delivery


def addValidation(
    script: Gaffer.ScriptNode,
    stage: Stage,
    writer: GafferRecovery.RecoveryWriter,
    crop: GafferRecovery.SharedCrop | None = None,
    prefix: str = "",
) -> Validation:
    """The baseline that a stage has to beat, and the report on what it made."""
    mode = stage.groundTruth["mode"].getValue()
    grade = script[f"{prefix}MatchGrade"] = GafferRecovery.MatchGrade()
    grade["in"].setInput(stage.inferenceDot["out"])
    grade["pairs"][0].setInput(stage.pairs["pairs"])
    grade["preTasks"][0].setInput(stage.pairs["task"])
    grade["fileName"].setValue(f"{_SHOT_FOLDER}/{mode}/baseline/grade.clf")
    annotate(grade, "The baseline: what one LUT can do")

    validate = script[f"{prefix}Validate"] = GafferRecovery.Validate()
    validate["preTasks"][0].setInput(writer["task"])
    validate["preTasks"][1].setInput(grade["task"])
    validate["model"].setInput(stage.train["model"])
    validate["pairs"][0].setInput(stage.pairs["pairs"])
    validate["lut"].setInput(grade["lut"])
    validate["recoveredFiles"].setInput(writer["fileName"])
    validate["recoveredSpace"].setInput(writer["colorSpace"])
    if crop is not None:
        validate["crop"].setInput(crop["cropFile"])
    validate["title"].setValue("${film:title}")
    validate["shot"].setValue("${film:shot}")
    validate["directory"].setValue(f"{_SHOT_FOLDER}/{mode}/report")
    return Validation(grade, validate)


def addWriter(
    script: Gaffer.ScriptNode, name: str, node: GafferImage.ImageNode, file: str
) -> GafferRecovery.RecoveryWriter:
    writer = script[name] = GafferRecovery.RecoveryWriter()
    writer["in"].setInput(node["out"])
    writer["fileName"].setValue(f"{_SHOT_FOLDER}/{file}")
    # The model is loaded once for each batch.
    writer["dispatcher"]["batchSize"].setValue(100)
    return writer


def _frames(name: str) -> str:
    return f"${{film:shot}}_{name}.####.exr"


def annotate(node: Gaffer.Node, text: str) -> None:
    annotation = Gaffer.MetadataAlgo.Annotation(text, imath.Color3f(0.05, 0.05, 0.05))
    Gaffer.MetadataAlgo.addAnnotation(node, "user", annotation)


def elementRows(settings: Gaffer.Node, source: Element, reference: Element) -> list[dict[int, Gaffer.Node]]:
    return [
        {_PLATE: source.reader, _IMAGE: reference.reader},
        {_TEXT: settings, _PLATE: source.color, _IMAGE: reference.color},
    ]


def alignmentBand(number: int, alignment: Alignment, prefix: str = "", column: int = _PLATE) -> Band:
    return Band(
        _REFERENCE,
        f"{number} {f'{prefix} reference'.strip().capitalize()}",
        "The reference is matched frame by frame,\nlaid over the source and cropped to what\nboth show; "
        "frames to train on are chosen.",
        [
            {column: alignment.dot, _TASK: alignment.match},
            {_IMAGE: alignment.align},
            {_TASK: alignment.crop},
            {_TASK: alignment.select},
        ],
    )


def renderBand(
    number: int,
    stage: Stage,
    merge: GafferRecovery.Merge,
    provenance: GafferRecovery.Provenance,
    delivery: GafferRecovery.RecoveryWriter,
) -> Band:
    return Band(
        _RENDER,
        f"{number} Inference and render",
        "The model on every frame, merged onto\nthe plate.",
        [
            {_PLATE: stage.inferenceDot},
            {_IMAGE: stage.inference},
            {_PLATE: merge},
            {_IMAGE: provenance},
            {_TASK: delivery},
        ],
    )


def validationBand(number: int, *validations: Validation, last: dict[int, Gaffer.Node] | None = None) -> Band:
    rows = [row for one in validations for row in ({_IMAGE: one.grade}, {_TASK: one.validate})]
    return Band(
        _VALIDATION,
        f"{number} Validation",
        "Every frame is measured, beside the\nsource and a baseline, and judged. The\nreport is a page, report.html.",
        [*rows, *([last] if last else [])],
    )


def stageBands(stage: Stage, number: int, prefix: str = "") -> list[Band]:
    truth = {
        "chroma": "the source's luma,\nthe reference's chroma",
        "spatial": "the reference's luma,\nthe source's chroma",
    }[stage.groundTruth["mode"].getValue()]
    return [
        Band(
            _PAIRS,
            f"{number} {f'{prefix} training pairs'.strip().capitalize()}",
            f"The ground truth is {truth}.\nPairs of it and the source are\nwritten at the chosen frames.",
            [{_PLATE: stage.pairsDot}, {_IMAGE: stage.groundTruth}, {_TASK: stage.pairs}],
        ),
        Band(
            _TRAIN,
            f"{number + 1} {f'{prefix} training'.strip().capitalize()}",
            "A network learns from these pairs alone.",
            [{_TASK: stage.train}],
        ),
    ]


def arrange(script: Gaffer.ScriptNode, bands: list[Band]) -> None:
    """Places the bands below each other, and their nodes on them."""
    top = 0
    for index, band in enumerate(bands, start=1):
        height = _TOP + _ROW * (len(band.rows) - 1) + _BOTTOM
        backdrop = script[f"Backdrop{index}"] = Gaffer.Backdrop()
        backdrop["title"].setValue(band.title)
        backdrop["description"].setValue(band.description)
        backdrop["__uiBound"] = Gaffer.Box2fPlug(flags=_DYNAMIC)
        backdrop["__uiBound"].setValue(imath.Box2f(imath.V2f(_LEFT, -height), imath.V2f(_RIGHT, 0)))
        Gaffer.Metadata.registerValue(backdrop, "nodeGadget:color", band.color)
        place(backdrop, 0, top)
        for number, row in enumerate(band.rows):
            for column, node in row.items():
                place(node, column, top - _TOP - _ROW * number)
        top -= height + _GAP


def place(node: Gaffer.Node, x: float, y: float) -> None:
    node["__uiPosition"] = Gaffer.V2fPlug(flags=_DYNAMIC)
    node["__uiPosition"].setValue(imath.V2f(x, y))


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else Path(__file__).parent
    for make in (chromaRecovery, spatialRecovery, combinedRecovery, twoStepSpatialRecovery, nonReferenceChroma):
        make().serialiseToFile(folder / f"{make.__name__}.gfr")


if __name__ == "__main__":
    main(sys.argv[1:])

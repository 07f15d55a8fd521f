"""Makes the recovery graphs: `./run gaffer env python graphs/makeGraphs.py [FOLDER]`, by default beside this file.

Artists open the .gfr files. They are changed here, where what the five have in common is said once.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import Gaffer
import GafferImage
import IECore
import imath

import GafferRecovery

_SHOT_FOLDER = "${project:rootDirectory}/${film:shot}"
_DYNAMIC = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic

# Training frames, hold-out frames and preview frame for a shot of 48 frames.
_WHOLE_SHOT = ("1,10,20,30,40,48", "25", "35")
_SOUND_SECTION = ("1,5,10,15,20", "12", "40")
_PAINTED_FRAMES = ("1,24,48", "", "12")

_SPACES = {
    "Video, sRGB curve": "srgb_tx",
    "Video, gamma 2.4": "g24_rec709",
    "ACES2065-1": "lin_ap0",
    "ACEScg": "lin_ap1",
}

# Columns and rows, in units of the Graph Editor. Titles are in the middle of the width, where no connection passes.
_TEXT, _PLATE, _TASK, _IMAGE = -42, 0, 42, 58
_LEFT, _RIGHT = -51, 93
_TOP, _ROW, _BOTTOM, _GAP = 11, 9, 6, 2

_FILES = (
    "Scans of one size and framing, with the\nsame frame numbers. Their files are set in\nFile > Settings > Variables."
)

_ELEMENTS = imath.Color3f(0.15, 0.18, 0.22)
_PAIRS = imath.Color3f(0.15, 0.20, 0.17)
_TRAIN = imath.Color3f(0.22, 0.19, 0.14)
_RENDER = imath.Color3f(0.20, 0.16, 0.22)


class Element(NamedTuple):
    reader: GafferImage.ImageReader
    color: GafferImage.ColorSpace


class Stage(NamedTuple):
    groundTruth: GafferRecovery.GroundTruth
    pairs: GafferRecovery.TrainingPairs
    train: GafferRecovery.Train
    inference: GafferRecovery.Inference
    # The source on its way down the graph.
    pairsDot: Gaffer.Dot
    inferenceDot: Gaffer.Dot


class Band(NamedTuple):
    """A backdrop over the whole width of the graph, and the nodes on it, row by row, each in its column."""

    color: imath.Color3f
    title: str
    description: str
    rows: list[dict[int, Gaffer.Node]]


def chromaRecovery() -> Gaffer.ScriptNode:
    script = singleStage("chroma", _WHOLE_SHOT, referenceSpace="srgb_tx")
    annotate(script["Source"], "The faded scan. Its luma stays.\nFile: variable element:source")
    annotate(
        script["Reference"],
        "Colour as it was: a video, another print.\nFile: variable element:reference",
    )
    return script


def spatialRecovery() -> Gaffer.ScriptNode:
    script = singleStage("spatial", _WHOLE_SHOT, referenceSpace="lin_ap0")
    annotate(script["Source"], "The poorer element. Its chroma stays.\nFile: variable element:source")
    annotate(script["Reference"], "The sharper element.\nFile: variable element:reference")
    return script


def twoStepSpatialRecovery() -> Gaffer.ScriptNode:
    script = singleStage("spatial", _SOUND_SECTION, referenceSpace="lin_ap0")
    annotate(
        script["Settings"],
        "Training and hold-out frames:\nthe section with little damage alone.\nPreview: a damaged frame.",
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
    script["Backdrop4"]["description"].setValue(
        "Step two: what was learnt from the\nsound section, on every frame of the\nelement, merged onto the plate."
    )
    return script


def nonReferenceChroma() -> Gaffer.ScriptNode:
    script = singleStage("chroma", _PAINTED_FRAMES, referenceSpace="srgb_tx")
    script["GroundTruth"]["median"].setValue(0)
    annotate(
        script["Settings"],
        "Training frames: those that are painted.\nHold-out: one of them that can be\nspared, or none.",
    )
    annotate(script["Source"], "The faded scan. Its luma stays.\nFile: variable element:source")
    annotate(
        script["Reference"],
        "A few frames of the source, painted by hand.\nOthers do not exist, and are an error here.\n"
        "File: variable element:reference",
    )
    annotate(script["GroundTruth"], "To be seen at painted frames alone.\nmedian is 0: paint has no noise")
    return script


def combinedRecovery() -> Gaffer.ScriptNode:
    script = newScript("source", "spatialReference", "chromaReference")
    settings = addSettings(
        script,
        _WHOLE_SHOT,
        sourceSpace="lin_ap0",
        spatialReferenceSpace="lin_ap0",
        chromaReferenceSpace="srgb_tx",
    )
    source = addElement(script, settings, "source")
    annotate(source.reader, "The faded, poorer element.\nFile: variable element:source")

    spatialReference = addElement(script, settings, "spatialReference")
    annotate(spatialReference.reader, "The sharper element.\nFile: variable element:spatialReference")
    spatial = addStage(script, settings, "spatial", source.color, spatialReference.color, prefix="Spatial")
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
    chroma = addStage(script, settings, "chroma", result, chromaReference.color, prefix="Chroma")
    chroma.pairs["preTasks"][0].setInput(writer["task"])
    delivery = addDelivery(script, chroma.inference)
    delivery["preTasks"][0].setInput(chroma.train["task"])
    delivery["preTasks"][1].setInput(writer["task"])

    arrange(
        script,
        [
            Band(
                _ELEMENTS,
                "1 Spatial elements",
                f"Detail comes first.\n\n{_FILES}",
                elementRows(settings, source, spatialReference),
            ),
            *stageBands(spatial, 2, "Spatial"),
            Band(
                _RENDER,
                "4 Spatial inference and render",
                "The source with the new detail,\nwritten for the second stage.",
                [{_PLATE: spatial.inferenceDot}, {_IMAGE: spatial.inference}, {_TASK: writer}],
            ),
            Band(
                _ELEMENTS,
                "5 Chroma elements",
                "Then colour, for what the\nfirst stage wrote.",
                [{_PLATE: result, _IMAGE: chromaReference.reader}, {_IMAGE: chromaReference.color}],
            ),
            *stageBands(chroma, 6, "Chroma"),
            Band(
                _RENDER,
                "8 Chroma inference and render",
                "Both recoveries, delivered.",
                [{_PLATE: chroma.inferenceDot}, {_IMAGE: chroma.inference}, {_TASK: delivery}],
            ),
        ],
    )
    return script


def singleStage(mode: str, frames: tuple[str, str, str], referenceSpace: str) -> Gaffer.ScriptNode:
    """A graph of one stage, whose result is merged onto the original plate."""
    script = newScript("source", "reference")
    settings = addSettings(script, frames, sourceSpace="lin_ap0", referenceSpace=referenceSpace)
    source = addElement(script, settings, "source")
    reference = addElement(script, settings, "reference")
    stage = addStage(script, settings, mode, source.color, reference.color)

    merge = script["Merge"] = GafferRecovery.Merge()
    merge["operation"].setValue({"chroma": "color", "spatial": "luminosity"}[mode])
    merge["original"].setInput(stage.inferenceDot["out"])
    merge["recovered"].setInput(stage.inference["out"])
    kept = {"chroma": "luma", "spatial": "chroma"}[mode]
    annotate(merge, f"The plate's own {kept}, whatever is\ninserted before Inference")
    delivery = addDelivery(script, merge)
    delivery["preTasks"][0].setInput(stage.train["task"])

    arrange(
        script,
        [
            Band(
                _ELEMENTS,
                "1 Elements",
                _FILES,
                elementRows(settings, source, reference),
            ),
            *stageBands(stage, 2),
            Band(
                _RENDER,
                "4 Inference and render",
                "The model on every frame, merged onto\nthe plate.",
                [{_PLATE: stage.inferenceDot}, {_IMAGE: stage.inference}, {_PLATE: merge}, {_TASK: delivery}],
            ),
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
    descriptions = {
        "trainingFrames": "The frames to learn from, such as 1,10,20-30x5: four to nine a shot, spread over what "
        "happens in it, first and last among them.",
        "holdOutFrames": "Frames that are never trained on, by which the training's progress is told. May be empty.",
        "previewFrame": "A frame that is shown as the training recovers it, and needs no reference. May be empty.",
    }
    for (name, description), value in zip(descriptions.items(), frames, strict=True):
        plug = settings["user"][name] = Gaffer.StringPlug(flags=_DYNAMIC)
        plug.setValue(value)
        Gaffer.Metadata.registerValue(plug, "description", description)
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
    annotate(settings, "Frames and colour spaces:\nset them here.")
    return settings


def addElement(script: Gaffer.ScriptNode, settings: Gaffer.Node, role: str) -> Element:
    name = f"{role[0].upper()}{role[1:]}"
    reader = script[name] = GafferImage.ImageReader()
    reader["fileName"].setValue(f"${{element:{role}}}")
    # Read as it is: the conversion of ImageReader divides by alpha, which in scans may be an infrared or dust channel.
    reader["colorSpace"].setValue("${ocio:workingSpace}")
    color = script[f"{name}Color"] = GafferImage.ColorSpace()
    color["in"].setInput(reader["out"])
    color["inputSpace"].setInput(settings["user"][f"{role}Space"])
    return Element(reader, color)


def addStage(
    script: Gaffer.ScriptNode,
    settings: Gaffer.Node,
    mode: str,
    source: GafferImage.ImageNode,
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
        "spatial": "crop: the part that both elements show",
    }
    annotate(groundTruth, advice[mode])

    pairs = script[f"{prefix}Pairs" if prefix else "TrainingPairs"] = GafferRecovery.TrainingPairs()
    pairs["input"].setInput(groundTruth["trainingInput"])
    pairs["target"].setInput(groundTruth["out"])
    # Not the training input: there need not be a reference at that frame.
    pairs["preview"].setInput(pairsDot["out"])
    pairs["mode"].setInput(groundTruth["mode"])
    pairs["frames"].setInput(settings["user"]["trainingFrames"])
    pairs["holdOutFrames"].setInput(settings["user"]["holdOutFrames"])
    pairs["previewFrame"].setInput(settings["user"]["previewFrame"])
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


def addDelivery(script: Gaffer.ScriptNode, node: GafferImage.ImageNode) -> GafferRecovery.RecoveryWriter:
    delivery = addWriter(script, "Delivery", node, f"delivery/{_frames('recovered')}")
    annotate(delivery, "Dispatch this: what it needs and what is\nnot there yet is made first.")
    return delivery


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


def stageBands(stage: Stage, number: int, prefix: str = "") -> list[Band]:
    truth = {
        "chroma": "the source's luma,\nthe reference's chroma",
        "spatial": "the reference's luma,\nthe source's chroma",
    }[stage.groundTruth["mode"].getValue()]
    return [
        Band(
            _PAIRS,
            f"{number} {f'{prefix} training pairs'.strip().capitalize()}",
            f"The ground truth is {truth}.\nPairs of it and the source are\nwritten at the frames of Settings.",
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

"""The nodes of the recovery graphs and their connections, one function for each group of nodes."""

from typing import NamedTuple

import Gaffer
import GafferImage
import IECore
import imath

import GafferRecovery

DYNAMIC = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic
_SHOT_FOLDER = "${project:rootDirectory}/${film:shot}"
_GOOD_FRAMES = "1-20"

CHOSEN = ("", "", "")
"""Training frames, hold-out frames and preview frame, where none are named: SelectPairs chooses them."""

FRAMES = {"frames": "trainingFrames", "holdOutFrames": "holdOutFrames", "previewFrame": "previewFrame"}
"""The names of plugs for frames: of the nodes, and of Settings."""

_SPACES = {
    "Video, sRGB curve": "srgb_tx",
    "Video, gamma 2.4": "g24_rec709",
    "ACES2065-1": "lin_ap0",
    "ACEScg": "lin_ap1",
}


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
    # It leads the source down the graph.
    dot: Gaffer.Dot


class Stage(NamedTuple):
    groundTruth: GafferRecovery.GroundTruth
    pairs: GafferRecovery.TrainingPairs
    train: GafferRecovery.Train
    inference: GafferRecovery.Inference
    # It leads the source down the graph.
    pairsDot: Gaffer.Dot
    inferenceDot: Gaffer.Dot


class Validation(NamedTuple):
    grade: GafferRecovery.MatchGrade
    validate: GafferRecovery.Validate


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
        plug = Gaffer.NameValuePlug(name, IECore.StringData(value), plugName, flags=DYNAMIC)
        script["variables"].addChild(plug)
        Gaffer.MetadataAlgo.setReadOnly(plug["name"], True)
    return script


def addSettings(script: Gaffer.ScriptNode, frames: tuple[str, str, str], **spaces: str) -> Gaffer.Node:
    settings = script["Settings"] = Gaffer.Node()
    chosen = " Empty: chosen by SelectPairs." if frames == CHOSEN else ""
    descriptions = {
        "trainingFrames": "The frames to train on, such as 1,10,20-30x5: four to nine for a shot, from all parts of "
        f"it, with the first and the last frame.{chosen}",
        "holdOutFrames": "Frames that are not trained on but used to measure the result. May be empty.",
        "previewFrame": "A frame that shows the progress of the training. It needs no reference. May be empty.",
    }
    for (name, description), value in zip(descriptions.items(), frames, strict=True):
        plug = settings["user"][name] = Gaffer.StringPlug(flags=DYNAMIC)
        plug.setValue(value)
        Gaffer.Metadata.registerValue(plug, "description", description)
        if frames == CHOSEN:
            Gaffer.Metadata.registerValue(plug, "stringPlugValueWidget:placeholderText", "Chosen")
    if frames == CHOSEN:
        align = settings["user"]["alignReference"] = Gaffer.BoolPlug(defaultValue=True, flags=DYNAMIC)
        text = (
            "Turn this off if the reference already has the framing and the frame numbers of the source: then it is "
            "neither matched nor aligned."
        )
        Gaffer.Metadata.registerValue(align, "description", text)
    for name, value in spaces.items():
        plug = settings["user"][name] = Gaffer.StringPlug(flags=DYNAMIC)
        plug.setValue(value)
        for key, data in {
            "description": "The colour space of the element's files: a preset, or any name of the OpenColorIO config.",
            "plugValueWidget:type": "GafferUI.PresetsPlugValueWidget",
            "presetNames": IECore.StringVectorData(_SPACES.keys()),
            "presetValues": IECore.StringVectorData(_SPACES.values()),
            "presetsPlugValueWidget:allowCustom": True,
        }.items():
            Gaffer.Metadata.registerValue(plug, key, data)
    annotate(settings, "Set the colour spaces of the files here,\nand frames if you do not want them chosen.")
    return settings


def addGoodFrames(settings: Gaffer.Node) -> Gaffer.StringPlug:
    if "goodFrames" not in settings["user"]:
        plug = settings["user"]["goodFrames"] = Gaffer.StringPlug(flags=DYNAMIC)
        plug.setValue(_GOOD_FRAMES)
        text = "The frames of the source with little damage, such as 1-20. Frames to train on are chosen from these."
        Gaffer.Metadata.registerValue(plug, "description", text)
    return settings["user"]["goodFrames"]


def addElement(script: Gaffer.ScriptNode, settings: Gaffer.Node, role: str) -> Element:
    name = f"{role[0].upper()}{role[1:]}"
    reader = script[name] = GafferImage.ImageReader()
    reader["fileName"].setValue(f"${{element:{role}}}")
    # Read without conversion: ImageReader would divide by alpha, which in scans may be an infrared or dust channel.
    reader["colorSpace"].setValue("${ocio:workingSpace}")
    color = script[f"{name}Color"] = GafferImage.ColorSpace()
    color["in"].setInput(reader["out"])
    color["inputSpace"].setInput(settings["user"][f"{role}Space"])
    return Element(role, reader, color)


def addAlignment(
    script: Gaffer.ScriptNode, settings: Gaffer.Node, mode: str, source: Element, reference: Element, prefix: str = ""
) -> Alignment:
    """Adds the nodes that align a reference with the source and choose frames to train on."""
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
                # Not connected to the reader: there the #### would become the current frame.
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
    for plug, setting in FRAMES.items():
        select[plug].setInput(settings["user"][setting])
    annotate(align, "The output comparison shows how good it is.\nThe section Manual places frames by hand.")
    annotate(select, "Its table gives the reason for each frame.")
    return Alignment(*nodes, dot)


def useAlignment(stage: Stage, alignment: Alignment) -> None:
    """Makes a stage train on the part of the picture that both elements show, at the chosen frames."""
    stage.groundTruth["crop"].setInput(alignment.crop["crop"])
    stage.inference["crop"].setInput(alignment.crop["sourceCrop"])
    for plug in FRAMES:
        stage.pairs[plug].setInput(alignment.select[f"selected{plug[0].upper()}{plug[1:]}"])
    stage.pairs["alignment"].setInput(alignment.align["alignment"])
    stage.pairs["preTasks"][0].setInput(alignment.select["task"])
    stage.pairs["preTasks"][1].setInput(alignment.crop["task"])


def addStage(
    script: Gaffer.ScriptNode,
    mode: str,
    source: GafferImage.ImageNode | Gaffer.Dot,
    reference: GafferImage.ImageNode,
    prefix: str = "",
) -> Stage:
    """Adds the nodes that train on two elements, and the inference on the source."""
    pairsDot = addDot(script, f"{prefix}PairsDot", source)
    inferenceDot = addDot(script, f"{prefix}InferenceDot", pairsDot)

    groundTruth = script[f"{prefix}GroundTruth"] = GafferRecovery.GroundTruth()
    groundTruth["source"].setInput(pairsDot["out"])
    groundTruth["reference"].setInput(reference["out"])
    groundTruth["mode"].setValue(mode)
    advice = {
        "chroma": "median: raise it if the reference is noisy,\nlower it if its colour has fine detail.",
        "spatial": "crop: the part that both elements show.",
    }
    annotate(groundTruth, advice[mode])

    pairs = script[f"{prefix}Pairs" if prefix else "TrainingPairs"] = GafferRecovery.TrainingPairs()
    pairs["input"].setInput(groundTruth["trainingInput"])
    pairs["target"].setInput(groundTruth["out"])
    # Not the training input, which needs a reference at this frame.
    pairs["preview"].setInput(pairsDot["out"])
    pairs["mode"].setInput(groundTruth["mode"])
    pairs["directory"].setValue(f"{_SHOT_FOLDER}/{mode}/pairs")
    pairs["label"].setValue("${film:title} ${film:shot}")

    train = script[f"{prefix}Train"] = GafferRecovery.Train()
    train["preTasks"][0].setInput(pairs["task"])
    train["pairs"][0].setInput(pairs["pairs"])
    train["runsDirectory"].setValue(f"{_SHOT_FOLDER}/{mode}/runs")
    annotate(train, "Set size, and steps or minutes.\npatchSize: 256 if frames are small.")

    inference = script[f"{prefix}Inference"] = GafferRecovery.Inference()
    inference["in"].setInput(inferenceDot["out"])
    inference["model"].setInput(train["model"])
    return Stage(groundTruth, pairs, train, inference, pairsDot, inferenceDot)


def addMerge(script: Gaffer.ScriptNode, stage: Stage) -> GafferRecovery.Merge:
    mode = stage.groundTruth["mode"].getValue()
    merge = script["Merge"] = GafferRecovery.Merge()
    merge["operation"].setValue({"chroma": "color", "spatial": "luminosity"}[mode])
    merge["original"].setInput(stage.inferenceDot["out"])
    merge["recovered"].setInput(stage.inference["out"])
    kept = {"chroma": "luma", "spatial": "chroma"}[mode]
    annotate(merge, f"The {kept} of the plate stays, even if you\ninsert nodes before Inference.")
    return merge


def addProvenance(script: Gaffer.ScriptNode, node: GafferImage.ImageNode, *stages: Stage) -> GafferRecovery.Provenance:
    provenance = script["Provenance"] = GafferRecovery.Provenance()
    provenance["in"].setInput(node["out"])
    for index, stage in enumerate(stages):
        provenance["models"][index].setInput(stage.train["model"])
    if isinstance(node, GafferRecovery.Merge):
        provenance["merge"].setInput(node["operation"])
    provenance["filmTitle"].setValue("${film:title}")
    provenance["shot"].setValue("${film:shot}")
    annotate(provenance, "Fill in who made this, for whom,\nand from which elements.")
    return provenance


def addWriter(
    script: Gaffer.ScriptNode, name: str, node: GafferImage.ImageNode, file: str
) -> GafferRecovery.RecoveryWriter:
    writer = script[name] = GafferRecovery.RecoveryWriter()
    writer["in"].setInput(node["out"])
    writer["fileName"].setValue(f"{_SHOT_FOLDER}/{file}")
    # Each batch loads the model once.
    writer["dispatcher"]["batchSize"].setValue(100)
    return writer


def addDelivery(script: Gaffer.ScriptNode, node: GafferImage.ImageNode) -> GafferRecovery.RecoveryWriter:
    delivery = addWriter(script, "Delivery", node, f"delivery/{frameFiles('recovered')}")
    annotate(delivery, "Dispatch this. What it needs and what is\nmissing is made first.")
    return delivery


def addValidation(
    script: Gaffer.ScriptNode,
    stage: Stage,
    writer: GafferRecovery.RecoveryWriter,
    crop: GafferRecovery.SharedCrop | None = None,
    prefix: str = "",
) -> Validation:
    """Adds the baseline for a stage and the report on its result."""
    mode = stage.groundTruth["mode"].getValue()
    grade = script[f"{prefix}MatchGrade"] = GafferRecovery.MatchGrade()
    grade["in"].setInput(stage.inferenceDot["out"])
    grade["pairs"][0].setInput(stage.pairs["pairs"])
    grade["preTasks"][0].setInput(stage.pairs["task"])
    grade["fileName"].setValue(f"{_SHOT_FOLDER}/{mode}/baseline/grade.clf")
    annotate(grade, "The baseline: the best result of one LUT.")

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


def useSource(validation: Validation, settings: Gaffer.Node, source: Element) -> None:
    validation.validate["sourceFiles"].setValue(f"${{element:{source.role}}}")
    validation.validate["sourceSpace"].setInput(settings["user"][f"{source.role}Space"])


def addDot(script: Gaffer.ScriptNode, name: str, node: GafferImage.ImageNode | Gaffer.Dot) -> Gaffer.Dot:
    dot = script[name] = Gaffer.Dot()
    dot.setup(node["out"])
    dot["in"].setInput(node["out"])
    return dot


def frameFiles(name: str) -> str:
    return f"${{film:shot}}_{name}.####.exr"


def annotate(node: Gaffer.Node, text: str) -> None:
    annotation = Gaffer.MetadataAlgo.Annotation(text, imath.Color3f(0.05, 0.05, 0.05))
    Gaffer.MetadataAlgo.addAnnotation(node, "user", annotation)

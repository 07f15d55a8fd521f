"""The nodes of the recovery graphs and their connections, by what they do together."""

from typing import NamedTuple

import Gaffer
import GafferImage
import IECore
import imath

import GafferRecovery

DYNAMIC = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic
_SHOT_FOLDER = "${project:rootDirectory}/${film:shot}"
_SOUND_SECTION = "1-20"

CHOSEN = ("", "", "")
"""Training frames, hold-out frames and preview frame where none are named, so that they are chosen."""

FRAMES = {"frames": "trainingFrames", "holdOutFrames": "holdOutFrames", "previewFrame": "previewFrame"}
"""Names of the nodes' plugs for frames, and of those of Settings."""

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
        "trainingFrames": "The frames to learn from, such as 1,10,20-30x5: four to nine a shot, spread over what "
        f"happens in it, first and last among them.{chosen}",
        "holdOutFrames": "Frames that are never trained on, by which the training's progress is told. May be empty.",
        "previewFrame": "A frame that is shown as the training recovers it, and needs no reference. May be empty.",
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
            "Whether the reference has to be matched and aligned. Off: it has the source's framing and frame numbers."
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
    annotate(settings, "Colour spaces, and frames where they\nare not to be chosen: set them here.")
    return settings


def addSoundFrames(settings: Gaffer.Node) -> Gaffer.StringPlug:
    if "soundFrames" not in settings["user"]:
        plug = settings["user"]["soundFrames"] = Gaffer.StringPlug(flags=DYNAMIC)
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
    for plug, setting in FRAMES.items():
        select[plug].setInput(settings["user"][setting])
    annotate(align, "Look at `comparison`. manual: places frames\nby hand, and can be animated")
    annotate(select, "Its table says why each frame\nwas taken or left")
    return Alignment(*nodes, dot)


def useAlignment(stage: Stage, alignment: Alignment) -> None:
    """Has a stage learn from the part of the picture that both elements show, at the frames that were chosen."""
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


def addMerge(script: Gaffer.ScriptNode, stage: Stage) -> GafferRecovery.Merge:
    mode = stage.groundTruth["mode"].getValue()
    merge = script["Merge"] = GafferRecovery.Merge()
    merge["operation"].setValue({"chroma": "color", "spatial": "luminosity"}[mode])
    merge["original"].setInput(stage.inferenceDot["out"])
    merge["recovered"].setInput(stage.inference["out"])
    kept = {"chroma": "luma", "spatial": "chroma"}[mode]
    annotate(merge, f"The plate's own {kept}, whatever is\ninserted before Inference")
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
    annotate(provenance, "Who, for whom, from which\nelements: say it here.")
    return provenance


def addWriter(
    script: Gaffer.ScriptNode, name: str, node: GafferImage.ImageNode, file: str
) -> GafferRecovery.RecoveryWriter:
    writer = script[name] = GafferRecovery.RecoveryWriter()
    writer["in"].setInput(node["out"])
    writer["fileName"].setValue(f"{_SHOT_FOLDER}/{file}")
    # The model is loaded once for each batch.
    writer["dispatcher"]["batchSize"].setValue(100)
    return writer


def addDelivery(script: Gaffer.ScriptNode, node: GafferImage.ImageNode) -> GafferRecovery.RecoveryWriter:
    delivery = addWriter(script, "Delivery", node, f"delivery/{frameFiles('recovered')}")
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

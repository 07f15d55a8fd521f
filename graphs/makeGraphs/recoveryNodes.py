"""The nodes of the recovery graphs and their connections, one function for each group of nodes."""

from typing import NamedTuple

import Gaffer
import GafferDispatch
import GafferImage
import IECore
from graphLinks import addDot, annotate, hideInputs, hidePaths, link
from settingsNode import DYNAMIC, FRAMES, PEOPLE, add

import GafferRecovery

_SHOT_FOLDER = "${project:rootDirectory}/${film:shot}"


class Element(NamedTuple):
    role: str
    reader: GafferRecovery.ElementReader


class Alignment(NamedTuple):
    """What brings a reference into the source's framing and frame numbers, and chooses frames.

    `shots` is what finds the shots of the source, or the dot where they come in.
    """

    shots: GafferRecovery.FindShots | Gaffer.Dot
    match: GafferRecovery.MatchFrames
    align: GafferRecovery.Align
    crop: GafferRecovery.SharedCrop
    select: GafferRecovery.SelectPairs
    # Where the elements come in, and the view of how well they lie on each other.
    source: Gaffer.Dot
    reference: Gaffer.Dot
    view: Gaffer.Dot


class Stage(NamedTuple):
    """What trains on two elements. The dots are where the elements, and what the pairs wait for, come in."""

    source: Gaffer.Dot
    reference: Gaffer.Dot
    groundTruth: GafferRecovery.GroundTruth
    trainingInput: Gaffer.Dot
    pairs: GafferRecovery.TrainingPairs
    train: GafferRecovery.Train


class Recovery(NamedTuple):
    """What applies a model to the source. The dots are where source, model and the end of the training come in."""

    source: Gaffer.Dot
    model: Gaffer.Dot
    trained: Gaffer.Dot
    inference: GafferRecovery.Inference


class Validation(NamedTuple):
    """The baseline and the report. The dots are where the source, the pairs and the recovered frames come in."""

    source: Gaffer.Dot
    pairs: Gaffer.Dot
    frames: Gaffer.Dot
    grade: GafferRecovery.MatchGrade
    validate: GafferRecovery.Validate


class Dispatchers(NamedTuple):
    look: GafferDispatch.LocalDispatcher | None
    deliver: GafferDispatch.LocalDispatcher
    report: GafferDispatch.LocalDispatcher
    handOver: GafferDispatch.LocalDispatcher


def newScript() -> Gaffer.ScriptNode:
    """A script whose window opens at its settings, with variables for the project, the film and the shot."""
    script = Gaffer.ScriptNode()
    script["frameRange"]["end"].setValue(48)
    color = GafferImage.OpenColorIOConfigPlug.acquireDefaultConfigPlug(script)
    color["displayTransform"].setValue("sRGB - Display/Un-tone-mapped")
    variables = {
        # As Gaffer itself adds them to new scripts. Settings sets all but the first.
        "projectName": ("project:name", "default"),
        "projectRootDirectory": ("project:rootDirectory", ""),
        "film": ("film:title", ""),
        "shot": ("film:shot", ""),
    }
    for plugName, (name, value) in variables.items():
        plug = Gaffer.NameValuePlug(name, IECore.StringData(value), plugName, flags=DYNAMIC)
        script["variables"].addChild(plug)
        Gaffer.MetadataAlgo.setReadOnly(plug["name"], True)
    return script


def addGoodFrames(settings: Gaffer.Node) -> Gaffer.StringPlug:
    text = "The frames of the source with little damage, such as 1-20. Frames to train on are chosen from these."
    return add(settings, "goodFrames", text, value="1-20")


def addElement(script: Gaffer.ScriptNode, settings: Gaffer.Node, role: str) -> Element:
    name = f"{role[0].upper()}{role[1:]}"
    reader = script[name] = GafferRecovery.ElementReader()
    reader["fileName"].setInput(settings[f"{role}Files"])
    reader["colorSpace"].setInput(settings[f"{role}Space"])
    return Element(role, reader)


def addShots(script: Gaffer.ScriptNode, settings: Gaffer.Node, source: Element) -> GafferRecovery.FindShots:
    """Adds what finds the shots of the source, where it holds several."""
    find = script["FindShots"] = GafferRecovery.FindShots()
    find["enabled"].setInput(settings["severalShots"])
    find["sourceFiles"].setInput(settings[f"{source.role}Files"])
    find["sourceSpace"].setInput(settings[f"{source.role}Space"])
    find["shotList"].setInput(settings["shotList"])
    find["fileName"].setValue(f"{_SHOT_FOLDER}/shots.json")
    annotate(find, "If several shots are in the scan.\nIts table: the shots.")
    hidePaths(find, "shots", "shot")
    return find


def useShots(find: GafferRecovery.FindShots, *nodes: Gaffer.Node) -> None:
    """Tells nodes of the shots: tasks of all of them, and an inference of that of its frame."""
    for node in nodes:
        plug = "shot" if isinstance(node, GafferRecovery.Inference) else "shots"
        node[plug].setInput(find[plug])
        hidePaths(node, plug)


def addAlignment(
    script: Gaffer.ScriptNode,
    settings: Gaffer.Node,
    find: GafferRecovery.FindShots,
    mode: str,
    source: Element,
    reference: Element,
    prefix: str = "",
    inAnotherStep: bool = False,
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
                node[f"{role}Files"].setInput(settings[f"{element.role}Files"])
                node[f"{role}Space"].setInput(settings[f"{element.role}Space"])
    match, align, crop, select = nodes
    for node in (match, align, crop):
        node["enabled"].setInput(settings["alignReference"])
    # One after the other: a dispatch walks every path from task to task.
    for node, previous in ((align, match), (crop, align), (select, crop)):
        node["preTasks"][0].setInput(previous["task"])
    shots = awaitTask(script, f"{prefix}Shots", match, find)[0] if inAnotherStep else find
    if not inAnotherStep:
        match["preTasks"][0].setInput(find["task"])
    useShots(find, match, align, select)
    align["matches"].setInput(match["matches"])
    sourceDot = link(script, f"{prefix}AlignSource", source.reader["out"], source.reader.getName())
    referenceDot = link(script, f"{prefix}AlignReference", reference.reader["out"], reference.reader.getName())
    align["in"].setInput(referenceDot["out"])
    for node in (align, crop):
        node["source"].setInput(sourceDot["out"])
    crop["alignment"].setInput(align["alignment"])
    select["matches"].setInput(match["matches"])
    select["alignment"].setInput(align["alignment"])
    select["outliersFile"].setValue(f"{_SHOT_FOLDER}/{mode}/outliers.json")
    for plug, setting in FRAMES.items():
        select[plug].setInput(settings[setting])
    hidePaths(match, "matches")
    hidePaths(align, "matches", "alignment")
    hidePaths(crop, "alignment", "cropFile")
    hidePaths(select, "matches", "alignment")
    view = addDot(script, f"{prefix}AlignmentView", align["comparison"])
    annotate(
        align,
        "The reference on the source, live. In\nthe view below, even grey is aligned,\nrelief is not. Manual: by hand.",
    )
    annotate(match, "Its table: which frame shows which.")
    annotate(crop, "Its table: what both elements show.")
    annotate(select, "Its table: why each frame was\nchosen or left out.")
    return Alignment(shots, *nodes, sourceDot, referenceDot, view)


def useAlignment(stage: Stage, recovery: Recovery, alignment: Alignment) -> None:
    """Makes a stage train on the part of the picture that both elements show, at the chosen frames."""
    stage.groundTruth["crop"].setInput(alignment.crop["crop"])
    recovery.inference["crop"].setInput(alignment.crop["sourceCrop"])
    for plug in FRAMES:
        stage.pairs[plug].setInput(alignment.select[f"selected{plug[0].upper()}{plug[1:]}"])
    stage.pairs["alignment"].setInput(alignment.align["alignment"])
    stage.train["outliersFile"].setInput(alignment.select["outliersFile"])


def addStage(
    script: Gaffer.ScriptNode,
    mode: str,
    source: tuple[GafferImage.ImagePlug, str],
    reference: tuple[GafferImage.ImagePlug, str],
    prefix: str = "",
) -> Stage:
    """Adds the nodes that train on two elements. Each element is an image, and its name on the dot that brings it."""
    sourceDot = link(script, f"{prefix}TrainingSource", *source)
    referenceDot = link(script, f"{prefix}TrainingReference", *reference)

    groundTruth = script[f"{prefix}GroundTruth"] = GafferRecovery.GroundTruth()
    groundTruth["source"].setInput(sourceDot["out"])
    groundTruth["reference"].setInput(referenceDot["out"])
    groundTruth["mode"].setValue(mode)
    kept = {
        "chroma": "The source's luma with the\nreference's chroma. Raise median if\nthe reference is noisy.",
        "spatial": "The reference's luma with the\nsource's chroma.",
    }
    annotate(groundTruth, kept[mode])
    trainingInput = addDot(script, f"{prefix}TrainingInput", groundTruth["trainingInput"])

    pairs = script[f"{prefix}Pairs" if prefix else "TrainingPairs"] = GafferRecovery.TrainingPairs()
    pairs["input"].setInput(trainingInput["out"])
    pairs["target"].setInput(groundTruth["out"])
    # Not the training input, which needs a reference at this frame.
    pairs["preview"].setInput(sourceDot["out"])
    pairs["mode"].setInput(groundTruth["mode"])
    pairs["directory"].setValue(f"{_SHOT_FOLDER}/{mode}/pairs")
    pairs["label"].setValue("${film:title} ${film:shot}")
    annotate(pairs, "Input and ground truth, at\nthe chosen frames.")

    train = script[f"{prefix}Train"] = GafferRecovery.Train()
    train["preTasks"][0].setInput(pairs["task"])
    train["pairs"][0].setInput(pairs["pairs"])
    train["runsDirectory"].setValue(f"{_SHOT_FOLDER}/{mode}/runs")
    annotate(train, "Set its size and its length.\npatchSize: 256 if frames are small.")
    hidePaths(pairs, "alignment", "pairs")
    hidePaths(train, "pairs", "model")
    return Stage(sourceDot, referenceDot, groundTruth, trainingInput, pairs, train)


def awaitTask(
    script: Gaffer.ScriptNode, name: str, node: GafferDispatch.TaskNode, *before: GafferDispatch.TaskNode
) -> list[Gaffer.Dot]:
    """Makes a task wait for tasks of other steps, and returns the dots that stand for these."""
    dots = []
    for task in before:
        dot = link(script, f"{name}{task.getName()}" if len(before) > 1 else name, task["task"], task.getName())
        _nextTask(node).setInput(dot["out"])
        dots.append(dot)
    return dots


def _nextTask(node: GafferDispatch.TaskNode) -> Gaffer.Plug:
    return next(plug for plug in node["preTasks"] if plug.getInput() is None)


def addRecovery(
    script: Gaffer.ScriptNode, stage: Stage, source: tuple[GafferImage.ImagePlug, str], prefix: str = ""
) -> Recovery:
    """Adds the inference with the model of a stage."""
    sourceDot = link(script, f"{prefix}RecoverySource", *source)
    model = link(script, f"{prefix}Model", stage.train["model"], "Model")
    inference = script[f"{prefix}Inference"] = GafferRecovery.Inference()
    inference["in"].setInput(sourceDot["out"])
    inference["model"].setInput(model["out"])
    trained = link(script, f"{prefix}Trained", stage.train["task"], stage.train.getName())
    annotate(inference, "The recovered picture, live, as\nsoon as there is a model.")
    return Recovery(sourceDot, model, trained, inference)


def addMerge(script: Gaffer.ScriptNode, stage: Stage, recovery: Recovery) -> GafferRecovery.Merge:
    mode = stage.groundTruth["mode"].getValue()
    merge = script["Merge"] = GafferRecovery.Merge()
    merge["operation"].setValue({"chroma": "color", "spatial": "luminosity"}[mode])
    merge["original"].setInput(recovery.source["out"])
    merge["recovered"].setInput(recovery.inference["out"])
    kept = {"chroma": "luma", "spatial": "chroma"}[mode]
    annotate(merge, f"The {kept} of the plate stays, even if\nyou insert nodes before Inference.")
    return merge


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
    writer["fileName"].setValue(f"{_SHOT_FOLDER}/{file}")
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


def addValidation(
    script: Gaffer.ScriptNode,
    stage: Stage,
    recovery: Recovery,
    writer: GafferRecovery.RecoveryWriter,
    alignment: Alignment | None = None,
    prefix: str = "",
) -> Validation:
    """Adds the baseline for a stage and the report on its result."""
    mode = stage.groundTruth["mode"].getValue()
    source = recovery.source
    sourceDot = link(script, f"{prefix}ReportSource", source["in"].getInput(), source["label"].getValue())
    grade = script[f"{prefix}MatchGrade"] = GafferRecovery.MatchGrade()
    grade["in"].setInput(sourceDot["out"])
    grade["pairs"][0].setInput(stage.pairs["pairs"])
    grade["fileName"].setValue(f"{_SHOT_FOLDER}/{mode}/baseline/grade.clf")
    annotate(grade, "The baseline: the best that one\nLUT can do.")
    (pairsDot,) = awaitTask(script, f"{prefix}ReportPairs", grade, stage.pairs)

    validate = script[f"{prefix}Validate"] = GafferRecovery.Validate()
    (framesDot,) = awaitTask(script, f"{prefix}ReportFrames", validate, writer)
    _nextTask(validate).setInput(grade["task"])
    validate["model"].setInput(stage.train["model"])
    validate["pairs"][0].setInput(stage.pairs["pairs"])
    validate["lut"].setInput(grade["lut"])
    validate["recoveredFiles"].setInput(writer["fileName"])
    validate["recoveredSpace"].setInput(writer["colorSpace"])
    if alignment is not None:
        validate["crop"].setInput(alignment.crop["cropFile"])
        validate["alignment"].setInput(alignment.align["alignment"])
        validate["outliersFile"].setInput(alignment.select["outliersFile"])
    validate["title"].setValue("${film:title}")
    validate["shot"].setValue("${film:shot}")
    validate["directory"].setValue(f"{_SHOT_FOLDER}/{mode}/report")
    annotate(validate, f"Writes {mode}/report/report.html.")
    hidePaths(grade, "pairs", "lut")
    hidePaths(validate, "model", "pairs", "lut", "report")
    return Validation(sourceDot, pairsDot, framesDot, grade, validate)


def useSource(validation: Validation, settings: Gaffer.Node, source: Element) -> None:
    validation.validate["sourceFiles"].setInput(settings[f"{source.role}Files"])
    validation.validate["sourceSpace"].setInput(settings[f"{source.role}Space"])


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
    folder["sources"][0].setInput(settings[f"{source.role}Files"])
    for index, reference in enumerate(references):
        folder["references"][index].setInput(settings[f"{reference.role}Files"])
    for plug in ("film", "shot", *PEOPLE):
        folder[plug].setInput(settings[plug])
    for plug in ("constructedReference", "digitalSourceType"):
        folder[plug].setInput(provenance[plug])
    hidePaths(folder, "models", "pairs", "reports")
    annotate(folder, "Masters, movie, sidecars, reports,\nsealed, in one folder to hand over.")
    return folder


def addDispatchers(
    script: Gaffer.ScriptNode,
    look: list[GafferRecovery.SelectPairs],
    deliver: GafferDispatch.TaskNode,
    report: GafferDispatch.TaskNode,
    handOver: GafferDispatch.TaskNode,
) -> Dispatchers:
    """Adds a dispatcher for each thing that an artist asks for. What it needs and what is missing is made first."""
    texts = {
        "LookFirst": "Press Dispatch: matches and aligns,\nand chooses frames to learn from.",
        "Deliver": "Press Dispatch: trains, and recovers\nevery frame. Repeats nothing.",
        "Report": "Press Dispatch: measures and judges.\nDelivers first, if need be.",
        "HandOver": "Press Dispatch: puts all of the shot\nin one sealed folder. Reports first.",
    }
    tasks = {"LookFirst": look, "Deliver": [deliver], "Report": [report], "HandOver": [handOver]}
    made = {name: _dispatcher(script, name, found, texts[name]) for name, found in tasks.items() if found}
    return Dispatchers(made.get("LookFirst"), made["Deliver"], made["Report"], made["HandOver"])


def _dispatcher(
    script: Gaffer.ScriptNode, name: str, tasks: list[GafferDispatch.TaskNode], text: str
) -> GafferDispatch.LocalDispatcher:
    dispatcher = script[name] = GafferDispatch.LocalDispatcher()
    for index, task in enumerate(tasks):
        dispatcher["tasks"][index].setInput(task["task"])
    dispatcher["framesMode"].setValue(GafferDispatch.Dispatcher.FramesMode.FullRange)
    # As a dispatcher that is made in the window has them.
    dispatcher["executeInBackground"].setValue(True)
    dispatcher["jobName"].setValue(f"{name} ${{film:shot}}")
    dispatcher["jobsDirectory"].setValue("${project:rootDirectory}/dispatcher/local")
    hideInputs(dispatcher)
    annotate(dispatcher, text)
    return dispatcher


def frameFiles(name: str) -> str:
    return f"${{film:shot}}_{name}.####.exr"

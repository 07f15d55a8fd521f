"""The nodes of the recovery graphs and their connections, one function for each group of nodes."""

from typing import NamedTuple

import Gaffer
import GafferImage
import IECore
from graphLinks import addDot, annotate, awaitTask, hidePaths, link
from settingsNode import DYNAMIC, FRAMES, add

import GafferRecovery

SHOT_FOLDER = "${project:rootDirectory}/${film:shot}"


class Element(NamedTuple):
    """`asset` tells where the files are, of a path and of a reference."""

    role: str
    asset: GafferRecovery.Asset
    reader: GafferRecovery.ElementReader

    def connect(self, node: Gaffer.Node, role: str) -> None:
        """Connects the element to the plugs of a task for the files and the space of a role."""
        node[f"{role}Files"].setInput(self.asset["files"])
        node[f"{role}Space"].setInput(self.asset["colorSpace"])


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


class Preparation(NamedTuple):
    """What balances and cleans a source for the training. The dots are where source and reference come in."""

    source: Gaffer.Dot
    balance: GafferRecovery.Balance
    clean: GafferRecovery.Clean


class Recovery(NamedTuple):
    """What applies a model to the source. The dots are where source, model and the end of the training come in."""

    source: Gaffer.Dot
    model: Gaffer.Dot
    trained: Gaffer.Dot
    inference: GafferRecovery.Inference


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
    asset = script[f"{name}Asset"] = GafferRecovery.Asset()
    asset["reference"].setInput(settings[f"{role}Files"])
    asset["statedColorSpace"].setInput(settings[f"{role}Space"])
    annotate(asset, "Its files, named by a path, or by\na reference of an asset manager.")
    reader = script[name] = GafferRecovery.ElementReader()
    reader["fileName"].setInput(asset["files"])
    reader["colorSpace"].setInput(asset["colorSpace"])
    return Element(role, asset, reader)


def addMovie(script: Gaffer.ScriptNode, alignment: Alignment) -> tuple[GafferRecovery.UnpackMovie, list[Gaffer.Dot]]:
    """Adds what makes frames of a reference that is a movie, and the dot for which the match waits.

    It does nothing until it is enabled.
    """
    movie = script["UnpackMovie"] = GafferRecovery.UnpackMovie()
    movie["enabled"].setValue(False)
    movie["directory"].setValue(f"{SHOT_FOLDER}/movies")
    annotate(
        movie,
        "If the reference is a movie: enable and\nchoose it; connect files, colorSpace to\n"
        "referenceFiles, -Space of Settings.",
    )
    return movie, awaitTask(script, "MatchMovie", alignment.match, movie)


def addShots(script: Gaffer.ScriptNode, settings: Gaffer.Node, source: Element) -> GafferRecovery.FindShots:
    """Adds what finds the shots of the source, where it holds several."""
    find = script["FindShots"] = GafferRecovery.FindShots()
    find["enabled"].setInput(settings["severalShots"])
    source.connect(find, "source")
    find["shotList"].setInput(settings["shotList"])
    find["fileName"].setValue(f"{SHOT_FOLDER}/shots.json")
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
    further: bool = False,
) -> Alignment:
    """Adds the nodes that align a reference with the source and choose frames to train on.

    A `further` reference gives parts of the ground truth, and goes into a folder of its own.
    """
    folder = f"{SHOT_FOLDER}/{mode}/reference" + (f"/{reference.role}" if further else "")
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
                element.connect(node, role)
    match, align, crop, select = nodes
    for node in (match, align, crop):
        node["enabled"].setInput(settings["alignReference"])
    # One after the other: a dispatch walks every path from task to task.
    for node, previous in ((align, match), (crop, align), (select, crop)):
        node["preTasks"][0].setInput(previous["task"])
    shots = awaitTask(script, f"{prefix}Shots", match, find)[0] if inAnotherStep else find
    if not inAnotherStep:
        match["preTasks"][0].setInput(find["task"])
    useShots(find, match, align, crop, select)
    align["matches"].setInput(match["matches"])
    sourceDot = link(script, f"{prefix}AlignSource", source.reader["out"], source.reader.getName())
    referenceDot = link(script, f"{prefix}AlignReference", reference.reader["out"], reference.reader.getName())
    align["in"].setInput(referenceDot["out"])
    for node in (align, crop):
        node["source"].setInput(sourceDot["out"])
    crop["alignment"].setInput(align["alignment"])
    select["matches"].setInput(match["matches"])
    select["alignment"].setInput(align["alignment"])
    select["outliersFile"].setValue(f"{SHOT_FOLDER}/{mode}/outliers.json")
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


def useFurther(alignment: Alignment, further: Alignment) -> list[Gaffer.Dot]:
    """Makes the crop, and the choice of frames, those of two references; returns the dot where the other comes in."""
    script = alignment.select.scriptNode()
    script.removeChild(further.select)
    alignment.crop["within"].setInput(further.crop["cropFile"])
    alignment.select["furtherAlignments"][0].setInput(further.align["alignment"])
    hidePaths(alignment.crop, "within")
    hidePaths(alignment.select, "furtherAlignments")
    return awaitTask(script, f"{further.crop.getName()}Found", alignment.crop, further.crop)


def addPreparation(script: Gaffer.ScriptNode, mode: str, source: Element, reference: Element) -> Preparation:
    """Adds the nodes that balance and clean a source for the training. The model carries what they do."""
    sourceDot = link(script, "BalanceSource", source.reader["out"], source.reader.getName())
    balance = script["Balance"] = GafferRecovery.Balance()
    balance["in"].setInput(sourceDot["out"])
    source.connect(balance, "source")
    reference.connect(balance, "reference")
    # The luma of the source stays, as in the rest of a recovery of chroma.
    balance["keepLuma"].setValue(True)
    balance["fileName"].setValue(f"{SHOT_FOLDER}/{mode}/balance.json")
    annotate(balance, "The balanced source, live. Its table:\nslope, offset and power.")
    clean = script["Clean"] = GafferRecovery.Clean()
    clean["in"].setInput(balance["out"])
    annotate(clean, "Does nothing yet: raise median\nagainst dust, degrain against grain.")
    hidePaths(balance, "balance")
    return Preparation(sourceDot, balance, clean)


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
    pairs["directory"].setValue(f"{SHOT_FOLDER}/{mode}/pairs")
    pairs["label"].setValue("${film:title} ${film:shot}")
    # As a node that is made in the window has it: an image takes less time than a process to start.
    pairs["dispatcher"]["batchSize"].setValue(100)
    annotate(pairs, "Input and ground truth, at\nthe chosen frames.")

    train = script[f"{prefix}Train"] = GafferRecovery.Train()
    train["preTasks"][0].setInput(pairs["task"])
    train["pairs"][0].setInput(pairs["pairs"])
    train["runsDirectory"].setValue(f"{SHOT_FOLDER}/{mode}/runs")
    annotate(train, "Set its size and its length.\npatchSize: 256 if frames are small.")
    hidePaths(pairs, "alignment", "pairs")
    hidePaths(train, "pairs", "model")
    return Stage(sourceDot, referenceDot, groundTruth, trainingInput, pairs, train)


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

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import Gaffer
import GafferImage
import IECore

from filmrecovery.assets.agreement import agreed_space
from filmrecovery.assets.held_versions import HeldVersion, held_in, hold_in
from filmrecovery.film.elements.frame_numbers import parse_frames
from GafferRecovery.engine import assetManager
from GafferRecovery.images import workingSpace
from GafferRecovery.plugs import pathPlugs, sentences, unsavedPlugs

_FILES, _FRAMES, _SPACE, _VERSION, _ENTITY = range(5)
"""Where each stands in `__found`."""
_ASKED = ("enabled", "reference", "refreshCount", "pinned")
"""The plugs that decide what the manager is asked for."""


class Asset(Gaffer.ComputeNode):
    """An asset of the studio's manager: where its files are, its frames and its colour space.

    `entity` is the reference with the version that was found. All tasks of a job work on the versions that were the
    newest when it was dispatched, whatever is published meanwhile: they lie in the folder `assets` of the job. With
    `pinned` they are named by hand. A path is passed on as it is, so that a graph takes both. Where there is neither,
    and where the node is not enabled, `colorSpace` is the stated one and all other outputs are empty. The manager is
    asked once, and again when `refreshCount` changes.
    """

    def __init__(self, name: str = "Asset") -> None:
        Gaffer.ComputeNode.__init__(self, name)

        self["enabled"] = Gaffer.BoolPlug(defaultValue=True)
        self["reference"] = pathPlugs.files()
        self["statedColorSpace"] = Gaffer.StringPlug()
        self["refreshCount"] = Gaffer.IntPlug()
        self["pinned"] = Gaffer.StringPlug()
        for output in ("files", "frames", "colorSpace", "version", "entity"):
            self[output] = unsavedPlugs.output(Gaffer.StringPlug)
        self["frameRange"] = unsavedPlugs.output(Gaffer.V2iPlug)
        self["__found"] = unsavedPlugs.output(Gaffer.StringVectorDataPlug, defaultValue=IECore.StringVectorData())

        self.plugSetSignal().connect(Gaffer.WeakMethod(self.__plugSet, fallbackResult=None))

    def enabledPlug(self) -> Gaffer.BoolPlug:
        return self["enabled"]

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = Gaffer.ComputeNode.affects(self, input)
        if any(input.isSame(self[name]) for name in _ASKED):
            outputs.append(self["__found"])
        elif input.isSame(self["__found"]):
            outputs += [self[name] for name in ("files", "frames", "colorSpace", "version", "entity")]
            outputs += list(self["frameRange"])
        elif input.isSame(self["statedColorSpace"]):
            outputs.append(self["colorSpace"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(f"GafferRecovery::Asset {output.relativeName(self)}")
        if output.isSame(self["__found"]):
            for name in _ASKED:
                h.append(self[name].hash())
            h.append(_job(context))
        else:
            # Not the hash of it, which differs between jobs: what is made of the same files is the same.
            h.append(self["__found"].getValue())
            if output.isSame(self["colorSpace"]):
                h.append(self["statedColorSpace"].hash())
                h.append(GafferImage.OpenColorIOAlgo.currentConfigAndContextHash())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if output.isSame(self["__found"]):
            output.setValue(IECore.StringVectorData(self.__resolved()))
            return
        found = self["__found"].getValue()
        texts = {"files": _FILES, "frames": _FRAMES, "version": _VERSION, "entity": _ENTITY}
        if output.isSame(self["colorSpace"]):
            output.setValue(self.__space(found) if found else self["statedColorSpace"].getValue())
            return
        if output.getName() in texts:
            output.setValue(found[texts[output.getName()]] if found else "")
            return
        frames = (0, 0)
        if found and found[_FRAMES]:
            with sentences.ofEngine(self.__name()):
                frames = parse_frames(found[_FRAMES])
        output.setValue(frames[-1] if output.getName() == "y" else frames[0])

    def __resolved(self) -> list[str]:
        pinned, reference = self["pinned"].getValue(), self["reference"].getValue()
        if not (self["enabled"].getValue() and (pinned or reference)):
            return []
        job = _job(Gaffer.Context.current())
        with sentences.ofEngine():
            if not pinned and not assetManager.isReference(reference):
                return [reference, "", "", "", reference]
            if job and not pinned:
                asset = _held(Path(job) / "assets", reference)
            else:
                asset = assetManager.resolved(pinned or reference)
        return [asset.path, asset.frames, asset.space, asset.entity.version, asset.entity.reference]

    def __space(self, found: Sequence[str]) -> str:
        with sentences.ofEngine():
            stated, same = self["statedColorSpace"].getValue(), workingSpace.isSameSpace
            return agreed_space(stated, found[_SPACE], found[_ENTITY], same) or ""

    def __name(self) -> str:
        return self.relativeName(self.scriptNode()) if self.scriptNode() else self.getName()

    def __plugSet(self, plug: Gaffer.Plug) -> None:
        if plug.isSame(self["refreshCount"]):
            assetManager.forget()


def _job(context: Gaffer.Context) -> str:
    """The folder of the job that the context belongs to; empty where it belongs to none."""
    return context.get("dispatcher:jobDirectory", "")


def _held(folder: Path, reference: str) -> Any:
    """The version of an asset that a job works on. The dispatcher, which asks first, finds the newest."""
    held = held_in(folder, reference)
    asset = assetManager.resolved(held or reference)
    if held:
        return asset
    standing = hold_in(folder, HeldVersion(reference, asset.entity.reference))
    return asset if standing == asset.entity.reference else assetManager.resolved(standing)


IECore.registerRunTimeTyped(Asset, typeName="GafferRecovery::Asset")

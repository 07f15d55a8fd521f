"""What a training shows of itself at a step: figures over the hold-outs, contact sheets, previews, and models."""

from collections.abc import Callable, Sequence

import numpy as np

from filmrecovery.model.inference import doubt_of, recover
from filmrecovery.model.model_file import save_model, shot_number
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.contact_sheet import ERROR_GAIN, error_picture, write_contact_sheet, write_picture
from filmrecovery.picture.doubt_map import doubt_map
from filmrecovery.picture.measures import chroma_rms, luma_rms, psnr
from filmrecovery.training.learning.describe_model import describe_model
from filmrecovery.training.learning.learner import Learner
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.training.pairs.training_data import TrainingData
from filmrecovery.training.runs.deciding_error import deciding_error
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.step_models import keep_step_model

_SHEET_ROWS = 4
DOUBT_END = 0.05
"""The end of the scale of the maps of doubt, where white is 1: the same for all steps, so that they compare."""


def report(learner: Learner, steps: int) -> None:
    """Reports on the step that a training of so many steps is at.

    Figures over the hold-outs go into the journal, contact sheet and previews into the run folder. The models of the
    step and of the best figure so far are kept. Raises OutputError.
    """
    state, run, mode = learner.state, learner.run, learner.data.recipe.mode
    learner.weigh()
    description = describe_model(learner, state.step, steps)
    figures = hold_out_figures(state.average, learner.data.of_role("hold-out"), learner.shots, learner.heed)
    if figures:
        run.log({"step": state.step, **figures})
        error = deciding_error(figures, mode)
        if error is not None and (state.reached.best_error is None or error < state.reached.best_error):
            state.note(best_error=error)
            save_model(run.best_model, state.average.state_dict(), description)
    keep_step_model(run, state.average.state_dict(), description, learner.settings.step_models)
    write_pictures(state.average, learner.data, learner.shots, run, state.step)


def hold_out_figures(
    network: RecoveryNetwork, pairs: list[Pair], shots: Sequence[str], heed: Callable[[], object]
) -> dict[str, float]:
    """Mean figures of the network over the hold-out pairs, by name; empty where there are none.

    `heed` is called before each pair.
    """
    figures = {"holdOutPsnr": psnr, "holdOutChroma": chroma_rms, "holdOutLuma": luma_rms}
    outputs = []
    for pair in pairs:
        heed()
        outputs.append(np.clip(_recovered(network, pair, shots), 0.0, 1.0))
    return {
        name: float(np.mean([figure(output, pair.target) for output, pair in zip(outputs, pairs, strict=True)]))
        for name, figure in figures.items()
        if pairs
    }


def write_pictures(
    network: RecoveryNetwork, data: TrainingData, shots: Sequence[str], run: RunFolder, step: int
) -> None:
    """Writes the contact sheet and the previews of a step, and how far the previews are to be doubted."""
    shown = (data.of_role("hold-out") + data.of_role("train"))[:_SHEET_ROWS]
    rows = []
    for pair in shown:
        output = _recovered(network, pair, shots)
        label = f"{pair.label or 'frame'} {pair.frame} ({pair.role})"
        rows.append((label, [pair.input, pair.target, output, error_picture(output, pair.target)]))
    headings = [f"input, step {step}", "target", "output", f"error x{ERROR_GAIN}"]
    write_contact_sheet(run.contact_sheet(step), rows, headings)
    for pair in data.of_role("preview"):
        recovered = _recovered(network, pair, shots)
        write_picture(run.preview(step, pair.frame), recovered)
        if network.knows_doubt:
            doubt = doubt_of(network, pair.input, shot_number(shots, pair.label))
            write_picture(run.doubt(step, pair.frame), doubt_map(recovered, doubt, DOUBT_END))


def _recovered(network: RecoveryNetwork, pair: Pair, shots: Sequence[str]) -> Picture:
    return recover(network, pair.input, shot_number(shots, pair.label))

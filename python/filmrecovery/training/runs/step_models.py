"""The models of a training's steps, which it keeps as far as there is room for them."""

from collections.abc import Sequence

from torch import Tensor

from filmrecovery.base.errors import OutputError
from filmrecovery.model.model_file import ModelDescription, save_model
from filmrecovery.training.runs.kept_steps import step_models
from filmrecovery.training.runs.run_folder import RunFolder

MEGABYTE = 1_000_000


def keep_step_model(run: RunFolder, weights: dict[str, Tensor], description: ModelDescription, megabytes: int) -> None:
    """Writes the model of a step, and gives up others where all together take more than so many MB.

    The last one stays if it alone does not take more. Of the others, those stay that are spread over the training.
    Raises OutputError.
    """
    if not megabytes:
        return
    save_model(run.step_model(description.steps), weights, description)
    kept = list(step_models(run.path))
    try:
        sizes = [file.path.stat().st_size for file in kept]
        while sum(sizes) > megabytes * MEGABYTE:
            index = least_missed([file.step for file in kept])
            del sizes[index]
            kept.pop(index).path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{error.filename}: cannot be removed ({error.strerror}); check the rights") from error


def least_missed(steps: Sequence[int]) -> int:
    """Which of several steps, in order, by its index, is missed least.

    It is step 0, the grade alone; else the one whose neighbours lie nearest to each other.
    """
    if steps[0] == 0:
        return 0
    return min(range(1, len(steps) - 1), key=lambda index: steps[index + 1] - steps[index - 1], default=0)

"""What a model file says of the training that it comes from."""

import dataclasses
import datetime

import torch

import filmrecovery
from filmrecovery.base.code_revision import code_revision
from filmrecovery.model.model_file import ModelDescription
from filmrecovery.training.learning.learner import Learner


def describe_model(learner: Learner, step: int, steps: int) -> ModelDescription:
    """The description of the model of a step, in a training of so many steps."""
    recipe = learner.data.recipe
    return ModelDescription(
        mode=recipe.mode,
        size=learner.settings.size,
        members=learner.members,
        shots=learner.shots,
        working_space=recipe.working_space,
        pairs_hash=learner.data.hash,
        steps=step,
        seed=learner.settings.seed,
        preparation=recipe.preparation,
        settings=dataclasses.asdict(learner.settings) | {"steps": steps},
        versions=_versions(),
        training_date=datetime.date.today().isoformat(),
    )


def _versions() -> dict[str, str]:
    versions = {"filmrecovery": filmrecovery.__version__, "torch": torch.__version__}
    revision = code_revision()
    return versions | ({"revision": revision} if revision else {})

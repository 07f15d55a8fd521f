"""What every process of a training but the first does: the steps that the first one tells."""

import torch

from filmrecovery.base.interruption import Interruption
from filmrecovery.training.learning.learner import Learner
from filmrecovery.training.learning.processes import Order


def follow(learner: Learner) -> None:
    """Takes part in a training until the first process tells that it has ended. Writes nothing.

    SIGINT and SIGTERM are passed on to the first process with the next step, and it stops the training. Raises
    LostProcessError where the first process has gone.
    """
    trial: Learner | None = None
    with Interruption() as interruption:
        while True:
            order, (part, rate, is_bfloat16) = learner.processes.hear()
            if order is Order.END:
                return
            if order is Order.RESUME:
                trial = None
                learner.state.resume(learner.run)
                continue
            if order is Order.TRIAL_STEP:
                trial = trial or learner.trial()
            taking = trial or learner
            taking.precision = torch.bfloat16 if is_bfloat16 else torch.float32
            learner.processes.asks_to_stop = interruption.signal_name is not None
            taking.take_step(learner.parts[int(part)], rate)

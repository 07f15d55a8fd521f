"""What every process of a training but the first does: the steps that the first one tells."""

import torch

from filmrecovery.base.interruption import Interruption
from filmrecovery.training.learning.processes import Order
from filmrecovery.training.learning.trainer import Trainer


def follow(trainer: Trainer) -> None:
    """Takes part in a training until the first process tells that it has ended. Writes nothing.

    SIGINT and SIGTERM are passed on to the first process with the next step, and it stops the training. Raises
    LostProcessError where the first process has gone.
    """
    trial: Trainer | None = None
    with Interruption() as interruption:
        while True:
            order, (part, rate, is_bfloat16) = trainer.processes.hear()
            if order is Order.END:
                return
            if order is Order.RESUME:
                trial = None
                trainer.resume()
                continue
            if order is Order.TRIAL_STEP:
                trial = trial or trainer.trial()
            taking = trial or trainer
            taking.precision = torch.bfloat16 if is_bfloat16 else torch.float32
            trainer.processes.asks_to_stop = interruption.signal_name is not None
            taking.take_step(trainer.parts[int(part)], rate)

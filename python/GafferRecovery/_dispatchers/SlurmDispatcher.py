from GafferRecovery._dispatchers.FarmDispatcher import FarmDispatcher


class SlurmDispatcher(FarmDispatcher):
    """Has the tasks done by a Slurm cluster, as job arrays. `options` are further options of sbatch."""

    farm = "slurm"

    def __init__(self, name: str = "SlurmDispatcher") -> None:
        FarmDispatcher.__init__(self, name)


SlurmDispatcher.register("Slurm")

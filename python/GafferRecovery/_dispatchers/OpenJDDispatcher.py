from GafferRecovery._dispatchers.FarmDispatcher import FarmDispatcher


class OpenJDDispatcher(FarmDispatcher):
    """Writes the tasks as a job template of OpenJD, and runs it. `options` are further ones of `openjd run`."""

    farm = "openjd"

    def __init__(self, name: str = "OpenJDDispatcher") -> None:
        FarmDispatcher.__init__(self, name)


OpenJDDispatcher.register("OpenJD")

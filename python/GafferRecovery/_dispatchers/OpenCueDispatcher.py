from GafferRecovery._dispatchers.FarmDispatcher import FarmDispatcher


class OpenCueDispatcher(FarmDispatcher):
    """Has the tasks done by OpenCue. PyOutline has to be installed for the `python3` on PATH."""

    farm = "opencue"

    def __init__(self, name: str = "OpenCueDispatcher") -> None:
        FarmDispatcher.__init__(self, name)


OpenCueDispatcher.register("OpenCue")

"""References that were smoothed as their movie was unpacked: colour is learnt of them alone. Standard library alone."""

from filmrecovery.base.errors import SettingsError


def check_filtered(filters: str, mode: str) -> None:
    """Raises SettingsError for a reference that such filters smoothed, in any mode but chroma: its detail would be
    learnt, and what the filters took away would be missing from the film. Empty for none."""
    if filters and mode != "chroma":
        raise SettingsError(
            f"was smoothed ({filters}), and the mode {mode} learns detail from it; unpack the movie without deblock "
            "and deband for this stage"
        )

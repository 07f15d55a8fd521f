"""What the manager refuses of a batch, told in its own words."""

from collections.abc import Sequence
from typing import Any

from openassetio.errors import BatchElementError

from filmrecovery.assets.connection import Connection
from filmrecovery.base.errors import AssetError

_MOST_SHOWN = 10


def check_answers(connection: Connection, references: Sequence[str], answers: Sequence[Any]) -> None:
    """Raises AssetError where the manager refuses any of the references; there is an answer for each."""
    refused = [
        f"{reference}: {answer.message}"
        for reference, answer in zip(references, answers, strict=True)
        if isinstance(answer, BatchElementError)
    ]
    if refused:
        lines = refused[:_MOST_SHOWN]
        if len(refused) > _MOST_SHOWN:
            lines.append(f"and {len(refused) - _MOST_SHOWN} more")
        raise AssetError(
            f"The asset manager '{connection.name}' says: {'; '.join(lines)}. Correct the references, or ask "
            "who looks after it"
        )

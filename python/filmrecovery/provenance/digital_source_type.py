"""The IPTC digital source type of a recovery, chosen by rule. Standard library alone.

Terms and their meaning: IPTC NewsCodes, Digital Source Type, http://cv.iptc.org/newscodes/digitalsourcetype/.
"""

import logging

from filmrecovery.base.errors import SettingsError

_LOG = logging.getLogger(__name__)

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"

COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
"""Part of the picture comes from a trained network: what a recovery is, unless a policy says otherwise."""
ENHANCED = "algorithmicallyEnhanced"
"""The picture is the source's, and software brought out what is in it."""
GENERATED = "trainedAlgorithmicMedia"
"""All of the picture comes from a trained network, which is not so in a recovery."""

POLICIES = (COMPOSITE, ENHANCED, GENERATED)


def digital_source_type(policy: str, constructed_reference: bool) -> str:
    """The full URI of the type for a policy, one of `POLICIES`.

    A reference that was painted or composed shows what no copy of the film does, so that the result is a composite by
    any policy. Raises SettingsError for another policy.
    """
    if policy not in POLICIES:
        raise SettingsError(f"digital source type '{policy}' is not one of {', '.join(POLICIES)}")
    return VOCABULARY + (COMPOSITE if constructed_reference else policy)


def warn_of_generated(policy: str, constructed_reference: bool) -> None:
    """Logs a warning where the type says `trainedAlgorithmicMedia`: once for a stage, and not for each frame."""
    if policy == GENERATED and not constructed_reference:
        _LOG.warning(
            "the digital source type '%s' says that no part of the picture is of the film; a recovery is '%s'",
            GENERATED,
            COMPOSITE,
        )

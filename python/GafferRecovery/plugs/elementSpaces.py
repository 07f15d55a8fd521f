"""The colour spaces that scans and transfers have as a rule, by names that say what they are for."""

ELEMENT_SPACES = {
    "Video, sRGB curve": "srgb_tx",
    "Video, gamma 2.4": "g24_rec709",
    "ACES2065-1": "lin_ap0",
    "ACEScg": "lin_ap1",
    "Film density, ADX10": "ADX10",
    "Film density, ADX16": "ADX16",
}
"""Short names that every version of the OpenColorIO config has."""

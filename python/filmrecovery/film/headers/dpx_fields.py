"""Where the header of a DPX file has what it says of film and scan (SMPTE ST 268-1:2014, tables 1 and 3 to 6).

By the names of OpenImageIO, after the prefix `dpx:`; in EXR the prefix is `dpx/`. Standard library alone.
"""

HEADER = 2048
"""Bytes before the user data."""
PREFIX = "dpx:"
EDGE_CODE = "dpx:FilmEdgeCode"
KEYCODE = "smpte:KeyCode"
"""OpenImageIO's name of `keyCode` of EXR."""

FILE_NAME, FILE_DATE, SOURCE_DATE = (36, 100), (136, 24), (1532, 24)
FILE_TEXTS = {"Software": (160, 100), "DocumentName": (260, 200), "Copyright": (460, 200)}
"""Creator, project and copyright, by names without the prefix: places and lengths."""
TEXTS = {
    "SourceImageFileName": (1432, 100),
    "InputDevice": (1556, 32),
    "InputDeviceSerialNumber": (1588, 32),
    "Format": (1680, 32),
    "FrameId": (1732, 32),
    "SlateInfo": (1764, 100),
}
"""Places and lengths."""
WHOLE_NUMBERS = {
    "XOffset": 1408,
    "YOffset": 1412,
    "XOriginalSize": 1424,
    "YOriginalSize": 1428,
    "FramePosition": 1712,
    "SequenceLength": 1716,
    "HeldCount": 1720,
    "UserBits": 1924,
}
NUMBERS = {
    "XCenter": 1416,
    "YCenter": 1420,
    "XScannedSize": 1636,
    "YScannedSize": 1640,
    "FrameRate": 1724,
    "ShutterAngle": 1728,
    "HorizontalSampleRate": 1932,
    "VerticalSampleRate": 1936,
    "TemporalFrameRate": 1940,
    "TimeOffset": 1944,
    "Gamma": 1948,
    "BlackLevel": 1952,
    "BlackGain": 1956,
    "BreakPoint": 1960,
    "WhiteLevel": 1964,
    "IntegrationTimes": 1968,
}
BYTES = {"Interlace": 1928, "FieldNumber": 1929}
EDGE = {"maker": (1664, 2), "type": (1666, 2), "offset": (1668, 2), "prefix": (1670, 6), "count": (1676, 4)}
"""The parts of the film's edge code, as it can be read beside the picture: places and lengths."""
BORDER, TIMECODE, USER_BITS = 1620, 1920, 1924

"""How long something takes, in words."""


def duration_text(seconds: float) -> str:
    """A time, 0 seconds or longer, in two units at most, as 40 s, 2 min 5 s, 12 min, 3 h 20 min, or 2 d 5 h."""
    whole = round(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 1:
        return f"{whole} s"
    if hours < 1:
        # Seconds are of interest for a few minutes only.
        return f"{minutes} min" if minutes >= 3 else f"{minutes} min {whole % 60} s"
    if days < 1:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"

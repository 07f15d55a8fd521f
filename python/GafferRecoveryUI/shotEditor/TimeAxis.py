import math
from dataclasses import dataclass


@dataclass(frozen=True)
class TimeAxis:
    """Where the frames of a shot lie, in pixels: `count` cells of equal width, of which `offset` pixels are scrolled
    past to the left of `left`, in a view that is `width` wide."""

    count: int
    left: float
    width: float
    cell: float
    offset: float = 0.0

    def x(self, index: float) -> float:
        """The left edge of a cell."""
        return self.left + index * self.cell - self.offset

    def index(self, x: float) -> int | None:
        """The cell at a place; None beside the frames."""
        index = math.floor((x - self.left + self.offset) / self.cell)
        return index if 0 <= index < self.count and x >= self.left else None

    def nearest(self, x: float) -> int:
        """The cell at a place, or the first or last one."""
        return min(max(math.floor((x - self.left + self.offset) / self.cell), 0), self.count - 1)

    def visible(self) -> range:
        """The cells that are seen, at least in part."""
        first = max(0, math.floor(self.offset / self.cell))
        return range(first, min(self.count, math.ceil((self.offset + self.width) / self.cell)))

    def longest(self) -> float:
        """The largest offset: the last frame is at the right edge."""
        return max(0.0, self.count * self.cell - self.width)

    def showing(self, index: int) -> float:
        """The offset that keeps a cell in view, with a little of what is beside it, and changes the least."""
        margin = min(2 * self.cell + 20, self.width / 4)
        left, right = index * self.cell - margin, (index + 1) * self.cell + margin
        offset = min(self.offset, left) if left < self.offset else max(self.offset, right - self.width)
        return min(max(0.0, offset), self.longest())

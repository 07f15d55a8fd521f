#!/usr/bin/env python3
"""Draws the rooms of the engine, and Gaffer's side of it, from the imports: `python3 resources/guide/draw_rooms.py`.

Writes rooms.svg beside this file. An arrow leads from a room to one that it imports. An import that other arrows imply
already is not drawn (transitive reduction). What a room says of itself is the first sentence of its docstring.
Needs the standard library alone, and imports nothing of what it draws.
"""

import ast
import functools
import graphlib
import html
import itertools
import statistics
import textwrap
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PICTURE = Path(__file__).with_name("rooms.svg")
ENGINE = "filmrecovery"
GAFFER_SIDE = ("GafferRecovery", "GafferRecoveryUI", "startup")
GAFFER_TEXTS = {
    "GafferRecovery": "Nodes, one class a file.",
    "GafferRecoveryUI": "How the nodes look in Gaffer's window.",
    "startup": "What Gaffer reads when it starts.",
}

BOX, TALL, FLOOR, GAP = 236, 78, 118, 28
"""Width and height of a box, distance of two floors, gap between two boxes, in pixels."""
BEND = 14
"""Width that an arrow takes where it passes a floor."""
MARGIN = 30

STYLE = (
    "text{font:12px sans-serif;fill:#333;text-anchor:middle}.name{font-weight:bold;font-size:15px;fill:#111}"
    ".note{font-style:italic}.engine{fill:#eef3f8;stroke:#4a6f94}.gaffer{fill:#fbf0dd;stroke:#b07b1e}"
    "path{fill:none;stroke-width:1.5}.import{stroke:#4a6f94;marker-end:url(#head)}"
    ".process{stroke:#b07b1e;stroke-dasharray:6 4;marker-end:url(#head)}"
)
HEAD = (
    '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" style="fill:#555;stroke:none"/></marker>'
)

Graph = dict[str, set[str]]
Place = tuple[str, ...]
"""A room, (name,), or where an arrow passes a floor on its way: (from, to, floor)."""


def room_of(module: str) -> str | None:
    """The room of a module by its dotted name; None for what is no room of this checkout."""
    top, *rest = module.split(".")
    if top == ENGINE:
        return rest[0] if rest and (CHECKOUT / "python" / ENGINE / rest[0]).is_dir() else None
    return top if top in GAFFER_SIDE else None


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of_rooms() -> Graph:
    """The rooms that each room imports, itself left out."""
    graph: Graph = {}
    for folder in (CHECKOUT / "python", CHECKOUT):
        for path in (path for top in (ENGINE, *GAFFER_SIDE) for path in (folder / top).rglob("*.py")):
            room = room_of(".".join(path.relative_to(folder).with_suffix("").parts))
            if room:
                graph.setdefault(room, set()).update(
                    {room_of(module) for module in imported_modules(path)} - {room, None}
                )
    return graph


def reduced(graph: Graph) -> Graph:
    """The graph without arrows that a longer way implies."""

    @functools.cache
    def below(room: str) -> frozenset[str]:
        return frozenset(graph[room]).union(*(below(other) for other in graph[room]))

    return {
        room: {other for other in others if not any(other in below(third) for third in others - {other})}
        for room, others in graph.items()
    }


def floors_of(graph: Graph) -> dict[str, int]:
    """The floor of each room, 0 for the lowest: one above the highest that it imports."""
    floors: dict[str, int] = {}
    for room in graphlib.TopologicalSorter(graph).static_order():
        floors[room] = max((floors[other] + 1 for other in graph[room]), default=0)
    return floors


def ways_of(graph: Graph, floors: dict[str, int]) -> list[list[Place]]:
    """For each arrow the places that it passes, from its room down to the one it leads to."""
    return [
        [(room,), *((room, other, str(floor)) for floor in range(floors[room] - 1, floors[other], -1)), (other,)]
        for room in sorted(graph)
        for other in sorted(graph[room])
    ]


def arranged(ways: list[list[Place]], floors: dict[str, int]) -> dict[Place, float]:
    """The middle of each place, in pixels across: near what it is tied to, and apart from its neighbours."""
    rows: list[list[Place]] = [[] for _ in range(max(floors.values()) + 1)]
    for place in sorted({place for way in ways for place in way}):
        rows[floor_of(place, floors)].append(place)
    tied: dict[Place, set[Place]] = {place: set() for row in rows for place in row}
    for way in ways:
        for upper, lower in itertools.pairwise(way):
            tied[upper].add(lower)
            tied[lower].add(upper)
    across = {place: float(number) for row in rows for number, place in enumerate(row)}
    for _ in range(200):
        for row in (*reversed(rows), *rows):
            wanted = {place: balance_point(place, tied[place], across) for place in row}
            # Gaffer's side stays on the right.
            row.sort(key=lambda place: (place[0] in GAFFER_SIDE, wanted[place], place))
            spread(row, wanted, across)
    leftmost = min(across[place] - width(place) / 2 for place in across)
    return {place: middle - leftmost + MARGIN for place, middle in across.items()}


def balance_point(place: Place, others: set[Place], across: dict[Place, float]) -> float:
    """Where a place wants to be; the places of one arrow hold to each other, so that it runs straight."""
    weights = {other: 8.0 if len(place) == len(other) == 3 else 1.0 for other in others}
    return statistics.fmean([across[other] for other in others], [weights[other] for other in others])


def spread(row: list[Place], wanted: dict[Place, float], across: dict[Place, float]) -> None:
    """Puts a row, from left to right, as near as its boxes allow to where its members want to be (least squares)."""
    offsets = [0.0]
    for left, right in itertools.pairwise(row):
        offsets.append(offsets[-1] + (width(left) + width(right)) / 2 + GAP)
    # Neighbours that would overlap become one group, which stands where its members want to be on average.
    groups: list[list[float]] = []
    for place, offset in zip(row, offsets, strict=True):
        groups.append([wanted[place] - offset])
        while len(groups) > 1 and statistics.fmean(groups[-2]) >= statistics.fmean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    starts = [statistics.fmean(group) for group in groups for _ in group]
    across.update({place: start + offset for place, start, offset in zip(row, starts, offsets, strict=True)})


def floor_of(place: Place, floors: dict[str, int]) -> int:
    return floors[place[0]] if len(place) == 1 else int(place[2])


def width(place: Place) -> float:
    return BOX if len(place) == 1 else BEND


def description(room: str) -> list[str]:
    """At most three lines: the first sentence of the room's docstring or, where that is longer, its first clause."""
    if room in GAFFER_TEXTS:
        return textwrap.wrap(GAFFER_TEXTS[room], 34)
    tree = ast.parse((CHECKOUT / "python" / ENGINE / room / "__init__.py").read_text(encoding="utf-8"))
    sentence = (ast.get_docstring(tree) or "").split(". ")[0].split("\n\n")[0].replace("\n", " ").rstrip(".")
    lines = textwrap.wrap(f"{sentence}.", 34)
    return lines if len(lines) <= 3 else textwrap.wrap(f"{sentence.partition(':')[0]}.", 34)


def box(room: str, middle: float, top: float) -> Iterator[str]:
    kind = "gaffer" if room in GAFFER_SIDE else "engine"
    yield f'<rect class="{kind}" x="{middle - BOX / 2:.0f}" y="{top:.0f}" width="{BOX}" height="{TALL}" rx="8"/>'
    yield f'<text class="name" x="{middle:.0f}" y="{top + 23:.0f}">{room}</text>'
    for number, line in enumerate(description(room)):
        yield f'<text x="{middle:.0f}" y="{top + 41 + 14 * number:.0f}">{html.escape(line)}</text>'


def line(way: list[Place], across: dict[Place, float], floors: dict[str, int], tops: list[float]) -> str:
    """An arrow, from the lower edge of its room to the upper edge of the one that it leads to."""
    points = []
    for place in way:
        top = tops[floor_of(place, floors)]
        # Where it passes a floor it runs straight down beside the boxes.
        points += [(across[place], top), (across[place], top + TALL)]
    (x, y), *rest = points[1:-1]
    steps = [f"M{x:.0f},{y:.0f}"]
    for number, (next_x, next_y) in enumerate(rest):
        half = (y + next_y) / 2
        bend = f"C{x:.0f},{half:.0f} {next_x:.0f},{half:.0f} "
        steps.append(f"{bend if number % 2 == 0 else 'L'}{next_x:.0f},{next_y:.0f}")
        x, y = next_x, next_y
    return f'<path class="import" d="{" ".join(steps)}"/>'


def child_process(across: dict[Place, float], floors: dict[str, int], tops: list[float], right: float) -> Iterator[str]:
    """What no import tells: a node starts the command line as a child process."""
    start, end = (tops[floors[room]] + TALL / 2 for room in ("GafferRecovery", "cli"))
    x, target = across[("GafferRecovery",)] + BOX / 2, across[("cli",)] + BOX / 2
    way = f"M{x:.0f},{start:.0f} H{right:.0f} V{end:.0f} H{target + 4:.0f}"
    yield f'<path class="process" d="{way}"/>'
    yield f'<text class="note" x="{(target + right) / 2:.0f}" y="{end - 8:.0f}">starts it as a child process</text>'


def drawing() -> str:
    """The picture as SVG."""
    graph = reduced(imports_of_rooms())
    floors = floors_of(graph)
    ways = ways_of(graph, floors)
    across = arranged(ways, floors)
    highest = max(floors.values())
    tops = [MARGIN + FLOOR * (highest - floor) for floor in range(highest + 1)]
    right = max(middle + width(place) / 2 for place, middle in across.items()) + MARGIN
    size = f"{right + MARGIN:.0f} {tops[0] + TALL + MARGIN:.0f}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">',
        "<title>The rooms of Film Recovery; an arrow leads from a room to one that it imports</title>",
        f"<style>{STYLE}</style>",
        f"<defs>{HEAD}</defs>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        *(line(way, across, floors, tops) for way in ways),
        *child_process(across, floors, tops, right),
    ]
    for room in sorted(graph):
        lines += box(room, across[(room,)], tops[floors[room]])
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")

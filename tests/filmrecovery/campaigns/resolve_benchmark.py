"""Times how long a batch of references takes to resolve in one call of the manager, beside one call for each.

    python tests/filmrecovery/campaigns/resolve_benchmark.py --count 10000 --latency 10

The manager is OpenAssetIO's Basic Asset Library, which waits for the latency in each call, as the network of a studio
does. Calls one by one are timed for a few hundred references and counted up.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from asset_library import Library, traits_of

from filmrecovery.assets.connection import VARIABLE, connect
from filmrecovery.assets.resolve import resolve, resolve_pinned

_ONE_BY_ONE = 300


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def benchmark(count: int, latency: float) -> str:
    """The figures of a library with so many entities, in lines of text."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder), latency)
        traits = {
            f"shot{number:05d}": traits_of(f"/scans/{number}/print.####.exr", (1, 48), "lin_ap0")
            for number in range(count)
        }
        library.add_all(traits)
        os.environ[VARIABLE] = str(library.config)
        connection = connect()
        references = [f"bal:///{name}" for name in traits]
        together = _seconds(lambda: resolve(connection, references))
        few = references[:_ONE_BY_ONE]
        each = _seconds(lambda: [resolve(connection, [reference]) for reference in few]) / len(few)
        pinned = _seconds(lambda: resolve_pinned(connection, references)) if latency == 0 else None
    lines = [
        f"{count} references, {latency:g} ms a call",
        f"in one call: {together:.2f} s",
        f"one by one: {each * count:.1f} s ({each * 1000:.2f} ms each, of {len(few)})",
    ]
    return "\n".join([*lines, *([f"in one call and pinned: {pinned:.2f} s"] if pinned else [])])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="references (default: 10000)")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="of each call (default: none)")
    options = parser.parse_args()
    print(benchmark(options.count, options.latency))

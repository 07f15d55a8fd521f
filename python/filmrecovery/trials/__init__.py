"""Films with known truth: the simulation, the demo, and the benchmarks.

Imports project and the rooms below it. Begin with `demo` and `recovery_benchmark`.
"""

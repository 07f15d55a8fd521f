"""Films with known truth: the simulation, the demo, and the benchmarks.

Imports project and the rooms below it.

Offers alignment_benchmark (benchmark_alignment); alignment_cases (CASES); demo (FILM, demo, make_film);
feature_benchmark (benchmark_feature); frame_cost (measure_frame_cost); recovery_benchmark (benchmark);
sequence_benchmark (SHOTS_NAME, benchmark_sequence).
"""

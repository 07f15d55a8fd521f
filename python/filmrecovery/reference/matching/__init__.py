"""Which frame of the reference shows which frame of the source.

Offers frame_match (FrameMatch, read_matches, summary, write_matches); framing (detail); match_frames (match_frames);
match_settings (MatchSettings); match_shots (current_matches).
"""

"""Every frame of the reference laid over its source, shot by shot, and the record of it.

Offers align_frames (align_frames, write_aligned); align_shots (current_alignment); alignment_file (Alignment,
FrameAlignment, agreed, read_alignment, read_confidences, write_alignment).
"""

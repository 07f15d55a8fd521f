"""Every frame of the reference laid over its source, shot by shot, and the record of it.

Begin with `align_frames`.
"""

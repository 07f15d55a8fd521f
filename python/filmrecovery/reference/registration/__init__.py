"""How one frame lies over another: measured from their detail, to a fraction of a pixel.

Offers align_settings (AlignSettings); registration (Evidence, Plane, detail, find_shift, measure, normalised,
resampled, translation); shot_registration (LOWEST_CORRELATION, ShotRegistration); weave (ShotMotion, solve_shot);
working_frames (WorkingFrames, data_size, register_shot, working_elements).
"""

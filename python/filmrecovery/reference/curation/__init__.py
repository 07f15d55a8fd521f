"""Shots, shared crop, balance, and the choice of the frames to train on.

Offers balance_estimation (current_balance); borders (spread); crop_detection (current_crop); frame_choice
(FrameChoice); picture_colours (picture_colours); selection (current_selection); selection_file (FrameRole, SPOILT,
Selection, UNFIT, read_selection, write_selection); selection_settings (SelectSettings); shared_crop (CropSettings,
Overlay, SIDES, SharedCrop, area_at, read_crop); shot_detection (current_list, current_shots); shot_list
(TIMECODE_SUFFIXES, frames_of_shots, listed_shots, read_shots); shot_settings (ShotSettings, TimelineSettings); timeline
(write_timeline).
"""

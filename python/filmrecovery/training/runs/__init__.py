"""The folder of a training: what was asked, how far it is, what it keeps, and how it is watched and steered.

Imports film, model and base.

Offers checkpoint (Checkpoint, Reached, RoundResult, read_checkpoint, write_checkpoint); deciding_error
(deciding_error); kept_steps (CONTACT_SHEETS, KeptFile, PREVIEWS, STEP_MODELS, contact_sheets, doubts, previews,
step_models, take_step_model); run_figures (Curve); run_folder (RunFolder, open_run, run_of_model); run_identity
(IDENTITY_NAME, LENGTHS, length_of); run_overview (RunOverview, RunReader, find_runs); run_progress (BEST_NAME,
JOURNAL_NAME, MODEL_NAME, RUN_PREFIX, last_step, latest_run); run_requests (A_REQUEST, RunRequest, ask_for_steps,
ask_to_stop, leave_request, read_or_drop_request, stop_by_request, stop_text); run_status (LifeSign, RunState,
STATUS_NAME, read_status, state_now); run_table (run_table); step_models (keep_step_model); train_settings (MOST_STEPS,
TrainSettings).
"""

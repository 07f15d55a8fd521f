"""Pairs of input and ground truth, and the training of a model on them, in a run folder.

Imports reference and the rooms below it.

Offers adopt_pairs (adopt_pairs); kept_steps (CONTACT_SHEETS, KeptFile, PREVIEWS, STEP_MODELS, contact_sheets, doubts,
previews, step_models, take_step_model); load_pairs (Pair, load_pairs); make_pairs (make_pairs); mode_part (mode_part);
outlier_record (OutlierRound, added_frames, fitting_start, read_rounds, write_rounds); pair_manifest (MANIFEST_NAME,
Manifest, Part, pairs_hash, read_manifest); pair_settings (PairSettings); processes (find_place); run_figures (Curve);
run_folder (RunFolder, run_of_model); run_identity (IDENTITY_NAME, LENGTHS); run_overview (RunOverview, RunReader,
find_runs); run_progress (BEST_NAME, JOURNAL_NAME, MODEL_NAME, last_step, latest_run); run_requests (ask_for_steps,
ask_to_stop); run_status (RunState, STATUS_NAME); run_table (run_table); train (train, train_for); train_settings
(MOST_STEPS, TrainSettings); training_data (TrainingData, load_training_data).
"""

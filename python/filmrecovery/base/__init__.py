"""What every room builds on: errors, progress, interruption, files written whole, records, settings as dataclasses.

Imports the standard library and tqdm alone, so that Gaffer's process can import it.

Offers atomic (atomic_path, copy_file, is_leftover, write_bytes, write_text); code_revision (code_revision);
declared_settings (add_options, field_types, from_mapping, from_options, setting, to_mapping, to_options); duration_text
(duration_text); errors (AssetError, ElementError, FileError, LostProcessError, ModelError, OutputError, RecoveryError,
RunError, SettingsError, StoppedError, TRY_AGAIN, UnlikeElementsError, named); file_hash (file_sha256); foreign_file
(refuse_foreign); interruption (Interruption, sigterm_as_interrupt); json_lines (JsonLines); limits (HIGHEST_ERROR,
HIGHEST_FRAME, HIGHEST_SEED, LARGEST_SIDE, MOST_FRAMES, WIDEST_MEDIAN, WIDEST_PIXEL); mask_texts (MASK_BOXES_HELP,
MASK_FILES_HELP); message_lines (ERROR, PROGRESS, WARNING, messages_shown, rounded_percent); overlap (at_once, cores,
on_all_cores, one_ahead, workers); progress (counted, progress); read_file (MOST_BYTES_BY_HAND, parse_json, parse_toml,
read_json, read_text, read_toml, shown); records (MADE_FROM, made_from_of, parse_record, parse_records, read_record,
write_record, write_table); recovery_modes (MODES, PARTS).
"""

"""What every room builds on: errors, progress, interruption, files written whole, records, settings as dataclasses.

Imports the standard library and tqdm alone, so that Gaffer's process can import it.

Offers atomic (atomic_path, is_leftover, write_text); code_revision (code_revision); declared_settings (add_options,
field_types, from_mapping, from_options, setting, to_mapping, to_options); errors (ElementError, ModelError,
OutputError, RecoveryError, RunError, SettingsError, UnlikeElementsError, named); file_hash (file_sha256); interruption
(Interruption, sigterm_as_interrupt); message_lines (ERROR, PROGRESS, WARNING, messages_shown, rounded_percent);
overlap (one_ahead); progress (progress); records (MADE_FROM, made_from_of, parse_record, read_record, write_record);
recovery_modes (MODES).
"""

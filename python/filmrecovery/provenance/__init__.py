"""Who recovered what, with which model: headers, sidecars, hash lists, signatures.

Imports training and the rooms below it.

Offers content_credentials (check_signature, sign); delivered_movie (Delivered, DeliveredMovie); frame_description
(provenance_description); header_keys (DATE_NAME, GRADE_NAME, MERGE_NAME, SEPARATOR, WEIGHTS_NAME, grade_of,
header_keys, with_grade); provenance_settings (ProvenanceSettings, read_provenance); seal (Differences, seal, verify);
sidecars (JSON_SUFFIX, read_sidecar, write_sidecars).
"""

"""What is learnt from: pairs of input and ground truth, made or brought along, their list, masks and outliers.

Imports reference and the rooms below it.

Offers adopt_pairs (PairFacts, adopt_pairs); load_pairs (Pair, load_pairs); make_pairs (make_pairs); outlier_record
(OutlierRound, added_frames, fitting_start, read_rounds, write_rounds); pair_manifest (MANIFEST_NAME, Manifest,
pairs_hash, read_manifest); pair_records (Part, Recipe); pair_settings (PairSettings); training_data (TrainingData,
load_training_data).
"""

"""The network and everything that belongs to a model: its file, its preparation of the source, inference, ONNX.

Imports picture and base, and of packages torch, numpy and safetensors alone, so that Gaffer's process can apply a
model. Export to ONNX is the exception.

Offers balance (Balance, ChannelBalance, VERSION, read_balance, write_balance); balance_settings (BalanceSettings);
clean (clean); clean_settings (CleanSettings, check_clean); detail (BANDS, CONTRASTS, bands, by_contrast, contrasts,
expanded); device (find_device, find_precision, move_to); doubt (BLOCK, CELL, blocks_of, doubt_signs); grade (NODES,
PLACE_FUNCTIONS, PLACE_NODES, place_functions); inference (doubt_of, recover, recover_source, recover_with_doubt);
model_file (ModelDescription, check_fits, check_knows_doubt, hash_tensors, load_model, read_tensors, save_model,
shot_number, write_tensors); model_header (WEIGHTS_KEY, is_model, read_model_header); network (DOUBT_SIGNS, Patches,
RecoveryNetwork); network_cost (network_cost); onnx_export (export_onnx); recovered_part (recovered_part); send_to
(send_to); source_preparation (SourcePreparation, parse_preparation, preparation_text); trunk (SIZES).
"""

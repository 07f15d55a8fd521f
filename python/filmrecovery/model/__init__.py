"""The network, and all that a model carries: its file, its preparation of the source, inference, ONNX.

Imports picture and base, and of packages torch, numpy and safetensors alone, so that Gaffer's process can apply a
model. Export to ONNX is the exception.

Offers balance (Balance, BalanceSettings, ChannelBalance, read_balance, VERSION, write_balance); clean (check_clean,
clean, CleanSettings); detail (bands, BANDS, expanded); device (find_device, find_precision, move_to); doubt (BLOCK,
blocks_of, CELL, doubt_signs); grade (NODES, place_functions, PLACE_FUNCTIONS, PLACE_NODES); inference (recover,
recover_source); model_file (hash_tensors, load_model, ModelDescription, read_tensors, save_model, write_tensors);
model_header (read_model_header); network (cost, DOUBT_SIGNS, Patches, RecoveryNetwork, SIZES); onnx_export
(export_onnx); source_preparation (SourcePreparation).
"""

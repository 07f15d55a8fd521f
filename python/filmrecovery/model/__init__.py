"""The network and everything that belongs to a model: its file, its preparation of the source, inference, ONNX.

Imports picture and base, and of packages torch, numpy and safetensors alone, so that Gaffer's process can apply a
model. Export to ONNX is the exception. Begin with `network`, `model_file` and `inference`.
"""

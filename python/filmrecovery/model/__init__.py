"""The network, and all that a model carries: its file, its preparation of the source, inference, ONNX.

Imports picture and base, and of packages torch, numpy and safetensors alone, so that Gaffer's process can apply a
model. Export to ONNX is the exception.
"""

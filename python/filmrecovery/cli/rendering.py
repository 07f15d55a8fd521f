"""Verbs that use a trained model."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import (
    WHOLE_HELP,
    Verbs,
    add_element,
    add_provenance_option,
    add_verb,
    element_of,
    provenance_of,
    whole_element_of,
)
from filmrecovery.picture.aces import DELIVERY_SPACE


def add_render(verbs: Verbs) -> None:
    from filmrecovery.rendering.render_settings import RenderSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.rendering.render import render

        settings = from_options(RenderSettings, options)
        provenance = provenance_of(options)
        source = whole_element_of(options, "source", settings.shots)
        rendered = render(settings, options.model, source, options.output, provenance)
        print(f"rendered: {rendered.pattern}")

    text = """recover every frame of a shot with a trained model

Alpha, other channels, metadata and data window stay as they are, and the header says how the frame was made. Frames
that are finished are not rendered again unless the model, the settings or the source changed."""
    parser = add_verb(verbs, "render", action, text)
    parser.add_argument("model", type=Path, help="model.safetensors of a training")
    add_element(parser, "source", space=None)
    parser.add_argument("output", help="pattern of the files to write, such as recovered.####.exr")
    parser.add_argument("--frames", help=WHOLE_HELP)
    add_provenance_option(parser)
    add_options(parser, RenderSettings)


def add_merge(verbs: Verbs) -> None:
    from filmrecovery.rendering.merge_settings import MergeSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.rendering.merge_with_plate import merge_sequences

        settings = from_options(MergeSettings, options)
        recovered = whole_element_of(options, "recovered")
        original = element_of(options, "original")
        merged = merge_sequences(settings, original, recovered, options.output, provenance_of(options))
        print(f"merged: {merged.pattern}")

    text = """merge a recovery with the original plate

Puts recovered chroma onto the original's luma, or recovered luma onto its chroma."""
    parser = add_verb(verbs, "merge", action, text)
    add_element(parser, "original")
    add_element(parser, "recovered", DELIVERY_SPACE, text="pattern of the recovered files")
    parser.add_argument("output", help="pattern of the files to write")
    parser.add_argument("--frames", help=WHOLE_HELP)
    add_provenance_option(parser)
    add_options(parser, MergeSettings)


def add_export(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.model.onnx_export import export_onnx

        export_onnx(options.model, options.output)
        print(f"exported: {options.output}")

    text = """export a model to ONNX

The file takes frames of any size and does the colour arithmetic itself."""
    parser = add_verb(verbs, "export", action, text)
    parser.add_argument("model", type=Path, help="model.safetensors of a training")
    parser.add_argument("output", type=Path, help="file to write, such as model.onnx")


def add_describe(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        import dataclasses
        import json

        from filmrecovery.model.model_file import load_model

        _, description = load_model(options.model)
        print(json.dumps(dataclasses.asdict(description), indent=2))

    parser = add_verb(verbs, "describe", action, "print what a model is and what it was trained on")
    parser.add_argument("model", type=Path, help="model.safetensors of a training")


VERBS = (add_render, add_merge, add_export, add_describe)

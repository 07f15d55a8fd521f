"""Verbs that say what made the delivered files, and find out whether they are still those."""

import argparse
from pathlib import Path

from filmrecovery.cli.verb import (
    SEQUENCE_HELP,
    WHOLE_HELP,
    Verbs,
    add_elements_options,
    add_provenance_option,
    add_verb,
    elements_of,
    named_element,
    provenance_of,
)


def add_record(verbs: Verbs) -> None:
    from filmrecovery.base.recovery_modes import MERGE_OPERATIONS

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.elements.gaps import check_unbroken
        from filmrecovery.provenance.sidecars import write_sidecars

        delivered = named_element(options, options.delivered, options.frames)
        if options.frames is None:
            check_unbroken(delivered)
        settings, elements = provenance_of(options), elements_of(options)
        for path in write_sidecars(settings, delivered, elements, options.model, options.pairs, options.merge):
            print(path)

    text = """write the record of delivered frames: what they were made from, and how

Writes JSON and a text for people beside the frames, with a hash of every file. `run` does this by itself."""
    parser = add_verb(verbs, "record", action, text)
    parser.add_argument("delivered", help=SEQUENCE_HELP)
    parser.add_argument("--frames", help=WHOLE_HELP)
    parser.add_argument(
        "--model", type=Path, nargs="+", default=(), metavar="FILE", help="models, in the order in which they worked"
    )
    add_elements_options(parser)
    parser.add_argument("--merge", choices=MERGE_OPERATIONS, help="operation of the final merge")
    add_provenance_option(parser)


def add_seal(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.provenance.seal import seal

        print(f"sealed: {seal(options.folder)}")

    text = """write a hash list of a folder, to find changes later

The list is an ASC Media Hash List, in FOLDER/ascmhl, which other tools read too. A second call writes the next
generation, which includes files that were added. It is an error when a file was changed or is missing."""
    parser = add_verb(verbs, "seal", action, text)
    parser.add_argument("folder", type=Path, help="folder of a delivery")


def add_verify(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.base.errors import ElementError
        from filmrecovery.provenance.seal import verify

        lines = verify(options.folder).lines()
        for line in lines:
            print(line)
        if lines:
            raise ElementError(f"{options.folder}: {len(lines)} files differ from the sealed state; restore them")
        print(f"{options.folder}: nothing has changed since it was sealed")

    text = """find files of a sealed folder that were changed, lost or added

Names each of them. Ends with status 1 if there is one."""
    parser = add_verb(verbs, "verify", action, text)
    parser.add_argument("folder", type=Path, help="folder that was sealed")


def add_sign(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.provenance.content_credentials import sign

        for path in sign(options.files, options.record, options.certificate, options.key, options.output):
            print(path)

    text = """sign files and their provenance with Content Credentials (C2PA)

PNG, TIFF, JPEG and MP4 carry the signature inside: signed copies go to --output. Others, such as EXR, get it in a .c2pa
file beside them. Needs the package c2pa-python: pip install -c constraints.txt ".[c2pa]"."""
    parser = add_verb(verbs, "sign", action, text)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="files to sign")
    parser.add_argument("--record", type=Path, required=True, metavar="FILE", help="the record, shot.provenance.json")
    parser.add_argument(
        "--certificate",
        type=Path,
        required=True,
        metavar="FILE",
        help="your certificate and the certificates above it, PEM",
    )
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="its private key, PEM, not encrypted")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where files that carry a signature go")


def add_check_signature(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.base.errors import ElementError
        from filmrecovery.provenance.content_credentials import check_signature

        failures = 0
        for path in options.files:
            signature = check_signature(path, options.trust)
            if not signature.whole or (options.trust and not signature.trusted):
                failures += 1
                print(f"{path}: {'; '.join(signature.problems)}")
            else:
                print(f"{path}: signed by {signature.signer}" + ("" if options.trust else ", not known to be trusted"))
        if failures:
            raise ElementError(f"{failures} of {len(options.files)} signatures are not valid; get the files again")

    text = """check the C2PA signatures of files

Ends with status 1 if a file was changed after it was signed. With --trust, also if you do not trust the signer."""
    parser = add_verb(verbs, "check-signature", action, text)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="signed files; of an EXR the EXR itself")
    parser.add_argument("--trust", type=Path, metavar="FILE", help="certificates that you trust, PEM")


VERBS = (add_record, add_seal, add_verify, add_sign, add_check_signature)

"""Signed provenance by the standard of the C2PA (Coalition for Content Provenance and Authenticity).

PNG, TIFF, JPEG and MP4 carry the signed manifest inside; other files, EXR among them, have it beside them, by the name
of the file with the suffix `.c2pa`. Nothing is asked of a network. No time stamp is fetched either, so that a signature
is good as long as its certificate. Needs the package c2pa-python, the extra `c2pa`.
"""

import json
import mimetypes
import tempfile
import types
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filmrecovery
from filmrecovery.base.atomic import atomic_path
from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.progress import progress
from filmrecovery.film.elements.element import refuse_overwriting
from filmrecovery.provenance.sidecars import read_sidecar

EMBEDDING_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".mp4", ".mov")
SIDECAR_SUFFIX = ".c2pa"
ASSERTION = "filmrecovery.provenance"

_OTHER_FORMAT = "application/octet-stream"
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Signature:
    """What a signature says: by whose certificate, whether the file is the one that was signed, and whether the
    certificate goes back to a trusted one."""

    signer: str
    whole: bool
    trusted: bool
    problems: tuple[str, ...]


def sign(files: Sequence[Path], record: Path, certificate: Path, key: Path, output: Path | None = None) -> list[Path]:
    """Signs files with the provenance in a JSON sidecar, and returns what was written.

    Files that can carry the manifest inside are copied, with it, into the folder `output`. Others get a `.c2pa` file
    beside them. `certificate` is a PEM file with the signer's certificate and the certificates above it, without the
    root. `key` is the PEM file of its private key, not encrypted.

    Raises SettingsError for certificates and keys that do not serve, and where `output` is needed; ElementError for
    files that cannot be signed; OutputError where a result cannot be written or would overwrite its file.
    """
    c2pa = _c2pa()
    results = [_result(path, output) for path in files]
    refuse_overwriting(results, files)
    _refuse_shared(files, results)
    settings = c2pa.Settings.from_dict({"verify": _OFFLINE, "builder": {"thumbnail": {"enabled": False}}})
    signer = _signer(c2pa, certificate, key)
    content = read_sidecar(record)
    for path, result in progress(list(zip(files, results, strict=True)), len(files), "Signatures"):
        builder = c2pa.Builder(_manifest(path, record, content), context=c2pa.Context(settings))
        try:
            _write_signed(builder, signer, path, result)
        except c2pa.C2paError as error:
            raise ElementError(
                f"{path}: cannot be signed ({error}); check the file, the certificate and its key"
            ) from error
    return results


def check_signature(path: Path, trust: Path | None = None) -> Signature:
    """What the signature of a file says; `trust` is a PEM file of certificates that are trusted.

    Raises ElementError where there is no signature that can be read, SettingsError for certificates that are none.
    """
    c2pa = _c2pa()
    if not path.is_file():
        raise ElementError(f"{path}: missing; expected a signed file")
    context = _checking(c2pa, trust)
    manifest = None
    if path.suffix.lower() not in EMBEDDING_SUFFIXES:
        sidecar = path.with_suffix(SIDECAR_SUFFIX)
        if not sidecar.is_file():
            raise ElementError(f"{path}: is not signed (there is no {sidecar.name}); sign it, or restore that file")
        manifest = sidecar.read_bytes()
    try:
        with path.open("rb") as file:
            reader = c2pa.Reader(_format(path), file, manifest, context=context)
            return _signature(json.loads(reader.json()), reader.get_validation_state())
    except c2pa.C2paError as error:
        raise ElementError(f"{path}: has no signature that can be read ({error}); sign it, or restore it") from error


def _c2pa() -> types.ModuleType:
    try:
        import c2pa
    except ImportError as error:
        raise SettingsError(
            'signatures need the package c2pa-python; install it with: pip install -c constraints.txt ".[c2pa]"'
        ) from error
    return c2pa


def _result(path: Path, output: Path | None) -> Path:
    if not path.is_file():
        raise ElementError(f"{path}: missing; expected a file to be signed")
    if path.suffix.lower() not in EMBEDDING_SUFFIXES:
        return path.with_suffix(SIDECAR_SUFFIX)
    if output is None:
        raise SettingsError(f"{path}: carries its signature inside; give a folder for the signed copies (--output)")
    return output / path.name


def _refuse_shared(files: Sequence[Path], results: Sequence[Path]) -> None:
    """Raises OutputError where two files would get one result, and the second signature replace the first."""
    signed: dict[Path, Path] = {}
    for path, result in zip(files, results, strict=True):
        if (other := signed.setdefault(result, path)) != path:
            raise OutputError(f"{result}: would be the signature of {other} and {path}; rename one of these files")


def _format(path: Path) -> str:
    embeds = path.suffix.lower() in EMBEDDING_SUFFIXES
    return (mimetypes.guess_type(path)[0] if embeds else None) or _OTHER_FORMAT


def _checking(c2pa: types.ModuleType, trust: Path | None) -> Any:
    """What signatures are checked in: with the certificates of a file, where one is given."""
    settings: dict[str, Any] = {"verify": _OFFLINE}
    if trust:
        # What is no text is no PEM either.
        settings["trust"] = {"trust_anchors": _read(trust, "certificates").decode(errors="replace")}
    try:
        return c2pa.Context(c2pa.Settings.from_dict(settings))
    except c2pa.C2paError as error:
        if not trust:
            raise SettingsError(
                f"c2pa-python cannot be set up to check signatures ({error}); install the version that "
                'constraints.txt names: pip install -c constraints.txt ".[c2pa]"'
            ) from error
        raise SettingsError(
            f"{trust}: holds no certificates that can be read ({error}); expected a PEM file with certificates"
        ) from error


def _signer(c2pa: types.ModuleType, certificate: Path, key: Path) -> Any:
    private_key = _read(key, "a private key")
    info = c2pa.C2paSignerInfo(
        alg=_algorithm(key, private_key).encode(),
        sign_cert=_read(certificate, "certificates"),
        private_key=private_key,
        ta_url=None,
    )
    try:
        return c2pa.Signer.from_info(info)
    except c2pa.C2paError as error:
        raise SettingsError(
            f"{certificate}: cannot be used to sign with {key} ({error}); give the certificate of this key, PEM"
        ) from error


def _algorithm(path: Path, private_key: bytes) -> str:
    """The C2PA's name of the algorithm that goes with a key."""
    # Comes with c2pa-python.
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private_key, None)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{path}: not a private key in PEM without password ({error})") from error
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    raise SettingsError(f"{path}: C2PA has no signature with a key of this kind; expected ECDSA, Ed25519 or RSA")


def _manifest(path: Path, record: Path, content: dict[str, Any]) -> dict[str, Any]:
    models = [{name: model[name] for name in ("mode", "weights_hash", "pairs_hash")} for model in content["models"]]
    statement = {name: content[name] for name in ("film_title", "shot", "restorationist", "institution")}
    statement |= {name: content[name] for name in ("source_element", "reference_source")}
    statement |= {"models": models, "record": {"name": record.name, "sha256": file_sha256(record)}}
    agent = {"name": "Film Recovery", "version": filmrecovery.__version__}
    action = {
        "action": "c2pa.created",
        "softwareAgent": agent,
        "digitalSourceType": content["digital_source_type"],
        "description": "Recovery of film: " + ", then ".join(model["mode"] for model in models),
    }
    return {
        "claim_generator_info": [agent],
        "title": path.name,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [action]}},
            {"label": ASSERTION, "data": statement},
        ],
    }


def _write_signed(builder: Any, signer: Any, path: Path, result: Path) -> None:
    with path.open("rb") as file, atomic_path(result) as temporary:
        if result.suffix == SIDECAR_SUFFIX:
            builder.set_no_embed()
            # The file comes out as it went in.
            with tempfile.TemporaryFile() as unchanged:
                temporary.write_bytes(builder.sign(signer, _format(path), file, unchanged))
        else:
            with temporary.open("w+b") as signed:
                builder.sign(signer, _format(path), file, signed)


def _signature(report: dict[str, Any], state: str | None) -> Signature:
    active = report["manifests"][report["active_manifest"]]
    info = active.get("signature_info", {})
    problems = [entry.get("explanation") or entry["code"] for entry in report.get("validation_status") or []]
    signer = ", ".join(filter(None, [info.get("common_name"), info.get("issuer")]))
    return Signature(signer or "unknown", state in ("Valid", "Trusted"), state == "Trusted", tuple(problems))


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); expected a PEM file with {what}") from error

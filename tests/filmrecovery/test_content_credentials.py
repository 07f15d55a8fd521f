"""Signing needs the package c2pa-python, which is installed on demand: pip install -c constraints.txt ".[c2pa]"."""

import datetime
import importlib.util
import json
import shutil

import cv2
import numpy as np
import pytest

from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.provenance import content_credentials
from filmrecovery.provenance.content_credentials import check_signature, sign
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.provenance.sidecars import write_sidecars

IS_AVAILABLE = importlib.util.find_spec("c2pa") is not None
needs_c2pa = pytest.mark.skipif(not IS_AVAILABLE, reason='needs c2pa-python: pip install -c constraints.txt ".[c2pa]"')


def make_certificates(folder):
    """A root of trust, a signer below it, and the signer's key, as PEM files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    folder.mkdir()
    now = datetime.datetime.now(datetime.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "signer")}

    def certificate(name, authority):
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"), False
        )
        names = [
            x509.Name(
                [x509.NameAttribute(NameOID.COMMON_NAME, of), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ltd")]
            )
            for of in (name, "root")
        ]
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[0])
            .issuer_name(names[1])
            .public_key(keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(authority, None), True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not authority,
                    key_cert_sign=authority,
                    encipher_only=False,
                    decipher_only=False,
                    **usage,
                ),
                True,
            )
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys["root"].public_key()), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[name].public_key()), False)
        )
        if not authority:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        return builder.sign(keys["root"], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "root.pem").write_bytes(certificate("root", True))
    (folder / "signer.pem").write_bytes(certificate("signer", False))
    encryption = serialization.NoEncryption()
    key = keys["signer"].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    (folder / "key.pem").write_bytes(key)
    return folder


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates") / "ours")


@pytest.fixture
def delivery(random_model, tmp_path):
    """A frame, review files of it and the record, by their suffixes."""
    frame = frame_from_rgb(np.random.default_rng(1).uniform(0.1, 0.9, (64, 64, 3)))
    paths = {suffix: tmp_path / f"shot.0001.{suffix}" for suffix in ("exr", "dpx", "png", "tif", "jpg")}
    for path in paths.values():
        write_frame(path, frame)
    paths["mp4"] = tmp_path / "shot.mp4"
    video = cv2.VideoWriter(str(paths["mp4"]), cv2.VideoWriter.fourcc(*"mp4v"), 24, (64, 64))
    for _ in range(3):
        video.write(np.zeros((64, 64, 3), np.uint8))
    video.release()
    settings = ProvenanceSettings(film_title="Mission Kill", institution="Film archive")
    delivered = find_element(str(tmp_path / "shot.####.exr"))
    record, _ = write_sidecars(settings, delivered, {}, [random_model("chroma")], [])
    return paths, record


def signed(delivery, certificates, *suffixes):
    paths, record = delivery
    files = [paths[suffix] for suffix in suffixes]
    output = record.parent / "signed"
    return sign(files, record, certificates / "signer.pem", certificates / "key.pem", output)


def flip(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


@needs_c2pa
@pytest.mark.parametrize("suffix", ["exr", "dpx"])
def test_frames_are_signed_in_a_file_beside_them_and_a_flipped_bit_is_found(delivery, certificates, suffix):
    path = delivery[0][suffix]
    before = path.read_bytes()
    assert signed(delivery, certificates, suffix) == [path.with_suffix(".c2pa")]
    assert path.read_bytes() == before
    signature = check_signature(path, certificates / "root.pem")
    assert (signature.whole, signature.trusted, signature.problems) == (True, True, ())
    assert signature.signer == "signer, Ltd"
    flip(path, len(before) - 100)
    signature = check_signature(path, certificates / "root.pem")
    assert not signature.whole
    assert signature.problems


@needs_c2pa
@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "mp4"])
def test_review_files_carry_their_signature(delivery, certificates, suffix):
    (path,) = signed(delivery, certificates, suffix)
    assert path.parent.name == "signed"
    assert check_signature(path, certificates / "root.pem").trusted
    if suffix == "png":
        import OpenImageIO

        original = OpenImageIO.ImageBuf(str(delivery[0][suffix])).get_pixels()
        np.testing.assert_array_equal(OpenImageIO.ImageBuf(str(path)).get_pixels(), original)
    # Of the picture, which lies before the manifest in a TIFF, and after it in the others.
    flip(path, 1000 if suffix == "tif" else path.stat().st_size - 100)
    assert not check_signature(path, certificates / "root.pem").whole


@needs_c2pa
def test_the_signed_statement_has_the_digital_source_type_and_the_record(delivery, certificates):
    import c2pa

    (path,) = signed(delivery, certificates, "png")
    with c2pa.Reader(path) as reader:
        manifest = reader.get_active_manifest()
    assertions = {assertion["label"]: assertion["data"] for assertion in manifest["assertions"]}
    (action,) = assertions["c2pa.actions.v2"]["actions"]
    assert action["digitalSourceType"].endswith("/digitalsourcetype/compositeWithTrainedAlgorithmicMedia")
    statement = assertions["filmrecovery.provenance"]
    assert statement["film_title"] == "Mission Kill"
    assert statement["record"]["name"] == "shot.provenance.json"
    assert statement["models"][0]["weights_hash"] == json.loads(delivery[1].read_text())["models"][0]["weights_hash"]


@needs_c2pa
def test_a_signer_that_nobody_knows_is_not_trusted(delivery, certificates, tmp_path):
    signed(delivery, certificates, "exr")
    path = delivery[0]["exr"]
    others = make_certificates(tmp_path / "others")
    assert check_signature(path).whole
    assert not check_signature(path).trusted
    assert not check_signature(path, others / "root.pem").trusted


@needs_c2pa
def test_the_verbs_sign_and_check(delivery, certificates, capsys):
    paths, record = delivery
    arguments = ["--certificate", str(certificates / "signer.pem"), "--key", str(certificates / "key.pem")]
    assert main(["sign", str(paths["exr"]), "--record", str(record), *arguments]) == 0
    check = ["check-signature", str(paths["exr"]), "--trust", str(certificates / "root.pem")]
    assert main(check) == 0
    assert "shot.0001.exr: signed by signer, Ltd" in capsys.readouterr().out
    flip(paths["exr"], 3000)
    assert main(check) == 1


@needs_c2pa
def test_wrong_keys_files_and_outputs_are_refused(delivery, certificates, tmp_path):
    paths, record = delivery
    certificate, key = certificates / "signer.pem", certificates / "key.pem"
    with pytest.raises(SettingsError, match=r"shot\.0001\.png: carries its signature inside"):
        sign([paths["png"]], record, certificate, key)
    with pytest.raises(OutputError, match="overwrite"):
        sign([paths["png"]], record, certificate, key, tmp_path)
    with pytest.raises(SettingsError, match=r"signer\.pem: not a private key"):
        sign([paths["exr"]], record, certificate, certificate)
    with pytest.raises(SettingsError, match=r"nowhere\.pem: cannot be read"):
        sign([paths["exr"]], record, tmp_path / "nowhere.pem", key)
    with pytest.raises(ElementError, match=r"shot\.0001\.exr: is not signed"):
        check_signature(paths["exr"])
    with pytest.raises(ElementError, match=r"shot\.0001\.png: has no signature"):
        check_signature(paths["png"])
    shutil.copy(make_certificates(tmp_path / "others") / "key.pem", tmp_path / "other.pem")
    with pytest.raises((SettingsError, ElementError), match=r"other\.pem|cannot be signed"):
        sign([paths["exr"]], record, certificate, tmp_path / "other.pem")


@pytest.mark.skipif(IS_AVAILABLE, reason="c2pa-python is installed")
def test_without_the_package_it_is_told_how_to_get_it(tmp_path):
    with pytest.raises(SettingsError, match=r"pip install .*\[c2pa\]"):
        sign([tmp_path / "shot.exr"], tmp_path / "record", tmp_path / "certificate", tmp_path / "key")


@needs_c2pa
@pytest.mark.parametrize("content", [b"\x30\x82\xff\xfe", b"no certificates"])
def test_trusted_certificates_that_are_no_pem_are_named(delivery, certificates, tmp_path, content):
    signed(delivery, certificates, "exr")
    (tmp_path / "root.der").write_bytes(content)
    with pytest.raises(SettingsError, match=r"root\.der: .*expected a PEM file with certificates"):
        check_signature(delivery[0]["exr"], tmp_path / "root.der")


@needs_c2pa
def test_a_library_that_refuses_the_settings_is_named_and_no_certificate(delivery, certificates, monkeypatch):
    signed(delivery, certificates, "exr")
    monkeypatch.setattr(content_credentials, "_OFFLINE", {"remote_manifest_fetch": "never"})
    with pytest.raises(SettingsError, match=r"^c2pa-python cannot be set up .* constraints\.txt names"):
        check_signature(delivery[0]["exr"])


@needs_c2pa
def test_two_files_never_share_a_signature(delivery, certificates):
    with pytest.raises(OutputError, match=r"shot\.0001\.c2pa: .*shot\.0001\.exr and .*shot\.0001\.dpx"):
        signed(delivery, certificates, "exr", "dpx")
    assert not delivery[0]["exr"].with_suffix(".c2pa").exists()

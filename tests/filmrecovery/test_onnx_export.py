import json
import logging
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from filmrecovery.base.errors import ModelError
from filmrecovery.model.balance import Balance, ChannelBalance
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.model.inference import recover_source
from filmrecovery.model.model_file import load_model
from filmrecovery.model.onnx_export import METADATA_KEY, export_onnx
from filmrecovery.model.source_preparation import SourcePreparation


def run(path, picture):
    return onnxruntime.InferenceSession(path).run(["recovered"], {"rgb": picture.numpy()})[0]


@pytest.mark.slow
def test_the_export_takes_any_size_and_replaces_an_earlier_one(random_model, tmp_path, capfd, caplog, monkeypatch):
    model, exported = random_model("spatial"), tmp_path / "out" / "model.onnx"
    earlier = onnx.helper.make_model(onnx.helper.make_graph([], "earlier", [], []))
    onnx.helper.set_model_props(earlier, {METADATA_KEY: "{}"})
    exported.parent.mkdir()
    onnx.save(earlier, exported)
    export_onnx(model, exported)
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]

    network, description = load_model(model)
    for size in ((203, 301), (1, 1), (64, 256), (7, 130)):
        picture = torch.rand(1, 3, *size) * 1.6 - 0.3
        np.testing.assert_allclose(run(exported, picture), network(picture).numpy(), rtol=0.0, atol=1e-4)

    properties = {entry.key: entry.value for entry in onnx.load(exported).metadata_props}
    assert json.loads(properties["filmrecovery"])["weights_hash"] == description.weights_hash
    assert list(exported.parent.iterdir()) == [exported]
    # Where another machine keeps its files is nobody's business.
    assert b".py" not in exported.read_bytes()

    # An export that does not agree with its model is not put in place.
    monkeypatch.setattr(
        "filmrecovery.model.onnx_export._exported", lambda *model: SimpleNamespace(model_proto=onnx.load(exported))
    )
    with pytest.raises(ModelError, match=r"differs from the network by .* use the safetensors model"):
        export_onnx(random_model("spatial", seed=1), tmp_path / "other" / "model.onnx")
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_a_balance_is_part_of_the_export_of_chroma(random_model, tmp_path):
    channels = (ChannelBalance(1.3, -0.2, 0.6), ChannelBalance(0.8, 0.1, 1.2), ChannelBalance(1.1, -0.05, 1.0))
    preparation = SourcePreparation(Balance(*channels, keep_luma=True, working_space="srgb_tx"))
    model, exported = random_model("chroma", preparation=preparation), tmp_path / "model.onnx"
    export_onnx(model, exported)
    picture = np.random.default_rng(0).uniform(-0.3, 1.3, (50, 70, 3)).astype(np.float32)
    found = run(exported, torch.from_numpy(picture).permute(2, 0, 1)[None])[0].transpose(1, 2, 0)
    expected = recover_source(load_model(model)[0], preparation, picture)
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-4)
    assert np.abs(found - recover_source(load_model(model)[0], SourcePreparation(), picture)).max() > 0.05


def test_a_model_that_cleans_the_source_is_not_exported(random_model, tmp_path):
    model = random_model("chroma", preparation=SourcePreparation(clean=CleanSettings(median=3)))
    with pytest.raises(ModelError, match=r"chroma\.0\.safetensors: cleans the source .*median 3.* ONNX"):
        export_onnx(model, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        export_onnx(tmp_path / "model.safetensors", tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()

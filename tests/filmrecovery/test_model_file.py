import dataclasses
import json
import math
import pickle
import re
import struct

import pytest
import torch
from safetensors.torch import save_file

from filmrecovery.base.errors import ModelError, OutputError
from filmrecovery.model import model_file
from filmrecovery.model.balance import Balance, ChannelBalance
from filmrecovery.model.model_file import load_model, save_model
from filmrecovery.model.model_header import header_text, read_model_header
from filmrecovery.model.source_preparation import SourcePreparation


def read_header(path):
    """The JSON header of a safetensors file, and what follows it."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def edit_description(path, **fields):
    """Changes fields of the description, and its hash with them; the weights stay as they are."""
    header, weights = read_header(path)
    description = json.loads(header["__metadata__"]["filmrecovery"]) | fields
    del description["description_hash"]
    header["__metadata__"]["filmrecovery"] = header_text(description)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + weights)


def test_a_model_comes_back_with_its_description(random_model, random_network):
    balance = Balance(ChannelBalance(1 / 3), ChannelBalance(), ChannelBalance(power=0.7), True, "g24_rec709")
    path = random_model(
        "spatial",
        seed=4,
        working_space="g24_rec709",
        preparation=SourcePreparation(balance),
        settings={"size": "small"},
        versions={"a": "1"},
    )
    network, description = load_model(path)
    picture = torch.rand(1, 3, 50, 40)
    torch.testing.assert_close(network(picture), random_network("spatial", 4)(picture), rtol=0.0, atol=0.0)
    assert (description.mode, description.size, description.seed) == ("spatial", "small", 4)
    assert description.working_space == "g24_rec709"
    assert description.preparation == SourcePreparation(balance)
    assert description.settings == {"size": "small"}
    assert description.versions == {"a": "1"}
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_the_hash_tells_weights_apart(random_model):
    hashes = [load_model(random_model("chroma", seed))[1].weights_hash for seed in (0, 1, 0)]
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.safetensors: there is no such file"):
        load_model(tmp_path / "none.safetensors")


@pytest.mark.parametrize("length", [0, 5, 100, -1])
def test_a_truncated_model_is_refused(random_model, length):
    path = random_model("chroma")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ModelError, match=re.escape(f"{path}: not a whole safetensors file")):
        load_model(path)


def test_an_edited_weight_is_refused(random_model):
    path = random_model("chroma")
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="the weights do not match the hash"):
        load_model(path)


@pytest.mark.parametrize("read", [load_model, read_model_header])
@pytest.mark.parametrize(("before", "after"), [(b"srgb_tx", b"srgb_tz"), (b"description_hash", b"description_hasi")])
def test_a_description_of_which_a_bit_changed_is_refused(random_model, read, before, after):
    path = random_model("chroma")
    content = path.read_bytes()
    path.write_bytes(content.replace(before, after, 1))
    assert path.read_bytes() != content
    with pytest.raises(ModelError, match="does not match its hash"):
        read(path)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_neither_written_nor_read(random_model, random_network, monkeypatch, value):
    path = random_model("chroma")
    before = path.read_bytes()
    _, description = load_model(path)
    weights = random_network("chroma").state_dict()
    weights["gains"][0] = value
    with pytest.raises(OutputError, match="'gains' holds NaN or Inf"):
        save_model(path, weights, description)
    assert path.read_bytes() == before
    with monkeypatch.context() as patch:
        patch.setattr(model_file, "_not_finite", lambda tensors: None)
        save_model(path, weights, description)
    with pytest.raises(ModelError, match="'gains' holds NaN or Inf"):
        load_model(path)


@pytest.mark.parametrize("missing", ["mode", "weights_hash", "settings", "versions", "preparation", "pairs_hash"])
def test_a_header_that_lacks_what_is_asked_for_is_refused(random_model, missing):
    path = random_model("chroma")
    edit_description(path, **{missing: None})
    with pytest.raises(ModelError, match=f"says None for '{missing}'"):
        read_model_header(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="a safetensors file, but not one of Film Recovery"):
        load_model(path)


def test_a_pickle_is_refused_and_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    for path, write in (
        (tmp_path / "a.pt", torch.save),
        (tmp_path / "b.cat", lambda o, p: p.write_bytes(pickle.dumps(o))),
    ):
        write(Trap(), path)
        with pytest.raises(ModelError, match="pickled models"):
            load_model(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"format": 1}, "format 1, but this version reads format 3"),
        ({"size": "huge"}, "key 'size': 'huge' is not one of small, medium, large"),
        ({"mode": "audio"}, "key 'mode': 'audio' is not one of chroma, spatial, plain"),
        ({"size": "medium"}, "does not fit the network 'medium'"),
        ({"members": 10**9}, "key 'members': 1000000000 is above the maximum"),
        ({"members": 2}, "does not fit the network 'small': 'members.1."),
        ({"shots": ["a"] * 10**5}, "does not fit the network 'small': 'grades' is float32 (1, "),
        ({"shots": "a"}, "shots: 'a' is not a list"),
        ({"steps": "many"}, "key 'steps': 'many' is not a whole number"),
        ({"settings": 7}, "settings: 7 is not a table"),
        ({"versions": {"torch": 2}}, "versions.torch: 2 is not a text"),
        ({"preparation": {"clean": {"median": 5000}}}, "preparation, clean, key 'median': 5000 is above the maximum"),
        ({"mood": "blue"}, "not a model's"),
        ({"preparation": {"clean": {"median": -3}}}, "preparation, clean, key 'median': -3 is below the minimum"),
        ({"preparation": "degrain"}, "preparation: 'degrain' is not a table"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(random_model, fields, reason):
    path = random_model("chroma")
    edit_description(path, **fields)
    with pytest.raises(ModelError, match=re.escape(reason)) as caught:
        load_model(path)
    assert str(path) in str(caught.value)


def test_a_failed_write_leaves_the_earlier_model_and_nothing_else(random_model, monkeypatch):
    path = random_model("chroma")
    before = path.read_bytes()
    network, description = load_model(path)

    def full_disk(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OutputError, match=r"No space left on device"):
        save_model(path, network.state_dict(), description)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_the_header_alone_gives_the_same_description(random_model):
    path = random_model("spatial", steps=7)
    _, description = load_model(path)
    assert read_model_header(path) == json.loads(json.dumps(dataclasses.asdict(description)))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a model", (5).to_bytes(8, "little") + b"{}   "])
def test_a_foreign_file_has_no_header_of_a_model(tmp_path, content):
    path = tmp_path / "model.safetensors"
    with pytest.raises(ModelError, match=r"model\.safetensors: there is no such file"):
        read_model_header(path)
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors: not a model of Film Recovery\. Name "):
        read_model_header(path)

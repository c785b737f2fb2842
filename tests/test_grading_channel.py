"""Lo que cruza entre los dos procesos llega igual, y lo que no es un valor no llega."""

from __future__ import annotations

import math
import socket
import threading

import numpy as np
import pytest

from labsupport.grading.judging import channel
from labsupport.grading.judging.channel import BrokenChannel, Channel, TooLarge
from labsupport.grading.judging.codec import Decoder, Encoder, Unreadable, Untransferable, copy_back


@pytest.fixture
def wires():
    """Los dos extremos de un canal."""
    here, there = socket.socketpair()
    with here, there:
        yield Channel(here), Channel(there)


def cross(value, find_name=lambda value: "", find=None):
    """Manda un valor por un canal de verdad y devuelve el que llega."""
    here, there = socket.socketpair()
    encoder = Encoder(find_name)
    data = encoder.encode(value)
    with here, there:
        thread = threading.Thread(target=Channel(here).send, args=(data, encoder.blobs))
        thread.start()
        message, blobs = Channel(there).receive()
        thread.join()
    return Decoder(blobs, find).decode(message)


ORDINARY = [
    *(None, True, 0, -7, 10**40, "", "año ✓", "\ud800", 0.1, 1e-320, b"\x00\xff", 1 + 2j),
    *([], [1, [2, (3,)]], (), {1, 2}, frozenset({"a"}), {"a": 1, 2: {"b": (None,)}}),
]


@pytest.mark.parametrize("value", ORDINARY, ids=repr)
def test_an_ordinary_value_arrives_as_it_was(value):
    found = cross(value)
    assert found == value and type(found) is type(value)


def test_floats_are_exact():
    assert math.isnan(cross(math.nan)) and cross(math.inf) == math.inf
    assert math.copysign(1, cross(-0.0)) == -1
    assert np.isnan(cross(np.float32("nan"))) and type(cross(np.float32(1))) is np.float32


@pytest.mark.parametrize(
    "array",
    [
        *(np.arange(6).reshape(2, 3), np.zeros((0, 4)), np.array(3.5), np.array([True])),
        *(np.asfortranarray(np.ones((2, 3))), np.array(["a", "bcd"]), np.float16([1, 2])),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_an_array_arrives_with_its_type_and_shape(array):
    found = cross(array)
    assert found.dtype == array.dtype and np.array_equal(found, array)
    found[...] = array  # se puede escribir en él


def test_tensors_datasets_and_batches_arrive():
    import torch
    from datasets import ClassLabel, Dataset, Features, Value
    from transformers import BatchEncoding, EvalPrediction

    for tensor in (torch.ones(2, 3, dtype=torch.bfloat16), torch.tensor(3), torch.empty(0, 2)):
        assert torch.equal(cross(tensor), tensor) and cross(tensor).dtype == tensor.dtype
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "sí"])})
    rows = Dataset.from_dict({"text": ["a", "b", "c"], "label": [0, 1, 0]}, features)
    found = cross(rows.select([2, 0]))
    assert found[:] == {"text": ["c", "a"], "label": [0, 0]} and found.features == features
    batch = cross(BatchEncoding({"input_ids": torch.ones(1, 2)}))
    assert type(batch) is BatchEncoding and batch["input_ids"].shape == (1, 2)
    told = cross(EvalPrediction(np.ones((2, 3)), np.array([0, 1])))
    assert told.predictions.shape == (2, 3) and told.label_ids.tolist() == [0, 1]


def test_what_derives_from_ordinary_arrives_as_ordinary():
    import collections

    class Odd(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    class Tricky(np.ndarray):
        def __array_finalize__(self, other):
            self.flags.writeable and self.fill(1)

    assert type(cross(Odd(4))) is int and cross(Odd(4)) == 4
    assert type(cross(np.zeros(3).view(Tricky))) is np.ndarray
    assert cross(collections.Counter("aab")) == {"a": 2, "b": 1}
    assert cross(collections.namedtuple("P", "x y")(1, 2)) == (1, 2)
    assert cross(range(3)) == [0, 1, 2] and cross(str(each) for each in (1, 2)) == ["1", "2"]


def test_what_is_not_a_value_says_so():
    endless = []
    endless.append(endless)
    for value in (object(), lambda: 1, int, endless):
        with pytest.raises(Untransferable):
            Encoder().encode(value)


def test_an_object_that_the_other_side_has_crosses_by_its_name():
    given = object()
    name = lambda value: "dado" if value is given else ""  # noqa: E731
    assert cross([given, 1], name, {"dado": given}.__getitem__) == [given, 1]


NPY = b"\x93NUMPY\x01\x00"


def write_npy(shape, dtype="<f8", data=b""):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header = header.ljust(117) + b"\n"
    return bytearray(NPY + len(header).to_bytes(2, "little") + header + data)


@pytest.mark.parametrize(
    ("data", "blobs"),
    [
        ({"kind": "os.system", "items": []}, []),
        ({"kind": ["list"], "items": []}, []),
        ({"kind": "given", "name": "algo"}, []),
        ({"items": []}, []),
        ({"kind": "array", "blob": 3}, []),
        ({"kind": "array", "blob": 0}, [write_npy("(1000000000000,)")]),
        ({"kind": "array", "blob": 0}, [write_npy("(-1,)")]),
        ({"kind": "array", "blob": 0}, [write_npy("(2,)", data=bytes(8))]),
        ({"kind": "array", "blob": 0}, [write_npy("(1,)", "|O", b"cos\nsystem\n")]),
        ({"kind": "array", "blob": 0}, [bytearray(b"cualquier cosa")]),
        ({"kind": "scalar", "blob": 0}, [write_npy("(1,)", data=bytes(8))]),
        ({"kind": "tensor", "dtype": "int64", "shape": [2**40], "blob": 0}, [bytearray(8)]),
        ({"kind": "tensor", "dtype": "__class__", "shape": [], "blob": 0}, [bytearray(8)]),
        ({"kind": "dataset", "classes": {}, "blob": 0}, [bytearray(b"\xff" * 64)]),
        ({"kind": "model", "number": 0}, []),
        ({"kind": "set", "items": [[]]}, []),
        ({"kind": "dict", "items": [1]}, []),
    ],
    ids=lambda data: str(data)[:60] if isinstance(data, dict) else "",
)
def test_what_is_not_the_data_of_a_value_is_refused(data, blobs):
    with pytest.raises(Unreadable):
        Decoder(blobs).decode(data)


def test_too_many_levels_are_refused():
    nested = 1
    for _ in range(500):
        nested = [nested]
    with pytest.raises(Unreadable):
        Decoder([]).decode(nested)


@pytest.mark.parametrize("cut", [10, 200, -9])
def test_a_cut_dataset_is_refused(cut):
    from datasets import Dataset

    encoder = Encoder()
    data = encoder.encode(Dataset.from_dict({"text": ["a" * 100, "b"]}))
    with pytest.raises(Unreadable):
        Decoder([bytearray(encoder.blobs[0][:cut])]).decode(data)


@pytest.mark.parametrize(
    "frame",
    [
        channel.HEADER.pack(2**32 - 1, 0),
        channel.HEADER.pack(2, 2**32 - 1),
        channel.HEADER.pack(2, 1) + b"{}" + channel.SIZE.pack(2**60),
        channel.HEADER.pack(10_000, 0) + b"[" * 10_000,
        channel.HEADER.pack(3, 0) + b"\xff\xfe\x00",
        channel.HEADER.pack(9, 0) + b"{}",
        b"\x00",
    ],
    ids=range(7),
)
def test_a_frame_that_is_not_one_breaks_the_channel(wires, frame):
    here, there = wires
    here.connection.sendall(frame)
    here.connection.shutdown(socket.SHUT_WR)
    with pytest.raises(BrokenChannel):
        there.receive()


def test_what_does_not_fit_is_not_sent(wires, monkeypatch):
    monkeypatch.setattr(channel, "LARGEST_BYTES", 10)
    with pytest.raises(TooLarge):
        wires[0].send({}, [b"x" * 11])


def test_what_a_function_changes_in_its_arguments_changes_outside():
    inner, array = [3, 1], np.arange(3)
    outer = {"lista": inner, "array": array, "sobra": 1}
    copy_back(outer, {"lista": [1, 3, 5], "array": array * 2, "nueva": {1}})
    assert inner == [1, 3, 5] and outer["lista"] is inner
    assert array.tolist() == [0, 2, 4] and outer["array"] is array
    assert outer.keys() == {"lista", "array", "nueva"}

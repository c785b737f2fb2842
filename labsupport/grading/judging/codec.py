"""De valores a datos y de datos a valores, para cruzar de un proceso a otro sin pickle.

Los valores corrientes viajan como JSON; los arrays, como npy; los datasets, como Arrow; los pesos
de un modelo, como safetensors (ver ``weights``). Al leer solo se construye lo que está aquí
escrito: nunca una clase cuyo nombre eligió el otro lado.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

DEPTH = 64
PLAIN = (type(None), bool, int, float, str)
SEQUENCES: dict[str, type[tuple | set | frozenset]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}
# Sin objetos de Python ni campos con nombre.
ARRAY_KINDS = "biufcSUmM"
TENSORS = ("float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64").split()
HEADER_SIZE = 4096
NOT_ORDINARY = "Aquí hace falta un valor corriente, y hay un «{}»."


class Untransferable(TypeError):  # noqa: N818 - es lo que le pasa al valor
    """Un valor que no se puede mandar como datos."""


class Unreadable(ValueError):  # noqa: N818 - es lo que le pasa al mensaje
    """Unos datos que no son los de ningún valor."""


class Encoder:
    """Convierte valores en datos para JSON, y en trozos de bytes lo que no cabe en él (``blobs``).

    ``find_name``: da el nombre de lo que el otro lado ya tiene, o un texto vacío; ``put_model``:
    cómo se manda un modelo, o None si no se puede.

    >>> encoder = Encoder()
    >>> encoder.encode([1, (2.5, None)])
    [1, {'kind': 'tuple', 'items': [2.5, None]}]
    """

    def __init__(
        self,
        find_name: Callable[[Any], str] = lambda value: "",
        put_model: Callable[[Any, Encoder], Any] | None = None,
    ) -> None:
        self.blobs: list[bytes] = []
        self._find_name, self._put_model = find_name, put_model

    def encode(self, value: Any, depth: int = DEPTH) -> Any:
        """Devuelve los datos de ``value``. Lanza Untransferable si no es un valor corriente."""
        if type(value) in PLAIN:
            return value
        if not depth:
            raise Untransferable("Tiene demasiados niveles, o se contiene a sí mismo.")
        if name := self._find_name(value):
            return {"kind": "given", "name": name}
        if type(value) is list:
            return [self.encode(each, depth - 1) for each in value]
        for kind, sequence in SEQUENCES.items():
            if type(value) is sequence:
                return {"kind": kind, "items": [self.encode(each, depth - 1) for each in value]}
        if type(value) is dict:
            return self._encode_pairs("dict", value, depth)
        return self._encode_other(value, depth)

    def add_blob(self, data: bytes) -> int:
        """Añade un trozo de bytes y devuelve su número."""
        self.blobs.append(data)
        return len(self.blobs) - 1

    def _encode_pairs(self, kind: str, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        pairs = [self.encode(each, depth - 1) for pair in value.items() for each in pair]
        return {"kind": kind, "items": pairs}

    def _encode_other(self, value: Any, depth: int) -> Any:
        if isinstance(value, bytes | bytearray):
            return {"kind": "bytes", "blob": self.add_blob(bytes(value))}
        if isinstance(value, complex):
            return {"kind": "complex", "items": [value.real, value.imag]}
        for library, encode in LIBRARIES.items():
            if library in sys.modules:
                found = encode(self, value, depth)
                if found is not NotImplemented:
                    return found
        return self._encode_similar(value, depth)

    def _encode_similar(self, value: Any, depth: int) -> Any:
        """Manda como corriente lo que se deriva de lo corriente o se puede recorrer."""
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind.__str__(value) if kind is str else kind(value)
        if isinstance(value, Mapping):
            return self._encode_pairs("dict", value, depth)
        for kind, sequence in SEQUENCES.items():
            if isinstance(value, sequence):
                return {"kind": kind, "items": [self.encode(each, depth - 1) for each in value]}
        if hasattr(type(value), "__iter__") and not isinstance(value, type):
            return [self.encode(each, depth - 1) for each in value]
        raise Untransferable(NOT_ORDINARY.format(type(value).__name__[:60]))

    def _encode_numpy(self, value: Any, depth: int) -> Any:
        import numpy as np

        is_tensor = type(value).__module__.partition(".")[0] in ("tensorflow", "keras")
        if not isinstance(value, np.ndarray | np.generic) and not (
            is_tensor and hasattr(value, "__array__")
        ):
            return NotImplemented
        array = np.asarray(value)
        if array.dtype.kind not in ARRAY_KINDS:
            return self.encode(array.tolist(), depth - 1)
        file = io.BytesIO()
        np.lib.format.write_array(file, np.asarray(array, order="C"), allow_pickle=False)
        kind = "scalar" if isinstance(value, np.generic) else "array"
        return {"kind": kind, "blob": self.add_blob(file.getvalue())}

    def _encode_torch(self, value: Any, depth: int) -> Any:
        import torch

        if isinstance(value, torch.nn.Module) and self._put_model is not None:
            return self._put_model(value, self)
        if not isinstance(value, torch.Tensor):
            return NotImplemented
        dtype = str(value.dtype).partition(".")[2]
        if dtype not in TENSORS or value.layout is not torch.strided:
            raise Untransferable(NOT_ORDINARY.format(f"tensor {dtype}"))
        flat = value.detach().cpu().contiguous().reshape(-1)
        data = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        shape = list(value.shape)
        return {"kind": "tensor", "dtype": dtype, "shape": shape, "blob": self.add_blob(data)}

    def _encode_transformers(self, value: Any, depth: int) -> Any:
        from transformers import BatchEncoding, EvalPrediction

        if isinstance(value, BatchEncoding):
            return self._encode_pairs("batch", value, depth)
        if isinstance(value, EvalPrediction):
            parts = [value.predictions, value.label_ids]
            return {"kind": "eval_prediction", "items": [self.encode(p, depth - 1) for p in parts]}
        return NotImplemented

    def _encode_datasets(self, value: Any, depth: int) -> Any:
        import pyarrow as pa
        from datasets import ClassLabel, Dataset

        if not isinstance(value, Dataset):
            return NotImplemented
        table = value.with_format("arrow")[:].replace_schema_metadata()
        file = io.BytesIO()
        with pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
        classes = {k: f.names for k, f in value.features.items() if isinstance(f, ClassLabel)}
        return {"kind": "dataset", "blob": self.add_blob(file.getvalue()), "classes": classes}

    def _encode_pandas(self, value: Any, depth: int) -> Any:
        import pandas as pd

        if isinstance(value, pd.DataFrame):
            columns = {name: list(value[name]) for name in value.columns}
            return {"kind": "frame", "items": self.encode(columns, depth - 1)}
        return (
            self.encode(value.to_numpy(), depth - 1)
            if isinstance(value, pd.Series | pd.Index)
            else NotImplemented
        )


# Solo se mira lo que ya está cargado: un valor de una librería no puede existir sin ella.
LIBRARIES: dict[str, Callable[[Encoder, Any, int], Any]] = {
    "torch": Encoder._encode_torch,
    "transformers": Encoder._encode_transformers,
    "datasets": Encoder._encode_datasets,
    "pandas": Encoder._encode_pandas,
    "numpy": Encoder._encode_numpy,
}


class Decoder:
    """Convierte en valores los datos de una trama.

    ``find``: lo que hay detrás de un nombre; ``get_model``: cómo se lee un modelo, o None.

    >>> Decoder([]).decode([1, {"kind": "set", "items": [2]}])
    [1, {2}]
    >>> Decoder([]).decode({"kind": "os.system", "items": ["ls"]})
    Traceback (most recent call last):
    ...
    labsupport.grading.judging.codec.Unreadable: ...
    """

    def __init__(
        self,
        blobs: list[bytearray],
        find: Callable[[str], Any] | None = None,
        get_model: Callable[[Any, list[bytearray]], Any] | None = None,
    ) -> None:
        self._blobs, self._find, self._get_model = blobs, find, get_model

    def decode(self, data: Any) -> Any:
        """Devuelve el valor. Lanza Unreadable si los datos no son los de ninguno."""
        try:
            return self._decode(data, DEPTH + 1)
        except Unreadable:
            raise
        except Exception as error:  # noqa: BLE001 - cada librería tiene sus fallos
            raise Unreadable(f"no son los datos de un valor ({type(error).__name__})") from error

    def _decode(self, data: Any, depth: int) -> Any:
        if type(data) in PLAIN:
            return data
        if not depth:
            raise Unreadable("tiene demasiados niveles")
        if type(data) is list:
            return [self._decode(each, depth - 1) for each in data]
        kind = data["kind"]
        read = getattr(self, f"_read_{kind}", None) if kind in KINDS else None
        if read is not None:
            return read(data)
        items = [self._decode(each, depth - 1) for each in data["items"]]
        if kind in SEQUENCES:
            return SEQUENCES[kind](items)
        if kind in ("dict", "batch"):
            pairs = dict(zip(items[::2], items[1::2], strict=True))
            return pairs if kind == "dict" else self._make_batch(pairs)
        if kind == "complex":
            return complex(*map(float, items))
        if kind == "eval_prediction":
            return self._make_eval_prediction(*items)
        raise Unreadable("no se sabe qué es")

    def _read_given(self, data: Any) -> Any:
        if self._find is None or type(data["name"]) is not str:
            raise Unreadable("un nombre que no se conoce")
        return self._find(data["name"])

    def _read_bytes(self, data: Any) -> bytes:
        return bytes(self._blobs[data["blob"]])

    def _read_array(self, data: Any) -> Any:
        import numpy as np

        blob = self._blobs[data["blob"]]
        file = io.BytesIO(blob)
        np.lib.format.read_magic(file)
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file, HEADER_SIZE)
        content = memoryview(blob)[file.tell() :]
        # Antes de reservar nada: lo que el encabezado promete tiene que estar.
        if dtype.kind not in ARRAY_KINDS or by_columns and len(shape) > 1:
            raise Unreadable("un array que no es de números")
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(content):
            raise Unreadable("un array con otro tamaño")
        return np.frombuffer(content, dtype).reshape(shape).copy()

    def _read_scalar(self, data: Any) -> Any:
        array = self._read_array(data)
        if array.shape:
            raise Unreadable("un número que no es uno")
        return array[()]

    def _read_tensor(self, data: Any) -> Any:
        import torch

        if data["dtype"] not in TENSORS:
            raise Unreadable("un tensor de otro tipo")
        dtype, shape = getattr(torch, data["dtype"]), [int(size) for size in data["shape"]]
        blob = self._blobs[data["blob"]]
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(blob):
            raise Unreadable("un tensor con otro tamaño")
        if not blob:
            return torch.empty(shape, dtype=dtype)
        return torch.frombuffer(bytearray(blob), dtype=dtype).reshape(shape)

    def _read_dataset(self, data: Any) -> Any:
        import pyarrow as pa
        from datasets import ClassLabel, Dataset, Features

        with pa.ipc.open_stream(bytes(self._blobs[data["blob"]])) as reader:
            table = reader.read_all().replace_schema_metadata()
        # Sin esto, unos desplazamientos falsos harían leer memoria que no es suya.
        table.validate(full=True)
        if any(isinstance(field.type, pa.BaseExtensionType) for field in table.schema):
            raise Unreadable("una columna de otro tipo")
        features = Features.from_arrow_schema(table.schema)
        for column, names in data["classes"].items():
            features[column] = ClassLabel(names=[str(name) for name in names])
        return Dataset(table.cast(features.arrow_schema), info=None).cast(features)

    def _read_frame(self, data: Any) -> Any:
        import pandas as pd

        return pd.DataFrame(self._decode(data["items"], DEPTH))

    def _read_model(self, data: Any) -> Any:
        if self._get_model is None:
            raise Unreadable("un modelo que no se esperaba")
        return self._get_model(data, self._blobs)

    def _make_batch(self, pairs: dict[Any, Any]) -> Any:
        from transformers import BatchEncoding

        return BatchEncoding(pairs)

    def _make_eval_prediction(self, predictions: Any, label_ids: Any) -> Any:
        from transformers import EvalPrediction

        return EvalPrediction(predictions=predictions, label_ids=label_ids)


KINDS = frozenset({"given", "bytes", "array", "scalar", "tensor", "dataset", "frame", "model"})


def copy_back(old: Any, new: Any) -> Any:
    """Pone por dentro de ``old`` lo que cambió en ``new`` y devuelve cuál de los dos queda.

    Un argumento que una función cambia sin devolverlo cambia también para quien la llamó.

    >>> inner = [1]; outer = {"a": inner}
    >>> copy_back(outer, {"a": [1, 2], "b": 3}) is outer, outer, inner
    (True, {'a': [1, 2], 'b': 3}, [1, 2])
    """
    if type(old) is not type(new):
        return new
    if isinstance(old, list):
        kept = [copy_back(a, b) for a, b in zip(old, new, strict=False)]
        old[:] = kept + new[len(kept) :]
    elif isinstance(old, dict) or type(old).__name__ == "BatchEncoding":
        kept = {key: copy_back(old[key], new[key]) if key in old else new[key] for key in new}
        for key in [key for key in old if key not in kept]:
            del old[key]
        old.update(kept)
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif isinstance(old, tuple):
        return tuple(map(copy_back, old, new)) if len(old) == len(new) else new
    elif type(old).__name__ in ("ndarray", "Tensor", "Parameter"):
        return _copy_numbers(old, new)
    else:
        return new
    return old


def _copy_numbers(old: Any, new: Any) -> Any:
    if old.shape != new.shape or old.dtype != new.dtype:
        return new
    if type(old).__name__ == "ndarray":
        old[...] = new
    else:
        old.data.copy_(new)
    return old

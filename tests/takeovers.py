"""Entregas que atacan el canal por el que contestan: lo que mandan no es lo que se les pregunta.

Cada una responde bien a la suma y mal a lo demás: sin trampa se lleva los puntos de la suma.
"""

from __future__ import annotations

from submissions import ALL, Kind, add_cell, solve_well

from labsupport.grading.records import State

WRONG = {"media": "def mean(values):\n    return 7", "mayor": "def largest(values):\n    return 0"}
DESERVED = 2
# Deja a mano el canal y la manera de contestar, que quien entrega puede cambiar.
SETUP = """
import json, os, socket, struct, time
kernel = get_ipython().kernel
answering = kernel._answering
wire = answering._channel.connection
def put(text, *blobs, count=None, sizes=None):
    sizes = sizes or [len(blob) for blob in blobs]
    wire.sendall(struct.pack(">II", len(text), len(blobs) if count is None else count) + text)
    for size, blob in zip(sizes, blobs):
        wire.sendall(struct.pack(">Q", size) + blob)
def listen():
    message, _ = answering._channel.receive()
    return message
def answer(make):
    def answer_next():
        message = listen()
        if message["op"] == "end":
            return False
        make(message)
        return True
    answering._answer_next = answer_next
def reply(message, result, *blobs):
    found = {"found": [{"callable": True} for name in message.get("names", [])]}
    found |= {"id": message["id"], "result": result, "redefined": []}
    put(json.dumps(found).encode(), *blobs)
def npy(header, data=b""):
    header = header.encode().ljust(117) + b"\\n"
    return b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(header)) + header + data
"""
WIRES = {
    "not_a_message": "answer(lambda message: wire.sendall(os.urandom(100_000)))",
    "not_json": "answer(lambda message: put(b'{' * 50))",
    "only_numbers": "answer(lambda message: put(b'7'))",
    "huge_text": "answer(lambda message: wire.sendall(struct.pack('>II', 2**32 - 1, 0)))",
    "huge_blob": "answer(lambda message: put(b'{}', b'x', sizes=[2**60]))",
    "many_blobs": "answer(lambda message: put(b'{}', count=2**32 - 1))",
    "nested_text": "answer(lambda message: put(b'[' * 10_000 + b']' * 10_000))",
    "nested_value": (
        'answer(lambda m: put(b\'{"id": %d, "found": [{"callable": true}], "result": \''
        " % m['id'] + b'[' * 900 + b']' * 900 + b'}'))"
    ),
    "another_question": "answer(lambda message: reply({**message, 'id': message['id'] + 7}, 2.0))",
    "without_an_answer": "answer(lambda message: put(json.dumps({'id': message['id']}).encode()))",
    "its_own_verdict": (
        "answer(lambda message: put(json.dumps({'id': message['id'], 'passed': True,"
        " 'value': 3, 'error': 5, 'message': []}).encode()))"
    ),
    "hangs_up": "wire.shutdown(socket.SHUT_RDWR)",
    "hangs_up_halfway": "answer(lambda m: (wire.sendall(b'\\0\\0\\0\\x09'), wire.close()))",
    "another_class": "answer(lambda m: reply(m, {'kind': 'posix.system', 'items': ['true']}))",
    "unknown_name": "answer(lambda m: reply(m, {'kind': 'given', 'name': '__builtins__'}))",
    "no_such_blob": "answer(lambda m: reply(m, {'kind': 'array', 'blob': 9}))",
    "lying_array": (
        "big = npy(\"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\")\n"
        "answer(lambda m: reply(m, {'kind': 'array', 'blob': 0}, big))"
    ),
    "array_of_objects": (
        "import pickle\nclass Run:\n    def __reduce__(self):\n"
        "        return os.system, ('true',)\n"
        "odd = npy(\"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\","
        " pickle.dumps([Run()]))\n"
        "answer(lambda m: reply(m, {'kind': 'array', 'blob': 0}, odd))"
    ),
    "lying_tensor": (
        "answer(lambda m: reply(m, {'kind': 'tensor', 'dtype': 'float64',"
        " 'shape': [2**40], 'blob': 0}, b'12345678'))"
    ),
    "cut_arrow": (
        "answer(lambda m: reply(m, {'kind': 'dataset', 'classes': {}, 'blob': 0},"
        " b'\\xff\\xff\\xff\\xff' + b'\\x40' * 60))"
    ),
    "unhashable": "answer(lambda m: reply(m, {'kind': 'set', 'items': [[]]}))",
    "odd_pairs": "answer(lambda m: reply(m, {'kind': 'dict', 'items': [1, 2, 3]}))",
    "model_of_nobody": (
        "answer(lambda m: reply(m, {'kind': 'model', 'number': 0, 'hash': '', 'training': [],"
        " 'trained': [], 'weights': 0}, b'x'))"
    ),
    "replaces_the_kernel": (
        "genuine = kernel.do_execute\nasync def fake(code, *rest, **options):\n"
        "    if not code.startswith('#%%responde'):\n"
        "        return await genuine(code, *rest, **options)\n"
        "    return {'status': 'ok', 'execution_count': 1, 'user_expressions': {},"
        " 'payload': []}\nkernel.do_execute = fake"
    ),
}
SLOW_WIRES = {
    "endless_text": (
        "def drip(message):\n    wire.sendall(struct.pack('>II', 2**24, 0))\n    while True:\n"
        "        wire.sendall(b' ' * 1000)\n        time.sleep(0.1)\nanswer(drip)"
    ),
    "no_reply": "answer(lambda message: time.sleep(1000))",
}
PRETENDS_TO_BE_GIVEN = '#%%dada ["np"]\nfrom types import SimpleNamespace\nnp = SimpleNamespace()'
PRETENDS_TO_ASK = "#%%responde"

KINDS = [
    *(
        Kind(
            f"wire_{name}", lambda s=s: add_cell(solve_well(**WRONG), "media", SETUP + s), DESERVED
        )
        for name, s in WIRES.items()
    ),
    *(
        Kind(
            f"wire_{name}",
            lambda s=s: add_cell(solve_well(**WRONG), "media", SETUP + s),
            DESERVED,
            State.TIME_LIMIT,
            limits=(("seconds", 25),),
        )
        for name, s in SLOW_WIRES.items()
    ),
    Kind(
        "pretends_to_be_given",
        lambda: add_cell(
            solve_well(media="def mean(v):\n    return 7"), "media", PRETENDS_TO_BE_GIVEN
        ),
        4,
    ),
    Kind(
        "pretends_to_ask",
        lambda: add_cell(solve_well(), "media", PRETENDS_TO_ASK),
        ALL,
    ),
]

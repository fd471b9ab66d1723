"""A part of an ONNX graph: only what is needed for some of its outputs, and that in two steps.

ONNX Runtime computes all outputs of a graph, whichever are asked for. A model gives more than colors - features for
matching, classes and where they are - and a click that changes a color should not pay for them. So the nodes
and weights that the wanted outputs do not need are left out before the graph is loaded; the file stays as it is.
Nor should it pay for what depends on the photograph alone: `split_for` cuts that off, as a graph of its own.

The record numbers are those of onnx.proto, as in ``tintype.models.onnx_file``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from tintype.models.onnx_file import GRAPH, encode_field

_NODE, _INITIALIZER, _INPUT, _OUTPUT, _VALUE_INFO = 1, 5, 11, 12, 13
_NODE_INPUT, _NODE_OUTPUT, _NODE_ATTRIBUTE = 1, 2, 5
_NODE_KIND = 4
_WITH_GRAPHS = (b"If", b"Loop", b"Scan", b"SequenceMap")
"""The kinds of nodes whose attributes hold graphs."""
_ATTRIBUTE_GRAPHS = (6, 11)
_TENSOR_NAME = 8
_VALUE_NAME, _VALUE_TYPE, _TYPE_TENSOR, _TENSOR_ELEMENT, _TENSOR_SHAPE = 1, 2, 1, 1, 2
_DIMENSION_NUMBER, _DIMENSION_NAME = 1, 2
_FLOAT = 1
_LENGTH = 2
_WIDTHS = {1: 8, 5: 4}
"""Bytes of a field by its wire type, where the type settles it."""


class _Field(NamedTuple):
    """A field of a message: its number, its content, its value where it is an integer, and all of its bytes."""

    number: int
    content: memoryview
    value: int
    whole: memoryview


@dataclass(frozen=True, slots=True)
class DeclaredOutput:
    """What a graph says of one of its outputs, in ONNX Runtime's words.

    Attributes:
        name: of the output.
        type: "tensor(float)", or the number of another type.
        shape: numbers, names, or None where nothing is said.
    """

    name: str
    type: str
    shape: tuple[int | str | None, ...]


def declared_outputs(model: bytes) -> tuple[DeclaredOutput, ...]:
    """Return the outputs that a graph declares.

    Args:
        model: the bytes of an ONNX file.

    Raises:
        ValueError: they are none.
    """
    with _refusing():
        graph = _inside(memoryview(model), GRAPH)
        return tuple(_declared(field.content) for field in _fields(graph) if field.number == _OUTPUT)


def part_for(model: bytes, outputs: Collection[str]) -> bytes:
    """Return a model that gives only some of its outputs; all of its inputs stay.

    Args:
        model: the bytes of an ONNX file.
        outputs: names of outputs that it has.

    Raises:
        ValueError: they are none.
    """
    wanted = {name.encode() for name in outputs}
    with _refusing():
        return _rebuilt(model, _cut(_inside(memoryview(model), GRAPH), wanted))


@dataclass(frozen=True, slots=True)
class Split:
    """A model in two steps.

    Attributes:
        first: a model of what depends on one input alone.
        second: a model of the rest, which takes all inputs and the results of the first.
        passed: the names of those results.
    """

    first: bytes
    second: bytes
    passed: tuple[str, ...]


def split_for(model: bytes, outputs: Collection[str], alone: str) -> Split | None:
    """Return a model that gives some of its outputs, in two steps.

    Args:
        model: the bytes of an ONNX file.
        outputs: names of outputs that it has.
        alone: name of the input that the first step takes. All that is passed on is taken for float32.

    Returns:
        None where nothing, or everything, depends on that input alone.

    Raises:
        ValueError: they are none.
    """
    wanted, only = {name.encode() for name in outputs}, alone.encode()
    with _refusing():
        graph = [*_fields(_inside(memoryview(part_for(model, outputs)), GRAPH))]
        nodes = [_read_node(field.content) for field in graph if field.number == _NODE]
        inputs = {bytes(_inside(field.content, _VALUE_NAME)) for field in graph if field.number == _INPUT}
        guided = _that_follow(nodes, inputs - {only})
        early = _that_follow(nodes, {only}) - guided - {only}
        taken = set[bytes]().union(*(takes for takes, gives in nodes if gives & guided))
        passed = sorted(early & (taken | wanted))
        if not early & taken or wanted <= early:
            return None
        return Split(
            _rebuilt(model, _cut_first(graph, passed, only)),
            _rebuilt(model, _cut_second(graph, passed, early)),
            tuple(name.decode() for name in passed),
        )


def _that_follow(nodes: Sequence[tuple[set[bytes], set[bytes]]], given: set[bytes]) -> set[bytes]:
    """Return some values and all that nodes make of them."""
    follow = set(given)
    for takes, gives in nodes:
        if takes & follow:
            follow |= gives
    return follow


def _cut_first(graph: Sequence[_Field], passed: Sequence[bytes], only: bytes) -> bytes:
    """Return a graph that gives what is passed on, from one input."""
    kept = [field for field in graph if field.number != _OUTPUT and not _is_input(field, but=only)]
    outputs = b"".join(encode_field(_OUTPUT, _declare_float(name)) for name in passed)
    return _cut(memoryview(b"".join(field.whole for field in kept) + outputs), {*passed})


def _cut_second(graph: Sequence[_Field], passed: Sequence[bytes], early: set[bytes]) -> bytes:
    """Return a graph that takes what is passed on instead of computing it."""
    outputs = {bytes(_inside(field.content, _VALUE_NAME)) for field in graph if field.number == _OUTPUT}
    outputs -= early
    late = [field for field in graph if field.number != _NODE or not _read_node(field.content)[1] & early]
    inputs = b"".join(encode_field(_INPUT, _declare_float(name)) for name in passed)
    return _cut(memoryview(b"".join(field.whole for field in late) + inputs), outputs)


def _is_input(field: _Field, but: bytes) -> bool:
    return field.number == _INPUT and bytes(_inside(field.content, _VALUE_NAME)) != but


def _declare_float(name: bytes) -> bytes:
    """Return the declaration of a float32 array of any shape."""
    element = bytes((_TENSOR_ELEMENT << 3, _FLOAT))
    kind = encode_field(_VALUE_TYPE, encode_field(_TYPE_TENSOR, element))
    return encode_field(_VALUE_NAME, name) + kind


def _rebuilt(model: bytes, graph: bytes) -> bytes:
    """Return a model with another graph."""
    return b"".join(
        encode_field(GRAPH, graph) if field.number == GRAPH else field.whole
        for field in _fields(memoryview(model))
    )


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError("this is no whole ONNX file") from error


def _cut(graph: memoryview, wanted: set[bytes]) -> bytes:
    """Return a graph with the nodes, weights and declarations that lead to the wanted outputs."""
    fields = [*_fields(graph)]
    needed, kept = set(wanted), set[int]()
    for i, field in reversed([*enumerate(fields)]):  # nodes lie in the order in which they are computed
        if field.number == _NODE:
            takes, gives = _read_node(field.content)
            if gives & needed:
                kept.add(i)
                needed |= takes
    return b"".join(
        field.whole for i, field in enumerate(fields) if i in kept or _stays(field, needed, wanted)
    )


def _stays(field: _Field, needed: set[bytes], wanted: set[bytes]) -> bool:
    """Tell whether a part of a graph that is no node is needed."""
    if field.number == _OUTPUT:
        return bytes(_inside(field.content, _VALUE_NAME)) in wanted
    if field.number == _INITIALIZER:
        return bytes(_inside(field.content, _TENSOR_NAME)) in needed
    return field.number not in (
        _NODE,
        _VALUE_INFO,
    )  # what is said of values between is found again in loading


def _read_node(content: memoryview) -> tuple[set[bytes], set[bytes]]:
    """Return what a node takes, that of the graphs inside of it included, and what it gives."""
    takes, gives, kind, attributes = set[bytes](), set[bytes](), b"", []
    for field in _fields(content):
        if field.number == _NODE_INPUT:
            takes.add(bytes(field.content))
        elif field.number == _NODE_OUTPUT:
            gives.add(bytes(field.content))
        elif field.number == _NODE_ATTRIBUTE:
            attributes.append(field.content)
        elif field.number == _NODE_KIND:
            kind = bytes(field.content)
    if kind in _WITH_GRAPHS:
        takes = takes.union(*map(_taken_inside, attributes))
    return takes, gives - {b""}  # an output may be left out, which is written as an empty name


def _taken_inside(attribute: memoryview) -> set[bytes]:
    """Return all that the nodes of the graphs in an attribute take, such as the branches of an If."""
    graphs = (field.content for field in _fields(attribute) if field.number in _ATTRIBUTE_GRAPHS)
    nodes = (field.content for graph in graphs for field in _fields(graph) if field.number == _NODE)
    return {name for node in nodes for name in _read_node(node)[0]}


def _declared(value: memoryview) -> DeclaredOutput:
    kind = _inside(_inside(value, _VALUE_TYPE), _TYPE_TENSOR)
    element = next((field.value for field in _fields(kind) if field.number == _TENSOR_ELEMENT), 0)
    return DeclaredOutput(
        bytes(_inside(value, _VALUE_NAME)).decode(),
        "tensor(float)" if element == _FLOAT else f"tensor of ONNX type {element}",
        tuple(_dimension(field.content) for field in _fields(_inside(kind, _TENSOR_SHAPE))),
    )


def _dimension(content: memoryview) -> int | str | None:
    for field in _fields(content):
        if field.number == _DIMENSION_NUMBER:
            return field.value
        if field.number == _DIMENSION_NAME:
            return bytes(field.content).decode()
    return None


def _inside(message: memoryview, number: int) -> memoryview:
    """Return the content of a field; empty where it is absent."""
    return next((field.content for field in _fields(message) if field.number == number), memoryview(b""))


def _fields(message: memoryview) -> Iterator[_Field]:
    """Step through the fields of a message; IndexError where they don't fit into it."""
    start = 0
    while start < len(message):
        tag, content = _read_varint(message, start)
        value, end = 0, content
        if tag & 7 == 0:
            value, end = _read_varint(message, content)
        elif tag & 7 == _LENGTH:
            length, content = _read_varint(message, content)
            end = content + length
        else:
            end += _WIDTHS.get(tag & 7, len(message))
        if end > len(message):
            raise IndexError
        yield _Field(tag >> 3, message[content:end], value, message[start:end])
        start = end


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return an integer stored 7 bits a byte, lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7

import pickle

import pytest

from jaxgen.weights.pickle_literals import (
    LITERALS,
    LONGEST_COPY,
    number_line,
    shown,
    text_line,
)
from jaxgen.weights.pickle_machine import Machine


def literal(data):
    """What the operation at the start of `data` puts on the stack."""
    machine = Machine(data, {}, None)
    value = LITERALS[bytes([machine.byte()])](machine)
    assert machine.position == len(data)
    return value


@pytest.mark.parametrize("value", [0, -1, 2**63, -(2**200), 10**75])
def test_whole_numbers_of_any_protocol(value):
    for protocol in (0, 1, 2, 4):
        data = pickle.dumps(value, protocol)
        start = 2 if protocol >= 2 else 0
        if protocol == 4 and data[2:3] == b"\x95":
            start = 11
        assert literal(data[start:-1]) == value


@pytest.mark.parametrize("code", range(256))
def test_every_byte_of_a_quoted_text_survives_its_escape(code):
    for escaped in (rb"\x%02x" % code, rb"\%03o" % code):
        assert literal(b"S'a" + escaped + b"b'\n") == f"a{chr(code)}b"


def test_escapes_are_those_of_python_2():
    assert literal(rb"S'\a\b\f\n\r\t\v\\\'\"'" + b"\n") == "\a\b\f\n\r\t\v\\'\""
    assert literal(rb"S'\1a\18'" + b"\n") == "\x01a\x018"


def test_lines_are_numbers_and_text():
    assert number_line(Machine(b"12\n", {}, None)) == 12
    assert number_line(Machine(b"1e3\n", {}, None), float) == 1000.0
    assert text_line(Machine("ä\n".encode(), {}, None)) == "ä"


def test_long_bytes_are_views_of_the_pickle_and_short_ones_copies():
    for size in (LONGEST_COPY - 1, LONGEST_COPY):
        data = pickle.dumps(bytes(size), 3)[2:-1].partition(b"q")[0]
        found = literal(data)
        assert bytes(found) == bytes(size)
        assert (type(found) is memoryview) == (size >= LONGEST_COPY)


def test_foreign_text_is_shown_on_one_short_line():
    assert shown("os.system") == "'os.system'"
    assert shown("a\nb") == r"'a\nb'"
    assert len(shown("x" * 10**6)) == 82

import pytest

from jaxgen.weights.pickle_machine import DEEPEST, Machine, StandIn, UnknownName


def machine(data=b"", names=None, persistent=None):
    return Machine(data, names or {}, persistent)


def test_bytes_are_taken_in_order_and_never_beyond_the_end():
    reader = machine(b"\x01\x02\x03line\nrest")
    assert reader.byte() == 1
    assert reader.integer(2) == 0x0302
    assert reader.line() == b"line"
    with pytest.raises(ValueError, match="ends early"):
        reader.line()
    assert bytes(reader.take(4)) == b"rest"
    for more in (reader.byte, lambda: reader.take(1)):
        with pytest.raises(ValueError, match="ends early"):
            more()


def test_values_below_a_mark_cannot_be_taken():
    stack = machine()
    stack.push("below")
    stack.mark()
    with pytest.raises(ValueError, match="there is none"):
        stack.pop()
    stack.push("above")
    assert stack.since_mark() == ["above"]
    assert stack.pop() == "below"
    with pytest.raises(ValueError, match="never opened"):
        stack.since_mark()


def test_marks_nest_only_so_deep():
    stack = machine()
    for _ in range(DEEPEST):
        stack.mark()
    with pytest.raises(ValueError, match="deeper"):
        stack.mark()


def test_a_name_is_what_the_table_says_and_nothing_else():
    reader = machine(names={"a.b": "meaning"})
    assert reader.ask("a.b") is reader.ask("a.b")
    assert reader.ask("a.b").value == "meaning"
    with pytest.raises(UnknownName) as caught:
        reader.ask("os.system")
    assert caught.value.name == "os.system"


@pytest.mark.parametrize("error", [TypeError, ValueError, OverflowError])
def test_what_a_function_cannot_take_is_the_files_fault(error):
    def refuse(*arguments):
        raise error("the offset\nis -5.")

    reader = machine(names={"a.b": refuse}, persistent=refuse)
    with pytest.raises(ValueError, match="'a.b'.*: the offset is -5$"):
        reader.call(reader.ask("a.b"), ())
    with pytest.raises(ValueError, match="persistent id.*: the offset is -5$"):
        reader.refer("x")


def test_only_what_is_made_for_it_takes_a_state():
    class Kept(StandIn):
        def build(self, state):
            self.state = state

    reader = machine()
    reader.push(kept := Kept())
    reader.build({"a": 1})
    assert kept.state == {"a": 1} and reader.pop() is kept
    reader.push(object())
    with pytest.raises(ValueError, match="fills a object"):
        reader.build({})


def test_arguments_are_paid_for_each_time():
    reader = machine(names={"a.b": lambda value: None})
    function, large = reader.ask("a.b"), "x" * 2**20
    for value in (large, [large], ([], large), {"key": large}):
        before = reader._budget
        reader.call(function, (value,))
        assert before - reader._budget > 2**20
    with pytest.raises(ValueError, match="far more memory"):
        for _ in range(100):
            reader.call(function, (large,))

"""Reads pickles with a machine of our own, which builds data and runs nothing foreign.

A pickle is a program, and Python's own machine imports and calls whatever that program
names. Here each name must be in a table, where it stands for a function of ours; any
other ends the reading at once. The functions of a table, and `build` of what they make,
check all that a file gives them and raise ValueError with a part of a sentence, such
as "the offset is -5".
"""

import pickle  # For the codes of the operations; nothing of it is called.
from collections.abc import Callable
from typing import Any

from jaxgen.weights.pickle_literals import LITERALS, number_line, shown, text_line
from jaxgen.weights.pickle_machine import Machine, Named, Names, UnknownName

MOST_OPERATIONS = 1_000_000


def load(
    data: Any,
    names: Names,
    *,
    file: str,
    persistent: Callable[[Any], Any] | None = None,
) -> Any:
    """Reads the first pickle in `data`.

    Gives plain Python values, text of Python 2 as latin-1, long bytes as views of
    `data`, and what the functions in `names` return; a name that was never called stays
    as a `Named`. Parts may be shared and may hold themselves, so whoever walks the
    result must count the steps.

    Args:
        data: bytes, or anything with a contiguous buffer of them.
        names: all that the pickle may ask for.
        file: what is read, for messages.
        persistent: gives what a persistent id stands for; without it none may come.

    Raises:
        UnknownName: a ValueError, for the first name that is not in `names`.
        ValueError: when it is damaged, calls something wrongly or costs too much.
    """
    return load_next(data, names, file=file, persistent=persistent)[0]


def load_next(
    data: Any,
    names: Names,
    *,
    file: str,
    persistent: Callable[[Any], Any] | None = None,
) -> tuple[Any, memoryview]:
    """As `load`, and gives the bytes after the pickle too.

    Raises:
        ValueError: as `load`.
    """
    try:
        machine = Machine(data, names, persistent)
        return _run(machine), machine.data[machine.position :]
    except UnknownName as unknown:
        raise UnknownName(
            f"pickles: {file} asks for {shown(unknown.name)}, which no weights file "
            "needs; nothing of it was run.",
            unknown.name,
        ) from None
    except UnicodeError:
        raise ValueError(f"pickles: {file} holds text that is not UTF-8.") from None
    except ValueError as error:
        raise ValueError(f"pickles: {file} {error}.") from None


def _run(machine: Machine) -> Any:
    """Follows the operations up to the one that stops."""
    stop = pickle.STOP[0]
    for _ in range(MOST_OPERATIONS):
        code = machine.byte()
        if code in _VALUES:
            machine.push(_VALUES[code](machine))
        elif code in _STEPS:
            _STEPS[code](machine)
        elif code == stop:
            return machine.pop()
        else:
            where = machine.position - 1
            raise ValueError(f"is no pickle: byte {code:#04x} at {where}")
    raise ValueError(f"takes more than {MOST_OPERATIONS} operations")


def _protocol(machine: Machine) -> None:
    if (version := machine.byte()) > 5:
        raise ValueError(f"has protocol {version}; the newest known is 5")


def _frame(machine: Machine) -> None:
    if machine.integer(8) > machine.size - machine.position:
        raise ValueError("ends early")


def _tuple2(machine: Machine) -> tuple:
    last = machine.pop()
    return machine.pop(), last


def _tuple3(machine: Machine) -> tuple:
    last, middle = machine.pop(), machine.pop()
    return machine.pop(), middle, last


def _set(machine: Machine) -> set:
    machine.spend(200)
    return set()


def _frozen_set(machine: Machine) -> frozenset:
    machine.spend(200)
    return frozenset(_keys(machine.since_mark()))


def _append(machine: Machine) -> None:
    value = machine.pop()
    machine.top(list).append(value)


def _extend(machine: Machine) -> None:
    values = machine.since_mark()
    machine.top(list).extend(values)


def _set_item(machine: Machine) -> None:
    value, key = machine.pop(), machine.pop()
    _fill(machine.top(dict), [key, value])


def _set_items(machine: Machine) -> None:
    values = machine.since_mark()
    _fill(machine.top(dict), values)


def _add_items(machine: Machine) -> None:
    values = machine.since_mark()
    machine.top(set).update(_keys(values))


def _fill(target: dict, values: list) -> dict:
    if len(values) % 2:
        raise ValueError("has a key without a value")
    target.update(zip(_keys(values[::2]), values[1::2], strict=True))
    return target


def _keys(values: list) -> list:
    for value in values:
        require_key(value)
    return values


def require_key(key: Any) -> None:
    """Raises when a foreign value may not be in a set or a key of a dictionary.

    Tuples may not: what hashing them costs can be driven up without bound.

    Raises:
        ValueError: with a part of a sentence.
    """
    plain = type(key) in (str, bytes, int, float, bool, type(None))
    if not plain or (type(key) is int and key.bit_length() > 64):
        raise ValueError(f"has a key of type {type(key).__name__}")


def _pop(machine: Machine) -> None:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.since_mark()
    else:
        machine.pop()


def _keep(machine: Machine, place: int) -> None:
    if not 0 <= place < 2**32:
        raise ValueError("uses its memo out of bounds")
    machine.memo[place] = machine.top(object)


def _kept(machine: Machine, place: int) -> Any:
    if place not in machine.memo:
        raise ValueError("asks its memo for what it never kept")
    return machine.memo[place]


def _global(machine: Machine) -> Named:
    module = text_line(machine)
    return machine.ask(f"{module}.{text_line(machine)}")


def _stack_global(machine: Machine) -> Named:
    name, module = machine.pop(), machine.pop()
    if type(name) is not str or type(module) is not str:
        raise ValueError("asks for a name that is no text")
    return machine.ask(f"{module}.{name}")


def _call(machine: Machine) -> Any:
    arguments, function = machine.pop(), machine.pop()
    return machine.call(function, arguments)


def _call_with_names(machine: Machine) -> Any:
    named = machine.pop()
    if type(named) is not dict or named:
        raise ValueError("calls something with named arguments")
    return _call(machine)


def _object(machine: Machine) -> Any:
    values = machine.since_mark()
    if not values:
        raise ValueError("makes an object of nothing")
    return machine.call(values[0], tuple(values[1:]))


def _instance(machine: Machine) -> Any:
    function = _global(machine)
    return machine.call(function, tuple(machine.since_mark()))


def _refuse_extension(machine: Machine, size: int) -> None:
    number = machine.integer(size)
    raise ValueError(f"asks for number {number} of Python's extension registry")


def _refuse_buffer(machine: Machine) -> None:
    raise ValueError("keeps a part of its data elsewhere")


_VALUES = {
    code[0]: value
    for code, value in {
        **LITERALS,
        pickle.EMPTY_TUPLE: lambda machine: (),
        pickle.TUPLE1: lambda machine: (machine.pop(),),
        pickle.TUPLE2: _tuple2,
        pickle.TUPLE3: _tuple3,
        pickle.TUPLE: lambda machine: tuple(machine.since_mark()),
        pickle.EMPTY_LIST: lambda machine: [],
        pickle.LIST: lambda machine: machine.since_mark(),
        pickle.EMPTY_DICT: lambda machine: {},
        pickle.DICT: lambda machine: _fill({}, machine.since_mark()),
        pickle.EMPTY_SET: _set,
        pickle.FROZENSET: _frozen_set,
        pickle.DUP: lambda machine: machine.top(object),
        pickle.GET: lambda machine: _kept(machine, number_line(machine)),
        pickle.BINGET: lambda machine: _kept(machine, machine.byte()),
        pickle.LONG_BINGET: lambda machine: _kept(machine, machine.integer(4)),
        pickle.GLOBAL: _global,
        pickle.STACK_GLOBAL: _stack_global,
        pickle.REDUCE: _call,
        pickle.NEWOBJ: _call,
        pickle.NEWOBJ_EX: _call_with_names,
        pickle.OBJ: _object,
        pickle.INST: _instance,
        pickle.PERSID: lambda machine: machine.refer(text_line(machine)),
        pickle.BINPERSID: lambda machine: machine.refer(machine.pop()),
    }.items()
}
"""Operations that put a value on the stack, and what gives that value."""

_STEPS = {
    code[0]: step
    for code, step in {
        pickle.PROTO: _protocol,
        pickle.FRAME: _frame,
        pickle.MARK: lambda machine: machine.mark(),
        pickle.POP: _pop,
        pickle.POP_MARK: lambda machine: machine.since_mark(),
        pickle.PUT: lambda machine: _keep(machine, number_line(machine)),
        pickle.BINPUT: lambda machine: _keep(machine, machine.byte()),
        pickle.LONG_BINPUT: lambda machine: _keep(machine, machine.integer(4)),
        pickle.MEMOIZE: lambda machine: _keep(machine, len(machine.memo)),
        pickle.APPEND: _append,
        pickle.APPENDS: _extend,
        pickle.SETITEM: _set_item,
        pickle.SETITEMS: _set_items,
        pickle.ADDITEMS: _add_items,
        pickle.BUILD: lambda machine: machine.build(machine.pop()),
        pickle.EXT1: lambda machine: _refuse_extension(machine, 1),
        pickle.EXT2: lambda machine: _refuse_extension(machine, 2),
        pickle.EXT4: lambda machine: _refuse_extension(machine, 4),
        pickle.NEXT_BUFFER: _refuse_buffer,
        pickle.READONLY_BUFFER: _refuse_buffer,
    }.items()
}
"""Operations that do something else."""

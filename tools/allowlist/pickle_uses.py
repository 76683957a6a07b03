"""Which globals a pickle names, and how it uses each of them.

A symbolic reading of the opcodes: nothing is loaded. Runs on Python 3.6 and newer.
"""

import io
import pickletools
from typing import Dict, List, Set, Tuple

try:
    import _compat_pickle
except ImportError:  # pragma: no cover
    _compat_pickle = None

# (module, name, shape); the shapes are explained in README.md.
Use = Tuple[str, str, str]

# Functions that make an instance of the class that is their first argument.
_MAKERS = (
    "_reconstruct",
    "__newobj",
    "_new_",
    "newObj",
    "__pyx_unpickle_",
    "_rebuild_from_type",
    "_mareconstruct",
)

_MARK = object()
_OTHER = object()


class _Global:
    """A name that the stream asked for."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name


def modern(module: str, name: str) -> Tuple[str, str]:
    """What a protocol 0-2 name means on Python 3 (the unpickler's own table)."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[(module, name)]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


class _Reader:
    def __init__(self) -> None:
        self.uses: Set[Use] = set()
        self.protocol = 0
        self.stack: List[object] = []
        self.memo: Dict[int, object] = {}

    def _name(self, module: str, name: str) -> _Global:
        if self.protocol < 3:
            module, name = modern(module, name)
        self.uses.add((module, name, "import"))
        return _Global(module, name)

    def _used(self, value: object, shape: str) -> None:
        if isinstance(value, _Global):
            self.uses.add((value.module, value.name, shape))

    def _to_mark(self) -> List[object]:
        items = []
        while self.stack:
            item = self.stack.pop()
            if item is _MARK:
                break
            items.append(item)
        return items[::-1]

    def _call(self, function: object, arguments: object) -> None:
        if not isinstance(function, _Global):
            return
        key = (function.module, function.name)
        listed = arguments if isinstance(arguments, list) else []
        if key[1].startswith(_MAKERS) and listed:
            self._used(listed[0], "rebuild")
        if key == ("builtins", "getattr") and len(listed) == 2:
            owner, attribute = listed
            if isinstance(owner, _Global) and isinstance(attribute, str):
                self.uses.add((owner.module, owner.name + "." + attribute, "import"))
        self._used(function, "call")

    def step(self, name: str, argument: object) -> None:
        stack = self.stack
        if name == "PROTO":
            self.protocol = argument
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "GLOBAL":
            stack.append(self._name(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            stack.append(self._name(module, attribute))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments, function = stack.pop(), stack.pop()
            if name == "REDUCE":
                self._call(function, arguments)
            else:
                self._used(function, "rebuild")
            stack.append(_OTHER)
        elif name == "NEWOBJ_EX":
            stack.pop(), stack.pop()
            self._used(stack.pop(), "rebuild")
            stack.append(_OTHER)
        elif name == "OBJ":
            items = self._to_mark()
            self._used(items[0], "call" if len(items) > 1 else "rebuild")
            stack.append(_OTHER)
        elif name == "INST":
            items = self._to_mark()
            self._used(self._name(*argument.split(" ", 1)), "call" if items else "rebuild")
            stack.append(_OTHER)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif name == "TUPLE":
            stack.append(self._to_mark())
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            stack[-count:] = [stack[-count:]]
        elif name == "EMPTY_TUPLE":
            stack.append([])
        elif name in ("LIST", "DICT", "FROZENSET"):
            self._to_mark()
            stack.append(_OTHER)
        elif name in ("APPENDS", "SETITEMS", "ADDITEMS"):
            self._to_mark()
        elif name in ("APPEND", "BUILD", "POP"):
            stack.pop()
        elif name == "SETITEM":
            stack.pop(), stack.pop()
        elif name == "POP_MARK":
            self._to_mark()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name == "BINPERSID":
            stack.pop()
            stack.append(_OTHER)
        elif name in ("STOP", "FRAME", "READONLY_BUFFER"):
            pass
        else:
            stack.append(argument if isinstance(argument, str) else _OTHER)


def trace(data: bytes, streams: int = 1) -> Set[Use]:
    """Reads up to this many pickles after one another; raises ValueError on what is not one."""
    file = io.BytesIO(data)
    uses: Set[Use] = set()
    for _ in range(streams):
        if file.tell() >= len(data):
            break
        reader = _Reader()
        for opcode, argument, _position in pickletools.genops(file):
            reader.step(opcode.name, argument)
        uses |= reader.uses
    return uses

"""Decides whether rebuilding an instance of a class runs no code of the class.

Rebuilding is `cls.__new__(cls, ...)` followed by a state that goes straight into `__dict__`. The
answer is yes only when no obstacle is found, or a person has read each one (reviewed.tsv). Runs on Python 3.6 and newer.
"""

import builtins
import collections
import enum
import types
from typing import List, Optional, Set, Tuple

_HEAP_TYPE = 1 << 9

_EXCEPTIONS = {
    value
    for value in vars(builtins).values()
    if isinstance(value, type) and issubclass(value, BaseException)
}
INERT_BASES: Set[type] = {
    object,
    tuple,
    dict,
    list,
    set,
    frozenset,
    int,
    float,
    complex,
    str,
    bytes,
    bytearray,
    collections.OrderedDict,
    collections.deque,
    collections.defaultdict,
} | _EXCEPTIONS

# Methods that an opcode or the machinery behind one can call on an instance.
_REACHABLE = (
    "__setstate__",
    "__setattr__",
    "__getattr__",
    "__getattribute__",
    "__del__",
    "__hash__",
    "__setitem__",
    "append",
    "extend",
    "add",
    "update",
)

# Bases whose instances do something by being there.
_BASES_LEFT_OUT = {
    "threading.Thread",
    "multiprocessing.process.BaseProcess",
    "builtins.module",
    "io.IOBase",
    "_io._IOBase",
    "codecs.Codec",
    "argparse.Action",
    "unittest.case.TestCase",
    "logging.Handler",
    "logging.Filterer",
    "cmd.Cmd",
    "ast.AST",
    "ast.NodeVisitor",
    "pickle._Unpickler",
    "_pickle.Unpickler",
    "pickle._Pickler",
    "_pickle.Pickler",
    "string.Formatter",
    "string.Template",
    "importlib.abc.Loader",
    "importlib._abc.Loader",
    "html.parser.HTMLParser",
    "socketserver.BaseServer",
    "asyncio.protocols.BaseProtocol",
    "json.decoder.JSONDecoder",
    "builtins.type",
}

# (module, qualified name of the class that has it, what it is).
Obstacle = Tuple[str, str, str]


def full_name(cls: type) -> str:
    return "%s.%s" % (cls.__module__, cls.__qualname__)


def _is_named_tuple(cls: type) -> bool:
    """A class made by collections.namedtuple: its __new__ only makes the tuple."""
    made = cls.__dict__.get("__new__")
    code = getattr(getattr(made, "__func__", made), "__code__", None)
    if not issubclass(cls, tuple) or "_fields" not in cls.__dict__ or code is None:
        return False
    return (
        code.co_filename.startswith(("<string>", "namedtuple_", "<lambda>"))
        or "namedtuple" in code.co_filename
    )


def _owner(cls: type, attribute: str) -> Optional[type]:
    for base in cls.__mro__:
        if attribute in base.__dict__:
            return base
    return None


def is_plain_enum(cls: type) -> bool:
    """Calling such a class with a value only looks the value up."""
    if not issubclass(cls, enum.Enum) or type(cls) is not type(enum.Enum):
        return False
    missing = _owner(cls, "_missing_")
    return missing is not None and missing.__module__ == "enum" and len(cls.__members__) > 0


def obstacles(cls: type) -> List[Obstacle]:
    """Everything that stands in the way of calling the class inert; empty when nothing does."""
    found = []
    meta = type(cls)
    if meta.__getattribute__ is not type.__getattribute__ or any(
        "__getattr__" in base.__dict__ for base in meta.__mro__
    ):
        found.append((meta.__module__, meta.__qualname__, "metaclass"))
    for base in cls.__mro__:
        if full_name(base) in _BASES_LEFT_OUT or base is types.ModuleType:
            found.append((base.__module__, base.__qualname__, "base left out"))
            continue
        if base in INERT_BASES:
            continue
        if not base.__flags__ & _HEAP_TYPE:
            found.append((base.__module__, base.__qualname__, "built-in"))
            continue
        if base.__module__ in ("abc", "typing", "collections.abc", "enum"):
            continue
        if (
            "__new__" in base.__dict__
            and _owner(cls, "__new__") is base
            and not _is_named_tuple(base)
        ):
            found.append((base.__module__, base.__qualname__, "__new__"))
        for method in _REACHABLE:
            if base.__dict__.get(method) is None or _owner(cls, method) is not base:
                continue
            if not method.startswith("_") and not callable(base.__dict__[method]):
                continue
            if method == "update" and not issubclass(cls, set):
                continue  # ADDITEMS updates sets and their subclasses only
            if method == "__hash__" and _generated_hash(base):
                continue
            found.append((base.__module__, base.__qualname__, method))
    return found


def _generated_hash(cls: type) -> bool:
    """A dataclass's own hash: the hash of the tuple of its fields."""
    code = getattr(cls.__dict__["__hash__"], "__code__", None)
    return code is not None and code.co_filename == "<string>"

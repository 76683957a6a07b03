"""Values of the standard library that turn up in stored models."""

import argparse
import array
import collections
import datetime
import decimal
import fractions
import http
import inspect
import io
import ipaddress
import itertools
import logging
import math
import pathlib
import random
import re
import signal
import socket
import ssl
import statistics
import string
import struct
import sys
import time
import types
import uuid
from typing import Any, Dict, Iterator, List, Optional, Tuple


def make() -> Iterator[Tuple[str, Any]]:
    utc = datetime.timezone.utc
    yield (
        "containers",
        [
            (),
            (1,),
            [1],
            {1: 2},
            {1},
            frozenset([1]),
            b"a",
            bytearray(b"a"),
            "a",
            1.5,
            1j,
            range(3),
            slice(1),
            None,
        ],
    )
    yield "special", [Ellipsis, NotImplemented, type(None)]
    yield (
        "collections",
        [
            collections.OrderedDict(a=1),
            collections.Counter("aab"),
            collections.deque([1], 3),
            collections.ChainMap({"a": 1}, {"b": 2}),
            collections.UserDict(a=1),
            collections.UserList([1]),
            collections.UserString("a"),
        ],
    )
    for factory in (
        list,
        dict,
        set,
        int,
        float,
        str,
        tuple,
        collections.OrderedDict,
        collections.Counter,
    ):
        yield "defaultdict", collections.defaultdict(factory, {"a": factory()})
    yield (
        "dates",
        [
            datetime.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=utc),
            datetime.date(2020, 1, 2),
            datetime.time(1, 2, 3),
            datetime.timedelta(1, 2),
            datetime.timezone(datetime.timedelta(hours=1), "x"),
            time.gmtime(0),
        ],
    )
    yield (
        "numbers",
        [
            decimal.Decimal("1.5"),
            decimal.getcontext(),
            fractions.Fraction(1, 3),
            array.array("d", [1.0]),
        ],
    )
    yield (
        "paths",
        [
            pathlib.PurePosixPath("a/b"),
            pathlib.PureWindowsPath("a"),
            pathlib.Path("a"),
            pathlib.PosixPath("a"),
        ],
    )
    yield "uuid", uuid.UUID(int=5)
    yield (
        "addresses",
        [
            ipaddress.ip_address("127.0.0.1"),
            ipaddress.ip_address("::1"),
            ipaddress.ip_network("127.0.0.0/8"),
            ipaddress.ip_network("::/8"),
            ipaddress.ip_interface("127.0.0.1/8"),
        ],
    )
    yield "patterns", [re.compile("a+"), re.compile(b"a", re.I)]
    yield (
        "flags",
        [re.I, re.RegexFlag.M, http.HTTPStatus.OK, signal.SIGINT, socket.AF_INET, ssl.OP_ALL],
    )
    yield "random", random.Random(3)
    yield "namespaces", [argparse.Namespace(lr=0.1), types.SimpleNamespace(a=1)]
    yield (
        "exceptions",
        [
            ValueError("a"),
            KeyError("k"),
            OSError(2, "x"),
            UnicodeDecodeError("utf-8", b"a", 0, 1, "r"),
            StopIteration(),
        ],
    )
    yield "text io", [io.StringIO("a"), io.BytesIO(b"a")]
    yield (
        "iterators",
        [
            iter([1, 2]),
            iter((1,)),
            iter("ab"),
            iter(range(3)),
            enumerate([1]),
            zip([1]),
            reversed([1]),
        ],
    )
    yield "itertools", [itertools.count(3), itertools.cycle([1])]
    yield (
        "types by name",
        [int, float, str, bool, list, dict, tuple, set, bytes, complex, object, type],
    )
    yield "functions by name", [len, sum, max, min, sorted, math.sqrt, math.log]
    yield "logging", [logging.getLogger("saiph")]
    yield (
        "signature",
        [
            inspect.Parameter("a", inspect.Parameter.KEYWORD_ONLY),
            inspect.signature(lambda a, b=1: None),
        ],
    )
    yield "typing", [List[int], Dict[str, int], Optional[int], Tuple[int, ...], Any]
    yield "templates", [string.Template("$a"), struct.Struct("<i").format]
    yield "named tuple of the interpreter", [sys.version_info[:3], statistics.mean([1, 2])]
    if sys.version_info >= (3, 9):
        import zoneinfo

        yield "zone", zoneinfo.ZoneInfo("UTC")
        yield "generic alias", [list[int], dict[str, int]]
    if sys.version_info >= (3, 8):
        yield "normal", statistics.NormalDist(0, 1)

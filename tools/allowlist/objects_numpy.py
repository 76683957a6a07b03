"""NumPy: arrays, scalars, types, random state, polynomials, masked arrays."""

from typing import Any, Iterator, Tuple

import numpy as np


def make() -> Iterator[Tuple[str, Any]]:
    base = np.arange(12.0).reshape(3, 4)
    for code in "?bBhHiIlLqQefdgFDG":
        yield "array " + code, np.ones((2, 2), dtype=code)
        yield "scalar " + code, np.ones(1, dtype=code)[0]
        yield "type " + code, [np.dtype(code), np.dtype(code).newbyteorder(), np.dtype(code).type]
    yield "fortran", np.asfortranarray(base)
    yield "view", base[::2, 1:]
    yield "objects", np.array([1, "a", None, [2]], dtype=object)
    yield "text", [np.array(["a", "bc"]), np.array([b"a"]), np.str_("a"), np.bytes_(b"a")]
    yield "structured", np.zeros(2, dtype=[("a", "<i4"), ("b", "U3"), ("c", "<f4", (2,))])
    yield (
        "record",
        [
            np.rec.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
            np.zeros(2, dtype=[("a", "<i4")])[0],
        ],
    )
    yield (
        "dates",
        [
            np.array(["2020-01-01"], dtype="M8[D]"),
            np.datetime64("2020-01-01"),
            np.timedelta64(1, "D"),
            np.dtype("M8[ns]"),
        ],
    )
    yield (
        "masked",
        [np.ma.masked_array([1.0, 2.0], mask=[0, 1]), np.ma.masked, np.ma.array([1], fill_value=3)],
    )
    yield (
        "masked record",
        np.ma.zeros(2, dtype=[("a", int)]).view(np.ma.mrecords.MaskedRecords)
        if hasattr(np.ma, "mrecords")
        else 0,
    )
    yield "matrix", np.matrix([[1, 2]])
    yield "char", np.char.array(["a"])
    yield "memory map type", np.memmap
    yield (
        "functions",
        [np.log1p, np.exp, np.add, np.mean, np.sum, np.linalg.norm, np.maximum, np.square, np.abs],
    )
    yield (
        "polynomials",
        [
            np.poly1d([1, 2]),
            np.polynomial.Polynomial([1, 2]),
            np.polynomial.Chebyshev([1, 2]),
            np.polynomial.Legendre([1]),
            np.polynomial.Laguerre([1]),
            np.polynomial.Hermite([1]),
            np.polynomial.HermiteE([1]),
        ],
    )
    yield "random state", np.random.RandomState(3)
    yield "random state in use", np.random.mtrand._rand
    if hasattr(np.random, "Generator"):
        for name in ("PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"):
            if hasattr(np.random, name):
                bits = getattr(np.random, name)(3)
                yield name, [bits, np.random.Generator(bits)]
        yield "seed sequence", np.random.SeedSequence(3)
        yield "random state over PCG64", np.random.RandomState(np.random.PCG64(1))
    yield "limits", [np.finfo(np.float32).eps, np.iinfo(np.int8).max]
    yield "errors", [np.linalg.LinAlgError("singular")]
    yield "index helpers", [np.s_[1:2], np.index_exp[1]]

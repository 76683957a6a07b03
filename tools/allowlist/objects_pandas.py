"""pandas: frames, series, every kind of index and column."""

from typing import Any, Iterator, Tuple

import numpy as np
import pandas as pd


def make() -> Iterator[Tuple[str, Any]]:
    n = 4
    days = pd.date_range("2020-01-01", periods=n)
    columns = {
        "int": np.arange(n),
        "float": np.arange(n) / 2.0,
        "bool": [True] * n,
        "text": list("abcd"),
        "day": days,
        "zone": pd.date_range("2020-01-01", periods=n, tz="UTC"),
        "berlin": pd.date_range("2020-01-01", periods=n, tz="Europe/Berlin"),
        "delta": pd.to_timedelta(np.arange(n), unit="D"),
        "category": pd.Categorical(list("abab")),
        "ordered": pd.Categorical(list("abab"), ordered=True),
        "period": pd.period_range("2020-01", periods=n, freq="M"),
        "mixed": [1, "a", None, 2.0],
        "interval": pd.interval_range(0, n),
    }
    for name, values in columns.items():
        frame = pd.DataFrame({name: values})
        yield "column " + name, frame
        yield "series " + name, frame[name]
        yield "index " + name, pd.Index(frame[name])
        yield "frame by " + name, pd.DataFrame({"x": range(n)}, index=pd.Index(frame[name]))
        yield "array " + name, frame[name].array if hasattr(frame[name], "array") else 0
        yield "dtype " + name, frame[name].dtype
    for dtype in (
        "Int8",
        "Int16",
        "Int32",
        "Int64",
        "UInt8",
        "UInt16",
        "UInt32",
        "UInt64",
        "Float32",
        "Float64",
        "boolean",
        "string",
        "Sparse[int]",
        "Sparse[float]",
        "int64[pyarrow]",
        "string[pyarrow]",
        "double[pyarrow]",
    ):
        try:
            series = (
                pd.Series([1, 0, 1]).astype(str if "string" in dtype else "int64").astype(dtype)
            )
        except Exception:  # noqa: BLE001 (this version has no such type)
            continue
        yield "extension " + dtype, [series, series.dtype, pd.DataFrame({"a": series})]
    wide = pd.DataFrame({key: value for key, value in columns.items()})
    yield "wide", wide
    yield "multi index", wide.set_index(["text", "int"])
    yield (
        "multi columns",
        pd.DataFrame(np.ones((2, 2)), columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
    )
    yield "range index", pd.RangeIndex(4)
    yield (
        "scalars",
        [
            pd.Timestamp("2020-01-01"),
            pd.Timestamp("2020-01-01", tz="UTC"),
            pd.Timedelta(1),
            pd.NaT,
            pd.Interval(0, 1),
            pd.Period("2020-01", "M"),
        ],
    )
    yield "na", getattr(pd, "NA", None)
    offsets = pd.offsets
    yield (
        "offsets",
        [
            offsets.Day(2),
            offsets.MonthEnd(),
            offsets.BDay(),
            offsets.Hour(),
            offsets.Week(),
            offsets.YearEnd(),
            offsets.QuarterEnd(),
            offsets.DateOffset(days=1),
            offsets.BMonthEnd(),
            offsets.MonthBegin(),
            offsets.Minute(),
            offsets.Second(),
            offsets.BusinessHour(),
        ],
    )
    yield "empty", [pd.DataFrame(), pd.Series(dtype=float), pd.Index([])]
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    if hasattr(frame, "attrs"):
        frame.attrs["note"] = "x"
    yield "attributes", frame
    yield "group keys", frame.groupby("a").mean()
    yield "description", wide.describe()
    yield "flags", getattr(frame, "flags", None) and frame
    yield "cut", pd.cut(pd.Series([1, 2, 3]), 2)
    yield "resampled", pd.Series(range(n), index=days).resample("2D").sum()

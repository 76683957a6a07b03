#!/usr/bin/env python3
"""Collects, inside one virtual environment, what pickles of its frameworks name.

Two sources: objects that are made here and written with pickle, joblib and torch ("observed"), and
all classes of the installed frameworks ("enumerated"), each with what stands in the way of calling
it inert. Nothing is decided here: merge.py does that. Runs on Python 3.6 and newer.
"""

import argparse
import contextlib
import importlib
import io
import json
import logging
import os
import pickle
import pkgutil
import re
import signal
import sys
import traceback
import warnings
from typing import Any, Dict, Iterator, List, Set

import inert
import pickle_uses

# Modules that are not imported: they run things, open windows, need a display or are tests.
SKIPPED_MODULES = re.compile(
    r"(^|[._])(tests?|testing|_?test_.*|conftest|setup|setup_.*|distutils|f2py|__main__|pytest.*|examples?|benchmarks?|"
    r"_?build_utils|cli|commands?|bottleneck|collect_env|_?vendor|_?vendored|externals\.six|pyinstaller.*|"
    r"hub|launch|elastic|profiler_client|gui|idlelib|turtle|antigravity|__phello__|doctests?|scripts|"
    r"_inductor|_dynamo|datapipes|onnx_export|ipython.*|sphinx.*|docs?)([._]|$)"
)
# Classes that are inert to rebuild but have no business in a stored model.
SKIPPED_CLASSES = re.compile(
    r"Unpickler|Process|Server|Client|Session|Popen|Importer|Finder|Interpreter|Runner|Download|Socket|Thread|Pool$|"
    r"Executor|Debugger|Shell|Command|Subprocess|Test|Mock|Fixture|Tempfile|TemporaryFile|FileHandler|Installer"
)
MODULE_SECONDS = 20
OBJECT_SECONDS = 60


class _TooLong(Exception):
    pass


@contextlib.contextmanager
def _seconds(limit: int) -> Iterator[None]:
    def over(_number: int, _frame: Any) -> None:
        raise _TooLong()

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Observer:
    """Writes objects in every way and notes what the streams name."""

    def __init__(self) -> None:
        self.uses: Dict[pickle_uses.Use, str] = {}
        self.failures: List[str] = []
        self.count = 0

    def note(self, label: str, data: bytes, streams: int = 1) -> None:
        for use in pickle_uses.trace(data, streams):
            self.uses.setdefault(use, label)

    def add(self, label: str, value: Any) -> None:
        self.count += 1
        written = 0
        # Below protocol 2 the standard library tries to make the base class of an object; with the
        # bindings of torch that ends the process.
        for protocol in range(2 if "torch" in sys.modules else 0, pickle.HIGHEST_PROTOCOL + 1):
            try:
                data = pickle.dumps(value, protocol)
            except Exception as error:  # noqa: BLE001 (frameworks raise everything)
                problem = "%s: %r" % (label, error)
                continue
            self.note(label, data)
            written += 1
        if not written:
            self.failures.append(problem)
        for writer in (self._joblib, self._torch):
            try:
                writer(label, value)
            except Exception as error:  # noqa: BLE001
                self.failures.append("%s with %s: %r" % (label, writer.__name__, error))

    def _joblib(self, label: str, value: Any) -> None:
        for name in ("joblib", "sklearn.externals.joblib"):
            module = sys.modules.get(name)
            if module is None:
                continue
            wrapper = sys.modules[module.__name__ + ".numpy_pickle"].NumpyArrayWrapper
            keep = wrapper.write_array
            # Without the raw bytes of arrays the file is an ordinary pickle.
            wrapper.write_array = lambda self, array, pickler: None
            try:
                file = io.BytesIO()
                module.dump(value, file)
                self.note(label, file.getvalue())
            finally:
                wrapper.write_array = keep

    def _torch(self, label: str, value: Any) -> None:
        torch = sys.modules.get("torch")
        if torch is None:
            return
        import zipfile

        file = io.BytesIO()
        torch.save(value, file)
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.endswith("/data.pkl"):
                    self.note(label, archive.read(name))
        file = io.BytesIO()
        torch.save(value, file, _use_new_zipfile_serialization=False)
        self.note(label, file.getvalue(), 5)


def _observe(makers: List[str]) -> Observer:
    observer = Observer()
    for maker in makers:
        try:
            module = importlib.import_module("objects_" + maker)
        except Exception as error:  # noqa: BLE001
            print("  %s: not here (%r)" % (maker, error), file=sys.stderr)
            continue
        before = observer.count
        generator = module.make()
        while True:
            try:
                with _quiet(), _seconds(OBJECT_SECONDS):
                    label, value = next(generator)
                    observer.add(maker + ": " + label, value)
            except StopIteration:
                break
            except BaseException as error:  # noqa: BLE001
                if isinstance(error, KeyboardInterrupt):
                    raise
                observer.failures.append(
                    "%s: %s" % (maker, traceback.format_exc().strip().splitlines()[-1])
                )
                if generator.gi_frame is None:
                    print("  %s stopped early: %r" % (maker, error), file=sys.stderr)
                    break
        print("  %s: %d objects" % (maker, observer.count - before), file=sys.stderr)
    return observer


def _modules(package: str) -> Iterator[Any]:
    """Imports a package and all of its modules that are not left out."""
    try:
        with _quiet(), _seconds(120):
            root = importlib.import_module(package)
    except BaseException:  # noqa: BLE001
        return
    yield root
    paths = getattr(root, "__path__", None)
    pending = [(paths, package + ".")] if paths else []
    while pending:
        path, prefix = pending.pop()
        try:
            found = sorted(pkgutil.iter_modules(path, prefix), key=lambda item: item[1])
        except Exception:  # noqa: BLE001
            continue
        for info in found:
            if SKIPPED_MODULES.search(info[1][len(package) + 1 :]):
                continue
            try:
                with _quiet(), _seconds(MODULE_SECONDS):
                    module = importlib.import_module(info[1])
            except BaseException as error:  # noqa: BLE001
                if isinstance(error, KeyboardInterrupt):
                    raise
                continue
            yield module
            if info[2] and getattr(module, "__path__", None):
                pending.append((module.__path__, info[1] + "."))


def _resolve(module: str, name: str) -> Any:
    value = sys.modules.get(module)
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def _enumerate(packages: List[str]) -> List[Dict[str, Any]]:
    rows = {}
    for package in packages:
        seen: Set[int] = set()
        before = len(rows)
        for module in _modules(package):
            pending: List[Any] = []
            try:
                pending = list(vars(module).values())
            except Exception:  # noqa: BLE001
                continue
            while pending:
                cls = pending.pop()
                if not isinstance(cls, type) or id(cls) in seen:
                    continue
                seen.add(id(cls))
                try:
                    row = _describe(cls, package)
                except Exception:  # noqa: BLE001
                    continue
                if row is not None:
                    rows[(row["module"], row["name"])] = row
                    pending.extend(value for value in vars(cls).values() if isinstance(value, type))
        print("  %s: %d classes" % (package, len(rows) - before), file=sys.stderr)
    return [rows[key] for key in sorted(rows)]


def _unpicklers(packages: List[str]) -> List[List[str]]:
    """The functions that Cython writes for reading its classes back."""
    found = set()
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in packages and not SKIPPED_MODULES.search(name.partition(".")[2]):
            for key in list(getattr(module, "__dict__", {})):
                if key.startswith("__pyx_unpickle_"):
                    found.add((name, key))
    return [list(pair) for pair in sorted(found)]


def _describe(cls: type, package: str) -> Any:
    module, name = cls.__module__, cls.__qualname__
    if not isinstance(module, str) or module.split(".")[0] != package or "<" in name:
        return None
    if SKIPPED_MODULES.search(module[len(package) + 1 :]) or SKIPPED_CLASSES.search(name):
        return None
    if _resolve(module, name) is not cls:
        return None
    return {
        "module": module,
        "name": name,
        "obstacles": inert.obstacles(cls),
        "enum": inert.is_plain_enum(cls),
    }


def _observed_rows(observer: Observer) -> List[Dict[str, Any]]:
    rows = []
    for (module, name, shape), label in sorted(observer.uses.items()):
        value = _resolve(module, name)
        row = {
            "module": module,
            "name": name,
            "shape": shape,
            "seen": label,
            "class": isinstance(value, type),
        }
        if isinstance(value, type):
            row["obstacles"] = inert.obstacles(value)
            row["enum"] = inert.is_plain_enum(value)
        rows.append(row)
    return rows


def _versions() -> Dict[str, str]:
    try:
        from importlib import metadata
    except ImportError:
        import pkg_resources

        return {item.project_name.lower(): item.version for item in pkg_resources.working_set}
    return {
        item.metadata["Name"].lower(): item.version
        for item in metadata.distributions()
        if item.metadata["Name"]
    }


def _standard_library() -> List[str]:
    """Top-level names of this interpreter's own library."""
    names = set(sys.builtin_module_names)
    if hasattr(sys, "stdlib_module_names"):
        return sorted(names | set(sys.stdlib_module_names))
    import sysconfig

    folder = sysconfig.get_paths()["stdlib"]
    for place in (folder, os.path.join(folder, "lib-dynload")):
        for entry in os.listdir(place):
            name = entry.split(".")[0]
            if name.isidentifier() and name not in ("site-packages", "__pycache__", "LICENSE"):
                names.add(name)
    return sorted(names)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--environment", required=True, help="name of the environment, for the report"
    )
    parser.add_argument("--out", required=True, help="JSON file to write")
    parser.add_argument(
        "--objects", default="", help="object makers, comma separated (objects_NAME.py)"
    )
    parser.add_argument("--packages", default="", help="packages to enumerate, comma separated")
    options = parser.parse_args()
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("MPLBACKEND", "Agg")
    logging.disable(logging.CRITICAL)
    sys.setrecursionlimit(5000)
    observer = _observe([name for name in options.objects.split(",") if name])
    rows = _observed_rows(observer)
    enumerated = _enumerate([name for name in options.packages.split(",") if name])
    for failure in observer.failures:
        print("  not written: " + failure[:200], file=sys.stderr)
    with open(options.out, "w") as file:
        json.dump(
            {
                "environment": options.environment,
                "python": "%d.%d" % sys.version_info[:2],
                "versions": _versions(),
                "stdlib": _standard_library(),
                "observed": rows,
                "enumerated": enumerated,
                "unpicklers": _unpicklers([name for name in options.packages.split(",") if name]),
            },
            file,
        )
    return 0


if __name__ == "__main__":
    # The frameworks start threads that would keep the process alive.
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)

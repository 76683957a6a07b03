#!/usr/bin/env python3
"""Turns what collect.py found into catalogue/pickle/allow.tsv and catalogue/pickle/modules.tsv.

This is where a name is let in or left out. What stands in the way of a name, and is not covered by
a row of reviewed.tsv, is printed with --explain.
"""

from __future__ import annotations

import argparse
import collections
import fnmatch
import json
import pathlib
import re
import sys
from dataclasses import dataclass, field
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
CATALOGUE = HERE.parent.parent / "catalogue" / "pickle"
SHAPES = ("rebuild", "call", "import")

# Never, whatever was observed: names that run, import, open, read, write or resolve something.
FORBIDDEN_NAME = re.compile(
    r"(^|[._])(eval|exec|execfile|compile|system|popen|spawn\w*|call|check_output|run\w*|load\w*|loads|open\w*|read\w*|"
    r"urlopen|urlretrieve|fetch\w*|download\w*|import\w*|getattr|setattr|delattr|attrgetter|methodcaller|itemgetter|"
    r"partial|reduce|apply|starmap|unpickle|unpack_archive|extract\w*|remove|unlink|rmtree|save\w*|write\w*|resolve\w*|"
    r"globals|locals|vars|breakpoint|input|exit|quit|locate)$",
    re.IGNORECASE,
)
FORBIDDEN_MODULE = re.compile(
    r"^(os|posix|nt|sys|subprocess|operator|_operator|functools|importlib|imp|runpy|pty|ctypes|pickle|_pickle|marshal|shelve|"
    r"code|codeop|commands|shutil|pathlib\._local\.os|multiprocessing|webbrowser|socketserver|http\.client|urllib|ftplib|"
    r"numpy\.f2py|numpy\.distutils|numpy\.testing|torch\.hub|torch\.package|torch\.utils\.collect_env|torch\.utils\.bottleneck|"
    r"torch\._inductor|torch\._dynamo|torch\.utils\.data\.datapipes|pip|setuptools|pkg_resources|distutils|IPython|cloudpickle|dill"
    r"|.*cloudpickle.*|.*\.loky(\..*)?)(\.|$)"
)

# Classes that only enumeration would let in: inert to rebuild, but made to hold code, to call what they
# hold, or to reach files and the network later on. Modules of a network are judged by their base.
LEFT_OUT_CLASS = re.compile(
    r"Lazy|(?<!Results)Wrapper|Callback|Callable|Proxy|Lambda|Deferred|Partial|Loader|Script|Remote|Launcher|"
    r"Eval(?!uation)|Exec|Handler|Plugin|Monitor|Func(tion)?$|Hook|Writer|Reader|Stream|Url|CorpusView|Compressor|"
    r"Factory|Downloader|Tracker|Compiler|Codegen|Backend$|Pickl"
)
LEFT_OUT_MODULE = re.compile(
    r"^(onnx|onnxruntime|skl2onnx|onnxconverter_common|srsly|datasets|PIL\.(?!Image$|TiffTags|TiffImagePlugin)|"
    r"joblib\.(?!numpy_pickle)|nltk\.(corpus|downloader|data|app|draw|inference|sem|internals|chat|twitter|toolbox)|"
    r"transformers\.(utils\.(import_utils|hub|dummy_\w+)|commands|pipelines|integrations|tools|agents|benchmark|onnx|"
    r"dynamic_module_utils)|torch\.(jit|hub|distributed|multiprocessing|onnx|_?export|fx|_functorch|_subclasses|"
    r"_higher_order_ops|profiler|autograd|utils\.(cpp_extension|hipify|tensorboard|data\._utils|model_dump)|_lazy|"
    r"compiler|_numpy|_vmap_internals|cuda\.jiterator|futures|rpc|monitor)|ultralytics\.(hub|trackers|solutions|data)|"
    r"gensim\.(downloader|scripts|corpora\.(?!dictionary|hashdictionary|indexedcorpus|mmcorpus))|"
    r"scipy\.(io|_build_utils|_lib\.(cobyqa|array_api\w+|_uarray|deprecation|doccer|decorator))|"
    r"accelerate\.(utils\.(megatron_lm|deepspeed)|launchers)|spacy\.(cli|ml)|thinc\.(shims|layers)|numpy\.(ctypeslib|lib\._datasource))"
    r"(\.|$|(?<=\.))"
)

PYTHON2_MODULES = """
    __builtin__ anydbm audiodev Bastion BaseHTTPServer bsddb Canvas CDROM CGIHTTPServer cPickle cStringIO commands
    compiler ConfigParser Cookie cookielib copy_reg dbhash DEVICE Dialog dircache dl DocXMLRPCServer dumbdbm dummy_thread
    exceptions FileDialog FixTk fpformat future_builtins gdbm hotshot htmlentitydefs htmllib HTMLParser httplib ihooks
    imputil itertools md5 mhlib mimetools MimeWriter mimify multifile mutex new os2emxpath popen2 posixfile Queue
    rexec robotparser ScrolledText sets sgmllib sha SimpleDialog SimpleHTTPServer SimpleXMLRPCServer SocketServer
    statvfs stringold StringIO strop sunaudio sv Tix tkColorChooser tkCommonDialog Tkinter tkFileDialog tkFont
    tkMessageBox tkSimpleDialog thread toaiff ttk UserDict UserList UserString user urllib2 urlparse whichdb whrandom
    xmllib xmlrpclib _winreg winreg __main__
""".split()


@dataclass
class Entry:
    """What is known about one name in all environments."""

    shapes: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


class Reviewed:
    """Rows of reviewed.tsv: module pattern, name pattern, what, reason."""

    def __init__(self, path: pathlib.Path) -> None:
        self._exact: set[tuple[str, str, str]] = set()
        self._patterns: list[tuple[str, str, str]] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = line.split("\t")
            if len(cells) != 4 or not cells[3].strip():
                raise SystemExit(f"{path.name}:{number}: module, name, what and reason are needed")
            key = (cells[0], cells[1], cells[2])
            if "*" in cells[0] + cells[1]:
                self._patterns.append(key)
            else:
                self._exact.add(key)

    def has(self, module: str, name: str, what: str) -> bool:
        if (module, name, what) in self._exact:
            return True
        return any(
            what == wanted
            and fnmatch.fnmatchcase(module, left)
            and fnmatch.fnmatchcase(name, right)
            for left, right, wanted in self._patterns
        )

    def covers(self, module: str, name: str, obstacles: list[list[str]]) -> list[list[str]]:
        """The obstacles of a class that nobody has reviewed."""
        if self.has(module, name, "rebuild"):
            return []
        return [item for item in obstacles if not self.has(*item)]


def names_in(path: pathlib.Path) -> set[tuple[str, str]]:
    """The (module, name) pairs of the first two columns of a catalogue file; none if it is absent."""
    if not path.exists():
        return set()
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return {(row[0], row[1]) for row in rows if len(row) >= 2 and not row[0].startswith("#")}


def denies(denied: set[tuple[str, str]], module: str, name: str) -> bool:
    """A row (module, *) denies the whole module; other rows deny the one name."""
    parents = [module]
    while "." in parents[-1]:
        parents.append(parents[-1].rpartition(".")[0])
    return (module, name) in denied or any((parent, "*") in denied for parent in parents)


class Merger:
    """Gathers entries, and the reasons for leaving names out."""

    def __init__(self, reviewed: Reviewed, stdlib: set[str]) -> None:
        self.reviewed = reviewed
        self.stdlib = stdlib
        self.entries: dict[tuple[str, str], Entry] = collections.defaultdict(Entry)
        self.left_out: dict[str, set[str]] = collections.defaultdict(set)

    def _add(self, module: str, name: str, shape: str, place: str) -> None:
        entry = self.entries[(module, name)]
        entry.shapes.add(shape)
        entry.places.add(place)

    def observed(self, row: dict[str, Any], place: str) -> None:
        module, name, shape = row["module"], row["name"], row["shape"]
        if module.split(".")[0] == "__main__" or module.startswith("objects_"):
            return
        standard = module.split(".")[0] in self.stdlib
        if self.reviewed.has(module, name, shape):
            self._add(module, name, shape, place)
        elif FORBIDDEN_MODULE.match(module) or FORBIDDEN_NAME.search(name):
            self.left_out[f"forbidden\t{module}\t{name}\t{shape}"].add(row["seen"])
        elif shape == "call":
            if row.get("enum") and not standard:
                self._add(module, name, "call", place)
            else:
                self.left_out[f"call not reviewed\t{module}\t{name}\t"].add(row["seen"])
        elif standard:
            if shape == "rebuild" or not self.reviewed.has(module, name, "call"):
                self.left_out[f"standard library, {shape}\t{module}\t{name}\t"].add(row["seen"])
        elif shape == "rebuild":
            if not row["class"]:
                self.left_out[f"not found again\t{module}\t{name}\t"].add(row["seen"])
                return
            rest = self.reviewed.covers(module, name, row["obstacles"])
            for obstacle in rest:
                self.left_out["obstacle\t" + "\t".join(obstacle)].add(f"{module}.{name}")
            if not rest:
                self._add(module, name, "rebuild", place)
        else:
            self._add(module, name, "import", place)

    def enumerated(self, row: dict[str, Any], place: str) -> None:
        module, name = row["module"], row["name"]
        if (
            FORBIDDEN_MODULE.match(module)
            or FORBIDDEN_NAME.search(name)
            or module.split(".")[0] in self.stdlib
        ):
            return
        if LEFT_OUT_MODULE.match(module):
            return
        if row["enum"]:
            self._add(module, name, "call", place)
            return
        network = any(
            item[:2] == ["torch.nn.modules.module", "Module"] for item in row["obstacles"]
        )
        if LEFT_OUT_CLASS.search(name) and not network:
            return
        rest = self.reviewed.covers(module, name, row["obstacles"])
        if not rest:
            self._add(module, name, "rebuild", place)
        for obstacle in rest:
            self.left_out["enumerated, obstacle\t" + "\t".join(obstacle)].add(f"{module}.{name}")

    def aliases(self) -> None:
        """NumPy 2 moved numpy.core, and both loaders know both paths; one module of scikit-learn was
        built under a wrong name in some versions, and files carry it."""
        for (module, name), entry in list(self.entries.items()):
            for old, new in (
                ("numpy.core", "numpy._core"),
                ("numpy._core", "numpy.core"),
                ("sklearn._loss._loss", "_loss"),
            ):
                if module == old or module.startswith(old + "."):
                    other = self.entries[(new + module[len(old) :], name)]
                    other.shapes |= entry.shapes
                    other.places |= entry.places


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collected", nargs="+", type=pathlib.Path, help="JSON files of collect.py")
    parser.add_argument(
        "--catalogue",
        type=pathlib.Path,
        default=CATALOGUE,
        help="folder of allow.tsv and modules.tsv",
    )
    parser.add_argument("--explain", action="store_true", help="print what was left out and why")
    options = parser.parse_args()
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(options.collected)]

    stdlib = set(PYTHON2_MODULES).union(*(report["stdlib"] for report in reports))
    frameworks = set((HERE / "frameworks.txt").read_text(encoding="utf-8").split())
    merger = Merger(Reviewed(HERE / "reviewed.tsv"), stdlib)
    for report in reports:
        for row in report["observed"]:
            merger.observed(row, report["environment"])
        for row in report["enumerated"]:
            merger.enumerated(row, report["environment"])
        for module, name in report["unpicklers"]:
            if merger.reviewed.has(module, name, "call"):
                merger._add(module, name, "call", report["environment"])
    merger.aliases()

    hand_kept = names_in(options.catalogue / "allow_core.tsv")
    denied = names_in(options.catalogue / "deny.tsv")
    lines, refused = [], 0
    for (module, name), entry in sorted(merger.entries.items()):
        if (module, name) in hand_kept:
            continue
        if denies(denied, module, name):
            merger.left_out[f"denied\t{module}\t{name}\t{sorted(entry.shapes)}"].update(
                entry.places
            )
            refused += 1
            continue
        shapes = ",".join(shape for shape in SHAPES if shape in entry.shapes)
        lines.append("\t".join((module, name, shapes, ",".join(sorted(entry.places)))))
    header = [
        "# Generated by tools/allowlist. Do not edit: change reviewed.tsv or the tool, and generate again."
    ]
    for report in reports:
        wanted = (
            "numpy scipy pandas scikit-learn joblib xgboost xgboost-cpu lightgbm catboost statsmodels torch torchvision "
            "transformers tokenizers accelerate peft timm ultralytics tensorflow-cpu keras spacy nltk gensim onnx "
            "skl2onnx networkx imbalanced-learn sentence-transformers pytorch-lightning"
        ).split()
        versions = " ".join(
            f"{name}=={report['versions'][name]}" for name in wanted if name in report["versions"]
        )
        header.append(f"# {report['environment']}: python {report['python']} {versions}")
    header.append("# module\tname\tshapes\tframeworks")
    options.catalogue.mkdir(parents=True, exist_ok=True)
    (options.catalogue / "allow.tsv").write_text("\n".join(header + lines) + "\n", encoding="utf-8")

    packages = {name: "stdlib" for name in stdlib if not name.startswith("test_")}
    packages |= {name: "framework" for name in frameworks - stdlib}
    rows = [f"{name}\t{kind}" for name, kind in sorted(packages.items())]
    (options.catalogue / "modules.tsv").write_text(
        "\n".join(
            [
                "# Generated by tools/allowlist: top-level packages whose names are known.",
                "# package\tkind",
                *rows,
            ]
        )
        + "\n",
        encoding="utf-8",
    )
    if options.explain:
        for reason, places in sorted(merger.left_out.items()):
            print(f"{len(places)}\t{reason}\t{', '.join(sorted(places)[:3])}")
    print(
        f"{len(lines)} names, {refused} refused by deny.tsv, {len(packages)} packages",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

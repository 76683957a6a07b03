#!/usr/bin/env python3
"""Generates malicious pickle-family files from a seed, and proves each payload by a hooked unpickler.

    malicious.py --seed 7 --count 1000 --callables enumerated.tsv --catalogue ../../catalogue/pickle --out DIR

Half of the callables stand on no list of Saiph (neither allow nor deny; taken from `--callables`, which
enumerate_callables.py wrote from the standard library and real frameworks); half are well known. Each file is
one random composition: callable x way of naming it x way of calling it x noise x structure x container.
Every payload stream is run through an unpickler whose find_class resolves nothing and records calls: only a stream
that provably calls its target is written. Nothing is ever imported or executed. Arguments are harmless.
labels.tsv says for each file: name, callable, listed or unlisted, and the choices made.
"""
import argparse
import bz2
import csv
import gzip
import io
import lzma
import pathlib
import pickle
import random
import struct
import tarfile
import zipfile
import zlib

KNOWN = """os system|posix system|nt system|subprocess Popen|subprocess call|subprocess check_output|subprocess run|builtins exec
builtins eval|__builtin__ eval|__builtin__ execfile|builtins compile|builtins __import__|os popen|os execv|os spawnl|pty spawn|runpy run_path
runpy _run_code|code interact|importlib import_module|webbrowser open|shutil rmtree|shutil copyfile|socket create_connection
urllib.request urlopen|urllib.request urlretrieve|http.client HTTPSConnection|ssl get_server_certificate|marshal loads|pickle loads
_pickle loads|types FunctionType|ctypes CDLL|_ctypes dlopen|timeit timeit|cProfile run|cProfile runctx|profile run|trace Trace|doctest debug_script
pip main|pip._internal main|ensurepip _run_pip|pydoc locate|pydoc pipepager|operator methodcaller|operator attrgetter|_operator attrgetter
functools reduce|logging FileHandler|logging.config fileConfig|_io FileIO|io open|pkgutil resolve_name|commands getoutput|commands getstatusoutput
popen2 popen3|asyncio.unix_events _UnixSubprocessTransport._start|multiprocessing Process|distutils.file_util write_file|imaplib IMAP4_stream
uuid _popen|_osx_support _read_output|_aix_support _read_cmd_output|platform popen|linecache getlines|code InteractiveInterpreter.runcode
idlelib.pyshell ModifiedInterpreter.runcode|lib2to3.pgen2.grammar Grammar.loads|bdb Bdb.run|pdb run|smtplib SMTP|ftplib FTP|telnetlib Telnet
xmlrpc.client ServerProxy|sqlite3 connect|tempfile mktemp|zipfile ZipFile|tarfile open|shelve open|dbm open|site addsitedir|signal signal
threading Thread|_thread start_new_thread|gc get_objects|inspect getattr_static|weakref finalize|atexit register|numpy load
numpy.testing._private.utils runstring|numpy.f2py.crackfortran getlincoef|numpy.f2py.crackfortran myeval|torch load
torch._dynamo.guards GuardBuilder.get|torch.utils.collect_env run|torch.utils.bottleneck.__main__ run_cprofile|torch.jit.unsupported_tensor_ops execWrapper
torch.utils._config_module ConfigModule.load_config|torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression
joblib load|pandas read_pickle|pandas eval|dill loads|cloudpickle loads|requests get|yaml load|jinja2 Template|setuptools._distutils.spawn spawn
mailcap findmatch|pipes Template.copy|typing get_type_hints|dataclasses _create_fn|string Formatter.vformat|codecs open|fileinput input
nturl2path url2pathname|random _os.system|site os.system|pathlib os.system|builtins getattr|builtins globals|builtins open|builtins map|builtins filter
itertools starmap|itertools takewhile|functools partial|statistics mean|_posixsubprocess fork_exec|_interpreters run_string|_xxsubinterpreters run_string
test.support.script_helper assert_python_ok|unittest.mock _importer|turtle write_docstringdict|antigravity geohash|venv create|zipimport zipimporter
zipapp create_archive|compileall compile_file|py_compile compile|imp load_source|symtable symtable|ast literal_eval|crypt crypt|nntplib NNTP|poplib POP3"""

HARMLESS = ["true", "echo saiph", "print('saiph')", "saiph", "/nonexistent/saiph", "127.0.0.1", "1+1"]


def read_table(path):
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file, delimiter="\t") if row and not row[0].startswith("#")]


def listed_names(catalogue):
    """(exact (module, name) pairs, wildcard modules) that stand on any list of ours."""
    exact, modules = set(), set()
    for name in ("allow.tsv", "allow_core.tsv", "deny.tsv"):
        for row in read_table(catalogue / name):
            if len(row) < 2:
                continue
            if row[1] == "*":
                modules.add(row[0])
            else:
                exact.add((row[0], row[1]))
    return exact, modules


def is_listed(module, name, exact, modules):
    parts = module.split(".")
    return (module, name) in exact or any(".".join(parts[:i]) in modules for i in range(1, len(parts) + 1))


class Hooked(pickle.Unpickler):
    """Resolves every global to a recorder; `called` holds the (module, name) pairs that were called."""

    def __init__(self, data):
        super().__init__(io.BytesIO(data), encoding="latin1")
        self.called = []

    def find_class(self, module, name):
        unpickler = self

        class Recorder:
            def __new__(cls, *arguments, **keywords):
                unpickler.called.append((module, name))
                return object.__new__(cls)

            def __init__(self, *arguments, **keywords):
                pass

            def __setstate__(self, state):
                pass

            def __call__(self, *arguments, **keywords):
                return self

            def __setitem__(self, key, value):
                pass

            def append(self, value):
                pass

            def extend(self, values):
                pass

        return Recorder

    def persistent_load(self, identifier):
        return identifier

    def get_extension(self, code):
        return self.find_class("copyreg", f"extension_{code}")


class Writer:
    """Composes one stream. Each step draws from `random`, so a seed gives the same bytes again."""

    def __init__(self, rng):
        self.rng = rng
        self.out = bytearray()
        self.memo = 0
        self.choices = []

    def choose(self, label, options):
        value = self.rng.choice(options)
        self.choices.append(f"{label}={value}")
        return value

    def string(self, text, protocol):
        data = text.encode()
        if protocol == 0:
            return self.rng.choice([b"V" + data + b"\n", b"S" + repr(text).encode() + b"\n"])
        forms = [b"X" + struct.pack("<I", len(data)) + data]
        if protocol >= 4 and len(data) < 256:
            forms += [b"\x8c" + bytes([len(data)]) + data] * 3 + [b"\x8d" + struct.pack("<Q", len(data)) + data]
        if len(data) < 256 and protocol < 3:
            forms.append(b"U" + bytes([len(data)]) + data)
        return self.rng.choice(forms)

    def put(self, protocol):
        self.memo += 1
        if protocol >= 4 and self.memo_plain:
            return b"\x94"
        if protocol == 0:
            return b"p%d\n" % self.memo
        return b"q" + bytes([self.memo]) if self.memo < 256 else b"r" + struct.pack("<I", self.memo)

    def named(self, module, name, protocol):
        """The callable on top of the stack."""
        ways = ["global"]
        if protocol >= 4:
            ways = ["stack_global"] * 3 + ["stack_global_memo", "stack_global_decoy", "global" if "." not in name else "stack_global",
                                           "stack_global_dup"]
        elif "." in name:
            ways = ["global"]
        way = self.choose("name", ways)
        if way == "global":
            return b"c" + module.encode() + b"\n" + name.encode() + b"\n"
        first, second = self.string(module, protocol), self.string(name, protocol)
        if way == "stack_global_memo":
            return (first + b"q\xf0" + b"0" + second + b"q\xf1" + b"0" + b"h\xf0" + b"h\xf1" + b"\x93")
        if way == "stack_global_decoy":
            decoy = self.string("collections", protocol) + b"q\x00" + b"0" + self.string("OrderedDict", protocol) + b"q\x01" + b"0"
            return decoy + first + b"q\xf2" + b"0" + second + b"q\xf3" + b"0" + b"h\xf2" + b"h\xf3" + b"\x93"
        if way == "stack_global_dup":
            return first + b"2" + b"0" + second + b"\x93"
        return first + second + b"\x93"

    def argument(self, protocol):
        return self.string(self.rng.choice(HARMLESS), protocol)

    def call(self, module, name, protocol):
        ways = ["reduce"] * 4
        if "." not in name:
            ways += ["inst", "obj"] if protocol < 4 else ["obj"]
        elif protocol >= 4:
            ways += ["obj"]
        if protocol >= 2:
            ways += ["newobj"]
        if protocol >= 4:
            ways += ["newobj_ex"]
        way = self.choose("call", ways)
        if way == "inst":
            return b"(" + self.argument(protocol) + b"i" + module.encode() + b"\n" + name.encode() + b"\n"
        target = self.named(module, name, protocol)
        if way == "obj":
            return b"(" + target + self.argument(protocol) + b"o"
        one = b"(" + self.argument(protocol) + b"t" if protocol < 2 or self.rng.random() < 0.3 else self.argument(protocol) + b"\x85"
        if way == "newobj":
            return target + one + b"\x81"
        if way == "newobj_ex":
            return target + one + b"}" + b"\x92"
        return target + one + b"R"

    def noise(self, protocol):
        """Benign values that surround real payloads."""
        pieces = []
        for _ in range(self.rng.randrange(4)):
            value = self.rng.choice([list(range(self.rng.randrange(40))), {"layer": 1.5, "name": "dense"}, (1, 2.5, None, True), "weights",
                                     {"config": {"units": [64, 32]}}, [0.25] * 12])
            stream = pickle.dumps(value, min(protocol, 3))
            stream = stream[2:-1] if stream[:1] == b"\x80" else stream[:-1]
            pieces.append(stream + b"0")
        return b"".join(pieces)

    def stream(self, module, name):
        # Dotted names resolve only where the reader splits them: protocol 4 and later.
        protocol = self.choose("protocol", [4, 4, 5] if "." in name else [0, 1, 2, 3, 4, 4, 5])
        self.memo_plain = False
        head = b"" if protocol < 2 else b"\x80" + bytes([protocol])
        if protocol < 4 and protocol >= 2 and self.rng.random() < 0.15:
            head = b""
            self.choices.append("noproto")
        body = self.noise(protocol)
        payload = self.call(module, name, protocol)
        shape = self.choose("shape", ["bare", "pop_then_value", "in_list", "in_dict", "build", "memo_shuffle"])
        if shape == "bare":
            body += payload
        elif shape == "pop_then_value":
            body += payload + b"0" + self.string("model", protocol)
        elif shape == "in_list":
            body += b"(" + self.string("a", protocol) + payload + b"l"
        elif shape == "in_dict":
            body += b"(" + self.string("state", protocol) + payload + b"d"
        elif shape == "build":
            body += payload + b"}" + b"b"
        else:
            body += payload + b"p7\n" + b"0" + b"g7\n"
        tail = b"."
        ending = self.choose("end", ["stop"] * 6 + ["broken", "garbage", "second_benign"])
        if ending == "broken":
            tail = b"h\xee."  # the loader has run the payload before it fails here
        elif ending == "garbage":
            tail = b"." + self.rng.randbytes(self.rng.randrange(1, 40))
        elif ending == "second_benign":
            tail = b"." + pickle.dumps({"ok": 1}, 2)
        if protocol >= 4 and ending == "stop" and self.rng.random() < 0.4:
            frame = body + tail
            cut = len(frame)
            self.choices.append("frame")
            return head + b"\x95" + struct.pack("<Q", cut) + frame
        return head + body + tail


def proves(stream, module, name):
    """True when an unpickler that resolves nothing would call the target with this stream."""
    hooked = Hooked(stream)
    try:
        hooked.load()
    except Exception:  # noqa: BLE001: a broken tail is part of the test
        pass
    # Protocol below 3 maps Python 2 names before find_class sees them.
    mapped = pickle._compat_pickle
    new = mapped.NAME_MAPPING.get((module, name), (mapped.IMPORT_MAPPING.get(module, module), name))
    return (module, name) in hooked.called or tuple(new) in hooked.called


# --- structures and containers: each takes a payload stream and returns (bytes, file extension)

def plain(rng, stream):
    return stream, rng.choice([".pkl", ".pickle", ".bin", ".pt", ".cfg", ".dat", ".model", ".txt", ""])


def benign_then_payload(rng, stream):
    return pickle.dumps({"epoch": 3, "lr": 0.1}, rng.choice([2, 4])) + stream, ".pkl"


def gap_then_payload(rng, stream):
    if stream[:1] != b"\x80":
        stream = b"\x80\x02" + stream
    return pickle.dumps([1, 2, 3], 2) + bytes(rng.randrange(1, 64)) + stream, ".pkl"


def torch_zip(rng, stream):
    out = io.BytesIO()
    prefix = rng.choice(["archive", "model", "checkpoint"])
    with zipfile.ZipFile(out, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        archive.writestr(f"{prefix}/data.pkl", stream)
        archive.writestr(f"{prefix}/byteorder", "little")
        archive.writestr(f"{prefix}/data/0", bytes(256))
        archive.writestr(f"{prefix}/version", "3\n")
    return out.getvalue(), rng.choice([".pt", ".pth", ".bin", ".ckpt"])


def zip_odd_member(rng, stream):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"w": 1}, 2))
        archive.writestr(rng.choice(["archive/notes.txt", "archive/.hidden", "weights", "archive/data/7", "a.jpg"]), stream)
    return out.getvalue(), ".pt"


def zip_flagged(rng, stream):
    data = bytearray(torch_zip(rng, stream)[0])
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = data.find(signature)
        data[where + at] |= rng.choice([0x20, 0x40])
    return bytes(data), ".pt"


def zip_wrong_crc(rng, stream):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", stream)
    data = bytearray(out.getvalue())
    crc = struct.pack("<I", zlib.crc32(stream))
    at = data.find(crc)
    while at >= 0:
        data[at] ^= 0xFF
        at = data.find(crc, at + 1)
    return bytes(data), ".pt"


def compressed(rng, stream):
    pack, extension = rng.choice([(gzip.compress, ".gz"), (bz2.compress, ".bz2"), (lzma.compress, ".xz"), (zlib.compress, ".z")])
    return pack(stream), rng.choice([extension, ".joblib", ".pkl"])


def tar(rng, stream):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=rng.choice(["w", "w:gz"])) as archive:
        info = tarfile.TarInfo("model/data.pkl")
        info.size = len(stream)
        archive.addfile(info, io.BytesIO(stream))
    return out.getvalue(), ".tar"


def npy_object(rng, stream):
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + stream
    if rng.random() < 0.5:
        return data, ".npy"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("arr_0.npy", data)
    return out.getvalue(), ".npz"


def torch_legacy(rng, stream):
    magic = pickle.dumps(0x1950a86a20f9469cfc6c, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    return magic + stream + pickle.dumps([], 2), rng.choice([".pt", ".pth"])


STRUCTURES = [plain] * 6 + [benign_then_payload, gap_then_payload, torch_zip, torch_zip, zip_odd_member, zip_flagged, zip_wrong_crc,
                            compressed, compressed, tar, npy_object, torch_legacy]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--callables", type=pathlib.Path, required=True)
    parser.add_argument("--catalogue", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    exact, modules = listed_names(arguments.catalogue)
    known = [tuple(pair.split(" ")) for line in KNOWN.splitlines() for pair in line.split("|")]
    unlisted = [tuple(row[:2]) for row in read_table(arguments.callables) if not is_listed(row[0], row[1], exact, modules)]
    if len(unlisted) < 500:
        raise SystemExit(f"malicious.py: only {len(unlisted)} unlisted callables; run enumerate_callables.py first")
    rng.shuffle(unlisted)
    arguments.out.mkdir(parents=True, exist_ok=True)
    labels = []
    tries = 0
    while len(labels) < arguments.count:
        tries += 1
        if tries > arguments.count * 20:
            raise SystemExit("malicious.py: too few compositions prove their call")
        half = "listed" if len(labels) % 2 == 0 else "unlisted"
        module, name = rng.choice(known) if half == "listed" else unlisted[(len(labels) // 2) % len(unlisted)]
        writer = Writer(rng)
        stream = writer.stream(module, name)
        if not proves(stream, module, name):
            continue
        structure = rng.choice(STRUCTURES)
        data, extension = structure(rng, stream)
        file = f"{len(labels):05d}{extension}"
        (arguments.out / file).write_bytes(data)
        labels.append([file, f"{module}.{name}", half, structure.__name__, " ".join(writer.choices)])
    with open(arguments.out.parent / f"{arguments.out.name}.labels.tsv", "w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter="\t").writerows([["file", "callable", "half", "structure", "choices"], *labels])
    print(f"malicious: {len(labels)} files from {tries} compositions, seed {arguments.seed}, "
          f"{len(unlisted)} unlisted callables to draw from")


if __name__ == "__main__":
    main()

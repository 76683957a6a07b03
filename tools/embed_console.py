#!/usr/bin/env python3
"""Writes build/console as C++: one table of files for src/server/console_assets.h.

  embed_console.py --console FOLDER --out FILE.cc

A file is embedded as it is and, when that is smaller, compressed with gzip (level 9, no time stamp, so
that equal input gives an equal program). Its entity tag is the SHA-256 of the plain bytes.
"""
import argparse
import gzip
import hashlib
import pathlib
import sys

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
}


def literal(data):
    """Octal escapes of fixed length, so that no digit after one is taken into it."""
    plain = [chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in data]
    return "\n".join(f'    "{"".join(plain[i:i + 64])}"' for i in range(0, len(plain), 64)) or '    ""'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--console", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    if not (arguments.console / "index.html").is_file():
        sys.exit("embed_console.py: the console is not built (no build/console/index.html). Run tools/console.sh first.")

    rows, bytes_of = [], []
    for path in sorted(p for p in arguments.console.rglob("*") if p.is_file()):
        content_type = CONTENT_TYPES.get(path.suffix)
        if content_type is None:
            sys.exit(f"embed_console.py: no content type is known for {path}")
        name = "/" + path.relative_to(arguments.console).as_posix()
        data = path.read_bytes()
        packed = gzip.compress(data, 9, mtime=0)
        if len(packed) >= len(data):
            packed = b""
        n = len(rows)
        # Vite puts the content's hash into the names below assets/: these never change.
        immutable = "true" if name.startswith("/assets/") else "false"
        bytes_of.append(f"constexpr char kPlain{n}[] =\n{literal(data)};\nconstexpr char kGzip{n}[] =\n{literal(packed)};")
        rows.append(
            f'    {{.path = "{name}",\n     .content_type = "{content_type}",\n'
            f'     .etag = "\\"{hashlib.sha256(data).hexdigest()}\\"",\n'
            f"     .plain = {{kPlain{n}, {len(data)}}},\n     .gzip = {{kGzip{n}, {len(packed)}}},\n"
            f"     .immutable = {immutable}}},")
    text = "\n".join([
        "// Generated from build/console by tools/embed_console.py. Do not edit.",
        '#include "server/console_assets.h"', "", "#include <array>", "",
        "namespace saiph::server {", "namespace {", "",
        *bytes_of, "", f"constexpr std::array<ConsoleAsset, {len(rows)}> kAssets = {{{{", *rows, "}};", "",
        "}  // namespace", "",
        "std::span<const ConsoleAsset> console_assets() { return kAssets; }", "",
        "}  // namespace saiph::server", ""])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes a text file as C++: a function that answers its bytes.

  embed_text.py --text FILE --header PATH --namespace NAME --function NAME --out FILE.cc
"""
import argparse
import pathlib

from embed_console import literal


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--text", type=pathlib.Path, required=True)
    parser.add_argument("--header", required=True)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--function", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    data = arguments.text.read_bytes()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text("\n".join([
        f"// Generated from {arguments.text.name} by tools/embed_text.py. Do not edit.",
        f'#include "{arguments.header}"', "", f"namespace {arguments.namespace} {{", "namespace {",
        "constexpr char kText[] =", literal(data) + ";", "}  // namespace", "",
        f"std::string_view {arguments.function}() {{ return {{kText, {len(data)}}}; }}", "",
        f"}}  // namespace {arguments.namespace}", ""]), encoding="ascii")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The code points that match/canonical knows, in two steps.

  generate_unicode.py refresh --unicode DIR --out catalogue/unicode/code_points.tsv
      from the Unicode character database (Debian's unicode-data, unpacked) and the look-alikes of
      UTS 39, asked from ICU 72 (libicui18n) one code point at a time. By hand, once a Unicode version.
  generate_unicode.py tables --catalogue catalogue/unicode --out FILE.cc
      the lookup tables, at every build. Needs nothing but Python. A broken row ends the build.

Columns of code_points.tsv, separated by tabs; code points that stand in no row are kept as they are
and are no letters:
  range   FIRST or FIRST..LAST, hexadecimal
  class   one of CLASSES below
  text    what the code point becomes (code points, hexadecimal); "=": itself; "+N": itself moved by N
  flags   letters out of FLAGS below, or "-"
  like    the ASCII letter that it looks like, a capital one where the likeness is weak, or "-"
And of compose.tsv: first, second, composed.
"""
import argparse
import ctypes
import pathlib
import sys
import unicodedata

CLASSES = {"keep": 0, "map": 1, "strip": 2, "mark": 3, "tag": 4, "variation": 5, "zero": 6, "bidi": 7,
           "hyphen": 8, "filler": 9, "control": 10, "private": 11, "hangul": 12}
# L letter; l Latin; f of a script with look-alikes; j takes joiners (its script needs ZWJ, ZWNJ or
# ZWSP); e pictograph; s a styled form of an ASCII letter or digit; r written from right to left.
FLAGS = {"L": 1, "l": 2, "f": 4, "j": 8, "e": 16, "s": 32, "r": 64}

# Our own additions: what people use as letters and neither NFKC nor UTS 39 calls so.
SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"))
LETTERS = {"ı": "i", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ø": "o", "ŋ": "n", "ƒ": "f", "ɡ": "g", "ɑ": "a",
           "ĸ": "k", "ß": "ss", "ɩ": "i", "ȷ": "j", "ƿ": "w", "ʒ": "z", "ʃ": "s", "ʋ": "v", "ɛ": "e", "ɴ": "n"}
# Kept, because a text turned upside down is found by them.
UPSIDE_DOWN = set("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎꓤ")
PUNCTUATION = {"'": "‘’‚‛′‵ʹʼʽˈ՚׳‹›", '"': "“”„‟″‶«»״", "-": "‐‑‒–—―−⁃﹘‾", "/": "⁄∕⧸", ":": "∶ː꞉", "*": "∗⁎", "|": "∣ǀ",
               ".": "․", "~": "∼˜", "+": "᛭", "<": "˂", ">": "˃", "?": "ʔ", "!": "ǃ", "^": "ˆ", ",": "‚"}
SPACES = {0x1680, 0x180E, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, 0x00A0}
LINE_ENDS = {0x85, 0x2028, 0x2029, 0x0B, 0x0C, 0x1C, 0x1D, 0x1E}
ZERO = {0x034F, 0x200B, 0x200C, 0x200D, *range(0x2060, 0x2066), 0xFEFF, 0x17B4, 0x17B5, *range(0x206A, 0x2070),
        *range(0xFFF0, 0xFFFC), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), 0x180B, 0x180C, 0x180D, 0x180F,
        0x2065}
BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
FILLERS = {0x115F, 0x1160, 0x3164, 0xFFA0}
ALIKE_SCRIPTS = {"Cyrillic", "Greek", "Armenian", "Cherokee", "Coptic", "Lisu", "Deseret", "Georgian", "Hebrew",
                 "Arabic", "Runic", "Tifinagh", "Osage", "Vai", "Canadian_Aboriginal", "Old_Italic", "Carian", "Lycian",
                 "Warang_Citi", "Miao", "Elbasan", "Gothic", "Glagolitic", "Old_Permic", "Caucasian_Albanian"}
LOOSE_MARKS = {"Latin", "Greek", "Cyrillic", "Common", "Inherited", "Arabic", "Hebrew", "Coptic", "Syriac", "Armenian"}


def ranges(path):
    """Property files: (first, last, value)."""
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line:
            codes, value = (part.strip() for part in line.split(";")[:2])
            first, _, last = codes.partition("..")
            yield int(first, 16), int(last or first, 16), value


class Characters:
    """The parts of the Unicode character database that matter here."""

    def __init__(self, folder):
        self.category, self.decomposition, self.digit, self.lower, self.combining = {}, {}, {}, {}, {}
        first = None
        for line in (folder / "UnicodeData.txt").read_text(encoding="utf-8").splitlines():
            cell = line.split(";")
            code = int(cell[0], 16)
            if cell[1].endswith("First>"):
                first = code
                continue
            for point in range(first if cell[1].endswith("Last>") else code, code + 1):
                self.category[point] = cell[2]
            self.combining[code] = int(cell[3])
            if cell[5]:
                tag, _, rest = cell[5].partition("> ") if cell[5].startswith("<") else ("", "", cell[5])
                self.decomposition[code] = (tag[1:], [int(point, 16) for point in rest.split()])
            if cell[6]:
                self.digit[code] = int(cell[6])
            if cell[13]:
                self.lower[code] = int(cell[13], 16)
        self.fold = {}
        for line in (folder / "CaseFolding.txt").read_text(encoding="utf-8").splitlines():
            cell = [part.strip() for part in line.partition("#")[0].split(";")]
            if len(cell) > 2 and cell[1] in "CF":
                self.fold[int(cell[0], 16)] = [int(point, 16) for point in cell[2].split()]
        self.script, self.emoji, self.excluded, self.ignorable = {}, set(), set(), set()
        for start, end, value in ranges(folder / "Scripts.txt"):
            for point in range(start, end + 1):
                self.script[point] = value
        for start, end, value in ranges(folder / "emoji/emoji-data.txt"):
            if value == "Extended_Pictographic":
                self.emoji.update(range(start, end + 1))
        for start, end, value in ranges(folder / "DerivedNormalizationProps.txt"):
            if value == "Full_Composition_Exclusion":
                self.excluded.update(range(start, end + 1))
        for start, end, value in ranges(folder / "DerivedCoreProperties.txt"):
            if value == "Default_Ignorable_Code_Point":
                self.ignorable.update(range(start, end + 1))
        self.pairs = {tuple(parts): code for code, (tag, parts) in self.decomposition.items()
                      if not tag and len(parts) == 2 and code not in self.excluded}

    def decompose(self, point):
        if point not in self.decomposition:
            return [point]
        return [part for piece in self.decomposition[point][1] for part in self.decompose(piece)]

    def decompose_fold(self, point):
        """Case folding, and what that decomposes to."""
        return [part for low in self.fold.get(point, [point]) for part in self.decompose(low)]

    def is_mark(self, point):
        return self.category.get(point, "Cn") in ("Mn", "Me")

    def compose(self, points):
        """Composition of a short sequence; enough for what one code point decomposes to."""
        out = []
        for point in points:
            if out and (out[-1], point) in self.pairs:
                out[-1] = self.pairs[out[-1], point]
            else:
                out.append(point)
        return out


class LookAlikes:
    """ICU's skeletons (UTS 39), turned round: which ASCII letter has the same."""

    def __init__(self):
        self.icu = ctypes.CDLL("libicui18n.so.72")
        status = ctypes.c_int(0)
        self.icu.uspoof_open_72.restype = ctypes.c_void_p
        self.checker = ctypes.c_void_p(self.icu.uspoof_open_72(ctypes.byref(status)))
        self.of = {self.skeleton(letter): letter for letter in "abcdefghijklmnopqrstuvwxyz"}
        for letter in "ABCDEFGHJKLMNOPQRSTUVWXYZ":  # capital i looks like l, which stands already
            self.of.setdefault(self.skeleton(letter), letter.lower())
        self.of.update(SMALL_CAPITALS)

    def skeleton(self, text):
        status = ctypes.c_int(0)
        out = ctypes.create_string_buffer(256)
        data = text.encode("utf-8")
        length = self.icu.uspoof_getSkeletonUTF8_72(self.checker, 0, data, len(data), out, 256, ctypes.byref(status))
        return out.raw[:length].decode("utf-8") if status.value <= 0 else ""


class Refresh:
    def __init__(self, folder):
        self.u = Characters(folder)
        self.alike = LookAlikes()
        self.own = {ord(key): value for key, value in {**SMALL_CAPITALS, **LETTERS}.items()}
        for target, sources in PUNCTUATION.items():
            self.own.update((ord(source), target) for source in sources)

    def unmarked(self, text):
        return "".join(c for c in text if not self.u.is_mark(ord(c)))

    def like(self, point, folded):
        """The ASCII letter that a letter of another script looks like; a capital letter where it only
        looks like a small capital."""
        for text in (folded, chr(point)):
            bare = self.unmarked(self.alike.skeleton(text))
            if bare in self.alike.of:
                return self.alike.of[bare].upper() if bare in SMALL_CAPITALS else self.alike.of[bare]
        return None

    def plain(self, point):
        """What a code point becomes: compatibility form, case folded, Latin and Greek without marks."""
        u = self.u
        if point in self.own:
            return self.own[point]
        if 0x249C <= point <= 0x24B5:
            return chr(ord("a") + point - 0x249C)  # parenthesised letters
        if 0x1F1E6 <= point <= 0x1F1FF:
            return chr(ord("a") + point - 0x1F1E6)  # regional indicators
        for start in (0x1F130, 0x1F150, 0x1F170):  # squared and negative letters
            if start <= point < start + 26:
                return chr(ord("A") + point - start)
        if u.category.get(point) == "Nd":
            return str(u.digit[point])
        parts = u.decompose(point)
        styled = len(parts) == 1 and parts[0] < 0x80 and parts[0] != point
        if styled:
            return chr(parts[0])  # the case of full-width and mathematical letters is kept for decoders
        folded = [low for part in parts for low in u.decompose_fold(part)]
        bare, base = [], None
        for part in folded:
            if u.is_mark(part) and base in ("Latin", "Greek"):
                continue
            if not u.is_mark(part):
                base = u.script.get(part)
            bare.append(part)
        text = "".join(map(chr, u.compose(bare)))
        text = text.replace("ё", "е").replace("ѐ", "е").replace("ѝ", "и")
        if len(text) == 1 and u.script.get(ord(text)) == "Latin" and ord(text) >= 0x80:
            if ord(text) in self.own:
                return self.own[ord(text)]
            if text not in UPSIDE_DOWN:
                skeleton = self.unmarked(self.alike.skeleton(text))
                if skeleton in self.alike.of:
                    return self.alike.of[skeleton]
                if skeleton and skeleton.isascii() and skeleton.isalpha():
                    return skeleton.lower()
        return "".join(self.own.get(ord(c), c) if ord(c) >= 0x80 else c for c in text)

    def row(self, point):
        u = self.u
        category = u.category.get(point, "Cn")
        script = u.script.get(point, "Unknown")
        if 0xE0000 <= point <= 0xE007F:
            return "tag", "=", "-", "-"
        if 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF:
            return "variation", "=", "-", "-"
        if point in FILLERS:
            return "filler", "=", "-", "-"
        if point == 0xAD:
            return "hyphen", "=", "-", "-"
        if point in BIDI:
            return "bidi", "=", "-", "-"
        if point in SPACES:
            return "map", "20", "-", "-"
        if point in LINE_ENDS:
            return "map", "A", "-", "-"
        if point in ZERO or point in u.ignorable:
            return "zero", "=", "-", "-"
        if category == "Cc":
            return (None if point in (9, 10, 13) else ("control", "=", "-", "-"))
        if category == "Cf":
            return "zero", "=", "-", "-"
        if category in ("Co", "Cn", "Cs"):
            return "private", "=", "-", "-"
        flags = ""
        if category in ("Mn", "Me"):
            return ("strip" if script in LOOSE_MARKS else "mark"), "=", "j" if script not in LOOSE_MARKS else "-", "-"
        if point < 0x80:
            letter = chr(point).isalpha()
            return ("keep", "=", "Ll", chr(point).lower()) if letter else None
        if 0xAC00 <= point <= 0xD7A3 or 0x1100 <= point <= 0x11FF:
            return "hangul", "=", "L", "-"
        text = self.plain(point)
        if text[:1] == " " and all(unicodedata.category(c) == "Mn" for c in text[1:]):
            text = " "  # a mark by itself: it must not join what stands before it
        if category[0] == "L" or (text.isascii() and text.isalpha()):
            flags += "L"
        if script == "Latin" or (text.isascii() and text.isalpha()):
            flags += "l"
        like = None
        if script in ALIKE_SCRIPTS and "L" in flags:
            like = self.like(point, text)
            flags += "f"
        if script in ("Arabic", "Hebrew", "Syriac", "Thaana", "Nko"):
            flags += "r"
        if "L" in flags and script not in ("Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Han", "Hiragana",
                                           "Katakana", "Hangul", "Common", "Cherokee", "Hebrew", "Coptic"):
            flags += "j"
        if point in u.emoji or 0x1F1E6 <= point <= 0x1F1FF:
            flags += "e"
        if text.isascii() and text.isalnum() and len(text) == 1 and ("l" in flags or category[0] == "N") and (
                point in u.decomposition and u.decomposition[point][0] in ("wide", "font", "circle", "square", "super",
                                                                          "sub") or 0x1F100 <= point <= 0x1F1FF
                or chr(point) in SMALL_CAPITALS or 0x249C <= point <= 0x24B5):
            flags += "s"
        moved = text != chr(point)
        if not moved and not flags:
            return None
        return ("map" if moved else "keep"), (" ".join(f"{ord(c):X}" for c in text) if moved else "="), flags or "-", like or "-"

    def pairs(self):
        """Compositions that are made of two code points in the text. Latin and Greek letters lose their
        marks; capital letters are small by then."""
        for (first, second), whole in sorted(self.u.pairs.items()):
            script = self.u.script.get(first)
            if script not in ("Latin", "Greek", "Common", "Inherited") and first not in self.u.fold and (
                    chr(whole) not in "ёѐѝ"):
                yield first, second, whole

    def write(self, out):
        rows = []
        for point in range(0x110000):
            if 0xD800 <= point < 0xE000:
                continue
            row = self.row(point)
            if row is None:
                continue
            kind, text, flags, like = row
            if kind == "map" and " " not in text:
                delta = int(text, 16) - point
                if rows and rows[-1][1] == point - 1 and rows[-1][2:] == (kind, f"+{delta}", flags, like):
                    rows[-1] = (rows[-1][0], point) + rows[-1][2:]
                    continue
                text = f"+{delta}"
            if rows and rows[-1][1] == point - 1 and rows[-1][2:] == (kind, text, flags, like):
                rows[-1] = (rows[-1][0], point) + rows[-1][2:]
            else:
                rows.append((point, point, kind, text, flags, like))
        with open(out / "code_points.tsv", "w", encoding="utf-8") as file:
            file.write(HEAD)
            for first, last, *rest in rows:
                span = f"{first:X}" if first == last else f"{first:X}..{last:X}"
                file.write("\t".join([span, *rest]) + "\n")
        with open(out / "compose.tsv", "w", encoding="utf-8") as file:
            file.write(HEAD)
            for first, second, whole in self.pairs():
                file.write(f"{first:X}\t{second:X}\t{whole:X}\n")


HEAD = """# Made by tools/generate_unicode.py refresh from the Unicode Character Database 15.0.0 and the look-alikes
# of UTS 39 (as ICU 72 has them). Derived data: Copyright 1991-2022 Unicode, Inc., under the Unicode
# License v3 (SPDX: Unicode-3.0), https://www.unicode.org/license.txt. Columns: see that tool.
"""

BLOCK = 128


def rows_of(path, columns):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            cells = line.split("\t")
            if len(cells) != columns:
                sys.exit(f"{path.name}:{number}: {len(cells)} columns instead of {columns}")
            yield f"{path.name}:{number}", cells


def tables(catalogue, out):
    points = [0] * 0x110000
    records = {(0, 0, 0, 0, 0): 0}
    blob = bytearray()
    places = {}
    for where, (span, kind, text, flags, like) in rows_of(catalogue / "code_points.tsv", 5):
        try:
            first, _, last = span.partition("..")
            first, last = int(first, 16), int(last or first, 16)
            bits = sum(FLAGS[flag] for flag in flags) if flags != "-" else 0
            for point in range(first, last + 1):
                data = b""
                if text.startswith("+"):
                    data = chr(point + int(text[1:])).encode("utf-8")
                elif text != "=":
                    data = "".join(chr(int(part, 16)) for part in text.split()).encode("utf-8")
                if data not in places:
                    found = blob.find(data)
                    places[data] = found if found >= 0 else len(blob)
                    if found < 0:
                        blob += data
                record = (CLASSES[kind], bits, ord(like) if like != "-" else 0, len(data), places[data])
                points[point] = records.setdefault(record, len(records))
        except (KeyError, ValueError) as error:
            sys.exit(f"{where}: {error}")
    if len(records) > 0xFFFF or len(blob) > 0xFFFF:
        sys.exit("code_points.tsv: too many different rows for 16 bits")
    blocks, index = {}, []
    for start in range(0, 0x110000, BLOCK):
        block = tuple(points[start:start + BLOCK])
        index.append(blocks.setdefault(block, len(blocks)))
    pairs = [tuple(int(cell, 16) for cell in cells) for _, cells in rows_of(catalogue / "compose.tsv", 3)]

    def numbers(values, columns=16):
        values = list(values)
        return "\n".join("    " + ", ".join(map(str, values[at:at + columns])) + "," for at in range(0, len(values), columns))

    def quoted(data):
        return "\n".join('    "' + "".join(f"\\{b:03o}" for b in data[at:at + 24]) + '"' for at in range(0, len(data), 24))

    flat = [value for block in blocks for value in block]
    out.write_text(f"""// Generated from catalogue/unicode by tools/generate_unicode.py. Do not edit.
#include "match/canonical/code_points.h"

namespace saiph::match {{

const std::array<std::uint16_t, {len(index)}> kCodePointBlocks = {{
{numbers(index)}
}};
const std::array<std::uint16_t, {len(flat)}> kCodePointIndex = {{
{numbers(flat)}
}};
const std::array<CodePoint, {len(records)}> kCodePointRecords = {{{{
{chr(10).join("    {%d, %d, %d, %d, %d}," % record for record in records)}
}}}};
const std::array<char, {len(blob) + 1}> kCodePointTexts = {{
{quoted(blob)}}};
const std::array<Composition, {len(pairs)}> kCompositions = {{{{
{chr(10).join("    {0x%X, 0x%X, 0x%X}," % pair for pair in pairs)}
}}}};

}}  // namespace saiph::match
""", encoding="utf-8")
    out.with_name("code_points_size.h").write_text(f"""// Generated from catalogue/unicode by tools/generate_unicode.py. Do not edit.
#pragma once

#include <cstddef>

namespace saiph::match {{

inline constexpr std::size_t kCodePointBlockCount = {len(index)};
inline constexpr std::size_t kCodePointIndexCount = {len(flat)};
inline constexpr std::size_t kCodePointRecordCount = {len(records)};
inline constexpr std::size_t kCodePointTextCount = {len(blob) + 1};
inline constexpr std::size_t kCompositionCount = {len(pairs)};

}}  // namespace saiph::match
""", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["refresh", "tables"])
    parser.add_argument("--unicode", type=pathlib.Path)
    parser.add_argument("--catalogue", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    if arguments.step == "refresh":
        Refresh(arguments.unicode).write(arguments.out)
    else:
        tables(arguments.catalogue, arguments.out)


if __name__ == "__main__":
    main()

"""Ways to write a text so that a filter reads it wrongly while a reader, or a model, still gets it.

FAMILIES: name -> (function(text, rng) -> text, reversible). Reversible: the writing can be undone exactly but for
case and punctuation that the code lacks, so whoever inspects it has no excuse. All follow the definitions of the
encodings; none of this code is the product's.
"""
import base64
import binascii
import codecs
import gzip
import json
import string

MORSE = dict(zip("abcdefghijklmnopqrstuvwxyz0123456789", (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.").split()))
MORSE |= {".": ".-.-.-", ",": "--..--", "?": "..--..", "'": ".----.", "!": "-.-.--", "/": "-..-.", ":": "---...",
          "-": "-....-", "(": "-.--.", ")": "-.--.-", '"': ".-..-.", "=": "-...-", "@": ".--.-."}
BRAILLE = dict(zip("abcdefghijklmnopqrstuvwxyz", (0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A, 0x1A, 0x05,
                                                  0x07, 0x0D, 0x1D, 0x15, 0x0F, 0x1F, 0x17, 0x0E, 0x1E, 0x25, 0x27,
                                                  0x3A, 0x2D, 0x3D, 0x35)))
LEET = str.maketrans("aeiostAEIOST", "431057431057")
LOOKALIKES = str.maketrans("aceopxyijsABCEHKMOPTXI", "асеорхуіјѕАВСЕНКМОРТХІ")


def caesar(by):
    lower, upper = string.ascii_lowercase, string.ascii_uppercase
    return str.maketrans(lower + upper, lower[by:] + lower[:by] + upper[by:] + upper[:by])


def code(text, _):
    return base64.b64encode(text.encode()).decode()


def lines_of(text, width):
    return "\n".join(text[i:i + width] for i in range(0, len(text), width))


def uuencoded(text, _):
    data = text.encode()
    rows = [binascii.b2a_uu(data[i:i + 45]).decode() for i in range(0, len(data), 45)]
    return "begin 644 note.txt\n" + "".join(rows) + "`\nend\n"


def morse(text, _):
    return " / ".join(" ".join(MORSE[c] for c in word if c in MORSE) for word in text.lower().split())


def between(inserted):
    def change(text, rng):
        return "".join(c + (rng.choice(inserted) if c.isalpha() else "") for c in text)
    return change


def styled(first_upper, first_lower, digit=None):
    def change(text, _):
        def one(c):
            if "A" <= c <= "Z":
                return chr(first_upper + ord(c) - 65)
            if "a" <= c <= "z":
                return chr(first_lower + ord(c) - 97)
            return chr(digit + int(c)) if digit and c in string.digits else c
        return "".join(map(one, text))
    return change


def selectors(text, _):
    def one(byte):
        return chr(0xFE00 + byte) if byte < 16 else chr(0xE0100 + byte - 16)
    return "Nice! \U0001F600" + "".join(map(one, text.encode()))


def typos(text, rng):
    words = text.split(" ")
    for i, word in enumerate(words):
        if len(word) > 4 and rng.random() < 0.5:
            at = rng.randrange(1, len(word) - 2)
            words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2:]
    return " ".join(words)


def inner_shuffle(text, rng):
    def one(word):
        if len(word) < 4 or not word.isalpha() or rng.random() < 0.5:
            return word
        inner = list(word[1:-1])
        rng.shuffle(inner)
        return word[0] + "".join(inner) + word[-1]
    return " ".join(map(one, text.split(" ")))


def words_of(text, change):
    return " ".join(map(change, text.split(" ")))


FILLER = ("The committee met on Tuesday and agreed on the minutes. ", "Rain is expected in the north by the evening. ",
          "The museum opens at nine and closes at six. ", "Two of the four bridges were repaired last spring. ",
          "Sales of bread rose a little in March. ", "The path follows the river for about five miles. ",
          "Most visitors arrive by train. ", "The second volume was printed in 1911. ")


def diluted(text, rng):
    pad = ["".join(rng.choice(FILLER) for _ in range(20)) for _ in range(2)]
    return pad[0] + "\n\n" + text + "\n\n" + pad[1]


FAMILIES = {
    "base64": (code, True),
    "base64 in a sentence": (lambda t, r: "Please read this note: " + code(t, r) + " and tell me about it.", True),
    "base64 in lines": (lambda t, r: lines_of(code(t, r), 76), True),
    "base64 twice": (lambda t, r: code(code(t, r), r), True),
    "base64 without padding, URL alphabet": (lambda t, r: base64.urlsafe_b64encode(t.encode()).decode().rstrip("="), True),
    "gzip in base64": (lambda t, _: base64.b64encode(gzip.compress(t.encode(), mtime=0)).decode(), True),
    "rot13 in base64": (lambda t, r: code(codecs.encode(t, "rot13"), r), True),
    "base32": (lambda t, _: base64.b32encode(t.encode()).decode(), True),
    "ascii85": (lambda t, _: base64.a85encode(t.encode(), adobe=True).decode(), True),
    "hex": (lambda t, _: t.encode().hex(), True),
    "hex with blanks": (lambda t, _: t.encode().hex(" "), True),
    "\\x escapes": (lambda t, _: "".join(f"\\x{b:02x}" for b in t.encode()), True),
    "URL escapes": (lambda t, _: "".join(f"%{b:02X}" for b in t.encode()), True),
    "HTML decimal": (lambda t, _: "".join(f"&#{ord(c)};" for c in t), True),
    "HTML hexadecimal": (lambda t, _: "".join(f"&#x{ord(c):x};" for c in t), True),
    "\\u escapes": (lambda t, _: "".join(f"\\u{ord(c):04x}" if ord(c) < 65536 else c for c in t), True),
    "quoted-printable": (lambda t, _: lines_of("".join(f"={b:02X}" for b in t.encode()), 72).replace("\n", "=\n"), True),
    "uuencode": (uuencoded, True),
    "binary": (lambda t, _: " ".join(f"{b:08b}" for b in t.encode()), True),
    "decimal bytes": (lambda t, _: " ".join(str(b) for b in t.encode()), True),
    "rot13": (lambda t, _: codecs.encode(t, "rot13"), True),
    "Caesar 7": (lambda t, _: t.translate(caesar(7)), True),
    "Atbash": (lambda t, _: t.translate(str.maketrans(string.ascii_letters, string.ascii_lowercase[::-1] + string.ascii_uppercase[::-1])), True),
    "reversed": (lambda t, _: t[::-1], True),
    "Morse": (morse, True),
    "Braille": (lambda t, _: "".join(chr(0x2800 + BRAILLE[c]) if c in BRAILLE else c for c in t.lower()), True),
    "tag characters": (lambda t, _: "Thanks!" + "".join(chr(0xE0000 + ord(c)) for c in t if ord(c) < 128), True),
    "variation selectors": (selectors, True),
    "zero width between letters": (between("\u200b\u200c\u200d\u2060"), True),
    "soft hyphens": (between("\u00ad"), True),
    "full width": (lambda t, _: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t), True),
    "mathematical bold": (styled(0x1D400, 0x1D41A, 0x1D7CE), True),
    "mathematical fraktur bold": (styled(0x1D56C, 0x1D586), True),
    "circled letters": (styled(0x24B6, 0x24D0), True),
    "combining marks": (between(["", "\u0301", "\u0332", "\u0336", "\u0323"]), True),
    "bidi controls": (lambda t, _: words_of(t, lambda w: "\u202a" + w + "\u202c"), True),
    "capitals": (lambda t, _: t.upper(), True),
    "Cyrillic look-alikes": (lambda t, r: "".join(c.translate(LOOKALIKES) if r.random() < 0.7 else c for c in t), True),
    "spaced letters": (lambda t, _: "  ".join(" ".join(word) for word in t.split()), False),
    "dotted letters": (lambda t, _: words_of(t, lambda w: ".".join(w) if w.isalpha() else w), False),
    "hyphenated letters": (lambda t, _: words_of(t, lambda w: "-".join(w) if w.isalpha() else w), False),
    "leetspeak": (lambda t, _: t.translate(LEET), False),
    "random case": (lambda t, r: "".join(c.upper() if r.random() < 0.5 else c.lower() for c in t), False),
    "typing errors": (typos, False),
    "shuffled inner letters": (inner_shuffle, False),
    "a line for each word": (lambda t, _: "\n".join(t.split()), False),
    "wide blanks": (lambda t, _: "\u2003".join(t.split()), False),
    "emphasis marks": (lambda t, _: words_of(t, lambda w: f"**{w}**" if len(w) > 5 else w), False),
    "between long honest text": (diluted, False),
    "in a JSON field": (lambda t, _: '{"id": 17, "comment": ' + json.dumps(t) + "}", True),
    "in an HTML comment": (lambda t, _: "<p>Opening hours: 9 to 17.</p><!-- " + t + " -->", True),
}

"""Values of personal data, made from a random generator after the published definitions of the schemes.

MAKERS: type -> (function(rng) -> value, words that people write before it). None of this code is the product's.
"""
import hashlib
import string

LETTERS = string.ascii_uppercase
CONSONANTS = "BCDFGHJKLMNPQRSTVWXYZ"


def digits(rng, count):
    return "".join(rng.choices(string.digits, k=count))


def first_not_zero(rng, count):
    return rng.choice("123456789") + digits(rng, count - 1)


def letters(rng, count, of=LETTERS):
    return "".join(rng.choices(of, k=count))


def weighted(number, weights):
    return sum(int(d) * w for d, w in zip(number, weights))


def luhn(number):
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(number)))
    return str(-total % 10)


def iso7064_11_10(number):
    rest = 10
    for digit in number:
        rest = (rest + int(digit)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)


D5 = [[(a + b) % 5 if a < 5 and b < 5 else (a + b) % 5 + 5 if a < 5 else (a - b) % 5 + 5 if b < 5 else (a - b) % 5 for b in range(10)] for a in range(10)]
P8 = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    P8.append([P8[-1][d] for d in P8[1]])


def verhoeff(number):
    check = 0
    for i, digit in enumerate(reversed(number), 1):
        check = D5[check][P8[i % 8][int(digit)]]
    return str(next(d for d in range(10) if D5[check][d] == 0))


def until(make):
    """The first value that is one: schemes leave some numbers out."""
    def one(rng):
        while True:
            value = make(rng)
            if value is not None:
                return value
    return one


def grouped(number, *sizes, by=" "):
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at:at + size])
        at += size
    return by.join(parts)


def day(rng, first=1930, last=1999):
    return rng.randint(first, last), rng.randint(1, 12), rng.randint(1, 28)


def ymd(rng, **more):
    year, month, date = day(rng, **more)
    return f"{year % 100:02}{month:02}{date:02}"


def dmy(rng, **more):
    year, month, date = day(rng, **more)
    return f"{date:02}{month:02}{year % 100:02}"


def card(rng):
    kind = rng.randrange(4)
    if kind == 3:
        number = rng.choice(["34", "37"]) + digits(rng, 12)
        number += luhn(number)
        return rng.choice([number, grouped(number, 4, 6, 5)])
    number = ["4" + digits(rng, 14), str(rng.randint(51, 55)) + digits(rng, 13), "6011" + digits(rng, 11)][kind]
    number += luhn(number)
    return rng.choice([number, grouped(number, 4, 4, 4, 4), grouped(number, 4, 4, 4, 4, by="-")])


def iban(rng):
    country, body = rng.choice([("DE", digits(rng, 18)), ("AT", digits(rng, 16)), ("BE", digits(rng, 12)), ("NL", letters(rng, 4) + digits(rng, 10)),
                                ("GB", letters(rng, 4) + digits(rng, 14)), ("ES", digits(rng, 20)), ("PL", digits(rng, 24)), ("FR", digits(rng, 10) + digits(rng, 13)),
                                ("IT", letters(rng, 1) + digits(rng, 22)), ("CH", digits(rng, 17)), ("IE", letters(rng, 4) + digits(rng, 14)), ("PT", digits(rng, 21))])
    number = "".join(str(int(c, 36)) for c in body + country + "00")
    whole = f"{country}{98 - int(number) % 97:02}{body}"
    return rng.choice([whole, " ".join(whole[i:i + 4] for i in range(0, len(whole), 4))])


def base58check(version, rng):
    data = bytes([version]) + rng.randbytes(20)
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, out = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = alphabet[rest] + out
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + out


def ip(rng):
    if rng.random() < 0.3:
        return "2001:db8:" + ":".join(f"{rng.randint(1, 0xffff):x}" for _ in range(6))
    return ".".join(str(rng.randint(1, 254)) for _ in range(4))


def phone(rng):
    return rng.choice([f"+49 {rng.choice(['30', '89', '171'])} {first_not_zero(rng, 7)}", f"+1 {rng.randint(201, 989)}-{rng.randint(201, 989)}-{digits(rng, 4)}",
                       f"({rng.randint(201, 989)}) {rng.randint(201, 989)}-{digits(rng, 4)}", f"+44 20 {first_not_zero(rng, 4)} {digits(rng, 4)}",
                       f"+33 {rng.randint(1, 7)} " + " ".join(digits(rng, 2) for _ in range(4)), f"0{rng.randint(1, 9)} " + " ".join(digits(rng, 2) for _ in range(4)), f"+31 6 {first_not_zero(rng, 8)}"])


def birth_date(rng):
    year, month, date = day(rng)
    name = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"][month - 1]
    return rng.choice([f"{year}-{month:02}-{date:02}", f"{date}.{month}.{year}", f"{date:02}/{month:02}/{year}", f"{date} {name} {year}", f"{name} {date}, {year}"])


def vin(rng):
    alphabet = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
    value = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9]))
    text = list(letters(rng, 1, "WVJ1S") + letters(rng, 7, alphabet) + "0" + letters(rng, 8, alphabet))
    text[-4:] = digits(rng, 4)
    total = sum((value.get(c) or int(c) if c.isalpha() else int(c)) * w for c, w in zip(text, [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]))
    text[8] = "0123456789X"[total % 11]
    return "".join(text)


def imei(rng):
    number = "35" + digits(rng, 12)
    number += luhn(number)
    return rng.choice([number, grouped(number, 2, 6, 6, 1, by="-")])


def ssn(rng):
    area = rng.choice([a for a in range(1, 900) if a != 666])
    return f"{area:03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def mbi(rng):
    a = "ACDEFGHJKMNPQRTUVWXY"
    value = rng.choice("123456789") + rng.choice(a) + rng.choice(a + "0123456789") + digits(rng, 1) + rng.choice(a) + rng.choice(a + "0123456789") + digits(rng, 1) + letters(rng, 2, a) + digits(rng, 2)
    return rng.choice([value, grouped(value, 4, 3, 4, by="-")])


def npi(rng):
    number = rng.choice("12") + digits(rng, 8)
    return number + luhn("80840" + number)


def dea(rng):
    number = digits(rng, 6)
    check = (int(number[0]) + int(number[2]) + int(number[4]) + 2 * (int(number[1]) + int(number[3]) + int(number[5]))) % 10
    return rng.choice("ABFM") + rng.choice(LETTERS) + number + str(check)


def nino(rng):
    while True:
        prefix = letters(rng, 1, "ABCEGHJKLMNOPRSTWXYZ") + letters(rng, 1, "ABCEGHJKLMNPRSTWXYZ")
        if prefix not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ"):
            break
    value = prefix + digits(rng, 6) + rng.choice("ABCD")
    return rng.choice([value, grouped(value, 2, 2, 2, 2, 1)])


def eleven(count, weights, turn=lambda rest: None if rest == 10 else rest, subtract=True, first=None):
    """A number whose last digit is 11 minus the weighted sum modulo 11, or that sum."""
    def make(rng):
        number = (first or digits)(rng, count)
        rest = weighted(number, weights) % 11
        check = turn((11 - rest) % 11 if subtract else rest)
        return None if check is None else number + str(check)
    return until(make)


def with_spaces(make, *sizes, by=" "):
    def one(rng):
        value = make(rng)
        return rng.choice([value, grouped(value, *sizes, by=by)])
    return one


def utr(rng):
    number = digits(rng, 9)
    return "21987654321"[weighted(number, [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11] + number


def uk_licence(rng):
    year, month, date = day(rng)
    return letters(rng, 5, CONSONANTS) + f"{year // 10 % 10}{month + rng.choice([0, 50]):02}{date:02}{year % 10}" + letters(rng, 2) + digits(rng, 1) + letters(rng, 2)


def svnr(rng):
    serial, born = first_not_zero(rng, 3), dmy(rng)
    check = weighted(serial + born, [3, 7, 9, 5, 8, 4, 2, 1, 6]) % 11
    return None if check == 10 else rng.choice([f"{serial}{check} {born}", f"{serial}{check}{born}"])


def be_national(rng):
    number = ymd(rng) + f"{rng.randint(1, 997):03}"
    number += f"{97 - int(number) % 97:02}"
    return rng.choice([number, f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"])


def cy_tic(rng):
    number = rng.choice("09") + digits(rng, 7)
    odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21]
    return number + LETTERS[sum(odd[int(d)] if i % 2 == 0 else int(d) for i, d in enumerate(number)) % 26]


def cz_birth(rng):
    year, month, date = day(rng, 1955, 1999)
    number = f"{year % 100:02}{month + rng.choice([0, 50]):02}{date:02}{digits(rng, 3)}"
    check = int(number) % 11
    return None if check == 10 else f"{number[:6]}/{number[6:]}{check}"


def cpr(rng):
    year, month, date = day(rng, 1937, 1999)
    number = f"{date:02}{month:02}{year % 100:02}{rng.randint(0, 3)}{digits(rng, 2)}"
    rest = weighted(number, [4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
    return None if rest == 1 else f"{number[:6]}-{number[6:]}{-rest % 11}"


def baltic(rng):
    number = rng.choice("34") + ymd(rng) + digits(rng, 3)
    rest = weighted(number, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
    if rest == 10:
        rest = weighted(number, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10
    return number + str(rest)


def hetu(rng):
    born, serial = dmy(rng), f"{rng.randint(2, 899):03}"
    return f"{born}-{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(born + serial) % 31]}"


def nir(rng):
    year, month, _ = day(rng)
    number = f"{rng.choice('12')}{year % 100:02}{month:02}{rng.randint(1, 95):02}{rng.randint(1, 900):03}{rng.randint(1, 999):03}"
    number += f"{97 - int(number) % 97:02}"
    return rng.choice([number, grouped(number, 1, 2, 2, 2, 3, 3, 2)])


def spi(rng):
    number = rng.choice("0123") + digits(rng, 9)
    number += f"{int(number) % 511:03}"
    return rng.choice([number, grouped(number, 2, 2, 3, 3, 3)])


def de_tax(rng):
    while True:
        chosen = rng.sample(string.digits, 9)
        number = chosen + [rng.choice(chosen)]
        rng.shuffle(number)
        if number[0] != "0":
            break
    text = "".join(number)
    text += iso7064_11_10(text)
    return rng.choice([text, grouped(text, 2, 3, 3, 3)])


def de_pension(rng):
    area, born, letter, serial = f"{rng.choice([2, 4, 8, 12, 15, 50, 53, 65]):02}", dmy(rng), rng.choice(LETTERS), f"{rng.randint(0, 99):02}"
    number = area + born + f"{LETTERS.index(letter) + 1:02}" + serial
    check = sum(sum(map(int, str(int(d) * w))) for d, w in zip(number, [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1])) % 10
    return rng.choice([f"{area} {born} {letter} {serial}{check}", f"{area}{born}{letter}{serial}{check}"])


def afm(rng):
    number = rng.choice("0123456789") + first_not_zero(rng, 7)
    return number + str(sum(int(d) * 2 ** (8 - i) for i, d in enumerate(number)) % 11 % 10)


def amka(rng):
    number = dmy(rng) + digits(rng, 4)
    return number + luhn(number)


def hu_personal(rng):
    number = rng.choice("12") + ymd(rng) + digits(rng, 3)
    check = weighted(number, range(1, 11)) % 11
    return None if check == 10 else f"{number[0]} {number[1:7]} {number[7:]}{check}"


def hu_tax(rng):
    number = "8" + f"{rng.randint(23000, 48000):05}" + digits(rng, 3)
    check = weighted(number, range(1, 10)) % 11
    return None if check == 10 else number + str(check)


def taj(rng):
    number = digits(rng, 8)
    return grouped(number + str(weighted(number, [3, 7] * 4) % 10), 3, 3, 3)


def pps(rng):
    number = first_not_zero(rng, 7)
    return number + "WABCDEFGHIJKLMNOPQRSTUV"[weighted(number, range(8, 1, -1)) % 23]


ODD = dict(zip(string.digits + LETTERS, [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]))


def fiscal_code(rng):
    year, month, date = day(rng)
    text = letters(rng, 6, CONSONANTS) + f"{year % 100:02}" + "ABCDEHLMPRST"[month - 1] + f"{date + rng.choice([0, 40]):02}" + rng.choice("ABCDEFGHIL") + f"{rng.randint(1, 999):03}"
    return text + LETTERS[sum(ODD[c] if i % 2 == 0 else (int(c) if c.isdigit() else LETTERS.index(c)) for i, c in enumerate(text)) % 26]


def it_vat(rng):
    number = digits(rng, 7) + f"{rng.randint(1, 100):03}"
    return number + luhn(number)


def lv_personal(rng):
    year, month, date = day(rng)
    number = f"{date:02}{month:02}{year % 100:02}1{digits(rng, 3)}"
    check = (1101 - weighted(number, [1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11
    return None if check == 10 else f"{number[:6]}-{number[6:]}{check}"


def lu_national(rng):
    year, month, date = day(rng)
    number = f"{year}{month:02}{date:02}{digits(rng, 3)}"
    return number + luhn(number) + verhoeff(number)


def bsn(rng):
    number = first_not_zero(rng, 8)
    check = weighted(number, range(9, 1, -1)) % 11
    return None if check == 10 else number + str(check)


def pesel(rng):
    number = ymd(rng) + digits(rng, 4)
    return number + str(-weighted(number, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)


def nip(rng):
    number = first_not_zero(rng, 9)
    check = weighted(number, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11
    return None if check == 10 else number + str(check)


def pl_id(rng):
    series, number = letters(rng, 3), digits(rng, 5)
    values = [ord(c) - 55 for c in series]
    total = sum(v * w for v, w in zip(values, [7, 3, 1])) + weighted(number, [7, 3, 1, 7, 3])
    # The check digit stands first: letters x 7,3,1; check x 9; digits x 7,3,1,7,3; the sum is a multiple of ten.
    check = next(d for d in range(10) if (total + 9 * d) % 10 == 0)
    return rng.choice([f"{series}{check}{number}", f"{series} {check}{number}"])


def citizen_card(rng):
    number = digits(rng, 8)
    nif_check = (11 - weighted(number, range(9, 1, -1)) % 11) % 11 % 10
    text = number + str(nif_check) + letters(rng, 1) + letters(rng, 1)
    values = [int(c, 36) for c in text]
    for check in range(10):
        total = 0
        for i, value in enumerate(reversed(values + [check])):
            value = value * 2 if i % 2 == 1 else value
            total += value - 9 if i % 2 == 1 and value > 9 else value
        if total % 10 == 0:
            return f"{number} {nif_check} {text[9:]}{check}"
    return None


def cnp(rng):
    number = rng.choice("12") + ymd(rng) + f"{rng.randint(1, 46):02}" + f"{rng.randint(1, 999):03}"
    rest = weighted(number, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
    return number + str(1 if rest == 10 else rest)


def emso(rng):
    year, month, date = day(rng)
    number = f"{date:02}{month:02}{year % 1000:03}50{rng.randint(0, 999):03}"
    check = (11 - weighted(number, [7, 6, 5, 4, 3, 2] * 2) % 11) % 11
    return None if check == 10 else number + str(check)


def dni(rng):
    number = digits(rng, 8)
    letter = "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]
    return rng.choice([number + letter, f"{number}-{letter}"])


def nie(rng):
    prefix, number = rng.choice("XYZ"), digits(rng, 7)
    letter = "TRWAGMYFPDXBNJZSQVHLCKE"[int(str("XYZ".index(prefix)) + number) % 23]
    return rng.choice([f"{prefix}{number}{letter}", f"{prefix}-{number}-{letter}"])


def cif(rng):
    number = f"{rng.randint(1, 52):02}" + digits(rng, 5)
    total = sum(map(int, number[1::2])) + sum(sum(map(int, str(int(d) * 2))) for d in number[::2])
    return rng.choice("AB") + number + str(-total % 10)


def es_social(rng):
    province, number = f"{rng.randint(1, 52):02}", "1" + digits(rng, 7)
    return f"{province} {number} {int(province + number) % 97:02}"


def se_personal(rng):
    number = ymd(rng) + digits(rng, 3)
    number += luhn(number)
    return rng.choice([f"{number[:6]}-{number[6:]}", f"19{number[:6]}-{number[6:]}"])


def norwegian(rng):
    number = dmy(rng, first=1940) + f"{rng.randint(0, 499):03}"
    first = (11 - weighted(number, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11
    second = (11 - weighted(number + str(first % 10), [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11
    return None if 10 in (first, second) else f"{number[:6]} {number[6:]}{first}{second}"


def kennitala(rng):
    number = dmy(rng) + f"{rng.randint(20, 99):02}"
    check = (11 - weighted(number, [3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11
    return None if check == 10 else f"{number[:6]}-{number[6:]}{check}9"


def ahv(rng):
    number = "756" + digits(rng, 9)
    number += str(-weighted(number, [1, 3] * 6) % 10)
    return rng.choice([number, f"756.{number[3:7]}.{number[7:11]}.{number[11:]}"])


def sin(rng):
    number = rng.choice("1234567") + digits(rng, 7)
    return grouped(number + luhn(number), 3, 3, 3, by=rng.choice([" ", "-"]))


def cpf(rng):
    number = digits(rng, 9)
    for count in (9, 10):
        rest = weighted(number, range(count + 1, 1, -1)) * 10 % 11
        number += str(rest % 10)
    return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def cnpj(rng):
    number = digits(rng, 8) + "0001"
    for weights in ([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]):
        rest = weighted(number, weights) % 11
        number += str(0 if rest < 2 else 11 - rest)
    return f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"


def aadhaar(rng):
    number = rng.choice("23456789") + digits(rng, 10)
    return grouped(number + verhoeff(number), 4, 4, 4)


def tfn(rng):
    number = first_not_zero(rng, 8)
    check = next((d for d in range(10) if (weighted(number, [1, 4, 3, 7, 5, 8, 6, 9]) + 10 * d) % 11 == 0), None)
    return None if check is None else grouped(number + str(check), 3, 3, 3)


def vat(rng):
    kind = rng.randrange(4)
    if kind == 0:
        number = first_not_zero(rng, 8)
        return "DE" + number + iso7064_11_10(number)
    if kind == 1:
        return "IT" + it_vat(rng)
    if kind == 2:
        return "PL" + until(nip)(rng)
    number = "0" + first_not_zero(rng, 7)
    return "BE" + number + f"{97 - int(number) % 97:02}"


def host(rng):
    return rng.choice(["library", "garden", "harbour", "mill"]) + rng.choice([".example", ".example.org", ".example.net"])


MAKERS = {
    "pii.card": (card, ["credit card", "card number", "Visa", "Kreditkarte", "carte bancaire", "tarjeta"]),
    "pii.iban": (iban, ["IBAN", "account", "Konto", "compte", "cuenta"]),
    "pii.bic": (lambda rng: letters(rng, 4) + rng.choice(["DE", "FR", "GB", "ES", "NL", "IT"]) + letters(rng, 1, "ABCDEFGH") + rng.choice("23456789") + rng.choice(["", "XXX", "500"]), ["BIC", "SWIFT", "SWIFT code", "BIC code"]),
    "pii.bank-account": (lambda rng: first_not_zero(rng, rng.choice([7, 8, 10])), ["account number", "bank account", "Kontonummer", "rekeningnummer"]),
    "pii.us.routing-number": (until(lambda rng: (lambda n: n + str(-weighted(n, [3, 7, 1, 3, 7, 1, 3, 7]) % 10))(f"{rng.randint(1, 12):02}" + digits(rng, 6))), ["routing number", "ABA", "ABA number", "routing"]),
    "pii.uk.sort-code": (lambda rng: grouped(f"{rng.randint(10, 99)}" + digits(rng, 4), 2, 2, 2, by="-"), ["sort code", "Sort Code"]),
    "pii.email": (lambda rng: rng.choice(["ada", "r.miller", "office", "j_k", "info+news", "p.o-neil"]) + str(rng.randint(1, 999)) + "@" + host(rng), ["e-mail", "mail", "E-Mail", "courriel", "correo"]),
    "pii.phone": (phone, ["phone", "telephone", "mobile", "Telefon", "tel", "teléfono", "call"]),
    "pii.ip-address": (ip, ["IP address", "IP", "server", "client"]),
    "pii.mac-address": (lambda rng: rng.choice([":", "-"]).join(f"{rng.randrange(256):02x}" for _ in range(6)), ["MAC address", "MAC", "device"]),
    "pii.bitcoin": (lambda rng: base58check(0, rng), ["bitcoin address", "BTC wallet", "wallet"]),
    "pii.ethereum": (lambda rng: "0x" + rng.randbytes(20).hex(), ["ethereum address", "ETH wallet", "wallet"]),
    "pii.wallet": (lambda rng: base58check(48, rng), ["litecoin address", "wallet", "crypto wallet"]),
    "pii.coordinates": (lambda rng: f"{rng.uniform(36, 65):.4f}, {rng.uniform(-9, 30):.4f}", ["coordinates", "GPS", "location", "Koordinaten"]),
    "pii.birth-date": (birth_date, ["born", "date of birth", "DOB", "birthday", "Geburtsdatum", "geboren am"]),
    "pii.plate": (lambda rng: rng.choice(["B", "HH", "M", "K"]) + "-" + letters(rng, 2) + " " + str(rng.randint(100, 9999)), ["number plate", "Kennzeichen", "license plate", "plate"]),
    "pii.vehicle-id": (vin, ["VIN", "chassis", "Fahrgestellnummer"]),
    "pii.imei": (imei, ["IMEI", "device"]),
    "pii.passport": (lambda rng: letters(rng, 1, "CFGHJK") + digits(rng, 8), ["passport", "passport number", "Reisepass", "pasaporte", "passeport"]),
    "pii.id-card": (lambda rng: digits(rng, rng.choice([9, 10])), ["identity card", "Personalausweis", "ID card"]),
    "pii.driver-licence": (lambda rng: letters(rng, 1) + digits(rng, rng.choice([7, 8, 12])), ["driver license", "driving licence", "Führerschein", "license number"]),
    "pii.medical-record": (lambda rng: first_not_zero(rng, rng.choice([6, 7, 8])), ["MRN", "medical record", "patient ID", "Patientennummer"]),
    "pii.health-insurance": (lambda rng: letters(rng, 1) + digits(rng, 9), ["health insurance", "insurance number", "Versichertennummer", "member ID"]),
    "pii.us.ssn": (ssn, ["SSN", "social security number", "social security"]),
    "pii.us.itin": (lambda rng: f"9{digits(rng, 2)}-{rng.choice([50, 58, 65, 70, 81, 88, 90, 92, 94, 99])}-{digits(rng, 4)}", ["ITIN", "taxpayer identification"]),
    "pii.us.ein": (lambda rng: rng.choice(["12", "20", "27", "36", "45", "52", "61", "75", "81", "94"]) + "-" + digits(rng, 7), ["EIN", "employer identification number"]),
    "pii.us.medicare": (mbi, ["Medicare", "MBI", "Medicare number"]), "pii.us.npi": (npi, ["NPI", "provider NPI"]), "pii.us.dea": (dea, ["DEA", "DEA number"]),
    "pii.uk.nino": (nino, ["NINO", "national insurance", "NI number"]),
    "pii.uk.nhs": (with_spaces(eleven(9, range(10, 1, -1)), 3, 3, 4), ["NHS number", "NHS"]),
    "pii.uk.utr": (utr, ["UTR", "taxpayer reference"]), "pii.uk.driving-licence": (uk_licence, ["driving licence", "licence number"]),
    "pii.at.svnr": (until(svnr), ["SVNR", "Sozialversicherungsnummer", "SV-Nummer"]), "pii.be.national-number": (be_national, ["rijksregisternummer", "numéro national"]),
    "pii.bg.egn": (eleven(9, [2, 4, 8, 5, 10, 9, 7, 3, 6], turn=lambda rest: rest % 10, subtract=False, first=lambda rng, _: ymd(rng) + digits(rng, 3)), ["EGN", "ЕГН"]),
    "pii.hr.oib": (lambda rng: (lambda n: n + iso7064_11_10(n))(digits(rng, 10)), ["OIB"]), "pii.cy.tic": (cy_tic, ["TIC", "tax identification code"]),
    "pii.cz.birth-number": (until(cz_birth), ["rodné číslo", "birth number"]), "pii.dk.cpr": (until(cpr), ["CPR", "CPR-nummer", "personnummer"]),
    "pii.ee.personal-code": (baltic, ["isikukood", "asmens kodas", "personal code"]), "pii.fi.hetu": (hetu, ["henkilötunnus", "HETU"]),
    "pii.fr.nir": (nir, ["numéro de sécurité sociale", "NIR", "sécurité sociale"]), "pii.fr.spi": (spi, ["numéro fiscal", "SPI"]),
    "pii.de.tax-id": (de_tax, ["Steuer-ID", "Steueridentifikationsnummer", "IdNr"]), "pii.de.pension-number": (de_pension, ["Rentenversicherungsnummer", "Sozialversicherungsnummer"]),
    "pii.gr.afm": (afm, ["AFM", "ΑΦΜ"]), "pii.gr.amka": (amka, ["AMKA", "ΑΜΚΑ"]), "pii.hu.personal-number": (until(hu_personal), ["személyi szám", "személyi azonosító"]),
    "pii.hu.tax-id": (until(hu_tax), ["adóazonosító jel", "adóazonosító"]), "pii.hu.taj": (taj, ["TAJ", "TAJ szám"]), "pii.ie.pps": (pps, ["PPS", "PPS number", "PPSN"]),
    "pii.it.fiscal-code": (fiscal_code, ["codice fiscale", "CF"]), "pii.it.vat": (it_vat, ["partita IVA", "P.IVA"]), "pii.lv.personal-code": (until(lv_personal), ["personas kods"]),
    "pii.lu.national-number": (lu_national, ["matricule", "numéro d'identification"]), "pii.mt.id-card": (lambda rng: digits(rng, 7) + rng.choice("MGAPLHBZ"), ["Maltese ID card", "karta tal-identità"]),
    "pii.nl.bsn": (until(bsn), ["BSN", "burgerservicenummer"]), "pii.pl.pesel": (pesel, ["PESEL"]), "pii.pl.nip": (with_spaces(until(nip), 3, 3, 2, 2, by="-"), ["NIP"]),
    "pii.pl.regon": (eleven(8, [8, 9, 2, 3, 4, 5, 6, 7], turn=lambda rest: rest % 10, subtract=False), ["REGON"]), "pii.pl.id-card": (pl_id, ["dowód osobisty", "numer dowodu"]),
    "pii.pt.nif": (eleven(8, range(9, 1, -1), turn=lambda rest: rest % 10, first=lambda rng, n: rng.choice("12") + digits(rng, n - 1)), ["NIF", "contribuinte"]), "pii.pt.citizen-card": (until(citizen_card), ["cartão de cidadão"]),
    "pii.ro.cnp": (cnp, ["CNP", "cod numeric personal"]), "pii.si.emso": (until(emso), ["EMŠO"]),
    "pii.si.tax-number": (eleven(7, range(8, 1, -1), turn=lambda rest: rest % 10 if rest != 0 else None, first=first_not_zero), ["davčna številka"]),
    "pii.es.dni": (dni, ["DNI"]), "pii.es.nie": (nie, ["NIE"]), "pii.es.cif": (cif, ["CIF"]), "pii.es.social-security": (es_social, ["seguridad social", "número de la seguridad social"]),
    "pii.se.personal-number": (se_personal, ["personnummer"]), "pii.no.birth-number": (until(norwegian), ["fødselsnummer"]), "pii.is.kennitala": (until(kennitala), ["kennitala"]),
    "pii.ch.ahv": (ahv, ["AHV-Nummer", "AHV", "numéro AVS"]), "pii.ca.sin": (sin, ["SIN", "social insurance number"]), "pii.br.cpf": (cpf, ["CPF"]), "pii.br.cnpj": (cnpj, ["CNPJ"]),
    "pii.in.aadhaar": (aadhaar, ["Aadhaar", "Aadhaar number"]), "pii.in.pan": (lambda rng: letters(rng, 3) + rng.choice("PCHF") + letters(rng, 1) + f"{rng.randint(1, 9999):04}" + letters(rng, 1), ["PAN", "PAN card"]),
    "pii.au.tfn": (until(tfn), ["TFN", "tax file number"]),
    "pii.postcode": (lambda rng: rng.choice(["SW1A", "M1", "EC2V", "LS11", "B33", "CR2"]) + " " + str(rng.randint(1, 9)) + letters(rng, 2, "ABDEFGHJLNPQRSTUWXYZ"), ["postcode", "post code", "Postcode"]),
    "pii.vat": (vat, ["VAT", "VAT number", "USt-IdNr", "TVA"]),
}

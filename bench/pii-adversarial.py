#!/usr/bin/env python3
"""Writes samples/pii-dev/adversarial.jsonl: personal data as it is hidden, broken and copied about, and near-misses that are none. Seeded.
The second set was written without a look at what the detector does, after it had met the first; `cat` says which is which."""
import json, random

chance = random.Random(11)
GOLD = [("EMAIL", "mario.rossi@example.it"), ("EMAIL", "anna_neri@posta.example.org"), ("IBAN", "IT60X0542811101000000123456"), ("IBAN", "DE89370400440532013000"), ("CREDIT_CARD", "4111111111111111"),
        ("CREDIT_CARD", "5500000000000004"), ("IT_FISCAL_CODE", "RSSMRA85T10A562S"), ("PHONE", "+393381234567"), ("IP_ADDRESS", "192.168.1.20"), ("SSN", "536-90-4399"), ("IT_VAT_CODE", "IT12345670017")]
CUE = {"EMAIL": "e-mail", "IBAN": "IBAN", "CREDIT_CARD": "carta", "IT_FISCAL_CODE": "codice fiscale", "PHONE": "telefono", "IP_ADDRESS": "IP", "SSN": "SSN", "IT_VAT_CODE": "P.IVA"}


def mapped(value, f):
    return "".join(f(c) for c in value)


DISGUISES = {
    "arabic-digits": lambda t, v: mapped(v, lambda c: chr(0x0660 + int(c)) if c.isdigit() else c),
    "full-width": lambda t, v: mapped(v, lambda c: chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c),
    "zero-width": lambda t, v: v[:3] + "\u200b" + v[3:7] + "\u2060" + v[7:],
    "soft-hyphen": lambda t, v: v[:5] + "\u00ad" + v[5:],
    "math-digits": lambda t, v: mapped(v, lambda c: chr(0x1D7CE + int(c)) if c.isdigit() else c),
    "html-entities": lambda t, v: v.replace("@", "&#64;").replace(".", "&#46;"),
    "line-break": lambda t, v: v[:8] + "\n" + v[8:] if t in ("IBAN", "CREDIT_CARD") and len(v) > 10 else None,
    "crlf-break": lambda t, v: v[:8] + "\r\n" + v[8:] if t in ("IBAN", "CREDIT_CARD") and len(v) > 10 else None,
    "nbsp-groups": lambda t, v: "\u00a0".join(v[k:k + 4] for k in range(0, len(v), 4)) if t in ("IBAN", "CREDIT_CARD") else None,
    "cyrillic": lambda t, v: v.replace("A", "А").replace("S", "Ѕ") if t == "IT_FISCAL_CODE" else v.replace("a", "а").replace("o", "о") if t == "EMAIL" else None,
    "at-words": lambda t, v: v.replace("@", " [at] ").replace(".org", " [dot] org").replace(".it", " [dot] it") if t == "EMAIL" else None,
    "at-spoken": lambda t, v: v.replace("@", " chiocciola ").replace(".it", " punto it").replace(".org", " punto org") if t == "EMAIL" else None,
    "percent": lambda t, v: v.replace("@", "%40") if t == "EMAIL" else v.replace("+", "%2B") if t == "PHONE" else None,
    "json-escape": lambda t, v: v.replace("@", "\\u0040") if t == "EMAIL" else None,
    "omocodia": lambda t, v: "RSSMRA85T10A56NH" if t == "IT_FISCAL_CODE" else None,
    "wrong-check": lambda t, v: v[:-1] + ("T" if v[-1] != "T" else "U") if t == "IT_FISCAL_CODE" else v[:-1] + str((int(v[-1]) + 1) % 10) if t == "CREDIT_CARD" else None,
    "dots": lambda t, v: ".".join(v[k:k + 4] for k in range(0, len(v), 4)) if t == "CREDIT_CARD" else None,
    "lower": lambda t, v: v.lower() if t in ("IT_FISCAL_CODE", "IBAN") else None,
    "emoji-before": lambda t, v: v,
    "right-to-left": lambda t, v: "\u202b" + v + "\u202c",
    "curly-dashes": lambda t, v: v.replace("-", "\u2013") if "-" in v else None,
}
FRAMES = ["{cue}: {v}", "{cue} {v} grazie", "il mio {cue} è {v}.", "{{\"{cue}\": \"{v}\"}}", "id,{cue}\n1,{v}\n", "<td>{cue}</td><td>{v}</td>", "var {cue2} = \"{v}\";", "\ufeff{cue}={v}\r\nfine"]
NEAR = ["ordine n. 4111111111111112 del cliente", "versione 1.2.3.4.5 rilasciata", "ISBN 978-88-04-66829-2", "art. 12345678901 c.c.", "lotto 536904399 in magazzino", "a @ b senza dominio", "ore 12:30:45:10",
        "importo 1.234.567,89 euro", "codice prodotto ABCDEF85T10A562X", "coordinate 3.14, 2.71", "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709", "bilancio 2019-2023", "IT00X0000000000000000000000 fac simile",
        "rapporto 16:9 o 4:3", "tabella 12-34-56", "pagina 123456789", "commit 1a2b3c4d", "scala 1:100000", "protocollo 0001234/2024", "20 x 30 x 40 cm"]
rows = []
for name, disguise in DISGUISES.items():
    for kind, value in GOLD:
        hidden = disguise(kind, value)
        if hidden is None or (hidden == value and name != "emoji-before"):
            continue
        frame = chance.choice(FRAMES)
        marked = frame.format(cue=CUE[kind], cue2=CUE[kind].replace(" ", "_").replace(".", "").replace("-", ""), v="\0")
        text = ("🎉👩‍👩‍👧 " if name == "emoji-before" else "") + marked
        start = text.index("\0")
        text = text.replace("\0", hidden)
        rows.append({"id": f"adv-{name}-{len(rows)}", "cat": "adversarial:" + name, "text": text, "lang": "it", "spans": [{"start": start, "end": start + len(hidden), "type": kind}],
                     "scope": [kind], "source": "ours/" + name, "licence": "ours"})
for near in NEAR:
    rows.append({"id": f"adv-near-{len(rows)}", "cat": "adversarial:near-miss", "text": near, "lang": "it", "spans": [], "source": "ours/near-miss", "licence": "ours",
                 "scope": sorted({k for k, _ in GOLD})})

# ---- the second set: other identifiers, all with right checksums, other disguises, other places
chance = random.Random(77)
ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", [1, 0, 5, 7, 9, 13, 15, 17, 19, 21] + [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]))
EVEN = {c: k % 36 if k < 10 else k - 10 for k, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
PARTS = ["giulia.ferri", "l.bianchi", "marco_conti", "k.oneill", "p-duval", "info.studio", "sara.de.luca"]
HOSTS = ["example.it", "posta.example.org", "mail.example.com", "studio-legale.example.net", "pec.example.eu"]


def digits(n):
    return "".join(chance.choice("0123456789") for _ in range(n))


def italian_sum(text):
    return chr(65 + sum(ODD[c] if k % 2 == 0 else EVEN[c] for k, c in enumerate(text)) % 26)


def fiscal_code(letters_for_digits=0):
    day = chance.choice([chance.randrange(1, 28), chance.randrange(41, 68)])
    body = list("".join(chance.choice("BCDFGLMNPRSTVZ") for _ in range(6)) + f"{chance.randrange(40, 99)}" + chance.choice("ABCDEHLMPRST") + f"{day:02}" + chance.choice(["H501", "F205", "L219", "A944", "F839"]))
    for place in chance.sample([6, 7, 9, 10, 12, 13, 14], letters_for_digits):
        body[place] = "LMNPQRSTUV"[int(body[place])]
    return "".join(body) + italian_sum(body)


def iban(country="IT"):
    body = digits(18)
    if country == "IT":
        body = chance.choice(["05428", "03069", "02008", "01030"]) + digits(17)
        body = italian_sum(body) + body
    return f"{country}{98 - int(''.join(str(int(c, 36)) for c in body + country + '00')) % 97:02}{body}"


def luhn(begin, length):
    body = begin + digits(length - len(begin) - 1)
    total = sum(int(c) * 2 - 9 * (int(c) > 4) if k % 2 == 0 else int(c) for k, c in enumerate(reversed(body)))
    return body + str(-total % 10)


def card():
    return luhn(*chance.choice([("4", 16), ("52", 16), ("37", 15), ("6011", 16)]))


def email():
    return chance.choice(PARTS) + "@" + chance.choice(HOSTS)


def phone():
    return "+393" + chance.choice("234") + digits(8)


def address():
    return ".".join(str(chance.randrange(1, 254)) for _ in range(4))


def add(cat, kind, frame, value):
    start = frame.index("\0")
    rows.append({"id": f"adv-{cat}-{len(rows)}", "cat": "adversarial2:" + cat, "text": frame.replace("\0", value), "lang": "it", "spans": [{"start": start, "end": start + len(value), "type": kind}],
                 "scope": [kind], "source": "ours/2/" + cat, "licence": "ours"})


def cut(value, size, between):
    return between.join(value[k:k + size] for k in range(0, len(value), size))


MAKERS = [("EMAIL", email), ("IBAN", iban), ("CREDIT_CARD", card), ("IT_FISCAL_CODE", fiscal_code), ("PHONE", phone), ("IP_ADDRESS", address)]
for zero in (0x6F0, 0x966, 0x9E6, 0xFF10, 0x1D7D8, 0x1D7EC, 0xE50, 0x660):
    for kind, make in MAKERS[1:]:
        add("digits", kind, "dato \0 ricevuto", mapped(make(), lambda c: chr(zero + int(c)) if c.isdigit() else c))
for sign in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u2066":
    for kind, make in MAKERS:
        add("zero-width", kind, "dato: \0 fine", cut(make(), chance.choice([1, 2, 4, 5]), sign))
for line in ("\n", "\r\n", "\n ", "\n    ", "\r\n\t", "\n> "):
    for kind, value, frame in (("IBAN", iban(), "IBAN: \0"), ("CREDIT_CARD", card(), "Carta di credito \0\nscad."), ("IT_FISCAL_CODE", fiscal_code(), "Codice fiscale: \0"), ("PHONE", "+39 338 " + digits(7), "Tel. \0"),
                               ("IBAN", cut(iban("DE"), 4, " "), "su conto \0 intestato")):
        place = chance.randrange(5, len(value) - 4)
        place -= value[place] == " " or value[place - 1] == " "
        add("newline", kind, frame, value[:place] + line + value[place:])
for at in (" (at) ", " at ", " AT ", "[at]", "<at>", " [chiocciola] ", "(a)", " {at} ", " _at_ ", "&#64;", "&#x40;", "&commat;", "%40", "\\u0040", "\\x40", "=40", "＠", " @ ", "[@]"):
    add("at", "EMAIL", "contatto: \0 (ufficio)", chance.choice(PARTS) + at + chance.choice(HOSTS))
for dot in (" dot ", " (dot) ", "[.]", " [punto] ", " punto ", "&#46;", "&period;", "。", "．", "%2E", " DOT "):
    add("dot", "EMAIL", "contatto: \0 (ufficio)", chance.choice(PARTS) + "@" + chance.choice(HOSTS).replace(".", dot))
    add("dot", "EMAIL", "mandare a \0 entro domani", chance.choice(PARTS).replace(".", dot) + " at " + chance.choice(HOSTS).replace(".", dot))
for frame in ("String id = \"\0\";", "SELECT * FROM t WHERE k='\0';", "https://x.example/u?id=\0&ok=1", "https://x.example/u/\0/edit", "{\"a\":{\"b\":[\"\0\"]}}", "{\\\"id\\\":\\\"\0\\\"}", "id;nome\n\0;x\n", "# TODO togliere \0",
              "log.info(\"user={}\", \"\0\");", "<a data-id=\"\0\">", "key: \0\n", "foo(\0)", "x=\0;", "|\0|", "`\0`", "«\0»", "\t\0\t", "\0", "🎉\0", "👩‍👩‍👧\0👍", "שלום \0 תודה", "رقم \0 شكرا", "电话\0。", "\0\r\n", "&lt;\0&gt;", "&quot;\0&quot;",
              "<b>\0</b>", "_\0_", "*\0*", "l'utente \0, nato"):
    for kind, make in MAKERS:
        if kind != "PHONE" or "?id=" not in frame:  # a plus sign is a blank there
            add("frame", kind, frame, make())
for count in (1, 2, 3, 4, 5, 6, 7):
    for frame in ("c.f. \0", "{\"codice_fiscale\":\"\0\"}", "nato a Roma, \0, residente"):
        add("omocodia", "IT_FISCAL_CODE", frame, fiscal_code(count))
for sign in ("/", ".", "-", " ", "_", "\u00a0", "\u2009", "\u202f", "\u2013", "\u2011", " - ", "  ", "+"):
    add("separator", "CREDIT_CARD", "carta n. \0", cut(luhn("4", 16), 4, sign))
    add("separator", "IBAN", "iban \0", cut(iban(), 4, sign))
    code = fiscal_code()
    add("separator", "IT_FISCAL_CODE", "codice fiscale \0", sign.join((code[:3], code[3:6], code[6:11], code[11:])))
    if sign != "+":
        add("separator", "PHONE", "cell. \0", sign.join(("3" + chance.choice(["28", "33", "47"]), digits(3), digits(4))))
for value in ("+39 (0)2 1234567", "0039-338-1234567", "+39-338-123-4567", "(02) 1234 5678", "06.12345678", "011/5612345", "+1 (415) 555-2671", "+44 (0)20 7946 0958", "+33 1 42 68 53 00", "3 3 8 1 2 3 4 5 6 7", "338 12 34 567", "800 123 456"):
    add("written", "PHONE", "telefono: \0 grazie", value)
for value in ("192[.]168[.]1[.]20", "10(.)0(.)5(.)3", "2001:db8::8a2e:370:7334", "fe80::1ff:fe23:4567:890a%eth2", "::ffff:192.0.2.128", "10.1.2.3/24"):
    add("written", "IP_ADDRESS", "host \0 attivo", value)
for value in ("4&#49;11 1111 1111 1111", "4111&nbsp;1111&nbsp;1111&nbsp;1111", "4111%201111%201111%201111", "4111,1111,1111,1111", "4111<wbr>1111<wbr>1111<wbr>1111", "4111=\n1111=\n1111=\n1111"):
    add("written", "CREDIT_CARD", "carta \0", value)
for near in ("4111111111111112", "IT60X0542811101000000123457", "RSSMRA85T10A562T", "256.300.1.1", "user@localhost", "seguitemi su @giulia", "00:1A:2B:3C:4D", "ISBN 9788804668292", "EAN 8001234567894", "ordine 4829103847561029", "codice 000-12-3456", "666-12-3456",
             "data 32/13/2020", "1-2-3-4-5-6-7", "versione 10.0.19041.1", "v1.2.3.4", "cap. 3.2.1.4", "legge 190/2012 art. 1 comma 41", "fattura 2024/000123", "12.345.678,90 EUR", "1.000.000.000", "3,1415926535897932", "n. protocollo 338123", "gara CIG 7654321098",
             "CUP J51B21005710007", "matricola 00012345", "ABCDEF12G34H567I", "IT99X9999999999999999999999", "a@b", "12@34", "prezzo 4111 1111", "0000000000000000", "1111111111111111", "4111-1111-1111", "1234567890123456", "int a[10][20] = {1,2,3};",
             "2024-03-15T10:20:30.123Z", "http://localhost:8080/", "lotto 3381234567", "quantità 3471234567 pezzi", "0,0,0,0", "41111\n11111111111"):
    rows.append({"id": f"adv-near-{len(rows)}", "cat": "adversarial2:near-miss", "text": near, "lang": "it", "spans": [], "source": "ours/2/near-miss", "licence": "ours", "scope": sorted({k for k, _ in GOLD})})
with open("samples/pii-dev/adversarial.jsonl", "w") as out:
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=True) + "\n")
print(len(rows), "cases")

#!/usr/bin/env python3
"""Writes samples/pii-dev/adversarial.jsonl: personal data as it is hidden, broken and copied about, and near-misses that are none. Seeded."""
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
with open("samples/pii-dev/adversarial.jsonl", "w") as out:
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=True) + "\n")
print(len(rows), "cases")

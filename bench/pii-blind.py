#!/usr/bin/env python3
"""Writes samples/pii-dev/blind.jsonl from bench/pii-blind.txt: texts that were written without a look at what the detector does with them.
A line is a name, a tab and a text in which [[TYPE|value]] marks what must be found; \\n, \\t, \\u200b and \\\\ stand for themselves. A name with near in it holds nothing to find."""
import json, re

ALL = ["EMAIL", "PHONE", "IBAN", "CREDIT_CARD", "SSN", "IP_ADDRESS", "PERSON", "ADDRESS", "DATE_TIME", "SECRET", "URL"]
rows = []
for line in open("bench/pii-blind.txt", encoding="utf8"):
    name, text = line.rstrip("\n").split("\t", 1)
    text = re.sub(r"\\(\\|n|t|u200b|u00a0)", lambda m: {"\\": "\\", "n": "\n", "t": "\t", "u200b": "\u200b", "u00a0": "\u00a0"}[m[1]], text)
    plain, spans, at = "", [], 0
    for mark in re.finditer(r"\[\[([A-Z_]+)\|(.*?)\]\](?!\])", text, re.S):
        plain += text[at:mark.start()]
        spans.append({"start": len(plain), "end": len(plain) + len(mark[2]), "type": mark[1]})
        plain, at = plain + mark[2], mark.end()
    plain += text[at:]
    kinds = sorted({s["type"] for s in spans})
    rows.append({"id": f"blind-{name}", "cat": "near-miss" if "near" in name else "documents" if re.match("(it|en|es|fr|de)-", name) else "forms", "text": plain, "lang": "it", "spans": spans,
                 "scope": kinds or ALL, "source": "ours/blind", "licence": "ours"})
with open("samples/pii-dev/blind.jsonl", "w") as out:
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=True) + "\n")
print(len(rows), "texts,", sum(len(r["spans"]) for r in rows), "finds")

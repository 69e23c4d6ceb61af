#!/usr/bin/env python3
"""Makes samples/code-repair from the methods of samples/code-java-cs: every one of 40 to 400 characters that has a place for a fault,
once; every second one gets one fault. The parts stay what they were. bench/code-repair.py"""
import json, random, re

FAULTS = [  # what is there, what stands there instead
    (r"(?<![=!<>])==(?!=)", ["!="]), (r"!=", ["=="]), (r"<=", ["<"]), (r">=", [">"]), (r" < ", [" <= "]), (r" > ", [" >= "]),
    (r"&&", ["||"]), (r"\|\|", ["&&"]), (r"\+\+", ["--"]), (r"--", ["++"]), (r"\+=", ["-=", "=+"]), (r"-=", ["+="]),
    (r" \+ (?=\d|[a-z]\w*[;)\]])", [" - "]), (r" - ", [" + "]), (r"\btrue\b", ["false"]), (r"\bfalse\b", ["true"]),
    (r"(?<=\()!(?=\w)|(?<=&& )!(?=\w)|(?<=\|\| )!(?=\w)", [""]), (r"(?<= = )0(?=;)", ["1"]), (r"(?<=[+-] )1\b", ["2"]),
]
TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
chance, seen = random.Random(1), set()


def places(method):
    texts = [m.span() for m in TEXTS.finditer(method)]
    return sorted((m.start(), m.end(), new) for fault, instead in FAULTS for m in re.finditer(fault, method)
                  if not any(a <= m.start() < b for a, b in texts) for new in instead)


for part in ("train", "valid", "test"):
    rows = []
    for language in ("java", "csharp"):
        for method in map(str.strip, open(f"samples/code-java-cs/{part}.{language}")):
            bare = "".join(method.split())
            if bare in seen or not 40 <= len(method) <= 400 or not (found := places(method)):
                continue
            seen.add(bare)
            start, end, new = chance.choice(found)
            rows.append({"source": method[:start] + new + method[end:] if len(rows) % 2 == 0 else method, "target": method})
    open(f"samples/code-repair/{part}.jsonl", "w").writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)

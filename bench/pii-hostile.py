#!/usr/bin/env python3
"""Times the detector on lines of 1 MB that are one short piece of text again and again, the pieces drawn by chance: pii-hostile.py [SEED] [HOW MANY]. Prints the five slowest by rules and the five slowest with names."""
import random, re, subprocess, sys, tempfile

PARTS = ["a", "A", "1", "12", "123", "1234", " ", ".", "-", "@", ":", "/", "+", "(", ")", "\\", "<", "&", "%", "=", "_", ",", "'", '"', "IT", "RSSMRA", "carta ", "iban ", "tel ", "CF ", "via ", "Mario ", "Dr. ", "x@y",
         "http://", "eyJ", "€", "à", "\u200b", "0x", "[.]", "::", "AKIA"]
chance = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
pieces = set()
while len(pieces) < (int(sys.argv[2]) if len(sys.argv) > 2 else 500):
    pieces.add("".join(chance.choice(PARTS) for _ in range(chance.choice([1, 2, 2, 3, 3, 4, 5]))))
slowest = []
with tempfile.NamedTemporaryFile() as file:
    for piece in sorted(pieces):
        file.seek(0)
        file.write((piece.encode() * ((1 << 20) // len(piece.encode()) + 1))[:1 << 20].decode("utf8", "ignore").encode())
        file.truncate()
        file.flush()
        said = subprocess.run(["artifacts/bin/appliance", "bench", "pii", "--file", file.name], capture_output=True, text=True)
        if said.returncode and "more finds" not in said.stderr:
            sys.exit(f"{piece!r}: {said.stderr}")
        if said.returncode == 0:  # else refused: more finds than a policy allows
            slowest.append(tuple(int(us) / 1000 for us in re.findall(r"p99 (\d+) us", said.stdout)) + (piece,))
print(len(pieces), "pieces,", len(pieces) - len(slowest), "refused for more finds than a policy allows; slowest by rules:", *[f"{r:.0f} ms {p!r}" for r, n, p in sorted(slowest, reverse=True)[:5]])
print("with names:", *[f"{n:.0f} ms {p!r}" for r, n, p in sorted(slowest, key=lambda s: -s[1])[:5]])

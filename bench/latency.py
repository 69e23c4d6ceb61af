#!/usr/bin/env python3
"""Start-up and answer times through the real socket: latency.py BIN ROOT (a root in which a model serves)."""
import http.client, json, os, shutil, signal, socket, subprocess, sys, tempfile, time

binaries, root = sys.argv[1], sys.argv[2]
sock = os.path.join(root, "run", "api.sock")
LETTER = ("Oggetto: Rifiuti Ingombranti in Via Pietro Micca Egregi Sono Laura Verdi residente in Via Pietro Micca 45. Voglio far presente "
          "la presenza di rifiuti ingombranti non rimossi da diversi giorni. Distinti saluti Laura Verdi laura.verdi@email.com +39 011 8765432")


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sock)


def start():
    t = time.perf_counter()
    p = subprocess.Popen([os.path.join(binaries, "appliance-host"), "--root", root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            c = Unix("appliance")
            c.request("GET", "/readyz")
            if c.getresponse().status == 200:
                return p, time.perf_counter() - t
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.002)


def ask(c):
    t = time.perf_counter()
    c.request("POST", "/api/tasks/sentiment/infer", json.dumps({"fields": {"text": LETTER}, "purpose": "citizen-service", "explain": True}),
              {"Content-Type": "application/json"})
    r = json.loads(c.getresponse().read())
    return (time.perf_counter() - t) * 1000, r["times"]


model_root, root = root, tempfile.mkdtemp()
os.makedirs(os.path.join(root, "etc"))
shutil.copytree("policies", os.path.join(root, "etc", "policies"))
sock = os.path.join(root, "run", "api.sock")
ready = []
for _ in range(5):
    p, t = start()
    ready.append(t)
    p.send_signal(signal.SIGTERM)
    p.wait()
shutil.rmtree(root)
root, cold = model_root, []
sock = os.path.join(root, "run", "api.sock")
for _ in range(3):
    t = time.perf_counter()
    p, _ = start()
    c = Unix("appliance")
    ask(c)
    cold.append(time.perf_counter() - t)
    p.send_signal(signal.SIGTERM)
    p.wait()
p, _ = start()
c = Unix("appliance")
for _ in range(50):
    ask(c)
runs = [ask(c) for _ in range(300)]
p.send_signal(signal.SIGTERM)
p.wait()
ms = sorted(r[0] for r in runs)
parts = {k: sorted(r[1][k] for r in runs)[len(runs) // 2] for k in runs[0][1]}
print(f"start to ready without a model: median {sorted(ready)[2]:.2f} s of 5; start to the first answer, worker and model included: median {sorted(cold)[1]:.2f} s of 3")
print(f"a letter through the socket: p50 {ms[150]:.1f} ms, p99 {ms[297]:.1f} ms; p50 of the parts: " +
      ", ".join(f"{k.removesuffix('_ms')} {v:.2f}" for k, v in parts.items()))

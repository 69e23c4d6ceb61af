#!/usr/bin/env python3
"""Every task through the real service: what a frozen base, adapters, full training and training from nothing give; answers through the socket.
tasks.py BIN [TASK ...]"""
import base64, glob, http.client, json, os, shutil, signal, socket, subprocess, sys, tempfile, time

binaries, wanted = sys.argv[1], sys.argv[2:]
root = tempfile.mkdtemp()
appliance = os.path.join(binaries, "appliance")
# Their head reads every token, or is the table of words: no one vector to keep.
FROZEN_BY_FREEZE = ("entities", "questions", "questions-it", "code-completion", "code-translation", "code-repair")
SLOW = ("code-completion", "code-translation")
VARIANTS = [("frozen", {"method": "head", "learning_rate": "0.01"}), ("lora", {"method": "lora", "learning_rate": "0.003"}), ("full", {}),
            ("from nothing", {"init": "random"})]
# task: recipe, import arguments, purpose, variants' own fields
TASKS = {
    "sentiment": ("Sentiment/recipes/letters.yaml", ["letters", "samples/letters-it", "--label-names", "0=complaint,1=question,2=praise"], "citizen-service"),
    "sentiment-uci": ("Sentiment/recipes/uci-full.yaml", ["uci", "samples/sentiment-uci", "--text", "sentence", "--label", "score", "--data-labels", "public", "--purpose", "research"], "research"),
    "entities": ("Entities/recipes/wnut17.yaml", ["wnut17", "samples/ner-wnut17", "--keep-parts", "--data-labels", "public", "--purpose", "research"], "research"),
    "questions": ("Questions/recipes/xquad.yaml", ["xquad", "samples/qa-xquad-en", "--data-labels", "public", "--purpose", "research"], "research"),
    "questions-it": ("Questions/recipes/squad-it.yaml", ["squad-it", "samples/qa-squad-it", "--data-labels", "public", "--purpose", "research"], "research"),
    "vision": ("Vision/recipes/mnist.yaml", ["mnist", "samples/mnist", "--data-labels", "public", "--purpose", "research"], "research"),
    "code-lines": ("Code/recipes/code-lines.yaml", ["code-lines", "samples/code-lines", "--data-labels", "public", "--purpose", "research"], "research"),
    "code-completion": ("Code/recipes/mbpp.yaml", ["mbpp", "samples/code-mbpp", "--field", "source=text", "--label", "code", "--answer", "text", "--data-labels", "public", "--purpose", "research"], "research"),
    "code-repair": ("Code/recipes/code-repair.yaml", ["code-repair", "samples/code-repair", "--field", "source=source", "--label", "target", "--answer", "text", "--keep-parts", "--data-labels", "public", "--purpose", "research"], "research"),
    "code-translation": ("Code/recipes/java-cs.yaml", ["java-cs"] + [f"samples/code-java-cs/{f}.{e}" for f in ("train", "valid", "test") for e in ("java", "csharp")]
                         + ["--format", "parallel", "--field", "source=.java", "--label", ".csharp", "--keep-parts", "--data-labels", "public", "--purpose", "research"], "research"),
}


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.path.join(root, "run", "api.sock"))


def run(*arguments):
    done = subprocess.run([appliance, *arguments, "--root", root], capture_output=True, text=True)
    if done.returncode not in (0, 4):
        sys.exit(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def recipe(path, fields):
    lines = [l for l in open(os.path.join("plugins", path)) if l.split(":")[0] not in fields]
    out = os.path.join(root, "recipe.yaml")
    open(out, "w").write("".join(lines) + "".join(f"{k}: {v}\n" for k, v in fields.items()))
    return out


def table(name):
    path, imported, purpose = TASKS[name]
    run("dataset", "import", *imported)
    for variant, fields in VARIANTS:
        text = open(os.path.join("plugins", path)).read()
        if variant == "frozen" and name in FROZEN_BY_FREEZE:
            fields = {"method": "freeze", "trained_layers": "1" if name.startswith("code") else "0", "learning_rate": "0.01"}
        if name in SLOW or name == "code-repair":
            fields = {**fields, "max_steps": "400"}  # the same small budget for all four; the recipe's own run takes longer
        if name == "questions-it":
            fields = {**fields, "num_train_epochs": "1"}
        if variant == "from nothing" and "use-lite" in text:
            fields = {**fields, "learning_rate": "0.001"}
        job = json.loads(run("train", recipe(path, fields), "--dataset", imported[0], "--purpose", purpose, "--promote", "--json"))
        if job["state"] != "succeeded":
            print(f"  {name:17} {variant:13} {job['problem']}", flush=True)
            continue
        passport = json.loads(run("model", "show", job["model"], "--json"))["passport"]
        e, g = passport["evaluation"], passport["gate"]
        print(f"  {name:17} {variant:13} {e['measure']} {e['score']:.3f} [{g['score_low']:.3f}, {g['score_high']:.3f}] on {g['test_rows']} rows, baseline {e['baseline']:.3f}, "
              + ", ".join(f"{k} {v:.3f}" for k, v in e["metrics"].items())
              + f", {passport['train_seconds']:.0f} s, {passport['examples_per_second']:.0f} rows/s, gate {g['result']}", flush=True)


def post(connection, task, body):
    connection.request("POST", f"/api/tasks/{task}/infer", json.dumps(body), {"Content-Type": "application/json"})
    reply = connection.getresponse()
    read = json.loads(reply.read())
    if reply.status != 200:
        sys.exit(f"{task}: {read}")
    return read


def inputs(name):
    if name == "vision":
        photo = base64.b64encode(open("samples/photos/three.png", "rb").read()).decode()
        return [{"image": photo}] * 64
    if name.startswith("questions"):
        rows = [(q["question"], p["context"]) for d in json.load(open("samples/qa-xquad-en/xquad.en.json"))["data"] for p in d["paragraphs"] for q in p["qas"][:1]]
        return [{"question": q, "context": c} for q, c in rows[:64]]
    if name == "code-completion":
        return [{"source": json.loads(l)["text"]} for l in list(open(sorted(glob.glob("samples/code-mbpp/*.jsonl"))[0]))[:64]]
    if name == "code-translation":
        return [{"source": l.strip()} for l in list(open("samples/code-java-cs/test.java"))[:64]]
    if name == "code-repair":
        return [{"source": json.loads(l)["source"]} for l in list(open("samples/code-repair/test.jsonl"))[:64]]
    if name == "code-lines":
        return [{"text": json.loads(l)["text"]} for l in list(open("samples/code-lines/code-lines.jsonl"))[:64]]
    lines = [l.split("\t")[0].strip() for l in list(open("samples/sentiment-uci/uci_yelp_labelled.txt"))[1:65]]
    return [{"text": l} for l in lines]


def latency(name):
    task, common = name.split("-uci")[0].split("-it")[0], {"purpose": TASKS[name][2], "labels": ["public"]}
    rows, connection = inputs(name), Unix("appliance")
    for row in rows[:16] + [None]:
        post(connection, task, {"fields": row, **common} if row else {"inputs": rows, **common})
    times = []
    for k in range(200 if name not in SLOW else 32):
        t = time.perf_counter()
        post(connection, task, {"fields": rows[k % 64], **common})
        times.append(time.perf_counter() - t)
    t, count = time.perf_counter(), 0
    for _ in range(4 if name not in SLOW else 1):
        count += len(post(connection, task, {"inputs": rows, **common})["answers"])
    batch, single = count / (time.perf_counter() - t), len(times) / sum(times)
    times.sort()
    print(f"  {name:17} one by one p50 {times[len(times) // 2] * 1000:.1f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms, {single:.0f} a second; "
          f"64 at once {batch:.0f} a second: {batch / single:.1f} x", flush=True)


os.makedirs(os.path.join(root, "etc"))
shutil.copytree("policies", os.path.join(root, "etc", "policies"))
host = subprocess.Popen([os.path.join(binaries, "appliance-host"), "--root", root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    while subprocess.run([appliance, "status", "--root", root], capture_output=True).returncode != 0:
        time.sleep(0.1)
    subprocess.run([appliance, "model", "convert", "samples/stories260k/stories260K.bin", os.path.join(root, "stories"), "--tokenizer", "samples/stories260k/tok512.bin"], check=True, capture_output=True)
    for base, folder in (("use-lite-en", "samples/use-lite-en"), ("resnet20-cifar10", "samples/resnet20-cifar10"), ("code260k", "samples/code260k"), ("stories260k", os.path.join(root, "stories"))):
        run("model", "import", base, folder)
    for name in wanted or TASKS:
        table(name)
        if json.loads(run("status", "--json"))["serving"].get(name.split("-uci")[0].split("-it")[0]):
            latency(name)
finally:
    host.send_signal(signal.SIGTERM)
    host.wait()
    shutil.rmtree(root)

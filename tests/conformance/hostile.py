"""An adapter for a two-operation suite that misbehaves in the way that its argument names. Run by test_runner.py."""

import json
import os
import subprocess
import sys
import time
from typing import Any

MODE = sys.argv[1]


def say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def right(message: dict[str, Any]) -> dict[str, Any]:
    value = message["input"]["value"]
    if int(value) > 9:
        return {"seq": message["seq"], "result": "invalid", "error": {"stage": "semantic", "code": "too-big"}}
    return {"seq": message["seq"], "result": "valid", "output": {"double": str(2 * int(value))}}


def misbehave(message: dict[str, Any]) -> None:
    """What to do when asked about the value 3; everything else is answered right."""
    answer = right(message)
    seq = message["seq"]
    match MODE:
        case "good":
            say(answer)
        case "hang":
            time.sleep(1000)
        case "hang-with-child":
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
            time.sleep(1000)
        case "crash":
            sys.stderr.write("a long story\nSegmentation fault, as they say\n")
            os._exit(139)
        case "kill":
            os.kill(os.getpid(), 9)
        case "half":
            sys.stdout.write(json.dumps(answer)[:10])
            sys.stdout.flush()
            os._exit(0)
        case "close":
            os.close(1)
            time.sleep(1000)
        case "flood-lines":
            while True:
                sys.stdout.write("y\n" * 1000)
        case "flood-one-line":
            while True:
                sys.stdout.write("y" * 100_000)
        case "flood-stderr":
            for _ in range(500):
                sys.stderr.write("e" * 100_000)
            say(answer)
        case "garbage":
            os.write(1, b"\xff\xfe\x00\x1b[31m garbage\n")
        case "not-object":
            say([1, 2])
        case "nan":
            sys.stdout.write(f'{{"seq": {seq}, "result": "valid", "output": {{"double": NaN}}}}\n')
            sys.stdout.flush()
        case "twice-a-member":
            sys.stdout.write(f'{{"seq": {seq}, "result": "invalid", "result": "valid", "output": {{"double": "6"}}}}\n')
            sys.stdout.flush()
        case "deep":
            sys.stdout.write("[" * 200_000 + "]" * 200_000 + "\n")
            sys.stdout.flush()
        case "huge-number":
            sys.stdout.write('{"seq": ' + "9" * 100_000 + "}\n")
            sys.stdout.flush()
        case "wrong-seq":
            say(answer | {"seq": seq + 1})
        case "boolean-seq":
            say(answer | {"seq": True})
        case "no-result":
            say({"seq": seq})
        case "third-result":
            say({"seq": seq, "result": "acceptable"})
        case "two-answers":
            say(answer)
            say(answer)
        case "cannot-tell":
            say({"seq": seq, "result": "error", "message": "out of luck"})
        case "number":
            say({"seq": seq, "result": "valid", "output": {"double": 6}})
        case "extra-member":
            say({"seq": seq, "result": "valid", "output": {"double": "6", "also": "this"}})
        case "rejects":
            say({"seq": seq, "result": "invalid", "error": {"stage": "decode", "code": "odd"}})
        case _:
            say(answer)


def main() -> None:
    if MODE == "silent-start":
        time.sleep(1000)
    if MODE == "chatty-start":
        print("Welcome!", flush=True)
    if MODE == "dead-start":
        sys.exit("no licence found")
    for line in sys.stdin:
        message = json.loads(line)
        if MODE == "spy":
            with open(sys.argv[2], "a") as log:
                log.write(line)
        if message["cmd"] == "hello":
            ops = ["test.double"] if MODE != "liar" else ["test.double", "test.other"]
            answer = {"harness": 1, "implementation": {"name": "hostile"}, "ops": ops, "features": []}
            if MODE == "bad-hello":
                answer["ops"] = "all"
            if MODE == "old-harness":
                answer["harness"] = 0
            say(answer)
        elif message["cmd"] == "bye":
            if MODE == "never-ends":
                time.sleep(1000)
            if MODE == "last-word":
                print("bye!", flush=True)
            sys.exit(3 if MODE == "bad-exit" else 0)
        elif MODE == "always-crash":
            os._exit(1)
        elif MODE == "no-reading" and message["input"]["value"] == "1":
            say(right(message))
            time.sleep(1000)
        elif MODE == "accepts-all":
            say(
                {
                    "seq": message["seq"],
                    "result": "valid",
                    "output": {"double": str(2 * int(message["input"]["value"]))},
                }
            )
        elif MODE == "wrong-code" and int(message["input"]["value"]) > 9:
            say({"seq": message["seq"], "result": "invalid", "error": {"stage": "semantic", "code": "other"}})
        elif message["input"]["value"] == "3":
            misbehave(message)
        else:
            say(right(message))


main()

"""Runs the `console` fences of a Markdown page, and compares what they show with what comes out.

A fence holds commands after `$ ` (continued by lines after `> `) and below each the output that it shows. In shown
output a line `...` stands for any lines, and `...` or `…` inside a line for any text. All fences of a page run in one
shell, in order, in one folder that is empty at first. A command may fail only if the next one is `echo $?`.
A fence ```` ```console needs=NAME ```` is left out where no command and no Python module of that name is installed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

MARK = "\x1e"
TIME_LIMIT = 300
"""Seconds for all of a page's commands."""


@dataclass
class Step:
    """A command, the line it stands on, and the output that the page shows for it."""

    line: int
    command: str
    shown: list[str] = field(default_factory=list)


def steps(page: str) -> list[Step]:
    """The commands of a page's console fences, in order."""
    found: list[Step] = []
    fence: str | None = None
    for number, text in enumerate(page.splitlines(), 1):
        if fence is None:
            if text.startswith("```"):
                fence = text[3:].strip()
        elif text.strip() == "```":
            fence = None
        elif fence.split(" ")[0] == "console" and available(fence):
            if text.startswith("$ "):
                found.append(Step(number, text[2:]))
            elif (text.startswith("> ") or text == ">") and not found[-1].shown:
                found[-1].command += "\n" + text[2:]
            else:
                found[-1].shown.append(text.rstrip())
    return found


def available(info: str) -> bool:
    """Whether the commands and modules that a fence's info string needs are installed."""
    names = re.findall(r"needs=(\S+)", info)
    return all(shutil.which(name) or importlib.util.find_spec(name) for name in names)


def matches(shown: list[str], came: list[str]) -> bool:
    """Whether output is as shown, `...` standing for any lines or any text."""
    pattern = ""
    for text in shown:
        if text.strip() in {"...", "…"}:
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += "[^\n]*".join(re.escape(part) for part in re.split(r"\.\.\.|…", text)) + "\n"
    return re.fullmatch(pattern, "".join(text + "\n" for text in came)) is not None


def run(page: str, folder: Path) -> list[str]:
    """Run a page's commands in a folder; each message tells of one that doesn't do what the page shows."""
    todo = steps(page)
    script = ["exec 2>&1"]
    for step in todo:
        script += [step.command, f"__status=$?; printf '\\n{MARK}%d\\n' $__status; (exit $__status)"]
    environment = {name: value for name, value in os.environ.items() if name in {"LANG", "TMPDIR", "SSL_CERT_FILE"}}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder.parent),
    }
    environment |= {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "100", "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=TIME_LIMIT,
    )
    *outputs, _ = re.split(rf"\n{MARK}(?=\d)", "\n" + done.stdout)
    faults = [] if len(outputs) == len(todo) else [f"the shell stopped after {len(outputs)} of {len(todo)} commands"]
    statuses = [int(status) for status in re.findall(rf"\n{MARK}(\d+)\n", done.stdout)]
    for number, (step, output, status) in enumerate(zip(todo, outputs, statuses, strict=False)):
        came = [text.rstrip() for text in output.partition("\n")[2].splitlines()]
        while came and not came[-1]:
            came.pop()
        shown = list(step.shown)
        while shown and not shown[-1]:
            shown.pop()
        where = f"line {step.line}: $ {step.command}\n"
        asked = number + 1 < len(todo) and todo[number + 1].command.startswith("echo $?")
        if status and not asked:
            faults.append(where + f"exits with {status}:\n" + "\n".join(came))
        elif not matches(shown, came):
            faults.append(where + "shows\n" + "\n".join(shown) + "\nand prints\n" + "\n".join(came))
    return faults


if __name__ == "__main__":
    # For authors: print a page's commands with their real output, to be pasted.
    import tempfile

    for step in steps(Path(sys.argv[1]).read_text(encoding="utf-8")):
        print(f"line {step.line}: {shlex.quote(step.command)}")
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "work"
        work.mkdir()
        print("\n\n".join(run(Path(sys.argv[1]).read_text(encoding="utf-8"), work)) or "all as shown")

"""The command line as a whole: help, examples, exit codes, errors."""

from __future__ import annotations

import errno
import json
import re
import shlex
import shutil
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from support.cli import COMMAND, call, ok
from tracework.cli import exits
from tracework.cli.app import COMMANDS, SECTIONS, LazyGroup, app
from tracework.cli.command import Command, Number
from tracework.cli.commands import conform
from tracework.cli.commands.conform import Conform
from tracework.cli.console import count, size
from tracework.cli.failure import guarded
from tracework.worker.examples import examples


def commands() -> list[tuple[str, Command]]:
    """Every command with its full name, those inside groups too."""
    found: list[tuple[str, Command]] = []
    waiting: list[tuple[str, click.Command]] = [("", app)]
    while waiting:
        path, command = waiting.pop()
        if isinstance(command, LazyGroup):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None and child.name == name
                waiting.append((f"{path} {name}".strip(), child))
        else:
            assert isinstance(command, Command), path
            found.append((path, command))
            if isinstance(command, Conform):
                for name, module in conform.COMMANDS.items():
                    waiting.append((f"{path} {name}", import_module(module, conform.__package__).command))
    return sorted(found, key=lambda pair: pair[0])


FILES = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
ALL = commands()
NAMES = [name for name, _ in ALL]


def test_help_lists_every_command() -> None:
    page = ok("--help")
    for name, (_, line) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line)}$", page, re.M)
    assert SECTIONS.keys() <= COMMANDS.keys() and next(iter(COMMANDS)) in SECTIONS
    assert all(f"\n{title}:\n" in page for title in SECTIONS.values())
    assert ok("-h") == page
    for code, meaning in exits.MEANINGS.items():
        assert re.search(rf"^ +{code} +{re.escape(meaning)}$", page, re.M)


def test_without_a_command_it_shows_help() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2 and result.stderr == ok("--help") and not result.stdout


@pytest.mark.parametrize(("name", "command"), ALL, ids=NAMES)
def test_help_of_a_command(name: str, command: Command) -> None:
    page = ok(*name.split(), "--help")
    assert page.startswith(f"Usage: tracework {name} ")
    assert command.examples and command.help
    assert "Examples:" in page and "Exit codes:" in page
    for line in command.examples:
        assert line in page
    for option in command.params:
        assert isinstance(option, click.Argument) or getattr(option, "help", None), f"{name}: {option.name}"
    assert all(len(line) <= 110 for line in page.splitlines())


def lines(command: Command) -> list[str]:
    """A command's examples, continued lines put together."""
    return [line for line in "\n".join(command.examples).replace("\\\n", " ").splitlines() if line]


EXAMPLES = [(name, line) for name, command in ALL for line in lines(command)]


INCOMPLETE = {
    "tracework verify work/claim.cbor",
    "tracework explain worker.commit --with many.cbor",
    "tracework explain worker.reveal --with worker.commit",
}
"""Examples of evidence that is incomplete."""
REFUTING = {"tracework explain fault.reveal --with fault.cbor": 1}
"""Examples of evidence that refutes a claim."""


def prepare_audit() -> None:
    """Put the files of the audit's examples here: a run that is audited, its commit, a beacon, an audit proof."""
    from tracework.conformance.generate.audit import honest
    from tracework.conformance.generate.beacon import quicknet
    from tracework.protocol.encoding.schema import encode_object

    files = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
    terms = ["--network", "testnet", "--segment-log2", "16", "--max-steps", "1M", "--price", "1"]
    audit = ["--audit", "2", "1", "--deadlines", "10", "20", "30"]
    ok("unit", *files, "--key", "requester.key", *terms, *audit, "-o", "audited.cbor")
    ok("run", "audited.cbor", *files, "--key", "worker.key", "-o", "audited")
    ok("commit", "audited", "--key", "worker.key", "--blinding", "audited.blinding", "-o", "audited.commit")
    Path("beacon.cbor").write_bytes(encode_object(quicknet(1000)))
    Path("audit.cbor").write_bytes(encode_object(honest()))


def prepare_fault(name: str) -> None:
    """Put a fault proof here, and, for who reveals, the commit to it."""
    files = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
    ok("cheat", "work", "jumped-segment", "--key", "worker.key", "-o", "false")
    ok("refute", "false", *files, "-o", "fault.cbor")
    signing = ["fault.cbor", "--key", "me.key", "--blinding", "fault.blinding"]
    if name != "fault commit":
        ok("fault", "commit", *signing, "-o", "fault.commit")
    if name == "explain":
        ok("fault", "reveal", *signing, "-o", "fault.reveal")


def prepare_epoch(name: str) -> None:
    """Put parameters and a folder of evidence here, and, for who settles, the epoch that it makes."""
    ok("epoch", "parameters", "-o", "parameters.toml")
    ok("registry", "add", "registry.cbor", "--identity", "requester.pub", "--stake", "0", "--region", "eu-west")
    Path("evidence").mkdir()
    for file in ("many.cbor", "committee.cbor", "worker.commit", "commit.receipt"):
        shutil.copy(file, "evidence")
    Path("epoch.cbor").unlink()
    if name == "settle":
        terms = [
            "--registry",
            "registry.cbor",
            "--parameters",
            "parameters.toml",
            "--number",
            "7",
            "--slots",
            "201",
            "400",
        ]
        ok("epoch", "new", "evidence", *terms, "-o", "epoch.cbor")


def prepare_dispute(name: str) -> None:
    """Open a dispute before a referee, for those who join it."""
    if name in ("dispute join", "dispute judge"):
        ok("dispute", "open", "game", "theirs", "--key", "me.key", "--work", "work")
    if name == "dispute join":
        ok("keygen", "-o", "helper.key")
        call("dispute", "judge", "game", "theirs/claim.cbor")


@pytest.mark.parametrize(("name", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_examples_in_help_work(name: str, line: str, here: Path) -> None:
    words = shlex.split(line)
    assert f"tracework {name}" in line
    if words[1] == "conform" and "--" in words:
        # Whatever adapter an example names: ours answers.
        words = [*words[: words.index("--") + 1], *COMMAND, "adapter"]
    if name == "build":
        pytest.importorskip("ziglang")
        Path("main.c").write_text('#include "tracework.h"\nint main(void) { return 0; }\n')
        Path("util.c").write_text("int nothing;\n")
    if name == "refute" or name.startswith("dispute"):
        ok("cheat", "work", "jumped-segment", "--key", "worker.key", "-o", "theirs")
    if name.startswith("dispute"):
        prepare_dispute(name)
        words = ["0" if word == "600" else word for word in words]  # nobody else is there to wait for
    if name.startswith("audit"):
        prepare_audit()
    if name == "audit reveal":
        ok("audit", "check", "audit.cbor", "--key", "me.key", "--blinding", "check.blinding", "-o", "me.check")
    if name.startswith("fault") or "fault.reveal" in words:
        prepare_fault(name)
    if name == "epoch new" or "--evidence" in words:
        prepare_epoch(name)
    if name == "rule check":
        ok("rule", "new", "my_rule.py")
    target = None
    if ">" in words:
        target = words[words.index(">") + 1]
        words = words[: words.index(">")]
    for option in ("-o", "--identity"):
        for at, word in enumerate(words[:-1]):
            if word == option and (name == "keygen" or (option == "-o" and name not in ("run", "build", "trace"))):
                Path(words[at + 1]).unlink(missing_ok=True)
    if "--diff" in words:
        files = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
        Path("ours.jsonl").write_text(ok("trace", "unit.cbor", *files, "--json", "--to", "200"))
        words += ["--to", "200"]
    result = call(*words[1:])
    expected = 3 if line in INCOMPLETE or name in ("dispute join", "dispute judge") else REFUTING.get(line, 0)
    assert result.exit_code == expected, result.output
    if target:
        assert result.stdout.startswith("{")


@pytest.mark.parametrize("name", list(examples()))
def test_what_an_example_says_works(name: str, empty: Path) -> None:
    said = ok("example", name)
    _, commands = said.split("To run it:\n")
    for line in commands.replace("\\\n", " ").splitlines():
        ok(*shlex.split(line)[1:])
    steps = examples()[name].steps
    assert steps and json.loads(ok("run", "unit.cbor", "--key", "me.key", "-o", "work/", "--json"))["steps"] == str(
        steps
    )
    for file in examples()[name].files:
        assert f"  {file}" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'; `tracework --help` shows"),
        (["verify"], "Missing argument 'FILE'; `tracework verify --help` shows"),
        (["verify", "no.cbor"], "cannot read no.cbor: No such file or directory"),
        (["verify", "."], "cannot read .: Is a directory"),
        (["verify", "work"], "work is a folder; the claim in it is work/claim.cbor"),
        (["inspect", "work/"], "work/ is a folder; the claim in it is work/claim.cbor"),
        (["verify", "unit.cbor", "--program", "x"], "--program and --input go together"),
        (["verify", "work/claim.cbor", "--checkpoints", "work"], "--checkpoints goes with --program and --input"),
        (["verify", "work/claim.cbor", "--jobs", "2"], "--jobs goes with --checkpoints"),
        (["verify", "me.key"], "me.key is a secret key, which verify does not judge"),
        (["verify", "proof.cbor", "--unit", "12"], "64 hexadecimal digits"),
        (["verify", "proof.cbor", "--worker", "12"], "96 hexadecimal digits"),
        (["verify", "proof.cbor", "--unit", "me.pub"], "me.pub is not a unit"),
        (["verify", "proof.cbor", "--worker", "unit.cbor"], "unit.cbor is not an identity"),
        (["verify", "unit.cbor", "--program", "p", "--input", "i"], "what you gave is a unit"),
        (["inspect", "no.cbor"], "cannot read no.cbor"),
        (["keygen", "-o", "me.key"], "me.key exists, and keys are never overwritten"),
        (["keygen", "-o", "new.key", "--identity", "me.pub"], "me.pub exists"),
        (["keygen", "-o", "no/where.key"], "cannot write no/where.key: No such file or directory"),
        (["example", "nonsense"], "there is no example nonsense; there are sha256"),
        (["example", "sha256", "unit.cbor"], "unit.cbor"),
        (["unit", "--program", "x"], "Missing option"),
        (["prove", "work", "-o", "x.cbor"], "say which segments to prove"),
        (["prove", "work", "--all", "--last", "-o", "x.cbor"], "say which segments to prove"),
        (["prove", "work", "--segment", "99999", "-o", "x.cbor"], "no segment 99999"),
        (["prove", "sha256", "--last", "-o", "x.cbor"], "sha256"),
        (["run", "work/claim.cbor", "--key", "worker.key", "-o", "w"], "work/claim.cbor is not a unit"),
        (["run", "unit.cbor", "--key", "unit.cbor", "-o", "w"], "unit.cbor"),
        (["run", "unit.cbor", "--key", "worker.key", "-o", "w"], "w does not hold the unit's input; give it"),
        (
            ["run", "unit.cbor", *FILES, "--key", "worker.key", "-o", "sha256"],
            "sha256 is not empty and no work folder: it holds README.md; choose another folder",
        ),
        (["run", "unit.cbor", "--key", "worker.key", "-o", "me.key"], "me.key"),
        (["run", "unit.cbor", "--key", "requester.key", "-o", "work"], "work holds the claim of worker"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_are_one_sentence(arguments: list[str], said: str, here: Path) -> None:
    before = sorted(here.rglob("*"))
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert sorted(here.rglob("*")) == before, "a failed command left something behind"


UNIT = ["unit", *FILES, "--key", "me.key", "--network", "net", "--max-steps", "10", "--price", "1", "-o", "new.cbor"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--program": "sha256/sha256.c"}, "not an ELF file"),
        ({"--program": "no.elf"}, "cannot read no.elf"),
        ({"--input": "no.txt"}, "cannot read no.txt"),
        ({"--key": "me.pub"}, "me.pub"),
        ({"--network": "No Net"}, "network"),
        ({"--max-steps": "0"}, "0 is not from 1 to"),
        ({"--max-steps": "many"}, "'many' is no number like"),
        ({"--max-steps": "2^64"}, "2^64 is not from 1 to"),
        ({"--max-steps": "2^60"}, "trace tree"),
        ({"--price": "-1"}, "-1"),
        ({"--nonce": "12"}, "64 hexadecimal digits"),
        ({"--segment-log2": "3"}, "3 is not in the range"),
        ({"-o": "unit.cbor"}, "unit.cbor exists"),
        ({"-o": "no/unit.cbor"}, "cannot write no/unit.cbor"),
    ],
    ids=lambda value: " ".join(map(" ".join, value.items())) if isinstance(value, dict) else "",
)
def test_errors_of_unit(change: dict[str, str], said: str, here: Path) -> None:
    arguments = list(UNIT)
    for option, value in change.items():
        if option in arguments:
            arguments[arguments.index(option) + 1] = value
        else:
            arguments += [option, value]
    before = sorted(here.rglob("*"))
    result = call(*arguments)
    assert result.exit_code == 2 and said in result.stderr, result.stderr
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("1_000", 1000), ("10M", 10**7), ("3k", 3000), ("2^20", 1 << 20), ("1T", 10**12)]
)
def test_numbers(text: str, number: int) -> None:
    assert Number().convert(text, None, None) == number


@pytest.mark.parametrize("text", ["", "x", "1.5", "-1", "2^", "^2", "9" * 50, "2^9999", "1e3", "0x10"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Number().convert(text, None, None)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (RuntimeError("surprise"), exits.BUG, "this is a bug in tracework"),
        (MemoryError(), exits.UNUSABLE, "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device", "x.cbor"), exits.UNUSABLE, "x.cbor: no space left on device"),
        (OSError(errno.EIO, "Input/output error"), exits.UNUSABLE, "input/output error"),
        (click.exceptions.Exit(3), 3, ""),
    ],
)
def test_the_last_resort(
    error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRACEWORK_TRACEBACK", raising=False)

    def failing() -> None:
        raise error

    assert guarded(failing) == code
    shown = capsys.readouterr().err
    assert said in shown and "Traceback" not in shown and shown.count("\n") <= 1


def test_a_bugs_traceback_can_be_had(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEWORK_TRACEBACK", "1")
    assert guarded(lambda: 1 / 0) == exits.BUG
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):") and "ZeroDivisionError" in shown


def test_counts_agree_with_what_they_count() -> None:
    assert [count(n, "step") for n in (0, 1, 2, 1234)] == ["0 steps", "1 step", "2 steps", "1,234 steps"]
    assert count(12_345_678, "step") == "12.3 million steps"
    assert count(12_345_678, "step", exact=True) == "12,345,678 steps"
    assert [count(1), count(1234), count(2e12)] == ["1", "1,234", "2 trillion"]
    assert [size(1), size(2), size(1024)] == ["1 byte", "2 bytes", "1.0 KiB"]

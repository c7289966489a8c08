"""The whole way on a real program and a real file, told for a newcomer. `make demo` runs this.

Every line that begins with `$` is a command that you can type yourself; `--keep FOLDER` keeps the files that they made.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = (sys.executable, "-c", "from tracework.cli import main; main()")
GUEST = "sha256"
PROGRAM = f"{GUEST}/{GUEST}.elf"
ROUND_1000 = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
"""What drand's quicknet has published for its round 1000."""


class Demo:
    """Tells the story; `folder` is where it takes place."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.folder = folder
        self.file = file
        self.number = 0
        # About 80 steps a byte: between 8 and 16 segments, if the file isn't very large.
        steps = 80 * file.stat().st_size + 4000
        self.segment_log2 = max(8, min(20, (steps // 8).bit_length() - 1))
        self.max_steps = 2 * steps
        bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.bold, self.plain = ("\x1b[1m", "\x1b[0m") if bold else ("", "")

    def stage(self, title: str, text: str) -> None:
        """Begin a part of the story."""
        self.number += 1
        print(f"\n{self.bold}{self.number}. {title}{self.plain}\n")
        self.tell(text)

    def tell(self, text: str) -> None:
        """Say something to the reader."""
        print(textwrap.fill(" ".join(text.split()), 96), flush=True)

    def run(self, line: str, expected: int = 0, most: int | None = None) -> str:
        """Type a command, show what it prints, or its first `most` lines, and hold it to its exit code."""
        typed = " \\\n          ".join(textwrap.wrap(line, 110, break_long_words=False, break_on_hyphens=False))
        print(f"\n    {self.bold}$ tracework {typed}{self.plain}", flush=True)
        done = subprocess.run(
            [*COMMAND, *shlex.split(line)],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        shown = done.stdout.splitlines()
        for text in shown[:most]:
            print(f"    {text}" if len(text) < 150 else textwrap.indent(textwrap.fill(text, 96), "    "))
        if most is not None and len(shown) > most:
            print(f"    … ({len(shown) - most} more lines)")
        if expected:
            print(f"    (exit code {done.returncode})", flush=True)
        if done.returncode != expected:
            sys.exit(f"The demo expected the exit code {expected}, and got {done.returncode}.")
        return done.stdout

    def tour(self) -> None:
        """Everything, in order."""
        data = self.file.read_bytes()
        self.tell(
            f"""Somebody wants the SHA-256 of a file ({self.file.name}, {len(data):,} bytes) computed by a stranger's
            computer, and wants to know that it was done. Nobody here trusts anybody."""
        )
        self.ask(data)
        self.work(data)
        self.check()
        self.corrupt()
        self.lie()
        self.look()

    def ask(self, data: bytes) -> None:
        """What the requester does."""
        self.stage(
            "A program for the machine",
            """Programs are ordinary C, compiled for a small deterministic RISC-V machine. This one comes with
            Tracework; `tracework build` compiles your own.""",
        )
        self.run(f"example {GUEST}", most=5)
        (self.folder / "file").write_bytes(data)

        self.stage("Keys", "Requester and worker sign what they say. The secret halves stay in these files.")
        self.run("keygen -o requester.key")
        self.run("keygen -o worker.key --identity worker.pub")

        self.stage(
            "The requester asks",
            """A unit of work commits to the program and to the input by their hashes, sets limits and a price, says how
            it is to be verified, here by an audit, and is signed.""",
        )
        self.run(
            f"unit --program {PROGRAM} --input file --key requester.key --network demo"
            f" --segment-log2 {self.segment_log2} --max-steps {self.max_steps} --price 1"
            " --audit 4096 1 --deadlines 10 20 30 -o unit.cbor"
        )

    def work(self, data: bytes) -> None:
        """What the worker does."""
        self.stage(
            "The worker works",
            """The worker executes the program step by step, hashes the machine's whole state at every segment's end,
            and signs a claim on the result and on the root of all these hashes.""",
        )
        self.run(f"run unit.cbor --program {PROGRAM} --input file --key worker.key -o work/")
        output = (self.folder / "work/output.bin").read_text().strip()
        print()
        self.tell(f"The output is {output}.")
        if output != hashlib.sha256(data).hexdigest():
            sys.exit("That is not the file's SHA-256.")
        self.tell("This computer's own SHA-256 of the file is the same. But how would a stranger know?")

    def check(self) -> None:
        """What an auditor does."""
        self.stage(
            "A claim alone",
            """Whoever gets the claim can check everything that needs no execution: who signed, what about, and that the
            result is the one in which the trace ends. That is not enough to believe it, and the verdict says so.""",
        )
        self.run("verify work/claim.cbor", expected=3)
        self.stage(
            "A proof of some segments",
            """Which segments are to be proven is somebody else's choice, made after the worker signed. The proof holds
            the memory pages that these segments touch, with the paths that lead to the signed root.""",
        )
        self.run("prove work/ --segment 0 --segment 3 -o proof.cbor")
        self.stage(
            "Anybody checks it",
            """With nothing but that one file: no program, no input, no trust. The segments are executed again on the
            pages in it, and have to end in the states that the worker signed.""",
        )
        self.run("verify proof.cbor --network demo --unit unit.cbor --worker worker.pub")
        self.stage("Or checks everything", "Whoever has the program and the input can execute it all again.")
        self.run(f"verify work/claim.cbor --program {PROGRAM} --input file", most=8)

    def corrupt(self) -> None:
        """What happens to a file on the way."""
        self.stage(
            "The proof is corrupted",
            """One bit of the proof is flipped, in the middle of a memory page. The page then leads to another root than
            the signed one, and the rejection says where. It says nothing against the worker, who may never have seen
            this file.""",
        )
        data = bytearray((self.folder / "proof.cbor").read_bytes())
        data[len(data) // 2] ^= 1
        (self.folder / "corrupted.cbor").write_bytes(data)
        self.run("verify corrupted.cbor", expected=1)

    def lie(self) -> None:
        """What happens to a worker who lies."""
        self.stage(
            "The worker lies",
            """This time the worker claims what it hasn't executed: its trace jumps, where segment 4 begins.
            `tracework cheat` makes such claims, to try what catches them. Signature and paths are in order, and the
            verdict on the claim alone is the same as before.""",
        )
        self.run("cheat work/ jumped-segment --segment 4 --key worker.key -o false/", most=1)
        self.run("verify false/claim.cbor", expected=3, most=1)
        self.stage(
            "Anybody refutes it",
            """Whoever has program and input, and the leaves that the worker has to publish, executes it again, finds
            the first wrong segment, and has a proof of the fault. It stands alone, and nobody has to sign it.""",
        )
        self.run(f"refute false/ --program {PROGRAM} --input file -o fault.cbor --no-progress")
        self.run("verify fault.cbor", expected=1, most=8)
        self.stage(
            "An audit doesn't pass it",
            """Or nobody executes it all. The worker commits to its claim, and then a public beacon, here round 1000 of
            drand's, draws the segments that it has to open. This unit asks for more than there are, so for all; a few
            do, where a lie costs more than it brings, and `tracework audit plan` says how many.""",
        )
        self.run("commit false/ --key worker.key --blinding false.blinding -o false.commit")
        self.run(f"audit beacon 1000 --signature {ROUND_1000} -o beacon.cbor")
        self.run("audit plan false/claim.cbor --samples 4")
        proving = (
            "audit prove false/ --commit false.commit --blinding false.blinding --beacon beacon.cbor -o audit.cbor"
        )
        self.run(proving, expected=2)
        print()
        self.tell(
            """The liar has nothing to show: the segment that was drawn doesn't end where its trace says. To show it all
            the same refutes the claim, and if the worker says nothing, a committee certifies its silence, which
            costs no less."""
        )

    def look(self) -> None:
        """What else there is."""
        self.stage("A look inside", "Every step can be looked at, and every file.")
        self.run(f"trace unit.cbor --program {PROGRAM} --input file --from 1000 --to 1003")
        self.run("inspect proof.cbor", most=12)
        print()
        self.tell("That was all of it: asked for, done, claimed, proven, checked, and a lie was caught, twice.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the demo in a folder of its own."""
    parser = argparse.ArgumentParser(description="Tracework from end to end, on a real program and a real file.")
    parser.add_argument(
        "--file", type=Path, default=Path(__file__).parent.parent / "spec/machine.md", help="what to hash"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work in this new folder, and keep it")
    chosen = parser.parse_args(arguments)
    if not chosen.file.is_file():
        parser.error(f"there is no file {chosen.file}")
    if chosen.keep is not None:
        try:
            chosen.keep.mkdir(parents=True)
        except OSError as error:
            parser.error(f"cannot make the folder {chosen.keep}: {error.strerror}")
        Demo(chosen.keep, chosen.file).tour()
        print(f"\nThe files are in {chosen.keep}.")
        return
    with tempfile.TemporaryDirectory(prefix="tracework-demo-") as folder:
        Demo(Path(folder), chosen.file).tour()
    print("\nThe files are gone. `make demo KEEP=some-folder` keeps them; `FILE=path` takes a file of yours.")


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)

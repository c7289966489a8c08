"""`make bench-dispute`: a dispute inside a real segment of 2^24 steps, three processes over a folder, measured.

A benchmark guest is run, a false leaf put into its claim, and the lie disputed: the accused from the false folder, the
challenger by executing, the referee from the claim alone. Memory is the most that was in use.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from support.cli import COMMAND, environment
from support.guests import guests
from support.simulated import FreeBackend
from tracework.protocol.encoding.schema import decode_object
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.work.dispute import Move
from tracework.verifier.faults import check_step_fault
from tracework.verifier.verdict import Outcome
from tracework.worker.games import GameFolder


class Trusting(FreeBackend):
    """Takes every signature for a good one: to measure all else."""

    def holds(self, key: bytes, message: bytes, tag: bytes, signature: bytes) -> bool:
        return True


def command(*arguments: object, folder: Path) -> str:
    """Run a command of ours; what it printed."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stderr)
    return done.stdout


def together(lines: Sequence[Sequence[str]], folder: Path) -> list[dict[str, float]]:
    """Run commands at once; of each, the processor's seconds and the most memory in MiB."""
    begun = time.perf_counter()
    running = {
        subprocess.Popen(
            [*COMMAND, *line], cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).pid: at
        for at, line in enumerate(lines)
    }
    found: list[dict[str, float]] = [{} for _ in lines]
    while running:
        pid, _, used = os.wait4(-1, 0)
        if pid in running:
            found[running.pop(pid)] = {
                "processor_seconds": used.ru_utime + used.ru_stime,
                "wall_seconds": time.perf_counter() - begun,
                "memory_mib": used.ru_maxrss / 1024,
            }
    return found


def measure(name: str, log2: int, numbers: Sequence[int], leaf: int, lie_at: int, folder: Path) -> dict[str, Any]:
    """Play one dispute; the figures."""
    (guest,) = (guest for guest in guests("benchmarks") if guest.name == name)
    (folder / "program.elf").write_bytes(guest.elf)
    (folder / "input.bin").write_bytes(b"".join(number.to_bytes(8, "little") for number in numbers))
    files = ["--program", "program.elf", "--input", "input.bin"]
    for key in ("requester", "worker", "me"):
        command("keygen", "-o", f"{key}.key", folder=folder)
    terms = ["--network", "bench", "--segment-log2", log2, "--max-steps", "100G", "--price", "1"]
    command("unit", *files, "--key", "requester.key", *terms, "-o", "unit.cbor", folder=folder)
    command("run", "unit.cbor", *files, "--key", "worker.key", "-o", "work", "--no-progress", folder=folder)
    jump = ["--segment", leaf, "--key", "worker.key", "-o", "false"]
    command("cheat", "work", "jumped-segment", *jump, folder=folder)
    command("dispute", "open", "game", "false", "--key", "me.key", *files, folder=folder)
    accused, challenger, referee = together(
        [
            [
                "dispute",
                "join",
                "game",
                "--key",
                "worker.key",
                "--work",
                "false",
                "--lie-at",
                str(lie_at),
                "--wait",
                "36000",
            ],
            ["dispute", "join", "game", "--key", "me.key", *files, "--wait", "36000"],
            ["dispute", "judge", "game", "false/claim.cbor", "--wait", "36000"],
        ],
        folder,
    )
    game = GameFolder(folder / "game")
    played = game.game()
    assert played is not None
    moves = [decode_object(Move, taken.move).body for taken in played.taken]
    sent = [sum(1 for move in moves if move.number % 2 == side) for side in (0, 1)]
    proof = game.proof_path.read_bytes()
    return {
        "program": name,
        "segment_log2": log2,
        "step": moves[-1].proof.step if moves[-1].proof else None,
        "ending": played.ending,
        "accused": accused | {"messages": sent[0]},
        "challenger": challenger | {"messages": sent[1] + 1},
        "referee": referee,
        "proof_bytes": len(proof),
        "check_ms": check_ms(proof),
    }


def check_ms(proof: bytes, times: int = 50) -> float:
    """Milliseconds to check a step fault proof with the interpreter, its signatures aside."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        verdict = check_step_fault(proof, executor=Interpreter, backend=Trusting())
        taken.append(time.process_time() - begun)
        assert verdict.claim is Outcome.REFUTED, verdict.message
    return 1000 * median(taken)


def main() -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="make bench-dispute", description=__doc__)
    parser.add_argument("--segment-log2", type=int, default=24, help="binary logarithm of the segment's steps")
    parser.add_argument("--leaf", type=int, default=4, help="which leaf of the trace is false")
    parser.add_argument("--lie-at", type=int, help="where in the segment the lie begins (half-way)")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    parser.add_argument("programs", nargs="*", default=["sha256", "sieve"], help="benchmark guests")
    arguments = parser.parse_args()
    small = {guest.name: guest.entry["small"]["input"] for guest in guests("benchmarks")}
    rows, lie_at = [], arguments.lie_at or 1 << (arguments.segment_log2 - 1)
    for name in arguments.programs:
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(name, arguments.segment_log2, small[name], arguments.leaf, lie_at, Path(folder))
        rows.append(figures)
        if not arguments.json:
            show(figures)
    if arguments.json:
        json.dump(rows, sys.stdout, indent=1)
        print()
    return 0


def show(figures: dict[str, Any]) -> None:
    """Print the figures of one dispute."""
    print(f"{figures['program']}, a segment of 2^{figures['segment_log2']} steps: {figures['ending']}")
    for party in ("accused", "challenger", "referee"):
        used = figures[party]
        sent = f", {used['messages']} messages" if "messages" in used else ""
        print(
            f"  {party:10} {used['processor_seconds']:7.1f} s of a processor, {used['wall_seconds']:7.1f} s in all,"
            f" {used['memory_mib']:6.0f} MiB{sent}"
        )
    print(f"  proof      {figures['proof_bytes']} bytes, checked in {figures['check_ms']:.2f} ms, signatures aside")


if __name__ == "__main__":
    sys.exit(main())

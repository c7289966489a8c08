"""The long differential fuzz of the engine: `make fuzz-engine`, or `python -m support.engine_fuzz --programs 20000`."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from random import Random

from support.engine_differential import compare, compare_witness
from support.engine_programs import make
from tracework.protocol.machine.engine import EngineCache, Runtime, Tuning


def tuning(random: Random) -> Tuning:
    """Early translation; half of the time of many small functions."""
    threshold = random.choice((2, 3, 8, 50))
    if random.random() < 0.5:
        return Tuning(threshold)
    return Tuning(
        threshold, merge=random.choice((10, 40)), function=random.choice((5, 20)), ahead=random.choice((5, 40))
    )


def check(seed: int, runtimes: list[Runtime]) -> str:
    """Make the program of a seed, compare it in one of the ways, and say how it ended."""
    random = Random(seed)
    program = make(random, random.choice((200, 3000, 3000, 20000)))
    runtime = random.choice(runtimes)
    cache = EngineCache(runtime, tuning=tuning(random))
    track, way = random.random() < 0.5, random.random()
    state = compare(program, cache, track, ahead=way < 0.4)
    if way > 0.8:
        # Again, with the translation at hand.
        compare(program, cache, track)
    if 0.4 < way < 0.6:
        compare_witness(program, cache, random)
    return f"{state.status.name.lower()} {state.code if state.status == 2 else ''}".strip()


def run(programs: int, first: int = 1, stop: bool = False) -> list[int]:
    """Compare programs of consecutive seeds, and print what was found; the seeds that differ."""
    runtimes = [Runtime(), Runtime(wide_arithmetic=False), Runtime(direct_calls=False)]
    outcomes: Counter[str] = Counter()
    failed: list[int] = []
    started = time.monotonic()
    for seed in range(first, first + programs):
        try:
            outcomes[check(seed, runtimes)] += 1
        except Exception:
            failed.append(seed)
            print(f"seed {seed}:", file=sys.stderr)
            traceback.print_exc()
            if stop or len(failed) >= 20:
                break
        except KeyboardInterrupt:
            break
    done = sum(outcomes.values()) + len(failed)
    print(f"{done} programs compared in {time.monotonic() - started:.0f} s, {len(failed)} differ {failed or ''}")
    for outcome, count in outcomes.most_common():
        print(f"  {outcome:16} {count}")
    return failed


def main() -> int:
    """Compare as many programs as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1, help="the first program's seed; the others follow")
    parser.add_argument("--stop", action="store_true", help="stop at the first difference")
    arguments = parser.parse_args()
    return 1 if run(arguments.programs, arguments.seed, arguments.stop) else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.torture [WORD…]`: a table of the rows whose names hold one of the words, or all."""

import argparse
import sys
import time

from tests.torture.rows import Outcome, Row, rows

HEAD = f"{'test':58}{'tried':>9}{'failed':>8}{'seconds':>9}  found"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--few", action="store_true", help="as few cases as in the test suite")
    parser.add_argument("--count", type=int, help="so many cases")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chosen = [row for row in rows() if not arguments.words or any(word in row.test for word in arguments.words)]
    print(HEAD, flush=True)
    failures = []
    for row in chosen:
        count = arguments.count or (row.few if arguments.few else row.full)
        failures += tell(row, count, arguments.seed)
    print("\n".join(failures[:100]), file=sys.stderr)
    return 1 if failures else 0


def tell(row: Row, count: int, seed: int) -> list[str]:
    """Run a row and print its line."""
    begun = time.perf_counter()
    outcome = row.run(count, seed)
    print(line(row.test, outcome, time.perf_counter() - begun), flush=True)
    return [f"{row.test}: {failure}" for failure in outcome.failures]


def line(test: str, outcome: Outcome, seconds: float) -> str:
    found = ", ".join(f"{count:,} {what}" for what, count in outcome.figures.items())
    return f"{test:58}{outcome.tried:>9,}{len(outcome.failures):>8,}{seconds:>9,.0f}  {found}"


if __name__ == "__main__":
    sys.exit(main())

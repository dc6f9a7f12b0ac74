"""The entry point of the command ``attncli``; ``--version`` is answered without loading anything."""

from __future__ import annotations

import gc
import sys

RARELY = 100_000  # new objects: what is loaded stays, and to look for garbage in it takes time


def main() -> None:
    """Run the command line, and leave with its exit code."""
    gc.set_threshold(RARELY)
    if sys.argv[1:] in (["--version"], ["-V"]):
        from attncli import __version__  # noqa: PLC0415

        sys.stdout.write(f"attncli {__version__}\n")
        return
    try:
        from attncli.commands.app import run  # noqa: PLC0415 - only where it is needed

        code = run(sys.argv[1:])
        gc.freeze()  # the process ends: Python need not look through all of it for garbage once more
        sys.exit(code)
    except KeyboardInterrupt:  # before there was anything to interrupt
        sys.exit(130)


if __name__ == "__main__":
    main()

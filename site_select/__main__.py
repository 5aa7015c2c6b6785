"""The program, which says what to install where a library is missing."""

import sys


def main() -> int:
    """Run the command line.

    Returns
    -------
    int
        The exit code.
    """
    try:
        from site_select.cli import main as run  # noqa: PLC0415 - it imports every library
    except ModuleNotFoundError as error:
        from site_select import installed  # noqa: PLC0415

        print(f"site-select: {error}", *installed.libraries(), sep="\n", file=sys.stderr)
        return 3
    return run()


if __name__ == "__main__":
    sys.exit(main())

"""The command line: make the report of a study, or check its tables."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from site_select import publish, study
from site_select.errors import NotebookError, SiteSelectError, WriteError
from site_select.messages import LANGUAGES, Language

DONE, NOTEBOOK_FAILED, WRONG_INPUT, NOT_WRITTEN, INTERRUPTED = 0, 1, 2, 3, 130

_EXIT_CODES = """\
exit codes:
  0    done
  1    a notebook failed; it is kept, as far as it ran, beside the report
  2    wrong use, or faulty input; every fault is listed
  3    the report cannot be written
  130  interrupted; the former report stands as it was
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        Words after the name of the command; those it was started with when left out.

    Returns
    -------
    int
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    try:
        return _check(asked.study) if asked.command == "check" else _report(asked)
    except NotebookError as error:
        return _stopped(error, NOTEBOOK_FAILED)
    except WriteError as error:
        return _stopped(error, NOT_WRITTEN)
    except SiteSelectError as error:
        return _stopped(error, WRONG_INPUT)
    except KeyboardInterrupt:
        return _stopped("interrupted; the former report stands as it was", INTERRUPTED)


def _report(asked: argparse.Namespace) -> int:
    # Faults of the tables are said once, before any notebook stumbles over them.
    read = study.read(asked.study)
    index = publish.report(
        read.folder,
        out=asked.out or Path("reports") / read.name,
        languages=asked.language,
        workers=asked.workers,
        notebooks=asked.notebooks,
        only=[name for name in read.settings.notebooks.split(";") if name],
    )
    print(index)
    return DONE


def _check(folder: Path) -> int:
    read = study.read(folder)
    for name, file in read.survey.files.items():
        print(f"{name}: {len(getattr(read.survey, name)):,} rows from {file.name}")
    for note in read.survey.notes:
        print(f"note: {note}")
    print(f"{read.name}: no fault")
    return DONE


def _stopped(reason: object, code: int) -> int:
    print(f"site-select: {reason}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    about: dict[str, Any] = {
        "epilog": _EXIT_CODES,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }
    parser = argparse.ArgumentParser(
        prog="site-select",
        description="Decide where a shared-logistics milk run should start.",
        **about,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    does = "run the notebooks of a study and write its report, pages that open without a network"
    _add_report(commands.add_parser("report", help=does, description=does, **about))
    does = "read the tables of a study and list every fault"
    check = commands.add_parser("check", help=does, description=does, **about)
    check.add_argument("study", type=Path, help="folder of the study")
    return parser


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", type=Path, help="folder of the study, such as data/studies/desk")
    parser.add_argument("--out", type=Path, help="folder of the report [reports/NAME OF STUDY]")
    parser.add_argument(
        "--language",
        type=_languages,
        metavar="ko|en|both",
        default=os.environ.get("REPORT_LANG") or "both",
        help="language of the report [environment variable REPORT_LANG, else both]",
    )
    parser.add_argument(
        "--workers", type=_positive, default=2, help="notebooks run at once [%(default)s]"
    )
    parser.add_argument(
        "--notebooks",
        type=Path,
        default=Path("notebooks"),
        help="folder of the notebooks [%(default)s]",
    )


def _languages(word: str) -> tuple[Language, ...]:
    if word == "both":
        return LANGUAGES
    if word not in LANGUAGES:
        raise argparse.ArgumentTypeError(f"{word!r} is none of ko, en, both")
    return tuple(language for language in LANGUAGES if language == word)


def _positive(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word} is not 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())

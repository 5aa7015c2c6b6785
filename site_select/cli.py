"""The command line: report and check a study, take it to the field, rank and weigh any table."""

import argparse
import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from io import TextIOWrapper
from pathlib import Path
from types import MappingProxyType
from typing import Any

from site_select import (
    ahp,
    comparison,
    decision_files,
    fieldwork,
    processes,
    proof,
    publish,
    runs,
    scoring,
    study,
    weighting,
)
from site_select.errors import NotebookError, SiteSelectError, WriteError
from site_select.messages import LANGUAGES, Language
from site_select.parallel import ClusterError

USUAL_LIMIT = 0.10  # of the consistency ratio, Saaty's
LOST = (
    "a process of this run was ended from outside, most likely for want of memory; what was there "
    "stays; close other programs, or take --workers 1"
)
DONE, NOTEBOOK_FAILED, WRONG_INPUT, NOT_WRITTEN, DIFFERENT, CLUSTER_GONE = range(6)
INTERRUPTED = 130
CODES: Mapping[type[Exception], int] = MappingProxyType({
    NotebookError: NOTEBOOK_FAILED, BrokenProcessPool: NOTEBOOK_FAILED, WriteError: NOT_WRITTEN,
    ClusterError: CLUSTER_GONE, SiteSelectError: WRONG_INPUT,
})  # fmt: skip

_EXIT_CODES = """\
exit codes:
  0    done
  1    a notebook failed; it is kept, as far as it ran, beside the report; or the machine
       ended a process of the run
  2    wrong use, or faulty input; every fault is listed
  3    the report cannot be written; doctor: something that a report needs is missing
  4    verify: the page is not what its study gives; every difference is listed
  5    run, sweep: the cluster is gone; what it computed is kept, and the next run goes on
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
    if isinstance(sys.stdout, TextIOWrapper):  # a name that the terminal cannot write stops nothing
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        run: Callable[[argparse.Namespace], int] = asked.run
        with processes.followed():
            return run(asked)
    except tuple(CODES) as error:
        code = next(code for kind, code in CODES.items() if isinstance(error, kind))
        return _stopped(LOST if isinstance(error, BrokenProcessPool) else error, code)
    except BrokenPipeError:  # whoever read had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return _stopped("interrupted; the former report stands as it was", INTERRUPTED)


def _report(asked: argparse.Namespace) -> int:
    # Faults of the tables are said once, before any notebook stumbles over them.
    read = study.read(asked.study)
    changes = _weights(read, asked.weights) if asked.weights else {}
    index = publish.report(
        read.folder,
        out=asked.out or Path("reports") / f"{read.name}{'-variant' if changes else ''}",
        languages=asked.language,
        workers=asked.workers,
        notebooks=asked.notebooks,
        only=[name for name in read.settings.notebooks.split(";") if name],
        changes=changes,
        origin=study.origin(study.changed(read, changes)),
    )
    print(index)
    return DONE


def _weights(read: study.Study, file: Path) -> dict[str, float]:
    """Changes that state the weights of a file in place of all others."""
    stated = decision_files.read_weights(file, weighting.indicators_of(read.criteria))
    every = dict.fromkeys(read.settings.weights, 0.0) | stated
    return {f"weights.{name}": weight for name, weight in every.items()}


def _compare(asked: argparse.Namespace) -> int:
    before, after = (_read_run(path) for path in (asked.before, asked.after))
    written = comparison.write(before, after, out=asked.out, languages=asked.language)
    print(*written, sep="\n")
    return DONE


def _read_run(path: Path) -> runs.Run:
    print(f"reading {path}", file=sys.stderr)  # a study is assessed now, which takes a while
    return runs.read(path)


def _check(asked: argparse.Namespace) -> int:
    read = study.read(asked.study)
    for name, file in read.survey.files.items():
        print(f"{name}: {len(getattr(read.survey, name)):,} rows from {file.name}")
    for note in read.survey.notes:
        print(f"note: {note}")
    print(f"{read.name}: no fault")
    return DONE


def _verify(asked: argparse.Namespace) -> int:
    found = proof.verify(
        asked.page, asked.study, manifest=asked.manifest, notebooks=asked.notebooks
    )
    print(*found or [f"{asked.page}: as recomputed, to the last character"], sep="\n")
    return DIFFERENT if found else DONE


def _rank(asked: argparse.Namespace) -> int:
    performance, weights, criteria = decision_files.read(asked.table, asked.criteria)
    broken = scoring.ruled_out(performance, criteria)
    performance = performance.drop(index=broken.index)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", UserWarning)
        found = scoring.ranked(performance, weights, criteria, method=asked.method)
    rows = found.rename_axis("alternative").reset_index()[["rank", "alternative", "score"]]
    said = {
        "method": asked.method, "alternatives": rows.to_dict("records"),
        "notes": [f"{label} is ruled out by the veto on {names}" for label, names in broken.items()]
        + [str(note.message) for note in notes],
    }  # fmt: skip
    return _told(said, [rows.to_string(index=False)], as_json=asked.json)


def _weigh(asked: argparse.Namespace) -> int:
    judgements = decision_files.read_judgements(asked.judgements)
    found = ahp.group(judgements, aggregate=asked.aggregate, ratio_limit=asked.ratio_limit)
    rows = found.consistency.assign(
        is_over=found.consistency["ratio"] > min(asked.ratio_limit, USUAL_LIMIT)
    )
    said = {
        "weights": found.weights.to_dict(),
        "nodes": {parent: own.droplevel("parent").to_dict()
                  for parent, own in found.local.groupby("parent", sort=False)},
        "consensus": None if math.isnan(found.consensus) else found.consensus,
        "consistency": [
            {name: None if cell == "" else cell for name, cell in row.items()}
            for row in rows.astype(object).where(rows.notna(), None).to_dict("records")
        ],
        "left_out": found.left_out,
        "notes": [f"{who} is left out: {why}" for who, why in found.left_out.items()] + [
            f"{row['evaluator']} contradicts itself on {row['parent']} (ratio {row['ratio']:.3f}, "
            f"usual limit {USUAL_LIMIT:.2f}): ask again"
            for _, row in rows[rows["is_over"]].iterrows()
        ],
    }  # fmt: skip
    tables = [found.weights.rename("weight").to_frame(), rows.set_index("evaluator")]
    return _told(said, [table.to_string() for table in tables], as_json=asked.json)


def _told(said: dict[str, Any], tables: list[str], *, as_json: bool) -> int:
    if as_json:
        is_plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
        print(json.dumps(said, ensure_ascii=is_plain, indent=1, allow_nan=False))
    else:
        print(*tables, *(f"note: {note}" for note in said["notes"]), sep="\n\n")
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
    check.set_defaults(run=_check)
    does = "compute a page of a report anew from its study and list every difference"
    _add_verify(commands.add_parser("verify", help=does, description=does, **about))
    does = "write what changed between two runs, from studies, reports or decision briefs"
    _add_compare(commands.add_parser("compare", help=does, description=does, **about))
    does = "rank the alternatives of any decision table by one method"
    _add_rank(commands.add_parser("rank", help=does, description=does, **about))
    does = "weights from judgements of pairs, one evaluator or a group, and how consistent they are"
    _add_weigh(commands.add_parser("weigh", help=does, description=does, **about))
    fieldwork.add(
        lambda name, does: commands.add_parser(name, help=does, description=does, **about)
    )
    return parser


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_verify)
    parser.add_argument("page", type=Path, help="page of a report, in one language")
    parser.add_argument(
        "--study", type=Path, help="folder of the study [data/studies/NAME IN THE PAGE]"
    )
    parser.add_argument(
        "--manifest", type=Path,
        help="manifest.json of the report, kept elsewhere: its hash of the page is compared first",
    )  # fmt: skip
    parser.add_argument(
        "--notebooks", type=Path, default=publish.NOTEBOOKS,
        help="folder of the notebooks [those of the program]",
    )  # fmt: skip


def _add_rank(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "table", type=Path, help="an alternative per row, a criterion per column, names first"
    )
    parser.add_argument(
        "--criteria", type=Path, required=True,
        help="a criterion per row: criterion, direction (max or min), weight, and more where a "
        "method needs it",
    )  # fmt: skip
    parser.add_argument(
        "--method", choices=scoring.METHODS, default="additive", help="method [%(default)s]"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_rank)


def _add_weigh(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "judgements", type=Path, help="a pair per row: first, second, ratio; evaluator, parent"
    )
    parser.add_argument(
        "--aggregate", choices=("AIP", "AIJ"), default="AIP",
        help="mean of the priorities or of the judgements of a group [%(default)s]",
    )  # fmt: skip
    parser.add_argument(
        "--ratio-limit", type=float, default=float("inf"), metavar="RATIO",
        help="leave out evaluators above this consistency ratio, such as 0.10 [none left out]",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_weigh)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_report)
    parser.add_argument("study", type=Path, help="folder of the study, such as data/studies/desk")
    parser.add_argument(
        "--out", type=Path,
        help="folder of the report [reports/NAME OF STUDY, of a variant with -variant]",
    )  # fmt: skip
    parser.add_argument(
        "--weights", type=Path, metavar="FILE",
        help="weights in place of the study's, as the decision brief gives them out",
    )  # fmt: skip
    _add_language(parser)
    processes.add_workers(parser, "notebooks run at once")
    parser.add_argument(
        "--notebooks",
        type=Path,
        default=publish.NOTEBOOKS,
        help="folder of the notebooks [those of the program]",
    )


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_compare)
    for name in ("before", "after"):
        parser.add_argument(
            name, type=Path,
            help="folder of a study, which is assessed now, of a report, or a decision brief",
        )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.html",
        help="page to write; with both languages the English one is FILE.en.html",
    )  # fmt: skip
    _add_language(parser)


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--language",
        type=_languages,
        metavar="ko|en|both",
        default=os.environ.get("REPORT_LANG") or "both",
        help="language of the report [environment variable REPORT_LANG, else both]",
    )


def _languages(word: str) -> tuple[Language, ...]:
    if word == "both":
        return LANGUAGES
    if word not in LANGUAGES:
        raise argparse.ArgumentTypeError(f"{word!r} is none of ko, en, both")
    return tuple(language for language in LANGUAGES if language == word)


if __name__ == "__main__":
    sys.exit(main())

"""A folder is replaced as a whole, at whatever step its run is killed."""

import subprocess
import sys

import pytest

from site_select import folders

# A child does it again and again, each time killed one step of the file system later.
KILLED = """
import os, signal, sys
from pathlib import Path
from site_select import folders

place = Path(sys.argv[1])
STEPS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "open"}

def replace(target, word):
    with folders.staged(target) as staging:
        (whole := staging / "whole").mkdir()
        for name in ("a", "b"):
            (whole / name).write_text(word)
        folders.swap(whole, target)

def killed_at(step):
    (folder := place / str(step)).mkdir()
    replace(folder / "out", "former")
    child = os.fork()
    if child == 0:
        taken = 0
        def count(event, arguments):
            nonlocal taken
            if event in STEPS:
                taken += 1
                if taken == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(count)
        replace(folder / "out", "new")
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL

step = 1
while killed_at(step):
    step += 1
"""


def words(folder):
    return sorted((path.name, path.read_text("utf-8")) for path in folder.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="has no fork")
def test_folder_is_whole_whichever_step_of_its_replacing_was_the_last(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=True)
    every = sorted(tmp_path.iterdir(), key=lambda path: int(path.name))
    assert len(every) > 10
    found = []
    for folder in every:
        read = words(folders.current(folder / "out"))
        assert read in ([("a", word), ("b", word)] for word in ("former", "new")), folder.name
        found.append(read[0][1])
        with folders.staged(folder / "out") as staging:  # the next run
            assert words(folder / "out") == read
            (whole := staging / "whole").mkdir()
            folders.swap(whole, folder / "out")
        assert [path.name for path in folder.iterdir()] == ["out"]
    assert found == sorted(found)  # former, then new, and never back
    assert set(found) == {"former", "new"}


def test_process_of_a_killed_run_cannot_write_into_the_folder_of_the_next(tmp_path):
    with folders.staged(tmp_path / "out") as killed:
        (killed / "executed").mkdir()
        with folders.staged(tmp_path / "out") as next_one:
            assert next_one != killed
            with pytest.raises(FileNotFoundError):
                (killed / "executed" / "page").write_text("late")


def test_folder_of_another_target_is_left_alone(tmp_path):
    (tmp_path / ".out2.building-1").mkdir()
    (tmp_path / ".o.building-1").mkdir()
    with folders.staged(tmp_path / "o[u]t"), folders.staged(tmp_path / "out"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [".o.building-1", ".out2.building-1"]

"""A Dask cluster of this machine: a scheduler and two workers, each a process of its own."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from distributed import Client

HERE = Path(__file__).parent


@contextmanager
def cluster(folder, *path):
    """Address of the scheduler and the processes, scheduler first; they can import from a path."""
    told, log = folder / "scheduler.json", (folder / "log").open("w")
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (HERE.parent, *path)))}

    def started(program, *words):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *words]
        return subprocess.Popen([*command, "--no-dashboard"], stdout=log, stderr=log, env=env)

    ports = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told)]
    everyone = [started("scheduler", *ports)]
    try:
        while not told.is_file() or not told.read_text():
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        alone = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
        everyone += [started("worker", address, *alone) for _ in range(2)]
        with Client(address) as client:
            client.wait_for_workers(2, timeout=30)
        yield address, everyone
    finally:
        for process in everyone:
            process.kill()
            process.wait()
        log.close()

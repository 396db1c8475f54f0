"""Studies on many machines: a Dask cluster of real processes, and a store behind an S3 interface."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pytest
from test_runner import content, small

from experiments.ensemble import executors, runner
from experiments.ensemble.store import Store
from model.errors import InputError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SECONDS = 60
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def process(*words: str, inside: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A program in a process of its own, in a network namespace when one is named."""
    prefix = ["ip", "netns", "exec", inside] if inside else []
    command = [*prefix, sys.executable, "-m", *words]
    running = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield running
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def wait_for(client: object, workers: int) -> None:
    client.wait_for_workers(workers, timeout=SECONDS)  # type: ignore[attr-defined]


@contextmanager
def cluster(host: str = "127.0.0.1", hosts: tuple[str, str, str] = ("", "", "")) -> Iterator[tuple[str, list]]:  # type: ignore[type-arg]
    """A scheduler and two workers, a process each; the address of the scheduler and the workers."""
    port = free_port()
    address = f"tcp://{host}:{port}"
    common = ("--no-dashboard", "--local-directory", "/tmp", "--nthreads", "1", "--no-nanny", "--death-timeout", "60")
    with ExitStack() as stack:
        stack.enter_context(
            process(
                "distributed.cli.dask_scheduler", "--host", host, "--port", str(port), "--no-dashboard", inside=hosts[0]
            )
        )
        workers = [
            stack.enter_context(process("distributed.cli.dask_worker", address, *common, inside=h)) for h in hosts[1:]
        ]
        yield address, workers


def test_a_cluster_gives_the_same_bits_and_survives_a_killed_worker(tmp_path: Path) -> None:
    from distributed import Client

    study = small(replications=8, design={"steps": 4})
    here, there = Store(tmp_path / "threads"), Store(tmp_path / "dask")
    runner.run(study, here)
    with cluster() as (address, workers):
        with Client(address, timeout=SECONDS) as client:
            wait_for(client, 2)
        killed = threading.Event()

        def kill_one(effort: runner.Effort) -> None:
            if effort.fresh > 4 and not killed.is_set():
                killed.set()
                os.killpg(workers[0].pid, signal.SIGKILL)

        with runner.executing(address) as executor:
            effort = runner.run(study, there, executor, progress=kill_one)
    assert killed.is_set()
    assert (effort.fresh, effort.failed) == (64, 0)
    pd.testing.assert_frame_equal(content(here), content(there), check_exact=True)


def can_make_networks() -> bool:
    if shutil.which("ip") is None or os.geteuid() != 0:
        return False
    probe = f"h10-probe-{os.getpid()}"  # several processes may ask at once
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode == 0
    subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False)
    return made


@contextmanager
def three_hosts() -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Three network namespaces on one bridge; the address of the bridge, and their names."""
    names = tuple(f"h10-{n}" for n in range(3))

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    try:
        ip("link", "add", "h10-bridge", "type", "bridge")
        ip("addr", "add", "10.210.0.254/24", "dev", "h10-bridge")
        ip("link", "set", "h10-bridge", "up")
        for number, name in enumerate(names):
            ip("netns", "add", name)
            ip("link", "add", f"h10-v{number}", "type", "veth", "peer", "name", f"h10-p{number}")
            ip("link", "set", f"h10-p{number}", "netns", name)
            ip("link", "set", f"h10-v{number}", "master", "h10-bridge", "up")
            ip("netns", "exec", name, "ip", "addr", "add", f"10.210.0.{number + 1}/24", "dev", f"h10-p{number}")
            ip("netns", "exec", name, "ip", "link", "set", f"h10-p{number}", "up")
            ip("netns", "exec", name, "ip", "link", "set", "lo", "up")
        yield "10.210.0.1", names  # type: ignore[misc]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", "h10-bridge"], capture_output=True, check=False)


@pytest.mark.skipif(not can_make_networks(), reason="this machine does not let us make network namespaces")
def test_three_hosts_give_the_same_bits(tmp_path: Path) -> None:
    from distributed import Client

    here, there = Store(tmp_path / "threads"), Store(tmp_path / "hosts")
    runner.run(small(), here)
    with three_hosts() as (host, names), cluster(host, names) as (address, _):
        with Client(address, timeout=SECONDS) as client:
            wait_for(client, 2)
        with runner.executing(address) as executor:
            assert runner.run(small(), there, executor).failed == 0
    pd.testing.assert_frame_equal(content(here), content(there), check_exact=True)


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "ANSWER_SECONDS", 1)
    with pytest.raises(InputError, match="does not answer"), runner.executing(f"tcp://127.0.0.1:{free_port()}"):
        pass
    with pytest.raises(InputError, match="no such kind of cluster"), runner.executing(None, "abacus"):
        pass


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"jobs": "abc"}, "--cluster-option jobs = 'abc'"),
        ({"jobs": "0"}, "--cluster-option jobs = 0"),
        ({"cores": "two"}, "--cluster-option cores = 'two'"),
        ({"memory": "much"}, "--cluster-option = .*memory=much"),
        ({"memry": "3GB"}, "--cluster-option = .*memry=3GB"),
    ],
)
def test_options_of_a_cluster_that_are_wrong_are_named(options: dict[str, str], said: str) -> None:
    pytest.importorskip("dask_jobqueue")
    with pytest.raises(InputError, match=said), runner.executing(None, "slurm", options):
        pass


@contextmanager
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An object store with a bucket "results"; its endpoint."""
    moto = pytest.importorskip("moto.server")
    boto = pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = moto.ThreadedMotoServer(port=free_port(), verbose=False)
    server.start()
    try:
        endpoint = "http://{}:{}".format(*server.get_host_and_port()).replace("0.0.0.0", "127.0.0.1")
        boto.client("s3", endpoint_url=endpoint).create_bucket(Bucket="results")
        yield endpoint
    finally:
        server.stop()
        time.sleep(0.1)


def test_results_behind_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with bucket(monkeypatch) as endpoint:
        far = Store("s3://results/small", endpoint_url=endpoint)
        near = Store(tmp_path / "near")
        runner.run(small(), near)
        assert runner.run(small(replications=2), far).fresh == 12
        assert runner.run(small(), far).fresh == 6
        pd.testing.assert_frame_equal(content(near), content(far), check_exact=True)
        part = far.names("parts/runs")[0]
        far.put(f"parts/runs/{part}", b"rubbish")
        (note,) = runner.run(small(), far).notes
        assert part in note
        (aside,) = far.entries("damaged")
        assert far.get(f"damaged/{aside}/runs/{part}") == b"rubbish"
        pd.testing.assert_frame_equal(content(near), content(far), check_exact=True)


def test_two_writers_on_an_object_store_waste_work_and_spoil_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both begin when nothing is stored, with plans of their own; then both find the same part damaged."""
    studies = [small(record="yearly"), small(record="yearly", replications=2)]
    near = [Store(tmp_path / name) for name in "ab"]
    for study, store in zip(studies, near, strict=True):
        runner.run(study, store)
    together = threading.Barrier(2)

    class Waiting(Store):
        def kept(self) -> tuple[dict[str, str], list[str]]:
            found = super().kept()
            together.wait(SECONDS)
            return found

    def write(number: int, endpoint: str) -> tuple[int, pd.DataFrame, pd.DataFrame]:
        store = Waiting("s3://results/shared", endpoint_url=endpoint, use_listings_cache=False)
        made = runner.run(studies[number], store, workers=1).fresh
        return made, content(store), store.frame("by_state")

    def both(endpoint: str) -> list[tuple[int, pd.DataFrame, pd.DataFrame]]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(write, (0, 1), (endpoint, endpoint)))

    with bucket(monkeypatch) as endpoint:
        made = both(endpoint)
        assert [fresh for fresh, *_ in made] == [18, 12], "work that both have done"
        far = Store("s3://results/shared", endpoint_url=endpoint)
        assert far.kept()[1] == []
        assert "damaged" not in far.entries()
        part = far.names("parts/by_state")[0]
        far.put(f"parts/by_state/{part}", b"rubbish")
        for results in (made, both(endpoint)):
            for (_, runs, states), store in zip(results, near, strict=True):
                pd.testing.assert_frame_equal(runs, content(store), check_exact=True)
                keys = ["run", "year", "state"]
                one, other = (t.sort_values(keys, ignore_index=True) for t in (states, store.frame("by_state")))
                pd.testing.assert_frame_equal(one, other, check_exact=True)
        assert far.kept()[1] == []
        last = runner.run(studies[0], far)
        assert (last.fresh, last.failed) == (0, 0)
        pd.testing.assert_frame_equal(content(far), content(near[0]), check_exact=True)

"""Memory: many runs need no more than some. Peaks are those of processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """
import datetime, re, sys
from pathlib import Path
from experiments.ensemble import runner
from experiments.ensemble.store import Store
from experiments.study import Study
study = Study.from_dict({
    "title": "many", "kind": "compare", "scenarios": ["as-it-happened", "no-maritime-platforms"],
    "fork": datetime.date(2000, 1, 10), "window": [2000, 2000], "replications": int(sys.argv[1]) // 2,
    "organisations": 10, "outcomes": ["arrived_europe_kg"],
})
done = runner.run(study, Store(sys.argv[2]), workers=2)
status = Path("/proc/self/status").read_text()  # the peak of getrusage may be that of the process that started this one
print(done.fresh, re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
"""
RUNS = 250, 1000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the peak that Linux tells")
@pytest.mark.bench
@pytest.mark.slow
@pytest.mark.release
def test_four_times_the_runs_need_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for count in RUNS:
        words = [sys.executable, "-c", COMMAND, str(count), str(tmp_path / str(count))]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        fresh, peak = done.stdout.split()
        assert int(fresh) == count
        peaks.append(int(peak))
    print(f"\npeak memory of {RUNS[0]} and {RUNS[1]} runs: {peaks[0] / 1e3:.0f} and {peaks[1] / 1e3:.0f} MB")
    assert peaks[1] < 1.05 * peaks[0]  # 20 MB: 27 kB for each further run

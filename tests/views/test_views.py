"""Views: projection, quantiles, figures for one run and for many, the page as text."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import synthetic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.ensemble.folder import write_atomically
from model.errors import InputError
from model.world.tables import Tables, load_tables
from views import theme
from views.cli.summaries import print_summary
from views.figures import history as figures
from views.figures.bands import bands, mean_by, replications, tidy
from views.maps import atlas, flowmap
from views.reports import observed, write_validation_report
from views.reports import study as study_report
from views.reports.history import write_history_report
from views.reports.render import environment


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


@pytest.fixture(scope="module")
def run() -> dict[str, pd.DataFrame]:
    """Frames of one run, indexed as the model gives them."""
    return synthetic.tables_of(0, synthetic.routes(60, np.random.default_rng(1)))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_results(tmp_path_factory.mktemp("history"), replications=3, count=60)


def test_projection_keeps_areas_and_its_centre():
    assert np.allclose(atlas.project(atlas.LON0, atlas.LAT0), 0)
    for lon, lat in ((-80.0, -20.0), (10.0, 50.0), (-32.0, 14.0)):
        d = 1e-4
        (x0, y0), (x1, y1), (x2, y2) = atlas.project(lon, lat), atlas.project(lon + d, lat), atlas.project(lon, lat + d)
        area = abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0))
        assert area == pytest.approx(np.radians(d) ** 2 * np.cos(np.radians(lat)), rel=1e-3)


def test_smoothing_keeps_ends_and_thinning_keeps_within_tolerance():
    line = np.column_stack([np.linspace(0, 1, 50), np.sin(np.linspace(0, 6, 50))])
    for drawn in (atlas.smooth(line), atlas.thin(line, 0.01)):
        assert np.array_equal(drawn[[0, -1]], line[[0, -1]])
    kept = atlas.thin(line, 0.01)
    assert len(kept) < len(line)
    assert np.abs(np.interp(line[:, 0], kept[:, 0], kept[:, 1]) - line[:, 1]).max() < 0.07


def test_labels_of_both_maps_do_not_meet(tables):
    for width, size in ((760, 11.5), (350, 10)):
        labels = atlas.place_labels(tables.places, width, size)
        assert len({one.text for one in labels}) == len(labels) >= 8


def test_bands_are_quantiles_over_replications():
    frame = pd.DataFrame({"replication": range(101), "year": 2008, "x": np.arange(101) * 1000.0})
    assert bands(frame, "x", 1e-3).loc[2008].tolist() == [5.0, 25.0, 50.0, 75.0, 95.0]
    assert list(bands(frame, lambda f: f["x"] * 0 + 1).loc[2008]) == [1.0] * 5


def test_means_count_missing_rows_as_nothing():
    frame = pd.DataFrame({"replication": [0, 1], "year": 2008, "leg": ["a", "b"], "moved_kg": [4.0, 2.0]})
    assert mean_by(frame, "leg", "moved_kg").loc[2008].to_dict() == {"a": 2.0, "b": 1.0}


def test_one_run_and_many_have_the_same_figures(run, results, tables):
    many = {name: pd.read_parquet(results / f"{name}.parquet") for name in run}
    assert replications(run["yearly"]) == 1
    assert list(tidy(run["by_leg"]).columns)[:3] == ["replication", "year", "leg"]
    geography = {"places": tables.places, "legs": tables.legs, "lanes": tables.lanes}
    for frames in (run, many):
        made = [
            flowmap.flow_map(frames["by_leg"], 2007, by_place=frames["by_place"], **geography),
            figures.band(bands(frames["yearly"], "seized_eu_bulk_kg", 1e-3), title="Seized", unit="Tonnes bulk a year"),
            figures.funnel(frames["yearly"]),
            figures.entry_modes(frames["by_leg"], tables.legs, tables.places),
            figures.fate(frames["yearly"], frames["by_region"]),
        ]
        for figure in made:
            assert isinstance(figure, go.Figure)
            assert figure.layout.title.text
            assert figure.layout.meta["source"]
            json.loads(figure.to_json())


def test_a_single_run_has_a_line_and_no_bands(run):
    figure = figures.band(bands(run["yearly"], "price_europe_eur_per_kg"), title="Price", unit="EUR per pure kg")
    assert [t.name for t in figure.data] == ["Model, median"]
    assert figure.layout.yaxis.title.text == "EUR per pure kg"


def test_mode_shares_add_up(run, tables):
    figure = figures.entry_modes(run["by_leg"], tables.legs, tables.places)
    assert np.allclose(sum(np.asarray(t.y, dtype=float) for t in figure.data), 100.0)


def test_plan_puts_every_leg_in_one_class(run, tables):
    plan = flowmap.plan(run["by_leg"], places=tables.places, legs=tables.legs, lanes=tables.lanes)
    payload = plan.payload()
    for year in plan.years:
        drawn = [leg for group in payload["flows"][year] for leg in group]
        assert sorted(drawn) == sorted(plan.tonnes[year])
        assert all(tonnes >= flowmap.BINS[0] for tonnes in plan.tonnes[year].values())


def comparison(value: float, low: float = np.nan, high: float = np.nan) -> Any:
    """A published value beside a model of 50 (40 to 60), as a row of `observed.judged`."""
    model = {"low90": 40.0, "low50": 45.0, "median": 50.0, "high50": 55.0, "high90": 60.0}
    texts = {"name": "Flow", "unit": "t pure", "source": "A <source>", "confidence": "high", "use": "judge"}
    rows = pd.DataFrame([{**texts, "year": 2008, "value": value, "low": low, "high": high, **model}])
    return next(observed.judged(rows).itertuples())


def test_comparison_says_inside_and_within_two():
    assert comparison(47).inside
    assert not comparison(62).inside
    assert comparison(62, 58, 70).inside
    assert comparison(26).within_two
    assert not comparison(24).within_two


def test_a_published_value_has_its_range_and_text_from_tables_is_escaped():
    record = environment().get_template("record.html").module
    assert str(record.published(comparison(47, 40, 50))) == "47 (40 to 50)"
    assert str(record.published(comparison(47))) == "47"
    assert "A &lt;source&gt; (confidence high)" in record.tile(comparison(47))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.text() | st.sampled_from(["</script>", "<!--<script>", "<!--", "]]>"]),
        lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    )
)
def test_no_text_of_a_json_element_reads_as_html(value: object):
    made = str(environment().get_template("parts.html").module.json("x", value))
    opening, closing = '<script type="application/json" id="x">', "</script>"
    inside = made.removeprefix(opening).removesuffix(closing)
    assert "<" not in inside
    assert json.loads(inside) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.123"), (14.26, "14.3"), (41234, "41,200"), (0, "0"), (float("nan"), "n/a"), (999.6, "1,000")],
)
def test_numbers_show_three_figures(value, text):
    assert theme.number(value) == text


def test_colours_keep_a_contrast_of_three_on_white():
    for colour in (
        theme.BLUE,
        theme.VERMILION,
        theme.PURPLE,
        theme.NAVY,
        theme.WINE,
        theme.GREEN,
        theme.MUTED,
        theme.BROWN,
    ):
        part = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        light = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (light + 0.05) >= 3, colour


def test_sum_of_states_needs_coverage():
    rows = [(y, s, v) for y in (2004, 2005) for s, v in (("ESP", 50.0), ("PRT", 20.0), ("AUT", 0.1))]
    rows = [r for r in rows if r[:2] not in {(2005, "ESP"), (2004, "AUT")}]
    table = pd.DataFrame(rows, columns=["year", "area", "value"]).assign(measure="seized_bulk_t")
    sums = observed.sum_of_states(SimpleNamespace(observations=table), {"ESP", "PRT", "AUT"}, set())
    assert sums[["year", "value"]].to_numpy().tolist() == [[2004, 70.0]]


def test_page_is_whole_and_alone(results):
    path = write_history_report(results, notice="Do not cite <this>.")
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size < 7_000_000
    assert "Do not cite &lt;this&gt;." in text
    assert text.count("plotly.js v") == 1
    own = text[: text.index("plotly.js v")] + text[text.rindex("application/json") :]
    assert not re.search(r"""(src|href)=["'](https?:)?//""", own)
    assert "\u2014" not in own
    assert "$" + "title" not in text
    assert list(results.glob("*.part")) == []


@pytest.mark.parametrize(("runs", "note"), [(1, " (preliminary, 1 seed)"), (3, " (preliminary, 3 seeds)"), (10, "")])
def test_a_history_of_few_seeds_is_preliminary_in_every_title_and_table(runs, note, tmp_path, capsys):
    folder = synthetic.write_results(tmp_path, replications=runs, count=30)
    text = write_history_report(folder).read_text(encoding="utf-8")
    titles = re.findall(r'<figure class="fig[^>]*><h3>(.*?)</h3>', text) + re.findall(
        r"<summary>Num(.*?)</summary>", text
    )
    titles += re.findall(r"<h1>(.*?)</h1>", text) + re.findall(r"Lines and bubbles: mean of [^;]*;", text)
    print_summary(folder, load_tables())
    titles.append(capsys.readouterr().out.splitlines()[0].rstrip())
    assert len(titles) > 15
    for title in titles:
        assert (note in title) if note else "preliminary" not in title, title
    assert ("<caption>preliminary" in text) is bool(note)


def test_a_note_stands_in_the_title_the_alternative_text_and_on_a_figure_that_stands_alone():
    figure = theme.describe(go.Figure(), title="Flow", subtitle="Tonnes", source="model")
    assert theme.noted(figure, "").layout.title.text == "Flow"
    noted = theme.noted(figure, "preliminary, 3 seeds")
    assert noted.layout.title.text == noted.layout.meta["title"] == "Flow (preliminary, 3 seeds)"
    assert noted.layout.meta["alt"].startswith("Preliminary, 3 seeds. Flow")
    assert "Flow (preliminary, 3 seeds)" in theme.titled(noted, 900).layout.title.text


def test_missing_frames_are_named(tmp_path):
    with pytest.raises(InputError, match=r"yearly\.parquet"):
        write_history_report(tmp_path)


def test_a_failed_write_leaves_the_old_page(tmp_path, monkeypatch):
    target = write_atomically(tmp_path / "report.html", "old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_published_rows_are_found_by_area_and_shares_of_couriers_are_left_out():
    rows = [
        (2007, None, "West Africa-Europe", "flow_t", 47.0, None, ""),
        (2006, 2008, "west_africa", "flow_t", 50.0, None, ""),
        (2007, None, "WAF_REGION", "share_percent", 59.0, None, "share of couriers"),
        (2007, None, "WAF_REGION", "share_percent", 25.0, None, "share of seized mass"),
        (2004, None, "EU_TOTAL", "seized_bulk_t", 74.0, None, ""),
    ]
    table = pd.DataFrame(rows, columns=["year", "period_end", "area", "measure", "value", "low", "note"])
    table = table.assign(high=np.nan, use="judge", source="s", confidence="high")
    prices = load_tables().prices.head(0)
    found = SimpleNamespace(observations=table, prices=prices)
    flow = observed.published(found, "west_africa")
    assert flow[["year", "value", "kind"]].to_numpy().tolist() == [
        [2007, 47.0, "published"],
        [2007, 50.0, "published, several years"],
    ]
    assert observed.published(found, "west_africa_share")["value"].tolist() == [25.0]
    assert observed.published(found, "seized_eu")["value"].tolist() == [74.0]
    gaps = ("flow_europe", "seized_west_africa", "consumption", "price")
    assert observed.unmatched(found) == [observed.SERIES[key].name for key in gaps]


def test_cautions_of_study_reports_are_whole_sentences() -> None:
    for text in (study_report.NOTICE, study_report.CHANCE, study_report.BEYOND_CHANCE):
        assert text.rstrip().endswith("."), text


@pytest.mark.parametrize(("trials", "note"), [(None, ""), (4, " (preliminary, 4 parameter sets)")])
def test_a_validation_of_few_parameter_sets_is_preliminary_in_its_title(trials, note, tmp_path):
    kept = Path(__file__).resolve().parents[2] / "results" / "reference" / "validation"
    shutil.copytree(kept, tmp_path / "tables")
    manifest = json.loads((kept / "manifest.json").read_text(encoding="utf-8"))
    manifest["size"] |= {"trials": trials} if trials else {}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    text = write_validation_report(tmp_path).read_text(encoding="utf-8")
    assert f"<h1>{manifest['title']}{note}</h1>" in text

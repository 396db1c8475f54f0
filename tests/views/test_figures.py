"""Figures of one's own, from a notebook or a package, in reports; figures by the tables that there are; escaping."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest

from experiments.plugins import load_all
from model.errors import InputError
from views import theme
from views.cli.summaries import print_findings
from views.figures import registry
from views.reports import render, write_study_report
from views.reports.findings import study_findings
from views.results import read_study

SOBOL = pd.DataFrame(
    {"factor": ["a", "b"], "outcome": "arrived_europe_kg", "st": [0.7, 0.2], "s1": [0.5, 0.1], "n": 64}
).assign(**{f"{name}_{end}": 0.3 for name in ("st", "s1") for end in ("low", "high")})
EXAMPLE = textwrap.dedent(registry.__doc__.split("::\n")[1])


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict:
    """The registry of figures, for one test."""
    load_all("views.figures", "highway10.figures")
    kept = dict(registry.FIGURES)
    monkeypatch.setattr(registry, "FIGURES", kept)
    return kept


def study(folder: Path, **tables: pd.DataFrame) -> Path:
    """The folder of a study of two factors with these tables."""
    manifest = {
        "kind": "sobol",
        "title": "One <i> & two",
        "baseline": "x",
        "scenarios": {"x": "S1: Status <quo>"},
        "window": [2012, 2013],
        "outcomes": {},
        "factors": [
            {"name": name, "title": f"Factor <{name}>", "target": "parameter:x", "field": "x", "low": 0.0, "high": 1.0}
            for name in "ab"
        ],
    }
    (folder / "tables").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name, table in tables.items():
        table.to_csv(folder / "tables" / f"{name}.csv", index=False)
    return folder


def test_the_example_of_a_figure_of_ones_own_appears_in_the_report(tmp_path: Path, figures: dict) -> None:
    namespace: dict = {"__name__": "notebook"}
    exec("import plotly.graph_objects as go\nfrom views.figures import by, figure\n" + EXAMPLE, namespace)
    folder = study(tmp_path, sobol=SOBOL)
    page = write_study_report(folder).read_text(encoding="utf-8")
    assert re.findall(r"<h2.*?</span> (.*?)</h2>", page) == ["What the variance comes from", "How factors compare"]
    assert 'data-figure="ladder-arrived-europe-kg-figure"' in page
    assert 'href="figures/ladder-arrived-europe-kg.csv"' in page
    assert len(pd.read_csv(folder / "figures/ladder-arrived-europe-kg.csv")) == len(SOBOL)


def test_a_cell_that_is_run_again_replaces_its_figure(figures: dict) -> None:
    before, namespace = len(figures), {"__name__": "notebook"}
    for _ in range(2):
        exec("from views.figures import by, figure\n" + EXAMPLE, namespace)
    assert len(figures) == before + 1


def test_a_figure_of_a_package_is_found_by_its_entry_point(
    tmp_path: Path, figures: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    (site / "mine-1.0.dist-info").mkdir(parents=True)
    (site / "mine-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (site / "mine-1.0.dist-info/entry_points.txt").write_text("[highway10.figures]\nmine = mine_figures\n")
    (site / "mine_figures.py").write_text(
        "import plotly.graph_objects as go\nfrom views.figures import by, figure\n" + EXAMPLE
    )
    monkeypatch.syspath_prepend(site)
    load_all.cache_clear()
    found = registry.draw(read_study(study(tmp_path / "study", sobol=SOBOL)))
    assert [part.title for part in found] == ["What the variance comes from", "How factors compare"]
    assert not found[-1].shipped


def test_a_report_shows_the_figures_whose_tables_there_are(tmp_path: Path, figures: dict) -> None:
    morris = SOBOL.assign(mu=1.0, mu_star=1.0, mu_star_low=0.5, mu_star_high=2.0, sigma=0.1)
    for number, (tables, titles) in enumerate(
        (
            ({}, []),
            ({"sobol": SOBOL}, ["What the variance comes from"]),
            ({"sobol": SOBOL, "morris": morris}, ["Which uncertainties matter", "What the variance comes from"]),
        )
    ):
        parts = registry.draw(read_study(study(tmp_path / str(number), **tables)))
        assert [part.title for part in parts] == titles


def test_a_figure_without_texts_of_its_own_has_its_name_for_a_title(tmp_path: Path, figures: dict) -> None:
    @registry.figure("sobol", section="Mine")
    def my_bars(results: object, rows: pd.DataFrame) -> go.Figure:
        return go.Figure(go.Bar(x=rows["st"], y=rows["factor"]))

    page = write_study_report(study(tmp_path, sobol=SOBOL)).read_text(encoding="utf-8")
    assert "<h3>My bars</h3>" in page
    assert "Source: table sobol." in page


@pytest.mark.parametrize("trace", [go.Heatmap(z=[[1, 2]]), go.Pie(values=[1]), go.Bar(x=[1]), go.Scatter(x=[1])])
def test_a_figure_may_have_traces_of_any_kind(trace: object, tmp_path: Path, figures: dict) -> None:
    """And one without a name has no line in the key."""
    registry.figure("sobol", section="Mine", name="mine")(lambda results, rows: go.Figure(trace))
    page = write_study_report(study(tmp_path, sobol=SOBOL)).read_text(encoding="utf-8")
    card = page[page.index("<h3>Mine</h3>") :]
    assert "None" not in card[: card.index("</figure>")]


def test_bars_without_colours_have_those_of_the_drawing_in_the_key() -> None:
    key = render.legend(go.Figure([go.Bar(x=[1], name="a"), go.Bar(x=[2], name="b", marker_color=["red"])]))
    assert key[0] == {"name": "a", "mark": "area", "colour": go.Figure().layout.template.layout.colorway[0]}
    assert key[1]["colour"] == theme.MUTED


@pytest.mark.parametrize("name", ["../../evil", "a/b", "a b"])
def test_a_name_that_is_none_of_a_file_is_refused(name: str, figures: dict) -> None:
    with pytest.raises(InputError, match="cannot have this name"):
        registry.figure("sobol", section="Own", name=name)(lambda results, rows: go.Figure())


def test_a_figure_written_wrongly_is_named(tmp_path: Path, figures: dict) -> None:
    with pytest.raises(InputError, match="no table is named"):
        registry.figure(section="Mine")
    registry.figure("sobol", section="Mine", name="mine")(lambda results, rows: None)
    with pytest.raises(InputError, match=r"figure mine = 'NoneType': this function returns no figure"):
        write_study_report(study(tmp_path, sobol=SOBOL))


def test_titles_and_names_are_escaped_everywhere(tmp_path: Path, figures: dict) -> None:
    page = write_study_report(study(tmp_path, sobol=SOBOL)).read_text(encoding="utf-8")
    own = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert "One &lt;i&gt; &amp; two" in own
    assert "Status &lt;quo&gt;" in own
    assert "Factor &lt;a&gt;" in own
    assert not re.search(r"<(i|quo|a|b)> ", own)


def test_a_finding_is_emphasised_on_the_page_and_plain_in_the_terminal(
    tmp_path: Path, figures: dict, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = study(tmp_path, sobol=SOBOL)
    (found,) = study_findings(read_study(folder))
    assert "**Landed in Europe**: Factor <a> (70%, 30 to 30)" in found.text
    assert "<b>Landed in Europe</b>: Factor &lt;a&gt; (70%" in write_study_report(folder).read_text(encoding="utf-8")
    print_findings(folder)
    assert "Landed in Europe: Factor <a> (70%" in capsys.readouterr().out


def test_texts_in_a_row_end_with_and() -> None:
    rows = ([], ["a"], ["a", "b"], ["a", "b", "c"])
    assert [theme.listed(texts) for texts in rows] == ["", "a", "a and b", "a, b and c"]


def test_an_outcome_that_a_study_names_beyond_the_usual_ones_is_shown(tmp_path: Path) -> None:
    names = ["arrived_europe_kg", "west_africa_kg", "moved_kg", "seized_share"]
    paired = pd.DataFrame({"scenario": "y", "baseline": "x", "outcome": names, "supply": "fixed", "n": 20}).assign(
        **dict.fromkeys(("without", "with", "effect", "low", "high", "relative", "harm", "variance_reduction"), 0.5)
    )
    folder = study(tmp_path, paired=paired)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {"kind": "compare", "factors": [], "outcomes": {n: {"unit": "share", "description": n} for n in names}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = [one.name for part in registry.draw(read_study(folder)) for one in part.drawings]
    assert found == [f"difference-{name}" for name in ("arrived-europe-kg", "seized-share", "west-africa-kg")]

"""Tables: schema, keys, provenance, anchors, and messages for what a hand may break."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.analysis.outcomes import OUTCOMES
from model.data.build.check_country import missing_rows
from model.errors import InputError, closest
from model.scenario.events import event_field, expand
from model.world import load_world
from model.world.regions import (
    countries_in,
    countries_with_places_in,
    eu_members,
    legs_at,
    legs_into,
    members,
    places_in,
)
from model.world.tables import DATA, Tables, describe, load_tables

NAMES = [field.name for field in fields(Tables)]
CONFIDENCES = {"high", "medium", "low", "assumed"}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tables that a test may break."""
    for path in DATA.glob("*.csv"):
        shutil.copy(path, tmp_path)
    shutil.copy(DATA / "datapackage.json", tmp_path)
    return tmp_path


# --- the shipped tables -------------------------------------------------------------------------------------------


def test_frictionless_accepts_the_package():
    from frictionless import Package

    report = Package(str(DATA / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "message"])


def test_every_column_has_a_meaning_and_a_unit_where_it_is_a_number():
    for resource in describe(DATA).values():
        assert resource["sources"]
        assert resource["licenses"]
        for field in resource["schema"]["fields"]:
            assert field["title"], field
            assert field["description"], field
            if field["type"] == "number":
                assert field["unit"], (resource["name"], field["name"])


def test_parameters_in_a_folder_of_tables_have_no_effect_and_that_is_said(folder: Path):
    load_tables(folder)
    text = (folder / "parameters.csv").read_text(encoding="utf-8")
    (folder / "parameters.csv").write_text(text.replace("1900.0", "1901.0", 1), encoding="utf-8")
    with pytest.warns(UserWarning, match=r"parameters\.csv in .* has no effect"):
        load_tables(folder)


def test_default_tables_are_read_once():
    assert load_tables() is load_tables()
    assert load_tables(DATA) is load_tables()


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_source_and_confidence(tables: Tables, name: str):
    table = getattr(tables, name)
    assert len(table)
    if "confidence" in table:
        assert set(table["confidence"]) <= CONFIDENCES
        assert table["source"].notna().all()


@pytest.mark.parametrize("name", [n for n in NAMES if n != "modes"])  # modes say it by column in their notes
def test_what_is_assumed_says_so(tables: Tables, name: str):
    table = getattr(tables, name)
    if "confidence" not in table:
        return
    rows = table[table["confidence"] == "assumed"]
    words = [" ".join(str(r.get(c)) for c in ("source", "basis", "note")) for r in rows.to_dict("records")]
    silent = [w for w in words if not re.search(r"assum|own construction|rules of build", w, flags=re.IGNORECASE)]
    assert not silent, silent[:3]


def test_governance_is_between_nought_and_one_and_ranks_as_known(tables: Tables):
    level = tables.governance.set_index(["state", "year"])["corruption"]
    assert level[("DNK", 2008)] < level[("ESP", 2008)] < level[("COL", 2008)] < level[("GNB", 2012)]
    assert set(tables.governance.groupby("basis")["confidence"].first().items()) >= {("assumed", "assumed")}


ANCHORS = {2004: 942, 2008: 845, 2010: 920, 2011: 913.5, 2015: 1125, 2018: 1723, 2020: 1982, 2023: 3708}


@pytest.mark.parametrize(("year", "tonnes"), ANCHORS.items())
def test_supply_meets_the_published_totals(tables: Tables, year: int, tonnes: float):
    table = tables.supply[tables.supply["year"] == year]
    assert table["kg"].sum() / 1e3 == pytest.approx(tonnes, abs=0.01 * tonnes)


def test_supply_before_2004_is_scaled_and_has_no_jump(tables: Tables):
    total = tables.supply.groupby("year")["kg"].sum() / 1e3
    assert total[2003] == pytest.approx(655 * 942 / 687, rel=0.001)
    assert np.abs(np.log(total / total.shift())).dropna().max() < np.log(1.4)


def test_demand_follows_its_anchors(tables: Tables):
    table = tables.demand.assign(europe=tables.demand["market"] != "north_america_market")
    total = table.groupby(["europe", "year"])["kg"].sum() / 1e3
    for year, tonnes in {2000: 90, 2008: 124, 2017: 119, 2021: 160}.items():
        assert total[(True, year)] == pytest.approx(tonnes, rel=0.01)
    assert total[(False, 2009)] == pytest.approx(165, rel=0.01)
    steps = np.abs(np.log(total.loc[True] / total.loc[True].shift())).dropna()
    assert steps.max() < 0.12, "a smooth path, not one fitted year by year"


def test_prices_rise_along_the_chain(tables: Tables):
    table = tables.prices.groupby(["place_group", "level"])["eur_per_kg_pure"].median()
    assert table[("COL", "farmgate")] < table[("COL", "wholesale")] < table[("europe", "wholesale")]
    assert table[("europe", "wholesale")] < table[("europe", "retail")]
    ratio = tables.observations.query("measure == 'wholesale_over_source' and family == 'price_ratio'")["value"]
    assert ratio.between(15, 45).all()


def test_sharing_is_that_of_the_evidence(tables: Tables):
    level = tables.platforms.set_index("platform")["sharing_default"]
    assert (level["maoc-n"], level["eu-exchange"], level["dakar"], level["waci"]) == (0.6, 0.4, 0.15, 0.1)
    maoc = tables.memberships[tables.memberships["platform"] == "maoc-n"]
    assert set(maoc.loc[maoc["role"] == "member", "state"]) == {"ESP", "FRA", "GBR", "IRL", "ITA", "NLD", "PRT"}


def test_regions_hold_themselves_and_are_shown_under_one_group(tables: Tables):
    from views import theme

    regions = tables.regions[tables.regions["kind"] == "region"]
    assert regions["members"].tolist() == regions["region"].tolist()
    assert set(regions["shown_as"]) == set(theme.GROUP_COLOURS)
    assert theme.region_groups() == dict(zip(regions["region"], regions["shown_as"], strict=True))
    assert set(tables.places["region"]) | set(tables.states["region"]) <= set(regions["region"])
    shown_in_europe = set(regions.loc[regions["shown_as"] == "Europe", "region"])
    assert members(tables, "europe") == shown_in_europe == members(tables, "europe_entry") | {"europe_market"}


def test_groups_give_places_countries_and_legs(tables: Tables):
    def codes(mask: np.ndarray) -> set[str]:
        return set(tables.states.loc[mask, "state"])

    assert codes(countries_in(tables, "sahel")) >= {"MRT", "MLI", "NER", "BFA"}
    west = codes(countries_in(tables, "west_africa_sahel"))
    assert west - codes(countries_with_places_in(tables, "west_africa_sahel")) >= {"LBR", "NER", "BFA"}
    assert "FRA" in codes(countries_with_places_in(tables, "americas") & eu_members(tables))
    assert "casablanca" in set(tables.places.loc[places_in(tables, "maghreb"), "place"])
    legs, entering = tables.legs, legs_into(tables, "europe")
    region = tables.places.set_index("place")["region"]
    assert entering.any()
    assert not set(legs.loc[entering, "origin"].map(region)) & members(tables, "europe")
    within = legs_at(tables, "destination", "europe") & ~entering
    assert within.any(), "legs within Europe do not enter it"
    assert set(legs.loc[within, "origin"].map(region)) <= members(tables, "europe")


def test_a_region_that_no_row_declares_is_named_with_the_nearest(tables: Tables):
    with pytest.raises(InputError, match=r"region = 'west-africa': .*did you mean 'west_africa'\?"):
        members(tables, "west-africa")


def test_a_new_country_is_told_row_by_row_what_it_needs():
    assert not [line for code in load_tables().states["state"] for line in missing_rows(code) if "optional" not in line]
    found = list(missing_rows("BLZ"))
    assert [line.split(",")[0] for line in found[:2]] == ["missing: build/seed/states.csv", "missing: states.csv"]
    assert any(line.startswith("missing: governance.csv, rows BLZ 2000 to 2023: uv run") for line in found)
    assert "optional: places.csv, a row with state BLZ: without it no route touches the country" in found


def test_every_place_and_jurisdiction_is_a_state(tables: Tables):
    states = set(tables.states["state"])
    assert set(tables.places["state"].dropna()) <= states
    assert {s for cell in tables.legs["jurisdictions"] for s in cell.split(";")} <= states


def test_platforms_that_task_have_assets_and_seas(tables: Tables):
    tasking = set(tables.platforms.loc[tables.platforms["tasks_assets"] == 1, "platform"])
    lent = {p for cell in tables.assets["lent_to"].dropna() for p in cell.split(";")}
    assert lent == tasking
    assert tables.platforms.set_index("platform").loc[sorted(tasking), "sea_areas"].notna().all()


def test_programmes_spend_the_known_budgets(tables: Tables):
    table = tables.programmes
    years = (pd.to_datetime(table["until"]) - pd.to_datetime(table["since"])).dt.days / 365.25
    total = (table["eur_per_year"] * years).groupby(table["programme"]).sum() / 1e6
    assert total["ecowas-plan"] == pytest.approx(16.47, rel=0.01)
    assert total["eucap-sahel"] == pytest.approx(69 + 66, rel=0.01)
    assert total["cocaine-route-other"] < 10 + 5.5 + 1.8 + 5.193 + 3.745 + 3.175
    assert table.loc[table["programme"] == "ecowas-plan", "since"].eq("2015-01-01").all()


def test_treaties_of_a_pair_do_not_overlap(tables: Tables):
    assert (tables.treaties["flag"] != tables.treaties["boarder"]).all()
    for pair, rows in tables.treaties.sort_values("since").groupby(["flag", "boarder"]):
        ends = rows["until"].fillna("9999-12-31").to_list()
        assert all(end <= start for end, start in zip(ends, rows["since"].to_list()[1:], strict=False)), pair


def known_words(names: Iterable[str]) -> set[str]:
    """Names, and the parts of names as ``platform/state``."""
    return {part for name in names for part in name.split("/")}


def test_measures_have_doses_costs_and_outcomes(tables: Tables):
    world = load_world()
    assert set(tables.measures["measure"]) == set(tables.doses["measure"])
    for row in tables.measures.to_dict("records"):
        assert (DATA.parent / "submodels" / f"{row['submodel']}.py").is_file()
        assert row["outcome"] in OUTCOMES, row["measure"]
    for row in tables.doses.to_dict("records"):
        kind, _, name = row["target"].partition(":")
        bounds = event_field(kind, row["field"])
        assert bounds is not None, row
        assert kind == "parameter" or expand(kind, name, world.names), row["target"]
        if row["operation"] == "value":
            assert bounds.low <= min(row["none"], row["full"]) <= max(row["none"], row["full"]) <= bounds.high, row
        named = set(name.replace("/", ",").split(",")) - {"*"}
        assert kind == "parameter" or "=" in name or named <= known_words(world.names[kind]), row["target"]
    costs = tables.measures[["cost_eur_low", "cost_eur", "cost_eur_high"]]
    assert costs.notna().all(axis=1).eq(tables.measures["cost_per"] != "none").all()


def test_observations_fit_only_what_the_amendment_lets_them(tables: Tables):
    table = tables.observations
    fitted = table[(table["use"] == "fit") & ~table["family"].isin(["load_size", "price_ratio", "price_chain"])]
    assert fitted["year"].between(2004, 2008).all()
    ends = fitted["period_end"].dropna()
    assert (ends <= "2008-12-31").all()
    judged = table[table["use"] == "judge"]
    for family in ("maoc", "mode_shift", "controls"):
        assert (table.loc[table["family"] == family, "use"] != "fit").all()
    known = table[table["use"] == "known"]  # told to the model and to nulls alike, before what they predict
    assert (known["year"] <= 2007).all()
    assert set(known["family"]) == {"maoc", "controls", "load_size", "funnel"}
    assert {("EU_TOTAL", 2013), ("EU_TOTAL", 2021)} <= set(zip(judged["area"], judged["year"], strict=True))


def test_observations_hold_the_main_targets(tables: Tables):
    table = tables.observations.set_index(["measure", "area", "year"])["value"]
    targets = {
        ("flow_t", "west_africa_europe", 2007): 47,
        ("flow_t", "west_africa_europe", 2010): 18,
        ("consumption_t", "europe", 2008): 124,
        ("seized_bulk_t", "EU_TOTAL", 2006): 121,
        ("seized_bulk_t", "maoc-n", 2011): 10.4,
    }
    for key, value in targets.items():
        assert value in table[[key]].to_list(), key


# --- broken tables ------------------------------------------------------------------------------------------------

type Breaker = Callable[[pd.DataFrame], pd.DataFrame]


def cell(row: int, column: str, value: str) -> Breaker:
    """Another value in one cell."""

    def breaker(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[row, column] = value
        return frame

    return breaker


BROKEN: dict[str, tuple[str, Breaker, list[str]]] = {
    "mode misspelt": ("legs", cell(0, "mode", "overlnd"), ["legs.csv", "mode", "'overlnd'", "line 2", "'overland'"]),
    "origin unknown": (
        "legs",
        cell(0, "origin", "col_southwst"),
        ["legs.csv", "origin", "'col_southwst'", "places.csv", "'col_southwest'"],
    ),
    "jurisdiction unknown": (
        "legs",
        cell(1, "jurisdictions", "COL;XXX"),
        ["jurisdictions", "'XXX'", "states.csv", "line 3"],
    ),
    "jurisdictions by comma": ("legs", cell(1, "jurisdictions", "COL,ECU"), ["jurisdictions", "'COL,ECU'", "form"]),
    "corridor without trade": ("legs", cell(2, "corridor", "nowhere"), ["corridor", "'nowhere'", "trade.csv"]),
    "days are a word": ("legs", cell(0, "days", "two"), ["days", "'two'", "not a number", "0.1 to 60 (day)"]),
    "days not finite": ("legs", cell(0, "days", "inf"), ["days", "'inf'", "not a number"]),
    "latitude out of bounds": ("places", cell(3, "lat", "98"), ["places.csv", "lat", "'98'", "-58 to 75 (degree)"]),
    "place twice": (
        "places",
        cell(1, "place", "col_southwest"),
        ["place", "'col_southwest'", "already", "every key once"],
    ),
    "required cell empty": ("places", cell(4, "name", ""), ["name", "the cell is empty", "line 6", "fill it in"]),
    "flag neither 0 nor 1": ("places", cell(4, "transhipment", "2"), ["transhipment", "'2'", "0 or 1"]),
    "half a person": ("modes", cell(0, "crew", "3.5"), ["modes.csv", "crew", "'3.5'", "whole number"]),
    "shares above one": ("leg_sea_areas", cell(1, "share", "1.4"), ["leg_sea_areas.csv", "share", "'1.4'", "0 to 1"]),
    "sea area is a port": (
        "leg_sea_areas",
        cell(0, "sea_area", "rotterdam"),
        ["sea_area", "'rotterdam'", "kind sea_area"],
    ),
    "state code too long": ("states", cell(0, "state", "COLO"), ["states.csv", "state", "'COLO'", "^[A-Z]{3}$"]),
    "regime unknown": (
        "states",
        cell(0, "consent_regime", "four-hour"),
        ["consent_regime", "'four_hour'", "did you mean"],
    ),
    "accession not a day": ("states", cell(45, "eu_since", "1986"), ["eu_since", "'1986'", "year-month-day"]),
    "no such day": (
        "platforms",
        cell(0, "since", "2007-02-30"),
        ["platforms.csv", "since", "'2007-02-30'", "not a day"],
    ),
    "ends before it starts": ("platforms", cell(0, "until", "2001-01-01"), ["since", "'2007-04-01'", "above until"]),
    "sea area misspelt": (
        "platforms",
        cell(0, "sea_areas", "mid_atlantic;celtic_bisay"),
        ["sea_areas", "'celtic_bisay'", "'celtic_biscay'"],
    ),
    "member of nothing": ("memberships", cell(0, "platform", "acra"), ["memberships.csv", "'acra'", "'accra'"]),
    "base unknown": ("assets", cell(0, "base", "panamà"), ["assets.csv", "base", "'panamà'", "'panama'"]),
    "lent to nothing": ("assets", cell(0, "lent_to", "jiatf-south;natto"), ["lent_to", "'natto'", "platforms.csv"]),
    "sector unknown": ("programmes", cell(0, "sector", "harbour"), ["programmes.csv", "'harbour'", "maritime"]),
    "flag is no state": ("treaties", cell(0, "flag", "XXX"), ["treaties.csv", "flag", "'XXX'", "states.csv"]),
    "dose of nothing": ("doses", cell(0, "measure", "g7-paris"), ["doses.csv", "measure", "'g7-paris'", "'g8-paris'"]),
    "operation unknown": ("doses", cell(0, "operation", "times"), ["doses.csv", "operation", "'times'", "multiply"]),
    "sense unknown": ("measures", cell(0, "sense", "more"), ["measures.csv", "sense", "'more'", "up"]),
    "stage unknown": ("measures", cell(0, "stage", "knows"), ["measures.csv", "stage", "'knows'", "'know'"]),
    "kappa above one": (
        "governance",
        cell(7, "corruption", "1.2"),
        ["governance.csv", "corruption", "'1.2'", "COL 2007"],
    ),
    "range turned round": (
        "supply",
        cell(0, "kg_low", "999999999"),
        ["supply.csv", "kg_low", "above kg", "kg_low <= kg"],
    ),
    "market is no market": ("demand", cell(0, "market", "market_spain"), ["demand.csv", "market", "'market_spain'"]),
    "confidence in letters": (
        "prices",
        cell(0, "confidence", "H"),
        ["prices.csv", "confidence", "'H'", "high, medium"],
    ),
    "neither fit nor judge": (
        "observations",
        cell(0, "use", "fitted"),
        ["observations.csv", "use", "'fitted'", "'fit'"],
    ),
    "year missing": (
        "governance",
        lambda frame: frame.drop(index=5),
        ["governance.csv", "year", "no row for 2005 of state COL"],
    ),
    "column missing": (
        "legs",
        lambda frame: frame.drop(columns="days"),
        ["legs.csv", "are missing: days", "copy them from"],
    ),
    "column renamed": (
        "legs",
        lambda frame: frame.rename(columns={"cost_eur_per_kg": "cost_usd_per_kg"}),
        ["cost_usd_per_kg", "rename the column", "did you mean 'cost_eur_per_kg'"],
    ),
    "no rows": ("exchange", lambda frame: frame.iloc[:0], ["exchange.csv", "no row below the names"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_table_is_refused_with_a_way_out(folder: Path, case: str):
    name, breaker, words = BROKEN[case]
    path = folder / f"{name}.csv"
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    breaker(frame).to_csv(path, index=False)
    with pytest.raises(InputError) as caught:
        load_tables(folder)
    text = str(caught.value)
    assert caught.value.file == f"{name}.csv"
    for word in words:
        assert word in text, text
    assert "Remedy: " in text


def test_all_problems_are_listed_at_once(folder: Path):
    for name, column in (("legs", "days"), ("modes", "crew"), ("states", "own_benefit")):
        frame = pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False)
        cell(0, column, "x")(frame).to_csv(folder / f"{name}.csv", index=False)
    with pytest.raises(InputError, match="3 problems") as caught:
        load_tables(folder)
    for word in ("legs.csv: days", "modes.csv: crew", "states.csv: own_benefit"):
        assert word in str(caught.value)


def test_a_faulty_cell_hides_no_faulty_name(folder: Path):
    frame = pd.read_csv(folder / "legs.csv", dtype="str", keep_default_na=False)
    frame.loc[0, "mode"], frame.loc[1, "origin"] = "overlnd", "col_sw"
    frame.to_csv(folder / "legs.csv", index=False)
    with pytest.raises(InputError, match="2 problems") as caught:
        load_tables(folder)
    assert "mode = 'overlnd'" in str(caught.value)
    assert "origin = 'col_sw'" in str(caught.value)


def test_many_faults_of_one_column_are_shortened(folder: Path):
    frame = pd.read_csv(folder / "legs.csv", dtype="str", keep_default_na=False)
    frame["days"] = "soon"
    frame.to_csv(folder / "legs.csv", index=False)
    with pytest.raises(InputError) as caught:
        load_tables(folder)
    assert f"{len(frame) - 5} more rows" in str(caught.value)
    assert len(str(caught.value).splitlines()) < 12


def test_a_missing_table_is_named(folder: Path):
    (folder / "assets.csv").unlink()
    with pytest.raises(InputError, match=r"assets\.csv: the table is missing"):
        load_tables(folder)


def as_spreadsheet(text: str, mark: str = ";", comma: bool = True) -> str:
    """The table of exchange rates as a spreadsheet of another country writes it."""
    rows = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
    if comma:
        rows["usd_per_eur"] = rows["usd_per_eur"].str.replace(".", ",")
    return rows.to_csv(index=False, sep=mark)


FORMS: dict[str, Callable[[str], str | bytes]] = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "lines as Windows ends them": lambda text: text.replace("\n", "\r\n"),
    "semicolons": lambda text: as_spreadsheet(text, comma=False),
    "semicolons and decimal commas": as_spreadsheet,
    "tabs and decimal commas": lambda text: as_spreadsheet(text, "\t"),
    "columns in another order": lambda text: (
        pd.read_csv(io.StringIO(text), dtype="str").iloc[:, ::-1].to_csv(index=False)
    ),
    "empty columns behind the last": lambda text: text.replace("\n", ",,\n"),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_a_spreadsheet_writes_is_read(form: str, folder: Path):
    path = folder / "exchange.csv"
    made = FORMS[form](path.read_text(encoding="utf-8"))
    path.write_bytes(made.encode() if isinstance(made, str) else made)
    pd.testing.assert_frame_equal(load_tables(folder).exchange, load_tables().exchange, check_exact=True)


HEAD, LINE = "year,usd_per_eur,source,confidence", "2000,0.9,ECB,high"
NOT_READ: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "whole file: the file is empty"),
    "names only": (f"{HEAD}\n", "whole file: there is no row below the names"),
    "another encoding": (
        f"{HEAD}\n2000,1,caf\xe9,high\n".encode("latin-1"),
        "line 2 = 'byte 0xe9'.*not written in UTF-8",
    ),
    "bytes of no text": (f"{HEAD}\n{LINE}\0\n", "whole file: the file holds bytes that no text has"),
    "a cell too many": (
        f"{HEAD}\n{LINE}\n2001,0.9,ECB, Frankfurt,high\n",
        "line 3 = '2001,0.9,ECB,Frankfurt,high'.*in quotes",
    ),
    "a cell too few": (f"{HEAD}\n2000,0.9,ECB\n", "line 2 = '2000,0.9,ECB'.*4 cells.*fill in the missing separators"),
    "quotes that do not end": (f'{HEAD}\n2000,0.9,"ECB,high\n', "line 2: this line is not CSV"),
    "two separators": (HEAD.replace(",", ";", 1) + f"\n{LINE}\n", "first line = .*cannot be told what separates"),
    "a column twice": (f"{HEAD},year\n{LINE},2000\n", "column = 'year': this column stands twice"),
    "a column without a name": (f",{HEAD}\n1,{LINE}\n", "column = '': a column has no name"),
    "an unknown column": (f"{HEAD},rate\n{LINE},1\n", "column = 'rate': there is no such column.*leave the column out"),
    "a decimal comma in quotes": (
        f'{HEAD}\n2000,"0,9",ECB,high\n',
        "usd_per_eur = '0,9': line 2 .*not a number",
    ),
    "marks for thousands": (
        f'{HEAD}\n2000,"1,250",ECB,high\n',
        "usd_per_eur = '1,250': line 2 .*two different",
    ),
    "a word": (f"{HEAD}\n2000,about one,ECB,high\n", "usd_per_eur = 'about one': line 2 .*not a number.*plain number"),
    "a unit": (f"{HEAD}\n2000,0.9 USD,ECB,high\n", "usd_per_eur = '0.9 USD': line 2 .*without a unit"),
    "digits of another script": (f"{HEAD}\n2000,０.9,ECB,high\n", "usd_per_eur = '０.9': line 2 .*not a number"),
    "underscores": (f"{HEAD}\n2_000,0.9,ECB,high\n", "year = '2_000': line 2 .*not a number"),
    "too large": (f"{HEAD}\n2000,1e999,ECB,high\n", "usd_per_eur = '1e999': line 2 .*too large"),
    "absurd": (f"{HEAD}\n2000,1e300,ECB,high\n", "usd_per_eur = '1e300': line 2 .*out of bounds"),
    "half a year": (f"{HEAD}\n2000.5,0.9,ECB,high\n", "year = '2000.5': line 2 .*not a whole number"),
    "after a blank line": (f"{HEAD}\n\n\n2000,much,ECB,high\n", "usd_per_eur = 'much': line 4 "),
}


@pytest.mark.parametrize("form", NOT_READ)
def test_a_file_with_no_or_two_meanings_is_refused_by_line(form: str, folder: Path):
    content, words = NOT_READ[form]
    (folder / "exchange.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=f"(?s)exchange.csv: {words}") as refused:
        load_tables(folder)
    for problem in refused.value.problems or (refused.value,):
        assert problem.file == "exchange.csv"
        assert problem.allowed
        assert problem.remedy


def test_a_quantity_without_a_bound_of_its_own_has_one_nevertheless(folder: Path):
    frame = pd.read_csv(folder / "supply.csv", dtype="str", keep_default_na=False)
    cell(0, "kg_high", "1e300")(frame).to_csv(folder / "supply.csv", index=False)
    with pytest.raises(InputError, match=r"kg_high = '1e300': line 2 .* Allowed: 0 to 1e\+12 \(kg pure\)"):
        load_tables(folder)


def test_tables_of_version_0_1_are_refused_by_name(folder: Path):
    """They lacked columns and tables; who has their description, too, is told of it first."""
    lacked = {"places": ["output_share"], "states": ["contact_cost", "lead_strength", "source_loss"]}
    for name, columns in lacked.items():
        frame = pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False)
        frame.drop(columns=columns).to_csv(folder / f"{name}.csv", index=False)
    (folder / "doses.csv").unlink()
    with pytest.raises(InputError, match="3 problems") as refused:
        load_tables(folder)
    for words in (
        "places.csv: first line = .*missing: output_share.*copy them from model/data/places.csv",
        "states.csv: first line = .*missing: lead_strength, source_loss, contact_cost.*copy them from",
        "doses.csv: the table is missing.*copy it from model/data",
    ):
        assert re.search(words, str(refused.value)), (words, str(refused.value))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"] = [entry for entry in package["resources"] if entry["name"] != "doses"]
    for entry in package["resources"]:
        if entry["name"] in lacked:
            kept = [field for field in entry["schema"]["fields"] if field["name"] not in lacked[entry["name"]]]
            entry["schema"]["fields"] = kept
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    lacking = "doses, places.output_share, states.lead_strength, states.source_loss, states.contact_cost"
    with pytest.raises(InputError, match=f"datapackage.json: resources: .*not described: {lacking}.*delete the file"):
        load_tables(folder)


def test_a_broken_description_is_named(folder: Path):
    (folder / "datapackage.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"datapackage\.json: the description"):
        load_tables(folder)


# --- errors -------------------------------------------------------------------------------------------------------


def test_an_error_says_where_what_and_how():
    error = InputError(
        "too fast", file="modes.csv", field="speed_kn", value=900, allowed="1 to 600", remedy="slow down"
    )
    assert str(error) == "modes.csv: speed_kn = 900: too fast. Allowed: 1 to 600. Remedy: slow down"
    assert (error.file, error.field, error.value) == ("modes.csv", "speed_kn", 900)


def test_errors_are_collected():
    one, two = InputError("a", file="x.csv"), InputError("b", file="y.csv")
    assert InputError.collect([one]) is one
    assert str(InputError.collect([one, two])) == "2 problems:\n  - x.csv: a\n  - y.csv: b"
    with pytest.raises(ValueError, match="no errors"):
        InputError.collect([])


def test_closest_names():
    assert closest("galcia", ["galicia", "lisbon"]) == "galicia"
    assert closest("zzz", ["galicia", "lisbon"]) == ""
    assert closest("MAOC-N", ["dakar", "maoc-n"]) == "maoc-n"
    assert closest("risk-payment", ["price_adjustment", "risk_payment_scale"]) == "risk_payment_scale"
    assert closest("s1", ["s10-containers", "lisbon"]) == ""


def test_origins_divide_the_whole_output_of_their_state() -> None:
    tables = load_tables()
    shares = tables.places.groupby("state")["output_share"].sum()
    for state in set(tables.supply["state"]):
        assert shares[state] == pytest.approx(1.0)
    assert set(tables.places.loc[tables.places["output_share"] > 0, "kind"]) == {"origin"}

"""Every gram and every euro is accounted for, whatever the parameters, the seed and the scenario."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model import Parameters, RouteModel, Scenario
from model.parameter_fields import parameter_rows

ROWS = {name: row for name, row in parameter_rows(Parameters).items() if row.low is not None}
CHOICES = {name: row.options for name, row in parameter_rows(Parameters).items() if row.options}
FIRST = date(2000, 1, 3)


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, object]:
    names = draw(st.lists(st.sampled_from(sorted(ROWS)), min_size=3, max_size=12, unique=True))
    values: dict[str, object] = {n: draw(st.floats(ROWS[n].low, ROWS[n].high, allow_nan=False)) for n in names}
    for name, options in CHOICES.items():
        values[name] = draw(st.sampled_from(list(options)))
    return values


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, object]]:
    kinds = [
        ("platform:*", "active", 0.0),
        ("state:*", "corruption", 0.9),
        ("place:*", "coastal_radar", 1.0),
        ("mode:container", "cost_multiplier", 3.0),
        ("asset:owner=USA", "active", 0.0),
        ("supply:*", "multiplier", 0.2),
        ("market:*", "demand_multiplier", 2.0),
        ("place:amsterdam_airport", "total_control", 0.95),
        ("measure:*", "dose", 1.0),
        ("measure:maoc-n,dakar", "dose", 0.9),
        ("programme:*", "spend_multiplier", 50.0),
        ("treaty:*", "active", 0.0),
        ("state:region=west_africa", "shock", 0.9),
        ("state:GNB", "reform_per_year", 0.1),
        ("state:PAN", "consent_regime", 3.0),
        ("platform:maoc-n", "allocation", 3.0),
        ("platform:*", "liaison", 1.0),
        ("membership:*/GNB", "active", 0.0),
        ("supply:COL", "growth_per_year", -0.3),
        ("supply:*", "frozen_year", 2015),
    ]
    chosen = draw(st.lists(st.sampled_from(kinds), max_size=5, unique_by=lambda kind: kind[:2]))
    return [
        {
            "id": f"e{i}",
            "date": FIRST + timedelta(days=draw(st.integers(0, 300))),
            "target": target,
            "field": field,
            "value": value,
            "source": "test",
            "confidence": "assumed",
        }
        for i, (target, field, value) in enumerate(chosen)
    ]


def residuals(model: RouteModel) -> tuple[float, float]:
    balance = model.balance()["amount"]
    cocaine = balance["cocaine"]
    money = balance["money"]
    kg = abs(cocaine["residual"]) / (cocaine["opening"] + cocaine["produced"])
    eur = abs(money["residual"]) / (money["founding"] + money["revenue"])
    return kg, eur


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(values=parameters(), seed=st.integers(0, 2**63 - 1), dated=events(), organisations=st.integers(10, 120))
def test_nothing_is_lost_or_made(
    values: dict[str, object], seed: int, dated: list[dict[str, object]], organisations: int
) -> None:
    document = {
        "base": "as-it-happened",
        "title": "random",
        "end": date(2000, 12, 31),
        "parameters": values,
        "events": dated,
    }
    model = RouteModel(Scenario.from_dict(document, "random"), rng=seed, organisations=organisations).run()
    kg, eur = residuals(model)
    assert kg < 1e-6
    assert eur < 1e-6


def test_a_whole_history_balances() -> None:
    kg, eur = residuals(RouteModel("as-it-happened", rng=3).run())
    assert kg < 1e-6
    assert eur < 1e-6


def test_tables_agree_with_the_accounts(short_run: RouteModel) -> None:
    seized = short_run.yearly["seized_kg"].sum()
    for dimension in ("place", "region", "state", "stage"):
        assert short_run.by(dimension)["seized_kg"].sum() == pytest.approx(seized, rel=1e-9)
    rows = short_run.seizures
    assert rows["kg"].sum() == pytest.approx(seized, rel=1e-9)
    by_mode = short_run.by("mode")["seized_kg"].sum()
    assert by_mode == pytest.approx(rows.loc[rows["mode"] != "", "kg"].sum(), rel=1e-9)
    accounts = short_run.balance()["amount"]["cocaine"]
    assert -accounts["seized"] == pytest.approx(seized - short_run.yearly["leaked_kg"].sum(), rel=1e-9)


def test_every_seizure_has_one_place_and_one_acting_state(short_run: RouteModel) -> None:
    rows = short_run.seizures
    assert (rows["place"] != "").all()
    assert (rows["state"] != "").all()
    assert (rows["kg"] > 0).all()
    assert rows["parcels_share"].between(0, 1).all()

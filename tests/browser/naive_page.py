"""What the live page is measured against: the same model drawn by `solara.FigurePlotly`, map and series, each step."""

from __future__ import annotations

import time

import plotly.graph_objects as go
import solara

from model import RouteModel
from views.maps import atlas


@solara.component
def Page() -> None:
    model = solara.use_memo(lambda: RouteModel("as-it-happened", 1).run_until("2004-01-05"), [])
    lanes = solara.use_memo(lambda: atlas.lanes(model.world.tables.lanes), [])
    coast = solara.use_memo(lambda: atlas.joined(atlas.coast()), [])
    week, set_week = solara.use_state(model.week)
    playing, set_playing = solara.use_state(False)

    def play() -> None:
        while playing:
            model.step()
            set_week(model.week)
            time.sleep(0.001)

    solara.lab.use_task(play, dependencies=[playing], prefer_threaded=True)
    figure = go.Figure()
    figure.add_scatter(x=coast[0], y=coast[1], mode="lines", line={"width": 0.6}, fill="toself")
    for low, high, width in ((0.1, 1, 1), (1, 5, 2), (5, 20, 4), (20, 1e9, 7)):
        flows = [(leg, data["flow_kg"] / 1e3) for _, _, leg, data in model.graph.edges(keys=True, data=True)]
        x, y = atlas.joined([lanes[leg] for leg, tonnes in flows if low <= tonnes < high] or [lanes[flows[0][0]]])
        figure.add_scatter(x=x, y=y, mode="lines", line={"width": width})
    weekly = model.weekly[["seized_kg", "arrived_europe_kg", "price_europe_eur_per_kg"]]
    series = go.Figure([go.Scatter(x=weekly.index, y=weekly[name].rolling(13).mean(), name=name) for name in weekly])
    solara.Button("Play", on_click=lambda: set_playing(True))
    solara.FigurePlotly(figure)
    solara.FigurePlotly(series)
    solara.Text(str(week), classes=["week"])

"""Mesa's own page over the same model: `uv run solara run docs/examples/stock_page.py --no-check-version`.

For Mesa users: RouteModel is a mesa.Model, so `SolaraViz` takes it as it takes any other. Each frame is a week; the
map and the series are plain Matplotlib. `app.py` is the page that the project recommends.
"""

from __future__ import annotations

import solara
from matplotlib.figure import Figure
from mesa.visualization import Slider, SolaraViz
from mesa.visualization.utils import update_counter

from model import RouteModel
from views.live.server import prepare
from views.maps import atlas

prepare()  # nothing is asked of other sites


class WatchedModel(RouteModel):
    """The model with parameters as keywords that Mesa's controls can set."""

    def __init__(self, rng: int = 1, sharing_scale: float = 1.0, begin: int = 2004) -> None:
        super().__init__("as-it-happened", rng, organisations=60, sharing_scale=sharing_scale)
        self.run_until(f"{begin}-01-05")


@solara.component
def FlowMap(model: RouteModel) -> None:
    """Lanes, as wide as what set out on them in the last year."""
    update_counter.get()
    figure = Figure(figsize=(6.4, 5.0), layout="constrained")
    axes = figure.subplots()
    for ring in atlas.coast():
        axes.fill(ring[:, 0], ring[:, 1], color="#e9ecee")
    lanes = atlas.lanes(model.world.tables.lanes)
    for _, _, leg, data in model.graph.edges(keys=True, data=True):
        if data["flow_kg"] > 100.0:
            axes.plot(
                lanes[leg][:, 0], lanes[leg][:, 1], color="#0072B2", linewidth=0.4 * (data["flow_kg"] / 1e3) ** 0.5
            )
    (left, right), (bottom, top) = atlas.WINDOW
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", title=f"{model.date:%e %B %Y}")
    axes.axis("off")
    solara.FigureMatplotlib(figure)


@solara.component
def Series(model: RouteModel) -> None:
    """What is seized and what arrives, kilograms a week over a quarter."""
    update_counter.get()
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    weekly = model.weekly[["seized_kg", "arrived_europe_kg"]].rolling(13).mean()
    axes.plot(weekly.index, weekly, label=["seized", "arrived in Europe"])
    axes.set(ylabel="kg a week, pure")
    axes.legend(frameon=False)
    solara.FigureMatplotlib(figure)


page = SolaraViz(
    WatchedModel(),
    components=[FlowMap, Series],
    model_params={
        "rng": Slider("Seed", 1, 1, 50, 1),
        "sharing_scale": Slider("Cooperation level", 1.0, 0.0, 2.0, 0.1),
        "begin": Slider("Start year", 2004, 2001, 2020, 1),
    },
    name="Highway 10, stock page",
)

"""The live page as Solara's server loads it: `run.py app`, or `solara run app.py`."""

import solara

from views.live.board import Board
from views.live.server import prepare
from views.live.session import warm_up

prepare()
warm_up()


@solara.component
def Page() -> None:
    """One tab: its own models, its own thread."""
    board = solara.use_memo(Board, [])
    solara.use_effect(lambda: board.session.close, [])
    solara.Title("Highway 10")
    solara.Column(children=[board], style={"padding": "0"}, gap="0")

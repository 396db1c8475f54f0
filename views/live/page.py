"""The live page as Solara's server loads it: `run.py app`, or `solara run app.py`.

A widget joins the page in the browser to its session, one for each tab.
"""

from typing import Any

import anywidget
import solara
import traitlets

from views.live.server import prepare
from views.live.session import Session, warm_up

prepare()
warm_up()


class Board(anywidget.AnyWidget):
    """The page of one tab: loads `static/board.js` from the server and passes messages both ways."""

    _esm = """
    export default { async render(context) {
      const at = new URL("static/assets/highway10/board.js", document.baseURI);
      return (await import(at)).render(context);
    } };
    """
    plotly = traitlets.Unicode("static/assets/plotly.min.js").tag(sync=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.session = Session(lambda message, buffers: self.send(message, buffers))
        self.on_msg(lambda _, content, buffers: self.session.ask(content))
        self.session.start()


@solara.component
def Page() -> None:
    """One tab: its own models, its own thread."""
    board = solara.use_memo(Board, [])
    solara.use_effect(lambda: board.session.close, [])
    solara.Title("Highway 10")
    solara.Column(children=[board], style={"padding": "0"}, gap="0")

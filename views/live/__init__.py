"""The browser page: one or two worlds on a live map, charts, controls, and the results of studies.

`settings` is what an address says, `worlds` are the models that run, `snapshot` is what is drawn of them, `page` joins
them to the page in `static`. Nothing here is drawn from a model while it runs.
"""

"""Kinds of studies, each a class in a file of its own, which registers itself when it is read.

A kind adds the fields of its file, what it needs, its points, and the tables that are computed of its runs. One of your
own is a subclass of `experiments.study.Study` or of `Designed` in a notebook, or in a package with an entry point of
the group ``highway10.study_kinds``::

    from experiments.kinds.designed import Designed


    class Ranges(Designed):
        kind: str = "ranges"

        def compute(self, store, runs):
            lowest = runs.groupby("scenario")[list(self.outcomes)].min().reset_index()
            return {**super().compute(store, runs), "lowest": lowest}


    study = Study.from_dict({"kind": "ranges", "scenarios": ["as-it-happened", "paris-package"], "replications": 2})
"""

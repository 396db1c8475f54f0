"""Renew the stored baseline: ``python -m tests.baseline``. Say why in CHANGELOG.md, under "Results change"."""

from tests.baseline import STORED, renew

renew()
print(f"renewed {STORED.name}; say why in CHANGELOG.md, under 'Results change'")

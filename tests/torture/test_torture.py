"""Every row of the table, at a size for every day."""

import pytest

from tests.torture.rows import rows


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.test)
def test_torture(row):
    outcome = row.run(row.few, 0)
    assert outcome.tried >= row.few
    assert not outcome.failures, "\n".join(outcome.failures[:20])

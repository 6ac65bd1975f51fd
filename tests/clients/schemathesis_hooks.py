"""What Schemathesis is not to try, because the answer that it expects would be wrong. `test_contract.py` names this file."""

import schemathesis

ITEMS = "GET /api/collections/{layer}/items"
MOST = 1_000_000
BATCH = "POST /api/search/batch"


@schemathesis.hook
def filter_case(context, case) -> bool:
    return not (is_above_the_limit(case) or is_csv_all_the_same(case))


def is_above_the_limit(case) -> bool:
    """OGC API – Features (Part 1, 7.15.2) wants the limit's maximum in the description, and wants what is above it to be
    taken for the maximum and not refused; tests/api/features.rs and ogc_paging.rs hold that and what is refused."""
    limit = str((case.query or {}).get("limit"))
    return case.operation.label == ITEMS and limit.isdecimal() and int(limit) > MOST


def is_csv_all_the_same(case) -> bool:
    """Whatever is sent as CSV arrives as a text: a list or a number is a table of one cell."""
    return case.operation.label == BATCH and not isinstance(case.body, str | bytes)

"""Amounts of money as each language writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from babel.numbers import format_currency

_FIXED: Final = "\u00a0"
_EUROS_FIRST: Final = frozenset({"en_GB", "tr_TR"})


def euros_in(locale: str, amount: Decimal) -> str:
    """« 12 000 € », « 1 500,50 € », « €12,000 » in English: cents only where there are any."""
    digits = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
    pattern = f"¤{digits}" if locale in _EUROS_FIRST else f"{digits}{_FIXED}¤"
    return format_currency(amount, "EUR", format=pattern, locale=locale, currency_digits=False)

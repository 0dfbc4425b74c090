"""How pages and mails write: dates, hours, amounts and telephone numbers in the reader's language, and the typography of French.

Writers type plain text and a filter sets what a keyboard does not have:

| typed | set |
|---|---|
| `Quoi ?` `fin ;` `non !` | U+202F before ; ? ! |
| `Besoin : « oui »` | U+00A0 before : and inside « » |
| `Boulangerie · Roubaix` | U+00A0 before · : no line begins with it |
| `l'Adie` | the apostrophe ’ |
| `5 jours` `12 %` `24 novembre` | U+00A0 between a number and its unit |
| `12 000` | U+202F between thousands that are typed apart |
| `1er` `2e` | 1ᵉʳ and 2ᵉ, as `<sup>` by `prose` |

Only a space that is there is changed, so « 12:30 », an address or an English sentence come out as they went in. In another language
than French, the words of ours that come in plain are translated instead, and keep the typography of their catalogue.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from notifications.amounts import euros_in
from notifications.languages import language, shown

Day: TypeAlias = date | datetime
Amount: TypeAlias = int | float | Decimal | str


def typo(value: object) -> str:
    """Say a text in the reader's language, in French typography where it is French; of a Markup, only between its tags, and the answer is a Markup."""
    if not language().is_french:
        return shown(value)
    if isinstance(value, Markup):
        return _between_tags(value, _set_markup)
    return _set(shown(value))


def prose(value: object) -> Markup:
    """Say a text in the reader's language, escaped if it is plain, its typography set and its ordinals raised, for the text of a page (not an attribute)."""
    value = shown(value)
    if not language().is_french:
        return escape(value)
    return _between_tags(escape(value), _set_prose)


def day_long(value: Day, zone: str | None = None, *, weekday: bool = True, year: bool = False) -> str:
    """« mardi 24 novembre », « 1ᵉʳ décembre » without its week day ; an instant needs the IANA zone in which it is read."""
    return _day(value, zone, _pattern("EEEE" if weekday else "", "MMMM", year))


def day_short(value: Day, zone: str | None = None, *, weekday: bool = False, year: bool = False) -> str:
    """« 24 nov. », « jeu. 26 nov. » with the week day ; an instant needs the IANA zone in which it is read."""
    return _day(value, zone, _pattern("EEE" if weekday else "", "MMM", year))


def hour(value: datetime | time, zone: str | None = None, *, minutes: bool = False) -> str:
    """« 18 h », « 8 h 51 », and « 18 h 00 » when minutes are always wanted ; « 18:00 » elsewhere; an instant needs its IANA zone."""
    local = _local(value, zone) if isinstance(value, datetime) else value
    if not language().is_french:
        return f"{local.hour}:{local.minute:02}"
    if not local.minute and not minutes:
        return f"{local.hour}{_FIXED}h"
    return f"{local.hour}{_FIXED}h{_FIXED}{local.minute:02}"


def number(value: Amount) -> str:
    """« 12 000 », « 3,5 » : thousands apart, decimals only where there are any."""
    written: str = format_decimal(Decimal(str(value)), locale=language().locale)
    return written


def euros(value: Amount) -> str:
    """« 12 000 € », « 1 500,50 € », « €12,000 » in English : cents only where there are any."""
    return euros_in(language().locale, Decimal(str(value)))


def phone(value: str) -> str:
    """« 06 39 98 41 27 » from E.164, « +32 470 12 34 56 » from abroad ; what is not a number comes back as it is."""
    parsed = _parsed_phone(value)
    if parsed is None:
        return value
    home = parsed.country_code in _FRENCH_PREFIXES
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    national: str = phonenumbers.format_number(parsed, style)
    return national.replace(" ", _FIXED)


def phone_uri(value: str) -> str:
    """« tel:+33639984127 » from any way to write a French number ; « tel: » and the digits when it is not one."""
    parsed = _parsed_phone(value)
    if parsed is None:
        return "tel:" + re.sub(r"[^\d+]", "", value)
    digits: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return f"tel:{digits}"


def initials(name: str) -> str:
    """« IM » for Inès Morvan, « ÉC » for Élodie Caron, « AD » for Adie, antenne de Roubaix ; « ? » when there is no letter."""
    words = re.findall(r"[^\W_]+(?:[-’'][^\W_]+)*", unicodedata.normalize("NFC", name.partition(",")[0]))
    if not words:
        return "?"
    letters: str = words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]
    return letters.upper()


def filters() -> dict[str, Callable[..., Any]]:
    """The filters of a Jinja environment, by their name."""
    known = (shown, typo, prose, phone, phone_uri, initials, day_long, day_short, hour, number, euros)
    return {function.__name__: _each_time(function) for function in known}


_NARROW: Final = "\u202f"
_FIXED: Final = "\u00a0"
_FRENCH_PREFIXES: Final = frozenset({33, 262, 590, 594, 596})
_MONTHS: Final = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|janv|févr|avr|juil|sept|oct|nov|déc"
_UNITS: Final = "k€|M€|j|h|min|s|km|m|m²|ha|kg|t|kWh|ko|Mo|ans?|mois|semaines?|jours?|heures?|minutes?|secondes?|euros?|dossiers?|demandes?|places?"
_TAG: Final = re.compile(
    r"""(<!--.*?-->|<(script|style|textarea|pre|code)\b.*?</\2\s*>|<[a-z/!](?:"[^"]*"|'[^']*'|[^'">])*>)""",
    re.DOTALL | re.IGNORECASE,
)
_VERBATIM: Final = re.compile(r"((?:https?://|www\.|mailto:|tel:)\S+|(?<!\S)\S+@\S+)")
_MARK: Final = re.compile(r"[:;?!«»'·]")
_FIGURE: Final = re.compile(r"\d")
_ESCAPED_APOSTROPHE: Final = re.compile(r"(?<=[^\W\d_])(?:&#39;|&#x27;)")
_RAISED: Final = re.compile(r"(?<=\d)(ᵉʳ|ʳᵉ|ᵉ)")
_LOWERED: Final = {"ᵉʳ": "er", "ʳᵉ": "re", "ᵉ": "e"}
_MARKS: Final = (
    (re.compile(r"«[ \u00a0\u202f]*"), "«" + _FIXED),
    (re.compile(r"[ \u00a0\u202f]*»"), _FIXED + "»"),
    (re.compile(r"(?<=[^\W\d_])'"), "’"),
    (re.compile(r"[ \u00a0]+([;?!]+)(?=[\s»).,…\]]|$)"), _NARROW + r"\1"),
    (re.compile(r"[ \u202f]+:(?=\s|$)"), _FIXED + ":"),
    (re.compile(r"(?<=\S)[ ]·(?=\s)"), _FIXED + "·"),
)
_FIGURES: Final = (
    (re.compile(r"(?<![\w-])1er(?![\w-])"), "1ᵉʳ"),
    (re.compile(r"(?<![\w-])1re(?![\w-])"), "1ʳᵉ"),
    (re.compile(r"(?<![\w-])(\d{1,3})e(?![\w-])"), r"\1ᵉ"),
    (re.compile(rf"(?<=\d)[ ](?=[€%‰°]|(?:{_UNITS}|{_MONTHS})\b)"), _FIXED),
    (re.compile(rf"(?<=1ᵉʳ)[ ](?=(?:{_MONTHS})\b)"), _FIXED),
    (re.compile(r"(?<=\d\u00a0h)[ ](?=\d\d\b)"), _FIXED),
)
_THOUSANDS: Final = re.compile(r"(?<!\d)(?<!\d[ ,.])\d{1,3}(?: \d{3})+(?! ?\d)")


def _each_time(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same as a filter that Jinja does not work out once, when it reads a template: the language is that of each reader."""

    @pass_context
    def said(_: Context, *given: Any, **named: Any) -> Any:
        return function(*given, **named)

    return said


def _between_tags(markup: Markup, change: Callable[[str], str]) -> Markup:
    """Change the text of a markup and leave its tags, comments, scripts and typed fields."""
    text = str(markup)
    parts, end = [], 0
    for tag in _TAG.finditer(text):
        parts += [change(text[end : tag.start()]), tag.group()]
        end = tag.end()
    return Markup("".join([*parts, change(text[end:])]))  # escaped already  # nosec B704


@lru_cache(maxsize=4096)
def _set_prose(text: str) -> str:
    """Between the tags of pages and mails stand the same few words, again and again."""
    return _RAISED.sub(_raise, _set_markup(text))


def _set_markup(text: str) -> str:
    return _set(_ESCAPED_APOSTROPHE.sub("’", text))


def _set(text: str) -> str:
    return "\n".join(map(_set_line, text.split("\n")))


@lru_cache(maxsize=4096)
def _set_line(text: str) -> str:
    if not _MARK.search(text) and not _FIGURE.search(text):
        return text
    parts = _VERBATIM.split(text)
    parts[::2] = [_set_words(words) for words in parts[::2]]
    return "".join(parts)


def _set_words(words: str) -> str:
    if _MARK.search(words):
        for pattern, put in _MARKS:
            words = pattern.sub(put, words)
    if not _FIGURE.search(words):
        return words
    for pattern, put in _FIGURES:
        words = pattern.sub(put, words)
    return _THOUSANDS.sub(lambda found: found.group().replace(" ", _NARROW), words)


def _raise(found: re.Match[str]) -> str:
    return f"<sup>{_LOWERED[found.group()]}</sup>"


def _pattern(week: str, month: str, year: bool) -> str:
    """How a day is written in the reader's language, as CLDR's letters say it; babel has no pattern with a week day and no year."""
    locale = language().locale
    if locale == "pt_PT":
        return (f"{week}, " if week else "") + f"d 'de' {month}" + (" 'de' y" if year else "")
    if locale == "tr_TR":
        return f"d {month}" + (" y" if year else "") + (f" {week}" if week else "")
    return (f"{week} " if week else "") + f"d {month}" + (" y" if year else "")


def _day(value: Day, zone: str | None, pattern: str) -> str:
    day, spoken = _local(value, zone).date() if isinstance(value, datetime) else value, language()
    words = format_date(day, pattern, locale=spoken.locale)
    if spoken.is_french and day.day == 1:
        words = re.sub(r"(?<!\d)1(?= )", "1ᵉʳ", words, count=1)
    return re.sub(r"(?<=\d|ʳ) (?=\D)", _FIXED, words, count=1)


def _local(instant: datetime, zone: str | None) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    if zone is None:
        raise ValueError("an instant is read in the timezone of its territory: give its IANA name")
    return instant.astimezone(ZoneInfo(zone))


def _parsed_phone(value: str) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(value, "FR")
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None

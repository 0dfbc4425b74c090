"""What steps ask for, in the words of the screen."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Input, InputKind


def choice(
    name: str,
    label: str,
    choices: Mapping[str, str],
    *,
    required: bool = True,
    missing: str = "Choisissez dans la liste.",
) -> Input:
    """One code of a closed list."""
    return Input(name, InputKind.CHOICE, label, required, choices, missing)


def words(name: str, label: str, *, required: bool = False, missing: str = "Écrivez une phrase.") -> Input:
    """Free words: kept beside the journal, where they can be erased."""
    return Input(name, InputKind.TEXT, label, required, None, missing)


def day(name: str, label: str, *, required: bool = False, missing: str = "Choisissez un jour.") -> Input:
    """A local day."""
    return Input(name, InputKind.DAY, label, required, None, missing)


def flag(name: str, label: str) -> Input:
    """A box to tick."""
    return Input(name, InputKind.FLAG, label)


def number(name: str, label: str, *, required: bool = False) -> Input:
    """A whole number."""
    return Input(name, InputKind.NUMBER, label, required, None, "Écrivez un nombre entier.")


def of_kind(kind: InputKind, name: str, label: str, *, required: bool = False, missing: str = "") -> Input:
    """Something that the product knows: an agent, a mentor, needs, outcomes, a deadline …"""
    return Input(name, kind, label, required, None, missing or "Il manque une information.")

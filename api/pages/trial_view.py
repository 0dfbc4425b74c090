"""What a file of reference data would change, as its template shows it: the directory, the catalogue of aids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.sentences import say, together
from notifications.languages import said_again

_SHOWN: Final = 200
"""Lines of a report that a page shows; the command prints them all."""


def trial_context(
    action: str, name: str, report: Mapping[str, Any], *, of: Mapping[str, str], whole: bool
) -> dict[str, Any]:
    """Everything that `trial.html` shows. `of` names what is kept and where one comes from; `whole`: nothing is written when a line is refused."""
    changes, refused = report["changes"], report["refused"]
    said = {"new": "Ajout", "changed": "Changement"}
    return {
        "title": name, "action": action, "of": of, "refused": len(refused), "nothing": not changes and not refused,
        "writes": bool(changes) and not (whole and refused),
        "keys": [
            {"value": str(report["new"]), "label": "lignes à ajouter"}, {"value": str(report["changed"]), "label": "lignes à changer"},
            {"value": str(report["same"]), "label": "lignes déjà à jour"}, {"value": str(len({one["line"] for one in refused})), "label": "lignes à corriger"},
        ],
        "wrong_columns": [*({"label": label, "fold": "label"} for label in ("Ligne", "Colonne", "Valeur")), {"label": "Que faire", "fold": "full"}],
        "wrong_rows": [_wrong(one) for one in refused[:_SHOWN]],
        "columns": [{"label": "Ligne", "fold": "label"}, {"label": "Quoi", "fold": "full"}, {"label": "Ce qui change", "fold": "full"}],
        "rows": [[{"text": str(one["line"])}, {"text": one["what"], "sub": said[one["outcome"]]}, {"text": _changes(one)}] for one in changes[:_SHOWN]],
        "more": max(0, len(changes) - _SHOWN),
    }  # fmt: skip


def _wrong(one: Mapping[str, Any]) -> list[dict[str, str]]:
    cells = (str(one["line"]), one["column"], one["value"] or "–", said_again(one["reason"]))
    return [{"text": cell} for cell in cells]


def _changes(one: Mapping[str, Any]) -> str:
    """« Places par semaine : 5 → 8 ; Active : oui → non »."""
    if one["outcome"] == "new":
        return together(
            (say("{label} : {value}", label=of["column"], value=of["after"]) for of in one["columns"]), " ; "
        )
    return together((_change(of) for of in one["columns"]), " ; ")


def _change(of: Mapping[str, Any]) -> str:
    old, new = of["before"] or say("rien"), of["after"] or say("rien")
    return say("{label} : {old} → {new}", label=of["column"], old=old, new=new)

"""What everybody may read: accessibility, personal data, help, and what the errors mean."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.errors import ERRORS
from api.languages import every_language
from api.pages.case_view import STAGES
from api.pages.shell import page
from notifications.languages import OF_WORK, language

router = APIRouter()
FOR_ALL = [Depends(every_language)]
"""Of a page that who is helped reads too."""


@router.get("/accessibilite", dependencies=FOR_ALL)
async def show_accessibility(request: Request) -> Response:
    """The declaration of accessibility: « non conforme » until an audit is recorded."""
    return page(request, "accessibilite.html")


@router.get("/donnees-personnelles", dependencies=FOR_ALL)
async def show_personal_data(request: Request) -> Response:
    """What is kept of people, why, how long, and what they may ask."""
    return page(request, "donnees_personnelles.html")


@router.get("/aide", dependencies=FOR_ALL)
async def show_help(request: Request) -> Response:
    """The questions that people ask; those of who works here, in the languages in which one works."""
    return page(request, "aide.html", works_here=language().code in OF_WORK)


@router.get("/aide/erreurs")
async def show_errors(request: Request) -> Response:
    """Every code of error of the JSON interface: a problem's `type` leads here."""
    return page(request, "aide_erreurs.html", told=ERRORS)


@router.get("/aide/composants")
async def show_components(request: Request) -> Response:
    """Every piece of the pages, in each of its states: what a page is made with, and what eyes and machines check."""
    return page(request, "composants.html", stages=STAGES, day="2026-11-24")

"""In the street: the product stands on the telephone like an application, and what is noted without a network is sent once there is one."""

from __future__ import annotations

import json
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from api.csrf import token_for
from api.documents import Kept
from api.pages.log import detection_of, reasons_for, unit_of
from api.pages.shell import PageVisit, page
from api.pages.shop_front import shop_front_of
from api.registers.completing import completed
from cases.errors import CasesError

router = APIRouter()

OF_THE_FORM: Final = (
    "css/app.css",
    "js/app.js",
    "js/kept.js",
    "js/offline.js",
    "js/photo.js",
    "vendor/htmx/htmx.min.js",
    "icons.svg",
    "favicon.svg",
)
"""The files that the form needs where there is no network."""


@router.get("/manifest.webmanifest")
async def show_manifest(request: Request) -> Response:
    """What a telephone needs to put the product among its applications."""
    frame = request.app.state.frame
    icon = {"src": frame.assets("favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    log_it = {"name": "Signaler une entreprise", "short_name": "Signaler", "url": "/dossiers/nouveau", "icons": [icon]}
    named = {"name": frame.product["name"], "short_name": "Quartiers", "lang": "fr", "dir": "ltr"}
    shown = {"display": "standalone", "background_color": "#f7f6f2", "theme_color": "#0b5a55"}
    manifest = {"id": "/", "start_url": "/", "scope": "/", **named, **shown, "icons": [icon], "shortcuts": [log_it]}
    return Response(json.dumps(manifest, ensure_ascii=False), media_type="application/manifest+json")


@router.get("/service-worker.js")
async def show_service_worker(request: Request) -> Response:
    """What the telephone runs beside the pages: the same script for all, with the addresses of this version's files."""
    assets = request.app.state.frame.assets
    files = json.dumps([assets(path) for path in OF_THE_FORM])
    script = (
        f'"use strict";\nconst FILES = {files};\nimportScripts("{assets("js/kept.js")}", "{assets("js/worker.js")}");\n'
    )
    return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/hors-ligne")
async def show_offline(request: Request) -> Response:
    """What stands in the place of a page that cannot be had now."""
    return page(request, "hors_ligne.html")


@router.get("/dossiers/gardes")
async def ask_token(request: Request, visit: PageVisit) -> Response:
    """Who is signed in on this telephone now, and the token that what was kept is sent with."""
    frame = request.app.state.frame
    return JSONResponse({"who": visit.identity.person, "csrf": token_for(frame.holder(request), frame.key)})


@router.post("/dossiers/gardes")
async def log_kept(request: Request, visit: PageVisit, files: Kept) -> Response:
    """Log what a telephone kept. A look-alike is no reason to wait: it is to be settled afterwards."""
    sent = await request.form()
    try:
        detection = await completed(detection_of(sent, visit.now), request.app.state.registers)
        photo = await shop_front_of(request, sent, visit, files)
        logged, _ = await visit.write(unit_of(detection, visit, sent, photo))
    except CasesError as error:
        return JSONResponse(
            {"reasons": [{"message": one.message, "field": one.field} for one in reasons_for(error)]}, 422
        )
    return JSONResponse({"reference": logged.fired.reference}, 201)

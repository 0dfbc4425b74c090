"""The pages: a router for each subject, its routes and its templates under the same words."""

from api.pages import (
    about,
    aids,
    backlog,
    case,
    cases,
    choosing,
    connexion,
    demo,
    documents,
    imports,
    inbox,
    links,
    log,
    mentoring,
    my_case,
    operators,
    orientation,
    street,
    territories,
    to_settle,
    today,
    together,
)

DESK = (
    today.router,
    to_settle.router,
    cases.router,
    together.router,
    log.router,
    street.router,
    case.router,
    documents.router,
    orientation.router,
    inbox.router,
    mentoring.router,
    backlog.router,
    choosing.router,
    aids.router,
    operators.router,
    territories.router,
    imports.router,
)
"""The pages of who is signed in; `log` and `together` come before `case`: « nouveau » and « ensemble » are no references."""
ROUTERS = (connexion.router, links.router, my_case.router, *DESK, about.router)
OF_THE_DEMO = (demo.router,)

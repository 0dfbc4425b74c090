"""The pages: a router for each subject, its routes and its templates under the same words."""

from api.pages import (
    about,
    account,
    aids,
    backlog,
    case,
    cases,
    connexion,
    demo,
    documents,
    identity_provider,
    imports,
    inbox,
    interface,
    links,
    log,
    mentoring,
    my_case,
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
    inbox.router,
    mentoring.router,
    backlog.router,
    aids.router,
    territories.router,
    imports.router,
    account.router,
)
"""The pages of who is signed in; `log` and `together` come before `case`: « nouveau » and « ensemble » are no references."""
ROUTERS = (
    connexion.router,
    identity_provider.router,
    links.router,
    my_case.router,
    *DESK,
    about.router,
    interface.router,
)
OF_THE_DEMO = (demo.router,)

"""The JSON interface: a router for each subject."""

from api.rest import (
    backlog,
    cases,
    diagrams,
    history,
    imports,
    me,
    operators,
    records,
    routing,
    steps,
    tasks,
    territories,
    webhooks,
    workflow,
)

ROUTERS = (
    me.router,
    routing.router,
    cases.router,
    diagrams.router,
    steps.router,
    history.router,
    records.router,
    operators.router,
    territories.router,
    backlog.router,
    tasks.router,
    imports.router,
    webhooks.router,
    workflow.router,
)
"""Every case's own collections are named before `records`, which takes what is left."""

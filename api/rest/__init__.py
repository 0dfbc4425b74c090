"""The JSON interface: a router for each subject."""

from api.rest import cases, me, territories, workflow

ROUTERS = (me.router, cases.router, territories.router, workflow.router)

"""The pages of administration: people, cases opened with a reason, the journal, how long things are kept, machines, mails, tokens, webhooks."""

from api.pages.administration import audit, home, keeping, machines, mails, opening, people, person, tokens, webhooks

ROUTERS = (
    home.router,
    people.router,
    person.router,
    opening.router,
    audit.router,
    keeping.router,
    machines.router,
    mails.router,
    tokens.router,
    webhooks.router,
)

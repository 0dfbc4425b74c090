"""The command line: what the product can be asked from a terminal, one file of `api/commands` a subject."""

from __future__ import annotations

import typer

from api.commands import (
    aids,
    database,
    demo,
    export,
    imports,
    messages,
    operators,
    people,
    privacy,
    quartiers,
    reference,
    reminders,
    routing,
    screenshots,
    serving,
    territories,
    workflow,
)

app = typer.Typer(no_args_is_help=True, help="Quartiers productifs: du commerce repéré à l’aide obtenue.")
app.add_typer(workflow.app, name="workflow")
app.add_typer(database.app, name="db")
app.add_typer(people.users, name="user")
app.add_typer(people.tokens, name="token")
app.add_typer(territories.app, name="territory")
app.add_typer(privacy.app, name="privacy")
app.add_typer(reference.app, name="reference")
app.add_typer(operators.app, name="operators")
app.add_typer(quartiers.app, name="quartiers")
app.add_typer(aids.app, name="aids")
app.add_typer(export.app, name="export")
app.add_typer(messages.app, name="messages")
app.add_typer(reminders.app, name="reminders")
app.command("import")(imports.import_file)
app.command()(database.verify)
app.command()(database.backup)
app.command()(database.restore)
app.command()(workflow.migrate_cases)
app.command()(demo.demo)
app.command("routing")(routing.show)
app.command()(screenshots.screenshots)
app.command()(serving.serve)
app.command()(serving.worker)

if __name__ == "__main__":
    app()

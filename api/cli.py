"""The command line: what the product can be asked from a terminal, one file of `api/commands` a subject."""

from __future__ import annotations

import typer

from api.commands import database, imports, people, serving, workflow

app = typer.Typer(no_args_is_help=True, help="Quartiers productifs: du commerce repéré à l’aide obtenue.")
app.add_typer(workflow.app, name="workflow")
app.add_typer(database.app, name="db")
app.add_typer(people.users, name="user")
app.add_typer(people.tokens, name="token")
app.command("import")(imports.import_file)
app.command()(database.verify)
app.command()(serving.serve)

if __name__ == "__main__":
    app()

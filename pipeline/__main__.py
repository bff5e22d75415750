"""`python -m pipeline`: inspects, compares and uses runs and models. Errors exit with code 2."""

import pkgutil
from importlib import import_module
from typing import Any

import click

from components.errors import UserError
from pipeline import commands


class _Commands(click.Group):
    """Imports a command when it is needed; prints a `UserError` without a traceback."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(context):
            return None
        return getattr(import_module(f"{commands.__name__}.{name}"), name)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except UserError as error:
            click.echo(str(error), err=True)
            context.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Inspect, compare and use the runs and models of the pipeline."""


if __name__ == "__main__":
    main(prog_name="python -m pipeline")

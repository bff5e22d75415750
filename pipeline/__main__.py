"""`python -m pipeline`: inspects, compares and uses runs and models."""

import pkgutil
from importlib import import_module

import click

from pipeline import commands
from pipeline.command_options import Group


class _Commands(Group):
    """Imports a command when it is needed."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(context):
            return None
        return getattr(import_module(f"{commands.__name__}.{name}"), name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Inspect, compare and use the runs and models of the pipeline."""


if __name__ == "__main__":
    main(prog_name="python -m pipeline")

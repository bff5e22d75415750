"""Which shared store a workspace keeps its runs in, and under which name: the file `metadata.json` in it."""

import dataclasses
import json
import os
import re
import secrets
from pathlib import Path
from typing import Self

from components.errors import UserError
from pipeline.metadata.address import Address
from pipeline.workspace import DATABASE, STORE_FILE, check_usable, create, mark
from reactive_schedules import durable

_BETWEEN = "@"
"""No name of a pipeline contains it."""


@dataclasses.dataclass(frozen=True)
class Binding:
    """The store of a workspace.

    Everything that MLMD and TFX look up by the name of a pipeline (contexts, cached results) they look up by
    `pipeline_id`, so workspaces never see each other's.

    Attributes:
        address: Address of the store.
        workspace: Name of the workspace in it: 16 random hexadecimal digits.
    """

    address: Address
    workspace: str

    def pipeline_id(self, name: str) -> str:
        """The name of a pipeline of this workspace within the store."""
        return f"{name}{_BETWEEN}{self.workspace}"

    @classmethod
    def of(cls, workspace: Path) -> Self | None:
        """Reads it; None if the workspace has a store of its own, or none.

        Raises:
            UserError: The file is damaged.
        """
        file = workspace / STORE_FILE
        try:
            found = json.loads(file.read_bytes())
            if not re.fullmatch("[0-9a-f]{16}", found["workspace"]):
                raise ValueError("no name of a workspace")
            return cls(Address.parse(found["store"]), found["workspace"])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"workspace: {file} cannot be read: {error.strerror}; fix this") from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise UserError(
                f"workspace: {file} is damaged; restore it from a backup, or delete it and artifacts/ in {workspace} "
                "and start over (the models in serving/ are kept)"
            ) from None


def plain_name(pipeline_id: str) -> str:
    """The name of a pipeline as its configuration has it."""
    return pipeline_id.partition(_BETWEEN)[0]


def check(workspace: Path, address: Address | None) -> None:
    """Checks that a workspace keeps its runs where the configuration says, if it has any.

    Raises:
        UserError: It keeps them elsewhere, or cannot be used at all.
    """
    check_usable(workspace)
    bound = Binding.of(workspace)
    if bound and bound.address != address:
        asked = address or f"{DATABASE} in it"
        raise UserError(
            f"metadata: {workspace} keeps its runs in {bound.address}, not in {asked}; set metadata to "
            f"{bound.address}, or choose another folder with --workspace"
        )
    if address and not bound and (workspace / DATABASE).exists():
        raise UserError(
            f"metadata: {workspace} keeps its runs in {DATABASE} in it, not in {address}; remove metadata from the "
            "configuration, or choose another folder with --workspace"
        )


def bind(workspace: Path, address: Address | None) -> Binding | None:
    """Gives a workspace a name in the store, unless it has one.

    Args:
        workspace: Workspace, which is created if needed.
        address: Store; None for a file in the workspace.

    Raises:
        UserError: The workspace keeps its runs elsewhere, or has results of runs that nobody knows.
    """
    check(workspace, address)
    if address is None:
        return None
    if (bound := Binding.of(workspace)) is None:
        if any(workspace.glob("artifacts/*/*/*/[0-9]*")):
            raise UserError(
                f"workspace: {workspace / STORE_FILE} is missing, but there are artifacts; restore it from a backup, "
                f"or delete artifacts/ in {workspace} and start over (the models in serving/ are kept)"
            )
        create(workspace)
        mark(workspace)
        content = {"store": str(address), "workspace": secrets.token_hex(8)}
        part = workspace / f"{STORE_FILE}.{content['workspace']}.tmp"
        durable.write(part, f"{json.dumps(content)}\n".encode())
        try:
            os.link(part, workspace / STORE_FILE)  # the first of two machines wins
        except FileExistsError:
            pass
        except OSError:  # no links here
            durable.write(workspace / STORE_FILE, part.read_bytes())
        finally:
            part.unlink()
        bound = Binding.of(workspace)
    return bound

"""User code named by a dotted path, such as `pipeline.models.build_model`."""

import ast
import importlib
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from reactive_schedules import imports


class CodeError(ValueError):
    """A dotted path does not name a function."""


def load(path: str) -> Callable:
    """Imports the function `module.function`.

    Raises:
        CodeError: The module does not have this function.
        ImportError: The module does not exist or cannot be imported.
    """
    module, _, name = path.rpartition(".")
    function = getattr(importlib.import_module(module), name, None)
    if not callable(function):
        raise CodeError(f"{module} has no function {name!r}")
    return function


def source_file(path: str) -> Path:
    """Returns the file that defines `module.function`, without importing it.

    Raises:
        CodeError: The path does not name a module, or the module is not a Python file on the import path, or it is
            part of the standard library, which is full of functions that a configuration should not call.
    """
    module, _, name = path.rpartition(".")
    if not module or not name.isidentifier():
        raise CodeError(f"{path!r} is not a dotted path such as package.module.function")
    if module.partition(".")[0] in sys.stdlib_module_names:
        raise CodeError(
            f"{path!r} is in Python's standard library; name a function of your own module or of an installed package"
        )
    found = imports.find(module)
    if found is None or not found.file:
        raise CodeError(f"no module {module!r} on the import path; run from its folder or install it")
    if found.file.suffix != ".py":
        raise CodeError(f"module {module!r} is not a Python file; name a function that is defined in one")
    return found.file


def check(path: str) -> None:
    """Checks that `module.function` exists, without importing the module, which may take seconds.

    Raises:
        CodeError: The function does not exist, or its file is not valid Python.
    """
    module, _, name = path.rpartition(".")
    parents = module.split(".")[:-1]
    for depth in range(len(parents)):
        package = imports.find(".".join(parents[: depth + 1]))
        if package and package.file:  # importing the module runs it
            _parsed(package.file)
    file = source_file(path)
    names = set(_bound(_parsed(file).body))
    if not names & {name, "*"}:
        raise CodeError(f"{file} has no function {name!r}")


def _bound(body: Iterable[ast.AST]) -> Iterator[str]:
    """Yields the names that statements bind, also in branches; `*` for those of another module."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name for alias in node.names)
            case ast.Assign(targets=targets) | ast.AnnAssign(target=ast.Name() as targets):
                found = targets if isinstance(targets, list) else [targets]
                yield from (target.id for target in found if isinstance(target, ast.Name))
            case ast.If() | ast.Try() | ast.With():
                inner = (getattr(node, key, []) for key in ("body", "orelse", "finalbody", "handlers"))
                yield from _bound(itertools.chain.from_iterable(inner))
            case ast.ExceptHandler():
                yield from _bound(node.body)


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise CodeError(f"{file}{where}: {error.msg}; fix the file") from None


def fingerprint(*paths: str) -> str:
    """Returns a SHA-256 that changes when the user's code changes.

    It covers the files of the modules that dotted paths name and, transitively, every file of the user that these
    import, see `reactive_schedules.imports`; of installed packages, the version.
    """
    return imports.digest(*(_module(path) for path in paths))


def checkout(*paths: str) -> dict[str, Any]:
    """Returns the git state of the checkout that holds the file of the first dotted path.

    Returns:
        `commit`, and `modified`: whether any tracked file of the checkout differs from the commit, or a file in it that
        the paths import is not tracked. Both are None outside a checkout.
    """
    folder = source_file(paths[0]).parent
    commit, top = _git(folder, "rev-parse", "HEAD"), _git(folder, "rev-parse", "--show-toplevel")
    if commit is None or top is None:
        return {"commit": None, "modified": None}
    files = [file.resolve() for file in imports.closure(*map(_module, paths))[0].values()]
    inside = [str(file) for file in files if file.is_relative_to(top)]
    tracked = _git(folder, "ls-files", "--error-unmatch", "--", *inside) is not None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "modified": bool(changes) or not tracked}


def _module(path: str) -> str:
    source_file(path)
    return path.rpartition(".")[0]


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None

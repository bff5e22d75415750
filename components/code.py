"""User code named by a dotted path, such as `pipeline.models.build_model`."""

import ast
import hashlib
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


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
    try:
        found = importlib.util.find_spec(module)
    except ImportError:
        found = None
    except SyntaxError as error:  # in a parent package, which is imported to find the module
        raise CodeError(_not_python(error.filename, error)) from None
    if found is None or not found.origin:
        raise CodeError(f"no module {module!r} on the import path; run from its folder or install it")
    if not found.origin.endswith(".py"):
        raise CodeError(f"module {module!r} is not a Python file; name a function that is defined in one")
    return Path(found.origin)


def check(path: str) -> None:
    """Checks that `module.function` exists, without importing the module, which may take seconds.

    Raises:
        CodeError: The function does not exist, or its file is not valid Python.
    """
    file, name = source_file(path), path.rpartition(".")[2]
    names = set()
    try:
        body = ast.parse(file.read_bytes()).body
    except SyntaxError as error:
        raise CodeError(_not_python(file, error)) from None
    for node in body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name for alias in node.names}
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    if name not in names:
        raise CodeError(f"{file} has no function {name!r}")


def _not_python(file: Path | str | None, error: SyntaxError) -> str:
    where = f", line {error.lineno}" if error.lineno else ""
    return f"{file}{where}: {error.msg}; fix the file"


def fingerprint(*paths: str) -> str:
    """Returns the SHA-256 of the source files of dotted paths; it changes when the user's code changes."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(source_file(path).read_bytes())
    return digest.hexdigest()


def checkout(path: str) -> dict[str, Any]:
    """Returns the git state of the checkout that holds the file of a dotted path.

    Returns:
        `commit`, and `modified`: whether this file or any tracked file differs from the commit. Both are None
        outside a checkout.
    """
    file = source_file(path)
    commit = _git(file.parent, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "modified": None}
    tracked = _git(file.parent, "ls-files", "--error-unmatch", str(file)) is not None
    changes = _git(file.parent, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "modified": bool(changes) or not tracked}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None

"""User code named by a dotted path, such as `pipeline.models.build_model`."""

import ast
import hashlib
import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path


class CodeError(ValueError):
    """A dotted path that leads to no function."""


def load(path: str) -> Callable:
    """Imports the function at `module.function`.

    Raises:
        CodeError: the module has no such function.
        ImportError: there is no such module, or it cannot be imported.
    """
    module, _, name = path.rpartition(".")
    function = getattr(importlib.import_module(module), name, None)
    if not callable(function):
        raise CodeError(f"{module} has no function {name!r}")
    return function


def source_file(path: str) -> Path:
    """File that defines `module.function`, found without importing it.

    Raises:
        CodeError: the path has no module, or the module is not on the import path.
    """
    module, _, name = path.rpartition(".")
    if not module or not name.isidentifier():
        raise CodeError(f"{path!r} is not a dotted path such as package.module.function")
    try:
        found = importlib.util.find_spec(module)
    except ImportError:
        found = None
    if found is None or not found.origin:
        raise CodeError(f"no module {module!r} on the import path; run from its folder or install it")
    return Path(found.origin)


def check(path: str) -> None:
    """Makes sure that `module.function` exists, without importing the module, which may take seconds.

    Raises:
        CodeError: it does not.
    """
    file, name = source_file(path), path.rpartition(".")[2]
    names = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name for alias in node.names}
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    if name not in names:
        raise CodeError(f"{file} has no function {name!r}")


def fingerprint(*paths: str) -> str:
    """SHA-256 over the source files of dotted paths: changes when the user's code changes."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(source_file(path).read_bytes())
    return digest.hexdigest()

"""Which hyperparameters the user's `build_model(hyperparameters, schema)` reads, found in its source code."""

import ast
from collections.abc import Iterable, Mapping

from components import code
from components.errors import UserError
from reactive_schedules.errors import did_you_mean


def check(keys: Iterable[str], build_model: str, place: str) -> None:
    """Refuses hyperparameters that a model would ignore.

    Args:
        keys: Names of the hyperparameters.
        build_model: Dotted path of the function.
        place: Place of the keys, for the message.

    Raises:
        UserError: The function certainly does not read one of them.
    """
    known = names_read(build_model)
    if known is None:
        return
    for key in keys:
        if key not in known:
            reads = f"it reads {', '.join(sorted(known))}" if known else "it reads none"
            raise UserError(
                f"{place}.{key}: {build_model} does not read it; {did_you_mean(key, known)}{reads}"
            )


def names_read(build_model: str) -> set[str] | None:
    """The names of all hyperparameters that a function can read, in whichever branch, without running it.

    Returns:
        The names in `hyperparameters["name"]`, `hyperparameters.get("name")` and `"name" in hyperparameters`, also in
        functions of the same module that get the hyperparameters. None if the function uses them in any other way,
        such as `Net(**hyperparameters)`: then they cannot be known.
    """
    module, name = code.source_file(build_model), build_model.rpartition(".")[2]
    body = ast.parse(module.read_bytes()).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    # A name that is given to something else, too, need not be the function.
    bound = [*functions, *(target for node in body for target in _assigned(node))]
    functions = {each: node for each, node in functions.items() if bound.count(each) == 1}
    names: set[str] = set()
    pending, seen = [(name, 0)], set()
    while pending:
        function, position = call = pending.pop()
        if call in seen:
            continue
        seen.add(call)
        if function not in functions or not _uses(functions[function], position, functions, names, pending):
            return None
    return names


def _uses(
    function: ast.FunctionDef,
    position: int,
    functions: Mapping[str, ast.FunctionDef],
    names: set[str],
    pending: list[tuple[str, int]],
) -> bool:
    """Collects the names that one function reads, and the calls that pass the hyperparameters on.

    Returns:
        Whether the function uses the parameter at this position in no other way.
    """
    parameters = [*function.args.posonlyargs, *function.args.args]
    if function.decorator_list or position >= len(parameters):
        return False
    hyperparameters = parameters[position].arg
    understood = set()
    for node in ast.walk(function):
        match node:
            case (
                ast.Subscript(ast.Name(id) as read, ast.Constant(str(key)), ast.Load())
                | ast.Call(ast.Attribute(ast.Name(id) as read, "get"), [ast.Constant(str(key)), *_])
                | ast.Compare(ast.Constant(str(key)), [ast.In() | ast.NotIn()], [ast.Name(id) as read])
            ) if id == hyperparameters:
                names.add(key)
                understood.add(read)
            case ast.Call(ast.Name(called), arguments) if called in functions:
                if any(isinstance(each, ast.Starred) for each in arguments):
                    continue
                for index, each in enumerate(arguments):
                    if isinstance(each, ast.Name) and each.id == hyperparameters:
                        pending.append((called, index))
                        understood.add(each)
    found = {node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == hyperparameters}
    return found == understood


def _assigned(node: ast.stmt) -> list[str]:
    """The names that a statement of a module binds, except by `def`."""
    match node:
        case ast.ClassDef(name):
            return [name]
        case ast.Import(names) | ast.ImportFrom(names=names):
            return [alias.asname or alias.name for alias in names]
        case ast.FunctionDef():
            return []
        case _:
            stores = (each for each in ast.walk(node) if isinstance(each, ast.Name))
            return [each.id for each in stores if isinstance(each.ctx, ast.Store)]

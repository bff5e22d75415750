"""Conditions in the subset of CEL that TFX writes (`placeholder_to_cel`)."""

import ast
import operator
import re
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

_COMPARE = {ast.Eq: operator.eq, ast.Lt: operator.lt, ast.Gt: operator.gt}


def holds(condition: str, executor_input: spec_pb2.ExecutorInput) -> bool:
    """Evaluates a condition on the input of a task.

    Raises:
        ValueError: It is not a condition, or it compares values of different types, which CEL rejects.
    """
    python = condition.replace("&&", " and ").replace("||", " or ")
    python = re.sub(r"!(?!=)", " not ", python).strip()
    fields = {"inputs": json_format.MessageToDict(executor_input.inputs)}
    result = _value(ast.parse(python, mode="eval").body, fields)
    if not isinstance(result, bool):
        raise ValueError(f"return type is not bool, got {result!r}")
    return result


def _value(node: ast.expr, fields: dict[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return fields[node.id]
        case ast.Attribute():
            return _value(node.value, fields)[node.attr]
        case ast.Subscript():
            return _value(node.value, fields)[_value(node.slice, fields)]
        case ast.BoolOp():
            values = [_value(each, fields) for each in node.values]
            return all(values) if isinstance(node.op, ast.And) else any(values)
        case ast.UnaryOp(op=ast.Not()):
            return not _value(node.operand, fields)
        case ast.BinOp(op=ast.Add()):
            return _value(node.left, fields) + _value(node.right, fields)
        case ast.Compare(ops=[single]):
            left, right = _value(node.left, fields), _value(node.comparators[0], fields)
            if type(left) is not type(right):
                raise ValueError(f"no such overload: {left!r}, {right!r}")
            return _COMPARE[type(single)](left, right)
    raise ValueError(f"not a condition: {ast.unparse(node)}")

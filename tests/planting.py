"""Plants a secret in every field of a configuration that can hold text; the fields come from the pydantic model.

A field is written in three ways: as text of a credential's form, as text that fields with a fixed beginning accept
(URIs, paths, arguments), and under a key that names a credential, where the field has keys.
"""

import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

from pipeline.config.sections import Config

Path = tuple[str | int, ...]

KEY = "API_KEY"
FORMS = (
    "ghp_{}",
    "https://me:{}@host/data",
    "s3://key:{}@bucket/data",
    "/mnt/https://me:{}@host",
    "--s3_secret_access_key={}",
    "--anything=https://me:{}@host/data",
)


@dataclasses.dataclass(frozen=True)
class Plant:
    """A secret in a field.

    Attributes:
        path: Keys and indices that lead to the field.
        secret: Text that must not be found anywhere afterwards.
        value: Value of the field, which contains `secret`.
    """

    path: Path
    secret: str
    value: str

    def into(self, document: dict[str, Any]) -> dict[str, Any]:
        """A copy of the document with the secret in it."""
        planted = copy.deepcopy(document)
        place: Any = planted
        for part, following in zip(self.path, self.path[1:], strict=False):
            empty = [] if isinstance(following, int) else {}
            if isinstance(place, list):
                place += [empty] * (int(part) + 1 - len(place))
            elif place.get(part) is None:
                place[part] = empty
            place = place[part]
        if isinstance(place, list):
            place.append(self.value)
        else:
            place[self.path[-1]] = self.value
        return planted


def plants() -> list[Plant]:
    """A plant for every field and form, each with its own secret."""
    found = []
    for path in dict.fromkeys(_text_fields(Config.model_json_schema())):
        for form in ("{}", *FORMS) if KEY in path else FORMS:
            secret = f"planted{len(found):04}{'Zx9' * 9}"  # with "ghp_", as long as a token of GitHub
            found.append(Plant(path, secret, form.format(secret)))
    return found


def _text_fields(
    schema: dict[str, Any], path: Path = (), root: dict[str, Any] | None = None
) -> Iterator[Path]:
    root = root or schema
    if reference := schema.get("$ref"):
        schema = root["$defs"][reference.rpartition("/")[2]]
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _text_fields(branch, path, root)
    for name, inner in schema.get("properties", {}).items():
        yield from _text_fields(inner, (*path, name), root)
    if "items" in schema:
        yield from _text_fields(schema["items"], (*path, 0), root)
    inner = schema.get("additionalProperties", False)
    if inner is True or isinstance(inner, dict):
        for key in (KEY, "plain"):
            yield from _text_fields({} if inner is True else inner, (*path, key), root)
    is_any = not {"type", "anyOf", "oneOf", "allOf", "const", "enum", "$ref", "properties"} & {*schema}
    if is_any or (schema.get("type") == "string" and not {"const", "enum"} & {*schema}):
        yield path

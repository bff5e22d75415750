"""Hides credentials in what is printed and recorded.

A credential is recognised by its form (an AWS or GitHub key, a JSON Web Token, a private key, a login in a URL …), or
by its name (`password`, `api_key`, `client_secret` …). This only hides text: nothing that is computed or used as a
cache key may depend on it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

HIDDEN = "***"
"""Stands for a credential."""

_FORMS = re.compile(
    r"""
    -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b  # AWS
    | \b(?:gh[opsru]_|github_pat_|glpat-)\w[\w-]{19,}  # GitHub, GitLab
    | \b(?:xox[abeprs]-|AIza|[rs]k_live_)\w[\w-]{19,}  # Slack, Google, Stripe
    | \b(?:hf_|sk-)[0-9A-Za-z]{20,}  # Hugging Face, OpenAI
    | \bsk-(?:ant|proj|svcacct)-[\w-]{20,}  # Anthropic, OpenAI
    | (?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*  # JSON Web Tokens
    | (?<=\bBearer\ )[\w.~+/-]{8,}=*
    | (?<=\bBasic\ )[\w+/-]{8,}=*
    """,
    re.VERBOSE,
)
_LOGIN = re.compile(
    r"""(?<![\w+.-])(?P<scheme>[\w+.-]{2,}:/{1,2})[^\s/:@'"]*:(?!\$[({])[^\s/@'"]+(?=@)"""  # scheme://user:password@
)
_NAME = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|pwd|secret|credentials?|authorization|cookie|connection_string|bearer"
    r"|(?:secret|api|access|private|account|storage|signing|encryption|shared|ssh|sas)_?key(?:_id)?)$"
)
_NOTHING = re.compile(rf"|{re.escape(HIDDEN)}|\$[({{].*")  # $(VARIABLE) is not a credential
_TOKEN_NAME = re.compile(r"(?:^|_)token$")
_TOKEN = re.compile(r"[\w.~+/=-]{8,}")  # unlike [MASK], <pad> and <|endoftext|>
_PAIR = re.compile(
    r"""(?<![\w-])(?:--)?(?P<name>[A-Za-z][\w-]*)=  # name=value
    | ["'](?P<quoted>[A-Za-z][\w.\ -]*)["']:\s*(?=["'])  # "name": "value"
    """,
    re.VERBOSE,
)
_VALUE = re.compile(r"""(?P<quote>["'])(?:(?!(?P=quote)).)*(?P=quote)|[^\s"',;&)}\]]+""", re.DOTALL)
_SIGNATURE = re.compile(r"(?i)(?<=[?&])(?P<name>(?:x-(?:amz|goog)-)?sig(?:nature)?)=(?P<value>[^\s&'\"]+)")
_FAULT = re.compile(
    r"^(?P<before>.*[;,] got )(?P<value>.+)$", re.MULTILINE
)  # section.key: must be …; got VALUE
_KEY = re.compile(r"(?<!\S)[\w.-]+(?=:\s)")
_SOME = "some-value"
_ARGUMENT = re.compile(r"--(?P<name>[\w-]+)=(?P<value>[\s\S]+)")


def is_credential(name: str, value: Any) -> bool:
    """Whether a value of this name is a credential. A list of values is none, but its items may be."""
    if isinstance(value, bool) or not isinstance(value, str | int) or _NOTHING.fullmatch(str(value)):
        return False
    # apiKey, API-KEY and api_key are one name.
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    if _NAME.search(plain):
        return True
    return bool(_TOKEN_NAME.search(plain) and isinstance(value, str) and _TOKEN.fullmatch(value))


def text(shown: str) -> str:
    """The text with credentials replaced by `HIDDEN`.

    They are recognised by their form, and by their name in `name=value`, in `"name": "value"` and in a message such as
    `name: must be a number; got value`.

    Example:
        >>> text("https://me:hunter2@host/data?api_key=abc")
        'https://***@host/data?api_key=***'
    """
    shown = _LOGIN.sub(rf"\g<scheme>{HIDDEN}", _FORMS.sub(HIDDEN, shown))
    shown = _SIGNATURE.sub(rf"\g<name>={HIDDEN}", shown)
    return _FAULT.sub(_hide_faulty, _hide_pairs(shown))


def is_in(shown: str) -> bool:
    """Whether the text has a credential."""
    return text(shown) != shown


def _hide_pairs(shown: str) -> str:
    parts, end = [], 0
    for pair in _PAIR.finditer(shown):
        name = pair["name"] or pair["quoted"]
        # The value is only looked at after a suspicious name: in a=a=a=… it would reach to the end each time.
        if pair.start() < end or not is_credential(name, _SOME):
            continue
        value = _VALUE.match(shown, pair.end())
        if value and is_credential(name, value[0].strip("\"'")):
            quote = value["quote"] or ""
            parts += [shown[end : pair.end()], f"{quote}{HIDDEN}{quote}"]
            end = value.end()
    return "".join([*parts, shown[end:]])


def _hide_faulty(found: re.Match[str]) -> str:
    names = (name for key in _KEY.findall(found["before"]) for name in key.split("."))
    value = found["value"].strip("\"'")
    return f"{found['before']}{HIDDEN}" if any(is_credential(name, value) for name in names) else found[0]


def redacted(value: Any, name: str = "") -> Any:
    """A copy of plain data with credentials replaced by `HIDDEN`.

    Args:
        value: Plain data, as in JSON. Text of the form `--name=value` is hidden by its name.
        name: Key of the value.
    """
    if isinstance(value, Mapping):
        # What is called `credentials` may have harmless keys.
        secret = is_credential(name, _SOME)
        return {
            text(key) if isinstance(key, str) else key: redacted(inner, name if secret else str(key))
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(inner, name if isinstance(inner, str | Mapping) else "") for inner in value]
    if is_credential(name, value):
        return HIDDEN
    if not isinstance(value, str):
        return value
    argument = _ARGUMENT.fullmatch(value)
    if argument and is_credential(argument["name"], argument["value"]):
        return f"--{argument['name']}={HIDDEN}"
    return text(value)


def found(value: Any) -> Iterator[str]:
    """The dotted paths of credentials in plain data."""
    return _differing(value, redacted(value), "")


def _differing(value: Any, shown: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for (key, inner), (shown_key, shown_inner) in zip(value.items(), shown.items(), strict=False):
            if key != shown_key:
                yield f"{path}{shown_key}"
            yield from _differing(inner, shown_inner, f"{path}{shown_key}.")
    elif isinstance(value, list | tuple):
        for number, pair in enumerate(zip(value, shown, strict=True)):
            yield from _differing(*pair, f"{path}{number}.")
    elif value != shown:
        yield path.removesuffix(".")

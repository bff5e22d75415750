"""YAML that Kubeflow's parser reads as this one does."""

import re
from collections.abc import Sequence
from typing import Any

import yaml


def dump(documents: Sequence[Any]) -> str:
    """Documents as YAML, without aliases and with texts that are quoted: for Go, `1e3` and `0o17` are numbers, too."""
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=True, width=110)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_PLAIN = re.compile("[A-Za-z][A-Za-z_]*[A-Za-z]")


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _PLAIN.fullmatch(text) else "'" if text.isascii() and text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)

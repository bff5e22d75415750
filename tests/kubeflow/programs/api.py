"""The Kubernetes API as far as KFP's driver and launcher ask it: the launcher's ConfigMap, and Secrets."""

import base64
import json
import re
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.kubeflow.certificates import certificate
from tests.kubeflow.programs.server import Server

NAMESPACE = "kubeflow"

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where a pod has the token, the certificate and the namespace."""


class KubernetesApi(Server):
    """A server on a free port.

    Args:
        folder: Folder for what pods have in `ACCOUNT`.
        secrets: Secrets, by name.
        store: Address of the object store, host and port.

    Attributes:
        account: The folder.
        env: Variables that pods find it by.
    """

    def __init__(self, folder: Path, secrets: Mapping[str, Mapping[str, str]], store: str):
        folder.mkdir(parents=True)
        context = certificate(folder)
        authority = (folder / "certificate.pem").read_text().partition("-----BEGIN CERTIFICATE-----")
        (folder / "ca.crt").write_text("".join(authority[1:]))
        (folder / "token").write_text("token")
        (folder / "namespace").write_text(NAMESPACE)
        keys = {"accesskey": "a", "secretkey": "s"}
        data = {("configmaps", "kfp-launcher"): {"providers": _providers(store)}}
        for name, secret in {"object-store": keys, **secrets}.items():
            data["secrets", name] = {key: _base64(value) for key, value in secret.items()}
        super().__init__(type("Handler", (_Handler,), {"data": data}), context)
        self.account = folder
        self.env = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.port)}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _providers(store: str) -> str:
    """How the launcher opens buckets."""
    reference = {
        "secretName": "object-store",
        "accessKeyKey": "accesskey",
        "secretKeyKey": "secretkey",
    }
    default = {
        "endpoint": store,
        "region": "here",
        "disableSSL": True,
        "forcePathStyle": True,
        "credentials": {"fromEnv": False, "secretRef": reference},
    }
    return json.dumps({scheme: {"default": default} for scheme in ("s3", "minio")})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    data: dict[tuple[str, str], dict[str, str]]

    def do_GET(self) -> None:
        found = re.fullmatch(r"/api/v1/namespaces/\w+/(\w+)/([^/?]+)", self.path)
        kind, name = found.groups() if found else ("", self.path)
        if kind == "pods":
            self._answer(200, {"kind": "Pod", "metadata": {"name": name}})
        elif (kind, name) in self.data:
            title = {"configmaps": "ConfigMap", "secrets": "Secret"}[kind]
            self._answer(200, {"kind": title, "metadata": {"name": name}, "data": self.data[kind, name]})
        else:
            self._answer(404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps({"apiVersion": "v1", **document}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

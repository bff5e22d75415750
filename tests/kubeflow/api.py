"""An HTTP server that speaks the part of KFP's v2beta1 REST API that a submission needs."""

import datetime
import email
import itertools
import json
import re
import ssl
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PREFIX = "/apis/v2beta1"


class KubeflowApi:
    """The state of an installation, and a server on a free port.

    Args:
        token: Bearer token that callers must send; None accepts every caller.
        states: States of a run, one per request; the last one is repeated.
        cookie: Cookie that callers must send; None accepts every caller.
        tls: Context for HTTPS; None for plain HTTP.
    """

    def __init__(
        self,
        token: str | None = None,
        states: tuple[dict, ...] = ({"state": "SUCCEEDED"},),
        cookie: str | None = None,
        tls: ssl.SSLContext | None = None,
    ):
        self.token, self.cookie, self.states = token, cookie, list(states)
        self.experiments = {"e-1": "Default", "e-2": "nightly"}
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.recurring: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.failures: list[int] = []  # statuses to answer the next questions about a run with
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "KubeflowApi":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def tick(self, due: datetime.datetime) -> None:
        """Starts the recurring runs that are due, as KFP does from 2.16 on (template/v2_template.go)."""
        for each in self.recurring.values():
            config = json.dumps(each["runtime_config"])
            config = config.replace("[[ScheduledTime]]", f"{due:%Y%m%d%H%M%S}")
            self.runs[f"r-{next(self._numbers)}"] = {**each, "runtime_config": json.loads(config)}

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        match method, path:
            case "GET", "/healthz":
                return 200, {"multi_user": False}
            case "GET", "/experiments":
                predicates = json.loads(query.get("filter") or "{}").get("predicates", [])
                wanted = {predicate["stringValue"] for predicate in predicates} or {
                    *self.experiments.values()
                }
                found = [
                    {"experiment_id": key, "display_name": name}
                    for key, name in self.experiments.items()
                    if name in wanted
                ]
                return 200, _page("experiments", found, query)
            case "POST", "/experiments":
                number = f"e-{len(self.experiments) + 1}"
                self.experiments[number] = body["display_name"]
                return 200, {"experiment_id": number, "display_name": body["display_name"]}
            case "GET", "/pipelines":
                wanted = json.loads(query["filter"])["predicates"][0]["stringValue"]
                found = [_shown(item) for item in self.pipelines.values() if item["display_name"] == wanted]
                return 200, {"pipelines": found, "total_size": len(found)} if found else {}
            case "POST", "/pipelines/upload":
                number = f"p-{len(self.pipelines) + 1}"
                self.pipelines[number] = {
                    "pipeline_id": number,
                    "display_name": query["name"],
                    "versions": [],
                }
                self._add_version(number, query["name"], body)
                return 200, _shown(self.pipelines[number])
            case "POST", "/pipelines/upload_version":
                return 200, self._add_version(query["pipelineid"], query["name"], body)
            case "POST", "/runs":
                number = f"r-{next(self._numbers)}"
                self.runs[number] = body
                return 200, {"run_id": number, "state": "PENDING", **body}
        if path.startswith("/recurringruns"):
            return self._recurring(method, path.removeprefix("/recurringruns"), query, body)
        if found := re.fullmatch(r"/pipelines/([^/]+)/versions", path):
            versions = [
                {key: value for key, value in version.items() if key != "package"}
                for version in self.pipelines[found[1]]["versions"]
            ]
            return 200, {"pipeline_versions": versions[::-1]}
        if (found := re.fullmatch(r"/runs/([^/]+)", path)) and found[1] in self.runs:
            if self.failures:
                return self.failures.pop(0), {"message": "upstream connect error"}
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return 200, {"run_id": found[1], **state}
        return 404, {"message": f"no {path}", "code": 5}

    def _recurring(
        self, method: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, dict[str, Any]]:
        match method:
            case "POST":
                if not _is_schedule(body["trigger"]):
                    return 400, {"message": "Schedule cron is not a supported format"}
                number = f"rr-{next(self._numbers)}"
                self.recurring[number] = {"recurring_run_id": number, "status": "ENABLED", **body}
                return 200, self.recurring[number]
            case "DELETE":
                return 200, {"deleted": self.recurring.pop(path.strip("/"))["display_name"]}
        wanted = json.loads(query["filter"])["predicates"][0]["stringValue"]
        found = [each for each in self.recurring.values() if each["display_name"] == wanted]
        return 200, _page("recurringRuns", found, query)

    def _add_version(self, pipeline: str, name: str, package: Any) -> dict[str, Any]:
        versions = self.pipelines[pipeline]["versions"]
        version = {
            "pipeline_id": pipeline,
            "pipeline_version_id": f"v-{len(versions) + 1}",
            "display_name": name,
        }
        versions.append({**version, "package": package})
        return version


def _page(field: str, found: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """A page of what was found, and the token of the next one."""
    begin, size = int(query.get("page_token") or 0), int(query.get("page_size") or 10)
    more = {"next_page_token": str(begin + size)} if begin + size < len(found) else {}
    return {field: found[begin : begin + size], "total_size": len(found), **more}


def _is_schedule(trigger: dict[str, Any]) -> bool:
    """As robfig/cron reads it: five fields are six without the day of the week."""
    if cron := trigger.get("cron_schedule", {}).get("cron"):
        return len(cron.split()) in (5, 6)
    return int(trigger["periodic_schedule"]["interval_second"]) > 0


def _shown(pipeline: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in pipeline.items() if key != "versions"}


class _Handler(BaseHTTPRequestHandler):
    api: KubeflowApi

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        url = urllib.parse.urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.api.requests.append(f"{method} {url.path}")
        if self.api.token and self.headers.get("Authorization") != f"Bearer {self.api.token}":
            return self._send(401, {"error": "Request not authenticated"})
        if self.api.cookie and self.headers.get("Cookie") != self.api.cookie:
            return self._send(401, {"error": "Request not authenticated"})
        if not url.path.startswith(PREFIX):
            return self._send(404, {"message": "not the API"})
        query = dict(urllib.parse.parse_qsl(url.query))
        self._send(*self.api.answer(method, url.path.removeprefix(PREFIX), query, self._body(raw)))
        return None

    def _body(self, raw: bytes) -> Any:
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            message = email.message_from_bytes(f"Content-Type: {kind}\n\n".encode() + raw)
            (part,) = [each for each in message.walk() if not each.is_multipart()]
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload.decode()
        return json.loads(raw) if raw else None

    def _send(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Nothing."""

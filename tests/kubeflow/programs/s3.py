"""An object store that speaks the part of S3's HTTP interface that KFP's launcher uses. Buckets are folders."""

import hashlib
import itertools
import re
import urllib.parse
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from xml.sax.saxutils import escape

from tests.kubeflow.programs.server import Server


class S3(Server):
    """A server on a free port; every caller may do everything.

    Args:
        folder: Folder of the buckets.
    """

    def __init__(self, folder: Path):
        uploads: dict[str, dict[int, bytes]] = {}
        state = {"folder": folder, "uploads": uploads, "numbers": itertools.count(1)}
        super().__init__(type("Handler", (_Handler,), state))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path
    uploads: dict[str, dict[int, bytes]]
    numbers: itertools.count

    def do_GET(self) -> None:
        bucket, key, query = self._asked()
        if not key:
            self._answer(200, _listing(self.folder / bucket, query.get("prefix", "")))
        elif (file := self.folder / bucket / key).is_file():
            self._answer(200, file.read_bytes())
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        bucket, key, query = self._asked()
        content = self._body()
        if "uploadId" in query:
            self.uploads[query["uploadId"]][int(query["partNumber"])] = content
        else:
            self._write(bucket, key, content)
        self._answer(200, b"", ETag=f'"{hashlib.md5(content).hexdigest()}"')

    def do_POST(self) -> None:
        """The begin and the end of an upload in parts."""
        bucket, key, query = self._asked()
        self._body()
        if "uploadId" not in query:
            number = str(next(self.numbers))
            self.uploads[number] = {}
            self._answer(
                200,
                f"<InitiateMultipartUploadResult><UploadId>{number}</UploadId></InitiateMultipartUploadResult>".encode(),
            )
            return
        parts = self.uploads.pop(query["uploadId"])
        self._write(bucket, key, b"".join(parts[number] for number in sorted(parts)))
        self._answer(
            200,
            b"<CompleteMultipartUploadResult><ETag>&quot;0&quot;</ETag></CompleteMultipartUploadResult>",
        )

    def _asked(self) -> tuple[str, str, dict[str, str]]:
        url = urllib.parse.urlsplit(self.path)
        bucket, _, key = urllib.parse.unquote(url.path).lstrip("/").partition("/")
        return bucket, key, dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return body
        content = b""
        while size := int(re.split(rb"[;\r]", body, maxsplit=1)[0], 16):
            begin = body.index(b"\r\n") + 2
            content, body = content + body[begin : begin + size], body[begin + size + 2 :]
        return content

    def _write(self, bucket: str, key: str, content: bytes) -> None:
        file = self.folder / bucket / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def _answer(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def _listing(bucket: Path, prefix: str) -> bytes:
    """All objects whose keys begin so; a page has no end."""
    files = {file.relative_to(bucket).as_posix(): file for file in bucket.rglob("*") if file.is_file()}
    entries = [
        f"<Contents><Key>{escape(key)}</Key><Size>{file.stat().st_size}</Size>"
        "<LastModified>2020-01-01T00:00:00.000Z</LastModified><ETag>&quot;0&quot;</ETag></Contents>"
        for key, file in sorted(files.items())
        if key.startswith(prefix)
    ]
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(entries)}</ListBucketResult>".encode()

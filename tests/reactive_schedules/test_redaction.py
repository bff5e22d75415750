import re

import pytest

from reactive_schedules.redaction import found, is_credential, is_in, redacted, text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("the key AKIAABCDEFGHIJKLMNOP.", "the key ***."),
        (f"got 'ghp_{'a1' * 18}'", "got '***'"),
        (f"github_pat_{'a1' * 18}", "***"),
        (f"glpat-{'a1' * 10}", "***"),
        (f"hf_{'aB' * 17}", "***"),
        (f"sk-proj-{'aB_-' * 10}", "***"),
        (f"xoxb-{'1a-' * 10}1", "***"),
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer ***"),
        ("Authorization: Bearer opaque.token-1", "Authorization: Bearer ***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        (JWT, "***"),
        (f"key:\n{KEY}\nend", "key:\n***\nend"),
        ("-----BEGIN PRIVATE KEY-----\ncut off", "***"),
        ("https://me:hunter2@host:80/path", "https://***@host:80/path"),
        ("s3:/key:secret@bucket", "s3:/***@bucket"),  # as pathlib shortens it
        ("redis://:secret@host", "redis://***@host"),
        ("postgresql+psycopg2://me:p%40ss@host", "postgresql+psycopg2://***@host"),
        ("https://host/x?sig=abc%3D&se=1", "https://host/x?sig=***&se=1"),
        ("https://host/x?X-Amz-Signature=abc", "https://host/x?X-Amz-Signature=***"),
        ("--s3_secret_access_key=abc --x=1", "--s3_secret_access_key=*** --x=1"),
        ("monitor='--api_key=abc'", "monitor='--api_key=***'"),
        ("c.yaml: env.DB_PASSWORD: must be text; got 12", "c.yaml: env.DB_PASSWORD: must be text; got ***"),
        ("PASSWORD='a b' USER=me", "PASSWORD='***' USER=me"),
        (
            """{'password': 'x y', "apiKey": "z", "n": "1"}""",
            """{'password': '***', "apiKey": "***", "n": "1"}""",
        ),
    ],
)
def test_credentials_in_text(shown, expected):
    assert text(shown) == expected
    assert is_in(shown)
    assert not is_in(expected)


@pytest.mark.parametrize(
    "shown",
    [
        "http://localhost:8080",
        "http://host:80/a@b",
        "ssh://git@host/repository",
        "/data/a:b@c.csv",
        "C:/me:you@home",
        "--token-file token: No such file or directory",
        "kubeflow.defaults.env.DB_PASSWORD: must be text",
        "PASSWORD=$(DB_PASSWORD), or password=${PASSWORD}",
        "postgres://$(USER):$(PASSWORD)@host",
        "oov_token='[UNK]'",
        "sk-learn-based-model-with-a-long-name",
        "task-oriented-token-mixing-transformer-encoder",
        "a1b2c3d4" * 8,  # a fingerprint
    ],
)
def test_text_without_credentials_is_unchanged(shown):
    assert not is_in(shown)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "DB_PASSWORD",
            "secret",
            "client_secret",
            "apiKey",
            "API-KEY",
            "x_api_key",
            "secretAccessKey",
        ),
        *("aws_access_key_id", "private_key", "credentials", "token", "HF_TOKEN", "connection string"),
    ],
)
def test_names_of_credentials(name):
    assert is_credential(name, "abcdefgh1")
    assert redacted({name: "abcdefgh1"}) == {name: "***"}
    assert redacted(["--" + re.sub(r"\W", "_", name) + "=abcdefgh1"])[0].endswith("=***")
    key = re.sub(r"\W", "_", name)
    assert (
        text(f"config.yaml: a.{key}: must be short; got 'abcdefgh1'")
        == f"config.yaml: a.{key}: must be short; got ***"
    )


def test_an_argument_is_hidden_as_a_whole():
    assert redacted(["--secret=two words", "--plain=two words"]) == ["--secret=***", "--plain=two words"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("num_tokens", 512), ("token", 512), ("oov_token", "[UNK]"), ("end_token", "<|endoftext|>")),
        *(
            ("key_dim", 64),
            ("tokenizer", "bert-base-uncased"),
            ("secret_file", "/run/secret"),
            ("passwords", "ten"),
        ),
        *(
            ("password", ""),
            ("password", None),
            ("password", True),
            ("password", "$(DB_PASSWORD)"),
            ("keys", "ab"),
        ),
    ],
)
def test_names_that_are_not(name, value):
    assert not is_credential(name, value)
    assert redacted({name: value}) == {name: value}


def test_plain_data():
    data = {
        "list": ["--x=1", {"apiKey": "a"}, 2.5, None],
        "credentials": {"user": "me", "any": ["x"]},
        "shapes": {"secret": [8, 8, 1]},  # a column
        "https://me:hunter2@host": 1,
        "password": 1234,
    }
    assert redacted(data) == {
        "list": ["--x=1", {"apiKey": "***"}, 2.5, None],
        "credentials": {"user": "***", "any": ["***"]},
        "shapes": {"secret": [8, 8, 1]},
        "https://***@host": 1,
        "password": "***",
    }
    assert [*found(data)] == [
        *("list.1.apiKey", "credentials.user", "credentials.any.0", "https://***@host", "password")
    ]
    assert [*found(redacted(data))] == []


@pytest.mark.parametrize(
    "part", ["a", "a-", "eyJ-", "'a", '"a":', "x:/a:", "a=", "ghp_a-", "-----BEGIN PRIVATE KEY-----"]
)
def test_long_texts_are_no_trap(part):
    assert text(part * (300_000 // len(part)))  # a quadratic search would take minutes

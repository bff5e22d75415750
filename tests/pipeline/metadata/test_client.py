import pytest
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

from pipeline.metadata.client import BACKSLASH, STAND_IN, _replace

TEXT = r'{"a": "\"b\"", "c": "\\"}'


def request(text: str) -> metadata_store_service_pb2.PutExecutionRequest:
    made = metadata_store_service_pb2.PutExecutionRequest()
    made.execution.name = text
    made.execution.properties["number"].int_value = 92  # the code of a backslash
    made.execution.custom_properties["text"].string_value = text
    made.execution.custom_properties["struct"].struct_value["inner"] = text
    made.artifact_event_pairs.add().event.path.steps.add().key = text
    made.contexts.add().custom_properties["text"].string_value = text
    return made


def test_no_text_of_a_request_has_one():
    sent = request(TEXT)
    _replace(sent, BACKSLASH, STAND_IN)
    assert sent == request(TEXT.replace(BACKSLASH, STAND_IN))
    _replace(sent, STAND_IN, BACKSLASH)
    assert sent == request(TEXT)


def test_lists_of_texts():
    sent = metadata_store_service_pb2.GetArtifactsByURIRequest(uris=[r"C:\a", "/b"])
    _replace(sent, BACKSLASH, STAND_IN)
    assert [*sent.uris] == ["C:\x1fa", "/b"]


@pytest.mark.parametrize("name", ["a\\b", "text"])
def test_what_would_not_come_back_is_refused(name):
    artifact = metadata_store_pb2.Artifact()
    artifact.custom_properties[name].string_value = "\x1f"
    with pytest.raises(ValueError, match=r"cannot contain .*U\+001F"):
        _replace(artifact, BACKSLASH, STAND_IN)

"""Scenarios of TypeSpec's suite that an OpenAPI document cannot express, or whose document says something else."""

from __future__ import annotations

_NO_PATH_STYLE = "OpenAPI has no style for RFC 6570's {/name}"
_QUERY_IN_PATH = "OpenAPI allows no query string in a path"
_NO_RESERVED = "the emitter leaves out allowReserved of a path parameter"
NOT_EXPRESSIBLE = {
    **{
        f"Routes_PathParameters_PathExpansion_{e}_{t}": _NO_PATH_STYLE
        for e in ("Standard", "Explode")
        for t in ("primitive", "array", "record")
    },
    **{
        f"Routes_QueryParameters_QueryContinuation_{e}_{t}": _QUERY_IN_PATH
        for e in ("Standard", "Explode")
        for t in ("primitive", "array", "record")
    },
    **{
        f"Routes_PathParameters_ReservedExpansion_{t}": _NO_RESERVED
        for t in ("template", "annotation")
    },
    "Parameters_Path_optional": "a path parameter of OpenAPI is never optional",
    "Response_StatusCodeRange_errorResponseStatusCodeInRange": "a range of statuses in OpenAPI is a whole hundred",
    "Payload_MultiPart_FormData_HttpParts_jsonArrayAndFileArray": "the server wants an array as one JSON part",
    "Encode_Bytes_RequestBody_base64url": "the emitter writes base64 where the server wants base64url",
    "Streaming_Sse_Protocol_reconnect": "OpenAPI says nothing of resuming a broken stream",
}
# Once XML bodies are models and not text: the documents describe other XML than the server's for these.
_NOT_WRAPPED = "the emitter does not say that the array is wrapped"
XML_NOT_EXPRESSIBLE = {
    "Payload_Xml_ModelWithSimpleArraysValue": _NOT_WRAPPED,
    "Payload_Xml_ModelWithArrayOfModelValue": _NOT_WRAPPED,
    "Payload_Xml_ModelWithEmptyArrayValue": _NOT_WRAPPED,
    "Payload_Xml_ModelWithTextValue": "the emitter does not say that a property is the element's text",
}

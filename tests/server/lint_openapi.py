#!/usr/bin/env python3
"""Checks src/server/openapi.json: the specification's own rules, and ours.

  lint_openapi.py [FILE]

Needs openapi-spec-validator and jsonschema; lint_openapi.sh brings them. Ends with 1 and one line for each
mistake.
"""
import json
import pathlib
import re
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = {"get", "put", "post", "patch", "delete"}
ROLES = ["admin", "operator", "auditor", "reporter"]
# The only operations that answer strangers.
PUBLIC = {"logIn", "getSetup", "setUp", "beginOidc", "finishOidc", "isAlive", "getOpenApi"}


def no_member_twice(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise SystemExit(f"a member stands twice among {names}")
    return dict(pairs)


def resolve(document, node):
    while "$ref" in node:
        place = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            place = place[step.replace("~1", "/").replace("~0", "~")]
        node = place
    return node


def walk(node, place=""):
    yield place, node
    rows = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in rows:
        yield from walk(value, f"{place}/{key}")


def schema_mistakes(name, schema):
    for place, node in walk(schema, f"schema {name}"):
        if not isinstance(node, dict) or place.endswith(("/properties", "/example")) or "/example/" in place:
            continue
        kinds = node.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if "object" in kinds and node.get("additionalProperties") is not False:
            yield f"{place}: an object that takes any member"
        if "string" in kinds and "enum" not in node and "maxLength" not in node:
            yield f"{place}: text without maxLength"
        if "array" in kinds and "maxItems" not in node:
            yield f"{place}: an array without maxItems"
        if "integer" in kinds and not {"minimum", "maximum"} <= node.keys():
            yield f"{place}: an integer without limits"
        if kinds and "description" not in node and not place.endswith("/items") and "/oneOf/" not in place:
            yield f"{place}: no description"


def operation_mistakes(document, path, method, operation):
    name = operation.get("operationId", f"{method} {path}")
    for member in ("operationId", "summary", "description", "tags", "responses", "security", "x-saiph-roles",
                   "x-saiph-permission"):
        if member not in operation:
            yield f"{name}: no {member}"
    roles = operation.get("x-saiph-roles", [])
    if not roles or [role for role in ROLES if role in roles] != roles:
        yield f"{name}: roles are {roles}"
    if (operation.get("security") == []) != (name in PUBLIC):
        yield f"{name}: who may ask without logging in is decided in PUBLIC"
    parameters = [resolve(document, row) for row in operation.get("parameters", [])]
    in_path = {row["name"] for row in parameters if row["in"] == "path"}
    if in_path != set(re.findall(r"{(\w+)}", path)):
        yield f"{name}: the path's parameters are {sorted(in_path)}"
    for row in parameters:
        if "description" not in row or "schema" not in row:
            yield f"{name}: parameter {row['name']} has no description or schema"
    names = {row["name"] for row in parameters}
    if method != "get" and operation.get("security") and "X-Saiph-CSRF" not in names:
        yield f"{name}: changes something without X-Saiph-CSRF"
    for status, response in operation.get("responses", {}).items():
        response = resolve(document, response)
        content = response.get("content", {})
        if (status == "default" or int(status) >= 400) and list(content) != ["application/problem+json"]:
            yield f"{name}: {status} is no problem"


def main(arguments):
    source = pathlib.Path(arguments[0]) if arguments else ROOT / "src/server/openapi.json"
    document = json.loads(source.read_text(encoding="utf-8"), object_pairs_hook=no_member_twice)
    validate(document)
    mistakes = []
    for name, schema in document["components"]["schemas"].items():
        mistakes += schema_mistakes(name, schema)
    identifiers = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            identifiers.append(operation.get("operationId"))
            mistakes += operation_mistakes(document, path, method, operation)
    if len(identifiers) != len(set(identifiers)):
        mistakes.append("an operationId stands twice")
    used = {node["$ref"] for _, node in walk(document) if isinstance(node, dict) and "$ref" in node
            and isinstance(node["$ref"], str)}
    for kind, rows in document["components"].items():
        for name in rows if kind != "securitySchemes" else ():
            if f"#/components/{kind}/{name}" not in used:
                mistakes.append(f"{kind} {name} is not used")
    examples = 0
    for place, node in walk(document):
        if isinstance(node, dict) and "example" in node and not place.endswith("/properties"):
            schema = node.get("schema", node)
            checker = Draft202012Validator({**schema, "components": document["components"]})
            examples += 1
            mistakes += [f"{place}: the example is wrong: {error.message}"
                         for error in checker.iter_errors(node["example"])]
    for mistake in mistakes:
        print(mistake)
    print(f"{source.name}: {len(identifiers)} operations, {len(document['components']['schemas'])} schemas, "
          f"{examples} examples, {len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

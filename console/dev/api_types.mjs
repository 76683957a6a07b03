// Writes TypeScript types for the schemas and operations of an OpenAPI 3.1 document:
//   node dev/api_types.mjs OPENAPI.json OUT.ts
// Only what the document of src/server uses is understood; anything else ends the build with its place.
import { readFileSync, writeFileSync } from "node:fs";

const [source, target] = process.argv.slice(2);
const document = JSON.parse(readFileSync(source, "utf8"));

function resolve(node) {
  if (!node?.$ref) return node;
  return node.$ref.slice(2).split("/").reduce((at, key) => at?.[key], document);
}

const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
const typeName = (name) => name.replace(/[^A-Za-z0-9]/g, "_");

function type(schema, place, indent = "") {
  if (schema === true || schema === undefined) return "unknown";
  if (schema.$ref) {
    const match = /^#\/components\/schemas\/([^/]+)$/.exec(schema.$ref);
    if (!match) throw new Error(`${place}: a $ref that is no schema of components: ${schema.$ref}`);
    return typeName(match[1]);
  }
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  for (const [word, joint] of [["oneOf", " | "], ["anyOf", " | "], ["allOf", " & "]]) {
    if (schema[word]) {
      const parts = schema[word].map((part, i) => type(part, `${place}/${word}/${i}`, indent));
      return parts.length === 1 ? parts[0] : `(${parts.join(joint)})`;
    }
  }
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const written = types.map((one) => {
    switch (one) {
      case "string": return "string";
      case "integer":
      case "number": return "number";
      case "boolean": return "boolean";
      case "null": return "null";
      case "array": return `Array<${type(schema.items, `${place}/items`, indent)}>`;
      case "object":
      case undefined: {
        if (!schema.properties) {
          const extra = schema.additionalProperties;
          return extra && typeof extra === "object" ? `Record<string, ${type(extra, `${place}/additionalProperties`, indent)}>` : one ? "Record<string, unknown>" : "unknown";
        }
        const required = new Set(schema.required ?? []);
        const inner = indent + "  ";
        const rows = Object.entries(schema.properties).map(([name, property]) => {
          const words = property.description ? `${inner}/** ${property.description.replace(/\*\//g, "* /").replace(/\s+/g, " ")} */\n` : "";
          return `${words}${inner}${key(name)}${required.has(name) ? "" : "?"}: ${type(property, `${place}/${name}`, inner)};`;
        });
        return `{\n${rows.join("\n")}\n${indent}}`;
      }
      default: throw new Error(`${place}: unknown type ${one}`);
    }
  });
  return written.length === 1 ? written[0] : `(${written.join(" | ")})`;
}

const out = ["// Generated from src/server/openapi.json by console/dev/api_types.mjs. Do not edit.", ""];
for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
  out.push(`export type ${typeName(name)} = ${type(schema, `#/components/schemas/${name}`)};`, "");
}

const operations = [];
const routes = [];
for (const [path, item] of Object.entries(document.paths ?? {})) {
  for (const [method, operation] of Object.entries(item)) {
    if (!["get", "put", "post", "patch", "delete"].includes(method)) continue;
    const place = `${method.toUpperCase()} ${path}`;
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
    const group = (where) => {
      const rows = parameters.filter((p) => p.in === where).map((p) => `${key(p.name)}${p.required ? "" : "?"}: ${type(p.schema, place)}`);
      return rows.length ? `{ ${rows.join("; ")} }` : "Record<string, never>";
    };
    routes.push(`  ${key(operation.operationId)}: [${JSON.stringify(method.toUpperCase())}, ${JSON.stringify(path)}],`);
    const body = resolve(operation.requestBody)?.content?.["application/json"];
    const good = Object.entries(operation.responses).filter(([code]) => /^2/.test(code)).map(([, response]) => {
      const content = resolve(response)?.content;
      if (!content) return "void";
      const json = content["application/json"];
      return json ? type(json.schema, place) : "string";
    });
    operations.push(
      `  ${key(operation.operationId)}: { method: ${JSON.stringify(method.toUpperCase())}; path: ${JSON.stringify(path)}; ` +
      `parameters: ${group("path")}; query: ${group("query")}; body: ${body ? type(body.schema, place, "  ") : "never"}; result: ${[...new Set(good)].join(" | ") || "void"} };`);
  }
}
out.push("export type Operations = {", ...operations, "};", "");
out.push("export const routes = {", ...routes, "} as const satisfies Record<keyof Operations, readonly [string, string]>;", "");
writeFileSync(target, out.join("\n"));

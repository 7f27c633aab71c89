import { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import denoJson from "../../../deno.json" with { type: "json" };
import type { Operation } from "./operation.ts";
import { hasJsonBody, isList, PAGE_INPUT } from "./rest.ts";

/** RFC 9457, with the rule that refused. */
const Problem = z.object({
  type: z.string().describe("urn:bulkhead:problem: and the rule"),
  title: z.string().describe("What is wrong"),
  status: z.number().int(),
  rule: z.string().describe("Id of the rule that refused, or error code (docs/errors.md)"),
  detail: z.string().optional().describe("What to do"),
  fields: z.record(z.string(), z.string()).optional().describe("What is wrong with single fields"),
  instance: z.string(),
});

const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const FILE = { "application/octet-stream": { schema: { type: "string" as const, format: "binary" } } };
const refused = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: Problem } },
});

/** The OpenAPI 3.1 document of these operations. */
export function openApiDocument(operations: readonly Operation[]) {
  const app = new OpenAPIHono();
  const { openAPIRegistry: registry } = app;
  registry.register("Problem", Problem);
  registry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "An API token; its scopes and the roles of its owner decide",
  });
  registry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "__Host-bulkhead-session",
    description: "The session of a browser; changes also need the header x-bulkhead-token",
  });
  for (const operation of operations) registry.registerPath(describe(operation));
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Bulkhead site gateway",
      version: denoJson.version,
      description: "Everything that the console shows and does. Lists come in pages; answers carry an ETag.",
      license: { name: "MIT" },
    },
    servers: [{ url: "/api/v1" }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ token: [] }, { session: [] }],
  });
}

function describe(operation: Operation) {
  const { id, method, path, tag, summary, needs, input, output } = operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const inPath = z.object(Object.fromEntries(names.map((name) => [name, input.shape[name] as z.ZodType])));
  const others = Object.fromEntries(Object.entries(input.shape).filter(([name]) => !names.includes(name)));
  const hasBody = hasJsonBody(operation);
  const rest = z.object(isList(operation) ? { ...others, ...PAGE_INPUT.shape } : others);
  const answer = isList(operation)
    ? z.object({ items: output, next: z.number().int().optional().describe("The cursor of the next page") })
    : output;
  return {
    operationId: id,
    method,
    path,
    summary,
    description: `Needs: ${needs}`,
    tags: [tag],
    request: {
      ...names.length > 0 ? { params: inPath } : {},
      ...hasBody ? { body: { content: json(rest), required: hasRequired(rest) } } : { query: rest },
      ...operation.takesFile ? { body: { content: FILE, required: true } } : {},
    },
    responses: {
      200: { description: "Done", content: json(answer) },
      401: refused("Who asks is not known, or the proof is too old"),
      403: refused("Not allowed; `rule` says by what"),
      404: refused("There is no such thing"),
      422: refused("The request does not fit"),
      503: refused("A part of the gateway is away"),
    },
  };
}

/** A body may be left out when nothing in it must be there. */
const hasRequired = (shape: z.ZodObject): boolean =>
  Object.values(shape.shape).some((type) => !type.safeParse(undefined).success);

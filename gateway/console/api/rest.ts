import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import { z } from "zod";
import type { Caller } from "../../core/people_api.ts";
import { refusalOf } from "../http/fault.ts";
import { readForm } from "../http/form_input.ts";
import { problem } from "../http/refusal.ts";
import { SESSION_COOKIE } from "../http/security.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import { Asker } from "../person.ts";
import type { ConsoleParts } from "../parts.ts";
import { dropOf, incomingFile } from "../upload/incoming.ts";
import { receiveFile } from "../upload/receive_file.ts";
import { openApiDocument } from "./openapi.ts";
import type { Operation } from "./operation.ts";

/** Where the REST API stands. */
export const API_ROOT = "/api/v1";

/**
 * Puts the REST API on the application: every operation as a route, and the document that describes them. Callers bring an
 * API token (Authorization: Bearer) or the cookie of a session; control judges both.
 */
export function mountRest(app: Hono, parts: ConsoleParts, operations: readonly Operation[]): void {
  let document: string | undefined; // made when somebody asks: it is most of what the application costs to build
  app.get(`${API_ROOT}/openapi.json`, (context) => {
    document ??= JSON.stringify(openApiDocument(operations));
    return sendJson(context, document);
  });
  for (const operation of operations) {
    const path = API_ROOT + operation.path.replace(/\{(\w+)\}/g, ":$1");
    app.on(operation.method.toUpperCase(), path, (context) => serve(parts, context, operation));
  }
}

/** Requests whose body is a file. */
export function fileOperations(operations: readonly Operation[]): (context: Context) => boolean {
  const paths = new Set(operations.filter(({ takesFile }) => takesFile).map(({ path }) => API_ROOT + path));
  return (context) => context.req.method === "POST" && paths.has(context.req.path);
}

async function serve(parts: ConsoleParts, context: Context, operation: Operation): Promise<Response> {
  const caller = callerOf(parts, context);
  if (!caller) {
    const next = "Send Authorization: Bearer with an API token; make one on your account page";
    return problem(context, { status: 401, rule: "api.token", what: "Who asks is not said", next });
  }
  try {
    const given = await readInput(context, operation);
    if (given instanceof Response) return given;
    const { input, page } = given;
    const output = await operation.call(new Asker(parts.control, caller, context.req.header("host") ?? ""), input);
    if (operation.takesFile) {
      const { fileName } = input as { readonly fileName: string };
      return sendJson(
        context,
        JSON.stringify(await receiveFile(incomingFile(context, parts), fileName, dropOf(parts))),
      );
    }
    return sendJson(context, JSON.stringify(page ? onePage(context, output as unknown[], page) : output));
  } catch (error) {
    return problem(context, refusalOf(error));
  }
}

/** A token of the header goes before the browser's session: scripts in a signed-in browser say whom they act for. */
function callerOf(parts: ConsoleParts, context: Context): Caller | undefined {
  const header = context.req.header("authorization");
  const token = header === undefined
    ? getCookie(context, SESSION_COOKIE)
    : /^Bearer ([\x21-\x7e]{1,512})$/.exec(header)?.[1];
  return token === undefined ? undefined : { token, source: parts.sourceOf(context) };
}

/** Which part of a list is wanted. */
interface PageWish {
  readonly limit: number;
  readonly cursor: number;
}

/** Keys of the query that choose a part of a list. */
export const PAGE_INPUT = z.object({
  limit: z.number().int().min(1).max(CONSOLE_LIMITS.apiRows).default(100).describe("How many at once"),
  cursor: z.number().int().min(0).default(0).describe("The `next` of the page before"),
});

/** Whether an operation answers a list, which comes in pages. */
export const isList = (operation: Operation): boolean => operation.output instanceof z.ZodArray;

/** Whether the input comes as JSON and not in the query. */
export const hasJsonBody = ({ method, takesFile }: Operation): boolean =>
  !takesFile && (method === "post" || method === "put" || method === "patch");

async function readInput(
  context: Context,
  operation: Operation,
): Promise<{ readonly input: Record<string, unknown>; readonly page?: PageWish } | Response> {
  const { input } = operation;
  const fromPath = context.req.param() as Record<string, string>;
  const hasBody = hasJsonBody(operation);
  const queries = context.req.queries();
  const known = isList(operation) ? z.object({ ...input.shape, ...PAGE_INPUT.shape }) : input;
  const body = hasBody ? await readBody(context) : readForm(known, queries);
  if (body === undefined) {
    return problem(context, {
      status: 400,
      rule: "api.json",
      what: "The body is no JSON object",
      next: "Send application/json",
    });
  }
  const given = { ...hasBody ? body : withoutFalse(body, queries), ...fromPath };
  const strange = Object.keys(hasBody ? body : queries).filter((key) => !(key in known.shape));
  const parsed = known.safeParse(given);
  if (strange.length > 0 || !parsed.success) {
    const wrong = parsed.error?.issues.map(({ path, message }) => [path.join("."), message]) ?? [];
    const fields = Object.fromEntries([...strange.map((key) => [key, "is not known here"]), ...wrong]);
    return problem(context, {
      status: 422,
      rule: "api.input",
      what: "The request does not fit this operation",
      fields,
    });
  }
  if (!isList(operation)) return { input: parsed.data };
  const { limit, cursor, ...rest } = parsed.data as PageWish & Record<string, unknown>;
  return { input: rest, page: { limit, cursor } };
}

/** A box that is not ticked is false in a form; in a query it was just not said. */
function withoutFalse(read: Record<string, unknown>, queries: Record<string, string[]>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(read).filter(([key]) => key in queries)
      .map(([key, value]) => [key, value === true ? queries[key]!.at(-1) !== "false" : value]),
  );
}

async function readBody(context: Context): Promise<Record<string, unknown> | undefined> {
  const text = await context.req.text();
  if (text === "") return {};
  if (!/^application\/json\b/.test(context.req.header("content-type") ?? "")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined; // what is no JSON is told apart by its absence
  }
}

function onePage(context: Context, rows: readonly unknown[], { limit, cursor }: PageWish): unknown {
  const items = rows.slice(cursor, cursor + limit);
  const next = cursor + limit < rows.length ? cursor + limit : undefined;
  if (next === undefined) return { items };
  const url = new URL(context.req.url);
  url.searchParams.set("cursor", String(next));
  context.header("link", `<${url.pathname}${url.search}>; rel="next"`);
  return { items, next };
}

/** JSON with a tag of its content; who has it already gets 304. */
function sendJson(context: Context, text: string): Response {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  context.header("etag", etag);
  if (context.req.method === "GET" && context.req.header("if-none-match") === etag) return context.body(null, 304);
  return context.body(text, 200, { "content-type": "application/json" });
}

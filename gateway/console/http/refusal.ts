import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Why something was not done, in the same words for people and machines. */
export interface Refusal {
  readonly status: ContentfulStatusCode;
  /** The id of the rule that refused, or the error code. */
  readonly rule: string;
  readonly what: string;
  /** What to do now. */
  readonly next?: string | undefined;
  /** What was wrong with single fields. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/** A refusal that is thrown. */
export class RefusalError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.what);
  }
}

/** A form without the token of its own page. */
export const NOT_OUR_FORM: Refusal = {
  status: 403,
  rule: "console.form-token",
  what: "The form is too old or did not come from this console",
  next: "Load the page again and repeat it",
};

/** Set by the app: how refusals become pages for people. */
export type RefusalPage = (context: Context, refusal: Refusal) => Response | Promise<Response>;

/** Answers a refusal: a page for people, application/problem+json (RFC 9457) for machines. */
export function refuse(context: Context, refusal: Refusal): Response | Promise<Response> {
  const page = context.get("refusalPage") as RefusalPage | undefined;
  return page && wantsPage(context) ? page(context, refusal) : problem(context, refusal);
}

/** Whether the caller is a person with a browser. */
export function wantsPage(context: Context): boolean {
  return !context.req.path.startsWith("/api/") && (context.req.header("accept") ?? "").includes("text/html");
}

/** A refusal as application/problem+json (RFC 9457). */
export function problem(context: Context, { status, rule, what, next, fields }: Refusal): Response {
  const body = {
    type: `urn:bulkhead:problem:${rule}`,
    title: what,
    status,
    rule,
    ...next === undefined ? {} : { detail: next },
    ...fields === undefined ? {} : { fields },
    instance: context.req.path,
  };
  return context.body(JSON.stringify(body), status, { "content-type": "application/problem+json" });
}

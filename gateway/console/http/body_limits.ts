import type { Context, Next } from "hono";
import { bodyLimit } from "hono/body-limit";
import { CONSOLE_LIMITS } from "../limits.ts";
import { refuse } from "./refusal.ts";

/**
 * Where pictures and advisories are brought, as a form and as REST: floor plans, photos of a commissioning protocol and of
 * inspections, CSAF files of makers.
 */
const PLAN_UPLOADS =
  /^(\/api\/v1)?\/(advisories|plan\/floors(\/[^/]+)?|commissioning\/[^/]+\/steps|inspections\/(fill\/[^/]+\/[^/]+|[^/]+\/photos))$/;

/**
 * Bounds what is read of a request. A picture may be larger; since bodies are held before anybody is known, only a few
 * of those are taken at once.
 */
export function bodyLimits() {
  const usual = limitOf(CONSOLE_LIMITS.bodyBytes), plan = limitOf(CONSOLE_LIMITS.planBodyBytes);
  let uploads = 0;
  return async function limitBody(context: Context, next: Next): Promise<Response | void> {
    const { method, path } = context.req;
    if (method === "GET" || method === "HEAD" || !PLAN_UPLOADS.test(path)) return await usual(context, next);
    if (uploads >= CONSOLE_LIMITS.planUploads) {
      return refuse(context, {
        status: 503,
        rule: "console.plan-uploads",
        what: `${CONSOLE_LIMITS.planUploads} pictures or advisories are being brought already`,
        next: "Try again in a moment",
      });
    }
    uploads++;
    try {
      return await plan(context, next);
    } finally {
      uploads--;
    }
  };
}

function limitOf(bytes: number) {
  return bodyLimit({
    maxSize: bytes,
    onError: (context) =>
      refuse(context, { status: 413, rule: "console.body-size", what: `A request has at most ${bytes} bytes` }),
  });
}

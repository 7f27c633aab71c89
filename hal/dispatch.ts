import { describeError, GatewayError, HardwareError } from "../gateway/core/errors.ts";
import type { Logger } from "../gateway/core/log.ts";
import type { Fault, Request, Response } from "./messages.ts";
import { check } from "./schema.ts";
import type { HaldBox, HaldStream, PermissionClass, Verb } from "./verb.ts";

/** What one call is judged by. */
export interface DispatchContext {
  readonly box: HaldBox;
  readonly verbs: readonly Verb[];
  readonly permissions: ReadonlySet<PermissionClass>;
  readonly log: Logger;
}

/** Judges and runs one call. Never throws: what goes wrong becomes the answer. */
export async function dispatch(request: Request, context: DispatchContext): Promise<Response> {
  try {
    const verb = permittedVerb(request, context);
    return { id: request.id, answer: check(verb.answer, await verb.run(check(verb.args, request.args), context.box)) };
  } catch (error) {
    return { id: request.id, fault: toFault(error, request.verb, context.log) };
  }
}

/** The same for a verb after which the connection carries something else: the answer, and the stream if it was opened. */
export async function dispatchStream(
  request: Request,
  context: DispatchContext,
): Promise<{ readonly response: Response; readonly stream?: HaldStream<unknown> }> {
  try {
    const verb = permittedVerb(request, context);
    const stream = await verb.open!(check(verb.args, request.args), context.box);
    return { response: { id: request.id, answer: check(verb.answer, stream.answer) }, stream };
  } catch (error) {
    return { response: { id: request.id, fault: toFault(error, request.verb, context.log) } };
  }
}

function permittedVerb(request: Request, context: DispatchContext): Verb {
  const verb = context.verbs.find((each) => each.name === request.verb);
  if (!verb) {
    throw new HardwareError("HAL_UNKNOWN_VERB", `hald has no verb "${request.verb}"`, {
      hint: "Gateway and hald must come from the same release",
    });
  }
  if (!context.permissions.has(verb.permission)) {
    context.log.warn("hald.call.refused", { verb: verb.name, permission: verb.permission });
    throw new HardwareError("HAL_CALLER_REFUSED", `This user may not call "${verb.name}" (class ${verb.permission})`, {
      hint: 'List the user with that class under "callers" in hald.json',
    });
  }
  return verb;
}

function toFault(error: unknown, verb: string, log: Logger): Fault {
  if (error instanceof GatewayError) {
    log.warn("hald.call.failed", { verb, code: error.code, why: describeError(error).slice(0, 500) });
    const hint = error.hint === undefined ? {} : { hint: error.hint.slice(0, 1_000) };
    return { code: error.code, message: describeError(error).slice(0, 2_000), ...hint };
  }
  log.error("hald.call.broke", { verb, why: describeError(error).slice(0, 500) });
  return { code: "HAL_FAILED", message: `hald failed inside "${verb}"`, hint: "Read the log of bulkhead-hald" };
}

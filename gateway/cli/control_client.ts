import { request } from "node:http";
import type { ErrorCode } from "../core/error_codes.ts";
import { GatewayError } from "../core/errors.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { CONTROL_LIMITS } from "../control/limits.ts";

/**
 * Runs one command in the running gateway over its control socket.
 * @throws GatewayError CTL_NOT_RUNNING, or the code that the gateway answered
 */
export async function runInGateway(
  socketPath: string,
  command: string,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const body = JSON.parse(await post(socketPath, JSON.stringify({ command, args, who }))) as
    | CommandResult
    | { error: { code: ErrorCode; message: string; hint?: string } };
  if (!("error" in body)) return body;
  const { code, message, hint } = body.error;
  throw new GatewayError(code, message, hint === undefined ? {} : { hint });
}

function post(socketPath: string, body: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { "content-type": "application/json" };
  // a connection of its own: one that is kept from before may lead to a gateway that was killed
  const sent = request({ socketPath, path: "/command", method: "POST", headers, agent: false }, (response) => {
    const parts: string[] = [];
    response.setEncoding("utf8");
    response.on("data", (part: string) => parts.push(part));
    response.on("end", () => resolve(parts.join("")));
    response.on("error", reject);
  });
  sent.setTimeout(CONTROL_LIMITS.commandMs, () => sent.destroy(new Error("no answer in time")));
  sent.on("error", (cause) => {
    const hint = "Start it with `deno task start run --config FILE`, or name the right --config";
    reject(new GatewayError("CTL_NOT_RUNNING", `No gateway answers on "${socketPath}"`, { cause, hint }));
  });
  sent.end(body);
  return promise;
}

import { Buffer } from "node:buffer";
import { request as httpRequest } from "node:http";
import { withDeadline } from "../../../tests/support/wait_for.ts";
import { type ServingRig, TOKEN } from "./serving_rig.ts";

/** An answer to `askHttp`. */
export interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body ended as its head said. */
  readonly isWhole: boolean;
}

/** One request over a connection of its own to the listener "firmware:http". */
export function askHttp(
  rig: ServingRig,
  path = `/f/${TOKEN}/fw.deb`,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
): Promise<Heard> {
  const { promise, resolve, reject } = Promise.withResolvers<Heard>();
  const { body, ...rest } = options;
  const request = httpRequest({ host: "127.0.0.1", port: rig.port("firmware:http"), path, agent: false, ...rest });
  request.on("response", (response) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("error", () => {});
    response.on("close", () => {
      const { statusCode: status = 0, headers, complete: isWhole } = response;
      resolve({ status, headers, body: Buffer.concat(parts), isWhole });
    });
  });
  request.on("error", reject);
  request.end(body);
  return withDeadline("an answer", promise);
}

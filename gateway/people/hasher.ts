import { argon2id, argon2Verify } from "hash-wasm";
import type { Service, WorkerContext } from "../core/conduit.ts";
import { GatewayError } from "../core/errors.ts";
import { HASHER_LIMITS } from "./limits.ts";

/**
 * argon2id in an isolate of its own without any permission: a hash takes about 100 ms of one core and must hold up
 * neither the relay nor control. Parameters: OWASP's 19 MiB, t = 2, p = 1.
 */
export function startHasher({ random }: WorkerContext<unknown>): Promise<Service> {
  let waiting = 0;
  let tail: Promise<unknown> = Promise.resolve();
  /** One after the other: two at once only double the memory. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= HASHER_LIMITS.waiting) {
      throw new GatewayError("HASHER_BUSY", `${waiting} password checks are waiting: try again later`);
    }
    waiting++;
    const done = tail.then(work).finally(() => waiting--);
    tail = done.catch(() => undefined);
    return done;
  };
  return Promise.resolve({
    handlers: {
      "hasher.hash": ({ password }) => inTurn(async () => ({ hash: await hashPassword(password, random.bytes(16)) })),
      "hasher.verify": ({ password, hash }) => inTurn(async () => ({ ok: await argon2Verify({ password, hash }) })),
    },
    health: () => ({ state: "ok" }),
    drain: () => tail.then(() => undefined),
  });
}

function hashPassword(password: string, salt: Uint8Array): Promise<string> {
  return argon2id({
    password,
    salt,
    memorySize: 19 * 1024,
    iterations: 2,
    parallelism: 1,
    hashLength: 32,
    outputType: "encoded",
  });
}

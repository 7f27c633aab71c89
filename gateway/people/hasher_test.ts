import { equal, match, throws } from "node:assert/strict";
import type { WorkerContext } from "../core/conduit.ts";
import { systemRandom } from "../core/timers.ts";
import { startHasher } from "./hasher.ts";
import { HASHER_LIMITS } from "./limits.ts";

const context = { random: systemRandom } as WorkerContext<unknown>;

Deno.test("hasher: a password proves itself against its hash and another one does not", async () => {
  const { handlers } = await startHasher(context);
  const { hash } = await handlers!["hasher.hash"]!({ password: "Summer2026!Garage" });
  match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  equal((await handlers!["hasher.verify"]!({ password: "Summer2026!Garage", hash })).ok, true);
  equal((await handlers!["hasher.verify"]!({ password: "Summer2026!Garagf", hash })).ok, false);
});

Deno.test("hasher: serves up to its limit of waiting checks and refuses one past it", async () => {
  const service = await startHasher(context);
  const verify = service.handlers!["hasher.verify"]!;
  const { hash } = await service.handlers!["hasher.hash"]!({ password: "a" });
  const cheap = hash.replace(/m=19456,t=2/, "m=8,t=1"); // another hash: only the queue is under test
  const checks = Array.from({ length: HASHER_LIMITS.waiting }, () => verify({ password: "a", hash: cheap }));
  throws(() => verify({ password: "a", hash: cheap }), { code: "HASHER_BUSY" });
  await Promise.all(checks);
  equal((await verify({ password: "a", hash })).ok, true);
});

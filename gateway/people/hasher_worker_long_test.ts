import { equal, match, notEqual, rejects } from "node:assert/strict";
import { WorkerRig } from "../../tests/support/worker_rig.ts";
import { hasher } from "./mod.ts";

const [SPEC] = hasher.workers(undefined, undefined as never, undefined as never);

Deno.test("hasher Worker: needs no permission at all, and every site has one", () => {
  equal(JSON.stringify(SPEC!.permissions), "{}");
  equal(SPEC!.name, "hasher");
});

Deno.test("hasher Worker: hashes and verifies under its own permissions, with a new salt each time", async () => {
  await using rig = await WorkerRig.start(SPEC!);
  const hash = async () => (await rig.rpc.call("hasher.hash", { password: "Summer2026!Garage" })).hash;
  const [first, second] = [await hash(), await hash()];
  match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  notEqual(first, second);
  const verify = async (password: string) => (await rig.rpc.call("hasher.verify", { password, hash: second })).ok;
  equal(await verify("Summer2026!Garage"), true);
  equal(await verify("summer2026!garage"), false);
});

Deno.test("hasher Worker: a hash that is none is an error of that call, and the next check is served", async () => {
  await using rig = await WorkerRig.start(SPEC!);
  await rejects(rig.rpc.call("hasher.verify", { password: "a", hash: "not a hash" }), { code: "RPC_FAILED" });
  const { hash } = await rig.rpc.call("hasher.hash", { password: "a" });
  equal((await rig.rpc.call("hasher.verify", { password: "a", hash })).ok, true);
});

Deno.test("hasher Worker: a drain waits for the checks that were taken", async () => {
  await using rig = await WorkerRig.start(SPEC!);
  let done = false;
  const check = rig.rpc.call("hasher.hash", { password: "a" }).then(() => done = true);
  await rig.drain();
  await check;
  equal(done, true);
});

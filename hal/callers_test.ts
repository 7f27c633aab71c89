import assert from "node:assert/strict";
import { permissionsOf } from "./callers.ts";

const peer = (uid: number) => ({ pid: 1, uid, gid: 1 });
const callers = [{ uid: 5, may: ["read", "act"] as const }, { uid: 5, may: ["secret"] as const }, { uid: 6, may: [] }];

Deno.test("hald callers: a listed user has its classes, of all its rows", () => {
  assert.deepEqual([...permissionsOf(peer(5), callers)], ["read", "act", "secret"]);
});

Deno.test("hald callers: a user that is not listed, listed without a class, or unknown has none", () => {
  for (const who of [peer(7), peer(6), undefined]) assert.equal(permissionsOf(who, callers).size, 0);
});

Deno.test("hald callers: root may look, and has more only when it is listed", () => {
  assert.deepEqual([...permissionsOf(peer(0), callers)], ["read"]);
  assert.ok(permissionsOf(peer(0), [{ uid: 0, may: ["secret"] }]).has("secret"));
});

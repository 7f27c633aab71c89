import { deepEqual, equal, ok } from "node:assert/strict";
import { DRIVER_NAMES } from "../../../profiles/controllers/driver_names.ts";
import { systemRandom } from "../../core/timers.ts";
import { DemoControllers } from "./demo_controllers.ts";
import { SimAccounts, SimTokens } from "./sim_accounts.ts";

Deno.test("demo controllers: every driver has a device, each account a secret of its own", async () => {
  const controllers = await DemoControllers.start(Date.UTC(2026, 10, 21), systemRandom);
  try {
    const { stations, files } = controllers.site;
    const uis = stations.map(({ ui }) => ui as { driver: string; url: string; accounts?: { passwordFile: string }[] });
    deepEqual([...new Set(uis.map(({ driver }) => driver))].sort(), [...DRIVER_NAMES]);
    const secrets = uis.flatMap(({ accounts = [] }) => accounts.map(({ passwordFile }) => files[passwordFile]!));
    equal(new Set(secrets).size, secrets.length);
    ok(secrets.every((secret) => secret.length >= 16));
    equal(controllers.devices.size, stations.length);
  } finally {
    await controllers.stop();
  }
});

Deno.test("EV-11: a simulated device locks for thirty minutes at the sixth wrong try in a row, and a right one resets", () => {
  let now = 0;
  const accounts = new SimAccounts({ admin: "right" }, () => now);
  const attempt = (password: string, name = "admin") => accounts.try(name, (right) => right === password);
  for (let count = 0; count < 5; count++) equal(attempt("wrong"), "wrong");
  equal(attempt("right"), "in");
  for (let count = 0; count < 5; count++) equal(attempt("wrong", "nobody"), "wrong");
  equal(accounts.wrongTries, 5);
  equal(attempt("wrong"), "wrong");
  equal(attempt("right"), "locked");
  now += 30 * 60_000 - 1;
  equal(attempt("right"), "locked", "tries meanwhile do not prolong it");
  now += 1;
  equal(attempt("right"), "in");
  accounts.change("admin", "new");
  equal(attempt("right"), "wrong");
});

Deno.test("simulated tokens: known until they end", () => {
  const tokens = new SimTokens((random) => `t-${random}`);
  const [first, second] = [tokens.give("anna"), tokens.give("ben")];
  deepEqual([tokens.owner(first), tokens.owner(second), tokens.owner("t-"), tokens.owner(undefined)], [
    "anna",
    "ben",
    undefined,
    undefined,
  ]);
  tokens.end(first);
  equal(tokens.owner(first), undefined);
  tokens.endAll();
  equal(tokens.owner(second), undefined);
});

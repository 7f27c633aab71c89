import { deepEqual } from "node:assert/strict";
import { OPERATION_FAILURES, type OperationFailure, type OperationResult } from "../core/device_operations_api.ts";
import { vaultAccounts } from "./vault_accounts.ts";

const ASK = { station: "CP001", role: "operator", who: "rotation" } as const;

/** Operations that come to this. */
function accountsWith(result: OperationResult, asked: unknown[] = []) {
  const answer = (ask: unknown) => (asked.push(ask), Promise.resolve(result));
  return vaultAccounts({
    capabilities: () => ({
      ...{ driver: "bender", prove: true, can: [], needs: {}, passwords: ["operator"] },
      steps: { password: { en: "By hand.", de: "Von Hand." } },
    }),
    proveLogin: answer,
    sendPassword: answer,
  }, (_, role) => role === "operator" ? "op" : undefined);
}

/** What each failure means for a login and for a change: the second column must never be "nothing happened" by mistake. */
const MEANINGS: Readonly<Record<OperationFailure, readonly [string, string]>> = {
  away: ["unreachable", "unreachable"],
  busy: ["busy", "busy"],
  closed: ["blocked", "blocked"],
  "must-change": ["blocked", "unknown"],
  "no-account": ["blocked", "blocked"],
  pin: ["blocked", "blocked"],
  refused: ["wrong-password", "wrong-password"],
  rejected: ["blocked", "refused"],
  rule: ["blocked", "blocked"],
  spent: ["spent", "spent"],
  strange: ["unreachable", "unknown"],
  unknown: ["unknown", "unknown"],
  unsupported: ["blocked", "guided"],
};

for (const failure of OPERATION_FAILURES) {
  const [login, set] = MEANINGS[failure];
  Deno.test(`vault accounts: "${failure}" is ${login} for a login and ${set} for a change`, async () => {
    const accounts = accountsWith({ ok: false, failure, why: "as it was" });
    deepEqual(await accounts.logIn({ ...ASK, password: "p" }), { outcome: login, why: "as it was" });
    deepEqual(await accounts.setPassword({ ...ASK, old: "a", next: "b" }), { outcome: set, why: "as it was" });
  });
}

Deno.test("vault accounts: what works is in and done; the site's name for the account goes along", async () => {
  const asked: unknown[] = [], accounts = accountsWith({ ok: true }, asked);
  deepEqual(await accounts.logIn({ ...ASK, password: "p" }), { outcome: "in" });
  deepEqual(await accounts.setPassword({ ...ASK, old: "a", next: "b" }), { outcome: "done" });
  await accounts.logIn({ ...ASK, role: "user", password: "p" });
  deepEqual(asked, [
    { ...ASK, secret: { name: "op", password: "p" } },
    { ...ASK, old: { name: "op", password: "a" }, next: "b" },
    { ...ASK, role: "user", secret: { password: "p" } },
  ]);
  deepEqual(accounts.ways("CP001"), {
    canLogIn: true,
    canSet: ["operator"],
    steps: { en: "By hand.", de: "Von Hand." },
  });
});

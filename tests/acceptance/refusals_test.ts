import { deepEqual, equal, match } from "node:assert/strict";
import { systemTimers } from "../../gateway/core/timers.ts";
import { ATTACKS } from "../../gateway/demo/attacks.ts";
import { reconcile } from "../../gateway/demo/csms_ledger.ts";
import { RefusalRules } from "../../gateway/demo/refusal_rule.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";

/** What the attacker sees and which rule the audit names, by attack. */
const EXPECTED: Readonly<Record<string, readonly [seen: RegExp, rule: RegExp]>> = {
  "wrong-password": [/^HTTP 401$/, /^admission\.credential$/],
  "foreign-certificate": [/^HTTP 401$/, /^admission\.cn-mismatch$/],
  "unknown-station": [/^HTTP 404$/, /^admission\.unknown-station$/],
  "version-1-certificate": [/^HTTP 40[13]$/, /version/],
  "old-tls": [/TLS alert (40|70)|closed/, /./],
  "path-traversal": [/^HTTP 40[04]$/, /./],
  "stolen-identity": [/^HTTP 401$/, /^admission\.credential-missing$/],
  "other-user": [/^HTTP 401$/, /^admission\.user-mismatch$/],
  "downgrade": [/^HTTP 401$/, /^admission\.profile$/],
  "plaintext-to-tls": [/closed|HTTP 400|TLS alert|reset|hang up/i, /./],
  "smuggling": [/^HTTP 400$/, /^ocpp\.request\.malformed$/],
  "huge-frame": [/^closed with (1009|1006)$|reset|pipe|hang up/i, /^ocpp\.session\.protocol$/],
  "password-guessing": [/^HTTP 429$/, /limit/],
};

Deno.test("product: every attack of the demo is refused, named in the audit, and disturbs no charging session (EV-25)", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    const rules = new RefusalRules(world.gateway, systemTimers);
    for (const [number, attack] of ATTACKS.entries()) {
      const from = world.target.sourceOf!(number);
      const { refused, seen } = await attack.run(world.target, from);
      const rule = await rules.next(from);
      equal(refused, true, `${attack.name}: ${seen}`);
      const [wantSeen, wantRule] = EXPECTED[attack.name]!;
      match(seen, wantSeen, `${attack.name}: ${seen}`);
      match(rule ?? "", wantRule, `${attack.name}: rule ${rule}`);
    }
    await unplugAll(world);
    deepEqual(world.stations.map(({ view }) => view.connects), [1, 1, 1, 1, 1, 1]);
    deepEqual(reconcile(world.stations.flatMap(({ sessions }) => sessions), world.csms.ledger.transactions), []);
    deepEqual(world.csms.faults, []);
  }));

import { deepEqual, equal } from "node:assert/strict";
import { VaultConfig } from "../vault/config.ts";
import { VAULT_RULES } from "./rules_vault.ts";
import { Site } from "./schema.ts";

const BACKUP = { recoveryKeyFile: "recovery.pub", targets: [{ folder: "/mnt/nas" }] };

function faults(vault: object, more: object = {}): string[] {
  const site = Site.parse({ version: 1, site: { id: "g" }, vault, ...more });
  return VAULT_RULES.flatMap((rule) => rule.check(site, new Map())).map(({ path, wrong }) =>
    `${path.join(".")}: ${wrong}`
  );
}

Deno.test("config rules: escrows are delivered where backups go, or by people", () => {
  deepEqual(faults({}), []);
  deepEqual(faults({ escrow: { deliver: "by-hand" } }), []);
  deepEqual(faults({ escrow: { deliver: "backup-targets" } }, { backup: BACKUP }), []);
  deepEqual(faults({ escrow: { deliver: "backup-targets" } }), [
    "vault.escrow.deliver: needs a section backup with targets",
  ]);
});

const BOUNDS: readonly (readonly [object, boolean])[] = [
  [{}, true],
  [{ revealMinutes: 5 }, true],
  [{ revealMinutes: 4 }, false],
  [{ revealMinutes: 1_440 }, true],
  [{ revealMinutes: 1_441 }, false],
  [{ atOnce: 1 }, true],
  [{ atOnce: 0 }, false],
  [{ atOnce: 32 }, true],
  [{ atOnce: 33 }, false],
  [{ maxAgeDays: { operator: 1, "log-password": 3_650 } }, true],
  [{ maxAgeDays: { operator: 0 } }, false],
  [{ maxAgeDays: { operator: 3_651 } }, false],
  [{ maxAgeDays: { root: 30 } }, false],
  [{ escrow: { waived: "secrets-exist-only-on-this-box" } }, true],
  [{ escrow: { waived: true } }, false],
  [{ escrow: { recipients: Array.from({ length: 8 }, () => ({ recipientFile: "a.pub" })) } }, true],
  [{ escrow: { recipients: Array.from({ length: 9 }, () => ({ recipientFile: "a.pub" })) } }, false],
  [{ escrow: { recipients: [{ name: "who" }] } }, false],
];

for (const [vault, isGood] of BOUNDS) {
  Deno.test(`config: vault: ${JSON.stringify(vault).slice(0, 60)} is ${isGood ? "taken" : "refused"}`, () => {
    equal(VaultConfig.safeParse(vault).success, isGood);
  });
}

import { deepEqual, equal } from "node:assert/strict";
import { VaultConfig } from "../vault/config.ts";
import { VAULT_LIMITS } from "../vault/limits.ts";
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

const GROUP = { id: "site", units: ["CP001", "bay-2"], slots: ["operator"] };
const STATIONS = {
  stations: [{ id: "CP001" }, { id: "CP002", unit: "bay-2" }, { id: "CP002-S", unit: "bay-2" }, { id: "CP003" }],
};
const GROUPS: readonly (readonly [string, readonly object[], readonly string[]])[] = [
  ["a group", [GROUP], []],
  ["a group of all", [{ ...GROUP, units: "all" }], []],
  ["one secret after the other in two groups", [GROUP, { ...GROUP, id: "b", slots: ["installer"] }], []],
  ["all the others last", [GROUP, { ...GROUP, id: "rest", units: "all" }], []],
  ["all first", [{ ...GROUP, id: "rest", units: "all" }, GROUP], [
    "vault.groups.1: groups[0] has the operator of all units before it",
  ]],
  ["all twice", [{ ...GROUP, units: "all" }, { ...GROUP, id: "b", units: "all" }], [
    "vault.groups.1: groups[0] has the operator of all units before it",
  ]],
  ["the name of a station", [{ ...GROUP, id: "CP003" }], [
    'vault.groups.0.id: "CP003" is the name of a unit, a station or another group',
  ]],
  ["the name of a unit", [{ ...GROUP, id: "bay-2" }], [
    'vault.groups.0.id: "bay-2" is the name of a unit, a station or another group',
  ]],
  ["one name twice", [GROUP, { ...GROUP, slots: ["puk"] }], [
    'vault.groups.1.id: "site" is the name of a unit, a station or another group',
  ]],
  ["a unit that is not there", [{ ...GROUP, units: ["bay-3"] }], [
    'vault.groups.0.units.0: there is no unit or station "bay-3"',
  ]],
  ["a part of a unit", [{ ...GROUP, units: ["CP002-S"] }], ['vault.groups.0.units.0: "CP002-S" is a part of a unit']],
  ["a unit in two groups", [GROUP, { ...GROUP, id: "b", units: ["bay-2"] }], [
    "vault.groups.1.units.0: groups[0] has its operator",
  ]],
  ["a unit twice", [{ ...GROUP, units: ["bay-2", "bay-2"] }], ["vault.groups.0.units.1: groups[0] has its operator"]],
];
for (const [name, groups, wanted] of GROUPS) {
  Deno.test(`config rules: groups of secrets: ${name}`, () => deepEqual(faults({ groups }, STATIONS), wanted));
}

const units = (count: number) => Array.from({ length: count }, (_, at) => `CP${at}`);
const groups = (count: number) => Array.from({ length: count }, (_, at) => ({ ...GROUP, id: `g${at}` }));

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
  [{ groups: groups(VAULT_LIMITS.groups) }, true],
  [{ groups: groups(VAULT_LIMITS.groups + 1) }, false],
  [{ groups: [{ ...GROUP, units: units(VAULT_LIMITS.groupUnits) }] }, true],
  [{ groups: [{ ...GROUP, units: units(VAULT_LIMITS.groupUnits + 1) }] }, false],
  [{ groups: [{ ...GROUP, units: [] }] }, false],
  [{ groups: [{ ...GROUP, units: "some" }] }, false],
  [{ groups: [{ ...GROUP, slots: [] }] }, false],
  [{ groups: [{ ...GROUP, slots: ["root"] }] }, false],
];

for (const [vault, isGood] of BOUNDS) {
  Deno.test(`config: vault: ${JSON.stringify(vault).slice(0, 60)} is ${isGood ? "taken" : "refused"}`, () => {
    equal(VaultConfig.safeParse(vault).success, isGood);
  });
}

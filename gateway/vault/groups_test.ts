import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";

const HOUR = 3_600_000, DAY = 24 * HOUR;
const CP003 = { id: "CP003", vendor: "bender", ui: { url: "https://10.0.0.4", driver: "bender" } };
const FILES = { CP001: "old-of-CP001", CP002: "old-of-pair", "CP002-S": "old-of-pair", CP003: "old-of-CP003" };
const SITE = { id: "site", units: ["CP001", "bay-2"], slots: ["operator"] };
const ALL = ["CP001", "CP002", "CP002-S"];

/** A single station, a pair and one that is none's; the first two have one operator's password. */
async function grouped(options: SecretRigOptions = {}): Promise<SecretRig> {
  const rig = await SecretRig.up({
    ...{ stations: [...STATIONS, CP003], files: FILES, vault: { groups: [SITE] } },
    ...options,
  });
  for (const [id, password] of Object.entries(FILES)) rig.devices.of(id).passwords.set("operator", password);
  return rig;
}

const has = (rig: SecretRig, id: string) => rig.devices.of(id).passwords.get("operator")!;
const known = async (rig: SecretRig, id: string) => {
  const found = await rig.feature.vault.passwordOf(id, "operator");
  return found.state === "known" ? found.password : found.state;
};
const rotate = async (rig: SecretRig, unit: string) => {
  await rig.run("rotate", { unit, slot: "operator" });
  await rig.pass(0);
};
const subjects = (rig: SecretRig) => rig.feature.vault.book.all().map(({ subject }) => subject).toSorted();
/** Every controller has what the vault knows of it. */
async function assertKnown(rig: SecretRig): Promise<void> {
  for (const id of Object.keys(FILES)) equal(await known(rig, id), has(rig, id), id);
}

Deno.test("BC-02: the units of a group have one secret, changed for all of them together; the others have their own", async () => {
  await using rig = await grouped();
  await rotate(rig, "all");
  equal(new Set(ALL.map((id) => has(rig, id))).size, 1);
  ok(has(rig, "CP003") !== has(rig, "CP001"));
  deepEqual(subjects(rig), ["CP003", "site"]);
  await assertKnown(rig);
  const { text, data } = await rig.run("list", { unit: "site" });
  match(text, /site {2}operator {2}settled .* CP001 in force, CP002 in force, CP002-S in force/);
  equal((data as { secrets: unknown[] }).secrets.length, 1);
  match((await rig.run("list", { unit: "CP001" })).text, /site {2}operator/);
  equal(((await rig.run("list", { unit: "CP003" })).data as { secrets: unknown[] }).secrets.length, 1);
});

for (const name of ["site", "CP002-S", "bay-2"]) {
  Deno.test(`BC-02: \`secret rotate ${name}\` changes the whole group`, async () => {
    await using rig = await grouped();
    await rotate(rig, name);
    ok(ALL.every((id) => has(rig, id) === has(rig, "CP001") && has(rig, id) !== FILES[id as "CP001"]));
    equal(has(rig, "CP003"), FILES.CP003);
  });
}

Deno.test("BC-02: a secret that is not the group's stays each unit's own; a group has none that it does not name", async () => {
  await using rig = await grouped();
  for (const id of ALL) rig.devices.of(id).passwords.set("installer", `installer-of-${id === "CP001" ? id : "pair"}`);
  for (const id of ["CP001", "CP002", "CP002-S"]) {
    const file = rig.devices.of(id).passwords.get("installer")!;
    await rig.run("import", { station: id, slot: "installer", file });
  }
  await rig.run("rotate", { unit: "bay-2", slot: "installer" });
  await rig.pass(0);
  equal(rig.devices.of("CP001").passwords.get("installer"), "installer-of-CP001");
  ok(rig.devices.of("CP002").passwords.get("installer") !== "installer-of-pair");
  await rejects(rig.run("rotate", { unit: "site", slot: "installer" }), {
    code: "SECRET_UNKNOWN",
    message: /The group "site" has no installer together/,
  });
});

Deno.test("BC-02: one of the group that is away keeps all of them from being changed", async () => {
  await using rig = await grouped();
  rig.devices.of("CP002-S").isAway = true;
  await rotate(rig, "site");
  await rig.pass(3 * HOUR);
  deepEqual(ALL.map((id) => has(rig, id)), ALL.map((id) => FILES[id as "CP001"]), "each still has its own of before");
  equal(rig.events("secret.rotation.ended")[0]!.detail!["ended"], "rolled-back");
});

Deno.test("BC-02: one of the group that does not take it: all go back, each to what it had", async () => {
  await using rig = await grouped();
  rig.devices.of("CP002-S").faults = Array(8).fill("never-takes-it");
  await rotate(rig, "site");
  await rig.pass(3 * HOUR);
  deepEqual(ALL.map((id) => has(rig, id)), ALL.map((id) => FILES[id as "CP001"]));
  for (const id of ALL) equal(await known(rig, id), has(rig, id));
  deepEqual([...rig.alarms], []);
});

Deno.test("BC-02: one of the group that has gone after it was sent: split, with an alarm that names all, until it is back", async () => {
  await using rig = await grouped();
  const last = rig.devices.of("CP002-S");
  rig.devices.onCall = (when) => Promise.resolve(void (when === "after" && last.logins === 2 && (last.isAway = true)));
  await rotate(rig, "site");
  await rig.pass(HOUR);
  match(rig.alarms.get("secret.split site operator")!, /CP001: new, CP002: new, CP002-S: unknown/);
  rig.devices.onCall = () => Promise.resolve();
  last.isAway = false;
  await rig.pass(HOUR);
  equal(rig.alarms.size, 0);
  equal(new Set(ALL.map((id) => has(rig, id))).size, 1);
  await rotate(rig, "CP003");
  await assertKnown(rig);
});

Deno.test("BC-02: units that come into a group bring what they have; then all get one that none of them knew", async () => {
  await using rig = await grouped({ vault: {} });
  await rotate(rig, "all");
  const before = Object.keys(FILES).map((id) => has(rig, id));
  rig.vault = { groups: [{ ...SITE, units: "all" }] };
  await rig.pass(0);
  deepEqual(subjects(rig), ["site"]);
  equal(new Set(Object.keys(FILES).map((id) => has(rig, id))).size, 1);
  ok(!before.includes(has(rig, "CP001")));
  await assertKnown(rig);
  equal(rig.events("secret.rotation.started").at(-1)!.detail!["reason"], "regrouped");
  const moves = rig.events("secret.unit.regrouped").map(({ target, detail }) => `${detail!["from"]} to ${target}`);
  deepEqual(moves.toSorted(), ["CP001 to site", "CP003 to site", "bay-2 to site"]);
  equal(await rig.store.get([...KEYS.vault, "key", "CP001"]), undefined, "the key of a unit without secrets is gone");
});

Deno.test("BC-02: a unit that leaves its group gets a secret of its own, and the group another one", async () => {
  await using rig = await grouped();
  await rotate(rig, "site");
  const before = has(rig, "CP001");
  rig.vault = { groups: [{ ...SITE, units: ["bay-2"] }] };
  await rig.pass(0);
  await rig.pass(0);
  deepEqual(subjects(rig), ["CP001", "site"]);
  ok(has(rig, "CP001") !== before && has(rig, "CP002") !== before && has(rig, "CP001") !== has(rig, "CP002"));
  equal(has(rig, "CP002"), has(rig, "CP002-S"));
  for (const id of ALL) equal(await known(rig, id), has(rig, id));
  rig.vault = {};
  await rig.pass(0);
  deepEqual(subjects(rig), ["CP001", "bay-2"]);
  for (const id of ALL) equal(await known(rig, id), has(rig, id));
});

Deno.test("vault: a unit that is called otherwise keeps its secret, its witnesses and its date: nothing is changed", async () => {
  await using rig = await grouped({ vault: {} });
  await rotate(rig, "bay-2");
  await rig.feature.vault.used("CP002", "operator", "tom");
  const before = has(rig, "CP002"), { since } = rig.feature.vault.book.get("bay-2", "operator")!;
  rig.stations = rig.stations.map((station) => "unit" in station ? { ...station, unit: "bay-02" } : station);
  await rig.pass(HOUR);
  deepEqual(subjects(rig), ["bay-02"]);
  equal(has(rig, "CP002"), before);
  const record = rig.feature.vault.book.get("bay-02", "operator")!;
  deepEqual([record.since, record.due, record.witnesses.map(({ person }) => person)], [since, undefined, ["tom"]]);
  equal((await rig.feature.vault.personLeft("Tom", "eva")).length, 1, "who knows it is still known");
  for (const id of ["CP002", "CP002-S"]) equal(await known(rig, id), has(rig, id));
});

Deno.test("BC-02: the gateway ends between the two records of a move: nothing is lost, nothing stands twice", async () => {
  await using rig = await grouped({ vault: {} });
  await rotate(rig, "all");
  const text = has(rig, "CP001");
  rig.vault = { groups: [SITE] };
  const { vault } = rig.feature, drop = vault.book.drop;
  vault.book.drop = () => Promise.reject(new StorageError("STORE_FULL", "no room")); // what a kill here leaves behind
  await rejects(vault.tick(), { code: "STORE_FULL" });
  vault.book.drop = drop;
  await rig.crash();
  equal(await known(rig, "CP001"), text);
  await rig.pass(0);
  deepEqual(subjects(rig), ["CP003", "site"]);
  await assertKnown(rig);
  equal(rig.events("secret.unit.regrouped").length, 2, "each move is recorded once");
});

Deno.test("BC-02: a change that is under way ends before its unit comes into a group", async () => {
  await using rig = await grouped({ vault: {} });
  await rotate(rig, "all");
  rig.devices.of("CP001").isAway = true;
  await rotate(rig, "CP001");
  rig.vault = { groups: [SITE] };
  await rig.pass(0);
  deepEqual(subjects(rig).includes("CP001"), true);
  rig.devices.of("CP001").isAway = false;
  await rig.pass(DAY);
  deepEqual(subjects(rig), ["CP003", "site"]);
  equal(new Set(ALL.map((id) => has(rig, id))).size, 1);
  await assertKnown(rig);
});

Deno.test("BC-02: whoever is shown a group's secret needs an approval for each of its units", async () => {
  await using rig = await grouped();
  await rotate(rig, "site");
  const asked: string[] = [], approved = new Set<string>();
  rig.gate = {
    ask: (_asker, { station }) => {
      asked.push(station);
      return Promise.resolve({ isApproved: approved.has(station), request: `R-${station}`, approvedBy: "olga" });
    },
  };
  const reveal = () => rig.run("reveal", { unit: "CP001", slot: "operator", reason: "maker on site" });
  const first = await reveal();
  match(first.text, /^Requests R-CP001, R-CP002, one for each unit, are made\./);
  approved.add("CP001");
  deepEqual(((await reveal()).data as { requests: string[] }).requests, ["R-CP002"], "one unit is not enough");
  equal(rig.events("secret.value.revealed").length, 0);
  approved.add("CP002");
  ok((await reveal()).text.includes(has(rig, "CP001")));
  deepEqual(asked, ["CP001", "CP002", "CP001", "CP002", "CP001", "CP002"]);
  await rejects(reveal(), { message: /This approval has shown the secret already/ });
  const shown = has(rig, "CP001");
  await rig.pass(61 * 60_000);
  ok(ALL.every((id) => has(rig, id) !== shown), "and it is changed for all afterwards");
});

Deno.test("BC-02: somebody leaves who was shown a group's secret: it is changed for every unit", async () => {
  await using rig = await grouped();
  await rotate(rig, "site");
  await rig.feature.vault.used("CP001", "operator", "tom");
  const before = has(rig, "CP001");
  const { text } = await rig.run("left", { person: "tom" });
  match(text, /1 secrets are changed now: site operator/);
  await rig.pass(0);
  ok(ALL.every((id) => has(rig, id) !== before));
});

Deno.test("BC-02: a station of a group that is decommissioned takes the secret along: the others get another one", async () => {
  await using rig = await grouped();
  await rotate(rig, "site");
  const before = has(rig, "CP001");
  deepEqual(await rig.feature.vault.eraseStation("CP001", "eva"), { values: 0, cards: 0, changed: ["site operator"] });
  rig.stations = rig.stations.filter((station) => (station as { id: string }).id !== "CP001");
  await rig.pass(0);
  ok(has(rig, "CP002") !== before && has(rig, "CP002-S") === has(rig, "CP002"));
  equal(await known(rig, "CP001"), "none");
});

Deno.test("BC-02: a group's secret is brought for all of its units at once, and proven where it was brought", async () => {
  await using rig = await grouped({ files: {} });
  for (const id of ALL) rig.devices.of(id).passwords.set("operator", "one-for-all-1");
  const { text } = await rig.run("import", { station: "CP002", slot: "operator", file: "one-for-all-1" });
  match(text, /The vault has the operator of CP001 and CP002 and CP002-S now; a login proved it/);
  await rotate(rig, "site");
  ok(ALL.every((id) => has(rig, id) !== "one-for-all-1"));
});

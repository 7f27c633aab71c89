import { deepEqual, equal, match, ok } from "node:assert/strict";
import { recoveryText } from "../core/recovery.ts";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";

const DAY = 86_400_000, HOUR = 3_600_000;
const FILES = { CP001: "shared-by-all", CP002: "shared-by-all", "CP002-S": "shared-by-all" };
const BY_HAND = { escrow: { deliver: "by-hand" } };

async function rigWith(options: SecretRigOptions = {}): Promise<SecretRig> {
  const rig = await SecretRig.up({ files: FILES, ...options });
  for (const controller of rig.devices.all.values()) controller.passwords.set("operator", "shared-by-all");
  return rig;
}

const rotate = async (rig: SecretRig, unit: string, slot = "operator") => {
  await rig.run("rotate", { unit, slot });
  await rig.pass(0);
};
const bring = (rig: SecretRig, slot: string, file = "Brought-by-hand-1", station = "CP001") =>
  rig.run("import", { station, slot, file });
const addCard = (rig: SecretRig, unit: string, file = "04A1B2C3") =>
  rig.run("card-add", { unit, file, custodian: "Anna Berg", place: "safe" });
/** The copies of everything that the vault has are carried away. */
const carry = async (rig: SecretRig) => {
  const { sha256 } = (await rig.run("escrow")).data as { sha256: string };
  await rig.run("escrow-ack", { hash: sha256 });
};
/** The ways into a station's controller in words; undefined: the site keeps no vault. */
function ways(rig: SecretRig, id = "CP001"): string | undefined {
  const options = rig.feature.recovery(rig.site.stations.find((station) => station.id === id)!);
  return options && recoveryText(options);
}

Deno.test("BC-08: several ways in stand at once, each with its date; a card is of both halves of a pair", async () => {
  await using rig = await rigWith();
  await rotate(rig, "CP001");
  rig.time.jump(DAY);
  await bring(rig, "puk");
  rig.time.jump(DAY);
  const { card } = (await addCard(rig, "CP001")).data as { card: string };
  await addCard(rig, "CP002-S", "04FFEEDD");
  const wanted = `copy of operator (2026-01-02), PUK (2026-01-02), reset card ${card} (2026-01-03)`;
  equal(ways(rig), wanted);
  match(ways(rig, "CP002")!, /^reset card [0-9a-f]{8} \(2026-01-03\)$/);
  equal(ways(rig, "CP002-S"), ways(rig, "CP002"));
  await rig.crash();
  equal(ways(rig), wanted, "after a restart as well");
  const { text, data } = await rig.run("list");
  ok(text.includes(`CP001       ${wanted}`), text);
  const { recovery } = data as { recovery: { station: string; options: { kind: string; at: number }[] }[] };
  deepEqual(recovery.map(({ station, options }) => [station, ...options.map(({ kind }) => kind)]), [
    ["CP001", "copy", "puk", "reset-card"],
    ["CP002", "reset-card"],
    ["CP002-S", "reset-card"],
  ]);
  equal(recovery[0]!.options[2]!.at, rig.time.now());
  ok(!`${text}${JSON.stringify(data)}`.includes("Brought-by-hand"), "never the secret");
  const one = (await rig.run("list", { unit: "bay-2" })).data as typeof data & { recovery: typeof recovery };
  deepEqual(one.recovery.map(({ station }) => station), ["CP002", "CP002-S"]);
});

Deno.test("BC-08: the list says NONE of a controller without a way in, and leaves out what nobody opens", async () => {
  await using rig = await rigWith({ vault: BY_HAND, files: {}, stations: [...STATIONS, { id: "CP009" }] });
  const { text } = await rig.run("list");
  match(text, /The vault has no secret yet[\s\S]*CP001 +NONE\nCP002 +NONE\nCP002-S +NONE$/);
  await addCard(rig, "CP009");
  match((await rig.run("list", { unit: "CP009" })).text, /CP009 +reset card/);
});

Deno.test("BC-13: a password counts once its copy is acknowledged off the box, for the keys of today", async () => {
  await using rig = await rigWith({ vault: BY_HAND });
  await bring(rig, "operator", "shared-by-all");
  equal(ways(rig), "NONE", "on this box alone");
  const { sha256 } = (await rig.run("escrow")).data as { sha256: string };
  equal(ways(rig), "NONE", "made and not known to be kept");
  await rig.run("escrow-ack", { hash: sha256 });
  match(ways(rig)!, /^copy of operator/);
  await using other = await SecretRig.up();
  rig.recipient = other.recipient;
  equal(ways(rig), "NONE", "nobody who has today's key can open it");
});

Deno.test("BC-13: a waiver of copies makes no way in, nor does a site whose key is gone", async () => {
  await using waived = await rigWith({ vault: { escrow: { waived: "secrets-exist-only-on-this-box" } } });
  await rotate(waived, "CP001");
  equal(waived.feature.vault.isCovered(waived.feature.vault.book.get("CP001", "operator")!), true);
  equal(ways(waived), "NONE");
  await using keyless = await rigWith();
  await rotate(keyless, "CP001");
  match(ways(keyless)!, /^copy of operator/);
  Object.assign(keyless.options, { withoutKey: true });
  equal(ways(keyless), "NONE");
});

for (
  const [slot, counts] of [
    ["user", false],
    ["operator", true],
    ["installer", true],
    ["manufacturer", true],
    ["puk", true],
    ["log-password", false],
  ] as const
) {
  Deno.test(`BC-13: a kept ${slot} ${counts ? "is a way in" : "opens nothing that people would need"}`, async () => {
    await using rig = await rigWith();
    rig.devices.of("CP001").passwords.set(slot, "Brought-by-hand-1");
    await bring(rig, slot);
    await carry(rig);
    equal(ways(rig) !== "NONE", counts);
  });
}

Deno.test("BC-13: a password that its controller refuses is no way in; brought anew, it is", async () => {
  await using rig = await rigWith();
  await rotate(rig, "CP001");
  rig.devices.of("CP001").reset();
  await rotate(rig, "CP001");
  await rig.pass(HOUR);
  equal(rig.feature.vault.stateOf(rig.feature.vault.book.get("CP001", "operator")!), "held");
  equal(ways(rig), "NONE");
  await bring(rig, "operator", "default");
  await rig.pass(HOUR);
  match(ways(rig)!, /^copy of operator/);
});

Deno.test("BC-13: a card that is off the register is no way in any more", async () => {
  await using rig = await rigWith();
  const { card } = (await addCard(rig, "CP001")).data as { card: string };
  await addCard(rig, "bay-2");
  await rig.run("card-remove", { card });
  equal(ways(rig), "NONE");
});

Deno.test("BC-13: a site that says nothing of a vault and has nothing in it keeps none; either makes it keep one", async () => {
  await using rig = await rigWith();
  equal(ways(rig), undefined);
  deepEqual(((await rig.run("list")).data as { recovery: unknown }).recovery, []);
  await addCard(rig, "bay-2");
  equal(ways(rig), "NONE");
  await using said = await rigWith({ vault: { maxAgeDays: { operator: 180 } } });
  equal(ways(said), "NONE");
  await using rotated = await rigWith();
  await rotate(rotated, "CP001");
  equal(ways(rotated, "CP002"), "NONE");
});

Deno.test("BC-02: each unit gets secrets of its own, two never the same, and age keeps it so without anybody's work", async () => {
  const alone = Array.from({ length: 9 }, (_, at) => `CP10${at}`);
  const ui = { url: "https://10.0.0.9", driver: "bender" };
  const stations = [...STATIONS, ...alone.map((id, at) => ({ id, ui: { ...ui, url: `https://10.0.1.${at + 1}` } }))];
  const files = Object.fromEntries(stations.map((station) => [(station as { id: string }).id, "shared-by-all"]));
  await using rig = await rigWith({ stations, files, vault: { maxAgeDays: { operator: 30, installer: 30 } } });
  for (const [id, controller] of rig.devices.all) {
    controller.passwords.set("installer", "shared-by-all");
    await bring(rig, "installer", "shared-by-all", id);
  }
  const passwords = () =>
    [...rig.devices.all].flatMap(([id, { passwords }]) =>
      id === "CP002-S" ? [] : [passwords.get("operator")!, passwords.get("installer")!]
    );
  await rig.run("rotate", { unit: "all", slot: "operator" });
  await rig.run("rotate", { unit: "all", slot: "installer" });
  await rig.pass(HOUR);
  const first = passwords();
  equal(new Set([...first, "shared-by-all"]).size, 2 * 11 + 1, "11 units with two accounts each, none as before");
  for (const slot of ["operator", "installer"]) {
    equal(rig.devices.of("CP002-S").passwords.get(slot), rig.devices.of("CP002").passwords.get(slot), "a pair is one");
  }
  rig.time.jump(31 * DAY);
  await rig.pass(HOUR);
  equal(new Set([...first, ...passwords()]).size, 4 * 11, "all are other ones, of their own again");
  ok(
    rig.events("secret.rotation.started").slice(-22).every(({ who, detail }) => {
      return who === "gateway" && detail!["reason"] === "age";
    }),
  );
});

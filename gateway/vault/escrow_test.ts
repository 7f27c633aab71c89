import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { armor, Encrypter } from "age-encryption";
import { createRecoveryKey } from "../control/backup/recovery_key.ts";
import { StorageError } from "../core/errors.ts";
import { type EscrowContent, hashOf, openEscrow, sealEscrow } from "./escrow_file.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";

const BY_HAND = { vault: { escrow: { deliver: "by-hand" } } };
const SECRET: EscrowContent["secrets"][number] = {
  ...{ subject: "CP001", slot: "operator", stations: ["CP001"], number: 1, state: "in-force" },
  ...{ at: "2026-01-01T00:00:00.000Z", text: "Sealed-Secret-1" },
};
const CONTENT: EscrowContent = {
  ...{ form: "bulkhead-escrow-1", site: "lab", madeAt: "2026-01-01T00:00:00.000Z", upTo: 1, secrets: [SECRET] },
};

/** One controller whose password the vault has from its file. */
async function one(options: SecretRigOptions = {}): Promise<SecretRig> {
  const rig = await SecretRig.up({ stations: [STATIONS[0]!], files: { CP001: "old-of-CP001" }, ...options });
  rig.devices.of("CP001").passwords.set("operator", "old-of-CP001");
  return rig;
}

const begin = (rig: SecretRig) => rig.run("rotate", { unit: "CP001", slot: "operator" });
const made = async (rig: SecretRig) => (await rig.run("escrow")).data as { file: string; sha256: string; upTo: number };
const waiting = (rig: SecretRig) => rig.alarms.get("secret.escrow.waiting site");
const has = (rig: SecretRig) => rig.devices.of("CP001").passwords.get("operator");
/** An age file with this text for a recipient. */
async function sealed(text: string, recipient: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(text));
}

Deno.test("escrow file: each of its recipients opens it alone, and nobody else", async () => {
  const [first, second, other] = await Promise.all([createRecoveryKey(), createRecoveryKey(), createRecoveryKey()]);
  const { text, sha256 } = await sealEscrow(CONTENT, [first.recipient, second.recipient]);
  for (const { identity } of [first, second]) deepEqual(await openEscrow(text, identity), CONTENT);
  await rejects(openEscrow(text, other.identity), { code: "SECRET_ESCROW_INVALID", message: /sealed to other keys/ });
  equal(sha256, hashOf(text));
  ok(!text.includes("Sealed-Secret-1"));
  deepEqual(await openEscrow(`\n${text}\n\n`, first.identity), CONTENT, "blank lines around it do not matter");
});

Deno.test("escrow file: cut off, changed or not one at all: said so, and nothing of it is repeated", async () => {
  const { identity, recipient } = await createRecoveryKey(), { text } = await sealEscrow(CONTENT, [recipient]);
  const lines = text.split("\n"), middle = lines[3]!;
  const cases = [
    "",
    "Sealed-Secret-1",
    lines.slice(0, -3).join("\n"),
    text.slice(0, 100),
    text.replace(middle, middle.toLowerCase()),
    text.replace(middle, ""),
    text.replace("-----BEGIN AGE ENCRYPTED FILE-----", ""),
  ];
  for (const bad of cases) {
    await rejects(openEscrow(bad, identity), (error: Error & { code?: string }) => {
      equal(error.code, "SECRET_ESCROW_INVALID");
      return !error.message.includes("Sealed-Secret-1");
    });
  }
});

const FORMS: readonly (readonly [string, string])[] = [
  ["text that is no JSON", "Sealed-Secret-1"],
  ["an empty text", ""],
  ["a list", "[]"],
  ["another form", JSON.stringify({ ...CONTENT, form: "bulkhead-escrow-2" })],
  ["a key more", JSON.stringify({ ...CONTENT, more: 1 })],
  ["no secrets", JSON.stringify({ ...CONTENT, secrets: undefined })],
  ["a slot that nobody knows", JSON.stringify({ ...CONTENT, secrets: [{ ...SECRET, slot: "root" }] })],
  ["a number that is text", JSON.stringify({ ...CONTENT, upTo: "1" })],
];
for (const [what, text] of FORMS) {
  Deno.test(`escrow file: whole, and holds ${what}: of another form, and nothing of it is repeated`, async () => {
    const { identity, recipient } = await createRecoveryKey();
    await rejects(openEscrow(await sealed(text, recipient), identity), (error: Error & { code?: string }) => {
      match(error.message, /of another form than this version's/);
      return error.code === "SECRET_ESCROW_INVALID" && !error.message.includes("Sealed-Secret-1");
    });
  });
}

Deno.test("invariant 16: no controller is told a secret before an escrow that holds it is acknowledged", async () => {
  await using rig = await one(BY_HAND);
  await begin(rig);
  const early = await made(rig);
  await rig.pass(60_000);
  deepEqual([has(rig), rig.devices.of("CP001").logins], ["old-of-CP001", 0], "it is not even knocked at");
  match(waiting(rig)!, /`secret escrow FILE`, carry FILE away/);
  await rig.run("escrow-ack", { hash: early.sha256.slice(0, 16) });
  equal(waiting(rig), undefined);
  await rig.pass(0);
  ok(has(rig) !== "old-of-CP001");
});

Deno.test("invariant 16: an escrow from before the secret was made does not count for it", async () => {
  await using rig = await one({ ...BY_HAND, files: {} });
  await rig.run("import", { station: "CP001", slot: "operator", file: "old-of-CP001" });
  const before = await made(rig);
  await rig.run("escrow-ack", { hash: before.sha256 });
  await begin(rig);
  await rig.pass(60_000);
  equal(has(rig), "old-of-CP001");
  const after = await made(rig);
  ok(after.upTo > before.upTo);
  await rig.run("escrow-ack", { hash: after.sha256 });
  await rig.pass(0);
  ok(has(rig) !== "old-of-CP001");
});

Deno.test("escrow: an older one that is acknowledged late takes nothing back", async () => {
  await using rig = await one(BY_HAND);
  const older = await made(rig);
  await begin(rig);
  const newer = await made(rig);
  equal(rig.feature.vault.escrow.open.length, 2);
  await rig.run("escrow-ack", { hash: newer.sha256 });
  deepEqual([rig.feature.vault.escrow.open.length, rig.feature.vault.escrow.acked!.sha256], [0, newer.sha256]);
  await rejects(rig.run("escrow-ack", { hash: older.sha256 }), {
    message: /No escrow with the hash [0-9a-f]{16} waits/,
  });
  equal(rig.feature.vault.escrow.covers(newer.upTo), true);
  equal(rig.feature.vault.escrow.covers(newer.upTo + 1), false);
});

Deno.test("escrow: what was made and acknowledged is known after an end of the gateway", async () => {
  await using rig = await one(BY_HAND);
  await begin(rig);
  const { sha256, upTo } = await made(rig);
  await rig.crash();
  deepEqual(rig.feature.vault.escrow.open.map((open) => open.sha256), [sha256]);
  await rig.run("escrow-ack", { hash: sha256 });
  await rig.crash();
  const { acked } = rig.feature.vault.escrow;
  deepEqual([acked!.sha256, acked!.upTo, acked!.ackedBy, acked!.by], [sha256, upTo, "eva", "eva"]);
});

Deno.test("escrow: an acknowledgement that cannot be stored is none", async () => {
  await using rig = await one(BY_HAND);
  await begin(rig);
  const { sha256 } = await made(rig);
  rig.diskFault = new StorageError("STORE_FULL", "no room");
  await rejects(rig.run("escrow-ack", { hash: sha256 }), { code: "STORE_FULL" });
  rig.diskFault = undefined;
  await rig.pass(0);
  deepEqual([rig.feature.vault.escrow.acked, has(rig)], [undefined, "old-of-CP001"]);
});

Deno.test("escrow: two that are made at one moment are both kept", async () => {
  await using rig = await one(BY_HAND);
  await begin(rig);
  const both = await Promise.all([made(rig), made(rig)]);
  const open = rig.feature.vault.escrow.open.map(({ sha256 }) => sha256);
  deepEqual(open.toSorted(), both.map(({ sha256 }) => sha256).toSorted());
  deepEqual(rig.events("secret.escrow.made").map(({ who, detail }) => [who, detail!["recipients"]]), [
    ["eva", 1],
    ["eva", 1],
  ]);
});

Deno.test("escrow: a place that does not take it is asked again after a pause, not at every look", async () => {
  let asked = 0, isAway = true;
  await using rig = await one({
    deliver: () => (asked++, isAway ? Promise.reject(new Error("sftp is away")) : Promise.resolve("sftp backup")),
  });
  await begin(rig);
  await rig.pass(0);
  match(waiting(rig)!, /sftp is away/);
  await rig.pass(VAULT_LIMITS.deliverAgainMs - 60_000);
  equal(asked, 1);
  isAway = false;
  await rig.pass(60_000);
  deepEqual([asked, waiting(rig), has(rig) === "old-of-CP001"], [2, undefined, false]);
  equal(rig.feature.vault.escrow.acked!.ackedBy, "sftp backup");
});

Deno.test("escrow: several units that wait share one delivery", async () => {
  let delivered = 0;
  const stations = Array.from({ length: 6 }, (_, at) => ({ ...STATIONS[0]!, id: `CP10${at}` }));
  const files = Object.fromEntries(stations.map(({ id }) => [id, `old-of-${id}`]));
  await using rig = await SecretRig.up({
    ...{ stations, files },
    deliver: () => Promise.resolve(`place ${++delivered}`),
  });
  for (const { id } of stations) rig.devices.of(id).passwords.set("operator", `old-of-${id}`);
  await rig.run("rotate", { unit: "all", slot: "operator" });
  await rig.pass(0);
  ok(stations.every(({ id }) => rig.devices.of(id).passwords.get("operator") !== `old-of-${id}`));
  ok(delivered <= 2, `${delivered} deliveries for six units`);
});

Deno.test("escrow: without a key nothing is begun, and the reason names the configuration key", async () => {
  await using rig = await one({ withoutKey: true });
  match(rig.feature.vault.escrow.impediment!, /vault\.escrow\.recipients, or backup\.recoveryKeyFile/);
  await rejects(begin(rig), { code: "SECRET_REFUSED", message: /no escrow can be made: site\.yaml names no key/ });
  await rejects(rig.run("escrow"), { code: "SECRET_ESCROW_INVALID", message: /Cannot make an escrow/ });
  deepEqual([has(rig), rig.events("secret.rotation.started").length], ["old-of-CP001", 0]);
  match((await rig.run("list")).text, /Escrow: none can be made: site\.yaml names no key/);
});

Deno.test("escrow: a site that waives it changes secrets without one, and counts none of them as kept elsewhere", async () => {
  await using rig = await one({
    withoutKey: true,
    vault: { escrow: { waived: "secrets-exist-only-on-this-box" } },
  });
  await begin(rig);
  await rig.pass(0);
  ok(has(rig) !== "old-of-CP001");
  const record = rig.feature.vault.book.get("CP001", "operator")!;
  deepEqual([rig.feature.vault.isCovered(record), rig.feature.vault.escrow.isKept(record.has["CP001"]!)], [
    true,
    false,
  ]);
  match((await rig.run("list")).text, /Escrow: waived\. These secrets exist on this box alone\./);
});

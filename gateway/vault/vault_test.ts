import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { KEYS } from "../store/keys.ts";
import { openEscrow } from "./escrow_file.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";

const DAY = 86_400_000, HOUR = 3_600_000;
const FILES = { CP001: "old-of-CP001", CP002: "old-of-pair", "CP002-S": "old-of-pair" };

async function rigWith(options: SecretRigOptions = {}): Promise<SecretRig> {
  const rig = await SecretRig.up({ files: FILES, ...options });
  for (const { id } of rig.stations as { id: string }[]) {
    rig.devices.of(id).passwords.set("operator", FILES[id as "CP001"]);
  }
  return rig;
}

const has = (rig: SecretRig, id: string) => rig.devices.of(id).passwords.get("operator")!;
const rotate = async (rig: SecretRig, unit: string) => {
  await rig.run("rotate", { unit, slot: "operator" });
  await rig.pass(0);
};

/** Every byte of the store, as text. */
async function stored(rig: SecretRig): Promise<string> {
  let text = "";
  for await (const { key, value } of rig.store.list([], { limit: Infinity })) {
    text += JSON.stringify(
      [key, value],
      (_, part) => part instanceof Uint8Array ? [...part].map((byte) => String.fromCharCode(byte)).join("") : part,
    );
  }
  return text;
}

Deno.test("vault: no secret stands in the store in clear, and one moved to another place does not open", async () => {
  await using rig = await rigWith();
  await rotate(rig, "all");
  const text = await stored(rig);
  for (const id of Object.keys(FILES)) ok(!text.includes(has(rig, id)) && !text.includes(FILES[id as "CP001"]));
  const value = (await rig.store.get([...KEYS.vault, "value", "CP001\noperator\n2"]))!.value;
  const { values } = rig.feature.vault.book.get("CP001", "operator")!;
  deepEqual(values.map(({ number, source }) => [number, source]), [[1, "file"], [2, "made"]]);
  await rig.store.commit([{ set: [...KEYS.vault, "value", "CP001\noperator\n1"], value }]);
  await rejects(rig.feature.vault.book.text({ subject: "CP001", slot: "operator" }, 1), { code: "SEAL_BROKEN" });
  equal(await rig.feature.vault.book.text({ subject: "CP001", slot: "operator" }, 2), has(rig, "CP001"));
});

Deno.test("invariant 14: the secrets of a station end with the key of its unit, also in a copy of the store", async () => {
  await using rig = await rigWith();
  await rotate(rig, "all");
  const values: { key: readonly (number | string)[]; value: unknown }[] = [];
  for await (const entry of rig.store.list([...KEYS.vault, "value"])) values.push(entry);
  await rig.run("card-add", { unit: "CP001", file: "04A1B2C3", custodian: "Anna", place: "safe" });
  const erased = await rig.feature.vault.eraseStation("CP001", "eva");
  deepEqual(erased, { values: 2, cards: 1, changed: [] });
  deepEqual(await rig.feature.vault.passwordOf("CP001", "operator"), { state: "none" });
  equal(await rig.store.get([...KEYS.vault, "key", "CP001"]), undefined);
  await rig.store.commit(values.map(({ key, value }) => ({ set: key, value })));
  await rig.crash();
  await rejects(rig.feature.vault.book.text({ subject: "CP001", slot: "operator" }, 2), /SEAL_BROKEN|belong together/);
  equal(rig.feature.vault.book.all().length, 1, "the pair is untouched");
  deepEqual(rig.events("secret.unit.erased").map(({ who, target, detail }) => [who, target, detail!["values"]]), [
    ["eva", "CP001", 2],
  ]);
});

Deno.test("invariant 14: a half of a pair that leaves takes the secret along: the other half gets another one", async () => {
  await using rig = await rigWith();
  await rotate(rig, "bay-2");
  const before = has(rig, "CP002");
  const erased = await rig.feature.vault.eraseStation("CP002-S", "eva");
  deepEqual(erased, { values: 0, cards: 0, changed: ["bay-2 operator"] });
  rig.stations = rig.stations.filter((station) => (station as { id: string }).id !== "CP002-S");
  await rig.pass(0);
  ok(has(rig, "CP002") !== before);
  equal(has(rig, "CP002-S"), before, "nobody speaks to it any more");
  equal(rig.events("secret.rotation.started").at(-1)!.detail!["reason"], "part-gone");
  const last = await rig.feature.vault.eraseStation("CP002", "eva");
  equal(last.values > 0, true);
  equal(rig.feature.vault.book.all().length, 0);
});

Deno.test("vault: an escrow holds everything that is in force and next, and opens with the recovery key alone", async () => {
  await using rig = await rigWith({ vault: { escrow: { deliver: "by-hand" } } });
  await rig.run("rotate", { unit: "CP001", slot: "operator" });
  const { data } = await rig.run("escrow");
  const { file, sha256, name } = data as { file: string; sha256: string; name: string };
  match(file, /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  match(name, /^bulkhead-lab-20260101T000000Z\.escrow\.age$/);
  ok(!file.includes("old-of-CP001"));
  const { secrets, site } = await openEscrow(file, rig.identity);
  equal(site, "lab");
  deepEqual(secrets.map(({ subject, slot, state, stations }) => [subject, slot, state, stations]), [
    ["CP001", "operator", "in-force", ["CP001"]],
    ["CP001", "operator", "next", []],
  ]);
  equal(secrets[0]!.text, "old-of-CP001");
  const other = await SecretRig.up();
  await rejects(openEscrow(file, other.identity), { code: "SECRET_ESCROW_INVALID", message: /sealed to other keys/ });
  await other[Symbol.asyncDispose]();
  await rejects(openEscrow(file.slice(0, 200), rig.identity), {
    code: "SECRET_ESCROW_INVALID",
    message: /cut off or changed/,
  });
  await rejects(rig.run("escrow-ack", { hash: "f".repeat(64) }), { message: /No escrow with the hash f+ waits/ });
  for (const hash of ["", "xyz", sha256.slice(0, 15), `${sha256}0`]) {
    await rejects(rig.run("escrow-ack", { hash }), { message: /wanted 16 to 64 hex digits/ });
  }
  await rig.run("escrow-ack", { hash: ` ${sha256.slice(0, 16).toUpperCase()} ` });
  await rig.pass(0);
  equal(has(rig, "CP001"), secrets[1]!.text, "what was escrowed is what the controller has");
});

Deno.test("vault: escrows for other keys than today's do not count", async () => {
  await using rig = await rigWith();
  await rotate(rig, "CP001");
  const record = rig.feature.vault.book.get("CP001", "operator")!;
  equal(rig.feature.vault.isCovered(record), true);
  rig.recipient = (await SecretRig.up().then(async (other) => (await other[Symbol.asyncDispose](), other))).recipient;
  equal(rig.feature.vault.isCovered(record), false);
});

Deno.test("vault: as many open escrows as are kept, and one more: the oldest is forgotten", async () => {
  await using rig = await rigWith({ vault: { escrow: { deliver: "by-hand" } } });
  await rig.run("rotate", { unit: "CP001", slot: "operator" });
  const hashes: string[] = [];
  for (let at = 0; at <= VAULT_LIMITS.openEscrows; at++) {
    hashes.push(((await rig.run("escrow")).data as { sha256: string }).sha256);
  }
  equal(rig.feature.vault.escrow.open.length, VAULT_LIMITS.openEscrows);
  await rejects(rig.run("escrow-ack", { hash: hashes[0]! }), { code: "SECRET_ESCROW_INVALID" });
  await rig.run("escrow-ack", { hash: hashes[1]! });
  equal(rig.feature.vault.escrow.open.length, 0, "the others hold nothing more");
});

Deno.test("vault: as many values as are kept, and one more; the one in force always stays", async () => {
  await using rig = await rigWith();
  for (let at = 0; at < VAULT_LIMITS.values; at++) await rotate(rig, "CP001");
  const record = rig.feature.vault.book.get("CP001", "operator")!;
  equal(record.values.length, VAULT_LIMITS.values);
  equal(record.values.at(-1)!.number, record.has["CP001"]);
  await rejects(rig.feature.vault.book.text(record, 1), { code: "SECRET_UNKNOWN" });
  equal(await rig.feature.vault.book.text(record, 2).then((text) => text.length), 24, "the one before is still there");
});

Deno.test("vault: secrets are changed when they are as old as the site lets them be", async () => {
  await using rig = await rigWith({ vault: { maxAgeDays: { operator: 30 } } });
  await rotate(rig, "CP001");
  const first = has(rig, "CP001");
  rig.time.jump(30 * DAY - HOUR);
  await rig.pass(0);
  equal(has(rig, "CP001"), first);
  rig.time.jump(2 * HOUR);
  await rig.pass(0);
  ok(has(rig, "CP001") !== first);
  equal(rig.events("secret.rotation.started").at(-1)!.detail!["reason"], "age");
  equal(rig.metrics.get("bulkhead_vault_secrets settled"), 1);
  equal(rig.metrics.get("bulkhead_vault_uncovered_secrets"), 0);
});

Deno.test("vault: one that could not be changed when it was due is tried again hours later, not every few seconds", async () => {
  await using rig = await rigWith({ vault: { maxAgeDays: { operator: 30 } } });
  await rotate(rig, "CP001");
  rig.devices.of("CP001").isAway = true;
  rig.time.jump(31 * DAY);
  await rig.pass(3 * HOUR);
  equal(rig.events("secret.rotation.started").length, 2);
  match(JSON.stringify((await rig.run("list", { unit: "CP001" })).data), /"outcome":"rolled-back".*it was unreachable/);
  rig.devices.of("CP001").isAway = false;
  await rig.pass(6 * HOUR);
  equal(rig.events("secret.rotation.ended").at(-1)!.outcome, "ok");
});

Deno.test("vault: a person brings what a controller has: a login proves it, a wrong one changes nothing", async () => {
  await using rig = await rigWith({ files: {} });
  rig.devices.of("CP001").passwords.set("operator", "set-by-hand-1");
  await rejects(rig.run("rotate", { unit: "CP001", slot: "operator" }), {
    message: /Nobody knows which password CP001 has/,
  });
  const bring = (file: unknown, station = "CP001", slot = "operator") =>
    rig.run("import", { station, slot, file } as never);
  await rejects(bring("wrong-one"), { code: "SECRET_REFUSED", message: /not proven: the controller refuses it/ });
  await rejects(bring(undefined), { message: /A file with the secret is needed/ });
  await rejects(bring("two\nlines"), { message: /control characters/ });
  await rejects(bring("x".repeat(32)), { message: /it has 32 characters/ });
  await rejects(bring("x".repeat(VAULT_LIMITS.broughtBytes + 1)), { message: /4097 characters, wanted a secret/ });
  await rejects(bring("any", "CP999"), { code: "SECRET_UNKNOWN" });
  const { text } = await bring("set-by-hand-1\n");
  match(text, /The vault has the operator of CP001 now; a login proved it/);
  deepEqual(await rig.feature.vault.passwordOf("CP001", "operator"), { state: "known", password: "set-by-hand-1" });
  await rotate(rig, "CP001");
  ok(has(rig, "CP001") !== "set-by-hand-1");
  deepEqual(rig.events("secret.value.brought").map(({ who, detail }) => [who, detail!["proven"]]), [["eva", true]]);
  ok(!rig.recorded.includes("set-by-hand"));
});

Deno.test("invariant 16: what a person brings is kept off this box at once; where nobody takes it, an alarm says so until it is", async () => {
  let isAway = false;
  const places: string[] = [];
  await using rig = await rigWith({
    files: {},
    deliver: (name) => {
      if (isAway) return Promise.reject(new Error("sftp is away"));
      places.push(name);
      return Promise.resolve("sftp backup.example");
    },
  });
  const bring = (password: string) => {
    rig.devices.of("CP001").passwords.set("operator", password);
    return rig.run("import", { station: "CP001", slot: "operator", file: password } as never);
  };
  const isCovered = () => rig.feature.vault.isCovered(rig.feature.vault.book.get("CP001", "operator")!);
  await bring("set-by-hand-1");
  deepEqual([isCovered(), places.length, rig.alarms.size], [true, 1, 0]);
  isAway = true;
  await bring("set-by-hand-2");
  deepEqual([isCovered(), [...rig.alarms.keys()].some((name) => name.includes("secret.escrow.waiting"))], [
    false,
    true,
  ]);
  isAway = false;
  await rig.pass(VAULT_LIMITS.deliverAgainMs);
  deepEqual([isCovered(), [...rig.alarms.keys()].some((name) => name.includes("secret.escrow.waiting"))], [
    true,
    false,
  ]);
});

Deno.test("vault: the list says how each secret stands, and never what it is", async () => {
  await using rig = await rigWith({ files: { CP001: "old-of-CP001" } });
  match((await rig.run("list")).text, /CP001 {2}operator {2}file/);
  await rotate(rig, "CP001");
  const { text, data } = await rig.run("list", { unit: "CP001" });
  match(text, /CP001 {2}operator {2}settled {2}0 d .* yes .* CP001 in force/);
  match(text, /Escrow: the last one is kept off this box since 2026-01-01T00:00:00.000Z \(sftp backup.example\)/);
  ok(!`${text}${JSON.stringify(data)}`.includes(has(rig, "CP001")));
});

Deno.test("BC-07: a reset card is known by its keyed hash, with custodian and place; the same one twice is one", async () => {
  await using rig = await rigWith();
  const add = (args: Record<string, string> = {}) =>
    rig.run("card-add", {
      unit: "CP001",
      file: "04:A1:B2:C3\n",
      custodian: "Anna Berg",
      place: "safe, office 2",
      ...args,
    });
  const { data } = await add();
  const { card } = data as { card: string };
  await rejects(add({ file: "04a1b2c3" }), { code: "SECRET_REFUSED", message: /registered for CP001 already/ });
  await add({ unit: "bay-2" });
  for (const file of ["", "04", "x".repeat(41), "04;drop"]) {
    await rejects(add({ file }), { message: /no id of a card/ });
  }
  await rejects(add({ custodian: "" }), { message: /A custodian of 3 to 200/ });
  await rejects(add({ place: "" }), { message: /A place of 3 to 200/ });
  deepEqual((await rig.feature.vault.cards.find("04A1B2C3")).map(({ subject }) => subject), ["CP001", "bay-2"]);
  deepEqual(await rig.feature.vault.cards.find("04A1B2C4"), []);
  const { text } = await rig.run("cards");
  match(text, /CP001 {2}Anna Berg {2}safe, office 2 {2}eva/);
  ok(!/04.?a1.?b2.?c3/i.test(await stored(rig) + rig.recorded + text), "the id stands nowhere");
  await rig.run("card-remove", { card });
  await rejects(rig.run("card-remove", { card }), { code: "SECRET_UNKNOWN" });
  equal((await rig.run("cards")).text.includes("CP001"), false);
});

Deno.test("vault: units without such an account, and names that are none, are refused by name", async () => {
  const alfen = { id: "AL001", ui: { url: "https://10.0.0.9", driver: "alfen" } }, bare = { id: "CP009" };
  await using rig = await rigWith({ stations: [...STATIONS, alfen, bare] });
  const start = (unit: string, slot: string) => rig.run("rotate", { unit, slot });
  await rejects(start("AL001", "operator"), {
    code: "SECRET_REFUSED",
    message: /No controller of AL001 has a operator/,
  });
  await rejects(start("CP009", "operator"), { code: "SECRET_REFUSED" });
  await rejects(start("CP099", "operator"), { code: "SECRET_UNKNOWN" });
  const { data, ok: isDone } = await start("all", "installer");
  deepEqual((data as { begun: string[] }).begun, [], "nobody knows their passwords");
  equal(isDone, false);
  equal((data as { not: { subject: string }[] }).not.map(({ subject }) => subject).join(" "), "CP001 bay-2 AL001");
  rig.devices.of("CP001").isAway = true;
  await rig.run("rotate", { unit: "CP001", slot: "operator" });
  await rejects(start("CP001", "operator"), {
    code: "SECRET_REFUSED",
    message: /CP001 operator is being changed already/,
  });
});

Deno.test("vault: passwords that nobody has set here come from elsewhere", async () => {
  await using rig = await rigWith();
  deepEqual(await rig.feature.vault.passwordOf("CP001", "installer"), { state: "none" });
  deepEqual(await rig.feature.vault.passwordOf("CP999", "operator"), { state: "none" });
});

Deno.test("vault: two escrows that are made at one moment, and an acknowledgement beside a third, are all kept", async () => {
  await using rig = await rigWith({ vault: { escrow: { deliver: "by-hand" } } });
  await rig.run("rotate", { unit: "CP001", slot: "operator" });
  const make = async () => ((await rig.run("escrow")).data as { sha256: string }).sha256;
  const [first] = await Promise.all([make(), make()]);
  equal(rig.feature.vault.escrow.open.length, 2);
  await rig.run("rotate", { unit: "bay-2", slot: "operator" });
  await Promise.all([rig.run("escrow-ack", { hash: first }), make()]);
  const standing = () => [rig.feature.vault.escrow.acked?.sha256, rig.feature.vault.escrow.open.length];
  deepEqual(standing(), [first, 1]);
  await rig.crash();
  deepEqual(standing(), [first, 1]);
});

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { SECRET_SLOTS } from "../../policies/secret_schedule.ts";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";

const FILES = { CP001: "old-of-CP001", CP002: "old-of-pair", "CP002-S": "old-of-pair" };

async function rigWith(options: SecretRigOptions = {}): Promise<SecretRig> {
  const rig = await SecretRig.up({ files: FILES, ...options });
  for (const { id } of rig.stations as { id: string }[]) {
    rig.devices.of(id).passwords.set("operator", FILES[id as "CP001"] ?? "");
  }
  return rig;
}

const COMMANDS: readonly (readonly [string, Record<string, string>])[] = [
  ["rotate", { unit: "CP001" }],
  ["reveal", { unit: "CP001", reason: "maker on site" }],
  ["confirm", { station: "CP001" }],
  ["retry", { station: "CP001" }],
  ["import", { station: "CP001", file: "x" }],
];
for (const [command, args] of COMMANDS) {
  Deno.test(`secret ${command}: a slot that is none names those there are, and changes nothing`, async () => {
    await using rig = await rigWith();
    for (const slot of ["root", "", "OPERATOR", "toString"]) {
      await rejects(rig.run(command, { ...args, slot }), (error: Error & { code?: string; hint?: string }) => {
        equal(error.code, "SECRET_UNKNOWN");
        return SECRET_SLOTS.every((one) => error.hint!.includes(one));
      });
    }
    deepEqual([rig.feature.vault.book.all(), rig.audited], [[], []]);
  });

  Deno.test(`secret ${command}: a station or unit that is not there is named, and cut when it is long`, async () => {
    await using rig = await rigWith();
    for (const name of ["CP999", "cp001", "x".repeat(5_000)]) {
      const named = "unit" in args ? { unit: name } : { station: name };
      await rejects(rig.run(command, { ...args, ...named, slot: "operator" }), (error: Error & { code?: string }) => {
        return error.code === "SECRET_UNKNOWN" && error.message.includes(name.slice(0, 64)) &&
          error.message.length < 200;
      });
    }
    deepEqual(rig.audited, []);
  });
}

Deno.test("secret rotate all: says which units were begun, and why others were not", async () => {
  await using rig = await rigWith({ files: { CP001: "old-of-CP001" } });
  const { text, data, ok: isDone } = await rig.run("rotate", { unit: "all", slot: "operator" });
  deepEqual((data as { begun: string[] }).begun, ["CP001"]);
  match(text, /The operator of 1 unit is being changed[\s\S]*bay-2: Nobody knows which password CP002 has/);
  equal(isDone, true);
});

Deno.test("secret list: a unit that is named shows its own alone; each row says since when, due and who knows it", async () => {
  await using rig = await rigWith({ vault: { maxAgeDays: { operator: 90 } } });
  await rig.run("rotate", { unit: "all", slot: "operator" });
  await rig.pass(0);
  await rig.feature.vault.used("CP002", "operator", "tom");
  const { data, text } = await rig.run("list", { unit: "CP002-S" });
  const [row, ...more] = (data as { secrets: Record<string, unknown>[] }).secrets;
  deepEqual([row!["subject"], row!["dueReason"], row!["knownTo"], more], ["bay-2", "age", ["tom"], []]);
  match(text, /bay-2 +operator +settled +0 d +2026-04-01 \(age\) +yes +tom +CP002 in force, CP002-S in force/);
  equal(text.includes("CP001"), false);
  await rejects(rig.run("list", { unit: "bay-3" }), { code: "SECRET_UNKNOWN" });
});

Deno.test("secret list: an empty vault says so, with the state of copies", async () => {
  await using rig = await SecretRig.up({ stations: [] });
  match((await rig.run("list")).text, /^The vault has no secret yet\.\nEscrow: none is kept off this box yet\.$/);
  match((await rig.run("cards")).text, /^No reset card is registered\.$/);
});

Deno.test("secret confirm: nobody confirms what nobody waits for", async () => {
  await using rig = await rigWith();
  await rejects(rig.run("confirm", { station: "CP001", slot: "operator" }), { message: /is not being changed/ });
  rig.devices.of("CP001").isAway = true;
  await rig.run("rotate", { unit: "CP001", slot: "operator" });
  await rig.pass(0);
  await rejects(rig.run("confirm", { station: "CP001", slot: "operator" }), {
    code: "SECRET_REFUSED",
    message: /CP001 does not wait for anybody to set its operator/,
  });
  equal(rig.events("secret.step.confirmed").length, 0);
});

Deno.test("secret retry: gives tries back at that controller alone, and is recorded", async () => {
  await using rig = await rigWith();
  rig.devices.of("CP001").passwords.set("operator", "set-elsewhere");
  await rig.run("rotate", { unit: "CP001", slot: "operator" });
  await rig.pass(3_600_000);
  equal(rig.devices.of("CP001").worst, 2);
  await rig.run("retry", { station: "CP001", slot: "operator" });
  deepEqual(rig.forgiven, ["CP001"]);
  deepEqual(rig.events("secret.rotation.retried").map(({ who, target }) => [who, target]), [["eva", "CP001"]]);
  await rejects(rig.run("retry", { station: "CP002", slot: "operator" }), { code: "SECRET_REFUSED" });
});

Deno.test("secret left: somebody whom nobody knows is said to know nothing, and that is recorded, too", async () => {
  await using rig = await rigWith();
  await rig.run("rotate", { unit: "all", slot: "operator" });
  await rig.pass(0);
  for (const person of ["nobody", "", "constructor"]) {
    const { text, data } = await rig.run("left", { person });
    match(text, /was shown no secret that is in force/);
    deepEqual((data as { secrets: string[] }).secrets, []);
  }
  deepEqual(rig.events("secret.person.left").map(({ target, detail }) => [target, detail!["secrets"]]), [
    ["nobody", 0],
    ["", 0],
    ["constructor", 0],
  ]);
});

Deno.test("secret commands: no answer, record or alarm of a whole day holds a secret that it was not asked to show", async () => {
  await using rig = await rigWith({ stations: [...STATIONS], vault: { maxAgeDays: { operator: 1 } } });
  const said: string[] = [], seen = new Set<string>(["old-of-CP001", "old-of-pair"]);
  for (let round = 0; round < 3; round++) {
    for (const command of ["list", "cards"]) said.push(JSON.stringify(await rig.run(command)));
    said.push(
      JSON.stringify(await rig.run("rotate", { unit: "all", slot: "operator" }).catch((error) => error.message)),
    );
    await rig.pass(0);
    rig.time.jump(25 * 3_600_000);
    await rig.pass(0);
    for (const { passwords } of rig.devices.all.values()) for (const text of passwords.values()) seen.add(text);
  }
  const all = said.join() + rig.recorded;
  ok(seen.size >= 6, `${seen.size} secrets were in use`);
  deepEqual([...seen].filter((text) => all.includes(text)), []);
});

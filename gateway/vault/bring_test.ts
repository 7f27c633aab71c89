import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";

const HOUR = 3_600_000;
const USB = { id: "CP004-S", unit: "bay-4", part: "secondary", access: "usb-only", reachedThrough: "CP004" };
const PRIMARY = {
  id: "CP004",
  vendor: "bender",
  unit: "bay-4",
  part: "primary",
  ui: { url: "https://10.0.0.4", driver: "bender" },
};

const up = (options: SecretRigOptions = {}) =>
  SecretRig.up({ stations: [...STATIONS, PRIMARY, USB], files: {}, ...options });
const bring = (rig: SecretRig, station: string, file: string, slot = "operator") =>
  rig.run("import", { station, slot, file });
const known = async (rig: SecretRig, id: string) => {
  const found = await rig.feature.vault.passwordOf(id, "operator");
  return found.state === "known" ? found.password : found.state;
};
const has = (rig: SecretRig, id: string) => rig.devices.of(id).passwords.get("operator");
const give = (rig: SecretRig, password: string, ...ids: string[]) => {
  for (const id of ids) rig.devices.of(id).passwords.set("operator", password);
};

Deno.test("vault bring: BC-03: what one half has counts for the other, of which nothing was known, and not for one that is known", async () => {
  await using rig = await up();
  give(rig, "Pair-Secret.1", "CP002", "CP002-S");
  await bring(rig, "CP002", "Pair-Secret.1");
  deepEqual([await known(rig, "CP002"), await known(rig, "CP002-S")], ["Pair-Secret.1", "Pair-Secret.1"]);
  give(rig, "Other-Secret.2", "CP002-S");
  await bring(rig, "CP002-S", "Other-Secret.2");
  deepEqual([await known(rig, "CP002"), await known(rig, "CP002-S")], ["Pair-Secret.1", "Other-Secret.2"]);
  await rig.run("rotate", { unit: "bay-2", slot: "operator" });
  await rig.pass(0);
  equal(has(rig, "CP002"), has(rig, "CP002-S"), "the next change brings them together");
  equal(await known(rig, "CP002"), has(rig, "CP002"));
});

Deno.test("vault bring: a controller without a network is believed on a person's word, and that is said and recorded", async () => {
  await using rig = await up();
  const { text } = await bring(rig, "CP004-S", "Usb-Secret.1");
  match(text, /nothing can prove it, so your word stands for it/);
  deepEqual(rig.events("secret.value.brought").map(({ target, detail }) => [target, detail]), [
    ["CP004-S", { slot: "operator", proven: false }],
  ]);
  equal(rig.devices.of("CP004").logins, 0);
});

for (
  const [what, prepare, said] of [
    ["away", (rig: SecretRig) => void (rig.devices.of("CP001").isAway = true), /was not proven/],
    ["busy", (rig: SecretRig) => void rig.devices.of("CP001").loginFaults.push("busy"), /was not proven/],
    [
      "without a try left",
      (rig: SecretRig) => void rig.devices.of("CP001").loginFaults.push("spent"),
      /was not proven/,
    ],
    ["of another opinion", (rig: SecretRig) => give(rig, "Another-One.3", "CP001"), /the controller refuses it/],
  ] as const
) {
  Deno.test(`vault bring: a controller that is ${what} proves nothing, so nothing is taken over`, async () => {
    await using rig = await up();
    give(rig, "Right-Secret.1", "CP001");
    prepare(rig);
    await rejects(bring(rig, "CP001", "Right-Secret.1"), { code: "SECRET_REFUSED", message: said });
    equal(await known(rig, "CP001"), "none");
    equal(rig.events("secret.value.brought").length, 0);
    ok(rig.devices.of("CP001").worst <= 1, "one try, whatever came of it");
  });
}

Deno.test("vault bring: after a reset card a change that was held goes on from what a person brings", async () => {
  await using rig = await up({ files: { CP001: "Old-Secret.1" } });
  give(rig, "Set-Elsewhere.2", "CP001");
  await rig.run("rotate", { unit: "CP001", slot: "operator" });
  await rig.pass(HOUR);
  ok(rig.alarms.has("secret.held CP001 operator"), [...rig.alarms.keys()].join());
  equal(rig.devices.of("CP001").worst, 2, "two tries and no third");
  await bring(rig, "CP001", "Set-Elsewhere.2");
  await rig.pass(HOUR);
  deepEqual([rig.alarms.has("secret.held CP001 operator"), await known(rig, "CP001") === has(rig, "CP001")], [
    false,
    true,
  ]);
  ok(!["Set-Elsewhere.2", "Old-Secret.1"].includes(has(rig, "CP001")!), "and it was changed");
});

Deno.test("vault bring: whoever brings a secret knows it: it is changed when they leave", async () => {
  await using rig = await up();
  give(rig, "Brought-By-Tom.1", "CP001");
  await rig.run("import", { station: "CP001", slot: "operator", file: "Brought-By-Tom.1" }, "tom");
  match((await rig.run("left", { person: "TOM" })).text, /1 secrets are changed now: CP001 operator/);
  await rig.pass(0);
  ok(has(rig, "CP001") !== "Brought-By-Tom.1");
  match((await rig.run("left", { person: "tom" })).text, /was shown no secret that is in force/);
});

for (const slot of ["puk", "log-password"] as const) {
  Deno.test(`BC-06, BC-11: a ${slot} is brought, shown for a person's hands, changed by them, and kept off the box`, async () => {
    await using rig = await up();
    await bring(rig, "CP001", "Brought-Code-1", slot);
    const book = () => rig.feature.vault.book.get("CP001", slot)!;
    equal(await rig.feature.vault.book.text(book(), book().has["CP001"]!), "Brought-Code-1");
    await rig.run("rotate", { unit: "CP001", slot });
    await rig.pass(0);
    equal(rig.alarms.get(`secret.person.wanted CP001 ${slot}`), "CP001");
    rig.gate = { ask: () => Promise.resolve({ isApproved: true, request: "R1", approvedBy: "olga" }) };
    const { data } = await rig.run("reveal", { unit: "CP001", slot, reason: "set by hand" });
    const { secrets } = data as { secrets: { what: string; text: string }[] };
    deepEqual(secrets.map(({ what }) => what), ["now", "next"]);
    await rig.run("confirm", { station: "CP001", slot });
    await rig.pass(0);
    equal(await rig.feature.vault.book.text(book(), book().has["CP001"]!), secrets[1]!.text);
    deepEqual([rig.alarms.size, rig.feature.vault.isCovered(book())], [0, true]);
    equal(rig.devices.of("CP001").logins, 0, "no login proves it, so none is made");
  });
}

Deno.test("vault bring: a person who could not set it by hand leaves what was, and why stands in the list", async () => {
  await using rig = await up();
  await bring(rig, "CP001", "Brought-Code-1", "puk");
  await rig.run("rotate", { unit: "CP001", slot: "puk" });
  await rig.pass(0);
  await rig.run("confirm", { station: "CP001", slot: "puk", failed: true, reason: "the menu is locked" });
  await rig.pass(0);
  const record = rig.feature.vault.book.get("CP001", "puk")!;
  equal(await rig.feature.vault.book.text(record, record.has["CP001"]!), "Brought-Code-1");
  match(JSON.stringify((await rig.run("list", { unit: "CP001" })).data), /"outcome":"rolled-back".*the menu is locked/);
  await rejects(rig.run("confirm", { station: "CP001", slot: "puk" }), { message: /is not being changed/ });
});

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { QUIRK_NAMES, quirkFor, QUIRKS, quirksOf, VENDOR_QUIRKS, vendorQuirks } from "../../profiles/quirks.ts";
import { Site } from "../config/schema.ts";
import { basic, type InventoryRig, PASSWORD, withInventory } from "./testing/inventory_rig.ts";

/** Gives CP001 these keys for the rest of the test. */
async function change(rig: InventoryRig, station: Record<string, unknown>, ocpp: Record<string, unknown> = {}) {
  const site = structuredClone(rig.context.site);
  const stations = site.stations.map((one) =>
    one.id === "CP001" ? { ...one, ...station, ocpp: { ...one.ocpp!, ...ocpp } } : one
  );
  await rig.feature.reconfigure!(Site.parse({ ...site, stations }));
}

Deno.test(
  "quirk Q5: a request that needs loose-path is 404 without it, and never lands in the inbox",
  withInventory(async (rig) => {
    const needs = ["loose-path"];
    equal(await rig.admit({ needs }), { admit: false, rule: "admission.quirk", status: 404 });
    equal(await rig.admit({ needs, stationId: "favicon.ico" }), {
      admit: false,
      rule: "admission.unknown-station",
      status: 404,
    });
    equal(rig.feature.parts.inbox.get("favicon.ico"), undefined);
    const why = await rig.command("why", { station: "CP001" });
    match(why.text, /add "loose-path" to `ocpp.quirks` of CP001. Risk: Two URLs name the same station/);
    await change(rig, {}, { quirks: ["loose-path"] });
    ok((await rig.admit({ needs })).admit);
  }),
);

Deno.test(
  "quirk Q7: a generated password proves itself as its hex text and as the bytes it stands for",
  withInventory(async (rig) => {
    const { data } = await rig.command("station credential", { station: "CP004" });
    const { password } = data as { password: string };
    const attempt = (secret: string | Uint8Array) =>
      rig.admit({ stationId: "CP004", source: "10.0.0.4", basic: basic("CP004", secret) });
    ok((await attempt(password)).admit);
    ok((await attempt(Buffer.from(password, "hex"))).admit);
    const wrong = Buffer.from(password, "hex");
    wrong[19]! ^= 1;
    equal((await attempt(wrong)).rule, "admission.credential");
    equal((await attempt(password.toUpperCase())).rule, "admission.credential");
  }),
);

Deno.test(
  "quirk Q7: a password in a file proves itself in both forms",
  withInventory(async (rig) => {
    ok((await rig.admit({ basic: basic("CP001", PASSWORD) })).admit);
    ok((await rig.admit({ basic: basic("CP001", Buffer.from(PASSWORD, "hex")) })).admit);
  }),
);

Deno.test(
  "quirk Q8: a password of any bytes proves itself, and nothing decodes it",
  withInventory(async (rig) => {
    const bytes = new Uint8Array([0x3a, 0xff, 0x00, 0x80, 0xc3, 0x28, ...Array(12).fill(0xfe)]);
    await rig.feature.parts.credentials.set("CP004", bytes, 0);
    const attempt = (secret: Uint8Array) =>
      rig.admit({ stationId: "CP004", source: "10.0.0.4", basic: basic("CP004", secret) });
    const other = Uint8Array.from(bytes);
    other[1] = 0xfd; // as text both would be the same
    equal([(await attempt(bytes)).admit, (await attempt(other)).admit], [true, false]);
  }),
);

Deno.test(
  "quirk Q9: another Basic user is refused, and taken with any-basic-user when the password is right",
  withInventory(async (rig) => {
    const asked = { basic: basic("somebody", PASSWORD) };
    equal((await rig.admit(asked)).rule, "admission.user-mismatch");
    match((await rig.command("why", { station: "CP001" })).text, /add "any-basic-user" to `ocpp.quirks` of CP001/);
    await change(rig, {}, { quirks: ["any-basic-user"] });
    ok((await rig.admit(asked)).admit);
    equal((await rig.admit({ basic: basic("somebody", "wrong") })).rule, "admission.credential");
  }),
);

Deno.test(
  "quirk Q12: a late end of the old connection does not close the newer one of the same id",
  withInventory(async (rig) => {
    const first = await rig.connect(), second = await rig.connect();
    ok(first.admit && second.admit);
    await rig.feature.handlers!["stations.left"]!({ session: first.session, why: "station-lost" });
    equal(rig.feature.parts.live.ofStation("CP001")?.session, second.session);
  }),
);

Deno.test(
  "quirk Q25: an offset of whole hours is named as local time sent as UTC",
  withInventory(async (rig) => {
    const learn = (clockOffsetSeconds: number) =>
      rig.feature.handlers!["stations.seen"]!({ stationId: "CP001", facts: { clockOffsetSeconds } });
    const text = async () => (await rig.command("why", { station: "CP001" })).text;
    await learn(7_210);
    match(await text(), /7210 s ahead, 2 h: it seems to send local time as UTC/);
    await learn(-5_400);
    ok(!/local time/.test(await text()));
    await learn(56 * 31_557_600);
    ok(!/local time/.test(await text()));
  }),
);

Deno.test(
  "quirks: what a maker is known for is on by itself, what changes the CSMS's reach is only suggested",
  withInventory(async (rig) => {
    await change(rig, { vendor: "EN-Plus" }, { quirks: ["no-deflate"] });
    const admission = await rig.admit();
    ok(admission.admit);
    equal(admission.quirks, ["no-deflate", "no-ping"]);
    equal(quirksOf({ vendor: "huawei", quirks: [] }), []);
    equal(vendorQuirks({ vendor: "Huawei" }, "suggested").length, 3);
    equal(quirksOf({ quirks: ["no-ping", "no-ping"] }), ["no-ping"]);
    const { data } = await rig.command("stations", {});
    equal((data as { id: string; quirks: string[] }[]).find(({ id }) => id === "CP001")!.quirks, [
      "no-deflate",
      "no-ping",
    ]);
  }),
);

Deno.test("quirks: every one says what it does and risks, and no maker is given one that weakens a proof", () => {
  equal([...QUIRK_NAMES], [...QUIRK_NAMES].sort());
  for (const name of QUIRK_NAMES) {
    const { id, text, risk } = QUIRKS[name];
    match(id, /^Q([1-9]|1\d|2[0-5])$/);
    ok(text.length > 30 && risk.length > 3, name);
  }
  for (const { use, quirks, evidence } of VENDOR_QUIRKS) {
    ok(/#\d+/.test(evidence), evidence);
    const weak = ["any-basic-user", "loose-path", "keep-availability", "keep-ping-interval", "no-profile-before-start"];
    ok(use === "suggested" || !quirks.some((name) => weak.includes(name)));
  }
});

Deno.test("quirks: a symptom names the quirk that fits it closest", () => {
  equal(
    ["unanswered Reset", "unanswered ChangeAvailability", "unanswered", "close 1009", "close 10091", "nothing", ""].map(
      quirkFor,
    ),
    ["close-when-mute", "keep-availability", "close-when-mute", "large-messages", undefined, undefined, undefined],
  );
});

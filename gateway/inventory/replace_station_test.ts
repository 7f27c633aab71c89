import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Admission } from "../core/control_api.ts";
import { replaceStation } from "./replace_station.ts";
import { ATTEMPT, basic, type InventoryRig, PASSWORD, withInventory } from "./testing/inventory_rig.ts";

const REASON = "water in the housing";
const base64 = (value: string): string => Buffer.from(value).toString("base64");

/** Replaces a station as eva; the serial numbers that were revoked beside the site CA's own. */
async function replace(rig: InventoryRig, args: Record<string, string | boolean>) {
  const revoked: string[] = [];
  const pki = {
    revokeStation: (_id: string, more: readonly string[]) => {
      revoked.push(...more);
      return Promise.resolve(more);
    },
  };
  const result = await replaceStation(rig.feature.parts, pki, { reason: REASON, ...args }, "eva");
  const { password } = result.data as { readonly password?: string };
  return { text: result.text, password: password ?? "", revoked };
}

const shown = (admission: Admission) =>
  admission.admit ? admission.upstreamChoices!.map(({ route }) => route.basic?.password) : admission.rule;

Deno.test(
  "station replace: the old password is dead at once, the new one works, the CSMS sees what it knows",
  withInventory(async (rig) => {
    const before = await rig.connect();
    ok(before.admit);
    rig.answers["stations.close"] = () => {
      rig.feature.handlers!["stations.left"]!({ session: before.session, why: "revoked" });
      return { closed: 1 };
    };
    const { text, password } = await replace(rig, { station: "CP001" });
    equal(rig.calls.filter(({ method }) => method === "stations.close").map(({ args }) => args), [
      { stationIds: ["CP001"], why: "its hardware was replaced" },
    ]);
    equal(shown(await rig.admit()), "admission.credential");
    const admitted = await rig.admit({ basic: basic("CP001", password) });
    equal(shown(admitted), [base64(PASSWORD)]); // never the new one: it is no business of the CSMS
    match(text, /Handover for CP001[^]*wss:\/\/127\.0\.0\.1:8444\/ocpp\/CP001[^]*security profile 2/);
    ok(text.includes(password) && !text.includes(PASSWORD));
    const record = rig.audited.find(({ event }) => event === "station.entry.replaced")!;
    equal([record.who, record.target, record.detail!["reason"]], ["eva", "CP001", REASON]);
    ok(!JSON.stringify(rig.audited).includes(password));
  }),
);

Deno.test(
  "station replace: what the gateway did at the old hardware is forgotten with it, and only once the command is taken",
  withInventory(async (rig) => {
    const forgotten: string[] = [];
    rig.feature.parts.hardware.forget = (id) => Promise.resolve(void forgotten.push(id));
    rig.answers["stations.close"] = () => ({ closed: 0 });
    await rejects(replace(rig, { station: "CP001", reason: "" }), { code: "STATION_INVALID" });
    equal(forgotten, []);
    await replace(rig, { station: "CP001" });
    equal(forgotten, ["CP001"]);
    rig.feature.parts.hardware.forget = () => Promise.reject(new Error("disk full"));
    await rejects(replace(rig, { station: "CP001" }), /disk full/); // told, so that it is run again
  }),
);

Deno.test(
  "station replace: a station whose password the gateway never kept needs a word about the CSMS",
  withInventory(async (rig) => {
    await rig.command("station adopt", { station: "CP009", profile: "2", protocols: "ocpp1.6" });
    rig.answers["stations.close"] = () => ({ closed: 0 });
    await rejects(replace(rig, { station: "CP009" }), /never kept/);
    equal(rig.audited.filter(({ event }) => event === "station.entry.replaced").length, 0);
    const both = { station: "CP009", "csms-password": base64("x".repeat(20)), "new-at-csms": true };
    await rejects(replace(rig, both), /exclude each other/);
    await rejects(replace(rig, { station: "CP009", "csms-password": base64("short") }), /5 bytes/);
    await rejects(replace(rig, { station: "CP009", "csms-password": "plain text, 20 chars" }), /as base64/);
    equal(rig.audited.filter(({ event }) => event === "station.entry.replaced").length, 0);
    const known = await replace(rig, { station: "CP009", "csms-password": base64("the-csms-knows-this-one\n") });
    const attempt = { stationId: "CP009", basic: basic("CP009", known.password) };
    equal(shown(await rig.admit(attempt)), [base64("the-csms-knows-this-one")]);
    await rig.command("station adopt", { station: "CP010", profile: "2", protocols: "ocpp1.6" });
    const byHand = await replace(rig, { station: "CP010", "new-at-csms": true });
    const own = await rig.admit({ stationId: "CP010", basic: basic("CP010", byHand.password) });
    equal(shown(own), [base64(byHand.password)]);
  }),
);

Deno.test(
  "station replace: the password that the CSMS knows may be any bytes, a line break at their end included (O-05)",
  withInventory(async (rig) => {
    rig.answers["stations.close"] = () => ({ closed: 0 });
    const odd = (last: number) => Buffer.from([0xff, 0x3a, 0x00, 0xc3, 0x28, ...new Array(14).fill(0x80), last]);
    const files = [
      [odd(0x0a), odd(0x0a)],
      [odd(0x01), odd(0x01)],
      [Buffer.concat([odd(0x01), Buffer.from("\n")]), odd(0x01)],
    ] as const;
    for (const [at, [content, wanted]] of files.entries()) {
      const station = `CP02${at}`;
      await rig.command("station adopt", { station, profile: "2", protocols: "ocpp1.6" });
      const { password } = await replace(rig, { station, "csms-password": content.toString("base64") });
      const admitted = await rig.admit({ stationId: station, basic: basic(station, password) });
      equal(shown(admitted), [wanted.toString("base64")]);
    }
  }),
);

Deno.test(
  "station replace: with a password of its own upstream nothing changes there",
  withInventory(async (rig) => {
    rig.answers["stations.close"] = () => ({ closed: 0 });
    const { password } = await replace(rig, { station: "CP004" });
    const admitted = await rig.admit({ stationId: "CP004", basic: basic("CP004", password) });
    equal(shown(admitted), [base64("upstream-secret-of-cp004")]);
  }),
);

Deno.test(
  "station replace: a station with a certificate has the last one revoked, whoever signed it",
  withInventory(async (rig) => {
    const certificate = { commonName: "CP003", fingerprint: "ab", serial: "0badc0de" };
    const { basic: _none, ...attempt } = ATTEMPT;
    const admission = await rig.feature.handlersFor!("ocpp-0")["stations.admit"]!({
      ...{ ...attempt, stationId: "CP003", certificate, offeredProtocols: ["ocpp2.0.1"] },
    });
    equal(admission.admit, true);
    rig.answers["stations.close"] = () => ({ closed: 0 });
    const { revoked, text } = await replace(rig, { station: "CP003" });
    equal(revoked, ["0badc0de"]);
    match(text, /cert issue --station CP003/);
    equal(rig.feature.parts.facts.of("CP003"), {});
  }),
);

Deno.test(
  "station replace: bindings are checked, and hold until site.yaml has others",
  withInventory(async (rig) => {
    rig.answers["stations.close"] = () => ({ closed: 0 });
    const { stations } = rig.feature.parts;
    await rejects(replace(rig, { station: "CP001", reason: " " }), /reason of 1 to 200/);
    await rejects(replace(rig, { station: "CP001", mac: "no mac" }), /mac: /);
    await rejects(replace(rig, { station: "CP004", address: "10.0.0.1" }), /station "CP001"/);
    await replace(rig, { station: "CP001", mac: "02:00:00:00:00:99", address: "10.0.0.9", serial: "S-2" });
    const { mac, address, serial } = stations.get("CP001")!;
    equal([mac, address, serial], ["02:00:00:00:00:99", "10.0.0.9", "S-2"]);
    equal(stations.all().find(({ id }) => id === "CP001")!.address, "10.0.0.9");
    await rejects(replace(rig, { station: "CP001" }), /bound to the MAC address 02:00:00:00:00:99/);
    const again = await (await import("./stations.ts")).Stations.open(rig.store, rig.context.site);
    equal(again.get("CP001")!.mac, "02:00:00:00:00:99");
    const site = structuredClone(rig.context.site);
    site.stations.find(({ id }) => id === "CP001")!.address = "10.0.0.77";
    again.reconfigure(site);
    equal(again.get("CP001")!.address, "10.0.0.77");
  }),
);

Deno.test(
  "station replace: the file's old content stays dead, a new content is in force, and `station credential` works",
  withInventory(async (rig) => {
    rig.answers["stations.close"] = () => ({ closed: 0 });
    const { password } = await replace(rig, { station: "CP001" });
    const { credentials, stations } = rig.feature.parts;
    const station = stations.get("CP001")!;
    const bytes = (text: string) => new TextEncoder().encode(text);
    const files = (text: string) => ({ bytes: () => bytes(text), text: () => text });
    equal(await credentials.kindOf(station, rig.context.files), "machine");
    equal(await credentials.proves(station, bytes(PASSWORD), rig.context.files), false);
    equal(await credentials.proves(station, bytes("a new content of it"), files("a new content of it")), true);
    equal(await credentials.proves(station, bytes(password), files("a new content of it")), false);
    const renewed = (await rig.command("station credential", { station: "CP001" })).data as { password: string };
    equal(await credentials.proves(station, bytes(renewed.password), rig.context.files), true);
  }),
);

Deno.test(
  "station upstream: shows what the CSMS set without a secret, and forgets it when told to",
  withInventory(async (rig) => {
    rig.answers["stations.close"] = () => ({ closed: 0 });
    await replace(rig, { station: "CP001" });
    const { upstreamCommand } = await import("./upstream/upstream_command.ts");
    const show = (args: Record<string, string | boolean>) => upstreamCommand(rig.feature.parts, args, "eva");
    const { text } = await show({ station: "CP001" });
    match(text, /CP001 at main[^]*In force: password, set /);
    ok(!text.includes(PASSWORD) && !text.includes(base64(PASSWORD)));
    await show({ station: "CP001", reset: true });
    match((await show({ station: "CP001" })).text, /In force: as configured/);
    equal(rig.audited.at(-1)!.event, "station.upstream.reset");
  }),
);

Deno.test(
  "station replace: a connection of the old hardware that was admitted and is not open yet is closed when it opens",
  withInventory(async (rig) => {
    const admission = await rig.admit();
    ok(admission.admit);
    rig.answers["stations.close"] = () => ({ closed: 0 });
    await replace(rig, { station: "CP001" });
    await rig.entered(admission.session);
    const closed = rig.calls.filter(({ method }) => method === "sessions.close").map(({ args }) => args);
    equal(closed.map((args) => (args as { readonly sessions: readonly string[] }).sessions), [[admission.session]]);
    equal(rig.feature.parts.live.ofStation("CP001"), undefined);
  }),
);

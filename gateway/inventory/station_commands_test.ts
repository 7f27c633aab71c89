import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { CommandResult } from "../control/contract.ts";
import { basic, withInventory } from "./testing/inventory_rig.ts";

/** As `--json` prints it. */
const json = <T>({ data }: CommandResult): T => JSON.parse(JSON.stringify(data)) as T;

Deno.test(
  "stations: lists every station with its state, to people and to machines",
  withInventory(async ({ connect, command }) => {
    await connect();
    const result = await command("stations");
    match(result.text, /^station +state +profile +protocols +CSMS +since +from$/m);
    match(result.text, /^CP001 +connected +2 +ocpp1\.6 +main +2026-01-01T00:00:00\.000Z +10\.0\.0\.1$/m);
    match(result.text, /^CP003 +away +3 +ocpp2\.0\.1 +main +- +-$/m);
    const [first, second] = json<Record<string, unknown>[]>(result);
    deepEqual(first, {
      id: "CP001",
      connected: true,
      securityProfile: 2,
      protocols: ["ocpp1.6"],
      csms: "main",
      adopted: false,
      quirks: [],
      setByCsms: false,
      since: "2026-01-01T00:00:00.000Z",
      source: "10.0.0.1",
      facts: {},
    });
    deepEqual([second!["connected"], second!["since"], second!["source"]], [false, null, null]);
  }),
);

Deno.test(
  "stations: the inbox as data holds what was offered and no credential",
  withInventory(async ({ admit, command }) => {
    await admit({ stationId: "NEW1", basic: basic("NEW1", "factory-secret"), userAgent: "u".repeat(200) });
    const result = await command("stations", { inbox: true });
    const [entry] = json<Record<string, unknown>[]>(result);
    deepEqual([entry!["stationId"], entry!["attempts"], entry!["credential"]], ["NEW1", 1, "basic"]);
    equal(String(entry!["userAgent"]).length, 128);
    equal(JSON.stringify(result).includes("factory-secret"), false);
    equal(JSON.stringify(result).includes(btoa("factory-secret")), false);
  }),
);

Deno.test(
  "inbox: at most eight offered versions are kept, and the sightings are counted",
  withInventory(async ({ admit, feature }) => {
    for (const count of [8, 9]) {
      await admit({ stationId: "NEW1", offeredProtocols: Array.from({ length: count }, (_, i) => `p${i}`) });
      equal(feature.parts.inbox.get("NEW1")!.offeredProtocols.length, 8);
    }
    equal(feature.parts.inbox.get("NEW1")!.attempts, 2);
  }),
);

Deno.test(
  "inbox: a sighting is written once a minute, not one millisecond earlier, and survives a restart",
  withInventory(async ({ admit, store, time }) => {
    let writes = 0;
    const commit = store.commit.bind(store);
    store.commit = (mutations) => {
      writes++;
      return commit(mutations);
    };
    const again = () => admit({ stationId: "NEW1", basic: undefined as never });
    await again();
    time.advance(59_999);
    await again();
    equal(writes, 1);
    time.advance(1);
    await again();
    equal(writes, 2);
    const { AdoptionInbox } = await import("./adoption_inbox.ts");
    const reopened = await AdoptionInbox.open(store, time);
    deepEqual([reopened.get("NEW1")?.attempts, reopened.get("NEW1")?.credential], [3, "none"]);
  }),
);

const BAD: readonly { name: string; args: Record<string, string>; says: RegExp }[] = [
  { name: "an id with a slash", args: { station: "A/B", protocols: "ocpp1.6" }, says: /Cannot adopt "A\/B": id/ },
  { name: "no version at all", args: { station: "N" }, says: /protocols/ },
  { name: "one unknown version of two", args: { station: "N", protocols: "ocpp1.6,ocpp9" }, says: /protocols/ },
  {
    name: "a profile that is no number",
    args: { station: "N", protocols: "ocpp1.6", profile: "two" },
    says: /securityProfile/,
  },
  {
    name: "profile 0, which needs an address in site.yaml",
    args: { station: "N", protocols: "ocpp1.6", profile: "0" },
    says: /profile 0/,
  },
  { name: "an empty profile", args: { station: "N", protocols: "ocpp1.6", profile: "" }, says: /profile/ },
];
for (const { name, args, says } of BAD) {
  Deno.test(
    `station adopt: refuses ${name} and changes nothing`,
    withInventory(async ({ command, audited, feature }) => {
      await rejects(command("station adopt", args), { code: "STATION_INVALID", message: says });
      deepEqual([audited, feature.parts.stations.get(args["station"]!)], [[], undefined]);
    }),
  );
}

Deno.test(
  "station adopt: the id of a decommissioned station is another device's only after a person says so",
  withInventory(async ({ command, feature }) => {
    await feature.parts.stations.erased.add("N", 1);
    const args = { station: "N", protocols: "ocpp1.6" };
    await rejects(command("station adopt", args), { code: "STATION_INVALID", message: /was decommissioned/ });
    await feature.parts.stations.erased.readmit("N", 2);
    await command("station adopt", args);
    equal(feature.parts.stations.isAdopted("N"), true);
  }),
);

Deno.test(
  "station adopt: takes the versions that the station offered and drops what is none",
  withInventory(async ({ admit, command, feature }) => {
    await admit({ stationId: "NEW1", offeredProtocols: ["ocpp2.0.1", "soap", "ocpp1.6"] });
    await command("station adopt", { station: "NEW1" });
    deepEqual(feature.parts.stations.get("NEW1")?.ocpp?.protocols, ["ocpp2.0.1", "ocpp1.6"]);
    equal(feature.parts.stations.isAdopted("NEW1"), true);
  }),
);

Deno.test(
  "station adopt: profile 3 gets no password, and is told how to get a certificate",
  withInventory(async ({ command, audited }) => {
    const result = await command("station adopt", { station: "NEW3", profile: "3", protocols: "ocpp2.0.1" });
    match(result.text, /cert issue --station NEW3 --csr FILE/);
    deepEqual(json(result), { station: "NEW3" });
    deepEqual(audited.map(({ event, who, target }) => [event, who, target]), [[
      "station.entry.adopted",
      "eva",
      "NEW3",
    ]]);
  }),
);

Deno.test(
  "station adopt: an adopted station is there after a restart, and site.yaml wins over it",
  withInventory(async ({ command, store, context }) => {
    await command("station adopt", { station: "NEW1", protocols: "ocpp1.6" });
    const { Stations } = await import("./stations.ts");
    const reopened = await Stations.open(store, context.site);
    equal(reopened.isAdopted("NEW1"), true);
    const [template] = context.site.stations;
    reopened.reconfigure({ ...context.site, stations: [{ ...template!, id: "NEW1", vendor: "bender" }] });
    deepEqual([reopened.isAdopted("NEW1"), reopened.get("NEW1")?.vendor], [false, "bender"]);
    deepEqual(reopened.all().map(({ id }) => id), ["NEW1"]);
  }),
);

for (const id of ["cp001", "CP001 ", "CP00", "CP0011", "CP%30%30%31", "", "__proto__"]) {
  Deno.test(
    `invariant 11: "${id}" names no station`,
    withInventory(async ({ command, feature }) => {
      equal(feature.parts.stations.get(id), undefined);
      await rejects(command("station record", { station: id }), { code: "STATION_UNKNOWN" });
    }),
  );
}

Deno.test(
  "station record: joins what every OCPP Worker has, or says that there is nothing",
  withInventory(async ({ command, answers, calls }) => {
    match((await command("station record", { station: "CP001" })).text, /Nothing is recorded of CP001/);
    answers["flight.export"] = () => ({ lines: '{"a":1}\n{"b":2}' });
    const result = await command("station record", { station: "CP001" });
    deepEqual(json(result), { lines: '{"a":1}\n{"b":2}' });
    deepEqual(calls.at(-1), { worker: "ocpp-0", method: "flight.export", args: { stationId: "CP001" } });
  }),
);

Deno.test(
  "station credential: is shown once, is new each time, and is in no record",
  withInventory(async ({ command, audited }) => {
    const password = async () =>
      json<{ password: string }>(await command("station credential", { station: "CP004" })).password;
    const [first, second] = [await password(), await password()];
    ok(first !== second && /^[0-9a-f]{40}$/.test(first));
    deepEqual(audited.map(({ event }) => event), ["station.credential.renewed", "station.credential.renewed"]);
    equal([first, second].some((secret) => JSON.stringify(audited).includes(secret)), false);
  }),
);

Deno.test(
  "why: as data it has the same steps, sentence and fix, and is not ok when a step is bad",
  withInventory(async ({ command, answers }) => {
    answers["handshake.last"] = () => ({});
    answers["upstream.probe"] = () => [{ step: "TCP", ok: false, detail: "connection refused" }];
    const result = await command("why", { station: "CP001" });
    const { steps, sentence, fix } = json<{ steps: { step: string; state: string }[]; sentence: string; fix: string }>(
      result,
    );
    deepEqual(steps.filter(({ state }) => state === "bad").map(({ step }) => step), ["CSMS TCP"]);
    match(sentence, /CP001 cannot charge because of CSMS TCP: connection refused/);
    match(fix, /Ask the operator of main/);
    equal(result.ok, false);
  }),
);

Deno.test(
  "why: a Worker that does not answer the probe is a bad step, not a fault of the command",
  withInventory(async ({ command, answers }) => {
    answers["handshake.last"] = () => ({});
    answers["upstream.probe"] = () => Promise.reject(new Error("upstream.probe was not answered in time"));
    match((await command("why", { station: "CP001" })).text, /probe +bad +upstream\.probe was not answered in time/);
  }),
);

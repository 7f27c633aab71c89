import { deepEqual, equal } from "node:assert/strict";
import { FakeNeighbours } from "../../hal/fakes.ts";
import { Site } from "../config/schema.ts";
import { nullLogger } from "../core/log.ts";
import { HardwareError } from "../core/errors.ts";
import { createInventoryFeature } from "./feature.ts";
import { neighbourOf } from "./station_neighbour.ts";
import { ATTEMPT, withInventory } from "./testing/inventory_rig.ts";

const MAC = "02:00:00:00:00:11";
const stationWith = (changes: object = {}, ocpp: object = {}) =>
  Site.parse({
    version: 1,
    site: { id: "lab" },
    stations: [{
      id: "CP0",
      mac: MAC.toUpperCase(),
      address: "10.0.0.1",
      ocpp: { protocols: ["ocpp1.6"], securityProfile: 0, csms: "main", ...ocpp },
      ...changes,
    }],
  }).stations[0]!;

Deno.test("neighbour: own, another's, or nobody's: what cannot be seen is unknown", async () => {
  const fake = new FakeNeighbours();
  const see = (station = stationWith(), neighbours: FakeNeighbours | undefined = fake) =>
    neighbourOf(station, "10.0.0.1", neighbours, nullLogger);
  equal(await see(), "unknown");
  fake.macs.set("10.0.0.1", MAC);
  equal(await see(), "own", "also when the configuration has capitals");
  fake.macs.set("10.0.0.1", "02:00:00:00:00:66");
  equal(await see(), "other");
  equal(await see(stationWith({ mac: undefined })), "unknown");
  equal(await neighbourOf(stationWith(), "10.0.0.1", undefined, nullLogger), "unknown", "without hald");
  const broken = { macOf: () => Promise.reject(new HardwareError("HAL_UNREACHABLE", "gone")) };
  equal(await neighbourOf(stationWith(), "10.0.0.1", broken, nullLogger), "unknown");
  const alone = stationWith({}, { binding: "address-alone-on-isolated-segment" });
  equal(await neighbourOf(alone, "10.0.0.1", broken, nullLogger), "unasked");
});

Deno.test(
  "profile 0: enters from its own address with its own network card, and by nothing else",
  withInventory(async ({ context, pki, audited }) => {
    const site = Site.parse({ ...JSON.parse(JSON.stringify(context.site)), stations: [stationWith()] });
    Object.assign(context, { site });
    const neighbours = new FakeNeighbours();
    const feature = await createInventoryFeature(context, pki, neighbours);
    const { basic: _, ...bare } = ATTEMPT;
    const attempt = { ...bare, stationId: "CP0", tls: false, listener: "127.0.0.1:8445" };
    const admit = async (changes: object = {}) => {
      const answer = await feature.handlersFor!("ocpp-0")["stations.admit"]!({ ...attempt, ...changes });
      return answer.admit ? answer.securityProfile : [answer.rule, answer.status, answer.retryAfterSeconds];
    };
    deepEqual(await admit(), ["admission.mac-unknown", 503, 30], "it may come again: hald may only be restarting");
    neighbours.macs.set("10.0.0.1", "02:00:00:00:00:66");
    deepEqual(await admit(), ["admission.mac", 401, undefined]);
    neighbours.macs.set("10.0.0.1", MAC).set("10.0.0.9", MAC);
    equal(await admit(), 0);
    deepEqual(await admit({ source: "10.0.0.9" }), ["admission.address", 401, undefined]);
    const refused = audited.filter(({ outcome }) => outcome === "refused").map(({ rule }) => rule);
    deepEqual(refused, ["admission.mac-unknown", "admission.mac", "admission.address"]);
    await feature.stop!();
  }),
);

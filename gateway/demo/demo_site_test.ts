import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import { systemClock } from "../core/clock.ts";
import { createAuthority } from "./demo_pki.ts";
import { writeDemoSite } from "./demo_site.ts";
import { createGarage } from "./garage.ts";
import { seededRandom } from "./seeded_random.ts";
import { ownPki } from "./station_pki.ts";

const PORTS = { console: 18443, tls: 18444, plain: 18445, metrics: 19464 };
const random = seededRandom(1);
const garage = createGarage(random, random);
const caPem = createAuthority("CSMS CA", systemClock.now(), random).certPem;

async function withSite(own: boolean, test: (loaded: Awaited<ReturnType<typeof loadSite>>, folder: string) => unknown) {
  const folder = await Deno.makeTempDir();
  try {
    const { configFile } = await writeDemoSite({
      ...{ folder, host: "127.0.0.1", ports: PORTS, garage, graceSeconds: 7 },
      csms: { url: "wss://127.0.0.1:9999/ocpp", caPem },
      ...(own ? { ownPki: ownPki("127.0.0.1", systemClock, random).files } : {}),
    });
    await test(await loadSite(configFile, diskReaders), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const own of [false, true]) {
  const pki = own ? "an authority of the operator" : "the site CA";
  Deno.test(`demo site: the gateway takes the generated site.yaml with certificates of ${pki}`, () =>
    withSite(own, ({ site }) => {
      equal(site.stations.length, garage.stations.length + 1);
      equal(site.ocpp!.listeners.length, 2);
      equal(site.ocpp!.listeners[0]!.tls!.identities?.length, own ? 1 : undefined);
      equal(site.ocpp!.csms[0]!.graceSeconds, 7);
      equal(site.console!.listen, "127.0.0.1:18443");
    }));
}

Deno.test("demo site: every station stands in it with its profile, and profile 3 without a station password", () =>
  withSite(false, ({ site }) => {
    for (const { id, protocol, securityProfile } of garage.stations) {
      const { ocpp } = site.stations.find((station) => station.id === id)!;
      deepEqual([ocpp!.protocols, ocpp!.securityProfile], [[protocol], securityProfile]);
      equal(ocpp!.passwordFile === undefined, securityProfile === 3);
      equal(ocpp!.upstreamPasswordFile !== undefined, securityProfile === 3);
    }
  }));

Deno.test("demo site: secrets are readable by their owner only", () =>
  withSite(true, async (_loaded, folder) => {
    for await (const { name } of Deno.readDir(`${folder}/secrets`)) {
      equal((await Deno.stat(`${folder}/secrets/${name}`)).mode! & 0o077, 0, name);
    }
  }));

Deno.test("demo garage: all three profiles over both versions, badges that repeat, passwords that do not", () => {
  const kinds = garage.stations.map(({ protocol, securityProfile }) => `${protocol}/${securityProfile}`);
  equal(new Set(kinds).size, 6);
  const again = createGarage(seededRandom(1), seededRandom(2));
  const other = createGarage(seededRandom(1), seededRandom(3));
  deepEqual(again.stations.map(({ badge }) => badge), other.stations.map(({ badge }) => badge));
  notDeepEqual(again.stations[0]!.password, other.stations[0]!.password);
  ok(again.stations.every(({ password }) => password.length >= 16 && password.length <= 40));
});

import { Buffer } from "node:buffer";
import { createHash, sign } from "node:crypto";
import { stringify } from "yaml";
import { GarageProcess } from "./garage_process.ts";
import type { DemoPorts } from "../../gateway/demo/demo_args.ts";
import { reservePorts } from "./gateway_process.ts";
import { LightCsms } from "./light_garage.ts";
import { TestCa, type TestCertificate } from "./test_ca.ts";
import { UpdatingStation } from "./updating_station.ts";

/** Password of all stations, in the file `password`. */
export const PASSWORD = "a-password-of-27-characters";
const SIZE = 48 * 1_024;

/** An image of the tests: its head says which version it brings, and whether it can be installed. */
export interface GarageImage {
  readonly version: string;
  readonly isGood: boolean;
  readonly sha256: string;
}

/** What site.yaml says besides, by the ports that are free: top-level keys, stations, and what is added to those that connect. */
export type MoreOfSite = (ports: { readonly console: number; readonly devicePages: number }) => {
  readonly stations: readonly Readonly<Record<string, unknown>>[];
  readonly [key: string]: unknown;
};

/** A gateway process with stations that really load and install, at one CSMS. */
export interface UpdatingSite {
  readonly folder: string;
  readonly stations: readonly UpdatingStation[];
  readonly csms: LightCsms;
  /** Most stations that were out of service at one time because they installed. */
  readonly mostOut: () => number;
  /** Ends the process as a power cut would, and starts it again. */
  crash(): Promise<void>;
  command<T = never>(
    name: string,
    args?: Record<string, string | boolean>,
    who?: string,
  ): Promise<{ text: string; data: T }>;
  /** Brings a signed image into the vault by the command line. */
  take(version: string, isGood: boolean): Promise<GarageImage>;
}

/** Runs a test with so many stations, the first `pairs` of them being pairs: two controllers in one unit. */
export async function withUpdatingSite(
  count: number,
  pairs: number,
  test: (site: UpdatingSite) => Promise<void>,
  more?: MoreOfSite,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-campaign-" });
  const ports = reservePorts();
  const server = new TestCa("Files of the garage"), root = new TestCa("Light firmware root");
  const signer = root.issue({}), served = server.server(["127.0.0.1"]);
  await using csms = await LightCsms.up(1_000);
  const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
  await write("password", PASSWORD);
  await write("roots.pem", root.pem);
  await write("served.pem", served.certPem);
  await write("served.key", served.keyPem);
  await write("site.yaml", siteYaml(count, pairs, ports, csms.url, more));
  const images = new Map<string, GarageImage>();
  const out = { now: 0, most: 0 };
  const stations: UpdatingStation[] = [];
  const garage = {
    url: `ws://127.0.0.1:${ports.plain}/ocpp`,
    password: PASSWORD,
    caPem: server.pem,
    judge: (image: Buffer) => images.get(createHash("sha256").update(image).digest("hex")),
    isThere: () => running.isThere,
    moved: () => {
      out.now = stations.filter(({ isOut }) => isOut).length;
      out.most = Math.max(out.most, out.now);
    },
  };
  const running = await GarageProcess.start(folder);
  for (const [at, id] of idsOf(count).entries()) {
    stations.push(new UpdatingStation(id, garage, sourceOf(at), at % 7 === 3));
  }
  const site: UpdatingSite = {
    ...{ folder, stations, csms },
    mostOut: () => out.most,
    crash: () => running.crash(),
    command: (name, args, who) => running.command(name, args, who),
    take: (version, isGood) => takeImage(site, folder, signer, images, version, isGood),
  };
  await running.withStations(stations, csms, () => test(site));
}

/** Makes an image, signs it and brings it into the vault. */
async function takeImage(
  site: UpdatingSite,
  folder: string,
  { key, certPem: certificate }: TestCertificate,
  images: Map<string, GarageImage>,
  version: string,
  isGood: boolean,
): Promise<GarageImage> {
  const bytes = Buffer.alloc(SIZE, `${isGood ? "GOOD" : "BAD"} ${version} `);
  const image = { version, isGood, sha256: createHash("sha256").update(bytes).digest("hex") };
  images.set(image.sha256, image);
  // What the command line does (tests/acceptance/firmware_images_test.ts), without a process of its own.
  const upload = image.sha256.slice(0, 32);
  await Deno.writeFile(`${folder}/data/firmware/uploads/${upload}`, bytes);
  const claim = { vendor: "light", version, certificate, signature: sign("sha256", bytes, key).toString("base64") };
  const taken = { ...claim, upload, file: `${version}.bin`, fileName: `${version}.bin`, accept: true };
  await site.command("firmware import", taken);
  return image;
}

const idsOf = (count: number) => Array.from({ length: count }, (_, at) => `CP${String(at).padStart(3, "0")}`);
const sourceOf = (at: number) => `127.71.${at >> 5}.${(at & 31) + 1}`;

function siteYaml(count: number, pairs: number, ports: DemoPorts, url: string, more?: MoreOfSite): string {
  const ocpp = { protocols: ["ocpp1.6"], securityProfile: 1, passwordFile: "password", csms: "main" };
  const isolated = { plaintext: "isolated-segment" };
  const added = more?.({ console: ports.console, devicePages: ports.metrics }) ?? { stations: [] };
  const own = new Map(added.stations.map((station) => [station["id"], station]));
  return stringify({
    ...added,
    version: 1,
    site: { id: "garage" },
    firmware: {
      listen: `127.0.0.1:${ports.tls}`,
      tls: { identities: [{ certFile: "served.pem", keyFile: "served.key" }] },
      parallelDownloads: 200,
      bandwidth: { siteKilobytesPerSecond: 500_000, stationKilobytesPerSecond: 50_000 },
      vendors: [{ vendor: "light", manufacturerRootsFile: "roots.pem", formats: ["bin"] }],
    },
    stations: [
      ...idsOf(count).map((id, at) => ({
        ...{ id, vendor: "light", model: "L1", ocpp },
        ...at < 2 * pairs ? { unit: `pair-${at >> 1}`, part: at % 2 === 0 ? "primary" : "secondary" } : {},
        ...own.get(id),
      })),
      ...added.stations.filter(({ id }) => !idsOf(count).includes(String(id))),
    ],
    ocpp: {
      listeners: [{ listen: `127.0.0.1:${ports.plain}`, ...isolated }],
      csms: [{ id: "main", url, ...isolated, graceSeconds: 0 }],
    },
  }, { aliasDuplicateObjects: false });
}

import { stringify } from "yaml";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { StrictCsms } from "../../gateway/demo/strict_csms.ts";
import { reservePorts } from "./gateway_process.ts";
import { TestCa } from "./test_ca.ts";

const HOST = "127.0.0.1";
/** The CSMS has an address of its own: the gateway's certificates never carry that of a CSMS (LC7). */
const CSMS_HOST = "127.0.0.9";
const DAY_MS = 86_400_000;
/** The stations, all of profile 3, with the loopback address of each. */
export const STATIONS = { CP001: "127.66.1.1", CP002: "127.66.1.2", CP003: "127.66.1.3" } as const;
const IDS = Object.keys(STATIONS) as (keyof typeof STATIONS)[];

/** The fields of an audit record that tests look at. */
export interface SeenRecord {
  readonly event: string;
  readonly who: string;
  readonly outcome: string;
  readonly rule?: string;
  readonly target?: string;
  readonly source?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * A running gateway with every kind of TLS that it serves: a console and two OCPP listeners, one with the operator's own
 * certificates (P-256 and RSA, and a second name), one with certificates of the site CA. Behind it a strict CSMS.
 */
export interface TlsSite {
  readonly gateway: GatewayProcess;
  readonly csms: StrictCsms;
  readonly consolePort: number;
  /** Listener "own": server certificates and stations' certificates come from `ownCa`. */
  readonly ownPort: number;
  /** Listener "site": both come from the site CA. */
  readonly sitePort: number;
  readonly ownCa: TestCa;
  readonly siteCaPem: string;
}

/** Runs a test with that gateway; a failure shows the gateway's last lines. */
export async function withTlsSite(test: (site: TlsSite) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-tls-" });
  const { console: consolePort, tls: ownPort, plain: sitePort } = reservePorts();
  const now = systemClock.now();
  const validity = { notBefore: now - DAY_MS, notAfter: now + 90 * DAY_MS };
  const ownCa = new TestCa("Own CA", validity);
  const password = new TextEncoder().encode("a-password-of-27-characters");
  const csms = await StrictCsms.start({
    ...{ host: CSMS_HOST, port: 0, badges: new Set<string>(), heartbeatSeconds: 60, clock: systemClock },
    passwords: new Map(IDS.map((id) => [id, password])),
  });
  const servers = {
    ec: ownCa.server(["localhost", HOST], validity),
    rsa: ownCa.server(["localhost", HOST], { ...validity, keyKind: "rsa2048" }),
    other: ownCa.server(["other.example", "*.wild.example"], validity),
  };
  const identities = Object.keys(servers).map((name) => ({ certFile: `${name}.pem`, keyFile: `${name}.key` }));
  let gateway: GatewayProcess | undefined;
  try {
    for (const [name, { certPem, keyPem }] of Object.entries(servers)) {
      await Deno.writeTextFile(`${folder}/${name}.pem`, certPem);
      await Deno.writeTextFile(`${folder}/${name}.key`, keyPem, { mode: 0o600 });
    }
    await Deno.writeTextFile(`${folder}/own-ca.pem`, ownCa.pem);
    await Deno.writeFile(`${folder}/password`, password, { mode: 0o600 });
    const configFile = `${folder}/site.yaml`;
    const site = {
      version: 1,
      site: { id: "scan", dataDir: "./data" },
      console: { listen: `${HOST}:${consolePort}`, hostname: "localhost" },
      stations: IDS.map((id) => ({
        ...{ id, vendor: "bender", model: "CC613", address: STATIONS[id] },
        ocpp: { protocols: ["ocpp1.6"], securityProfile: 3, csms: "main", upstreamPasswordFile: "password" },
      })),
      ocpp: {
        listeners: [
          { id: "own", listen: `${HOST}:${ownPort}`, tls: { identities, clientCaFile: "own-ca.pem" } },
          { id: "site", listen: `${HOST}:${sitePort}`, tls: { names: ["localhost"] } },
        ],
        csms: [{ id: "main", url: csms.url, plaintext: "isolated-segment", onLoss: "mirror-close", graceSeconds: 5 }],
      },
    };
    await Deno.writeTextFile(configFile, stringify(site));
    gateway = await GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
    const siteCaPem = ((await gateway.command("cert export-ca")).data as { readonly pem: string }).pem;
    await test({ gateway, csms, consolePort, ownPort, sitePort, ownCa, siteCaPem });
  } catch (error) {
    throw new Error(`${error}\nlast lines of the gateway:\n${gateway?.logTail(30)}`, { cause: error });
  } finally {
    await gateway?.stop();
    await csms.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The newest audit records, oldest first. */
export async function auditRecords({ gateway }: Pick<TlsSite, "gateway">): Promise<readonly SeenRecord[]> {
  const { data } = await gateway.command("audit tail", { lines: "500" });
  return (data as { readonly lines: readonly string[] }).lines.map((line) => JSON.parse(line) as SeenRecord);
}

/** A WebSocket upgrade of one station, followed by a byte that is no frame, so that an accepted connection ends too. */
export function upgradeRequest(stationId: string): string {
  const headers = ["Host: localhost", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  const more = ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: ocpp1.6"];
  return [`GET /ocpp/${stationId} HTTP/1.1`, ...headers, ...more, "", "no frame"].join("\r\n");
}

/** The HTTP status in what s_client printed. */
export function statusIn(output: string): number | undefined {
  const status = /HTTP\/1\.1 (\d{3}) /.exec(output)?.[1];
  return status === undefined ? undefined : Number(status);
}

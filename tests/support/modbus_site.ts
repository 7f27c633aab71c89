import { stringify } from "yaml";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { der, octetString, oid, sequence } from "../../gateway/pki/der_writer.ts";
import { EXTENSION } from "../../gateway/pki/extensions.ts";
import { faultingFlags } from "./faults.ts";
import { reservePorts } from "./gateway_process.ts";
import { TestCa, type TestCertificate, type TestCertificateOptions } from "./test_ca.ts";

const HOST = "127.0.0.1";
const DAY_MS = 86_400_000;

/** Rules that let a role read what is measured and move what is commanded. */
export const MODBUS_RULES_TEXT = `
- { id: reads, effect: allow, because: Measured values are for all who have a role, roles: [Reader, Manager], access: read, classes: [measured, commanded, protected] }
- { id: limits, effect: allow, because: The energy manager moves limits, roles: [Manager], access: write, classes: [commanded] }
- { id: legacy, effect: allow, because: The old panel shows meters, clients: [legacy], access: read, classes: [measured] }
`;

/** What a test chooses. */
export interface ModbusSiteOptions {
  readonly lines: readonly object[];
  readonly units: readonly object[];
  readonly rules?: string;
  /** More keys of the `modbus` section. */
  readonly more?: object;
  /** More top-level keys of site.yaml. */
  readonly site?: object;
  readonly plainHost?: string;
  readonly sources?: readonly string[];
  /** More keys of the Modbus/TCP Security listener. */
  readonly ems?: object;
  /** Only the Modbus/TCP Security listener: one trust zone. */
  readonly isTlsOnly?: boolean;
  /** With Workers that fail when a reload asks for it (faults.ts). */
  readonly isFaulting?: boolean;
  /** Runs before the site is started, for files of its own. */
  readonly prepare?: (folder: string) => Promise<void>;
}

/** A running gateway with a Modbus/TCP Security listener and a plaintext one, and the CA of its clients. */
export interface ModbusSite {
  gateway: GatewayProcess;
  readonly folder: string;
  readonly tlsPort: number;
  readonly plainPort: number;
  readonly metricsPort: number;
  readonly ca: TestCa;
  /** A client certificate; without a role the extension is left out. */
  client(commonName: string, role?: string, options?: TestCertificateOptions): TestCertificate;
  /** Writes another site.yaml of the same listeners, without telling the gateway. */
  rewrite(change: Partial<ModbusSiteOptions>): Promise<void>;
  /** Starts the gateway again after it was killed. */
  restart(): Promise<void>;
}

/** The role of a client as a certificate extension (MB-TCP-Security v36 R-20). */
export function roleExtension(role: string): Uint8Array {
  return sequence(oid(EXTENSION.modbusRole), octetString(der(0x0c, new TextEncoder().encode(role))));
}

/** Runs a test with that gateway; a failure shows the gateway's last lines. */
export async function withModbusSite(
  options: ModbusSiteOptions,
  test: (site: ModbusSite) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-modbus-" });
  const { tls: tlsPort, plain: plainPort, metrics: metricsPort } = reservePorts();
  const now = systemClock.now();
  const validity = { notBefore: now - DAY_MS, notAfter: now + 90 * DAY_MS };
  const ca = new TestCa("Modbus client CA", validity);
  const server = ca.server(["localhost", HOST], validity);
  const ports = { tlsPort, plainPort, metricsPort };
  let gateway: GatewayProcess | undefined;
  try {
    await Deno.writeTextFile(`${folder}/ca.pem`, ca.pem);
    await Deno.writeTextFile(`${folder}/server.pem`, server.certPem);
    await Deno.writeTextFile(`${folder}/server.key`, server.keyPem, { mode: 0o600 });
    await options.prepare?.(folder);
    const write = (changed: ModbusSiteOptions) => writeSite(folder, ports, changed);
    await write(options);
    const configFile = `${folder}/site.yaml`;
    const flags = options.isFaulting ? await faultingFlags(folder) : [];
    const start = () => GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers, flags });
    gateway = await start();
    const site: ModbusSite = {
      ...{ gateway, folder, ...ports, ca },
      restart: async () => void (site.gateway = gateway = await start()),
      client: (name, role, more) =>
        ca.client(name, {
          ...validity,
          ...role === undefined ? {} : { moreExtensions: [roleExtension(role)] },
          ...more,
        }),
      rewrite: (change) => write({ ...options, ...change }),
    };
    await test(site);
  } catch (error) {
    throw new Error(`${error}\nlast lines of the gateway:\n${gateway?.logTail(30)}`, { cause: error });
  } finally {
    await gateway?.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeSite(
  folder: string,
  { tlsPort, plainPort, metricsPort }: { tlsPort: number; plainPort: number; metricsPort: number },
  {
    lines,
    units,
    rules = MODBUS_RULES_TEXT,
    more = {},
    site = {},
    plainHost = HOST,
    sources,
    ems = {},
    isTlsOnly = false,
  }: ModbusSiteOptions,
): Promise<void> {
  const identities = [{ certFile: "server.pem", keyFile: "server.key" }];
  await Deno.writeTextFile(`${folder}/modbus-rules.yaml`, rules);
  const yaml = {
    version: 1,
    site: { id: "modbus-site", dataDir: "./data" },
    modbus: {
      listeners: [
        { id: "ems", listen: `${HOST}:${tlsPort}`, tls: { clientCaFile: "ca.pem", identities }, ...ems },
        ...isTlsOnly ? [] : [{
          ...{ id: "legacy", listen: `${plainHost}:${plainPort}`, plaintext: "isolated-segment" },
          ...sources ? { sources } : {},
        }],
      ],
      lines,
      units,
      rules: "modbus-rules.yaml",
      ...more,
    },
    telemetry: { metricsListen: `${HOST}:${metricsPort}` },
    ...site,
  };
  await Deno.writeTextFile(`${folder}/site.yaml`, stringify(yaml));
}

import { stringify } from "yaml";
import type { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { GarageProcess } from "./garage_process.ts";
import { reservePorts } from "./gateway_process.ts";
import { LightCsms, LightStation } from "./light_garage.ts";

const PASSWORD = "a-password-of-27-characters";

/** A gateway process with light stations at one CSMS, and a second CSMS beside it. */
export interface LightSite {
  /** The stations' own CSMS, `old` in site.yaml. */
  readonly old: LightCsms;
  /** The other one, `new` in site.yaml. */
  readonly next: LightCsms;
  readonly stations: readonly LightStation[];
  readonly gateway: GatewayProcess;
  /** Ends the process as a power cut would, and starts it again. */
  crash(): Promise<void>;
  command(name: string, args?: Record<string, string | boolean>): Promise<{ text: string; data: never }>;
}

/**
 * Runs a test with so many stations, all booted at their CSMS; `other` are more keys of the second CSMS, `more` further
 * sections of site.yaml.
 */
export async function withLightSite(
  count: number,
  other: Record<string, unknown>,
  test: (site: LightSite) => Promise<void>,
  more: Record<string, unknown> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-light-" });
  const { plain } = reservePorts();
  await using old = await LightCsms.up(1_000);
  await using next = await LightCsms.up(9_000);
  const ids = Array.from({ length: count }, (_, at) => `CP${String(at).padStart(3, "0")}`);
  await Deno.writeTextFile(`${folder}/site.yaml`, siteYaml(ids, plain, old.url, { ...other, url: next.url }, more));
  await Deno.writeTextFile(`${folder}/password`, PASSWORD, { mode: 0o600 });
  const url = `ws://127.0.0.1:${plain}/ocpp`;
  const stations = ids.map((id, at) =>
    new LightStation(id, url, PASSWORD, `127.70.${at >> 5}.${(at & 31) + 1}`, at % 50 === 7)
  );
  const garage = await GarageProcess.start(folder);
  const site: LightSite = {
    ...{ old, next, stations },
    get gateway() {
      return garage.gateway;
    },
    crash: () => garage.crash(),
    command: (name, args) => garage.command(name, args),
  };
  await garage.withStations(stations, old, () => test(site));
}

function siteYaml(
  ids: readonly string[],
  port: number,
  url: string,
  other: Record<string, unknown>,
  more: Record<string, unknown>,
): string {
  const csms = { plaintext: "isolated-segment", graceSeconds: 0 };
  const ocpp = { protocols: ["ocpp1.6"], securityProfile: 1, passwordFile: "password", csms: "old" };
  return stringify({
    version: 1,
    site: { id: "garage" },
    ...more,
    stations: ids.map((id) => ({ id, ocpp })),
    ocpp: {
      listeners: [{ listen: `127.0.0.1:${port}`, plaintext: "isolated-segment" }],
      csms: [{ ...csms, id: "old", url }, { ...csms, id: "new", ...other }],
    },
  }, { aliasDuplicateObjects: false });
}

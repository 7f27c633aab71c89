import { equal, match, ok } from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import type { StationAccess, StationSpec } from "../../gateway/demo/model.ts";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";
import { SimulatedStation } from "../../gateway/demo/station.ts";
import { StrictCsms } from "../../gateway/demo/strict_csms.ts";
import { runCommand } from "./run_command.ts";
import { START_FLAGS } from "./run_gateway.ts";
import { TestCa } from "./test_ca.ts";
import { waitFor } from "./wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const DAY_MS = 86_400_000;
/** The CSMS has an address of its own: the gateway's certificates never carry that of a CSMS (LC7). */
const CSMS_HOST = "127.0.0.7";

/** Certificates of these tests are valid now: the gateway is a process with the real clock. */
export function validNow(): { readonly notBefore: number; readonly notAfter: number } {
  const now = systemClock.now();
  return { notBefore: now - DAY_MS, notAfter: now + 300 * DAY_MS };
}

/** An example of examples/ on this machine: the same site.yaml but for places, with files of the test's own beside it. */
export class ExampleSite implements AsyncDisposable {
  readonly #stations: SimulatedStation[] = [];
  #gateway: GatewayProcess | undefined;

  private constructor(readonly folder: string) {}

  /** Makes a folder for the copy. */
  static async create(): Promise<ExampleSite> {
    return new ExampleSite(await Deno.makeTempDir({ prefix: "bulkhead-example-" }));
  }

  get configFile(): string {
    return `${this.folder}/site.yaml`;
  }

  get gateway(): GatewayProcess {
    return this.#gateway!;
  }

  /**
   * Copies site.yaml of an example with every `from` replaced by its `to`; nothing else of it changes.
   * @throws AssertionError when a `from` no longer occurs: the example has changed
   */
  async copy(example: string, places: readonly (readonly [from: string, to: string])[]): Promise<void> {
    let text = await Deno.readTextFile(`${ROOT}examples/${example}/site.yaml`);
    for (const [from, to] of places) {
      ok(text.includes(from), `examples/${example}/site.yaml names no ${from}`);
      text = text.replaceAll(from, to);
    }
    await Deno.writeTextFile(this.configFile, text);
  }

  /** Writes one of the files that site.yaml names; secrets for their owner only. */
  async write(file: string, content: string | Uint8Array): Promise<void> {
    const path = `${this.folder}/${file}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(path, bytes, { mode: file.startsWith("secrets/") ? 0o600 : 0o644 });
  }

  /** `check` finds nothing, and the gateway becomes ready. */
  async start(): Promise<void> {
    const args = ["check", "--config", this.configFile] as const;
    const checked = await runCommand([Deno.execPath(), "run", ...START_FLAGS, `${ROOT}main.ts`, ...args]);
    match(checked.stdout, /check: 0 faults, 0 warnings$/m, checked.stdout + checked.stderr);
    equal(checked.code, 0);
    const { configFile } = this;
    this.#gateway = await GatewayProcess.start({ configFile, dataDir: `${this.folder}/data`, timers: systemTimers });
  }

  /** A station that is switched on and reaches its CSMS through the gateway. */
  powerOn(
    spec: Omit<StationSpec, "vendor" | "model" | "powerWatts" | "badge">,
    access: StationAccess,
  ): SimulatedStation {
    const full = { ...spec, vendor: "example", model: "one", powerWatts: 11_000, badge: "BADGE-1" };
    const station = new SimulatedStation(full, access, {
      ...{ clock: systemClock, timers: systemTimers, random: seededRandom(7), meterMs: 100, energySpeed: 600 },
    });
    this.#stations.push(station);
    station.powerOn();
    return station;
  }

  /** Every station that was switched on boots, charges and stops; the CSMS has every session whole and saw no fault. */
  async chargeOnce(csms: StrictCsms): Promise<void> {
    const all = this.#stations;
    await waitFor("all stations to boot", () => all.every(({ view }) => view.state === "available"));
    for (const station of all) station.plugIn();
    const has = (id: string, test: (samples: number, ended: boolean) => boolean) =>
      csms.ledger.transactions.some(({ stationId, samples, stopWh }) =>
        stationId === id && test(samples, stopWh !== undefined)
      );
    await waitFor("meter values of all", () => all.every(({ spec }) => has(spec.id, (samples) => samples > 0)));
    for (const station of all) station.unplug();
    await waitFor("the end of all sessions", () => all.every(({ spec }) => has(spec.id, (_, ended) => ended)));
    equal(csms.faults.join("\n"), "");
  }

  /** Runs a test on it; a failure shows the stations and the gateway's last lines. */
  async during(test: () => Promise<void>): Promise<void> {
    try {
      await test();
    } catch (error) {
      const stations = this.#stations.map(({ view }) => `  | ${JSON.stringify(view)}`).join("\n");
      const log = this.#gateway?.logTail(25);
      throw new Error(`${error}\nstations:\n${stations}\nlast lines of the gateway:\n${log}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const station of this.#stations) await station.powerOff();
    await this.#gateway?.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The CSMS of an example. */
export interface ExampleCsms {
  readonly csms: StrictCsms;
  /** Its CA, which signs the gateway's client certificates too. */
  readonly ca: TestCa;
  /** Host and port. */
  readonly place: string;
  /** A station's password towards it, agreed later. */
  readonly learn: (id: string, password: string) => void;
}

/** A strictly validating CSMS behind TLS: stations with a password by Basic, the others by their client certificate. */
export async function startCsms(
  passwords: Readonly<Record<string, string>>,
  certificateOnly: readonly string[],
): Promise<ExampleCsms> {
  const ca = new TestCa("CSMS CA", validNow());
  const { certPem, keyPem } = ca.server([CSMS_HOST], validNow());
  const known = new Map(Object.entries(passwords).map(([id, text]) => [id, new TextEncoder().encode(text)]));
  const csms = await StrictCsms.start({
    ...{ host: CSMS_HOST, port: 0, badges: new Set(["BADGE-1"]), heartbeatSeconds: 60, clock: systemClock },
    tls: { certPem, keyPem, clientCaPem: ca.pem },
    passwords: known,
    certificateOnly: new Set(certificateOnly),
  });
  const learn = (id: string, password: string) => void known.set(id, new TextEncoder().encode(password));
  return { csms, ca, place: new URL(csms.url).host, learn };
}

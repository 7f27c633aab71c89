import { ok } from "node:assert/strict";
import { Site } from "../../gateway/config/schema.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { timeSettings } from "../../gateway/time/settings.ts";
import { connectHald, type HaldClient } from "../../hal/client.ts";
import { LinuxTimeService } from "../../hal/linux_time_service.ts";
import type { TimeReport } from "../../hal/time_service.ts";
import { TestCa } from "./test_ca.ts";
import { TestNet } from "./test_net.ts";
import { validNow } from "./example_site.ts";
import { waitFor } from "./wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/**
 *   "up": chronyd with NTS       "gw": what the site wants        "station"
 *        10.99.0.9  ------------- 10.99.0.2   10.20.0.1 ----------- 10.20.0.11
 */
export class TimeLab implements AsyncDisposable {
  readonly net = new TestNet();
  readonly ca = new TestCa("Time CA", validNow());
  up = "";
  gw = "";
  station = "";
  service!: LinuxTimeService;
  #hald: Deno.ChildProcess | undefined;
  #client: HaldClient | undefined;

  private constructor(readonly folder: string) {}

  static async make(): Promise<TimeLab> {
    const rig = new TimeLab(await Deno.makeTempDir({ prefix: "bulkhead-time-" }));
    const { net } = rig;
    [rig.up, rig.gw, rig.station] = [await net.add("up"), await net.add("gw"), await net.add("station")];
    await net.link("it0", rig.up, "10.99.0.9/24", rig.gw, "10.99.0.2/24");
    await net.ok(rig.up, "ip", "addr", "add", "10.99.0.8/24", "dev", "it0");
    await net.link("ot0", rig.gw, "10.20.0.1/24", rig.station, "10.20.0.11/24");
    rig.service = new LinuxTimeService({
      folder: `${rig.folder}/hald`,
      installedAs: `${rig.folder}/hald`,
      reportFile: `${rig.folder}/report`,
    }, systemClock);
    return rig;
  }

  /** Starts chronyd in a namespace; it leaves the machine's clock alone (-x). Ended by the returned function. */
  async chronyd(namespace: string, name: string, lines: readonly string[]): Promise<() => Promise<void>> {
    await Deno.mkdir(`${this.folder}/${name}`, { mode: 0o700, recursive: true });
    const own = [
      `bindcmdaddress ${this.folder}/${name}/c.sock`,
      `pidfile ${this.folder}/${name}/pid`,
      `ntsdumpdir ${this.folder}/${name}`,
      "cmdport 0",
      "user root",
    ];
    const config = `${this.folder}/${name}.conf`;
    await Deno.writeTextFile(config, [...lines, ...own, ""].join("\n"));
    const child = this.net.spawn(namespace, "chronyd", "-x", "-d", "-l", `${this.folder}/${name}.log`, "-f", config);
    await waitFor(`chronyd of ${name}`, async () => (await this.ask(namespace, name)).code === 0);
    return async () => {
      child.kill("SIGTERM");
      await child.status;
    };
  }

  ask(namespace: string, name: string) {
    const socket = `${this.folder}/${name}/c.sock`;
    return this.net.run(namespace, "chronyc", "-h", socket, "-c", "-N", "-m", "tracking", "sources", "authdata");
  }

  /** An NTS server for 10.99.0.9, and for the name time.test that nobody resolves here. */
  async server(ca = this.ca): Promise<() => Promise<void>> {
    const { certPem, keyPem } = ca.server(["time.test", "10.99.0.9"], validNow());
    await Deno.writeTextFile(`${this.folder}/up.pem`, certPem);
    await Deno.writeTextFile(`${this.folder}/up.key`, keyPem, { mode: 0o600 });
    const tls = [`ntsservercert ${this.folder}/up.pem`, `ntsserverkey ${this.folder}/up.key`];
    return await this.chronyd(this.up, "up", ["local stratum 5", "allow", ...tls]);
  }

  /** The box's chronyd, with what the gateway has hald write for this section of site.yaml. */
  async box(time: object): Promise<() => Promise<void>> {
    const zones = [{ id: "ot", role: "ot", interface: "ot0", address: "10.20.0.1/24" }];
    const site = Site.parse({ version: 1, site: { id: "g" }, network: { zones }, time });
    const files = { bytes: () => new Uint8Array(), text: () => this.ca.pem };
    ok(await this.service.apply(timeSettings(site, files)!));
    await this.net.ok(this.gw, "chronyd", "-p", "-f", `${this.folder}/hald/bulkhead.conf`);
    // the pool of the distribution, which must not be followed
    return await this.chronyd(this.gw, "gw", [
      "server 10.99.0.8 iburst minpoll 0 maxpoll 1",
      `confdir ${this.folder}/hald`,
    ]);
  }

  /** chrony asks its servers now: by itself it does so within a minute or two. */
  async hurry(): Promise<void> {
    await this.net.run(this.gw, "chronyc", "-h", `${this.folder}/gw/c.sock`, "burst", "2/4");
  }

  /** What hald reads, after chronyc has written it as its unit does. */
  async report(): Promise<TimeReport> {
    await Deno.writeTextFile(`${this.folder}/report`, (await this.ask(this.gw, "gw")).stdout);
    return await this.service.report();
  }

  /** What a station gets when it asks the box once. */
  query(address: string) {
    return this.net.run(
      this.station,
      "chronyd",
      "-t",
      "4",
      "-Q",
      "-f",
      "/dev/null",
      `server ${address} iburst maxsamples 1`,
    );
  }

  /** The real hald in the box, with the right to write chrony's configuration and to read its report. */
  async startHald(): Promise<HaldClient> {
    const chrony = {
      folder: `${this.folder}/hald`,
      installedAs: `${this.folder}/hald`,
      reportFile: `${this.folder}/report`,
    };
    const config = { callers: [{ user: Deno.uid(), may: ["read", "act"] }], chrony };
    await Deno.writeTextFile(`${this.folder}/hald.json`, JSON.stringify(config));
    const where = ["--socket", `${this.folder}/hal.sock`, "--config", `${this.folder}/hald.json`];
    const daemon = ["run", "-A", "--no-check", "--cached-only", `${ROOT}hal/daemon.ts`, ...where];
    this.#hald = this.net.spawn(this.gw, Deno.execPath(), ...daemon);
    this.#client ??= connectHald(`${this.folder}/hal.sock`, { clock: systemClock, timers: systemTimers });
    await this.#client.call("hald.hello", {}, { deadlineMs: 40_000 });
    return this.#client;
  }

  async killHald(): Promise<void> {
    this.#hald?.kill("SIGKILL");
    await this.#hald?.status;
  }

  /** chrony of the box reads what hald wrote, as bulkhead-chrony.service has it do. */
  async takeOver(): Promise<() => Promise<void>> {
    await this.net.ok(this.gw, "chronyd", "-p", "-f", `${this.folder}/hald/bulkhead.conf`);
    return await this.chronyd(this.gw, "gw", [`confdir ${this.folder}/hald`]);
  }

  /** chronyc writes its report, as bulkhead-chrony-report.service does; with chrony away the last one stays as it is. */
  async writeReport(ageSeconds = 0): Promise<void> {
    const { code, stdout } = await this.ask(this.gw, "gw");
    const file = `${this.folder}/report`;
    if (code === 0) await Deno.writeTextFile(file, stdout);
    const at = new Date(systemClock.now() - ageSeconds * 1_000);
    await Deno.utime(file, at, at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    await this.net[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A server that proves its time. */
export const PROVEN = { serve: ["ot"], upstream: [{ nts: "10.99.0.9", caFile: "ca.pem" }] };

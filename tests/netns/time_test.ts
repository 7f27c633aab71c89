import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Site } from "../../gateway/config/schema.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { timeSettings } from "../../gateway/time/settings.ts";
import { LinuxTimeService } from "../../hal/linux_time_service.ts";
import type { TimeReport } from "../../hal/time_service.ts";
import { TestCa } from "../support/test_ca.ts";
import { TestNet } from "../support/test_net.ts";
import { validNow } from "../support/example_site.ts";
import { waitFor } from "../support/wait_for.ts";

/**
 *   "up": chronyd with NTS       "gw": what the site wants        "station"
 *        10.99.0.9  ------------- 10.99.0.2   10.20.0.1 ----------- 10.20.0.11
 */
class Rig implements AsyncDisposable {
  readonly net = new TestNet();
  readonly ca = new TestCa("Time CA", validNow());
  up = "";
  gw = "";
  station = "";
  service!: LinuxTimeService;

  private constructor(readonly folder: string) {}

  static async make(): Promise<Rig> {
    const rig = new Rig(await Deno.makeTempDir({ prefix: "bulkhead-time-" }));
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
    await Deno.mkdir(`${this.folder}/${name}`, { mode: 0o700 });
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.net[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

const PROVEN = { serve: ["ot"], upstream: [{ nts: "10.99.0.9", caFile: "ca.pem" }] };

Deno.test("time: chrony follows an authenticated server alone, serves the OT zone and nobody else, and goes on without it", async () => {
  await using rig = await Rig.make();
  const endServer = await rig.server();
  await rig.box(PROVEN);
  const report = await waitFor("an authenticated source", async () => {
    const report = await rig.report();
    return report.sources.some(({ state, nts }) => state === "selected" && nts !== undefined) ? report : undefined;
  });
  equal(report.tracking?.stratum, 6);
  // the one without proof answers as well, and is not used
  const unproven = await waitFor("the other one", async () => {
    const found = (await rig.report()).sources.find(({ host }) => host === "10.99.0.8");
    return found?.isReachable ? found : undefined;
  });
  deepEqual([unproven.nts, unproven.state === "selected" || unproven.state === "combined"], [undefined, false]);
  const served = await rig.query("10.20.0.1");
  equal(served.code, 0, served.stderr);
  match(served.stdout + served.stderr, /System clock wrong by -?0\.00/);
  // the uplink's side is no zone of `serve`
  await rig.net.ok(rig.up, "ip", "route", "replace", "10.20.0.0/24", "via", "10.99.0.2");
  const stranger = await rig.net.run(
    rig.up,
    "chronyd",
    "-t",
    "4",
    "-Q",
    "-f",
    "/dev/null",
    "server 10.99.0.2 iburst maxsamples 1",
  );
  ok(stranger.code !== 0, "the box answers only its OT zone");
  await endServer();
  const alone = await rig.query("10.20.0.1");
  equal(alone.code, 0, `orphan mode: ${alone.stderr}`);
});

Deno.test("time: a server of another CA is not followed, and its report says that nothing proves it", async () => {
  await using rig = await Rig.make();
  await rig.server(new TestCa("Another CA", validNow()));
  await rig.box(PROVEN);
  const report = await waitFor("a key exchange in vain", async () => {
    const report = await rig.report();
    return report.sources.some(({ nts }) => nts !== undefined && nts.attempts > 0) ? report : undefined;
  });
  ok(report.sources.every(({ state }) => state !== "selected"));
  equal(report.sources.find(({ nts }) => nts)!.nts!.cookies, 0);
});

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { type FakeHald, startFakeHald } from "../../hal/fake_daemon.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { systemClock } from "../core/clock.ts";
import type { Service, WorkerContext } from "../core/conduit.ts";
import type { DhcpFact, KnownDevice, Lease } from "../core/dhcp_api.ts";
import { GatewayError } from "../core/errors.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import { systemTimers } from "../core/timers.ts";
import { decodeMessage, typeOf } from "./codec.ts";
import { startDhcp } from "./service.ts";
import { datagram, STRANGER, zoneConfig } from "./testing/engine_rig.ts";
import { ip, KNOWN, macOf } from "./testing/session_rig.ts";
import type { DhcpWorkerConfig, ZoneConfig } from "./worker_config.ts";

/** Control and hald as a test plays them, and the Worker's service between them. */
class Rig implements AsyncDisposable {
  readonly facts: DhcpFact[] = [];
  readonly stored: Lease[] = [];
  readonly devices: Record<string, readonly KnownDevice[]> = { ot: KNOWN };
  leases: Lease[] = [];
  commitFault: Error | undefined;
  hald!: FakeHald;
  service!: Service<DhcpWorkerConfig>;
  readonly folder = Deno.makeTempDirSync({ prefix: "bulkhead-dhcp-service-" });

  static async start(
    zones: readonly ZoneConfig[] = [zoneConfig()],
    prepare: (rig: Rig) => void = () => {},
  ): Promise<Rig> {
    const rig = new Rig();
    prepare(rig);
    rig.hald = await startFakeHald(`${rig.folder}/hal.sock`);
    rig.service = await startDhcp({
      ...{ name: "dhcp", config: rig.config(zones), log: nullLogger, metrics: nullMetrics as never },
      ...{ clock: systemClock, timers: systemTimers, random: { bytes: (length: number) => new Uint8Array(length) } },
      control: { call: (method: string, args: never) => rig.#control(method, args), notify: () => {}, close: () => {} },
    } as unknown as WorkerContext<DhcpWorkerConfig>);
    return rig;
  }

  config(zones: readonly ZoneConfig[]): DhcpWorkerConfig {
    return { hald: `${this.folder}/hal.sock`, zones };
  }

  /** The open link of an interface, once somebody listens. */
  async link(name = "ot0") {
    return await waitFor(`the link ${name}`, () =>
      this.hald.packets.opened.find(({ request, isHeard, isClosed }) => {
        return request.interface === name && isHeard && !isClosed;
      }));
  }

  /** A device says something; gives the answers of the link so far. */
  async say(
    said: Parameters<typeof datagram>[0],
    count: number,
    name = "ot0",
  ): Promise<readonly (string | undefined)[]> {
    const link = await this.link(name);
    link.hear({ kind: "datagram", datagram: datagram(said) });
    await waitFor("the answer", () => link.sent.length >= count);
    return link.sent.map(({ payload }) => typeOf(decodeMessage(payload)));
  }

  call<T>(name: "dhcp.devices" | "dhcp.forget" | "dhcp.state", args: object): T {
    return (this.service.handlers![name] as (args: object) => T)(args);
  }

  #control(
    method: string,
    args: { readonly leases?: Lease[]; readonly facts?: DhcpFact[]; readonly after?: { address: number } },
  ) {
    if (method === "dhcp.open") return Promise.resolve({ devices: this.devices });
    if (method === "dhcp.facts") return Promise.resolve(void this.facts.push(...args.facts!));
    if (method === "dhcp.commit") {
      return this.commitFault
        ? Promise.reject(this.commitFault)
        : Promise.resolve(void this.stored.push(...args.leases!));
    }
    const from = args.after === undefined
      ? 0
      : this.leases.findIndex(({ address }) => address === args.after!.address) + 1;
    return Promise.resolve({ leases: this.leases.slice(from, from + 2), more: from + 2 < this.leases.length });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.drain(1_000);
    await this.hald.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

const REQUEST = { type: "request", server: ip(1), requested: ip(11) } as const;
const lease = (last: number): Lease => ({
  ...{ zone: "ot", address: ip(last), mac: macOf(last), state: "bound", kind: "pool" },
  ...{ since: 0, renewedAt: 0, expiresAt: Date.UTC(2040, 0, 1) },
});

Deno.test("dhcp Worker: a device binds through hald, its lease at control first; what happened is told", async () => {
  await using rig = await Rig.start();
  equal(await rig.say({}, 1), ["offer"]);
  equal(await rig.say(REQUEST, 2), ["offer", "ack"]);
  equal(rig.stored.map(({ address }) => address), [ip(11)]);
  await waitFor("the facts", () => rig.facts.some(({ kind }) => kind === "granted"));
  equal([rig.service.health().state, rig.service.listening], ["ok", { "dhcp ot": "server@ot0" }]);
});

Deno.test("dhcp Worker: leases of many pages are known before the first answer", async () => {
  await using rig = await Rig.start([zoneConfig()], (one) => void (one.leases = [100, 101, 102, 103, 104].map(lease)));
  const { zones } = rig.call<{ zones: { leases: number }[] }>("dhcp.state", {});
  equal(zones[0]!.leases, 5);
});

Deno.test("dhcp Worker: the kernel's meter lets known devices pass and is set again when they change", async () => {
  await using rig = await Rig.start();
  await waitFor("the meter", () => rig.hald.packets.meters.length === 1);
  const { interface: name, perMac, others, known } = rig.hald.packets.meters[0]!;
  equal([name, perMac, others, known], ["ot0", 10, 400, [0x11, 0x12, 0x13].map(macOf)]);
  rig.call("dhcp.devices", { devices: { ot: [{ name: "new", isStation: false, mac: STRANGER, address: ip(77) }] } });
  await waitFor("the new meter", () => rig.hald.packets.meters.length === 2);
  equal(rig.hald.packets.meters[1]!.known, [STRANGER]);
  equal(await rig.say({ mac: STRANGER }, 1), ["offer"], "and is served at once");
});

Deno.test("dhcp Worker: without the meter it serves, and its health says what it lacks", async () => {
  await using rig = await Rig.start();
  await rig.link();
  rig.hald.packets.refuse = new Error("no nft");
  rig.call("dhcp.devices", { devices: rig.devices });
  await waitFor("the health", () => rig.service.health().state === "degraded");
  match(rig.service.health().why!, /ot: no meter in the kernel/);
  equal(await rig.say({}, 1), ["offer"]);
});

Deno.test("dhcp Worker: while leases cannot be stored nobody gets one, and health says so until one could", async () => {
  await using rig = await Rig.start();
  rig.commitFault = new Error("the disk is full");
  const link = await rig.link();
  link.hear({ kind: "datagram", datagram: datagram(REQUEST) });
  await waitFor("the health", () => rig.service.health().state === "degraded");
  match(rig.service.health().why!, /leases cannot be stored: .*disk is full/);
  equal(link.sent, []);
  rig.commitFault = undefined;
  equal(await rig.say(REQUEST, 1), ["ack"]);
  equal(rig.service.health().state, "ok");
});

Deno.test("dhcp Worker: one that was superseded closes its links, so that two never answer", async () => {
  await using rig = await Rig.start();
  rig.commitFault = new GatewayError("DHCP_SUPERSEDED", "another one serves");
  const link = await rig.link();
  link.hear({ kind: "datagram", datagram: datagram(REQUEST) });
  await waitFor("the end of the link", () => link.isClosed);
  equal(rig.service.health(), { state: "degraded", why: "a newer Worker serves" });
});

Deno.test("dhcp Worker: hald that goes and comes back is served again by itself, and in between health says which zone", async () => {
  await using rig = await Rig.start();
  await rig.link();
  await rig.hald.close();
  await waitFor("the health", () => rig.service.health().state === "degraded");
  match(rig.service.health().why!, /^ot: /);
  rig.hald = await startFakeHald(`${rig.folder}/hal.sock`);
  equal(await rig.say({}, 1), ["offer"]);
  await waitFor("the health", () => rig.service.health().state === "ok");
});

Deno.test("dhcp Worker: a changed zone is served anew, one that went is closed and its meter taken away, the rest go on", async () => {
  const second = zoneConfig({ zone: "ot2", interface: "ot1" });
  await using rig = await Rig.start([zoneConfig(), second]);
  const [kept, gone] = [await rig.link("ot0"), await rig.link("ot1")];
  await waitFor("the meters", () => rig.hald.packets.meters.length === 2);
  await rig.service.reconfigure!(rig.config([zoneConfig(), zoneConfig({ zone: "ot3", interface: "ot2" })]));
  await rig.link("ot2");
  await waitFor("the end of the old zone", () => gone.isClosed);
  equal(kept.isClosed, false);
  await waitFor(
    "the meter to be gone",
    () => rig.hald.packets.meters.some((meter) => meter.interface === "ot1" && meter.remove),
  );
  await rig.service.reconfigure!(rig.config([zoneConfig({ perMac: 20 })]));
  await waitFor("the link to be opened anew", () => kept.isClosed);
  await waitFor(
    "its new meter",
    () => rig.hald.packets.meters.some((meter) => meter.interface === "ot0" && meter.perMac === 20),
  );
  equal(rig.hald.packets.meters.some((meter) => meter.interface === "ot0" && meter.remove), false);
});

Deno.test("dhcp Worker: a lease that a person took away is forgotten in its zone alone", async () => {
  const second = zoneConfig({ zone: "ot2", interface: "ot1" });
  const both = (one: Rig) => void (one.leases = [lease(100), { ...lease(100), zone: "ot2" }]);
  await using rig = await Rig.start([zoneConfig(), second], both);
  rig.call("dhcp.forget", { zone: "ot", addresses: [ip(100)] });
  const { worker, zones } = rig.call<{ worker: string; zones: { zone: string; leases: number }[] }>("dhcp.state", {});
  equal([worker, ...zones.map(({ zone, leases }) => `${zone} ${leases}`)], ["dhcp", "ot 0", "ot2 1"]);
});

Deno.test("dhcp Worker: a drain closes every link and sends what is still to be told", async () => {
  const rig = await Rig.start();
  const link = await rig.link();
  link.hear({ kind: "datagram", datagram: datagram({ mac: STRANGER }) });
  equal(await rig.say({}, 1), ["offer"], "what came before it was heard too");
  await rig[Symbol.asyncDispose]();
  await waitFor("the end of the link", () => link.isClosed);
  equal(rig.facts.flatMap((fact) => fact.kind === "refused" ? [fact.mac] : []), [STRANGER]);
});

import type { DeviceControlApi, DeviceSession } from "../../core/device_api.ts";
import type { Caller } from "../../core/people_api.ts";
import type { AccessLease, NewGrant } from "../../core/people_access_api.ts";
import type { RpcArgs, RpcResult } from "../../core/rpc.ts";
import { PeopleRig, type PeopleRigOptions, SOURCE } from "./people_rig.ts";

/** A technician's grant for two stations that needs no proof. */
export const DEVICE_GRANT: NewGrant = {
  id: "field-7",
  who: { role: "technician" },
  stations: { all: true },
  deviceRoles: ["installer"],
  capabilities: ["view", "edit"],
  when: { kind: "always" },
  secondFactor: false,
  maxMinutes: 60,
  because: "Service contract 2026",
};

/** Pages of both stations by name and by port. */
export const DEVICE_SITE = {
  console: {
    listen: "127.0.0.1:8443",
    hostname: "gw.lab.example",
    devicePages: { listen: "127.0.0.1:8447", ports: "9401-9410" },
  },
  stations: [
    {
      id: "CP001",
      vendor: "bender",
      ui: { url: "https://10.20.0.11", driver: "bender", alsoAt: ["https://10.20.0.11:81"] },
    },
    { id: "CP002", vendor: "schneider", ui: { url: "https://10.20.0.12", driver: "evlink-parking" } },
    { id: "CP003" },
  ],
};

/** The origins of DEVICE_SITE. */
export const ORIGIN = "https://cp001.gw.lab.example:8447";
export const ORIGIN_81 = "https://cp001--p81.gw.lab.example:8447";
export const ORIGIN_2 = "https://cp002.gw.lab.example:8447";

/** People with stations that have pages, and the Worker that carries them as it calls control. */
export class DeviceRig implements AsyncDisposable {
  private constructor(
    readonly people: PeopleRig,
    readonly anna: Caller,
    readonly eva: Caller,
    /** What the Workers were told: sessions and rule. */
    readonly ended: { readonly sessions: readonly string[]; readonly rule: string }[],
    readonly options: PeopleRigOptions,
  ) {}

  /** @param carried what the Worker says when it joins */
  static async open(
    grant: Partial<NewGrant> = {},
    carried: () => readonly string[] = () => [],
    more: Pick<PeopleRigOptions, "dataDir" | "people"> = {},
  ): Promise<DeviceRig> {
    const ended: { readonly sessions: readonly string[]; readonly rule: string }[] = [];
    const options: PeopleRigOptions = {
      ...more,
      site: DEVICE_SITE,
      workers: {
        "device.ended": (args: { readonly sessions: readonly string[]; readonly rule: string }) => {
          ended.push(args);
          return { ended: args.sessions.length };
        },
        "device.carried": () => ({ sessions: carried() }),
      },
    };
    const people = await PeopleRig.open(options);
    const eva = people.by((await people.person("eva", "administrator")).token);
    const anna = people.by((await people.person("anna", "technician")).token);
    await people.call("people.grant.add", { by: eva, grant: { ...DEVICE_GRANT, ...grant } });
    return new DeviceRig(people, anna, eva, ended, options);
  }

  /** What the Worker asks, over JSON. */
  async ask<M extends keyof DeviceControlApi>(
    method: M,
    args: RpcArgs<DeviceControlApi, M>,
    worker = "ui_proxy",
  ): Promise<RpcResult<DeviceControlApi, M>> {
    const handlers = this.people.feature.handlersFor!(worker) as Record<string, (args: unknown) => unknown>;
    const answer = await handlers[method]!(JSON.parse(JSON.stringify(args)));
    return (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))) as RpcResult<DeviceControlApi, M>;
  }

  /** An opened way. */
  async lease(station = "CP001", by = this.anna): Promise<AccessLease> {
    const wish = { station, deviceRole: "installer", capability: "view" } as const;
    return await this.people.call("people.access.open", { by, wish, reason: "meter replaced" });
  }

  /** The text of a ticket for an opened way. */
  async ticket(lease: AccessLease, by = this.anna, host = "gw.lab.example"): Promise<string> {
    const { url } = await this.people.call("device.open", { by, lease: lease.id, host });
    return new URL(url).searchParams.get("ticket")!;
  }

  /** A device session, as a browser gets one. */
  async enter(
    lease?: AccessLease,
    { source = SOURCE, worker = "ui_proxy" } = {},
  ): Promise<{ readonly token: string; readonly session: DeviceSession; readonly lease: AccessLease }> {
    const way = lease ?? await this.lease();
    const ticket = await this.ticket(way);
    return { ...await this.ask("device.enter", { ticket, origin: ORIGIN, source }, worker), lease: way };
  }

  async check(token: string, origin = ORIGIN, worker = "ui_proxy", source = SOURCE): Promise<DeviceSession> {
    return await this.ask("device.check", { token, origin, source }, worker);
  }

  /** The same gateway after a restart. */
  async restart(): Promise<DeviceRig> {
    const people = await this.people.restart(this.options);
    return new DeviceRig(people, this.anna, this.eva, this.ended, this.options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.people[Symbol.asyncDispose]();
  }
}

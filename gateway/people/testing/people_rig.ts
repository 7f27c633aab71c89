import { TOTP } from "otpauth";
import type { TamperState } from "../../../hal/tamper_inputs.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { Site } from "../../config/schema.ts";
import type { CommandResult, ControlContext, ControlFeature } from "../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import type { Caller, LoginStep, PeopleApi } from "../../core/people_api.ts";
import type { RpcArgs, RpcResult } from "../../core/rpc.ts";
import { systemRandom } from "../../core/timers.ts";
import { openStore } from "../../store/kv_store.ts";
import { createSealer } from "../../store/sealer.ts";
import type { Store } from "../../store/store.ts";
import type { AccessStation } from "../../../policies/access_types.ts";
import { createLocalWeek } from "../../core/local_week.ts";
import { createPeopleFeature } from "../feature.ts";
import type { TunnelDoor } from "../tunnels.ts";

/** A site with a console that can carry passkeys, and two stations. */
export const PEOPLE_SITE = {
  version: 1,
  site: { id: "lab", timeZone: "Europe/Berlin" },
  console: { listen: "127.0.0.1:8443", hostname: "gw.lab.example" },
  stations: [
    { id: "CP001", vendor: "bender", unit: "bay-07", part: "primary" },
    { id: "CP002", vendor: "schneider", unit: "bay-08" },
  ],
};

/** The password that the rig's people choose. */
export const PASSWORD = "a long walk in the rain";

/** What a rig may be given. */
export interface PeopleRigOptions {
  /** The `people` section of site.yaml. */
  readonly people?: Record<string, unknown>;
  readonly site?: Record<string, unknown>;
  /** A store of an earlier rig, as after a restart. */
  readonly store?: Store;
  readonly time?: ManualTime;
  /** Answers of Workers beside the hasher, by method. */
  readonly workers?: Record<string, (args: never) => unknown>;
  /** Inputs of the box, as hald reads them. */
  readonly inputs?: () => Promise<readonly TamperState[]>;
  /** Folder of what is no record of the store. */
  readonly dataDir?: string;
  /** The site's own firewall, for tunnels. */
  readonly door?: TunnelDoor;
}

/** The people feature on a store in memory: a fake hasher, audit and alarms that remember. */
export class PeopleRig implements AsyncDisposable {
  readonly audited: AuditEvent[] = [];
  readonly alarms: AlarmRaise[] = [];
  readonly cleared: string[] = [];
  readonly announced: string[] = [];
  readonly counted: string[] = [];
  readonly ran: { readonly command: string; readonly who: string }[] = [];
  /** Set: the hasher does not answer. */
  hasherAway = false;
  /** Argon2 checks so far. */
  checks = 0;

  private constructor(
    readonly time: ManualTime,
    readonly store: Store,
    readonly context: ControlContext,
    readonly feature: ControlFeature,
  ) {}

  static async open(options: PeopleRigOptions = {}): Promise<PeopleRig> {
    const time = options.time ?? new ManualTime(Date.UTC(2026, 10, 21, 10)); // a Saturday
    const store = options.store ?? await openStore({ path: ":memory:", clock: time, timers: time });
    const late: { rig?: PeopleRig } = {};
    const early: Pick<PeopleRig, "announced" | "audited" | "counted"> = { announced: [], audited: [], counted: [] };
    const rig = () => late.rig ?? early;
    const context = {
      site: Site.parse({ ...PEOPLE_SITE, ...options.site, people: options.people ?? {} }),
      box: { dataDir: options.dataDir ?? "/nowhere" },
      clock: time,
      timers: time,
      random: systemRandom,
      log: nullLogger,
      metrics: {
        ...nullMetrics,
        count: (name: string, labels: Record<string, string>) => rig().counted.push(`${name} ${labels["outcome"]}`),
      },
      store,
      sealer: await createSealer(new Uint8Array(32), store),
      audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: rig().audited.push(event) }) },
      alarms: {
        raise: (alarm: AlarmRaise) => Promise.resolve(void late.rig?.alarms.push(alarm)),
        clear: (kind: string, subject: string) => Promise.resolve(void late.rig?.cleared.push(`${kind} ${subject}`)),
      },
      workers: {
        names: () => ["hasher"],
        of: (conduit: string) => conduit === "identity" || conduit === "tunnel" ? options.workers ? [conduit] : [] : [],
        get: () => ({
          call: async (method: string, args: unknown) => {
            if (method.startsWith("hasher.")) return late.rig!.#hasher(method, args as HasherArgs);
            const answer = options.workers?.[method];
            if (!answer) throw new GatewayError("RPC_PEER_GONE", `Worker of ${method} is not running`);
            return await answer(args as never);
          },
        }),
      },
      main: { call: (_: string, { line }: { line: string }) => Promise.resolve(void rig().announced.push(line)) },
      disk: { level: "ok" },
    } as unknown as ControlContext;
    const feature = await createPeopleFeature({
      context,
      commands: () => ["status", "cert issue", "user list"],
      station: (id) => context.site.stations.find((station) => station.id === id) as AccessStation | undefined,
      inputs: options.inputs,
      ...options.door ? { door: options.door } : {},
      minuteOfWeek: createLocalWeek(context.site.site.timeZone),
      devices: { pages: () => [], firmware: (id) => id === "CP001" ? "5.20.1" : undefined },
      run: (command: string, _args: unknown, who: string): Promise<CommandResult> => {
        late.rig!.ran.push({ command, who });
        return Promise.resolve({ text: `ran ${command}`, data: null });
      },
    });
    const opened = late.rig = new PeopleRig(time, store, context, feature);
    opened.announced.push(...early.announced);
    opened.audited.push(...early.audited);
    return opened;
  }

  /** The same gateway after a restart or `kill -9`: nothing but the store is left. */
  async restart(options: PeopleRigOptions = {}): Promise<PeopleRig> {
    await this.feature.stop?.();
    return await PeopleRig.open({ ...options, store: this.store, time: this.time });
  }

  /** Calls a verb as the console does, over JSON. */
  async call<M extends keyof PeopleApi>(method: M, args: RpcArgs<PeopleApi, M>): Promise<RpcResult<PeopleApi, M>> {
    const handler = this.feature.handlers![method] as (args: unknown) => unknown;
    const answer = await handler(JSON.parse(JSON.stringify(args)));
    return (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))) as RpcResult<PeopleApi, M>;
  }

  async command(name: string, args: Record<string, string | boolean> = {}, who = "eva"): Promise<CommandResult> {
    return await this.feature.commands![name]!(args, who);
  }

  by(token: string, source = SOURCE): Caller {
    return { token, source };
  }

  /** One password try. */
  async login(name: string, password: string, source = SOURCE): Promise<LoginStep> {
    return await this.call("people.login.password", { name, password, source, agent: "test" });
  }

  /** A code of a secret now, or some steps later. */
  code(secret: string, steps = 0): string {
    return new TOTP({ secret }).generate({ timestamp: this.time.now() + steps * 30_000 });
  }

  /** A person with the password and TOTP: name, secret and a finished session. */
  async person(name: string, roles: string): Promise<{ readonly secret: string; readonly token: string }> {
    const { data } = await this.command("user add", { name, role: roles });
    const first = await this.login(name, (data as { temporaryPassword: string }).temporaryPassword);
    const changed = await this.call("people.password.change", { by: this.by(first.token), next: PASSWORD });
    const { secret } = await this.call("people.totp.begin", { by: this.by(changed.token) });
    const proof = { code: this.code(secret), whyNoPasskey: "no authenticator in this test" };
    const done = await this.call("people.totp.finish", { by: this.by(changed.token), ...proof });
    return { secret, token: done.token };
  }

  /** What was audited of one event, or of all. */
  events(event?: string): AuditEvent[] {
    return this.audited.filter((record) => event === undefined || record.event === event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feature.stop?.();
    await this.store.close();
  }

  #hasher(method: string, { password, hash }: HasherArgs): { hash: string } | { ok: boolean } {
    if (this.hasherAway) throw new GatewayError("RPC_PEER_GONE", 'Worker "hasher" is not running');
    if (method === "hasher.hash") return { hash: `slow:${password}` };
    this.checks++;
    return { ok: hash === `slow:${password}` };
  }
}

/** Where the rig's people come from when a test does not say. */
export const SOURCE = "10.99.0.50";

interface HasherArgs {
  readonly password: string;
  readonly hash?: string;
}

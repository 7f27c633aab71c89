import { setImmediate } from "node:timers";
import { Buffer } from "node:buffer";
import type { ControlApi } from "../../gateway/core/control_api.ts";
import { GatewayError } from "../../gateway/core/errors.ts";
import type { Rpc } from "../../gateway/core/rpc.ts";
import { systemRandom } from "../../gateway/core/timers.ts";
import type { Site } from "../../gateway/config/schema.ts";
import { type OutageBox, outageBox, outageRig, outageSite } from "../../gateway/inventory/outage/testing/outage_rig.ts";
import type { OcppVersion } from "../../gateway/ocpp/codec.ts";
import { CsmsLink } from "../../gateway/ocpp/outage/csms_link.ts";
import type { ForwarderState } from "../../gateway/ocpp/outage/forwarder.ts";
import { DeliveryHeads } from "../../gateway/ocpp/outage/delivery_heads.ts";
import { ForwardingLeg } from "../../gateway/ocpp/outage/forwarding_leg.ts";
import { STAND_IN_LIMITS } from "../../gateway/ocpp/outage/limits.ts";
import { TokenBucket } from "../../gateway/ocpp/token_bucket.ts";
import { DialError } from "../../gateway/ocpp/upstream.ts";
import { FakeSocket } from "./fake_socket.ts";
import { waitFor } from "./wait_for.ts";

/** Turns of the loop without a call at control after which nothing more comes by itself. */
const QUIET_TURNS = 40;
/** Milliseconds after which a call that a test holds back is not waited for. */
const SETTLE_MS = 1_000;

/** What may differ from a 1.6 station whose CSMS accepted it. */
export interface ForwardingOptions {
  readonly site?: Site;
  readonly version?: OcppVersion;
  readonly graceMs?: number;
  readonly replayBoot?: boolean;
  /** What a Worker that lives on knows of the first messages; absent: a new one. */
  readonly heads?: DeliveryHeads;
  readonly box?: OutageBox;
}

/**
 * One forwarding leg between a test that plays the station and a test that plays the CSMS, with the real queue of
 * control on a store in memory and time in the hand of the test.
 */
export class ForwardingRig {
  /** Every connection to the CSMS, the last one current. */
  readonly csms: FakeSocket[] = [];
  /** What the station got. */
  readonly got: string[] = [];
  readonly standing: boolean[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  replaced = 0;
  /** Whether the CSMS takes connections; a number is the HTTP status of its refusal. */
  isThere: boolean | number = true;
  dials = 0;
  /** Set to let control answer nothing, or to see what it was asked. */
  controlFault: ((method: string) => void) | undefined;

  private constructor(
    readonly box: OutageBox,
    readonly control: Awaited<ReturnType<typeof outageRig>>,
    readonly leg: ForwardingLeg,
    /** Calls that control has not answered yet. */
    private readonly asked: { readonly running: number },
    private readonly start: () => void,
  ) {}

  static async open(options: ForwardingOptions = {}): Promise<ForwardingRig> {
    const box = options.box ?? await outageBox();
    const { version = "ocpp1.6", site = outageSite() } = options;
    const control = await outageRig(box, { site });
    const late: { rig?: ForwardingRig } = {};
    const asked = { running: 0 };
    const call = async (method: string, args: unknown) => {
      late.rig?.controlFault?.(method);
      const handler = control.handlers[method as keyof ControlApi] as ((args: unknown) => unknown) | undefined;
      if (!handler) throw new GatewayError("RPC_UNKNOWN_METHOD", method);
      asked.running++;
      try {
        const answer = await handler(JSON.parse(JSON.stringify(args)));
        return answer === undefined ? undefined : JSON.parse(JSON.stringify(answer));
      } finally {
        asked.running--;
      }
    };
    const rpc = { call, notify: (method: string, args: unknown) => void call(method, args), close: () => {} };
    const state = await call("outage.state", { stationId: "CP001", csms: "main" });
    const leg = new ForwardingLeg(version, {
      stationId: "CP001",
      csms: "main",
      version,
      state,
      control: rpc as unknown as Rpc<ControlApi>,
      clock: box.time,
      timers: box.time,
      random: { bytes: systemRandom.bytes, fraction: () => 0.5 },
      graceMs: options.graceMs ?? 0,
      callTimeoutMs: 30_000,
      replayBoot: options.replayBoot ?? false,
      heads: options.heads ?? new DeliveryHeads(),
      learnBadges: site.ocpp?.csms[0]?.offlineAuthorisation === "cache-then-csms",
      createLink: (events) =>
        new CsmsLink({
          ...{ clock: box.time, timers: box.time, random: { bytes: systemRandom.bytes, fraction: () => 0.5 }, events },
          gate: new TokenBucket(1_000, 1_000, box.time.monotonic()),
          onFault: () => {},
          dial: () => late.rig!.#dial(),
        }),
      standing: (isStanding) => late.rig!.standing.push(isStanding),
    });
    const rig = late.rig = new ForwardingRig(box, control, leg, asked, () => leg.forwarder.link.follow(rig.#dial()));
    leg.on("message", (data: Buffer) => rig.got.push(data.toString()));
    leg.on("close", (code: number, reason: Buffer) => rig.closed = { code, reason: reason.toString() });
    leg.asUpstream().bind!({ csmsReplaced: () => rig.replaced++ });
    return rig;
  }

  /** The same station on the same box after the gateway ended without a word. */
  async restart(options: ForwardingOptions = {}): Promise<ForwardingRig> {
    this.leg.terminate();
    this.leg.removeAllListeners();
    this.leg.close();
    return await ForwardingRig.open({ ...options, box: this.box });
  }

  /** Connects, with or without the CSMS; resolves when the leg has settled in its first state. */
  async connect(): Promise<this> {
    this.begin();
    if (this.isThere === true) await this.state("through");
    else {
      await this.settle();
      this.leg.forwarder.standInNow();
    }
    return this;
  }

  /** Starts to connect. */
  begin(): void {
    this.start();
  }

  /** The station says something. */
  say(message: unknown): void {
    this.leg.send(Buffer.from(typeof message === "string" ? message : JSON.stringify(message)));
  }

  /** The current connection's other end. */
  get peer(): FakeSocket {
    return this.csms.at(-1)!;
  }

  /** Cuts the CSMS's connection; `isThere` decides about the next. */
  lose(code = 1006): void {
    const { peer } = this;
    peer.readyState = peer.CLOSED;
    peer.emit("close", code, Buffer.from(""));
  }

  /** The CSMS is back: waits for the next connection. */
  async back(): Promise<void> {
    this.isThere = true;
    const before = this.csms.length;
    await waitFor("a new connection", async () => {
      await this.settle();
      this.box.time.advance(1_000);
      return this.csms.length > before;
    });
    await this.settle();
    this.box.time.advance(STAND_IN_LIMITS.settleMs);
  }

  /** Waits for the state. */
  async state(wanted: ForwarderState): Promise<void> {
    await waitFor(`state ${wanted}, not ${this.leg.forwarder.state}`, () => this.leg.forwarder.state === wanted);
  }

  /** Waits until the station got this many messages. */
  async heard(count: number): Promise<readonly string[]> {
    await waitFor(`${count} messages at the station, not ${JSON.stringify(this.got)}`, () => this.got.length >= count);
    return this.got;
  }

  /** Waits until the current connection got this many messages. */
  async sent(count: number): Promise<readonly string[]> {
    await waitFor(`${count} messages, not ${JSON.stringify(this.peer.sent)}`, () => this.peer.sent.length >= count);
    return this.peer.sent;
  }

  /** Answers everything that comes on the current connection as a CSMS that accepts all. @returns what came */
  async answerAll(until: () => boolean | Promise<boolean>): Promise<readonly string[]> {
    const { peer } = this, seen: string[] = [];
    await waitFor("the end of the replay", async () => {
      while (seen.length < peer.sent.length) {
        const text = peer.sent[seen.length]!;
        seen.push(text);
        const [type, id, action] = JSON.parse(text);
        if (type === 2) peer.say([3, id, this.answerTo(action)]);
      }
      return await until();
    });
    return seen;
  }

  transactionId = 42;
  bootStatus = "Accepted";

  answerTo(action: string): unknown {
    const currentTime = new Date(this.box.time.now()).toISOString();
    if (action === "BootNotification") return { currentTime, interval: 300, status: this.bootStatus };
    if (action === "StartTransaction") {
      return { transactionId: this.transactionId++, idTagInfo: { status: "Accepted" } };
    }
    return action === "Heartbeat" ? { currentTime } : {};
  }

  /** Lets everything run that waits for nothing but promises and control's answers, however busy the machine is. */
  async settle(): Promise<void> {
    const end = performance.now() + SETTLE_MS;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < end;) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.asked.running === 0 ? quiet + 1 : 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leg.close();
    await this.control.feature.stop!();
    await this.box.store.close();
  }

  #dial() {
    this.dials++;
    if (this.isThere !== true) {
      const status = this.isThere === false ? undefined : this.isThere;
      return Promise.reject(new DialError("no", status, undefined, undefined));
    }
    const socket = new FakeSocket();
    this.csms.push(socket);
    return Promise.resolve({ socket: socket.asWebSocket(), protocol: "ocpp1.6", takeEarly: () => [] });
  }
}

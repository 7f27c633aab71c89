import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { ManualTime } from "../../../../tests/support/manual_time.ts";
import type { DeviceRole } from "../../../../policies/access_types.ts";
import type {
  DeviceLinkControlApi,
  ImageVerdict,
  LearnedSetting,
  LeaseAnswer,
  LoginTurn,
} from "../../../core/device_link_api.ts";
import {
  type SimDevice,
  type SimListen,
  type SimPages,
  startDevice,
} from "../../../demo/controllers/simulated_device.ts";
import { type DeviceLink, type DeviceTarget, type LinkAnswer, type LinkDoor, openDeviceLink } from "../mod.ts";
import type { Spool } from "../spool.ts";
import { DRIVERS } from "../../drivers/mod.ts";

/** What control answers in a test, and what it was told. */
export class FakeControl {
  turn: LoginTurn = { allowed: true, attempt: "1", account: { name: "operator", password: "right" } };
  lease: LeaseAnswer = { held: true };
  pin: string | undefined;
  isUnlearned = false;
  learned: readonly LearnedSetting[] | undefined;
  verdict: ImageVerdict = { verified: false };
  fails: Error | undefined;
  readonly told: string[] = [];
  /** Clock offsets that it was told of, in seconds. */
  readonly clocks: number[] = [];

  readonly call = (method: string, args: Record<string, unknown>): Promise<unknown> => {
    const { session: _, der, attempt: __, why: ___, settings, ...rest } = args;
    if (method === "device.clock.seen") return Promise.resolve(void this.clocks.push(Number(args["offsetSeconds"])));
    if (settings) this.learned = settings as LearnedSetting[];
    this.told.push([method, ...Object.values(rest), ...der === undefined ? [] : ["der"]].join(" "));
    if (this.fails) return Promise.reject(this.fails);
    switch (method as keyof DeviceLinkControlApi) {
      case "device.lease.take":
        if (args["takeOver"] === true) this.lease = { held: true };
        return Promise.resolve(this.lease);
      case "device.login.begin":
        return Promise.resolve(this.turn);
      case "device.pin":
        return Promise.resolve(this.pin === undefined ? {} : { der: this.pin });
      case "device.catalogue.missing":
        return Promise.resolve(this.isUnlearned);
      case "device.image.verdict":
        return Promise.resolve(this.verdict);
      default:
        return Promise.resolve(undefined);
    }
  };

  /** How logins ended so far. */
  get ends(): readonly string[] {
    return this.told.flatMap((line) =>
      line.startsWith("device.login.ended ") ? [line.split(" ")[2] ?? line.split(" ")[1]!] : []
    );
  }
}

/** A link to a simulated device. */
export interface LinkRig {
  readonly device: SimDevice;
  readonly link: DeviceLink;
  readonly control: FakeControl;
  readonly time: ManualTime;
  /** One more session at the same device. */
  another(control?: FakeControl): DeviceLink;
  /** GET of a path: its text, or the rule of the door. */
  get(path: string, link?: DeviceLink): Promise<string>;
  post(path: string, body: string, type?: string): Promise<string>;
}

/** How a rig is made. */
export interface RigOptions {
  readonly driver: string | DeviceTarget["driver"];
  readonly role?: DeviceRole;
  readonly listen?: SimListen;
  readonly spool?: Spool;
  readonly account?: { readonly name: string; readonly password: string };
}

/** Runs a test with a device of these pages. */
export async function withLink(pages: SimPages | SimDevice, options: RigOptions, use: (rig: LinkRig) => Promise<void>) {
  const device = typeof pages === "function" ? await startDevice(pages, options.listen) : pages;
  const control = new FakeControl(), time = new ManualTime();
  if (options.account) control.turn = { allowed: true, attempt: "1", account: options.account };
  const links: DeviceLink[] = [];
  const another = (its = control) => {
    const driver = typeof options.driver === "string" ? DRIVERS.get(options.driver)! : options.driver;
    const session = { id: `s${links.length + 1}`, deviceRole: options.role ?? "operator" };
    const log = { info: () => {}, warn: () => {} };
    const link = openDeviceLink({ station: "CP001", driver, origins: [device.origin] }, session, {
      control: its as never,
      timers: time,
      clock: time,
      log,
      ...options.spool ? { spool: options.spool } : {},
    });
    links.push(link);
    return link;
  };
  const link = another();
  const said = async (answer: LinkAnswer | LinkDoor) =>
    answer.kind === "door" ? answer.door.rule : await textOf(answer.body as IncomingMessage);
  try {
    await use({
      device,
      link,
      control,
      time,
      another,
      get: async (target, by = link) =>
        await said(await by.request({ method: "GET", target, headers: [["host", "x"]], bodyLength: 0 })),
      post: async (target, body, type = "application/json") => {
        const headers = [["host", "x"], ["content-type", type]] as const;
        const bodyLength = new TextEncoder().encode(body).length;
        return await said(await link.request({ method: "POST", target, headers, bodyLength }, Readable.from([body])));
      },
    });
  } finally {
    for (const each of links) await each.close();
    await device.close();
  }
}

/** The whole text of an answer. */
export async function textOf(body: Readable): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of body) text += typeof part === "string" ? part : decoder.decode(part, { stream: true });
  return text;
}

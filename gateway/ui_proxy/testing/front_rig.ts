import { Buffer } from "node:buffer";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { freePorts } from "../../../tests/support/free_port.ts";
import { TestCa } from "../../../tests/support/test_ca.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { PlannedPage } from "../../config/device_pages.ts";
import { systemClock } from "../../core/clock.ts";
import type { Service } from "../../core/conduit.ts";
import type { DeviceSession } from "../../core/device_api.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import { systemRandom, systemTimers } from "../../core/timers.ts";
import { identityOf } from "../../pki/server_identity.ts";
import { startUiProxy } from "../service.ts";
import type { UiProxyWorkerConfig, WorkerDevice } from "../worker_config.ts";
import { FakePeople } from "./fake_people.ts";

const ca = new TestCa();
const server = ca.server(["gw.lab.example", "*.gw.lab.example", "localhost", "127.0.0.1"]);

/** The rig's longest upload. */
export const UPLOAD_BYTES = 250_000_000;

/** A device for the rig: where it is, and what site.yaml would say of it. */
export interface RigDevice {
  readonly station: string;
  /** Its ways, the first is where people begin. */
  readonly origins: readonly [string, ...string[]];
  readonly device?: Partial<WorkerDevice>;
}

/** One answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** What a request is made of besides its path. */
export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Cookie token; absent: none. */
  readonly token?: string | undefined;
  /** Another page than the first. */
  readonly origin?: string;
}

/** The service itself, over TLS, with simulated devices behind it and control played by the test. */
export class FrontRig implements AsyncDisposable {
  private constructor(
    readonly port: number,
    readonly people: FakePeople,
    readonly service: Service<UiProxyWorkerConfig>,
    readonly pages: readonly PlannedPage[],
    /** Moves the clock that sessions are judged by. */
    readonly clock: { offset: number },
    readonly spoolDir: string,
    /** Why answers were broken off. */
    readonly faults: readonly string[],
  ) {}

  static async open(devices: readonly RigDevice[], withPorts = false): Promise<FrontRig> {
    const count = devices.reduce((sum, { origins }) => sum + origins.length, 0);
    const [port, ...own] = freePorts(1 + (withPorts ? count : 0));
    const pages: PlannedPage[] = devices.flatMap(({ station, origins }) =>
      origins.map((device, at) => {
        const number = Number(new URL(device).port);
        const label = `${station.toLowerCase()}${at === 0 ? "" : `--p${number}`}`;
        return { station, device, port: number, host: `${label}.gw.lab.example` };
      })
    ).map((page, at) => withPorts ? { ...page, ownPort: own[at]! } : page);
    const spoolDir = await Deno.makeTempDir({ prefix: "bulkhead-ui-" });
    const clock = { offset: 0 }, faults: string[] = [];
    const now = () => Date.now() + clock.offset;
    const trust = {
      identities: [identityOf(server.certPem, server.keyPem)],
      clientCas: [],
      denied: { fingerprints: [], serials: [] },
      organizations: [],
    };
    const people = new FakePeople(trust, now);
    const config: UiProxyWorkerConfig = {
      host: "127.0.0.1",
      port: port!,
      hostname: "gw.lab.example",
      consoleOrigin: "https://gw.lab.example:8443",
      siteName: "Lab",
      spoolDir,
      uploadBytes: UPLOAD_BYTES,
      downloadsDir: `${spoolDir}/downloads`,
      contact: "Control room, 112",
      pages,
      devices: Object.fromEntries(devices.map(({ station, device }) => [station, {
        driver: "bender",
        start: "/",
        oldPages: "blocked",
        aliases: [],
        ...device,
      } as WorkerDevice])),
    };
    const service = await startUiProxy({
      name: "ui_proxy",
      config,
      control: { call: people.call, notify: () => {}, close: () => {} } as never,
      log: {
        ...nullLogger,
        info: (event, fields) => event === "ui.answer.broken" && void faults.push(String(fields?.["fault"])),
      },
      metrics: nullMetrics as never,
      clock: { now, monotonic: () => systemClock.monotonic() + clock.offset },
      timers: systemTimers,
      random: systemRandom,
    });
    people.onLeave = (session) => service.handlers!["device.ended"]!({ sessions: [session], rule: "left" });
    return new FrontRig(port!, people, service, pages, clock, spoolDir, faults);
  }

  /** Origin of the first page of a station, or of another of its ports. */
  origin(station = "CP001", at = 0): string {
    return `https://${this.pages.filter((page) => page.station === station)[at]!.host}:${this.port}`;
  }

  /** A session with its cookie, as after a ticket. */
  async enter(station = "CP001", more: Partial<DeviceSession> = {}, origin = this.origin(station)): Promise<string> {
    const session = this.people.make(station, more);
    return await this.redeem(session.id, origin);
  }

  /** The token that the browser gets for a ticket. */
  async redeem(session: string, origin: string): Promise<string> {
    const ticket = `ticket-${crypto.randomUUID()}`;
    this.people.tickets.set(ticket, { session, origin });
    const answer = await this.ask(`/.gw/open?ticket=${ticket}`, { origin, headers: NAVIGATION });
    return /=([\w-]+);/.exec(String(answer.headers["set-cookie"]))![1]!;
  }

  /** One request over TLS, as a browser sends it when `headers` say so. */
  async ask(path: string, { method = "GET", headers = {}, body, token, origin }: Asked = {}): Promise<Answer> {
    const to = new URL(origin ?? this.origin());
    const unsafe = method !== "GET" && method !== "HEAD";
    const request = httpsRequest({
      host: "127.0.0.1",
      port: Number(to.port),
      servername: to.hostname.match(/^[\d.]+$/) ? "localhost" : to.hostname,
      ca: ca.pem,
      method,
      path,
      agent: false,
      headers: {
        host: to.host,
        ...(token === undefined ? {} : { cookie: `${this.cookieName(to)}=${token}` }),
        ...(unsafe ? { origin: to.origin } : {}),
        ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body as string)) }),
        ...headers,
      },
    } as never);
    request.end(body);
    const [response] = await once(request, "response") as [IncomingMessage];
    const pieces: Uint8Array[] = [];
    for await (const piece of response as AsyncIterable<Uint8Array>) pieces.push(piece);
    return { status: response.statusCode!, headers: response.headers, text: Buffer.concat(pieces).toString("utf8") };
  }

  /** A TLS connection for bytes that no client would send; `by` another port than the origin's. */
  async raw(origin = this.origin(), by?: number): Promise<TLSSocket> {
    const { hostname, port } = new URL(origin);
    const tcp = connectTcp(by ?? Number(port), "127.0.0.1");
    await once(tcp, "connect");
    const socket = connectTls({ socket: tcp, servername: hostname, ca: ca.pem });
    await once(socket, "secureConnect");
    return socket;
  }

  /** Sends bytes and reads until the door closes, or until `until` has come. */
  async talk(bytes: string, until?: RegExp, origin = this.origin()): Promise<string> {
    const socket = await this.raw(origin);
    let text = "", isOver = false;
    socket.on("data", (piece: Uint8Array) => text += Buffer.from(piece).toString("latin1"));
    socket.on("close", () => isOver = true).on("end", () => isOver = true).on("error", () => isOver = true);
    socket.write(Buffer.from(bytes, "latin1"));
    await waitFor("the answer of the door", () => isOver || until?.test(text));
    socket.destroy();
    return text;
  }

  cookieName(to: URL): string {
    const own = this.pages.find(({ ownPort }) => ownPort === Number(to.port));
    return own ? `__Host-bulkhead-device-${own.ownPort}` : "__Host-bulkhead-device";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.drain(0);
    await Deno.remove(this.spoolDir, { recursive: true });
  }
}

/** What a browser sends when a person follows a link. */
export const NAVIGATION = {
  "accept": "text/html,application/xhtml+xml",
  "sec-fetch-dest": "document",
  "sec-fetch-mode": "navigate",
  "sec-fetch-site": "same-origin",
} as const;

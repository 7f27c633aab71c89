import { Buffer } from "node:buffer";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { createRpcClient, createRpcServer, type RpcPeer, type RpcRequest } from "../../gateway/demo/ocpp_rpc.ts";
import type { OcppVersion } from "../../gateway/ocpp/codec.ts";
import { readSigningRequest } from "../../gateway/pki/csr.ts";
import { reservePorts } from "./gateway_process.ts";
import { makeTestKey, TestCa } from "./test_ca.ts";
import { waitFor } from "./wait_for.ts";

/** The stations of the site: one per version, with the password that its own file holds. */
export const STATIONS: Readonly<Record<string, OcppVersion>> = { S16: "ocpp1.6", S201: "ocpp2.0.1", S21: "ocpp2.1" };
/** Station-leg password of every station. */
export const STATION_PASSWORD = "a-password-of-the-station-leg";
/** The version of a station of the rig; one that a test adds is named after one of these, as "S201-silent". */
const versionOf = (id: string): OcppVersion => STATIONS[id] ?? STATIONS[id.split("-")[0]!]!;
/** CSMS-leg password of every station before the CSMS sets another. */
export const FIRST_PASSWORD = "the-first-password-upstream";
/** Another address than the gateway's: it has no certificate for a name of the CSMS (LC7). */
const HOST = "127.0.0.2";
const NOW = "2026-01-01T00:00:00.000Z";

/** How one connection proved itself at the CSMS. */
export interface Shown {
  readonly stationId: string;
  readonly by: "password" | "certificate";
  readonly password?: string;
  readonly serial?: string;
}

/** One message on the wire. */
export interface Wire {
  readonly outbound: boolean;
  readonly text: string;
}

/**
 * A strictly validating CSMS (ocpp-rpc) that takes a password or a certificate of its client CA, whichever it wants of a
 * station at the moment.
 */
export class DemandingCsms {
  readonly ca = new TestCa("CSMS CA");
  readonly clientCa = new TestCa("CSMS client CA");
  /** What it wants: a password, or "certificate". */
  readonly wanted = new Map<string, string | Buffer>();
  /** Stations that it has no room for: they are answered 503. */
  readonly unavailable = new Set<string>();
  readonly shown: Shown[] = [];
  readonly refused: Shown[] = [];
  readonly faults: string[] = [];
  readonly requests: (RpcRequest & { readonly stationId: string })[] = [];
  readonly wire = new Map<string, Wire[]>();
  readonly clients = new Map<string, RpcPeer>();
  /** Answers other than the usual ones, by action. */
  readonly answers = new Map<string, (params: Record<string, unknown>) => unknown>();
  /** It takes no connection. */
  isAway = false;
  readonly #rpc = createRpcServer();
  readonly #sockets = new Set<Socket>();
  readonly #server;

  constructor() {
    const { certPem, keyPem } = this.ca.server([HOST]);
    const ca = this.clientCa.pem;
    this.#server = createServer({ cert: certPem, key: keyPem, ca, requestCert: true, rejectUnauthorized: false });
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.isAway) socket.destroy();
      else this.#rpc.handleUpgrade(request, socket, head);
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#rpc.auth((accept, reject, { identity, password, request }) => {
      if (this.unavailable.has(identity)) return reject(503, "Service Unavailable");
      const socket = request.socket as unknown as {
        authorized: boolean;
        getPeerCertificate(): { subject?: { CN?: string }; serialNumber?: string };
      };
      const certificate = socket.getPeerCertificate();
      const isProven = socket.authorized && certificate.subject?.CN === identity;
      const shown: Shown = isProven
        ? { stationId: identity, by: "certificate", serial: String(certificate.serialNumber).toLowerCase() }
        : { stationId: identity, by: "password", password: Buffer.from(password ?? []).toString("latin1") };
      const wanted = this.wanted.get(identity) ?? FIRST_PASSWORD;
      const isGood = wanted === "certificate"
        ? isProven
        : !isProven && Buffer.from(password ?? []).equals(Buffer.from(wanted));
      (isGood ? this.shown : this.refused).push(shown);
      if (isGood) accept();
      else reject(401, "Unauthorized");
    });
    this.#rpc.on("client", (client) => this.#joined(client));
  }

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, HOST, () => {
        resolve(`wss://${HOST}:${(this.#server.address() as AddressInfo).port}/ocpp`);
      });
    });
  }

  /** Calls a station as the CSMS; waits until it is connected. */
  async call(stationId: string, action: string, payload: unknown): Promise<Record<string, unknown>> {
    await waitFor(`${stationId} at the CSMS`, () => this.clients.has(stationId));
    return await this.clients.get(stationId)!.call(action, payload) as Record<string, unknown>;
  }

  /** From now on it shows a certificate of another root. */
  present(ca: TestCa): void {
    const { certPem, keyPem } = ca.server([HOST]);
    this.#server.setSecureContext({ cert: certPem, key: keyPem, ca: this.clientCa.pem });
  }

  /** Ends all connections, as a CSMS does that restarts. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Sends a CALL past the library's own checks; the answer as it came. */
  async raw(stationId: string, action: string, payload: unknown): Promise<unknown[]> {
    await waitFor(`${stationId} at the CSMS`, () => this.clients.has(stationId));
    const id = crypto.randomUUID();
    const client = this.clients.get(stationId)! as unknown as { sendRaw(message: string): void };
    client.sendRaw(JSON.stringify([2, id, action, payload]));
    const isAnswer = ({ text, outbound }: Wire) => !outbound && text.startsWith("[") && JSON.parse(text)[1] === id;
    await waitFor(`the answer to ${action}`, () => this.wire.get(stationId)!.some(isAnswer));
    return JSON.parse(this.wire.get(stationId)!.find(isAnswer)!.text);
  }

  /** Signs a request that came by SignCertificate, as its client CA would; the key is that of the request. */
  sign(csr: string, commonName: string): string {
    const { spki } = readSigningRequest(csr).publicKey;
    return this.clientCa.client(commonName, { key: { ...makeTestKey(), spki } }).certPem;
  }

  /** Messages of this kind that came from a station. */
  of(stationId: string, method: string): readonly RpcRequest[] {
    return this.requests.filter((request) => request.stationId === stationId && request.method === method);
  }

  async close(): Promise<void> {
    await this.#rpc.close({ force: true });
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #joined(client: RpcPeer): void {
    const { identity } = client;
    this.clients.set(identity, client);
    client.on("disconnect", () => {
      if (this.clients.get(identity) === client) this.clients.delete(identity);
    });
    client.on("strictValidationFailure", ({ method, error }) => this.faults.push(`${method}: ${error.message}`));
    client.on("badMessage", ({ error }) => this.faults.push(error.message));
    watch(client, this.wire, identity);
    client.handle((request) => {
      this.requests.push({ ...request, stationId: identity });
      const own = this.answers.get(request.method);
      return own ? own(request.params) : usualAnswer(request);
    });
  }
}

/** A station on ocpp-rpc in strict mode. */
export class RigStation {
  readonly requests: RpcRequest[] = [];
  readonly faults: string[] = [];
  readonly wire = new Map<string, Wire[]>();
  closed = false;
  readonly answers = new Map<string, (params: Record<string, unknown>) => unknown>();
  readonly #client: RpcPeer;

  constructor(readonly id: string, client: RpcPeer) {
    this.#client = client;
    client.on("strictValidationFailure", ({ method, error }) => this.faults.push(`${method}: ${error.message}`));
    client.on("badMessage", ({ error }) => this.faults.push(error.message));
    client.on("close", () => this.closed = true);
    watch(client, this.wire, id);
    client.handle((request) => {
      this.requests.push(request);
      return this.answers.get(request.method)?.(request.params) ?? { status: "Accepted" };
    });
  }

  connect(): Promise<unknown> {
    return this.#client.connect();
  }

  call(action: string, payload: unknown): Promise<Record<string, unknown>> {
    return this.#client.call(action, payload) as Promise<Record<string, unknown>>;
  }

  close(): Promise<unknown> {
    return this.#client.close({ force: true });
  }
}

/** The real gateway as a process between demanding CSMS and strict stations. */
export interface RehomingRig {
  readonly csms: DemandingCsms;
  /** As site.yaml names it. */
  readonly csmsUrl: string;
  readonly folder: string;
  gateway: GatewayProcess;
  readonly siteCaPem: string;
  /** Connects a station; its password is that of its file unless named. */
  station(
    id: string,
    more?: { password?: string; certPem?: string; keyPem?: string; version?: OcppVersion },
  ): Promise<RigStation>;
  /** Starts the gateway again after it was killed. */
  restart(): Promise<void>;
  /** Audit events of one name, as `audit tail` shows them. */
  audited(event: string): Promise<readonly Record<string, unknown>[]>;
}

/** Further sections of site.yaml; may write files into the folder. Ports that the site does not use are free. */
export type MoreOfSite = (folder: string, ports: ReturnType<typeof reservePorts>) => Record<string, unknown>;

/** Runs a test with that rig. `stationOcpp` changes the stations' `ocpp` sections, `csmsMore` adds to the CSMS's entry. */
export async function withRehoming(
  test: (rig: RehomingRig) => Promise<void>,
  stationOcpp: Readonly<Record<string, unknown>> = {},
  more: MoreOfSite = () => ({}),
  csmsMore: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-rehoming-" });
  const csms = new DemandingCsms();
  const stations: RigStation[] = [];
  const configFile = join(folder, "site.yaml");
  const ports = reservePorts();
  const csmsUrl = await csms.listen();
  await writeSite(folder, { ...csmsMore, url: csmsUrl }, csms.ca.pem, ports, stationOcpp, more);
  const start = () => GatewayProcess.start({ configFile, dataDir: join(folder, "data"), timers: systemTimers });
  let gateway = await start();
  try {
    const siteCaPem = String((await gateway.command("cert export-ca")).text);
    const rig: RehomingRig = {
      ...{ csms, csmsUrl, folder, gateway, siteCaPem },
      station: async (id, { password = STATION_PASSWORD, version = versionOf(id), ...pair } = {}) => {
        const secret = "certPem" in pair ? {} : { password: Buffer.from(password) };
        const isPlain = stationOcpp["securityProfile"] === 1;
        const endpoint = isPlain ? `ws://127.0.0.1:${ports.plain}/ocpp` : `wss://127.0.0.1:${ports.tls}/ocpp`;
        const access = { endpoint, ...isPlain ? {} : { caPem: `${siteCaPem}\n` }, ...secret, ...pair };
        const station = new RigStation(id, createRpcClient(id, version, access));
        stations.push(station);
        await station.connect();
        return station;
      },
      restart: async () => {
        await rig.gateway.kill();
        gateway = rig.gateway = await start();
      },
      audited: async (event) => {
        const { data } = await rig.gateway.command("audit tail", { lines: "500" });
        const { lines } = data as { readonly lines: readonly string[] };
        return lines.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));
      },
    };
    await test(rig);
  } catch (error) {
    throw new Error(`${error}\nlast lines of the gateway:\n${gateway.logTail(25)}`, { cause: error });
  } finally {
    for (const station of stations) await station.close();
    await gateway.stop();
    await csms.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeSite(
  folder: string,
  csms: Readonly<Record<string, unknown>>,
  caPem: string,
  ports: ReturnType<typeof reservePorts>,
  stationOcpp: Readonly<Record<string, unknown>>,
  more: MoreOfSite,
): Promise<void> {
  await Deno.writeTextFile(join(folder, "csms-ca.pem"), caPem);
  await Deno.writeTextFile(join(folder, "station"), STATION_PASSWORD, { mode: 0o600 });
  await Deno.writeTextFile(join(folder, "upstream"), FIRST_PASSWORD, { mode: 0o600 });
  const ocpp = { securityProfile: 2, csms: "main", passwordFile: "station", upstreamPasswordFile: "upstream" };
  const site = {
    version: 1,
    site: { id: "rehoming", name: "Rehoming", timeZone: "Europe/Berlin", dataDir: "./data" },
    stations: Object.entries(STATIONS).map(([id, protocol], index) => ({
      id,
      vendor: "bender",
      model: "CC613",
      mac: `02:00:00:00:00:1${index}`,
      ocpp: { protocols: [protocol], ...ocpp, ...stationOcpp },
    })),
    ocpp: {
      listeners: [
        { id: "tls", listen: `127.0.0.1:${ports.tls}`, tls: { names: ["localhost"] } },
        { id: "plain", listen: `127.0.0.1:${ports.plain}`, plaintext: "isolated-segment" },
      ],
      csms: [{ id: "main", caFile: "csms-ca.pem", graceSeconds: 5, ...csms }],
    },
  };
  await Deno.writeTextFile(join(folder, "site.yaml"), stringify({ ...site, ...more(folder, ports) }));
}

function watch(client: RpcPeer, wire: Map<string, Wire[]>, id: string): void {
  client.on("message", ({ message, outbound }) => {
    const lines = wire.get(id) ?? [];
    lines.push({ outbound, text: String(message) });
    wire.set(id, lines);
  });
}

function usualAnswer({ method }: RpcRequest): unknown {
  switch (method) {
    case "BootNotification":
      return { status: "Accepted", currentTime: NOW, interval: 300 };
    case "Heartbeat":
      return { currentTime: NOW };
    default:
      return { status: "Accepted" };
  }
}

import { WebSocket } from "ws";
import type { Timers } from "../core/timers.ts";
import type { Credential } from "./demo_pki.ts";
import { DEMO_LIMITS } from "./limits.ts";
import { httpRequest, isAlert, type RawAnswer, type RawTarget, sendRaw, upgradeHeaders } from "./raw_client.ts";

/** The gateway under attack, and what the attacker has got hold of. */
export interface AttackTarget {
  readonly host: string;
  readonly tlsPort: number;
  readonly plainPort: number;
  /** A real station of profile 2 and one of profile 3. The attacker knows their ids. */
  readonly passwordStation: string;
  readonly certificateStation: string;
  /** A station that the attacker owns: its password and its certificate are valid, for itself. */
  readonly owned: { readonly id: string; readonly password: Uint8Array };
  readonly ownedCertificate: Credential & { readonly id: string };
  /** A version 1 certificate that names `certificateStation`. */
  readonly version1: Credential;
  readonly timers: Timers;
  /** A source address of its own per attack; absent where the system has only one loopback address. */
  readonly sourceOf?: (attack: number) => string;
}

/** How an attack ended. */
export interface AttackResult {
  readonly refused: boolean;
  /** What the attacker saw: "HTTP 401", "TLS alert 40", "closed with 1009". */
  readonly seen: string;
}

/** One attack: what it tries, and how. */
export interface Attack {
  readonly name: string;
  readonly title: string;
  run(target: AttackTarget, from: string | undefined): Promise<AttackResult>;
}

const WRONG = new TextEncoder().encode("not-the-password-at-all");

/** Every attack of the demo, in the order in which it runs them. */
export const ATTACKS: readonly Attack[] = [
  {
    name: "wrong-password",
    title: "a known station id with a wrong password",
    run: (to, from) => upgrade(to, from, `/ocpp/${to.passwordStation}`, basic(to.passwordStation, WRONG)),
  },
  {
    name: "foreign-certificate",
    title: "a station id with the valid certificate of another station",
    run: (to, from) => upgrade(to, from, `/ocpp/${to.certificateStation}`, [], to.ownedCertificate),
  },
  {
    name: "unknown-station",
    title: "a station id that is not in the inventory",
    run: (to, from) => upgrade(to, from, "/ocpp/CP-NOBODY", basic("CP-NOBODY", WRONG)),
  },
  {
    name: "version-1-certificate",
    title: "an X.509 version 1 certificate with the right name",
    run: (to, from) => upgrade(to, from, `/ocpp/${to.certificateStation}`, [], to.version1),
  },
  {
    name: "old-tls",
    title: "TLS 1.0 with RSA key exchange only",
    run: async (to, from) =>
      judge(await sendRaw({ host: to.host, port: to.tlsPort, ...source(from) }, oldHello(), to.timers)),
  },
  {
    name: "path-traversal",
    title: "an id that climbs out of its path",
    run: (to, from) => upgrade(to, from, "/ocpp/../ocpp/%2e%2e%2f" + to.owned.id, ownPassword(to)),
  },
  {
    name: "stolen-identity",
    title: "the id of a connected station without any credential",
    run: (to, from) => upgrade(to, from, `/ocpp/${to.passwordStation}`, []),
  },
  {
    name: "other-user",
    title: "another station's id with the attacker's own valid password",
    run: (to, from) => upgrade(to, from, `/ocpp/${to.passwordStation}`, ownPassword(to)),
  },
  {
    name: "downgrade",
    title: "a valid password of profile 2 over the plaintext port",
    run: async (to, from) =>
      judge(
        await sendRaw(
          { host: to.host, port: to.plainPort, ...source(from) },
          httpRequest(`/ocpp/${to.owned.id}`, upgradeHeaders("ocpp1.6", ownCredential(to))),
          to.timers,
        ),
      ),
  },
  {
    name: "plaintext-to-tls",
    title: "plain HTTP on the TLS port",
    run: async (to, from) =>
      judge(
        await sendRaw(
          { host: to.host, port: to.tlsPort, ...source(from) },
          httpRequest(`/ocpp/${to.owned.id}`, upgradeHeaders("ocpp1.6", ownCredential(to))),
          to.timers,
        ),
      ),
  },
  {
    name: "smuggling",
    title: "a request with two lengths and two hosts",
    run: (to, from) =>
      upgrade(to, from, `/ocpp/${to.owned.id}`, [
        ...ownPassword(to),
        ["Content-Length", "5"],
        ["Transfer-Encoding", "chunked"],
        ["Host", "elsewhere"],
      ]),
  },
  { name: "huge-frame", title: "a frame of 4 MiB from a station that is allowed in", run: hugeFrame },
  { name: "password-guessing", title: "many passwords from one address", run: guess },
];

type Headers = readonly (readonly [string, string])[];

function basic(user: string, password: Uint8Array): Headers {
  return upgradeHeaders("ocpp1.6", { user, password }).slice(-1);
}

function ownCredential({ owned }: AttackTarget): { user: string; password: Uint8Array } {
  return { user: owned.id, password: owned.password };
}

function ownPassword(target: AttackTarget): Headers {
  return basic(target.owned.id, target.owned.password);
}

function source(from: string | undefined): { from?: string } {
  return from === undefined ? {} : { from };
}

/** Asks for an upgrade over TLS, with these extra headers and perhaps a client certificate. */
async function upgrade(
  target: AttackTarget,
  from: string | undefined,
  path: string,
  headers: Headers,
  certificate?: Credential,
): Promise<AttackResult> {
  const raw: RawTarget = {
    host: target.host,
    port: target.tlsPort,
    ...source(from),
    tls: { ...certificate },
  };
  return judge(await sendRaw(raw, httpRequest(path, [...upgradeHeaders("ocpp1.6"), ...headers]), target.timers));
}

/** Only an answer that ends the attempt is a refusal: an upgrade is a break-in, silence may hide one. */
function judge({ status, reached, bytes, end }: RawAnswer): AttackResult {
  if (status !== undefined) return { refused: status >= 400, seen: `HTTP ${status}` };
  if (isAlert(bytes)) return { refused: true, seen: `TLS alert ${bytes[6]}` };
  if (end === "silent") return { refused: false, seen: "no answer" };
  const seen = typeof end === "object" ? end.error : "closed without an answer";
  return { refused: reached && bytes.length === 0, seen };
}

/** A ClientHello as a station of 2010 would send it (RFC 2246): version 1.0, suites without forward secrecy. */
function oldHello(): Uint8Array {
  const suites = [0x00, 0x2f, 0x00, 0x35, 0x00, 0x0a];
  const body = [0x03, 0x01, ...new Array(32).fill(0x5a), 0x00, 0x00, suites.length, ...suites, 0x01, 0x00];
  const handshake = [0x01, 0x00, 0x00, body.length, ...body];
  return Uint8Array.from([0x16, 0x03, 0x01, 0x00, handshake.length, ...handshake]);
}

/** Connects as the station that the attacker owns and sends one frame far beyond any OCPP message. */
function hugeFrame(target: AttackTarget, from: string | undefined): Promise<AttackResult> {
  const { promise, resolve } = Promise.withResolvers<AttackResult>();
  const [[name, value]] = ownPassword(target) as [readonly [string, string]];
  const socket = new WebSocket(`wss://${target.host}:${target.tlsPort}/ocpp/${target.owned.id}`, ["ocpp1.6"], {
    rejectUnauthorized: false,
    perMessageDeflate: false,
    headers: { [name]: value },
    ...(from === undefined ? {} : { localAddress: from }),
  });
  let isOpen = false;
  const finish = (result: AttackResult) => {
    cancel();
    socket.terminate();
    resolve(result);
  };
  const cancel = target.timers.after(DEMO_LIMITS.attackMs, () => finish({ refused: false, seen: "no answer" }));
  socket.on("open", () => {
    isOpen = true;
    socket.send(`[2,"1","Heartbeat",{"x":"${"x".repeat(DEMO_LIMITS.attackFrameBytes)}"}]`);
  });
  socket.on("message", () => finish({ refused: false, seen: "the frame was answered" }));
  // A reset while the frame is still on its way is a refusal too; being kept out is not what is tried here.
  socket.on("close", (code) => finish({ refused: isOpen, seen: `closed with ${code}` }));
  socket.on("error", (error: Error) => finish({ refused: isOpen, seen: error.message }));
  return promise;
}

/** Guesses until the gateway no longer listens: only a limit on attempts counts as refused. */
async function guess(target: AttackTarget, from: string | undefined): Promise<AttackResult> {
  const to = target.passwordStation;
  let result: AttackResult = { refused: false, seen: "no guess" };
  for (let i = 0; i < DEMO_LIMITS.attackGuesses; i++) {
    const password = new TextEncoder().encode(`guess-number-${String(i).padStart(4, "0")}`);
    result = await upgrade(target, from, `/ocpp/${to}`, basic(to, password));
    if (result.seen === "HTTP 429" || !result.refused) return result;
  }
  return { refused: false, seen: `${DEMO_LIMITS.attackGuesses} guesses answered, last with ${result.seen}` };
}

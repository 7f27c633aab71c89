import { Buffer } from "node:buffer";
import type { Clock } from "../../gateway/core/clock.ts";
import type { Random, Timers } from "../../gateway/core/timers.ts";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";
import { upgradeHead } from "../support/raw_station.ts";
import { brokenClose, brokenFrame, brokenHandshake, brokenHello } from "./broken_bytes.ts";
import { Oracle } from "./oracle.ts";
import { BarePeer } from "./peer.ts";
import { validClose, validFrame } from "./valid_bytes.ts";
import { attackerId, ATTACKERS } from "./site.ts";

/** What an attack is made with. */
export interface AttackOptions {
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly password: string;
  readonly count: number;
  /** Every attacker sends the same in every run with this seed, at whatever speed. */
  readonly seed: number;
  /** Nothing is broken: the same crowd at the same pace, and every connection is let in and talks as it should. */
  readonly isValid?: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Told how many cases are done. */
  readonly onProgress: (done: number) => void;
}

/** What came of it. */
export interface AttackResult {
  readonly frames: number;
  readonly handshakes: number;
  readonly closes: number;
  /** Messages that a right reader finds in what each attacker sent. */
  readonly readable: ReadonlyMap<string, ReadonlySet<string>>;
  /** What connections sent that the gateway did not end although they broke the protocol, in hex. */
  readonly leftOpen: readonly string[];
}

/** Attackers at one time; each has its identities for itself. */
const CROWD = 8;
/** Frames that one connection sends at most. */
const FRAMES_EACH = 25;
/** New connections per second: what the gateway lets in (OCPP_LIMITS.acceptsPerSecond) and a little less. */
const CONNECTS_PER_SECOND = 180;
/** Connections per address: below what the gateway allows one of them at once. */
const CONNECTS_EACH = 50;
const ANSWER_MS = 10_000;
/** How often a station with the right password comes again before the run is given up. */
const TURNS = 200;

/** Sends `count` broken frames, handshakes and closes, or right ones. */
export async function attack(options: AttackOptions): Promise<AttackResult> {
  const crowd = new Crowd(options);
  await Promise.all(Array.from({ length: CROWD }, (_, n) => crowd.work(n)));
  return crowd;
}

class Crowd implements AttackResult {
  frames = 0;
  handshakes = 0;
  closes = 0;
  readonly leftOpen: string[] = [];
  readonly readable = new Map<string, Set<string>>();
  readonly #options: AttackOptions;
  #done = 0;
  #connects = 0;
  readonly #began: number;

  constructor(options: AttackOptions) {
    this.#options = options;
    this.#began = options.clock.monotonic();
  }

  /** One attacker, until its share of the cases is done. */
  async work(worker: number): Promise<void> {
    const { count, seed, onProgress } = this.#options;
    const random = seededRandom(Math.imul(seed, 0x9e3779b1) + worker);
    for (let turn = 0, left = Math.ceil(count / CROWD); left > 0; turn++) {
      const id = attackerId(worker + CROWD * (turn % (ATTACKERS / CROWD)));
      const kind = turn % 9;
      let cases = 1;
      if (kind < 1) cases = await this.#frameTurn(id, random);
      else if (kind < 5) await this.#handshakeTurn(id, random);
      else await this.#closeTurn(id, random);
      left -= cases;
      this.#done += cases;
      onProgress(Math.min(this.#done, count));
    }
  }

  /** Sends frames until one of them ends the connection; answers how many. */
  async #frameTurn(id: string, random: Random): Promise<number> {
    const { peer, oracle } = await this.#open(id);
    let sent = 0;
    while (sent < FRAMES_EACH && !oracle.isOver) {
      const bytes = this.#options.isValid ? validFrame(random) : brokenFrame(random);
      sent++;
      oracle.push(bytes);
      if (!peer.isClosed) await peer.write(bytes); // the gateway may have limits of its own
    }
    this.frames += sent;
    await this.#finish(id, peer, oracle);
    return sent;
  }

  async #closeTurn(id: string, random: Random): Promise<void> {
    const { peer, oracle } = await this.#open(id);
    const bytes = this.#options.isValid ? validClose() : brokenClose(random);
    this.closes++;
    oracle.push(bytes);
    await peer.write(bytes);
    await this.#finish(id, peer, oracle, Math.floor(random.fraction() * 4));
  }

  async #handshakeTurn(id: string, random: Random): Promise<void> {
    const { plainPort, tlsPort, isValid } = this.#options;
    this.handshakes++;
    if (isValid) return (await this.#open(id)).peer.leave(0);
    const isHello = random.fraction() < 0.2;
    const peer = await this.#connect(isHello ? tlsPort : plainPort);
    await peer.write(isHello ? brokenHello(random) : brokenHandshake(random));
    await peer.until(() => peer.status !== undefined, 50); // some wait for more, as they may
    peer.leave(Math.floor(random.fraction() * 3));
  }

  /** Connects as a station with the right password; comes again when the gateway has too many at this moment. */
  async #open(id: string): Promise<{ readonly peer: BarePeer; readonly oracle: Oracle }> {
    const basic = Buffer.from(`${id}:${this.#options.password}`).toString("base64");
    for (let turn = 0; turn < TURNS; turn++) {
      const peer = await this.#connect(this.#options.plainPort);
      await peer.write(Buffer.from(upgradeHead([`Authorization: Basic ${basic}`], `/ocpp/${id}`)));
      await peer.until(() => peer.status !== undefined, 20_000);
      if (peer.status === 101) return { peer, oracle: new Oracle() };
      peer.leave(2);
    }
    throw new Error(`${id} was not let in in ${TURNS} turns: the gateway has ended or holds everybody up`);
  }

  async #finish(id: string, peer: BarePeer, oracle: Oracle, leave = 3): Promise<void> {
    const texts = this.readable.get(id) ?? new Set();
    for (const text of oracle.texts) texts.add(text);
    this.readable.set(id, texts);
    if (leave < 3) return peer.leave(leave);
    if (oracle.isOver && !await peer.until(() => peer.isClosed, ANSWER_MS)) this.leftOpen.push(`${id} ${oracle.sent}`);
    peer.leave(2);
  }

  /** A new connection, not faster than the gateway takes them and from an address that has not had too many. */
  async #connect(port: number): Promise<BarePeer> {
    const { clock, timers } = this.#options;
    const n = this.#connects++;
    const wait = this.#began + n * 1_000 / CONNECTS_PER_SECOND - clock.monotonic();
    if (wait > 0) await new Promise<void>((resolve) => void timers.after(wait, resolve));
    const address = Math.floor(n / CONNECTS_EACH);
    return new BarePeer(port, `127.${20 + (address >> 14)}.${(address >> 7) & 0x7f}.${1 + (address & 0x7f)}`, timers);
  }
}

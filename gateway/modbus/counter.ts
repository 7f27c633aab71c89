import type { Clock } from "../core/clock.ts";
import { ProtocolError } from "../core/errors.ts";
import { encodeException, EXCEPTION, type ModbusRequest } from "./codec.ts";
import { decodeRequest, encodeRequest } from "./codec_request.ts";
import { exceptionTo } from "./codec_response.ts";
import type { Line } from "./line.ts";
import type { Ask, Asker, Forward, ModbusPolicy, Moment, Refusal } from "./policy.ts";
import { type Access, accessesOf } from "./profile.ts";
import { ReadCache, type ReadKey, type ReadUnderWay } from "./read_cache.ts";
import type { LineJob } from "./session.ts";
import type { Outcome, Traffic } from "./traffic.ts";
import type { UnitConfig } from "./worker_config.ts";

/** One request of one client until it is answered. */
export interface Visit {
  readonly asker: Asker;
  readonly unit: number;
  readonly pdu: Uint8Array;
  /** False once its client is gone: nobody waits for the answer. */
  readonly isWanted: () => boolean;
  /** Called once; an empty PDU is no answer (a broadcast). */
  readonly answer: (pdu: Uint8Array) => void;
}

/** A visit that was let through. */
interface Admitted extends Visit {
  readonly ask: Ask;
  readonly verdict: Forward;
  readonly target: Target;
  readonly since: number;
}

/** A device and the line that it is on. */
interface Target {
  readonly config: UnitConfig;
  readonly line: Line;
  readonly cache: ReadCache<Admitted>;
}

/** What is on its way to a device. */
interface Errand {
  readonly visit: Admitted;
  readonly read: ReadUnderWay<Admitted> | undefined;
  readonly writes: readonly Access[];
}

/** What the counter works with. */
export interface CounterTools {
  readonly clock: Clock;
  readonly policy: ModbusPolicy;
  readonly traffic: Traffic;
  readonly refused: (ask: Ask, refusal: Refusal, isTrial: boolean) => void;
  readonly forwarded: (ask: Ask, verdict: Forward) => void;
}

/**
 * Where every request of every client comes to: read, judged, answered from memory or sent to its line, and its answer
 * shown as the client may see it. Each request is answered exactly once.
 */
export class Counter {
  readonly #tools: CounterTools;
  readonly #caches = new Map<Line, ReadCache<Admitted>>();
  #units: ReadonlyMap<number, Target> = new Map();

  constructor(tools: CounterTools) {
    this.#tools = tools;
  }

  /** Takes other units and lines; what waits on a line goes on there. */
  configure(units: readonly UnitConfig[], lines: ReadonlyMap<string, Line>): void {
    for (const line of this.#caches.keys()) if (lines.get(line.config.id) !== line) this.#caches.delete(line);
    this.#units = new Map(units.flatMap((config) => {
      const line = lines.get(config.line);
      if (!line) return [];
      const cache = this.#caches.get(line) ?? new ReadCache<Admitted>();
      this.#caches.set(line, cache);
      return [[config.unit, { config, line, cache }] as const];
    }));
  }

  /** Takes one request. */
  visit(visit: Visit): void {
    const request = this.#read(visit);
    if (!request) return;
    const now = this.#moment(); // one look at the clock for all that follows
    const ask: Ask = { asker: visit.asker, unit: visit.unit, request, pdu: visit.pdu };
    const verdict = this.#tools.policy.judge(ask, now);
    const target = this.#units.get(visit.unit);
    if (verdict.do === "refuse") {
      this.#tools.refused(ask, verdict, false);
      return this.#end(visit, target, "refused", exceptionTo(request, verdict.exception));
    }
    if (verdict.wouldRefuse) this.#tools.refused(ask, verdict.wouldRefuse, true);
    // Judged first: who may do nothing does not learn which units there are.
    if (!target) return this.#end(visit, target, "no-path", exceptionTo(request, EXCEPTION.gatewayPathUnavailable));
    this.#tools.forwarded(ask, verdict);
    this.#serve({ ...visit, ask, verdict, target, since: now.monotonic }, now);
  }

  /**
   * Reads for a person, past the rules: control has judged who asks. It waits for its turn on the line like all others.
   * The answer is an exception where there is no such unit or no answer.
   */
  read(who: string, unit: number, request: ModbusRequest): Promise<Uint8Array> {
    const target = this.#units.get(unit);
    if (!target) return Promise.resolve(exceptionTo(request, EXCEPTION.gatewayPathUnavailable));
    const pdu = encodeRequest(request);
    const asker: Asker = { client: who, source: "control", listener: "control" };
    const verdict: Forward = {
      ...{ do: "forward", rule: "modbus.person", request, pdu, masked: [] },
      ...{ serviceClass: "read", mayRetry: true, mayShare: false, maxAgeMs: 0 },
    };
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const visit: Visit = { asker, unit, pdu, isWanted: () => true, answer: resolve };
    const now = this.#moment();
    this.#serve({ ...visit, ask: { asker, unit, request, pdu }, verdict, target, since: now.monotonic }, now);
    return promise;
  }

  /** A line sent one of its jobs to the device. */
  sent(job: LineJob): void {
    const { read } = job.owner as Errand;
    if (read) read.isSent = true;
  }

  /** A line answered one of its jobs. */
  answered(line: Line, job: LineJob, pdu: Uint8Array | undefined): void {
    const { visit, read, writes } = job.owner as Errand;
    const now = this.#moment();
    const cache = this.#caches.get(line);
    // Once more: what was read between the request and its answer may be older than the write.
    for (const access of writes) cache?.written(job.device, access);
    const isData = pdu !== undefined && !(pdu[0]! & 0x80);
    const others = read && cache ? cache.answered(read, isData ? pdu : undefined, now.monotonic) : read?.askers ?? [];
    this.#show(visit, pdu, now);
    for (const each of others) this.#show(each, pdu, now);
  }

  /** Clients are gone: what they wait for is not asked any more, unless somebody else waits for the same. */
  withdraw(): void {
    for (const line of this.#caches.keys()) {
      for (const { owner } of line.withdraw((job) => !isWanted(job.owner as Errand))) {
        const { read } = owner as Errand;
        if (read) this.#caches.get(line)?.answered(read, undefined, this.#tools.clock.monotonic());
      }
    }
  }

  /** The line was lost: what is known of its devices may be of others. */
  forget(line: Line): void {
    this.#caches.get(line)?.clear();
  }

  #moment(): Moment {
    return { monotonic: this.#tools.clock.monotonic(), wall: this.#tools.clock.now() };
  }

  #read(visit: Visit): ModbusRequest | undefined {
    try {
      return decodeRequest(visit.pdu);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const exception = MALFORMED[error.code] ?? EXCEPTION.illegalDataValue;
      const target = this.#units.get(visit.unit);
      this.#end(visit, target, "malformed", encodeException(visit.pdu[0] ?? 0, exception));
      return undefined;
    }
  }

  #serve(visit: Admitted, now: Moment): void {
    const { ask, verdict, target, since } = visit;
    const { cache, config: { device }, line } = target;
    const key = verdict.mayShare ? readKey(verdict.request, device) : undefined;
    const fresh = key && cache.fresh(key, verdict.maxAgeMs, since);
    if (fresh) return this.#show(visit, fresh, now, "cached");
    if (key && cache.join(key, visit)) return;
    const writes = accessesOf(verdict.request).filter(({ values }) => values !== undefined);
    for (const access of writes) cache.written(device, access);
    const errand: Errand = { visit, read: key && cache.began(key, verdict.maxAgeMs), writes };
    line.submit({
      client: clientKey(ask.asker),
      serviceClass: verdict.serviceClass,
      cost: Math.max(1, line.lineMs(verdict.pdu.length + 3 + answerBytes(verdict.request))),
      deadline: since + line.config.deadlineMs,
      device,
      request: verdict.request,
      pdu: verdict.pdu,
      mayRetry: verdict.mayRetry,
      owner: errand,
    });
  }

  /** Answers a visit with what the device said, or the gateway in its place. */
  #show(visit: Admitted, pdu: Uint8Array | undefined, now: Moment, outcome?: Outcome): void {
    const { ask, verdict, target } = visit;
    if (!pdu) return this.#end(visit, target, "answered", NOTHING);
    const seen = this.#tools.policy.seeResponse(ask, verdict, pdu, now);
    this.#end(visit, target, outcome ?? outcomeOf(pdu), seen, now.monotonic - visit.since);
  }

  #end(visit: Visit, target: Target | undefined, outcome: Outcome, pdu: Uint8Array, ms = 0): void {
    this.#tools.traffic.answered(target?.config.line, visit.asker.client, outcome, ms);
    visit.answer(pdu);
  }
}

const NOTHING = new Uint8Array(0);
const MALFORMED: Partial<Record<string, number>> = {
  MODBUS_FUNCTION: EXCEPTION.illegalFunction,
  MODBUS_ADDRESS: EXCEPTION.illegalDataAddress,
  MODBUS_VALUE: EXCEPTION.illegalDataValue,
};

function outcomeOf(pdu: Uint8Array): Outcome {
  if (!(pdu[0]! & 0x80)) return "answered";
  switch (pdu[1]) {
    case EXCEPTION.gatewayPathUnavailable:
      return "no-path";
    case EXCEPTION.gatewayTargetFailed:
      return "no-answer";
    case EXCEPTION.serverDeviceBusy:
      return "busy";
    default:
      return "exception";
  }
}

function isWanted({ visit, read }: Errand): boolean {
  return visit.isWanted() || read?.askers.some((asker) => asker.isWanted()) === true;
}

/** Clients of a plaintext listener are told apart by their address alone. */
function clientKey({ client, listener, source }: Asker): string {
  return client === listener ? `${listener}\n${source}` : client;
}

function readKey(request: ModbusRequest, device: number): ReadKey | undefined {
  const access = accessesOf(request)[0];
  return access && { device, table: access.table, ...access.span };
}

/** Bytes of the answer on a serial line, as far as the request tells. */
function answerBytes(request: ModbusRequest): number {
  switch (request.function) {
    case 1:
    case 2:
      return 5 + Math.ceil(request.quantity / 8);
    case 3:
    case 4:
      return 5 + request.quantity * 2;
    case 23:
      return 5 + request.read.quantity * 2;
    default:
      return 8;
  }
}

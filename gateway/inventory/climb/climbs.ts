import { Buffer } from "node:buffer";
import type { ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import { Turns } from "../../core/turns.ts";
import { INVENTORY_LIMITS } from "../limits.ts";
import type { LiveSession } from "../live_sessions.ts";
import { callStation } from "../station_calls.ts";
import type { StationParts } from "../station_commands.ts";
import { makeVerifier, provesSecret, type VerifierTools } from "../station_verifier.ts";
import { readSignCertificate } from "./messages.ts";
import { type ClimbRecord, type ClimbRecords, hasEnded, openBetween } from "./record.ts";
import { putBack, type SignedRequest, STEPS, type StepTools } from "./steps.ts";

/** Has the site CA sign a station's request. @throws GatewayError PKI_REQUEST_REFUSED */
export interface StationSigner {
  issue(stationId: string, csrPem: string, who: string): Promise<{ readonly pem: string; readonly serial: string }>;
  revoke(serial: string): Promise<void>;
}

/** What climbs work on. */
export interface ClimbParts {
  readonly station: Pick<StationParts, "context" | "credentials" | "floor" | "live" | "raised">;
  readonly records: ClimbRecords;
  readonly tools: VerifierTools;
  readonly signer: StationSigner;
}

/** Thrown into a step when its climb is cancelled, or when the gateway stops: a stored climb then goes on after. */
class Interrupted extends Error {}

/** What a running climb waits for beside the clock. */
interface Run {
  wake: () => void;
  isCancelled: boolean;
  request: ExpectedRequest | undefined;
}

/** A signing request that was asked for. It may come before the station has answered that it will. */
interface ExpectedRequest {
  readonly promise: Promise<SignedRequest>;
  readonly resolve: (request: SignedRequest) => void;
  /** It is taken once. */
  isTaken: boolean;
  readonly cancel: () => void;
}

/** All climbs of the site: one per station, stored before every step, gone on with after a restart. */
export class Climbs {
  readonly #parts: ClimbParts;
  readonly #runs = new Map<string, Run>();
  /** Ends of the pauses after a fault; a site has few. */
  readonly #again = new Set<() => void>();
  /** A climb is proven or cancelled, one after the other: what proves a station must not be revoked by its cancel. */
  readonly #ends = new Turns();
  #isStopped = false;

  constructor(parts: ClimbParts) {
    this.#parts = parts;
  }

  /** Goes on with what an earlier run of the gateway left. */
  resume(): void {
    for (const record of this.#parts.records.all()) if (!hasEnded(record)) void this.#run(record.stationId);
  }

  /** Ends nothing: a stored climb goes on after the next start. */
  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#again) cancel();
    for (const run of this.#runs.values()) run.wake();
  }

  of(stationId: string): ClimbRecord | undefined {
    return this.#parts.records.get(stationId);
  }

  /** Waits until a climb has moved on from what it is now, at most so long. */
  async moved(stationId: string, withinMs: number): Promise<void> {
    const { timers, clock } = this.#parts.station.context;
    const before = this.of(stationId), until = clock.monotonic() + withinMs;
    while (before && !hasEnded(before) && this.of(stationId) === before && clock.monotonic() < until) {
      await new Promise<void>((resolve) => timers.after(INVENTORY_LIMITS.climbPollMs / 4, resolve));
    }
  }

  /** The two profiles a station may show now, while the switch of its climb is not proven. */
  between(stationId: string): ReturnType<typeof openBetween> {
    const record = this.of(stationId);
    return record && openBetween(record);
  }

  /** Begins a climb. @throws GatewayError STATION_INVALID when too many run, or one of this station does */
  async begin(record: ClimbRecord): Promise<void> {
    const known = this.of(record.stationId), isBegun = this.#runs.has(record.stationId);
    if (isBegun || known && !hasEnded(known)) throw invalid(`a climb of "${record.stationId}" is under way`);
    if (this.#runs.size >= INVENTORY_LIMITS.climbs) throw invalid(`${this.#runs.size} climbs run already`);
    this.#runs.set(record.stationId, newRun()); // two that come together must not both begin
    try {
      await this.#parts.records.put(record);
    } catch (error) {
      this.#runs.delete(record.stationId);
      throw error;
    }
    void this.#run(record.stationId);
  }

  /** Ends a climb where it stands: from now on only the profile proven last is accepted. */
  async cancel(stationId: string, who: string): Promise<void> {
    const record = this.of(stationId);
    if (!record || hasEnded(record)) throw invalid(`no climb of "${stationId}" is under way`);
    const run = this.#runs.get(stationId);
    if (run) run.isCancelled = true;
    await this.#ends.run([stationId], async () => {
      await this.#end(stationId, (now) => ({ ...now, state: "cancelled", why: `ended by ${who}` }));
      run?.wake();
      const { certificate } = this.of(stationId)!, { floor } = this.#parts.station;
      if (certificate !== undefined && floor.highest(stationId) < 3) await this.#parts.signer.revoke(certificate);
    });
  }

  /** Other hardware stands there now: nothing of a climb is for it, and nothing that was sent proves anything. */
  async forget(stationId: string, who: string): Promise<void> {
    const record = this.of(stationId);
    if (record && !hasEnded(record)) await this.cancel(stationId, who);
    await this.dropPending(stationId);
  }

  /** A person gave the station another password: none that a climb sent is good any more. */
  async dropPending(stationId: string): Promise<void> {
    await this.#parts.records.change(stationId, (now) => {
      return now.pending.length > 0 ? { ...now, pending: [] } : undefined;
    });
  }

  /** Whether a password is one that a climb sent to the station; then it is its only one from now on. */
  async provesPending(stationId: string, password: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const record = this.of(stationId);
    for (const verifier of record?.pending ?? []) {
      // A station may send a hex key as its text or as the bytes it stands for (Q7).
      const forms = [password, new TextEncoder().encode(Buffer.from(password).toString("hex"))];
      for (const form of forms) {
        if (!await provesSecret(form, verifier, this.#parts.tools)) continue;
        const { credentials, context } = this.#parts.station;
        await credentials.take(stationId, verifier, context.clock.now());
        await this.#parts.records.change(stationId, (now) => withoutPending(now, record!.pending));
        await this.#audit("station.credential.renewed", record!, "ok", { proven: true });
        return true;
      }
    }
    return false;
  }

  /** A CALL of a station that a climb announced to its Worker: the signing request. */
  async expected(stationId: string, payload: Json): Promise<Json> {
    const run = this.#runs.get(stationId), record = this.of(stationId);
    const request = readSignCertificate(payload);
    if (!run?.request || run.request.isTaken || !record || !request) return { status: "Rejected" };
    const { resolve: answer } = run.request;
    run.request.isTaken = true;
    try {
      const { pem, serial } = await this.#parts.signer.issue(stationId, request.csr, record.who);
      const { requestId } = request;
      answer({ chainPem: pem, serial, ...requestId === undefined ? {} : { requestId } });
      return { status: "Accepted" };
    } catch (error) {
      answer({ refused: describeError(error) });
      return { status: "Rejected" };
    }
  }

  async #run(stationId: string): Promise<void> {
    const run = newRun();
    this.#runs.set(stationId, run);
    const { log, timers } = this.#parts.station.context;
    try {
      await this.#climb(stationId, run);
    } catch (error) {
      if (error instanceof Interrupted) return;
      // A full disk, say. Ending it here could lock the station out of both ways: it goes on when that is over.
      log.error("stations.climb.faulted", { station: stationId, msg: describeError(error) });
      this.#again.add(timers.after(INVENTORY_LIMITS.climbAgainMs, () => {
        const record = this.of(stationId);
        if (!this.#isStopped && record && !hasEnded(record) && !this.#runs.has(stationId)) void this.#run(stationId);
      }));
    } finally {
      run.request?.cancel();
      this.#runs.delete(stationId);
    }
  }

  async #climb(stationId: string, run: Run): Promise<void> {
    const isOver = () => run.isCancelled || hasEnded(this.of(stationId)!);
    for (let record = this.of(stationId)!; !isOver(); record = this.of(stationId)!) {
      const hop = record.hops[record.hop];
      if (!hop) return await this.#end(stationId, (now) => ({ ...now, state: "done" }));
      const step = hop.steps[record.step];
      if (!step) {
        await this.#change(stationId, (now) => ({ ...now, hop: now.hop + 1, step: 0 }));
        continue;
      }
      const tools = this.#toolsOf(record, run);
      const outcome = await STEPS[step](tools);
      if (run.isCancelled) return;
      const text = outcome.is === "done" ? outcome.text : `failed: ${outcome.why}`;
      const noted = { hop: record.hop, step, text: text.slice(0, 300), at: tools.now() };
      const notes = (now: ClimbRecord) => [...now.notes, noted].slice(-INVENTORY_LIMITS.climbNotes);
      if (outcome.is === "failed") return await this.#revert(stationId, notes, tools, outcome.why);
      await this.#change(stationId, (now) => ({ ...now, notes: notes(now), state: "running", step: now.step + 1 }));
    }
  }

  /** Closes the new way first, then puts back what was changed at the station. */
  async #revert(
    stationId: string,
    notes: (now: ClimbRecord) => ClimbRecord["notes"],
    tools: StepTools,
    why: string,
  ): Promise<void> {
    await this.#change(stationId, (now) => ({ ...now, notes: notes(now), pending: [] }));
    const left = await putBack(tools), { certificate } = tools.record();
    if (certificate !== undefined) await this.#parts.signer.revoke(certificate);
    const state = left.length === 0 ? "reverted" : "failed";
    const byHand = left.length === 0 ? "" : `; put back by hand: ${left.join(", ")}`;
    await this.#end(stationId, ({ certificate: _, ...now }) => ({ ...now, state, why: `${why}${byHand}` }));
  }

  /** Changes a climb as it stands, unless it was ended meanwhile: what has ended stays so. */
  async #change(stationId: string, how: (now: ClimbRecord) => ClimbRecord): Promise<void> {
    await this.#parts.records.change(stationId, (now) => hasEnded(now) ? undefined : how(now));
  }

  /** Recorded before it is stored: what ended without a record would be told by nobody. */
  async #end(stationId: string, how: (now: ClimbRecord) => ClimbRecord): Promise<void> {
    const record = how(this.of(stationId)!);
    const isDone = record.state === "done";
    const to = record.hops.at(-1)?.to ?? 0;
    const detail = { state: record.state, to, ...isDone ? {} : { why: (record.why ?? "").slice(0, 300) } };
    await this.#audit("station.climb.ended", record, isDone ? "ok" : "failed", detail);
    await this.#parts.station.context.alarms.clear("station.climb.overdue", stationId);
    await this.#change(stationId, how);
  }

  async #audit(
    event: "station.climb.ended" | "station.credential.renewed",
    { stationId, who }: ClimbRecord,
    outcome: "ok" | "failed",
    detail: Record<string, string | number | boolean>,
  ): Promise<void> {
    const { audit } = this.#parts.station.context;
    await audit.record({ event, class: "security", who, target: stationId, outcome, detail });
  }

  #toolsOf({ stationId, hop }: ClimbRecord, run: Run): StepTools {
    const { context, live } = this.#parts.station;
    const record = () => this.of(stationId)!;
    const session = () => live.ofStation(stationId);
    const timeoutMs = INVENTORY_LIMITS.climbCallMs;
    return {
      record,
      hop: record().hops[hop]!,
      change: (changes) => this.#change(stationId, (now) => ({ ...now, ...changes })),
      now: () => context.clock.now(),
      sleep: (ms) => this.#sleep(run, ms),
      session,
      activity: async () =>
        await this.#worker(session(), (worker) => worker.call("station.activity", { stationId })) ??
          { state: "unknown" },
      call: async (ask) => {
        try {
          return await callStation(this.#parts.station, { stationId, ...ask, timeoutMs });
        } catch (error) {
          if (!(error instanceof GatewayError) || error.code !== "STATION_CALL_INVALID") throw error;
          return { error: { code: "NotSupported", description: error.message } }; // it speaks another version now
        }
      },
      makePassword: () => this.#makePassword(record()),
      commitPassword: () => this.#commitPassword(stationId),
      isPasswordProven: () => record().pending.length === 0,
      reconnect: async (why) => {
        const open = session();
        if (open) {
          await this.#worker(open, (worker) => worker.call("sessions.close", { sessions: [open.session], why }));
        }
      },
      expectRequest: async (forMs) => {
        const action = "SignCertificate";
        this.#awaitRequest(run, forMs);
        await this.#worker(session(), (worker) => worker.call("station.expect", { stationId, action, forMs }));
      },
      signed: () => this.#signed(run),
      commit: () => this.#commit(record()),
      overdue: async (why) => {
        await this.#change(stationId, (now) => ({ ...now, state: "waiting" }));
        await context.alarms.raise({ kind: "station.climb.overdue", subject: stationId, detail: why });
      },
    };
  }

  /** Asks the Worker of a session; undefined when it is gone: the next look finds out. */
  async #worker<T>(
    session: LiveSession | undefined,
    ask: (worker: ReturnType<ControlContext["workers"]["get"]>) => Promise<T>,
  ): Promise<T | undefined> {
    if (!session) return undefined;
    const { workers, log } = this.#parts.station.context;
    try {
      return await ask(workers.get(session.worker));
    } catch (error) {
      log.warn("stations.climb.unasked", { station: session.stationId, msg: describeError(error) });
      return undefined;
    }
  }

  /** 20 random bytes as 40 hex digits: the longest AuthorizationKey that OCPP 1.6 takes (O-05). */
  async #makePassword({ stationId }: ClimbRecord): Promise<string> {
    const { context } = this.#parts.station;
    const password = Buffer.from(context.random.bytes(20)).toString("hex");
    const verifier = await makeVerifier(new TextEncoder().encode(password), this.#parts.tools);
    await this.#change(stationId, (now) => {
      return { ...now, pending: [...now.pending, verifier].slice(-INVENTORY_LIMITS.climbPending) };
    });
    return password;
  }

  async #commitPassword(stationId: string): Promise<void> {
    const { credentials, context } = this.#parts.station, record = this.of(stationId)!;
    await credentials.take(stationId, record.pending.at(-1)!, context.clock.now());
    await this.#change(stationId, (now) => withoutPending(now, record.pending));
    await this.#audit("station.credential.renewed", record, "ok", { accepted: true });
  }

  #awaitRequest(run: Run, withinMs: number): void {
    run.request?.cancel();
    const { promise, resolve } = Promise.withResolvers<SignedRequest>();
    const { timers } = this.#parts.station.context;
    const cancel = timers.after(withinMs, () => resolve({ refused: "it did not come in time" }));
    run.request = { promise, resolve, isTaken: false, cancel };
  }

  async #signed(run: Run): Promise<SignedRequest> {
    const { promise: interrupted, reject } = Promise.withResolvers<never>();
    run.wake = () => reject(new Interrupted());
    try {
      return await Promise.race([run.request!.promise, interrupted]);
    } finally {
      run.request?.cancel();
      run.request = undefined;
    }
  }

  #commit(record: ClimbRecord): Promise<void> {
    return this.#ends.run([record.stationId], () => this.#prove(record));
  }

  async #prove({ stationId, hops, hop }: ClimbRecord): Promise<void> {
    if (hasEnded(this.of(stationId)!)) throw new Interrupted();
    const { floor, raised, credentials, context } = this.#parts.station;
    const { to } = hops[hop]!, now = context.clock.now();
    await raised.raise(stationId, to, now);
    await floor.prove(stationId, to, now);
    if (to === 3) await credentials.remove(stationId, now);
    await this.#change(stationId, ({ certificate: _, before: __, switched: ___, ...now }) => {
      return { ...now, ...to === 3 ? { pending: [] } : {} };
    });
    const { audit } = context;
    const detail = { profile: to };
    const event = "station.profile.proven";
    await audit.record({ event, class: "security", who: stationId, target: stationId, outcome: "ok", detail });
  }

  #sleep(run: Run, ms: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = () => this.#isStopped || run.isCancelled ? reject(new Interrupted()) : resolve();
    if (this.#isStopped || run.isCancelled) {
      end();
      return promise;
    }
    const cancel = this.#parts.station.context.timers.after(ms, end);
    run.wake = () => {
      cancel();
      end();
    };
    return promise;
  }
}

/** Passwords that are none any more; one that was made meanwhile still is. */
const withoutPending = (now: ClimbRecord, gone: ClimbRecord["pending"]): ClimbRecord => ({
  ...now,
  pending: now.pending.filter((verifier) => !gone.includes(verifier)),
});

const newRun = (): Run => ({ wake: () => {}, isCancelled: false, request: undefined });

function invalid(why: string): GatewayError {
  return new GatewayError("STATION_INVALID", `Cannot climb: ${why}`, {
    hint: "`station climb STATION --status` shows it, --cancel ends it",
  });
}

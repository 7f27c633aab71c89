import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { WorkerSpec } from "../conduit.ts";
import { nullLogger } from "../log.ts";
import { Supervisor } from "../supervisor.ts";
import { SUPERVISOR_LIMITS } from "../supervisor_limits.ts";
import type { FromWorker, ToWorker } from "../worker_protocol.ts";
import type { WorkerHandle } from "../worker_unit.ts";

/** A Worker thread played by the test. */
export class FakeThread implements WorkerHandle {
  readonly received: ToWorker[] = [];
  terminated = false;
  constructor(
    readonly spec: WorkerSpec,
    readonly say: (message: FromWorker) => void,
    readonly crash: (text: string) => void,
  ) {}
  post(message: ToWorker): void {
    this.received.push(message);
    if ("control" in message) message.control?.close();
    if (message.kind === "peer") message.port?.close();
  }
  terminate(): void {
    this.terminated = true;
  }
  ready(): void {
    this.say({ kind: "ready", listening: {} });
  }
  last<K extends ToWorker["kind"]>(kind: K): ToWorker & { kind: K } {
    return this.received.findLast((message) => message.kind === kind) as ToWorker & { kind: K };
  }
}

/** A Worker of a site, as the supervisor sees it. */
export function spec(name: string, after: string[] = [], config: unknown = {}): WorkerSpec {
  return { name, after, config, permissions: {}, module: new URL(`file:///${name}.ts`) };
}

/** A supervisor whose threads, time and randomness are the test. */
export function supervisorLab() {
  const time = new ManualTime();
  const threads: FakeThread[] = [];
  const hung: string[] = [];
  const faults: string[] = [];
  const counted: string[] = [];
  const written: string[] = [];
  const supervisor = new Supervisor({
    spawn: (workerSpec, { message, fault }) => {
      const thread = new FakeThread(workerSpec, message, fault);
      threads.push(thread);
      return thread;
    },
    timers: time,
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 1 },
    log: nullLogger,
    metrics: {
      count: (name, labels, amount = 1) => counted.push(`${name}+${amount} ${labels?.["worker"]}`),
      set: (name, value, labels) => counted.push(`${name}=${value} ${labels?.["worker"]}`),
      observe: () => {},
    },
    logLevel: "info",
    writeLog: (line) => written.push(line),
    onHub: (port) => port.close(),
    onHung: (name) => hung.push(name),
    onFault: (name, fault) => faults.push(`${name}: ${fault}`),
    onStable: (name) => faults.push(`${name}: stable`),
  });
  const thread = (name: string) => threads.findLast((found) => found.spec.name === name)!;
  /** Lets time pass while every thread answers its heartbeats. */
  const beatAll = (ms: number) => {
    for (let left = ms; left > 0; left -= SUPERVISOR_LIMITS.beatMs) {
      time.advance(Math.min(left, SUPERVISOR_LIMITS.beatMs));
      for (const living of threads) {
        const sequence = living.last("beat")?.sequence ?? 0;
        living.say({ kind: "beat", sequence, health: { state: "ok" } });
      }
    }
  };
  return { time, threads, hung, faults, counted, written, supervisor, thread, beatAll };
}

/** Lets promise chains run; no time passes. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** The same with control and these Workers ready. */
export async function started(...specs: WorkerSpec[]) {
  const stage = supervisorLab();
  const start = stage.supervisor.start([spec("control"), ...specs]);
  await settle();
  stage.thread("control").ready();
  await settle();
  for (const { name } of specs) stage.thread(name).ready();
  await start;
  return stage;
}

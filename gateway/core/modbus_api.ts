import type { Json } from "./control_api.ts";

/** Name of the Worker that owns all lines; those with listeners hand every request to it. */
export const LINES_WORKER = "modbus-lines";

/** Name of the Worker that does both, where site.yaml wants one. */
export const ONE_WORKER = "modbus-one";

/** The Worker that owns the lines of this site; undefined without Modbus. */
export function linesWorkerOf(workers: { of(conduit: string): readonly string[] }): string | undefined {
  return [LINES_WORKER, ONE_WORKER].find((name) => workers.of(name).length > 0);
}

/** Who commands a point of a Modbus unit, as it is kept beyond the end of the process. */
export interface KeptLease {
  readonly unit: number;
  readonly point: string;
  readonly owner: string;
  readonly priority: number;
  readonly ttlMs: number;
}

/** A part of one table of a device. */
export interface ReadSpan {
  readonly table: "coil" | "discrete" | "holding" | "input";
  readonly address: number;
  readonly quantity: number;
}

/** What a device said to a read: registers (bits as 0 and 1), or the exception code of the device or gateway. */
export type ReadAnswer = { readonly registers: readonly number[] } | { readonly exception: number };

/** What the Worker that owns the Modbus lines asks of control. */
export interface ModbusControlApi {
  /** Points that got another commander. The answer comes when it is stored. */
  "modbus.leased": (args: { readonly leases: readonly KeptLease[] }) => void;
  /** Who commanded what when it was stored last. */
  "modbus.leases.kept": (args: Record<never, never>) => { readonly leases: readonly KeptLease[] };
  /** Which kinds of requests clients made since the last time (RecordedClient[]). */
  "modbus.recorded": (args: { readonly clients: Json }) => void;
}

/** What control asks of that Worker. */
export interface ModbusWorkerApi {
  /** Who commands which point now; `seconds` until it ends without another write. */
  "modbus.leases": (
    args: Record<never, never>,
  ) => { readonly leases: readonly (KeptLease & { readonly seconds: number })[] };
  /** Reads a device for a person, in the turn of its line, past the rules: control has judged who asks. */
  "modbus.read": (
    args: { readonly unit: number; readonly who: string; readonly spans: readonly ReadSpan[] },
  ) => { readonly answers: readonly ReadAnswer[] };
  /** Hands over what was recorded since the last time (RecordedClient[]); `more`: ask again. */
  "modbus.recording": (args: Record<never, never>) => { readonly clients: Json; readonly more: boolean };
  /** The rules that are in force (ModbusRule[]). */
  "modbus.rules": (
    args: Record<never, never>,
  ) => { readonly rules: Json; readonly mode: "enforce" | "observe"; readonly timeZone: string };
  /** Lines, clients and last refusals of the Worker that owns the Modbus lines, for people. */
  "modbus.state": (args: Record<never, never>) => Json;
}

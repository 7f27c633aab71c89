import { z } from "zod";
import { operation } from "./operation.ts";

const Counts = z.record(z.string(), z.number());

/** One line as the Worker that owns it describes it. */
export const ModbusLineRow = z.object({
  id: z.string(),
  kind: z.string(),
  place: z.string(),
  state: z.string().describe("closed, opening, listening, foreign, resting, pausing or waiting"),
  queued: z.number().describe("Requests that wait for the line"),
  busyMs: z.number().describe("Milliseconds that requests were on the line since the start"),
  utilisation: z.number().describe("Part of the last minute or two that requests were on the line, 0 to 1"),
  down: z.string().optional().describe("Why it cannot be used"),
  latencyMs: z.object({ p50: z.number(), p99: z.number() }),
  outcomes: Counts.describe("Requests by what became of them"),
  notes: Counts.describe("What went wrong on the line, by kind"),
});
/** One line. */
export type ModbusLineRow = z.infer<typeof ModbusLineRow>;

/** One refusal. */
export const ModbusRefusal = z.object({
  at: z.number().describe("Milliseconds since 1970"),
  client: z.string(),
  role: z.string(),
  rule: z.string(),
  unit: z.number(),
  function: z.number(),
  points: z.string().describe("Names of the points it was about"),
  reason: z.string(),
  isTrial: z.boolean().describe("Relayed all the same: the rules are only tried out"),
});
/** One refusal. */
export type ModbusRefusal = z.infer<typeof ModbusRefusal>;

/** Lines, clients and refusals. */
export const ModbusState = z.object({
  lines: z.array(ModbusLineRow),
  silent: z.array(z.string()).default([]).describe("Line and address of devices that do not answer any more"),
  clients: z.record(z.string(), Counts).default({}),
  perMinute: Counts.default({}).describe("Requests per minute of each client, over the last minute or two"),
  refusals: z.array(ModbusRefusal).default([]),
});
/** Lines, clients and refusals. */
export type ModbusState = z.infer<typeof ModbusState>;

/** How the Modbus lines stand. */
export const readModbusLines = operation({
  id: "readModbusLines",
  method: "get",
  path: "/modbus/lines",
  tag: "modbus",
  summary: "Lines with load, latency and errors, requests by client, and the last refusals with the names of points",
  needs: "command modbus lines",
  input: z.object({}),
  output: ModbusState,
  call: async (person) => ModbusState.parse((await person.run("modbus lines")).data),
});

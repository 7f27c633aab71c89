import { deepEqual, equal, rejects } from "node:assert/strict";
import type { StationCall } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { LiveSessions } from "./live_sessions.ts";
import { callStation } from "./station_calls.ts";

const ASK: StationCall = { stationId: "CP001", action: "Reset", payload: { type: "Soft" }, timeoutMs: 10_000 };

function rig(answer: () => unknown) {
  const asked: { worker: string; method: string; args: unknown; deadlineMs: number | undefined }[] = [];
  const live = new LiveSessions();
  const get = (worker: string) => ({
    call: (method: string, args: unknown, options?: { deadlineMs?: number }) => {
      asked.push({ worker, method, args, deadlineMs: options?.deadlineMs });
      return Promise.resolve().then(answer);
    },
  });
  const parts = { context: { workers: { get, names: () => [], of: () => [] } as never }, live };
  const connect = (session: string, worker: string) =>
    live.add({ session, worker, stationId: "CP001", source: "10.0.0.1", securityProfile: 2, since: 0 });
  return { asked, connect, call: (changes: Partial<StationCall> = {}) => callStation(parts, { ...ASK, ...changes }) };
}
const gone = (code: "RPC_DEADLINE" | "RPC_FAILED" | "RPC_PEER_GONE" | "STATION_CALL_INVALID") => () => {
  throw new GatewayError(code, "no");
};

Deno.test("callStation: asks the Worker that holds the newest session, with time to spare for the RPC", async () => {
  const { call, connect, asked } = rig(() => ({ result: { status: "Accepted" } }));
  connect("s1", "ocpp-0");
  connect("s2", "ocpp-1");
  deepEqual(await call(), { result: { status: "Accepted" } });
  deepEqual(asked, [{ worker: "ocpp-1", method: "station.call", args: ASK, deadlineMs: 15_000 }]);
});

Deno.test("callStation: a station that is not connected is away, and nobody is asked", async () => {
  const { call, asked } = rig(() => ({}));
  deepEqual(await call(), { noAnswer: "away" });
  equal(asked.length, 0);
});

Deno.test("callStation: a Worker that ends or hangs leaves no promise behind, and the call is never repeated", async () => {
  for (const [code, noAnswer] of [["RPC_PEER_GONE", "ended"], ["RPC_DEADLINE", "timeout"]] as const) {
    const { call, connect, asked } = rig(gone(code));
    connect("s1", "ocpp-0");
    deepEqual(await call(), { noAnswer });
    equal(asked.length, 1);
  }
});

Deno.test("callStation: what the Worker refuses is thrown, as is what nobody foresaw", async () => {
  for (const code of ["STATION_CALL_INVALID", "RPC_FAILED"] as const) {
    const { call, connect } = rig(gone(code));
    connect("s1", "ocpp-0");
    await rejects(call(), { code });
  }
});

Deno.test("callStation: a timeout at the limit is taken, one past it or none is refused", async () => {
  const { call, connect } = rig(() => ({ result: {} }));
  connect("s1", "ocpp-0");
  deepEqual(await call({ timeoutMs: INVENTORY_LIMITS.callTimeoutMs }), { result: {} });
  for (const timeoutMs of [INVENTORY_LIMITS.callTimeoutMs + 1, 0, -1, NaN]) {
    await rejects(call({ timeoutMs }), { code: "STATION_CALL_INVALID" });
  }
});

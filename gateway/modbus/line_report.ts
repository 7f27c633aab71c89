import type { Json } from "../core/control_api.ts";
import type { Line } from "./line.ts";
import { type LineNumbers, quantile } from "./traffic.ts";

/** One line for status and its page: state, load, latency, what went wrong. */
export function describeLine({ config, load, state, isDown }: Line, { outcomes, notes, latencies }: LineNumbers): Json {
  const { id, place } = config;
  const where = place.kind === "serial"
    ? `${place.device} ${place.baud} ${place.parity} ${place.stopBits}`
    : `${place.host}:${place.port}${place.tls ? " TLS" : ""}${place.framing === "rtu" ? " RTU" : ""}`;
  return {
    id,
    kind: place.kind,
    place: where,
    state: load.state,
    queued: load.queued,
    busyMs: Math.round(load.busyMs),
    utilisation: Math.round(load.utilisation * 1_000) / 1_000,
    ...isDown && !state.up ? { down: state.why } : {},
    latencyMs: { p50: Math.round(quantile(latencies, 0.5)), p99: Math.round(quantile(latencies, 0.99)) },
    outcomes,
    notes,
  };
}

import { describeError, UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { TUNNEL_LIMITS } from "./limits.ts";
import type { ByteEnd } from "./pump.ts";

/** Connects to a station's port. @throws UpstreamError TUNNEL_UNREACHABLE */
export type DialStation = (
  target: { readonly host: string; readonly port: number },
  timers: Timers,
) => Promise<ByteEnd>;

/** Connects within the limit; a connection that comes later is closed at once. */
export const dialStation: DialStation = async ({ host, port }, timers) => {
  const late = Promise.withResolvers<never>();
  let isLate = false;
  const cancel = timers.after(TUNNEL_LIMITS.connectMs, () => {
    isLate = true;
    late.reject(unreachable(host, port, `it does not answer within ${TUNNEL_LIMITS.connectMs} ms`));
  });
  const dialled = Deno.connect({ hostname: host, port }).then((connection) => {
    if (isLate) connection.close();
    else {
      connection.setNoDelay(true);
      connection.setKeepAlive(true);
    }
    return connection;
  }).catch((error) => {
    throw unreachable(host, port, describeError(error));
  });
  try {
    return await Promise.race([dialled, late.promise]);
  } finally {
    cancel();
    dialled.catch(() => undefined); // told to the caller, or too late to matter
  }
};

function unreachable(host: string, port: number, why: string): UpstreamError {
  return new UpstreamError("TUNNEL_UNREACHABLE", `Cannot connect to ${host}:${port}: ${why}`, {
    hint: "`why STATION` says whether the station is there; a maker may have closed the port",
  });
}

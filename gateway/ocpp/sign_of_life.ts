import type { Buffer } from "node:buffer";
import type { Timers } from "../core/timers.ts";
import type { LegSocket } from "./leg_socket.ts";
import { MARK } from "./liveness.ts";

/** How to ask. */
export interface Asking {
  /** Send a ping; not to a station that breaks on pings. */
  readonly ping: boolean;
  readonly withinMs: number;
  readonly timers: Timers;
}

/** Whether anything comes from this peer in time: the pong to our ping, or any frame (Q10). */
export function givesSignOfLife(socket: LegSocket, { ping, withinMs, timers }: Asking): Promise<boolean> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const alive = () => resolve(true);
  const dead = () => resolve(false);
  // An earlier ping of ours may be answered only now: that is a sign of life as well.
  const pong = (data: Buffer) => MARK.equals(data) && alive();
  socket.on("message", alive).on("ping", alive).on("pong", pong).on("close", dead);
  const cancel = timers.after(withinMs, dead);
  if (ping) socket.ping(MARK);
  return promise.finally(() => {
    cancel();
    socket.off("message", alive).off("ping", alive).off("pong", pong).off("close", dead);
  });
}

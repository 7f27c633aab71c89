import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { Timers } from "../../core/timers.ts";
import { letPauseReachTcp } from "../../core/tls_pause.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { FrameFilter } from "./frame_filter.ts";

/** What was carried over one WebSocket; bytes as they came, what was left out included. */
export interface JoinEnd {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Frames of the browser that were not passed on. */
  readonly dropped: number;
}

/** Two ends of one WebSocket, and how they are joined. */
export interface Join {
  readonly browser: Duplex;
  readonly device: Duplex;
  /** What has been read of each before, behind the heads. */
  readonly early: { readonly browser: Uint8Array; readonly device: Uint8Array };
  /** Whether what the browser says goes on; else only that it lives and leaves. */
  readonly speaks: boolean;
  readonly timers: Timers;
  /** What ends both, among all that a session has open. */
  readonly live: Set<() => void>;
}

/**
 * Joins both ends until one closes or the session ends. Each is held back while the other is slow, and both end when one
 * takes nothing for a while.
 */
export function joinSockets({ browser, device, early, speaks, timers, live }: Join): Promise<JoinEnd> {
  const { promise, resolve } = Promise.withResolvers<JoinEnd>();
  const filter = speaks ? undefined : new FrameFilter();
  const stalls = new Set<() => void>();
  let bytesIn = 0, bytesOut = 0, dropped = 0;
  const end = () => {
    live.delete(end);
    for (const stop of stalls) stop();
    browser.destroy();
    device.destroy();
    resolve({ bytesIn, bytesOut, dropped });
  };
  live.add(end);
  const pass = (from: Duplex, to: Duplex, piece: Uint8Array) => {
    if (piece.length === 0 || to.destroyed) return;
    const isFull = !to.write(piece);
    if (to.writableLength > UI_PROXY_LIMITS.answerBacklogBytes) return end(); // it could not be held back
    if (!isFull || from.isPaused()) return;
    from.pause();
    const stop = timers.after(UI_PROXY_LIMITS.answerStallMs, end);
    stalls.add(stop);
    to.once("drain", () => {
      stop();
      stalls.delete(stop);
      from.resume();
    });
  };
  const fromBrowser = (piece: Uint8Array) => {
    bytesIn += piece.length;
    if (!filter) return pass(browser, device, piece);
    try {
      const { pass: frames, dropped: out } = filter.push(piece);
      dropped += out.frames;
      for (const frame of frames) pass(browser, device, frame);
    } catch (_unreadable) {
      end();
    }
  };
  const fromDevice = (piece: Uint8Array) => {
    bytesOut += piece.length;
    pass(device, browser, piece);
  };
  letPauseReachTcp(browser as Socket);
  for (const one of [browser, device]) one.on("error", end).on("close", end).on("end", end);
  fromDevice(early.device);
  fromBrowser(early.browser);
  browser.on("data", fromBrowser);
  device.on("data", fromDevice);
  return promise;
}

import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { Random } from "../core/timers.ts";
import { decodeResponse, type DnsResponse } from "./codec.ts";
import type { UpstreamDialer } from "./dialer.ts";
import type { DnsUpstreamConfig } from "./worker_config.ts";

/** What came of a question to an upstream. */
export type LinkAnswer = { readonly response: DnsResponse } | { readonly fault: string };

/** One question on its way. */
export interface Question {
  readonly lookup: string;
  readonly name: string;
  readonly type: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** What a link works with. */
export interface LinkTools {
  readonly upstream: DnsUpstreamConfig;
  readonly dialer: UpstreamDialer;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each question once; `lookup` is what was given to `ask`. */
  onAnswer(lookup: string, answer: LinkAnswer): void;
}

/** The connection to one upstream, opened when there is something to ask. */
export interface UpstreamLink {
  ask(lookup: string, name: string, type: number): void;
  /** Closes what is idle or dead; called now and then with monotonic milliseconds. */
  tick(now: number): void;
  /** Ends the connection; what was asked is answered with `why`. The next question opens it again. */
  close(why: string): void;
}

/** Reads an answer; what cannot be read is a fault of the upstream. */
export function readAnswer(bytes: Uint8Array): LinkAnswer {
  try {
    return { response: decodeResponse(bytes) };
  } catch (error) {
    return { fault: describeError(error) };
  }
}

import { createHmac } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Timers } from "../core/timers.ts";
import { postJson, type PostTarget } from "./http_post.ts";

/** One webhook. With `secret` every request carries a signature that the receiver can check. */
export interface WebhookTarget extends PostTarget {
  readonly sink: string;
  readonly secret?: string;
}

/** Posts one notice. @throws UpstreamError */
export function sendWebhook(target: WebhookTarget, body: string, clock: Clock, timers: Timers): Promise<void> {
  if (target.secret === undefined) return postJson(target, body, timers);
  const timestamp = String(Math.floor(clock.now() / 1000));
  return postJson(target, body, timers, {
    "x-bulkhead-timestamp": timestamp,
    "x-bulkhead-signature": `sha256=${signBody(target.secret, timestamp, body)}`,
  });
}

/** HMAC-SHA-256 as hex over "TIMESTAMP.BODY": the time (seconds) is signed, so that a receiver can refuse old requests. */
export function signBody(secret: string, timestamp: string, body: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
}

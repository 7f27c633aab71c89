/// <reference lib="deno.worker" />
// A Worker for tests: loads the root key from the hald at the path it is told.
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { connectHald } from "../client.ts";

self.onmessage = async (event: MessageEvent<string>) => {
  const client = connectHald(event.data, { clock: systemClock, timers: systemTimers });
  const store = await client.keyStore();
  self.postMessage({ kind: store.kind, bytes: (await store.loadRootKey()).length });
};

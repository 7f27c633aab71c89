import { equal, rejects } from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { openStore } from "../../gateway/store/kv_store.ts";

const TIME = { clock: systemClock, timers: systemTimers };

Deno.test("store: store.url is dialled as KV Connect with the token, which stays in the environment only while opening", async () => {
  const seen: string[] = [];
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers: Record<string, unknown>) => {
    seen.push(`${headers[":method"]} ${headers[":path"]} ${headers["authorization"]}`);
    stream.respond({ ":status": 401 });
    stream.end("no");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const refused = { code: "STORE_FAILED", message: "Cannot open the store" };
  try {
    await rejects(openStore({ url, accessToken: "token-7", ...TIME }), refused);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  equal(seen[0], "POST / Bearer token-7");
  equal(Deno.env.get("DENO_KV_ACCESS_TOKEN"), undefined);
});

Deno.test("store: an endpoint that does not answer is an error and not a wait", async () => {
  await rejects(openStore({ url: "http://127.0.0.1:9/", accessToken: "token-7", ...TIME }), { code: "STORE_FAILED" });
});

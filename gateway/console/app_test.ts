import { equal, match } from "node:assert/strict";
import { createConsoleApp } from "./app.tsx";

const control = (ready: boolean) => ({ call: () => Promise.resolve({ ready, workers: {} }) }) as never;

Deno.test("console: healthz answers while control is away, readyz does not", async () => {
  const app = createConsoleApp({ call: () => Promise.reject(new Error("gone")) } as never);
  equal((await app.request("/healthz")).status, 200);
  const ready = await app.request("/readyz");
  equal(ready.status, 503);
  equal(await ready.text(), '{"ready":false}');
});

Deno.test("console: readyz says ready and no names of Workers", async () => {
  const response = await createConsoleApp(control(true)).request("/readyz");
  equal(response.status, 200);
  equal(await response.text(), '{"ready":true}');
});

Deno.test("console: every answer forbids framing, scripts and caching", async () => {
  for (const path of ["/", "/healthz", "/nothing"]) {
    const { headers } = await createConsoleApp(control(true)).request(path);
    match(headers.get("content-security-policy") ?? "", /default-src 'none'.*frame-ancestors 'none'/);
    equal(headers.get("x-frame-options"), "DENY");
    equal(headers.get("cache-control"), "no-store");
  }
});

Deno.test("console: an unknown page is a plain 404", async () => {
  equal((await createConsoleApp(control(true)).request("/admin")).status, 404);
});

import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { ConnectProxy } from "../../tests/support/connect_proxy.ts";
import { FakeWebhook } from "../../tests/support/fake_webhook.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { systemTimers } from "../core/timers.ts";
import { callHttps } from "./https_call.ts";
import { ACME_LIMITS } from "./limits.ts";

const signal = new AbortController().signal;

Deno.test("acme https: reads an answer up to its limit and not one byte more", async () => {
  await using fake = await FakeWebhook.up();
  const request = { method: "POST", url: fake.url, ca: fake.ca.pem, body: "hällo" } as const;
  fake.answerBody = "x".repeat(ACME_LIMITS.answerBytes);
  const answer = await callHttps(request, systemTimers, signal);
  assert.deepEqual([answer.status, answer.body.length], [200, ACME_LIMITS.answerBytes]);
  assert.deepEqual([fake.posts[0]!.body, fake.posts[0]!.path], ["hällo", "/hook?x=1"]);
  assert.equal(fake.posts[0]!.headers.host, new URL(fake.url).host);
  fake.answerBody += "x";
  await assert.rejects(callHttps(request, systemTimers, signal), { code: "ACME_UNREACHABLE" });
});

Deno.test("acme https: follows no redirect", async () => {
  await using fake = await FakeWebhook.up();
  fake.status = 302;
  fake.answerHeaders = { location: fake.url };
  const { status } = await callHttps({ method: "GET", url: fake.url, ca: fake.ca.pem }, systemTimers, signal);
  assert.deepEqual([status, fake.posts.length], [302, 1]);
});

Deno.test("acme https: trusts neither another CA, nor a certificate for another host, nor X.509 version 1", async () => {
  await using fake = await FakeWebhook.up();
  const other = new TestCa();
  await assert.rejects(callHttps({ method: "GET", url: fake.url, ca: other.pem }, systemTimers, signal));
  for (const wrong of [other.server(["elsewhere.example"]), other.server(["localhost"], { version: 1 })]) {
    const server = createServer({ cert: wrong.certPem, key: wrong.keyPem }, (_request, response) => response.end());
    server.on("tlsClientError", () => {}); // the client's side of it is what the test looks at
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    await assert.rejects(callHttps({ method: "GET", url, ca: other.pem }, systemTimers, signal), {
      code: "ACME_UNREACHABLE",
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("acme https: a server that does not answer is left when the time is over, and when the run ends", async () => {
  const ca = new TestCa();
  const { certPem: cert, keyPem: key } = ca.server(["localhost"]);
  let asked = 0;
  const server = createServer({ cert, key }, () => void asked++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  const time = new ManualTime();
  const late = callHttps({ method: "GET", url, ca: ca.pem }, time, signal);
  await waitFor("the request", () => asked === 1);
  time.advance(ACME_LIMITS.requestMs);
  await assert.rejects(late, { code: "ACME_UNREACHABLE" });
  const ending = new AbortController();
  const ended = callHttps({ method: "GET", url, ca: ca.pem }, time, ending.signal);
  await waitFor("the request", () => asked === 2);
  ending.abort();
  await assert.rejects(ended, { code: "ACME_UNREACHABLE" });
  assert.equal(time.armed, 0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("acme https: goes through the uplink's proxy, TLS end to end", async () => {
  await using fake = await FakeWebhook.up();
  await using proxy = await ConnectProxy.up({ hosts: { "acme.invalid": Number(new URL(fake.url).port) } });
  const url = "https://acme.invalid/directory";
  const uplink = { proxy: proxy.settings, bypass: [] };
  // the server proves another name: nothing is sent, and the proxy alone has resolved it
  await assert.rejects(callHttps({ method: "GET", url, ca: fake.ca.pem }, systemTimers, signal, uplink), {
    code: "ACME_UNREACHABLE",
  });
  assert.deepEqual([proxy.asked, fake.posts.length], [["acme.invalid:443"], 0]);
  const refusing = { proxy: { ...proxy.settings, port: 1 }, bypass: [] };
  await assert.rejects(callHttps({ method: "GET", url, ca: fake.ca.pem }, systemTimers, signal, refusing), {
    code: "ACME_UNREACHABLE",
  });
});

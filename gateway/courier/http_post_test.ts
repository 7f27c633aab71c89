import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { systemTimers } from "../core/timers.ts";
import { ConnectProxy } from "../../tests/support/connect_proxy.ts";
import { FakeWebhook } from "../../tests/support/fake_webhook.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { postJson } from "./http_post.ts";
import { COURIER_LIMITS } from "./limits.ts";
import { sendWebhook } from "./webhook.ts";

Deno.test("webhook: posts JSON with token, time and a signature that the receiver can compute", async () => {
  await using hook = await FakeWebhook.up();
  const target = { sink: "ops", url: hook.url, ca: hook.ca.pem, token: "t0ken", secret: "s3cret" };
  await sendWebhook(target, '{"a":"ü"}', new ManualTime(Date.UTC(2026, 0, 1)), systemTimers);
  const [{ method, path, headers, body }] = hook.posts as [typeof hook.posts[0]];
  assert.deepEqual([method, path, body], ["POST", "/hook?x=1", '{"a":"ü"}']);
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers.authorization, "Bearer t0ken");
  assert.equal(headers["x-bulkhead-timestamp"], "1767225600");
  const expected = createHmac("sha256", "s3cret").update('1767225600.{"a":"ü"}').digest("hex");
  assert.equal(headers["x-bulkhead-signature"], `sha256=${expected}`);
});

Deno.test("webhook: without a secret there is no signature, without a token no authorization", async () => {
  await using hook = await FakeWebhook.up();
  await sendWebhook({ sink: "ops", url: hook.url, ca: hook.ca.pem }, "{}", new ManualTime(), systemTimers);
  assert.equal(hook.posts[0]!.headers["x-bulkhead-signature"], undefined);
  assert.equal(hook.posts[0]!.headers.authorization, undefined);
});

for (const status of [301, 302, 307, 400, 401, 404, 429, 500, 503]) {
  Deno.test(`post: status ${status} is a refusal and a redirect is not followed`, async () => {
    await using hook = await FakeWebhook.up();
    hook.status = status;
    hook.answerHeaders = { location: hook.url };
    const posted = postJson({ url: hook.url, ca: hook.ca.pem, token: "t0ken" }, "{}", systemTimers);
    await assert.rejects(posted, { code: "DELIVERY_REFUSED", message: new RegExp(`status ${status}`) });
    assert.equal(hook.posts.length, 1);
  });
}

Deno.test("post: a certificate of another CA gets nothing, and the error holds no token", async () => {
  await using hook = await FakeWebhook.up();
  const target = { url: hook.url, ca: new TestCa("Other").pem, token: "t0ken" };
  await assert.rejects(postJson(target, "{}", systemTimers), (error: Error) => {
    assert.equal((error as { code?: string }).code, "DELIVERY_UNREACHABLE");
    assert.ok(!`${error.message} ${error.cause}`.includes("t0ken"));
    return true;
  });
  assert.equal(hook.posts.length, 0);
});

Deno.test("post: an endless answer is cut at its limit and the status counts", async () => {
  await using hook = await FakeWebhook.up();
  for (const bytes of [COURIER_LIMITS.answerBytes, COURIER_LIMITS.answerBytes + 1, 1_000_000]) {
    hook.answerBody = "x".repeat(bytes);
    await postJson({ url: hook.url, ca: hook.ca.pem }, "{}", systemTimers);
  }
  assert.equal(hook.posts.length, 3);
});

Deno.test("post: plain HTTP works to loopback, and silence is given up in time", async () => {
  const time = new ManualTime();
  let isSilent = false;
  const server = createServer((request, response) => {
    request.resume();
    if (!isSilent) response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/v1/metrics`;
  await postJson({ url }, "{}", time);
  assert.equal(time.armed, 0);
  isSilent = true;
  const posted = assert.rejects(postJson({ url }, "{}", time), { code: "DELIVERY_UNREACHABLE" });
  await waitFor("the timer", () => time.armed === 1);
  time.advance(COURIER_LIMITS.sendMs);
  await posted;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("post: a closed port is unreachable, with TLS too", async () => {
  await assert.rejects(postJson({ url: "https://127.0.0.1:1/" }, "{}", systemTimers), { code: "DELIVERY_UNREACHABLE" });
  await assert.rejects(postJson({ url: "http://127.0.0.1:1/" }, "{}", systemTimers), { code: "DELIVERY_UNREACHABLE" });
});

Deno.test("post: goes through the uplink's proxy, TLS end to end", async () => {
  await using hook = await FakeWebhook.up();
  await using proxy = await ConnectProxy.up({ credentials: "gw:pw" });
  await postJson({ url: hook.url, ca: hook.ca.pem, proxy: proxy.settings }, "{}", systemTimers);
  assert.deepEqual([hook.posts.length, proxy.asked], [1, [new URL(hook.url).host]]);
  const wrong = { ...proxy.settings, authorization: "Basic x" };
  await assert.rejects(postJson({ url: hook.url, ca: hook.ca.pem, proxy: wrong }, "{}", systemTimers), {
    code: "UPLINK_PROXY_REFUSED",
  });
  assert.equal(hook.posts.length, 1);
});

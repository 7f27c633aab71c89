import { equal, rejects } from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { RequestListener } from "node:http";
import { TestCa } from "../../tests/support/test_ca.ts";
import { systemTimers } from "../core/timers.ts";
import { DIRECT } from "../uplink/settings.ts";
import { readGroups } from "./groups.ts";
import { httpsFetch } from "./https_fetch.ts";
import { IDENTITY_LIMITS } from "./limits.ts";

const AWAY = { code: "IDENTITY_AWAY" };

async function withServer(answer: RequestListener, test: (url: string, ca: string) => Promise<void>): Promise<void> {
  const ca = new TestCa(), { certPem, keyPem } = ca.server(["localhost"]);
  const server: Server = createServer({ cert: certPem, key: keyPem }, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await test(`https://localhost:${(server.address() as { port: number }).port}/`, ca.pem);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const ask = (url: string, ca?: string) => httpsFetch(url, {}, { ca, uplink: DIRECT, timers: systemTimers });

Deno.test("identity fetch: an answer of as many bytes as the limit is read, one more is refused", () =>
  withServer(
    (request, response) => response.end("x".repeat(IDENTITY_LIMITS.answerBytes + (request.url === "/more" ? 1 : 0))),
    async (url, ca) => {
      equal((await (await ask(url, ca)).text()).length, IDENTITY_LIMITS.answerBytes);
      await rejects(ask(`${url}more`, ca), AWAY);
    },
  ));

Deno.test("identity fetch: a redirect is an answer, not a way; a certificate of another CA gets nothing", () =>
  withServer((_, response) => response.writeHead(302, { location: "https://evil.example/" }).end(), async (url, ca) => {
    const answer = await ask(url, ca);
    equal(answer.status, 302);
    await rejects(ask(url, new TestCa("another").pem), AWAY);
    await rejects(ask(url.replace("https:", "http:"), ca), AWAY);
  }));

Deno.test("identity fetch: a cut answer is none", () =>
  withServer((_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half");
    response.socket?.destroySoon();
  }, async (url, ca) => {
    await rejects(ask(url, ca), AWAY);
  }));

Deno.test("identity: groups are one text or a list of texts, so many and so long", () => {
  equal(readGroups(7), undefined);
  equal(readGroups(undefined), undefined);
  equal(readGroups("ops")!.join(), "ops");
  equal(readGroups(["a", 7, null, "b"])!.join(), "a,b");
  const many = Array.from({ length: IDENTITY_LIMITS.groups + 1 }, (_, at) => `g${at}`);
  equal(readGroups(many)!.length, IDENTITY_LIMITS.groups);
  equal(readGroups(["x".repeat(IDENTITY_LIMITS.groupChars), "x".repeat(IDENTITY_LIMITS.groupChars + 1)])!.length, 1);
});

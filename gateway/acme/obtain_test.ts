import assert from "node:assert/strict";
import { nullLogger } from "../core/log.ts";
import type { AcmeAnswer } from "./acme_client.ts";
import { ACME_LIMITS } from "./limits.ts";
import { obtain, type ObtainTools } from "./obtain.ts";

const TASK = { run: "r", names: ["a.example"], csr: "AAAA", thumbprint: "t" };
const TOKEN = "0123456789abcdef";

/** A server that answers from a function; waits are noted, not waited for. */
function scene(answers: (url: string) => Record<string, unknown>, retryAfterMs?: number) {
  const waits: number[] = [];
  const changes: string[] = [];
  const sent: string[] = [];
  const answer = (url: unknown): Promise<AcmeAnswer> =>
    Promise.resolve({ status: 200, headers: {}, body: "PEM", json: answers(String(url)) });
  const tools: ObtainTools = {
    client: {
      register: () => Promise.resolve(),
      order: async () => ({ url: "order", answer: await answer("order") }),
      read: answer,
      send: (url) => {
        sent.push(String(url));
        return answer(url);
      },
      retryAfterMs: () => retryAfterMs,
    },
    changeTxt: ({ action, name, value }) => Promise.resolve(void changes.push(`${action} ${name} ${value}`)),
    wait: (ms) => Promise.resolve(void waits.push(ms)),
    waitMs: 5,
    onOrdered: () => Promise.resolve(),
    log: nullLogger,
  };
  return { tools, waits, changes, sent };
}

const authorization = (status: string, token = TOKEN) => ({
  status,
  identifier: { type: "dns", value: "a.example" },
  challenges: [{ type: "http-01", token }, { type: "dns-01", token, url: "challenge" }],
});

Deno.test("acme obtain: the record is the digest of token and thumbprint (RFC 8555 section 8.4)", async () => {
  let decided = false;
  const { tools, changes, waits, sent } = scene((url) => {
    if (url === "authz") return authorization(decided ? "valid" : "pending");
    if (url === "challenge") decided = true;
    return { status: decided ? "valid" : "pending", authorizations: ["authz"], certificate: "cert" };
  });
  assert.equal(await obtain(TASK, tools), "PEM");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${TOKEN}.t`));
  const value = new Uint8Array(digest).toBase64({ alphabet: "base64url", omitPadding: true });
  assert.deepEqual(changes, [`set _acme-challenge.a.example ${value}`, `remove _acme-challenge.a.example ${value}`]);
  assert.deepEqual([waits, sent], [[5], ["challenge"]]);
});

Deno.test("acme obtain: asks an undecided server so many times and no more", async () => {
  for (const more of [0, 1]) {
    let asked = 0;
    const { tools } = scene((url) => {
      if (url !== "order") return {};
      // The answer to the order itself and the first look at it come before.
      return { status: asked++ < ACME_LIMITS.polls + 1 + more ? "processing" : "valid", certificate: "cert" };
    });
    if (more === 0) assert.equal(await obtain(TASK, tools), "PEM");
    else await assert.rejects(obtain(TASK, tools), /did not decide within 30 questions/);
  }
});

for (
  const [asked, waited] of [
    [undefined, ACME_LIMITS.pollMs],
    [ACME_LIMITS.pollMinMs - 1, ACME_LIMITS.pollMinMs],
    [ACME_LIMITS.pollMinMs, ACME_LIMITS.pollMinMs],
    [ACME_LIMITS.pollMaxMs, ACME_LIMITS.pollMaxMs],
    [ACME_LIMITS.pollMaxMs + 1, ACME_LIMITS.pollMaxMs],
  ] as const
) {
  Deno.test(`acme obtain: asked to wait ${asked} ms between questions it waits ${waited} ms`, async () => {
    let questions = 0;
    const { tools, waits } = scene(() => ({ status: questions++ < 3 ? "processing" : "valid" }), asked);
    await obtain(TASK, tools);
    assert.deepEqual(waits, [waited]);
  });
}

Deno.test("acme obtain: an order has at least one authorization and no more than the limit", async () => {
  const orderOf = (count: number) => {
    let looks = 0;
    return scene((url) => {
      if (url === "authz") return authorization("valid");
      return { status: looks++ === 1 ? "pending" : "valid", authorizations: Array(count).fill("authz") };
    });
  };
  assert.equal(await obtain(TASK, orderOf(ACME_LIMITS.authorizations).tools), "PEM");
  for (const count of [0, ACME_LIMITS.authorizations + 1]) {
    await assert.rejects(obtain(TASK, orderOf(count).tools), new RegExp(`has ${count} authorizations`));
  }
});

const WRONG = [
  { name: "for another host", answer: { ...authorization("pending"), identifier: { value: "b.example" } } },
  { name: "that is over", answer: authorization("deactivated") },
  { name: "without dns-01", answer: { ...authorization("pending"), challenges: [{ type: "http-01", token: TOKEN }] } },
  { name: "with a token that could carry more", answer: authorization("pending", 'x". evil') },
  { name: "with challenges that are none", answer: { ...authorization("pending"), challenges: "x" } },
];
for (const { name, answer } of WRONG) {
  Deno.test(`acme obtain: sets no record for an authorization ${name}`, async () => {
    const { tools, changes } = scene((url) =>
      url === "authz" ? answer : { status: "pending", authorizations: ["authz"] }
    );
    await assert.rejects(obtain(TASK, tools), { code: "ACME_REFUSED" });
    assert.deepEqual(changes, []);
  });
}

Deno.test("acme obtain: a record that cannot be removed does not spoil the run", async () => {
  let decided = false;
  const { tools } = scene((url) => {
    if (url === "authz") return authorization(decided ? "valid" : "pending");
    if (url === "challenge") decided = true;
    return { status: decided ? "valid" : "pending", authorizations: ["authz"], certificate: "cert" };
  });
  const changeTxt: ObtainTools["changeTxt"] = ({ action }) =>
    action === "set" ? Promise.resolve() : Promise.reject(new Error("gone"));
  assert.equal(await obtain(TASK, { ...tools, changeTxt }), "PEM");
});

import { createHash } from "node:crypto";
import type { AcmeTask } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { printable } from "../pki/distinguished_name.ts";
import { type AcmeAnswer, type AcmeClient, AcmeProblem, readProblem } from "./acme_client.ts";
import { ACME_LIMITS } from "./limits.ts";

/** What a run stands on. */
export interface ObtainTools {
  readonly client: Pick<AcmeClient, "register" | "order" | "read" | "send" | "retryAfterMs">;
  readonly changeTxt: (
    change: { readonly name: string; readonly value: string; readonly action: "set" | "remove" },
  ) => Promise<void>;
  /** Resolves after so many milliseconds, or throws when the run is to end. */
  readonly wait: (ms: number) => Promise<void>;
  /** Milliseconds between setting a record and asking for validation. */
  readonly waitMs: number;
  /** Tells control the order's URL, so that a restart goes on with it instead of starting another. */
  readonly onOrdered: (url: string) => Promise<void>;
  readonly log: Logger;
}

/**
 * One run of RFC 8555 section 7: account, order, DNS-01, finalize, download.
 * @returns the certificate chain in PEM, not judged: control does that
 * @throws AcmeProblem, UpstreamError ACME_UNREACHABLE or ACME_DNS_REFUSED
 */
export async function obtain(task: AcmeTask, tools: ObtainTools): Promise<string> {
  const { client } = tools;
  await client.register(task.contact);
  const url = task.order ?? await startOrder(task.names, tools);
  let order = await client.read(url);
  if (order.json.status === "pending") {
    const urls = order.json.authorizations;
    const count = Array.isArray(urls) ? urls.length : 0;
    if (count === 0 || count > ACME_LIMITS.authorizations) {
      throw new AcmeProblem("malformed", `The order has ${count} authorizations, wanted 1 to ${task.names.length}`);
    }
    // One after another: both names of the console share one record name, and some endpoints keep one value only.
    for (const authorization of urls as unknown[]) await authorize(authorization, task, tools);
    order = await settled(url, ["pending"], tools);
  }
  if (order.json.status === "ready") await client.send(order.json.finalize, { csr: task.csr });
  order = await settled(url, ["pending", "ready", "processing"], tools);
  if (order.json.status !== "valid") throw refused("the order", order.json.error);
  return (await client.read(order.json.certificate)).body;
}

async function startOrder(names: readonly string[], { client, onOrdered }: ObtainTools): Promise<string> {
  const { url } = await client.order(names);
  await onOrdered(url);
  return url;
}

async function authorize(url: unknown, task: AcmeTask, tools: ObtainTools): Promise<void> {
  const { client, changeTxt, log } = tools;
  const { json } = await client.read(url);
  if (json.status === "valid") return;
  const { value: host } = (json.identifier ?? {}) as { readonly value?: unknown };
  const isOurs = task.names.some((name) => name.replace(/^\*\./, "") === host);
  if (!isOurs || json.status !== "pending") throw refused(`the authorization of "${printable(String(host))}"`, json);
  const challenges = Array.isArray(json.challenges) ? json.challenges as Record<string, unknown>[] : [];
  const challenge = challenges.find((each) => each?.type === "dns-01");
  if (typeof challenge?.token !== "string" || !/^[A-Za-z0-9_-]{16,256}$/.test(challenge.token)) {
    throw new AcmeProblem("malformed", `The ACME server offers no usable dns-01 challenge for "${host}"`);
  }
  const record = { name: `_acme-challenge.${host}`, value: txtValue(challenge.token, task.thumbprint) };
  try {
    await changeTxt({ ...record, action: "set" });
    await tools.wait(tools.waitMs);
    await client.send(challenge.url, {});
    const decided = await settled(url, ["pending", "processing"], tools);
    if (decided.json.status !== "valid") throw refused(`the validation of "${host}"`, errorOf(decided));
  } finally {
    // A record that stays is untidy, not unsafe: its value is good for this one challenge.
    await changeTxt({ ...record, action: "remove" }).catch((error) => {
      log.warn("acme.record.not_removed", { name: record.name, msg: describeError(error) });
    });
  }
}

/** RFC 8555 section 8.4. */
function txtValue(token: string, thumbprint: string): string {
  return createHash("sha256").update(`${token}.${thumbprint}`).digest("base64url");
}

/** Asks until the status is another than these, at the server's pace within our bounds. */
async function settled(url: unknown, undecided: readonly string[], tools: ObtainTools): Promise<AcmeAnswer> {
  for (let polls = 0; polls < ACME_LIMITS.polls; polls++) {
    const answer = await tools.client.read(url);
    if (!undecided.includes(String(answer.json.status))) return answer;
    const asked = tools.client.retryAfterMs(answer) ?? ACME_LIMITS.pollMs;
    await tools.wait(Math.min(Math.max(asked, ACME_LIMITS.pollMinMs), ACME_LIMITS.pollMaxMs));
  }
  throw new AcmeProblem("timeout", `The ACME server did not decide within ${ACME_LIMITS.polls} questions`);
}

function errorOf({ json }: AcmeAnswer): unknown {
  const challenges = Array.isArray(json.challenges) ? json.challenges as Record<string, unknown>[] : [];
  return challenges.find((each) => each?.error !== undefined)?.error;
}

function refused(what: string, problem: unknown): AcmeProblem {
  const { type, text } = readProblem(problem);
  return new AcmeProblem(type, `The ACME server refused ${what}${text === "" ? "" : `: ${text}`}`);
}

import { UpstreamError } from "../core/errors.ts";
import type { HttpsAnswer, HttpsRequest } from "./https_call.ts";

/** The customer's HTTPS endpoint that changes TXT records. */
export interface DnsEndpoint {
  readonly url: string;
  /** CAs of the endpoint in PEM; absent: the public CAs of the box. */
  readonly ca?: string;
  /** Bearer token. */
  readonly token?: string;
}

/** Makes one HTTPS request, bounded in time and size. */
export type Call = (request: HttpsRequest) => Promise<HttpsAnswer>;

/**
 * Sets or removes one TXT record: POST {"name", "value", "action"}, wanted is a 2xx status.
 * @throws UpstreamError ACME_UNREACHABLE, ACME_DNS_REFUSED with the status
 */
export async function changeTxt(
  { url, ca, token }: DnsEndpoint,
  change: { readonly name: string; readonly value: string; readonly action: "set" | "remove" },
  call: Call,
): Promise<void> {
  const { status } = await call({
    method: "POST",
    url,
    ca,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(change),
  });
  if (status >= 200 && status < 300) return;
  const what = `The DNS endpoint ${
    new URL(url).host
  } answered ${change.action} of ${change.name} with status ${status}`;
  throw new UpstreamError("ACME_DNS_REFUSED", `${what}: wanted 2xx`, {
    hint: "Check pki.acme.dns01: its URL and its token",
  });
}

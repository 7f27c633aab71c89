import { Buffer } from "node:buffer";
import type { UpstreamRoute } from "../../core/control_api.ts";
import type { UpstreamChoice } from "../../core/upstream_api.ts";
import type { UpstreamCredential, UpstreamRecord } from "./upstream_record.ts";

/** The security profile that a route shows at the CSMS (0: no credential at all). */
export function profileOfRoute({ url, basic, clientCertificate }: UpstreamRoute): 0 | 1 | 2 | 3 {
  const isTls = url.startsWith("wss:");
  if (isTls && clientCertificate && !basic) return 3;
  if (isTls) return 2;
  return basic ? 1 : 0;
}

/** The profile in force at the CSMS: of what was proven last, else of the configuration. */
export function profileInForce(record: UpstreamRecord | undefined, configured: UpstreamRoute): 0 | 1 | 2 | 3 {
  return record?.kept?.profile ?? profileOfRoute(configured);
}

/**
 * The ways to show oneself at the CSMS for one station, the newest first: what waits to be proven, what was proven, what
 * is configured. The last is left out where it would lower the security profile (O-02), or where it is a credential that
 * the CSMS must not see any more.
 */
export function upstreamChoices(
  stationId: string,
  configured: UpstreamRoute,
  record: UpstreamRecord | undefined,
): readonly UpstreamChoice[] {
  if (!record) return [{ choice: "configured", route: configured }];
  const base = withRoots(configured, record.roots ?? []);
  const choices: UpstreamChoice[] = [];
  const { fresh, kept, isDetached } = record;
  if (fresh) {
    choices.push({ choice: "new", route: show(base, stationId, fresh, fresh.password) });
    if (fresh.passwordAsText !== undefined && fresh.profile < 3) {
      choices.push({ choice: "new-as-text", route: show(base, stationId, fresh, fresh.passwordAsText) });
    }
  }
  if (kept) choices.push({ choice: "kept", route: show(base, stationId, kept, kept.password) });
  const isLower = kept !== undefined && profileOfRoute(configured) < kept.profile;
  if (!isLower && !(isDetached && kept)) choices.push({ choice: "configured", route: base });
  return choices;
}

function withRoots(route: UpstreamRoute, roots: readonly string[]): UpstreamRoute {
  if (roots.length === 0) return route;
  // Without a file of its own the box's public CAs are trusted: these must stay, so the Worker is told apart.
  return route.caPem ? { ...route, caPem: [...route.caPem, ...roots] } : { ...route, moreCaPem: roots };
}

function show(
  route: UpstreamRoute,
  stationId: string,
  credential: UpstreamCredential,
  password: string | undefined,
): UpstreamRoute {
  const { basic, clientCertificate, ...way } = route;
  if (credential.profile === 3 && credential.certificate) {
    const { chainPem, keyPem } = credential.certificate;
    return { ...way, clientCertificate: { certPem: chainPem, keyPem } };
  }
  const user = Buffer.from(stationId).toString("base64");
  const shown = password === undefined ? basic : { user, password };
  return { ...way, ...shown ? { basic: shown } : {}, ...clientCertificate ? { clientCertificate } : {} };
}

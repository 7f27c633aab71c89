import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import { type AuditEvent } from "../../core/control_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import type { CertificateHash, UpstreamApi } from "../../core/upstream_api.ts";
import { type ReplacePki, replaceStation } from "../replace_station.ts";
import { AttemptLimiter } from "../attempt_limiter.ts";
import { INVENTORY_LIMITS } from "../limits.ts";
import type { StationParts } from "../station_commands.ts";
import { upstreamCommand } from "./upstream_command.ts";
import { judgeChain, makeRequest } from "./upstream_certificate.ts";
import { changeUpstream, latestProfile, readUpstream, setNetwork } from "./upstream_change.ts";
import { upstreamChoices } from "./upstream_choices.ts";
import type { UpstreamRecord } from "./upstream_record.ts";
import { addRoot, hashOfRoot, isNamedBy, readRoots, removeRoot } from "./upstream_roots.ts";
import { isSelfIssued } from "../../pki/certificate.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { prove, type UpstreamLegFacts, type Upstreams } from "./upstreams.ts";

/** What the PKI does for it. */
export interface UpstreamPki {
  readonly caPem: string;
  /** PEM texts of what the site's listeners show: the roots in them are those that stations need. */
  presented(): readonly string[];
  /** A certificate of the site CA for a station's own request. @throws GatewayError with what is wrong with it */
  issueStation(stationId: string, csr: string, who: string): Promise<string>;
}

/** What the handlers work with. */
interface Tools {
  readonly context: ControlContext;
  readonly upstreams: Upstreams;
  readonly pki: UpstreamPki;
  /** Signed requests by station: the site CA's list is bounded, and a station must not fill it. */
  readonly signed: AttemptLimiter;
}

/** Stations whose signed requests are counted. */
const TRACKED = INVENTORY_LIMITS.trackedAttempts;

/**
 * The gateway as the station on its CSMS legs: what a CSMS sets there is judged, stored (sealed) and audited before the
 * Worker gets the answer for it (decision 0063).
 */
export function createUpstreamFeature(parts: StationParts, pki: UpstreamPki & ReplacePki): ControlFeature {
  const { context, upstreams } = parts;
  const signed = new AttemptLimiter({
    limit: UPSTREAM_LIMITS.stationCertificates,
    windowSeconds: 86_400,
    tracked: TRACKED,
  });
  const tools: Tools = { context, upstreams, pki, signed };
  return {
    name: "upstream",
    handlersFor: (worker) => handlersFor(tools, worker),
    commands: {
      "station replace": (args, who) => replaceStation(parts, pki, args, who),
      "station upstream": (args, who) => upstreamCommand(parts, args, who),
    },
  };
}

function handlersFor(tools: Tools, worker: string): RpcHandlers<UpstreamApi> {
  const { upstreams } = tools;
  const legOf = (session: string) => upstreams.ofSession(worker, session).leg;
  return {
    "upstream.change": ({ session, changes }) => change(tools, legOf(session), changes),
    "upstream.read": async ({ session }) => {
      const leg = legOf(session);
      return readUpstream(await upstreams.read(leg), leg.facts);
    },
    "upstream.network": ({ session, network }) => {
      const leg = legOf(session);
      return upstreams.change(leg, async (before) => {
        const { record, result } = setNetwork(before, network, leg.facts);
        await auditChange(tools, leg, `network profile ${network.slot}`, result);
        return { record, answer: result };
      });
    },
    "upstream.request": ({ session }) => request(tools, legOf(session)),
    "upstream.certificate": ({ session, chainPem }) => takeCertificate(tools, legOf(session), chainPem),
    "upstream.root.install": ({ session, certificatePem }) => installRoot(tools, legOf(session), certificatePem),
    "upstream.root.delete": ({ session, hash, isSigned }) => deleteRoot(tools, legOf(session), hash, isSigned === true),
    "upstream.root.list": async ({ session }) => {
      const leg = legOf(session);
      const { roots = [] } = await upstreams.read(leg);
      const own = readRoots([...leg.configured.caPem ?? [], ...roots]).filter(isSelfIssued);
      return { hashes: own.map((root) => hashOfRoot(root)) };
    },
    "upstream.proved": ({ session, choice, refused }) => proved(tools, legOf(session), choice, refused),
    "station.certificate": ({ session, csr }) => signForStation(tools, legOf(session), csr),
  };
}

async function change(
  tools: Tools,
  leg: UpstreamLegFacts,
  changes: Parameters<UpstreamApi["upstream.change"]>[0]["changes"],
): Promise<ReturnType<UpstreamApi["upstream.change"]>> {
  return await tools.upstreams.change(leg, async (before) => {
    let record = before;
    let isNow = false;
    const results = [];
    for (const one of changes) {
      const changed = changeUpstream(record, one, leg.facts);
      ({ record } = changed);
      isNow ||= changed.isNewCredential === true && changed.result.status === "accepted";
      results.push(changed.result);
      await auditChange(tools, leg, one.setting, changed.result);
    }
    const choices = isNow ? { choices: upstreamChoices(leg.station.id, leg.configured, record) } : {};
    return { record, answer: { results, ...choices } };
  });
}

/** Values never stand in the record: some of them are secrets. */
async function auditChange(
  { context }: Tools,
  { csms, station }: UpstreamLegFacts,
  setting: string,
  { status, reason }: { readonly status: string; readonly reason?: string },
): Promise<void> {
  const common = { class: "security", who: csms, target: station.id } as const;
  const event: AuditEvent = status === "rejected"
    ? {
      ...common,
      event: "station.upstream.rejected",
      outcome: "refused",
      rule: "ocpp.rehome.rejected",
      detail: { setting, reason: (reason ?? "").slice(0, 200) },
    }
    : { ...common, event: "station.upstream.changed", outcome: "ok", detail: { setting, from: status } };
  await context.audit.record(event);
}

async function request(tools: Tools, leg: UpstreamLegFacts): Promise<{ readonly csr: string }> {
  const { context, upstreams } = tools, { station, csms, facts } = leg;
  return await upstreams.change(leg, async (before) => {
    const { organization } = readUpstream(before, facts);
    const made = makeRequest(station.id, organization, facts.now);
    const event = "station.upstream.requested";
    await context.audit.record({ event, class: "security", who: csms, target: station.id, outcome: "ok" });
    return { record: { ...before, request: made.request }, answer: { csr: made.csr } };
  });
}

/** Taken into use at once when security profile 3 is in force; otherwise it waits for it. */
async function takeCertificate(
  tools: Tools,
  leg: UpstreamLegFacts,
  chainPem: string,
): Promise<ReturnType<UpstreamApi["upstream.certificate"]>> {
  const { station, facts, configured } = leg;
  return await tools.upstreams.change<ReturnType<UpstreamApi["upstream.certificate"]>>(leg, async (before) => {
    const open = before.request && facts.now - before.request.at < UPSTREAM_LIMITS.requestMs
      ? before.request
      : undefined;
    const verdict = judgeChain(chainPem, open, station.id, facts.now);
    if (verdict.is === "foreign") return { record: before, answer: { status: "foreign" } };
    if (verdict.is === "bad") {
      const { reason } = verdict;
      await auditChange(tools, leg, "certificate", { status: "rejected", reason });
      return { record: before, answer: { status: "rejected", reason } };
    }
    const { request: _answered, ...rest } = before;
    await auditChange(tools, leg, "certificate", { status: "accepted" });
    if (latestProfile(before, facts) < 3) {
      return { record: { ...rest, certificate: verdict.certificate }, answer: { status: "accepted" } };
    }
    const fresh = { profile: 3, certificate: verdict.certificate, at: facts.now } as const;
    const record: UpstreamRecord = { ...rest, fresh };
    return { record, answer: { status: "accepted", choices: upstreamChoices(station.id, configured, record) } };
  });
}

function choicesOf({ station, configured }: UpstreamLegFacts, record: UpstreamRecord) {
  return upstreamChoices(station.id, configured, record);
}

async function installRoot(
  tools: Tools,
  leg: UpstreamLegFacts,
  pem: string,
): Promise<ReturnType<UpstreamApi["upstream.root.install"]>> {
  return await tools.upstreams.change<ReturnType<UpstreamApi["upstream.root.install"]>>(leg, async (before) => {
    const added = addRoot(before.roots ?? [], pem, leg.facts.now);
    if ("reason" in added) {
      const { reason } = added;
      await auditChange(tools, leg, "root", { status: "rejected", reason });
      return { record: before, answer: { status: "rejected", reason } };
    }
    await auditChange(tools, leg, "root", { status: "accepted" });
    const record = { ...before, roots: added.roots };
    return { record, answer: { status: "accepted", choices: choicesOf(leg, record) } };
  });
}

async function deleteRoot(
  tools: Tools,
  leg: UpstreamLegFacts,
  hash: CertificateHash,
  isSigned: boolean,
): Promise<ReturnType<UpstreamApi["upstream.root.delete"]>> {
  const { pki, upstreams } = tools;
  const keep = async (before: UpstreamRecord, reason: string) => {
    await auditChange(tools, leg, "root", { status: "rejected", reason });
    return { record: before, answer: { status: "kept" as const, reason } };
  };
  const isAmong = (pems: readonly string[]) => readRoots(pems).some((root) => isNamedBy(root, hash));
  return await upstreams.change<ReturnType<UpstreamApi["upstream.root.delete"]>>(leg, async (before) => {
    const roots = removeRoot(before.roots ?? [], hash);
    if (roots && isSigned) return await keep(before, "a signed message cannot be answered by the gateway");
    if (roots) {
      await auditChange(tools, leg, "root", { status: "accepted" });
      const record = { ...before, roots };
      return { record, answer: { status: "deleted", choices: choicesOf(leg, record) } };
    }
    if (isAmong(leg.configured.caPem ?? [])) {
      return await keep(before, "this root is `caFile` of the CSMS in site.yaml");
    }
    if (isAmong([pki.caPem, ...pki.presented()])) {
      return await keep(before, "without this root the station could not verify the gateway");
    }
    return { record: before, answer: { status: "foreign" } };
  });
}

async function proved(
  tools: Tools,
  leg: UpstreamLegFacts,
  choice: Parameters<UpstreamApi["upstream.proved"]>[0]["choice"],
  refused: Parameters<UpstreamApi["upstream.proved"]>[0]["refused"],
): Promise<void> {
  const { context: { audit, alarms } } = tools, { csms, station } = leg;
  await tools.upstreams.change(leg, async (before) => {
    const { record, proven, dropped } = prove(before, choice, refused);
    const common = { class: "security", who: csms, target: station.id } as const;
    if (proven) {
      const detail = { choice, profile: proven.profile };
      await audit.record({ ...common, event: "station.upstream.proven", outcome: "ok", detail });
      await alarms.clear("station.upstream.reverted", station.id);
    }
    if (dropped.length > 0) {
      const detail = { refused: dropped.join(" "), taken: choice };
      await audit.record({ ...common, event: "station.upstream.reverted", outcome: "failed", detail });
      const why = `${csms} refused what it had set (${detail.refused}) and takes the ${choice} credential`;
      await alarms.raise({ kind: "station.upstream.reverted", subject: station.id, detail: why });
    }
    return { record, answer: undefined };
  });
}

async function signForStation(
  { context, pki, signed }: Tools,
  { station, csms }: UpstreamLegFacts,
  csr: string,
): Promise<{ readonly chainPem?: string; readonly reason?: string }> {
  const now = context.clock.monotonic();
  // Not audited one by one: what filled the allowance is.
  if (signed.isLimited(station.id, now)) {
    return { reason: `${UPSTREAM_LIMITS.stationCertificates} certificates were signed for it in a day` };
  }
  try {
    signed.fail(station.id, now);
    return { chainPem: await pki.issueStation(station.id, csr, station.id) };
  } catch (error) {
    if (!(error instanceof GatewayError) || !error.code.startsWith("PKI_")) throw error;
    const reason = describeError(error).slice(0, 300);
    await context.audit.record({
      event: "station.upstream.rejected",
      class: "security",
      who: station.id,
      target: station.id,
      outcome: "refused",
      rule: "ocpp.rehome.rejected",
      detail: { setting: "station certificate", reason: reason.slice(0, 200), csms },
    });
    return { reason };
  }
}

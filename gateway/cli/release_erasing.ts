import { dirname, isAbsolute, relative, resolve } from "node:path";
import { releasedUntil } from "../../policies/site_decommission.ts";
import { writeDurably } from "../../hal/durable_file.ts";
import type { LoadedSite } from "../config/load.ts";
import { type AuditChain, createAudit, retentionOf } from "../control/audit/mod.ts";
import { referencedFiles } from "../control/backup/collect.ts";
import { auditDir, keysDir, restoreMarker, storePath } from "../control/data_paths.ts";
import { systemClock } from "../core/clock.ts";
import { GatewayError, StorageError } from "../core/errors.ts";
import { nullLogger } from "../core/log.ts";
import { createMetrics } from "../core/metrics.ts";
import { systemRandom, systemTimers } from "../core/timers.ts";
import { sha256 } from "../control/audit/chain.ts";
import { createErasureKey, type EndorsedKey, ENDORSEMENT_PREFIX } from "../decommission/site/certificate.ts";
import { beginErasing } from "../decommission/site/erase_site.ts";
import { heldIn } from "../decommission/site/held.ts";
import type { OutsideFile } from "../decommission/site/progress.ts";
import type { SiteRecord } from "../decommission/site/record.ts";
import { approvalMs, SITE_RECORD_KEY } from "../decommission/site/site_decommission.ts";
import { siteFacts } from "../decommission/site/said.ts";
import { openStore } from "../store/kv_store.ts";
import { createSealer } from "../store/sealer.ts";
import type { OpenedStore } from "../store/store.ts";
import { loadRootKey } from "./load_root_key.ts";

/** How an erasure is to be made. */
export interface ErasingOptions {
  /** Absolute. */
  readonly certificateFile: string;
  /** The files that site.yaml names go as well. */
  readonly siteFiles: boolean;
  /** Who calls the command. */
  readonly who: string;
}

/**
 * Begins the erasure that two persons released: with the gateway stopped it writes the last record of the audit chain, puts what
 * nobody holds yet of it beside the certificate, has its key vouch for that of the erasure, and stores what is to be erased.
 * @throws GatewayError DECOMMISSION_REFUSED, audited with its rule; StorageError STORE_LOCKED while the gateway runs
 */
export async function releaseErasing(loaded: LoadedSite, typed: string, options: ErasingOptions): Promise<void> {
  const { site, box } = loaded;
  if (site.store.url !== undefined) throw behindUrl(site.store.url);
  await requireOutside(options.certificateFile, box.dataDir);
  await using opened = await openChain(loaded);
  const record = await requireReleased(opened, loaded, typed, options.who);
  const key = await createErasureKey(), { audit } = opened;
  const event = "gateway.site.decommissioned", target = sha256(key.publicPem);
  await audit.record({ event, class: "security", who: options.who, target, outcome: "ok" });
  await audit.checkpoint();
  const { head } = audit, said: EndorsedKey = { site: site.site.id, publicPem: key.publicPem, head };
  const text = JSON.stringify(said), { keyId, signature } = await audit.signText(ENDORSEMENT_PREFIX + text);
  const tail = await writeTail(audit, record.exported!.head.seq, options.certificateFile);
  const facts = siteFacts(site, record, { head, publicPem: audit.publicPem, erasedBy: options.who, ...tail });
  await opened.close();
  const progress = {
    ...{ form: 1, site: site.site.id, certificateFile: options.certificateFile, said: facts } as const,
    ...{ outside: outsideFiles(loaded, options), endorsement: { text, keyId, signature } },
    ...await heldIn(box.dataDir),
  };
  await beginErasing({ dataDir: box.dataDir, clock: systemClock }, progress, key.pkcs8);
}

interface OpenedChain extends AsyncDisposable {
  readonly store: OpenedStore;
  readonly audit: AuditChain;
  close(): Promise<void>;
}

/** The store, which takes the data folder for this process. @throws GatewayError DECOMMISSION_REFUSED while the gateway runs */
async function openStopped(path: string): Promise<OpenedStore> {
  try {
    return await openStore({ path, clock: systemClock, timers: systemTimers });
  } catch (cause) {
    if (!(cause instanceof StorageError) || cause.code !== "STORE_LOCKED") throw cause;
    throw new GatewayError("DECOMMISSION_REFUSED", "This gateway runs: nothing is erased under it", {
      hint: "Stop it for good first: systemctl disable --now bulkhead",
      cause,
    });
  }
}

/** The store and the chain, as control opens them; nothing else of the gateway runs. */
async function openChain({ site, box }: LoadedSite): Promise<OpenedChain> {
  const store = await openStopped(storePath(box));
  const rootKey = await loadRootKey(
    { keyStore: site.hal?.keyStore ?? "file", halSocket: site.hal?.socket ?? "" },
    keysDir(box),
  );
  const sealer = await createSealer(rootKey, store);
  rootKey.fill(0);
  const audit = await createAudit({
    ...{ dir: auditDir(box), markerFile: restoreMarker(box), site: site.site.id, store, sealer },
    ...{ retentionDays: retentionOf(site.audit), clock: systemClock, timers: systemTimers, random: systemRandom },
    ...{ log: nullLogger, metrics: createMetrics() },
  });
  let closing: Promise<void> | undefined;
  const close = () => closing ??= audit.stop().finally(() => store.close());
  return { store, audit, close, [Symbol.asyncDispose]: close };
}

async function requireReleased(
  { store, audit }: OpenedChain,
  { site }: LoadedSite,
  typed: string,
  who: string,
): Promise<SiteRecord> {
  const record = (await store.get<SiteRecord>(SITE_RECORD_KEY))?.value, { id } = site.site;
  const refuse = async (rule: string, what: string, hint: string): Promise<GatewayError> => {
    const event = "gateway.site.decommission.refused";
    const refused = { event, class: "security", who, target: id, outcome: "refused" } as const;
    await audit.record({ ...refused, rule: `decommission.gateway.${rule}` });
    return new GatewayError("DECOMMISSION_REFUSED", what, { hint });
  };
  if (typed !== id) {
    throw await refuse(
      "site",
      `"${typed.slice(0, 64)}" is not the id of this site`,
      `Type --site ${id} when you mean it`,
    );
  }
  const until = record?.exported && record.ended && releasedUntil({
    approvedAt: record.approvals.map(({ at }) => at),
    ...{ needsApprovals: record.needsApprovals, approvalMs, now: systemClock.now() },
  });
  if (record && until !== undefined) return record;
  const hint = "Start the gateway; `gateway decommission show` says what is next";
  throw await refuse("state", "Nobody has released this gateway to be erased, or the approval is over", hint);
}

/** What stands in the chain behind the line that somebody holds, beside the certificate: no record is lost with the box. */
async function writeTail(audit: AuditChain, after: number, certificateFile: string) {
  const reader = audit.reader(after), lines: string[] = [];
  for (let more = await reader.next(500); more.length > 0; more = await reader.next(500)) {
    lines.push(...more.map(({ text }) => text));
  }
  const text = `${lines.join("\n")}\n`, file = `${certificateFile}.audit.jsonl`;
  await writeDurably(dirname(file), file.slice(dirname(file).length + 1), new TextEncoder().encode(text));
  return { tail: { lines: lines.length, sha256: sha256(text) } };
}

/** What site.yaml names and does not stand in the data folder, which goes anyway. */
function outsideFiles({ site, box }: LoadedSite, { siteFiles }: ErasingOptions): OutsideFile[] {
  const paths = referencedFiles(site).map((file) => resolve(box.configDir, file));
  const outside = [...new Set(paths)].filter((path) => !isBelow(path, box.dataDir));
  return outside.map((path) => ({ path, how: siteFiles ? "erase" : "left" }));
}

/** It may not go with what it tells of, and may not take the place of another file. */
async function requireOutside(certificateFile: string, dataDir: string): Promise<void> {
  const isTaken = await Deno.lstat(certificateFile).then(() => true, () => false);
  if (!isTaken && !isBelow(certificateFile, dataDir)) return;
  const why = isTaken ? "there is such a file already" : "it would be erased with the data folder";
  throw new GatewayError("CLI_USAGE", `Cannot write the certificate to "${certificateFile}": ${why}`, {
    hint: "Name a new file elsewhere, best on a disk that you take away",
  });
}

function isBelow(path: string, folder: string): boolean {
  const below = relative(folder, path);
  return below === "" || !below.startsWith("..") && !isAbsolute(below);
}

function behindUrl(url: string): GatewayError {
  return new GatewayError("DECOMMISSION_REFUSED", `The store lies behind ${url}: this box cannot erase it`, {
    hint: "Delete the database there, then set store.url back and erase what this box holds",
  });
}

import { BUILT_IN_GRANTS } from "../../policies/access_builtin.ts";
import { createSiteDecommissionFeature } from "../decommission/site/feature.ts";
import { openItems } from "../decommission/site/open_items.ts";
import type { EndedSite, HeldHead } from "../decommission/site/record.ts";
import type { Json } from "../core/control_api.ts";
import { KEYS } from "../store/keys.ts";
import type { AuditChain } from "./audit/mod.ts";
import type { CommandArgs, CommandResult, ControlContext, ControlFeature } from "./contract.ts";
import { backupPlaces } from "./decommission_parts.ts";

/** What the gateway's own decommissioning needs of the other features of control. */
export interface SiteDecommissionNeighbours {
  readonly context: ControlContext;
  readonly audit: Pick<AuditChain, "head" | "reader">;
  readonly stations: () => readonly { readonly id: string }[];
  readonly whyNotNow: (station: string) => string | undefined;
  readonly outage: {
    waiting(station: string): Promise<{ readonly messages: number; readonly refused: number }>;
  };
  readonly pki: { revokeStation(id: string, more: readonly string[], who: string): Promise<readonly string[]> };
  readonly leaving: () => readonly string[];
  /** A command of one of the others, asked by the gateway itself. */
  readonly run: (command: string, args: CommandArgs) => Promise<CommandResult>;
}

/** The gateway's own decommissioning, with what it works on from the other features of control. */
export function createSiteDecommission(neighbours: SiteDecommissionNeighbours): ControlFeature {
  const { context, audit, stations, whyNotNow, outage, leaving, run } = neighbours;
  return createSiteDecommissionFeature({
    context,
    open: () =>
      openItems({
        ...{ stations, leaving, whyBusy: whyNotNow, list: async (command) => (await run(command, {})).data },
        waiting: async (id) => {
          const { messages, refused } = await outage.waiting(id);
          return messages + refused;
        },
      }),
    head: () => audit.head,
    hasLine: (line) => hasLine(audit, line),
    lastBackup: async () =>
      (await context.store.get<{ readonly name: string; readonly lastSequence: number }>([...KEYS.backup, "last"]))
        ?.value,
    backups: () => backupPlaces(context),
    end: (who) => endAll(neighbours, who),
  });
}

async function hasLine(audit: Pick<AuditChain, "reader">, { seq, hash }: HeldHead): Promise<boolean> {
  const [line] = await audit.reader(seq - 1).next(1);
  return line?.seq === seq && line.hash === hash;
}

/** Certificates that were given to stations, grants, tokens and ways that are open end; done again it finds none. */
async function endAll({ pki, run }: SiteDecommissionNeighbours, who: string): Promise<EndedSite> {
  const { certificates } = await listOf<{ certificates: readonly { readonly stationId: string }[] }>(run, "cert list");
  const serials: string[] = [];
  for (const id of new Set(certificates.map(({ stationId }) => stationId))) {
    serials.push(...await pki.revokeStation(id, [], who));
  }
  return {
    certificates: serials,
    ways: await endEach(run, "access list", "access end"),
    grants: await endEach(run, "grant list", "grant remove"),
    tokens: await endEach(run, "token list", "token revoke"),
  };
}

/** Grants that come with the product: they stand in no store. */
const isBuiltIn = (id: string): boolean => BUILT_IN_GRANTS.some((grant) => grant.id === id);

type Run = SiteDecommissionNeighbours["run"];

async function endEach(run: Run, list: string, end: string): Promise<number> {
  const all = (await listOf<readonly { readonly id: string }[]>(run, list)).filter(({ id }) => !isBuiltIn(id));
  for (const { id } of all) await run(end, { id });
  return all.length;
}

async function listOf<T>(run: Run, command: string): Promise<T> {
  return (await run(command, {})).data as Json as T;
}

import { resolve } from "node:path";
import type { DeviceRole } from "../../policies/access_types.ts";
import { isAccount } from "../../policies/secret_schedule.ts";
import type { Station } from "../inventory/config.ts";
import type { BackupTarget } from "../store/config.ts";
import { GatewayError } from "../core/errors.ts";
import type { SecretGate } from "../people/secret_gate.ts";
import type { DeviceAccounts } from "../vault/device_accounts.ts";
import type { EscrowNeeds } from "../vault/escrow.ts";
import { createVaultFeature, type VaultFeature } from "../vault/feature.ts";
import { VAULT_LIMITS } from "../vault/limits.ts";
import { copyToFolder } from "./backup/folder_target.ts";
import { backupDir } from "./backup/create_backup.ts";
import { parseRecipient } from "./backup/recovery_key.ts";
import type { AuditChain } from "./audit/mod.ts";
import type { ControlContext } from "./contract.ts";
import { accountNameOf, fileAccount } from "./devices/device_accounts.ts";

/** What the vault needs of the other features of control. */
export interface VaultNeighbours {
  readonly context: ControlContext;
  readonly audit: Pick<AuditChain, "onRecord">;
  readonly stations: () => readonly Station[];
  readonly gate: SecretGate;
  readonly devices: DeviceAccounts;
  /** Forgives failed logins at a station. */
  readonly forgive: (station: string, who: string) => Promise<void>;
}

/** The vault, with what it works on from the other features of control. */
export async function createVault(neighbours: VaultNeighbours): Promise<VaultFeature> {
  const { context, audit, stations, gate, devices, forgive } = neighbours, { files, log } = context;
  const hasAccount = (station: Station, role: DeviceRole) => accountNameOf(station, role, files) !== undefined;
  const feature = await createVaultFeature({
    ...{ context, stations, gate, devices, forgive, hasAccount },
    fileSecret: (station, slot) => isAccount(slot) ? fileAccount(station, slot, files)?.password : undefined,
    escrow: escrowNeeds(context),
    onDrift: (station, slot) => {
      const event = { event: "secret.value.drifted", class: "security", who: "rotation", target: station } as const;
      context.audit.record({ ...event, outcome: "failed", detail: { slot } }).catch((error) => {
        log.error("vault.drift.unrecorded", { station, slot, msg: String(error) });
      });
    },
  });
  const end = audit.onRecord(({ event, target }) => {
    // who is removed takes along what they were shown or what was used for them
    if (event !== "people.account.removed" || target === undefined) return;
    feature.vault.personLeft(target, "gateway").catch((error) => {
      log.error("vault.person-left.failed", { person: target, msg: String(error) });
    });
  });
  return { ...feature, stop: async () => (end(), await feature.stop?.()) };
}

/** Keys and places of escrows as site.yaml names them; where it names none, those of backups. */
function escrowNeeds(context: ControlContext): EscrowNeeds {
  const known = new Map<string, string>();
  const read = (file: string) => {
    const text = context.files.text(file);
    const recipient = known.get(text) ?? parseRecipient(text, file);
    known.clear(); // a reload may have brought another one
    return known.set(text, recipient).get(text)!;
  };
  return {
    recipients: () => {
      const { vault: { escrow }, backup } = context.site;
      if (escrow.recipients.length > 0) return escrow.recipients.map(({ recipientFile }) => read(recipientFile));
      return backup ? [read(backup.recoveryKeyFile)] : [];
    },
    isWaived: () => context.site.vault.escrow.waived !== undefined,
    deliver: () => {
      const { vault: { escrow }, backup } = context.site;
      if (!backup || escrow.deliver === "by-hand") return undefined;
      return (name, text) => deliverTo(context, backup.targets, name, text);
    },
  };
}

/**
 * Brings an escrow to every target of backups; one of them is enough. @returns where it is
 * @throws GatewayError SECRET_ESCROW_INVALID when no target took it
 */
async function deliverTo(
  context: ControlContext,
  targets: readonly BackupTarget[],
  name: string,
  text: string,
): Promise<string> {
  const folder = backupDir(context.box), file = `${folder}/${name}`;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(file, text, { mode: 0o600 });
  const taken: string[] = [], faults: string[] = [];
  try {
    for (const target of targets) {
      const place = target.folder ?? target.sftp ?? "";
      try {
        await deliverOne(context, target, file, name);
        taken.push(place);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        faults.push(`${place}: ${error.message}`);
      }
    }
  } finally {
    await Deno.remove(file).catch((gone) => {
      if (!(gone instanceof Deno.errors.NotFound)) throw gone; // a backup that begins clears the folder
    });
  }
  if (taken.length > 0) return taken.join(", ");
  throw new GatewayError("SECRET_ESCROW_INVALID", `No target of backups took the escrow: ${faults.join("; ")}`);
}

async function deliverOne(context: ControlContext, target: BackupTarget, file: string, name: string): Promise<void> {
  if (target.folder !== undefined) {
    const folder = resolve(context.box.configDir, target.folder), { site, backup } = context.site;
    return await copyToFolder({ folder, site: site.id, keep: backup!.keep }, file, name);
  }
  const delivery = { kind: "backup", sink: target.sftp ?? "", file, name } as const;
  await context.workers.get("courier").call("courier.deliver", delivery, { deadlineMs: VAULT_LIMITS.deliverMs });
}

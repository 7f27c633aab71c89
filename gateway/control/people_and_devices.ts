import type { DeviceOperations } from "../core/device_operations_api.ts";
import { describeError } from "../core/errors.ts";
import type { RecoveryOption } from "../core/recovery.ts";
import type { ImageVault } from "../core/firmware_api.ts";
import type { Adoptions, FactoryCheck } from "../inventory/adoption/adoption.ts";
import { createAdoptionFeature } from "../inventory/adoption/feature.ts";
import type { Station } from "../inventory/config.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { createPeopleFeature, type PeopleFeatureParts } from "../people/feature.ts";
import type { SecretGate } from "../people/secret_gate.ts";
import type { Vault } from "../vault/vault.ts";
import type { CommandArgs, CommandResult, ControlFeature } from "./contract.ts";
import { imageVerdictOf } from "./devices/image_verdict.ts";
import { gatedCommands } from "./devices/operations/gated_commands.ts";
import { createDeviceLinkFeature } from "./devices/feature.ts";
import { accountNameOf } from "./devices/device_accounts.ts";
import { oldPagesOf } from "./devices/old_pages.ts";
import type { Foundation } from "./foundation.ts";
import { vaultAccounts } from "./vault_accounts.ts";
import { createVault } from "./vault_parts.ts";

/** What features that come before the devices are to know of them: there when all are open. */
export interface DevicesOfLater {
  adoptions?: Adoptions;
  gate?: SecretGate;
  operations?: DeviceOperations;
  vault?: Vault;
  recovery?: (station: Station) => readonly RecoveryOption[] | undefined;
  /** Ends everybody's ways to a station. @returns how many */
  endStation?: (station: string, who: string) => Promise<number>;
}

/** The features that people and devices work with. */
export interface PeopleNeighbours {
  readonly foundation: Pick<Foundation, "audit" | "context">;
  readonly inventory: Pick<StationParts, "facts" | "hardware" | "stations">;
  readonly images: ImageVault;
  /** Where the operations at controllers, and the ways into them again, are put for features that came before. */
  readonly devices: DevicesOfLater;
  /** Why a station must not restart now: it charges, or something updates it. */
  readonly whyNotNow: (station: string) => string | undefined;
  readonly run: (command: string, args: CommandArgs) => Promise<CommandResult>;
}

/** People, the device's side of the sessions that they open, and the secrets of devices. */
export async function createPeopleAndDevices(
  { foundation: { audit, context }, inventory: { stations, facts, hardware }, images, devices, run, whyNotNow }:
    PeopleNeighbours,
  parts: PeopleFeatureParts,
): Promise<readonly ControlFeature[]> {
  const people = await createPeopleFeature(parts);
  const secrets: { vault?: Vault } = {}; // known when there are devices, which come first
  const links = await createDeviceLinkFeature({
    context,
    session: (id) => people.deviceSessions.get(id),
    onSessionEnded: (listener) => void people.deviceSessions.onEnded.push(listener),
    station: (id) => stations.get(id),
    firmware: parts.devices.firmware,
    learn: (id, learned) => facts.learn(id, learned),
    imageVerdict: (sha256, station) => imageVerdictOf(images, sha256, station),
    vault: images,
    whyNotNow,
    password: async (station, role) => await secrets.vault?.passwordOf(station, role) ?? { state: "none" },
    onUsed: (station, role, person) => {
      // the login does not wait for it: a change of this secret may be under way
      secrets.vault?.used(station, role, person).catch((error) => {
        context.log.error("vault.use.unrecorded", { station, person, msg: describeError(error) });
      });
    },
    personAt: (id) => people.deviceSessions.all().find(({ station }) => station === id),
  });
  devices.operations = links.operations;
  hardware.forget = links.forget;
  const vault = await createVault({
    ...{ context, audit, gate: people.secretGate, stations: () => stations.all() },
    devices: vaultAccounts(links.operations, (id, role) => {
      const station = stations.get(id);
      return station && accountNameOf(station, role, context.files);
    }),
    forgive: async (station) => void await run("station login-retry", { station }),
  });
  secrets.vault = devices.vault = vault.vault;
  devices.endStation = people.endStation;
  const { recovery } = vault;
  devices.recovery = recovery;
  const check: FactoryCheck = (ask) => links.operations.defaultCredentials({ ...ask, repeats: true });
  const oldPages = (station: Station) => oldPagesOf(station, context.files);
  const adoption = await createAdoptionFeature({ context, stations, check, recovery, oldPages });
  devices.adoptions = adoption.adoptions;
  devices.gate = people.secretGate;
  const { commands = {}, operations } = links;
  const gated = { ...links, commands: gatedCommands(commands, { gate: people.deviceGate, operations }) };
  return [people, gated, vault, adoption];
}

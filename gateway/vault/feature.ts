import type { ControlFeature } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import type { RecoveryOption } from "../core/recovery.ts";
import type { Station } from "../inventory/config.ts";
import { vaultCommands } from "./commands.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { keepsVault, recoveryOf } from "./recovery.ts";
import type { RevealGate } from "./reveal.ts";
import { Vault, type VaultParts } from "./vault.ts";

/** What the feature needs of the others. */
export interface VaultFeatureParts extends VaultParts {
  readonly gate: RevealGate;
}

/** The feature, with what other features may ask of it. */
export interface VaultFeature extends ControlFeature {
  readonly vault: Vault;
  /** The ways into a station's controller whose password is lost; undefined: the site keeps no vault, nobody knows. */
  recovery(station: Station): readonly RecoveryOption[] | undefined;
}

/** The vault of device secrets: what they are, who was shown them, and their change. */
export async function createVaultFeature(parts: VaultFeatureParts): Promise<VaultFeature> {
  const { timers, log } = parts.context;
  const vault = await Vault.open(parts);
  const cancel = timers.every(VAULT_LIMITS.tickMs, () => {
    vault.tick().catch((error) => log.warn("vault.tick.failed", { msg: describeError(error) }));
  });
  return {
    name: "vault",
    vault,
    recovery: (station) => keepsVault(vault, parts) ? recoveryOf(vault, station, parts.context.clock.now()) : undefined,
    commands: vaultCommands(vault, parts),
    stop: async () => {
      cancel();
      await vault.rotations.stop();
    },
  };
}

import type { ControlContext } from "../../gateway/control/contract.ts";
import { createImageFeature, type ImageFeature } from "../../gateway/control/firmware/images/feature.ts";
import type { IntakeConfig } from "../../gateway/firmware/intake/worker_config.ts";
import { FirmwareRig } from "./firmware_rig.ts";
import { createPkiRig, type PkiRig } from "./pki_rig.ts";

/** The site of the rig. Its profiles are those of the Worker's configuration. */
const SITE = "version: 1\nsite: { id: garage }\nfirmware: { vendors: [{ vendor: bender }] }\n";

/** The vault of control over a real intake, a store in memory and a folder of its own. */
export class VaultRig implements AsyncDisposable {
  /** What a Worker's call throws instead of doing it, by method. */
  readonly faults = new Map<string, Error>();
  readonly #pauses = new Map<string, { readonly arrive: () => void; readonly opened: Promise<void> }>();
  feature!: ImageFeature;

  private constructor(readonly intake: FirmwareRig, readonly pki: PkiRig) {}

  static async up(changes: Partial<IntakeConfig> = {}, yaml = SITE): Promise<VaultRig> {
    const pki = await createPkiRig(yaml, Date.now());
    const rig = new VaultRig(await FirmwareRig.up(changes), pki);
    await rig.restart();
    return rig;
  }

  /** Control anew, over the same store and folder, as after kill -9. */
  async restart(): Promise<void> {
    await this.feature?.stop?.();
    this.feature = await createImageFeature(this.context());
    await this.feature.workerJoined!("firmware-intake");
  }

  get vault(): ImageFeature["vault"] {
    return this.feature.vault;
  }

  /** The next calls of this method stop before they are made, until the gate is opened. */
  pause(method: string): { readonly reached: Promise<void>; open(): void } {
    const reached = Promise.withResolvers<void>(), opened = Promise.withResolvers<void>();
    this.#pauses.set(method, { arrive: reached.resolve, opened: opened.promise });
    return { reached: reached.promise, open: opened.resolve };
  }

  /** Runs one command. */
  async run(command: string, args: Record<string, string | boolean> = {}, who = "anna") {
    return await this.feature.commands![command]!(args, who);
  }

  /** Events of the audit, as "event outcome rule". */
  audited(): string[] {
    return this.pki.audited.map(({ event, outcome, rule }) => [event, outcome, rule].filter((part) => part).join(" "));
  }

  /** Alarms that stand, as "kind subject". */
  alarms(): string[] {
    const standing = new Set<string>();
    for (const { kind, subject, cleared } of this.pki.alarms) {
      if (cleared) standing.delete(`${kind} ${subject}`);
      else standing.add(`${kind} ${subject}`);
    }
    return [...standing].sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feature.stop?.();
    await this.intake[Symbol.asyncDispose]();
    await this.pki[Symbol.asyncDispose]();
  }

  /** Control's surroundings, for features beside the vault. */
  context(): ControlContext {
    const { context } = this.pki;
    const rpc = this.intake.rpc;
    const faulty = {
      ...rpc,
      call: async (method: string, args: never) => {
        const fault = this.faults.get(method), pause = this.#pauses.get(method);
        pause?.arrive();
        await pause?.opened;
        return fault ? await Promise.reject(fault) : await rpc.call(method as "firmware.take", args);
      },
    } as typeof rpc;
    // the papers stand beside the images, as on a box: <dataDir>/firmware
    const dataDir = this.intake.folder.replace(/\/firmware$/, "");
    return {
      ...context,
      site: context.site,
      box: { ...context.box, dataDir },
      workers: { names: () => ["firmware-intake"], get: () => faulty, of: () => ["firmware-intake"] },
    };
  }
}

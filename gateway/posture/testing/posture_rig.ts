import { openSigner } from "../../control/audit/signer.ts";
import type { CommandArgs, CommandResult } from "../../control/contract.ts";
import type { StationCallAnswer } from "../../core/control_api.ts";
import type { DefaultVerdict, DeviceOperations, OperationFailed } from "../../core/device_operations_api.ts";
import type { RecoveryOption } from "../../core/recovery.ts";
import type { GoldenProfile } from "../../../policies/golden_types.ts";
import { type InventoryRig, withInventory } from "../../inventory/testing/inventory_rig.ts";
import { createPostureFeature } from "../feature.ts";
import { Guides, readGuide } from "../guides.ts";
import { POSTURE_LIMITS } from "../limits.ts";

/** A line of a guide that a test makes. */
export const line = (id: string, checks: readonly object[], severity = "high") => ({
  ...{ id, title: `Title of ${id}`, source: "s", severity, checks },
  remedy: { kind: "note", text: `Mend ${id}` },
});
const STATIONS = readGuide(
  "stations.yaml",
  JSON.stringify({
    id: "stations",
    title: "Stations",
    about: "a",
    applies: { to: "station", hasOcpp: true },
    lines: [
      line("S-FREE", [{ by: "ocpp", key: "FreeCharging", variable: "A.FreeCharging", expect: { is: ["off"] } }]),
      line("S-TLS", [{ by: "inventory", fact: "security-profile", expect: { atLeast: 3 } }]),
      line("S-LOOK", [{ by: "people", ask: "Is the lid closed?", everyDays: 30 }], "low"),
      line("S-PORT", [{ by: "ports", closed: [22] }], "low"),
    ],
  }),
);
const GATEWAY = readGuide(
  "gateway.yaml",
  JSON.stringify({
    id: "gateway",
    title: "Gateway",
    about: "a",
    applies: { to: "gateway" },
    lines: [
      line("G-BACKUP", [{ by: "gateway", fact: "backup-age-days", expect: { atMost: 7 } }]),
      line("G-TESTS", [{ by: "product", test: "invariant 2:" }]),
    ],
  }),
);

/** Posture on an inventory whose stations answer from `keys`. */
export class PostureRig {
  keys: Record<string, string> = { FreeCharging: "false" };
  answer: StationCallAnswer | undefined;
  /** What the station says to a write of a key, by its name; absent: Accepted, and it has the value. */
  writes: Record<string, string> = {};
  /** Keys that say Accepted and keep what they have. */
  stubborn = new Set<string>();
  /** Every CALL that the station was sent, "Reset Soft" by its type. */
  readonly sent: string[] = [];
  /** Settings of its pages; undefined: it has none that anybody opens. */
  pages: Record<string, string> | undefined;
  pageFailure: OperationFailed | undefined;
  defaults: readonly DefaultVerdict[] = [];
  whyNotNow: string | undefined;
  golden: readonly GoldenProfile[] = [];
  isBusy = false;
  recovery: readonly RecoveryOption[] | undefined;
  moreGuides: ReturnType<typeof readGuide>[] = [];
  lastBackupAt: number | undefined;
  private constructor(readonly rig: InventoryRig, private feature: Awaited<ReturnType<typeof createPostureFeature>>) {}

  static async open(rig: InventoryRig): Promise<PostureRig> {
    const posture = new PostureRig(rig, undefined as never);
    rig.answers["station.activity"] = () => ({ state: posture.isBusy ? "busy" : "idle" });
    rig.answers["station.call"] = (call: { action: string; payload: never }) =>
      posture.answer ?? posture.#answerTo(call.action, call.payload);
    await posture.restart();
    return posture;
  }

  /** As after a restart of control: only the store is left. */
  async restart(): Promise<void> {
    await this.feature?.stop?.();
    const { context } = this.rig;
    const signer = await openSigner(context.store, context.sealer);
    this.feature = await createPostureFeature({
      stations: this.rig.feature.parts,
      guides: new Guides([STATIONS, GATEWAY, ...this.moreGuides]),
      sign: async (text) => ({ keyId: signer.keyId, signature: await signer.sign(text) }),
      papers: { signer: () => Promise.reject(new Error("no paper is made here")) },
      clockOffsetOf: () => 2,
      tellsSecurityEvents: () => false,
      images: () => [],
      recovery: () => this.recovery,
      golden: () => this.golden,
      devices: () => this.#devices(),
      whyNotNow: () => this.whyNotNow,
      gateway: () =>
        Promise.resolve({
          visibleExceptions: 0,
          isClockSynchronised: true,
          lastBackupAt: this.lastBackupAt,
          peopleWithoutSecondFactor: 0,
        }),
    });
  }

  command(name: string, args: CommandArgs = {}, who = "eva"): Promise<CommandResult> {
    return this.feature.commands![name]!(args, who);
  }

  /** One look at the fixes that wait. */
  async lookAtFixes(): Promise<void> {
    await this.feature.golden.look();
  }

  #answerTo(action: string, payload: Record<string, unknown>): StationCallAnswer {
    this.sent.push(action === "Reset" ? `Reset ${payload["type"]}` : action);
    switch (action) {
      case "GetConfiguration": {
        const names = payload["key"] as string[];
        const configurationKey = names.flatMap((key) =>
          this.keys[key] === undefined ? [] : [{ key, readonly: false, value: this.keys[key] }]
        );
        return { result: { configurationKey, unknownKey: names.filter((key) => this.keys[key] === undefined) } };
      }
      case "ChangeConfiguration":
        return { result: { status: this.#write(String(payload["key"]), String(payload["value"])) } };
      case "GetVariables": {
        const data = payload["getVariableData"] as { component: { name: string }; variable: { name: string } }[];
        const result = data.map(({ component, variable }) => {
          const value = this.keys[`${component.name}.${variable.name}`];
          const status = value === undefined ? "UnknownVariable" : "Accepted";
          return {
            component,
            variable,
            attributeStatus: status,
            ...value === undefined ? {} : { attributeValue: value },
          };
        });
        return { result: { getVariableResult: result } };
      }
      case "SetVariables": {
        const [{ component, variable, attributeValue }] = payload["setVariableData"] as [
          { component: { name: string }; variable: { name: string }; attributeValue: string },
        ];
        const attributeStatus = this.#write(`${component.name}.${variable.name}`, attributeValue);
        return { result: { setVariableResult: [{ component, variable, attributeStatus }] } };
      }
      default:
        return { result: { status: this.writes[action] ?? "Accepted" } };
    }
  }

  #write(name: string, value: string): string {
    const status = this.writes[name] ?? "Accepted";
    const isTaken = status === "Accepted" || status === "RebootRequired";
    if (isTaken && !this.stubborn.has(name)) this.keys[name] = value;
    return status;
  }

  #devices(): DeviceOperations {
    const named = (keys: readonly string[] | undefined) =>
      Object.entries(this.pages ?? {}).filter(([name]) => keys?.includes(name) ?? true);
    return {
      capabilities: () => ({ can: this.pages ? ["read", "write"] : [] }),
      defaultCredentials: () => Promise.resolve(this.defaults),
      readSettings: ({ keys }: { keys?: readonly string[] }) => {
        this.sent.push("page read");
        return Promise.resolve(this.pageFailure ?? { ok: true, settings: named(keys) });
      },
      writeSettings: ({ settings }: { settings: readonly (readonly [string, string])[] }) => {
        this.sent.push(`page write ${settings.map(([name]) => name).join(" ")}`);
        if (this.pageFailure) return Promise.resolve(this.pageFailure);
        const differs = settings.filter(([name]) => this.stubborn.has(name)).map(([name]) => name);
        for (const [name, value] of settings) if (!this.stubborn.has(name)) this.pages![name] = value;
        return Promise.resolve({ ok: true, applied: [], differs });
      },
    } as unknown as DeviceOperations;
  }

  /** One turn of the watch. */
  async look(): Promise<void> {
    await this.rig.time.advance(POSTURE_LIMITS.lookMs);
    await this.feature.look();
  }

  async outcomeOf(subject: string, wanted: string): Promise<string | undefined> {
    const { data } = await this.command("posture show", { subject, all: true });
    const { findings } = data as unknown as { findings: { line: string; outcome: string }[] };
    return findings.find(({ line: id }) => id === wanted)?.outcome;
  }

  get asked(): number {
    return this.rig.calls.filter(({ method }) => method === "station.call").length;
  }

  async stop(): Promise<void> {
    await this.feature.stop?.();
  }
}

/** The body of a test that runs on a rig of its own. */
export function withPosture(test: (posture: PostureRig) => Promise<void>): () => Promise<void> {
  return withInventory(async (rig) => {
    const posture = await PostureRig.open(rig);
    try {
      await test(posture);
    } finally {
      await posture.stop();
    }
  });
}

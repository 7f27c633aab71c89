import { ManualTime } from "../../../tests/support/manual_time.ts";
import { planPicture } from "../../../tests/support/plan_picture.ts";
import type { CommandArgs, CommandCaller, CommandResult } from "../../control/contract.ts";
import type { AuditEvent } from "../../core/control_api.ts";
import { IdentityError } from "../../core/errors.ts";
import { seededRandom } from "../../demo/seeded_random.ts";
import type { AdoptionFault } from "../../inventory/adoption/adoption.ts";
import { Station } from "../../inventory/config.ts";
import { PaperRig } from "../../papers/testing/paper_rig.ts";
import { KEYS } from "../../store/keys.ts";
import type { CheckSources } from "../checks.ts";
import { createCommissioningFeature } from "../feature.ts";
import type { Protocol } from "../protocol.ts";

const OCPP = { protocols: ["ocpp1.6"], securityProfile: 2, csms: "main" };

/** A photo as a phone brings it. */
export const photoOf = (width = 40): string => planPicture(width, 30).toBase64();

/** Commissioning of two bays on a store in memory; what the other features say is set by the test. */
export class CommissioningRig implements AsyncDisposable {
  readonly audited: AuditEvent[] = [];
  readonly gauges: string[] = [];
  readonly calls: string[] = [];
  faults: AdoptionFault[] = [];
  /** What stations answer to a CALL. */
  answer: Awaited<ReturnType<CheckSources["call"]>> = { result: { status: "Accepted" } };
  facts: Record<string, string> = { vendor: "Bender", model: "CC613", firmwareVersion: "5.32.1", serial: "SN-1" };
  evidence: Record<string, string | undefined> = {
    "clock-offset-seconds": "2",
    "factory-credential": "off",
    "firmware": "5.32.1",
    "known-weaknesses": "none",
    "page-transport": "https-pinned",
    "segmentation": "on",
  };
  profile: number | undefined = 2;
  charges: { seenAt: number; hasEnded: boolean; wattHours: number }[] = [];
  network: { step: string; state: string; detail: string }[] = [{ step: "address", state: "ok", detail: "10.20.0.11" }];
  unmet: string[] = [];
  mac: string | undefined = "02:00:00:00:00:11";
  recovery: ReturnType<CheckSources["recovery"]> = [{ kind: "puk", at: 0 }];
  oldPages: ReturnType<CheckSources["oldPages"]> = "blocked";
  /** People whose second factor was proven just now. */
  proven = new Set(["ida", "olga"]);
  stations = [
    Station.parse({
      ...{ id: "CP001", unit: "bay-07", vendor: "bender", model: "CC613", mac: "02:00:00:00:00:11" },
      ...{ address: "10.20.0.11", ocpp: OCPP, ui: { url: "https://10.20.0.11", driver: "bender" } },
    }),
    Station.parse({ id: "CP001-S", unit: "bay-07", part: "secondary", access: "usb-only", reachedThrough: "CP001" }),
    Station.parse({ id: "CP002", serial: "SN-2", ocpp: OCPP }),
  ];
  #commands: Awaited<ReturnType<typeof createCommissioningFeature>>["commands"];
  #stop: (() => Promise<void>) | undefined;

  private constructor(readonly papers: PaperRig) {}

  static async open(): Promise<CommissioningRig> {
    const rig = new CommissioningRig(await PaperRig.open());
    await rig.restart();
    return rig;
  }

  get time(): ManualTime {
    return this.papers.time;
  }

  /** As after kill -9: everything anew from the store. */
  async restart(): Promise<void> {
    await this.#stop?.();
    const { time, store } = this.papers;
    const feature = await createCommissioningFeature({
      context: {
        audit: { record: (event) => Promise.resolve({ sequence: this.audited.push(event) }) },
        metrics: {
          set: (name: string, value: number, labels: object) =>
            void this.gauges.push(`${name} ${JSON.stringify(labels)} ${value}`),
        } as never,
        site: { site: { id: "garage-12", name: "Parkhaus Süd", timeZone: "Europe/Berlin" } } as never,
        ...{ clock: time, timers: time, random: seededRandom(5), store },
      },
      stations: () => this.stations,
      sources: this.#sources(),
      signer: () => this.papers.signer().signer(),
      prove: ({ person }) =>
        this.proven.has(person)
          ? Promise.resolve()
          : Promise.reject(new IdentityError("STEP_UP_NEEDED", "A protocol is signed after a second factor only")),
    });
    this.#commands = feature.commands;
    this.#stop = feature.stop;
  }

  #sources(): CheckSources {
    return {
      session: () =>
        this.profile === undefined ? undefined : { securityProfile: this.profile, source: "10.20.0.11", since: 0 },
      facts: (id) => id === "CP001" ? this.facts : {},
      evidence: (_id, fact) =>
        Promise.resolve(
          this.evidence[fact] === undefined
            ? { is: "unknown", why: `nobody knows ${fact}` }
            : { is: "value", value: this.evidence[fact], at: 0 },
        ),
      call: (station, action, payload) => {
        this.calls.push(`${station} ${action} ${JSON.stringify(payload)}`);
        return Promise.resolve(this.answer);
      },
      charges: () => Promise.resolve(this.charges),
      network: () => Promise.resolve(this.network),
      faults: () => this.faults,
      recovery: () => this.recovery,
      oldPages: () => this.oldPages,
      unmet: () => Promise.resolve(this.unmet),
      macOf: () => Promise.resolve(this.mac),
    };
  }

  async run(command: string, args: CommandArgs = {}, who = "ida", caller?: CommandCaller): Promise<CommandResult> {
    return await this.#commands![`commissioning ${command}`]!({ bay: "bay-07", ...args }, who, caller);
  }

  async enter(step: string, args: CommandArgs, who = "ida"): Promise<CommandResult> {
    return await this.run("enter", { step, ...args }, who);
  }

  async view(): Promise<
    { state: string; open: string[]; done: number; of: number; steps: { key: string; outcome: string; why: string }[] }
  > {
    return (await this.run("show")).data as never;
  }

  async step(key: string): Promise<{ key: string; outcome: string; why: string }> {
    return (await this.view()).steps.find((one) => one.key === key)!;
  }

  async stored(): Promise<readonly Protocol[]> {
    const entries = await Array.fromAsync(
      this.papers.store.list<Protocol>([...KEYS.commissioning, "protocol"], { limit: Infinity }),
    );
    return entries.map(({ value }) => value);
  }

  /** Stored parts of photos. */
  async parts(): Promise<number> {
    return (await Array.fromAsync(this.papers.store.list([...KEYS.commissioning, "part"], { limit: Infinity }))).length;
  }

  /** Everything that a person enters for the bay with one controller and its other half. */
  async fill(): Promise<void> {
    await this.run("start");
    this.charges = [{ seenAt: this.time.now() + 1, hasEnded: true, wattHours: 1_234 }];
    for (const step of ["identity.photo-label", "identity.photo-installation", "identity.photo-cable"]) {
      await this.enter(step, { file: photoOf(40 + step.length) });
    }
    await this.enter("identity.label", { station: "CP001", serial: "SN-1", mac: "02:00:00:00:00:11" });
    const measures = {
      "protective-conductor": "0.12",
      "insulation": "250",
      "loop-impedance": "0,41",
      "rcd-time": "24",
      "rcd-current": "22.5",
    };
    for (const [step, value] of Object.entries(measures)) await this.enter(`electrical.${step}`, { value });
    await this.enter("electrical.inspection", { so: true, note: "Prüfgerät 4711" });
    await this.enter("electrical.rotation", { so: true });
    await this.enter("ocpp.charged", { station: "CP001", so: true });
    await this.run("check");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop?.();
    await this.papers[Symbol.asyncDispose]();
  }
}

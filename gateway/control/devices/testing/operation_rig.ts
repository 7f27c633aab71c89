import { createHash } from "node:crypto";
import type { AuditEvent } from "../../../core/control_api.ts";
import type { DeviceOperations } from "../../../core/device_operations_api.ts";
import type { ImageRecord } from "../../../core/firmware_api.ts";
import {
  type SimDevice,
  type SimListen,
  type SimPages,
  startDevice,
} from "../../../demo/controllers/simulated_device.ts";
import type { VisitNeeds } from "../../../ui_proxy/upstream/device_visit.ts";
import { createSpool, DeviceOperator } from "../../../ui_proxy/upstream/mod.ts";
import type { Store } from "../../../store/store.ts";
import { driverOf } from "../station_driver.ts";
import { DeviceRig } from "./device_rig.ts";

/** A controller with these accounts, by role. */
export interface RigController {
  readonly driver: string;
  readonly pages: SimPages;
  readonly accounts: Readonly<Record<string, { readonly user?: string; readonly password: string }>>;
  readonly form?: string;
  readonly listen?: SimListen;
}

/** Control's feature, the Worker's operator and a simulated controller in one process: what the gateway does there itself. */
export class OperationRig implements AsyncDisposable {
  readonly image = new TextEncoder().encode("firmware ".repeat(20_000));
  readonly sha256 = createHash("sha256").update(this.image).digest("hex");
  isVerified = true;
  /** What the vault says when it reads the image anew. */
  isUnchanged = true;

  private constructor(
    readonly devices: DeviceRig,
    readonly device: SimDevice,
    readonly operator: DeviceOperator,
    readonly imagesDir: string,
  ) {}

  static async open(controller: RigController, store?: Store): Promise<OperationRig> {
    const device = await startDevice(controller.pages, controller.listen);
    const accounts = Object.entries(controller.accounts).map(([role, { user }]) => ({
      role,
      passwordFile: role,
      ...user === undefined ? {} : { user },
    }));
    const { driver, form } = controller;
    const ui = {
      ...{ url: device.origin, driver, accounts },
      ...form === undefined ? {} : { formFile: "form" },
      ...device.origin.startsWith("https:") ? {} : { plaintext: "isolated-segment" },
    };
    const site = {
      version: 1,
      site: { id: "lab" },
      console: { listen: "127.0.0.1:8443", hostname: "gw.example", devicePages: { listen: "127.0.0.1:8447" } },
      stations: [{ id: "CP001", vendor: "maker", ui }, { id: "CP009" }],
    };
    const vault = {
      image: (sha256: string) => sha256 === rig.sha256 ? rig.record() : undefined,
      rehash: () => Promise.resolve({ unchanged: rig.isUnchanged }),
    };
    const devices = await DeviceRig.open({ site, vault, verdict: () => rig.verdict(), ...store ? { store } : {} });
    for (const [role, { password }] of Object.entries(controller.accounts)) devices.files.set(role, password);
    if (form !== undefined) devices.files.set("form", form);
    const images = `${devices.folder}/images`;
    await Deno.mkdir(images);
    const needs: VisitNeeds = {
      control: { call: (method: never, args: never) => devices.call(method, args) } as never,
      timers: devices.time,
      clock: devices.time,
      log: { info: () => {}, warn: () => {} },
      spool: await createSpool(`${devices.folder}/spool`, () => 1_048_576),
      images,
      downloads: `${devices.folder}/device-files`,
    };
    const operator = new DeviceOperator(needs);
    const target = {
      station: "CP001",
      driver: driverOf(ui as never, { text: (path: string) => devices.files.get(path)! } as never),
      origins: [device.origin] as const,
    };
    devices.operate = ({ session, role, task }) => operator.operate(target, { id: session, deviceRole: role }, task);
    const rig = new OperationRig(devices, device, operator, images);
    await Deno.writeFile(`${images}/${rig.sha256}`, rig.image);
    return rig;
  }

  get operations(): DeviceOperations {
    return this.devices.feature.operations;
  }

  /** What was audited of operations: "operation outcome rule". */
  get audited(): readonly string[] {
    return this.devices.audited.filter(({ event }) => event === "device.operation.done").map(marks);
  }

  record(): ImageRecord {
    return { sha256: this.sha256, sizeBytes: this.image.length, fileName: "../fw v2.bin" } as unknown as ImageRecord;
  }

  verdict() {
    return this.isVerified ? { verified: true } : { verified: false, why: "the vault has it as held" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.operator.end();
    await this.devices[Symbol.asyncDispose]();
    await this.device.close();
  }
}

const marks = ({ outcome, rule, detail }: AuditEvent): string =>
  [detail?.["operation"], outcome, rule].filter((one) => one !== undefined).join(" ");

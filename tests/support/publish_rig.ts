import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { ControlContext } from "../../gateway/control/contract.ts";
import { StationFeed } from "../../gateway/control/firmware/station_feed.ts";
import {
  createTransferFeature,
  type TransferFeature,
  type TransferParts,
} from "../../gateway/control/firmware/transfers/feature.ts";
import { TRANSFER_LIMITS } from "../../gateway/control/firmware/transfers/limits.ts";
import type { CsmsCall } from "../../gateway/core/control_api.ts";
import type { HostRule } from "../../gateway/firmware/intake/fetch_rules.ts";
import type { VendorTrust } from "../../gateway/firmware/vendor_trust.ts";
import { FileServer } from "./file_server.ts";
import { VaultRig } from "./vault_rig.ts";
import { waitFor } from "./wait_for.ts";

const SITE = `version: 1
site: { id: garage }
firmware:
  listen: 10.20.0.1:8446
  vendors: [{ vendor: bender, manufacturerRootsFile: roots.pem, revokedSerials: REVOKED }]
  fetchHosts: [{ host: localhost, address: on-site, vendor: bender }]
ocpp:
  listeners: [{ listen: "10.20.0.1:8444", tls: {} }]
  csms: [{ id: main, url: "wss://csms.example/ocpp" }]
stations:
  - { id: CP001, vendor: bender, model: CC613, address: 10.20.0.11, ocpp: &o { protocols: [ocpp2.0.1], securityProfile: 3, csms: main } }
  - { id: CP002, vendor: bender, model: CC600, address: 10.20.0.12, ocpp: *o }
  - { id: ACME1, vendor: acme, model: A1, address: 10.20.0.13, ocpp: *o }
`;

/** A host that files come from, a CSMS that wants them published, and between them control over a real intake. */
export class PublishRig implements AsyncDisposable {
  /** What the CSMS heard of published images, in order. */
  readonly told: { readonly status: string; readonly location?: readonly string[] }[] = [];

  private constructor(
    readonly server: FileServer,
    readonly files: Map<string, Uint8Array>,
    readonly vault: VaultRig,
    readonly transfers: TransferFeature,
    told: { status: string }[],
  ) {
    this.told = told;
  }

  static async up(profile: VendorTrust, roots: string, host: Partial<HostRule> = {}): Promise<PublishRig> {
    const files = new Map<string, Uint8Array>(), server = await FileServer.up(files);
    const hosts = [{ host: "localhost", address: "on-site" as const, schemes: ["https"], ca: server.ca.pem, ...host }];
    const yaml = SITE.replace("REVOKED", JSON.stringify(profile.revokedSerials));
    const vault = await VaultRig.up({ vendors: [profile], hosts }, yaml);
    vault.pki.files.set("roots.pem", roots);
    const told: { status: string }[] = [], context = contextOf(vault.context(), told), { stations } = context.site;
    const transfers = await createTransferFeature(
      {
        ...{ context, vault: vault.vault, feed: new StationFeed(), live: { ofStation: () => undefined } },
        ...{ facts: { of: () => ({}) }, transactions: { whyBusy: () => undefined }, minuteOfWeek: () => 0 },
        stations: { all: () => stations, get: (id: string) => stations.find((one) => one.id === id) },
      } as unknown as TransferParts,
    );
    return new PublishRig(server, files, vault, transfers, told);
  }

  /** The CSMS wants a file of the host published, with its MD5 or another one. */
  async publish(path: string, bytes: Uint8Array, more: Record<string, string | number> = {}): Promise<string> {
    const checksum = createHash("md5").update(bytes).digest("hex");
    const payload = { requestId: 1, location: `${this.server.url}/${path}`, checksum, retries: 0, ...more };
    const before = this.told.length;
    this.vault.pki.time.advance(1); // no two requests come at one moment: the newest is always the last
    await this.transfers.handlers!["firmware.publish"]!({
      ...{ csms: "main", version: "ocpp2.0.1", action: "PublishFirmware", payload },
    });
    await this.transfers.handlers!["firmware.published"]!({ csms: "main" });
    const over = new Set(["Published", "PublishFailed", "InvalidChecksum", "DownloadFailed"]);
    await this.#looking(
      "an end of the publication",
      () => this.told.length > before && over.has(this.told.at(-1)!.status),
    );
    return this.told.at(-1)!.status;
  }

  /** Where stations fetch what is published. */
  get location(): string {
    return this.told.findLast(({ location }) => location)!.location![0]!;
  }

  /** The CSMS sends a station to a URL. @returns how the request stands when it is judged, or its answer refused */
  async update(stationId: string, location: string, proof: { signature?: string; signingCertificate?: string } = {}) {
    const firmware = { location, retrieveDateTime: "2020-01-01T00:00:00Z", ...proof };
    await this.transfers.handlers!["firmware.request"]!({
      ...{ stationId, csms: "main", version: "ocpp2.0.1", action: "UpdateFirmware" },
      payload: { requestId: 42, retries: 0, firmware },
    });
    await this.transfers.handlers!["firmware.requested"]!({ stationId });
    const newest = () => this.transfers.requests()[0]!.request;
    await this.#looking("the request to be judged", () => newest().state !== "fetching");
    return newest();
  }

  /** A station asks for the file behind a published URL. */
  async fetch(source: string): Promise<boolean> {
    const [, , , , token, fileName] = this.location.split("/");
    const claim = { token: token!, fileName: fileName!, protocol: "https", purpose: "download", source } as const;
    return "grant" in await this.transfers.handlers!["firmware.open"]!(claim);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transfers.stop!();
    await this.vault[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }

  #looking(what: string, is: () => boolean): Promise<unknown> {
    return waitFor(what, async () => {
      if (is()) return true;
      this.vault.pki.time.advance(TRANSFER_LIMITS.lookMs);
      await this.vault.pki.store.idle();
      return is();
    });
  }
}

/** The intake as the vault knows it, and an OCPP Worker whose CSMS takes what it is told. */
function contextOf(given: ControlContext, told: { status: string }[]): ControlContext {
  const ocpp = {
    call: (method: string, args: CsmsCall) => {
      if (method === "controller.call") told.push(args.payload as { status: string });
      return Promise.resolve({ result: {} });
    },
  };
  const workers = {
    names: () => ["firmware-intake", "ocpp-0"],
    of: (conduit: string) => conduit === "ocpp" ? ["ocpp-0"] : conduit === "firmware-intake" ? ["firmware-intake"] : [],
    get: (name: string) => name === "ocpp-0" ? ocpp : given.workers.get(name),
  };
  return { ...given, disk: { level: "ok" }, workers } as unknown as ControlContext;
}

const TWIN = new Uint8Array(Buffer.from(
  "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a" +
    "085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0" +
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70",
  "hex",
));

/** Two files with one MD5 (Wang and others, 2004): the second differs in six bits. */
export const MD5_TWINS: readonly [Uint8Array, Uint8Array] = [
  TWIN,
  TWIN.map((byte, at) => [19, 45, 59, 83, 109, 123].includes(at) ? byte ^ 0x80 : byte),
];

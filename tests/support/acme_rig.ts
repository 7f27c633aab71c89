import { generateKeyPairSync } from "node:crypto";
import { acme } from "../../gateway/acme/mod.ts";
import type { AcmeWorkerConfig } from "../../gateway/acme/worker_config.ts";
import { Site } from "../../gateway/config/schema.ts";
import type { SiteFiles, WorkerSpec } from "../../gateway/core/conduit.ts";
import type { AcmeTask } from "../../gateway/core/control_api.ts";
import { AcmeAccount, type SigningScope } from "../../gateway/pki/acme_account.ts";
import { writeSigningRequest } from "../../gateway/pki/csr_writer.ts";
import type { FakeAcme } from "./fake_acme.ts";
import { WorkerRig } from "./worker_rig.ts";

/** The names of the console of ACME tests. */
export const ACME_NAMES = ["gw.garage-12.example", "*.gw.garage-12.example"];

/** `pki.acme` for a fake server. */
export function acmeSection(fake: FakeAcme) {
  return {
    directoryUrl: fake.directoryUrl,
    caFile: "acme-ca.pem",
    contact: "ops@garage-12.example",
    dns01: { url: fake.dns.url, caFile: "dns-ca.pem", tokenFile: "dns-token", waitSeconds: 0 },
  };
}

/** The files that `acmeSection` names. */
export function acmeFiles(fake: FakeAcme): Record<string, string> {
  return { "acme-ca.pem": fake.tlsCa.pem, "dns-ca.pem": fake.dns.ca.pem, "dns-token": `${fake.dns.token}\n` };
}

/** The Worker's spec as main would compute it from a site. */
export function acmeSpec(fake: FakeAcme): WorkerSpec & { readonly config: AcmeWorkerConfig } {
  const site = Site.parse({
    version: 1,
    site: { id: "garage-12" },
    console: { listen: "127.0.0.1:8443", hostname: ACME_NAMES[0] },
    pki: { acme: acmeSection(fake) },
  });
  const contents = acmeFiles(fake);
  const files: SiteFiles = {
    text: (path) => contents[path]!,
    bytes: (path) => new TextEncoder().encode(contents[path]!),
  };
  const box = { configFile: "/x/site.yaml", configDir: "/x", dataDir: "/x/data" };
  const [spec] = acme.workers(site, box, files);
  return spec as WorkerSpec & { readonly config: AcmeWorkerConfig };
}

/** The real Worker under its real permissions, with an account key at the test's side. */
export class AcmeWorkerRig implements AsyncDisposable {
  readonly task: AcmeTask;
  readonly ordered: string[] = [];
  worker!: WorkerRig;

  private constructor(readonly account: AcmeAccount, readonly scope: SigningScope) {
    const { thumbprint } = account;
    this.task = { run: "run-1", names: scope.names, csr: scope.csr, thumbprint, contact: scope.contact! };
  }

  static async start(
    fake: FakeAcme,
    change: { readonly [K in keyof AcmeWorkerConfig]?: AcmeWorkerConfig[K] | undefined } = {},
  ): Promise<AcmeWorkerRig> {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
    const csr = writeSigningRequest(ACME_NAMES, spki, privateKey).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
    const account = new AcmeAccount(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
    const contact = "ops@garage-12.example";
    const rig = new AcmeWorkerRig(account, { directoryUrl: fake.directoryUrl, names: ACME_NAMES, csr, contact });
    const spec = acmeSpec(fake);
    const config = JSON.parse(JSON.stringify({ ...spec.config, ...change })) as AcmeWorkerConfig;
    rig.worker = await WorkerRig.start({ ...spec, config }, {
      "acme.sign": (request) => account.sign(request, rig.scope),
      "acme.ordered": ({ order }) => void rig.ordered.push(order),
    });
    return rig;
  }

  /** One run. */
  obtain(change: Partial<AcmeTask> = {}) {
    return this.worker.rpc.call("acme.obtain", { ...this.task, ...change }, { deadlineMs: 60_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker[Symbol.asyncDispose]();
  }
}

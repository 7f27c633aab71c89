import { identity } from "../../gateway/identity/mod.ts";
import { Site } from "../../gateway/config/schema.ts";
import type { Box } from "../../gateway/core/conduit.ts";
import { PEOPLE_SITE, PeopleRig } from "../../gateway/people/testing/people_rig.ts";
import { ManualTime } from "./manual_time.ts";
import { WorkerRig } from "./worker_rig.ts";

/** Where the console of the tests takes people back. */
export const CALLBACK = "https://gw.lab.example:8443/login/oidc/callback";

/** The people feature with a real identity Worker under exactly the permissions of its spec. */
export class IdentityRig implements AsyncDisposable {
  private constructor(readonly rig: PeopleRig, readonly worker: WorkerRig) {}

  /** `files` are the contents that site.yaml's file keys name. */
  static async start(people: Record<string, unknown>, files: Record<string, string>): Promise<IdentityRig> {
    const site = Site.parse({ ...PEOPLE_SITE, people });
    const bytes = (path: string) => new TextEncoder().encode(files[path]);
    const [spec] = identity.workers(site, {} as Box, { bytes, text: (path) => files[path]! });
    const worker = await WorkerRig.start(spec!);
    const ask = (method: string) => (args: never) => worker.rpc.call(method as never, args);
    const methods = ["oidc.begin", "oidc.finish", "oidc.check", "oidc.logout", "ldap.login", "ldap.check"];
    const workers = Object.fromEntries(methods.map((name) => [`identity.${name}`, ask(`identity.${name}`)]));
    // the provider reads the clock of the box, so ours begins there
    const time = new ManualTime(Date.now());
    return new IdentityRig(await PeopleRig.open({ people, workers, time }), worker);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
    await this.worker[Symbol.asyncDispose]();
  }
}

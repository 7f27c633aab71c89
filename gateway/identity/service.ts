import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { WorkerApi } from "../core/control_api.ts";
import { UpstreamError } from "../core/errors.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import { LdapServer } from "./ldap.ts";
import { OidcProvider } from "./oidc.ts";
import type { IdentityWorkerConfig } from "./worker_config.ts";

/** Starts the identity Worker: it answers control's questions and does nothing by itself. */
export function startIdentity(context: WorkerContext<IdentityWorkerConfig>): Promise<Service<IdentityWorkerConfig>> {
  return Promise.resolve(new IdentityService(context));
}

class IdentityService implements Service<IdentityWorkerConfig> {
  readonly handlers: RpcHandlers<WorkerApi>;
  readonly #context: WorkerContext<IdentityWorkerConfig>;
  #oidc: OidcProvider | undefined;
  #ldap: LdapServer | undefined;

  constructor(context: WorkerContext<IdentityWorkerConfig>) {
    this.#context = context;
    this.#take(context.config);
    this.handlers = {
      "identity.oidc.begin": (args) => need(this.#oidc, "people.oidc").begin(args),
      "identity.oidc.finish": (args) => need(this.#oidc, "people.oidc").finish(args),
      "identity.oidc.check": (args) => need(this.#oidc, "people.oidc").check(args),
      "identity.oidc.logout": (args) => need(this.#oidc, "people.oidc").logout(args),
      "identity.ldap.login": (args) => need(this.#ldap, "people.ldap").login(args),
      "identity.ldap.check": (args) => need(this.#ldap, "people.ldap").check(args),
    };
  }

  /** A provider that is away is no fault of this Worker: control says so in an alarm. */
  health(): Health {
    return { state: "ok" };
  }

  reconfigure(config: IdentityWorkerConfig): Promise<void> {
    this.#take(config);
    return Promise.resolve();
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  #take({ oidc, ldap, uplink }: IdentityWorkerConfig): void {
    const { clock, timers } = this.#context;
    this.#oidc = oidc && new OidcProvider(oidc, { clock, timers, uplink });
    this.#ldap = ldap && new LdapServer(ldap);
  }
}

function need<T>(part: T | undefined, key: string): T {
  if (part) return part;
  throw new UpstreamError("IDENTITY_AWAY", `site.yaml has no ${key}`);
}

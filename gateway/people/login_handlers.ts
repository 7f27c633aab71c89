import type { RpcHandlers } from "../core/rpc.ts";
import type { LoginApi } from "../core/people_api.ts";
import { GatewayError } from "../core/errors.ts";
import type { Json } from "../core/control_api.ts";
import { loginBreakGlass } from "./break_glass.ts";
import type { Callers } from "./callers.ts";
import { loginByPassword, loginByTotp, needSession } from "./logins.ts";
import { beginTotp, changePassword, finishTotp, listFactors, removeFactor, stepUp } from "./own_account.ts";
import { presetTable } from "./passwords.ts";
import type { Passkeys } from "./passkeys.ts";
import type { People } from "./people.ts";
import { loginByRecovery, loginForgotten, renewRecovery } from "./recovery.ts";
import type { Providers } from "./providers.ts";
import { claimSetup, isSetupOpen } from "./setup.ts";

/** Logins, own second factors and sessions, as the console asks for them. */
export function loginHandlers(
  people: People,
  callers: Callers,
  passkeys: Passkeys,
  providers: Providers,
): RpcHandlers<LoginApi> {
  return {
    "people.login.options": async () => {
      const { oidc, ldap } = people.context.site.people;
      return {
        setup: await isSetupOpen(people),
        passkeys: people.mayPasskey,
        ldap: ldap !== undefined,
        ...oidc ? { oidc: oidc.label } : {},
      };
    },
    "people.setup.claim": (claim) => claimSetup(people, claim),
    "people.login.password": (login) => loginByPassword(people, login, providers),
    "people.login.totp": ({ by, code }) => loginByTotp(people, by, code),
    "people.login.recovery": ({ by, code }) => loginByRecovery(people, by, code),
    "people.login.forgotten": (login) => loginForgotten(people, login),
    "people.login.break-glass": (login) => loginBreakGlass(people, login),
    "people.recovery.renew": async ({ by, own }) => {
      const { session } = await callers.allow("people.recovery.renew", by);
      return { codes: await renewRecovery(people, session!, own) };
    },
    "people.password.change": ({ by, ...change }) => changePassword(people, by, change),
    "people.password.rules": () => ({
      rules: people.passwords.rules(false),
      presets: presetTable() as unknown as readonly Json[],
    }),
    "people.totp.begin": ({ by }) => beginTotp(people, by),
    "people.totp.finish": ({ by, ...proof }) => finishTotp(people, by, proof),
    "people.factor.list": async ({ by }) => {
      const { person } = await callers.allow("people.factor.list", by);
      const account = people.accounts.get(person);
      return { factors: account ? listFactors(account) : [], recoveryCodes: account?.recovery.length ?? 0 };
    },
    "people.factor.remove": async ({ by, id }) => {
      const { session } = await callers.allow("people.factor.remove", by);
      await removeFactor(people, session!, id);
    },
    "people.oidc.begin": (args) => providers.begin(args),
    "people.oidc.finish": (args) => providers.finish(args),
    "people.oidc.logout": async (args) => ({ ended: await providers.logout(args) }),
    ...passkeyHandlers(passkeys),
    ...sessionHandlers(people, callers, passkeys),
  };
}

function passkeyHandlers(passkeys: Passkeys): RpcHandlers<LoginApi> {
  return {
    "people.passkey.begin": ({ by }) => passkeys.beginEnrolment(by),
    "people.passkey.finish": ({ by, ...answer }) => passkeys.finishEnrolment(by, answer),
    "people.login.passkey.begin": ({ by, source }) => passkeys.beginLogin(source, by),
    "people.login.passkey.finish": ({ by, ceremony, response, ...place }) =>
      by ? passkeys.finishSecondFactor(by, ceremony, response) : passkeys.finishLogin(place, ceremony, response),
  };
}

function sessionHandlers(people: People, callers: Callers, passkeys: Passkeys): RpcHandlers<LoginApi> {
  return {
    "people.session.check": async ({ by, activity }) => {
      const session = await needSession(people, by);
      // while a login is not finished nothing makes it live longer
      return people.describe(activity && session.stage === "done" ? await people.sessions.active(session) : session);
    },
    "people.session.list": async ({ by, all = false }) => {
      const { person, roles } = await callers.allow("people.session.list", by);
      if (all && !roles.includes("administrator")) {
        throw new GatewayError("PERSON_FORBIDDEN", "Only administrators see the sessions of others");
      }
      return people.sessions.living(all ? undefined : person).map((session) => people.describe(session));
    },
    "people.session.end": async ({ by, session: id }) => {
      const own = await needSession(people, by); // an unfinished login may be left too
      const target = id === undefined ? own : people.sessions.living().find((session) => session.id === id);
      if (
        !target ||
        target.person !== own.person && !(await callers.allow("people.session.end", by)).roles.includes("administrator")
      ) {
        throw new GatewayError("PERSON_UNKNOWN", "There is no such session", { hint: "List the sessions first" });
      }
      const rule = target.person === own.person ? "session.logout" : "session.ended-by-administrator";
      return { ended: await people.sessions.end([target], rule, own.person) };
    },
    "people.step-up": ({ by, passkey, ...proof }) =>
      stepUp(people, by, proof, passkey && ((account) => passkeys.provesAgain(account, passkey))),
  };
}

import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { describeError, GatewayError } from "../../../core/errors.ts";
import type { Caller, LoginOptions, LoginStep } from "../../../core/people_api.ts";
import { Door } from "../../components/door.tsx";
import { TOKEN_FIELD } from "../../components/form.tsx";
import { Notice } from "../../components/parts.tsx";
import { postedForm, sendPage } from "../../http/pages.tsx";
import type { PostedForm } from "../../http/form_input.ts";
import { textOf } from "../../http/proof.ts";
import { cameByAddress, formToken } from "../../http/security.ts";
import { callerOf, keepToken, languageOf, ownPath, STEP_PATHS } from "../../http/visitor.ts";
import type { Language } from "../../i18n/language.ts";
import type { ConsoleParts } from "../../parts.ts";
import { SIGN_IN } from "./texts.ts";

/** One request of somebody who is not signed in. */
export interface DoorVisit {
  readonly parts: ConsoleParts;
  readonly context: Context;
  readonly language: Language;
  readonly t: ReturnType<typeof SIGN_IN["in"]>;
  readonly token: string;
  readonly source: string;
  readonly agent: string;
  readonly query: URLSearchParams;
  /** The login's own token, when one has begun. */
  readonly caller: Caller | undefined;
}

/** Reads what all door pages need. */
export function doorVisit(parts: ConsoleParts, context: Context): DoorVisit {
  const language = languageOf(context);
  return {
    parts,
    context,
    language,
    t: SIGN_IN.in(language),
    token: formToken(context, parts.random.bytes),
    source: parts.sourceOf(context),
    agent: (context.req.header("user-agent") ?? "").slice(0, 200),
    query: new URL(context.req.url).searchParams,
    caller: callerOf(parts, context),
  };
}

/** The posted form as single texts. */
export async function doorForm(context: Context): Promise<(name: string) => string> {
  const form: PostedForm = await postedForm(context);
  return (name) => textOf(form, name) ?? "";
}

/** What the login page offers this browser: WebAuthn wants a name, so there are no passkeys for who came by an address. */
export async function loginOptions({ parts, context }: DoorVisit): Promise<LoginOptions> {
  const options = await parts.control.call("people.login.options", {});
  return { ...options, passkeys: options.passkeys && !cameByAddress(context.req.header("host")) };
}

/** Shows a page at the door. */
export function showDoor(
  visit: DoorVisit,
  title: string,
  body: Child,
  { status = 200, wide = false }: { status?: 200 | 401 | 422 | 429 | 503; wide?: boolean } = {},
): Response | Promise<Response> {
  const { context, language, parts } = visit;
  return sendPage(
    context,
    <Door title={title} language={language} site={parts.site()} back={context.req.path} wide={wide}>{body}</Door>,
    status,
  );
}

/** Goes on where a login stands: its token into the browser, and the page of its next step. */
export function goOn({ context }: DoorVisit, step: LoginStep, next?: string): Response {
  keepToken(context, step);
  if (step.step === "done") return context.redirect(ownPath(next), 303);
  const query = new URLSearchParams(next ? { next: ownPath(next) } : {});
  if ("methods" in step) query.set("ways", step.methods.join(","));
  return context.redirect(`${STEP_PATHS[step.step]}?${query}`, 303);
}

/** What a refused step says: the same whatever was wrong, or that the directory is away. */
export function faultNotice({ t }: Pick<DoorVisit, "t">, error: unknown): Child {
  if (!(error instanceof GatewayError)) throw error;
  const code: string = error.code;
  if (code === "LOGIN_REFUSED") return <Notice tone="bad" live title={t("refused")}>{t("lockedHint")}</Notice>;
  if (code === "IDENTITY_AWAY") return <Notice tone="warn" live>{t("away")}</Notice>;
  return (
    <Notice tone="bad" live>
      <p lang="en">{describeError(error)}</p>
      {error.hint && <p lang="en">{error.hint}</p>}
    </Notice>
  );
}

/** The status that goes with a refused step. */
export function faultStatus(error: unknown): 401 | 422 | 503 {
  if (!(error instanceof GatewayError)) return 503;
  const code: string = error.code;
  if (code === "LOGIN_REFUSED" || code === "SESSION_ENDED" || code === "SETUP_REFUSED") return 401;
  return code === "IDENTITY_AWAY" || code.startsWith("RPC_") ? 503 : 422;
}

/** The proof that a form is ours, and where to go afterwards. */
export function Hidden({ visit, next }: { visit: DoorVisit; next?: string | null | undefined }) {
  return (
    <>
      <input type="hidden" name={TOKEN_FIELD} value={visit.token} />
      {next && <input type="hidden" name="next" value={next} />}
    </>
  );
}

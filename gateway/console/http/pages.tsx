import type { Context, Hono } from "hono";
import { html } from "hono/html";
import type { Child } from "hono/jsx";
import { GatewayError } from "../../core/errors.ts";
import { TOKEN_FIELD } from "../components/form.tsx";
import { Door } from "../components/door.tsx";
import { Frame } from "../components/frame.tsx";
import { Icon } from "../components/icon.tsx";
import type { Answer, Visit } from "../context.ts";
import type { Act } from "../pages/act.ts";
import type { Page } from "../pages/page.ts";
import { StepUpPage } from "../pages/door/step_up.tsx";
import type { ConsoleParts } from "../parts.ts";
import { refusalOf } from "./fault.ts";
import { type PostedForm, readForm } from "./form_input.ts";
import { dropOf, incomingFile } from "../upload/incoming.ts";
import { receiveForm } from "../upload/receive_file.ts";
import { proofOf } from "./proof.ts";
import { RefusalError, refuse } from "./refusal.ts";
import { RefusalBody, refusalTitle } from "./refusal_page.tsx";
import { isOwnToken } from "./security.ts";
import { keepFlash, SignInNeeded, visitOf } from "./visitor.ts";

/** Serves a request of somebody who is signed in, beside the pages: an answer for the frame, or data for a script. */
export type PageKit = (context: Context, make: (visit: Visit) => Promise<Answer | object>) => Promise<Response>;

/** A kit for what is no page of the registry. */
export function pageKit(parts: ConsoleParts, pages: readonly Page[]): PageKit {
  return (context, make) =>
    serve(parts, pages, context, {}, async (visit) => {
      const given = await make(visit);
      return "see" in given || "body" in given ? answer(context, pages, visit, given as Answer) : context.json(given);
    });
}

/** Puts pages and their forms on the application. */
export function mountPages(app: Hono, parts: ConsoleParts, pages: readonly Page[]): void {
  for (const page of pages) {
    app.get(
      page.path,
      (context) =>
        serve(parts, pages, context, page, async (visit) => answer(context, pages, visit, await page.show(visit))),
    );
    for (const one of page.acts ?? []) {
      app.post(
        one.path,
        (context) =>
          serve(parts, pages, context, page, async (visit) => {
            const form = isFileForm(context) && one.takesFile
              ? await receivedForm(context, parts, visit, one)
              : await postedForm(context);
            return await perform(context, pages, visit, one, form);
          }),
      );
    }
  }
}

/** Finds out who asks, and turns whatever is thrown into a page. */
async function serve(
  parts: ConsoleParts,
  pages: readonly Page[],
  context: Context,
  page: Pick<Page, "needs">,
  make: (visit: Visit) => Promise<Response>,
): Promise<Response> {
  let visit: Visit | undefined;
  try {
    visit = await visitOf(parts, context);
    context.set("refusalPage", refusalPage(pages, visit));
    if (page.needs !== undefined && !visit.person.may(page.needs)) {
      const what = `Your role does not allow this page`;
      return await refuse(context, { status: 403, rule: `roles.${page.needs.replaceAll(" ", "-")}`, what });
    }
    return await make(visit);
  } catch (error) {
    if (error instanceof SignInNeeded) return signIn(context, error.see);
    return await refuse(context, refusalOf(error));
  }
}

/** Runs the operation of a form; a fresh proof that came along is shown to control first. */
async function perform(
  context: Context,
  pages: readonly Page[],
  visit: Visit,
  one: Act,
  form: PostedForm,
): Promise<Response> {
  const input = { ...readForm(one.operation.input, form), ...visit.params };
  const parsed = one.operation.input.safeParse(input);
  if (!parsed.success) {
    const fields = Object.fromEntries(parsed.error.issues.map(({ path, message }) => [path.join("."), message]));
    return await refuse(context, {
      status: 422,
      rule: "console.input",
      what: "Something in the form is not right",
      fields,
    });
  }
  try {
    const proof = proofOf(form);
    if (proof) await visit.person.ask("people.step-up", proof);
    const output = await one.operation.call(visit.person, parsed.data);
    return answer(context, pages, visit, one.after(visit, output, parsed.data));
  } catch (error) {
    const isProof = error instanceof GatewayError && (error.code === "STEP_UP_NEEDED" || isWrongProof(error, form));
    if (!isProof) throw error;
    const body = <StepUpPage visit={visit} form={form} wrong={error.code !== "STEP_UP_NEEDED"} />;
    return answer(context, pages, visit, { title: StepUpPage.title(visit.language), body, status: 422 });
  }
}

const isWrongProof = (error: GatewayError, form: PostedForm): boolean =>
  error.code === "LOGIN_REFUSED" && proofOf(form) !== undefined;

/** Whether a request is a form with parts, as one with a file is. */
const isFileForm = (context: Context): boolean => /^multipart\//i.test(context.req.header("content-type") ?? "");

/** Requests that are forms with a file of one of these pages: their bodies are large, and read while they come. */
export function fileForms(pages: readonly Page[]): (context: Context) => boolean {
  const paths = new Set(
    pages.flatMap(({ acts = [] }) => acts.filter(({ takesFile }) => takesFile)).map((act) => act.path),
  );
  return (context) => context.req.method === "POST" && paths.has(context.req.path) && isFileForm(context);
}

/** A form whose file lies in the drop folder; who may not do the act is refused before its body is looked at. */
async function receivedForm(context: Context, parts: ConsoleParts, visit: Visit, one: Act): Promise<PostedForm> {
  const { needs } = one.operation;
  if (!visit.person.may(needs)) {
    throw new RefusalError({
      status: 403,
      rule: `roles.${needs.replaceAll(" ", "-")}`,
      what: "Your role does not allow this",
    });
  }
  return await receiveForm(incomingFile(context, parts), (token) => isOwnToken(context, token), dropOf(parts));
}

/** What a form posted, without the proof that it is ours; a file as base64, none as an empty text. */
export async function postedForm(context: Context): Promise<PostedForm> {
  const body = await context.req.parseBody({ all: true });
  const form: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name === TOKEN_FIELD) continue;
    const values = Array.isArray(value) ? value : [value];
    form[name] = await Promise.all(values.map(async (each) => typeof each === "string" ? each : await base64Of(each)));
  }
  return form;
}

const base64Of = async (file: File): Promise<string> => new Uint8Array(await file.arrayBuffer()).toBase64();

function answer(context: Context, pages: readonly Page[], visit: Visit, given: Answer): Response | Promise<Response> {
  if ("see" in given) {
    if (given.flash) keepFlash(context, given.flash);
    return context.redirect(given.see, 303);
  }
  if ("go" in given) return leave(context, visit, given);
  if ("file" in given) {
    const { name, type } = given.file;
    return context.body("bytes" in given ? given.bytes : given.text, 200, {
      "content-type": type,
      "content-disposition": `attachment; filename="${name}"`,
    });
  }
  if ("picture" in given) return sendPicture(context, given.picture);
  return sendPage(
    context,
    <Frame visit={visit} pages={pages} title={given.title}>{given.body}</Frame>,
    given.status,
  );
}

/**
 * The way out to a page of a controller: it goes on by itself, and by a link. No redirect: the policy of this console sends
 * forms nowhere but to itself, and a browser counts where they are redirected to.
 */
function leave(
  context: Context,
  { language, site }: Visit,
  { go, title, lead, link }: Extract<Answer, { readonly go: string }>,
): Response | Promise<Response> {
  context.header("refresh", `0;url=${go}`);
  return sendPage(
    context,
    <Door title={title} language={language} site={site} back="/">
      <h1>{title}</h1>
      <p>{lead}</p>
      <p class="buttons">
        <a class="button" href={go}>
          {link} <Icon name="arrow" />
        </a>
      </p>
    </Door>,
  );
}

/** A browser may keep a picture, but asks each time whether its session may still see it. */
function sendPicture(
  context: Context,
  { bytes, type, tag }: Extract<Answer, { readonly picture: unknown }>["picture"],
): Response {
  const etag = `"${tag}"`;
  context.header("cache-control", "private, no-cache");
  context.header("etag", etag);
  if (context.req.header("if-none-match") === etag) return context.body(null, 304);
  return context.body(bytes, 200, { "content-type": type });
}

function refusalPage(pages: readonly Page[], visit: Visit) {
  return (context: Context, refusal: Parameters<typeof refuse>[1]) =>
    sendPage(
      context,
      <Frame visit={visit} pages={pages} title={refusalTitle(visit.language, refusal)}>
        <RefusalBody language={visit.language} refusal={refusal} />
      </Frame>,
      refusal.status,
    );
}

/** A browser is sent to the door, htmx too; a machine is told. */
export function signIn(context: Context, see: string): Response | Promise<Response> {
  if (context.req.header("hx-request") === "true") {
    return context.body(null, 401, { "hx-redirect": see });
  }
  if ((context.req.header("accept") ?? "").includes("text/html")) return context.redirect(see, 303);
  return refuse(context, { status: 401, rule: "console.sign-in", what: "Sign in first" });
}

/** Sends a whole document. */
export function sendPage(context: Context, page: Child, status: Parameters<typeof refuse>[1]["status"] = 200) {
  return context.html(html`<!DOCTYPE html>${page}`, status);
}
